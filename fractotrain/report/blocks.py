"""What a page is made of: sections of verdicts, tables and figures, each with its data and its split."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from fractotrain.evaluation.bootstrap import Estimate


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure whose interval does not draw FOANs: of images, folds or pictures. A bound is None if there is none."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str = "image"
    """What ``n`` counts, in the singular."""
    is_share: bool = False
    """Shown in per cent."""


Cell = Estimate | Measured | str | int | float | None


class Level(StrEnum):
    """What a verdict means for the reader."""

    BELIEVE = "believe"
    CAUTION = "caution"
    DO_NOT = "do_not"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence for the top of the page, with its figures."""

    level: Level
    sentence: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; a figure shows its interval and numbers, each of which is a column of its own in the CSV."""

    name: str
    """Of the CSV file, without its ending."""
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    max_shown: int = 200

    @property
    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """Rows on the page; the CSV has all of them."""
        return self.rows[: self.max_shown]

    @property
    def data(self) -> pl.DataFrame:
        """All rows."""
        return pl.DataFrame(
            [_flat(self.columns, row) for row in self.rows], schema=_flat_columns(self), infer_schema_length=None
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing and the numbers in it."""

    name: str
    """Of the SVG and CSV files, without ending."""
    caption: str
    svg: str
    """A whole SVG document."""
    data: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page."""

    title: str
    lead: str
    """What the section asks, and what its numbers rest on."""
    blocks: tuple[Table | Figure, ...] = ()
    verdicts: tuple[Verdict, ...] = field(default=())
    split: str | None = None
    """Stands in every CSV of the section; None where figures are of no split, or of several that each are named."""


def ranged(estimate: Estimate, digits: int = 3) -> str:
    """An estimate in a sentence, with its interval."""
    if estimate.value is None:
        return "not defined"
    value = rounded(estimate.value, digits)
    if estimate.low is None or estimate.high is None:
        return f"{value} (no interval: one FOAN)"
    return f"{value} [{rounded(estimate.low, digits)}, {rounded(estimate.high, digits)}]"


def rounded(value: float, digits: int = 3) -> str:
    """A figure without a sign where it rounds to zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def percent(estimate: Estimate) -> str:
    """A share in a sentence, with its interval."""
    if estimate.value is None:
        return "not defined"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.1%} (no interval: one FOAN)"
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"


def words(name: str) -> str:
    """A stored name for people: ``green_body`` -> ``green body``."""
    return name.replace("_", " ")


def counted(n: int, name: str) -> str:
    """``1 FOAN``, ``2,000 FOANs``."""
    return f"{n:,} {name}{'' if n == 1 else 's'}"


def shortened(name: str, most: int = 40) -> str:
    """A name that fits beside a drawing."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def step_name(step: float) -> str:
    """``50x``, ``2kx``."""
    return f"{step / 1000:g}kx" if step >= 1000 else f"{step:g}x"


def estimate_data(estimate: Estimate) -> dict[str, float | int | None]:
    """What stands beside a value in the CSV of a drawing."""
    return {"low": estimate.low, "high": estimate.high, "n": estimate.n, "FOANs": estimate.n_foans}


def _flat_columns(table: Table) -> list[str]:
    names: list[str] = []
    for i, column in enumerate(table.columns):
        parts = max((_parts(row[i]) for row in table.rows), key=len, default={})
        names += [column, *(f"{column} {part}" for part in parts)]
    return names


def _parts(cell: Cell) -> dict[str, float | int | None]:
    """What belongs to a figure, each in a column of its own."""
    if isinstance(cell, Estimate):
        return estimate_data(cell)
    if isinstance(cell, Measured):
        return {"low": cell.low, "high": cell.high, f"n {cell.unit}s": cell.n}
    return {}


def _flat(columns: Sequence[str], row: Sequence[Cell]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for column, cell in zip(columns, row, strict=True):
        value = cell.value if isinstance(cell, Estimate | Measured) else cell
        flat[column] = None if isinstance(value, float) and math.isnan(value) else value
        flat |= {f"{column} {part}": number for part, number in _parts(cell).items()}
    return flat
