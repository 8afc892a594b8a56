"""What an instrument knows about a frame, and the forms in which makers print it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts about one frame as it was scanned."""

    magnification: float
    pixel_size_nm: float
    width_px: int
    voltage_kv: float
    distance_mm: float
    day: tuple[int, int, int]
    note: str
    """An operator's note, such as a number of the part."""
    number: int

    @property
    def field_nm(self) -> float:
        """Width of the field."""
        return self.pixel_size_nm * self.width_px

    @property
    def iso_date(self) -> str:
        """Year, month, day."""
        return "{:04d}-{:02d}-{:02d}".format(*self.day)


def make_facts(rng: np.random.Generator, width_px: int, display_mm: float) -> Facts:
    """Facts that go together: magnification is the width of a display over that of the field."""
    steps = (
        37,
        50,
        51,
        75,
        100,
        150,
        250,
        267,
        300,
        500,
        750,
        1000,
        1200,
        2000,
        2500,
        3500,
        5000,
        6500,
        10000,
        20000,
        35000,
    )
    magnification = float(rng.choice(steps))
    note = str(
        rng.choice(
            [
                "",
                "",
                f"FA {rng.integers(1000, 9999)}/{rng.integers(10, 30)}",
                f"S/N {rng.integers(100000, 999999)}",
                "ring B, origin",
                f"V-{rng.integers(100, 999)} Bruch",
            ]
        )
    )
    return Facts(
        magnification,
        display_mm * 1e6 / magnification / width_px,
        width_px,
        float(rng.choice([3, 5, 10, 15, 20, 25, 30])),
        round(float(rng.uniform(4, 25)), 1),
        (int(rng.integers(1996, 2026)), int(rng.integers(1, 13)), int(rng.integers(1, 29))),
        note,
        int(rng.integers(1, 9999)),
    )


def scale(facts: Facts, share: float) -> tuple[str, float]:
    """Label and length in nanometres of a scale bar of at most a share of the width, in steps of 1, 2 and 5."""
    limit = share * facts.field_nm
    length = max(k * 10.0**p for p in range(8) for k in (1, 2, 5) if k * 10.0**p <= limit)
    return length_text(length), length


def length_text(length_nm: float, digits: int = 0, gap: str = " ", micro: str = "µ") -> str:
    """A length in the unit that makes its number short; ``digits`` significant ones, or as short as can be."""
    for unit, factor in (("mm", 1e6), (f"{micro}m", 1e3), ("nm", 1.0)):
        if length_nm >= factor or unit == "nm":
            number = length_nm / factor
            return (
                f"{number:.{max(0, digits - len(str(int(number))))}f}{gap}{unit}"
                if digits
                else f"{number:g}{gap}{unit}"
            )
    raise AssertionError


def kilo(value: float, decimals: int = 2, small: str = "g") -> str:
    """``1.00k`` from a thousand on, else the plain number."""
    return f"{value / 1000:.{decimals}f}k" if value >= 1000 else f"{value:{small}}"


def three_digits(value: float) -> float:
    """A value as three digits print it."""
    return float(f"{value:.3g}")
