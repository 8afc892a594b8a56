"""Who broke, why, and which frames were taken: everything random about the archive is decided here, from one seed."""

from dataclasses import dataclass

import numpy as np

from fractocurate.demo.data_bars import MICROSCOPES, Microscope
from fractocurate.demo.noise import View
from fractocurate.demo.textures import SUB_TYPES, Surface, make_surface

MAGNIFICATIONS = (50, 100, 250, 500, 1000, 2000, 4000, 10000)
# Hard machining dominates and material is rare, as in real archives; two in a hundred stay without a cause.
CLASS_SHARES = (("hard_machining", 0.48), ("green_body", 0.25), ("material", 0.2), ("unknown", 0.07))
MIN_FOANS_FOR_CLASS = 5
YEARS = (2019, 2020, 2021, 2022, 2023)
MIN_FOAN_DISTANCE = 3


@dataclass(frozen=True, slots=True)
class Instance:
    """One broken part."""

    foan: str
    serial_number: str
    tag: str
    """The report's own name for it: ``P1``, ``P2``."""
    defect_class: str
    sub_type: str
    fracture_load_kn: float
    component_id: str
    has_report: bool
    n_siblings: int
    """Instances with the same FOAN, itself included."""
    surface: Surface

    @property
    def year(self) -> int:
        """Year in the FOAN."""
        return int(self.foan.split("-")[1])


@dataclass(frozen=True, slots=True)
class FramePlan:
    """One exposure, before it has a name."""

    instance: Instance
    microscope: Microscope
    magnification: int
    view: View
    on_origin: bool
    voltage_kv: float
    working_distance_mm: float
    noise_seed: int
    running_number: int
    file_format: str
    """``tif``, ``jpg`` or ``png``."""

    @property
    def pixel_size_nm(self) -> float:
        """Nanometres on the surface for each pixel."""
        return self.view.pixel_size_um * 1000


def classes_of(n_foans: int) -> list[str]:
    """The main class of each FOAN: imbalanced, but each trainable class in at least five FOANs where there is room."""
    counts = {name: max(1, round(share * n_foans)) for name, share in CLASS_SHARES}
    if n_foans >= 3 * MIN_FOANS_FOR_CLASS + 1:
        for name in ("green_body", "material"):
            counts[name] = max(counts[name], MIN_FOANS_FOR_CLASS)
    counts["hard_machining"] = max(0, n_foans - sum(n for name, n in counts.items() if name != "hard_machining"))
    if n_foans >= 3 * MIN_FOANS_FOR_CLASS + 1 and counts["hard_machining"] < MIN_FOANS_FOR_CLASS:
        counts["hard_machining"], counts["unknown"] = MIN_FOANS_FOR_CLASS, n_foans - 3 * MIN_FOANS_FOR_CLASS
    names = [name for name, _ in CLASS_SHARES for _ in range(counts[name])]
    return names[:n_foans]


def make_instances(rng: np.random.Generator, n_foans: int) -> list[Instance]:
    """Fracture instances of ``n_foans`` reported FOANs, and of two more whose report is missing.

    The last one differs from a reported FOAN in one digit only: a real number of its own, not a typing error.
    """
    foans, serials = _draw_foans(rng, n_foans + 1), _draw_serials(rng, 2 * (n_foans + 2))
    classes = classes_of(n_foans)
    rng.shuffle(classes)
    classes += ["hard_machining", "green_body"]
    foans.append(_sibling(foans[:n_foans]))
    instances: list[Instance] = []
    for number, (foan, main_class) in enumerate(zip(foans, classes, strict=True)):
        has_report = number < n_foans
        n_siblings = 2 if has_report and rng.random() < 0.35 else 1
        component = f"{rng.choice(['RB', 'PL', 'SE'])}{rng.integers(10, 99)}.{rng.integers(100, 999)}"
        for k in range(n_siblings):
            # Now and then the second part of one FOAN broke for another reason.
            other = k == 1 and main_class == "hard_machining" and rng.random() < 0.3
            defect_class = "green_body" if other else main_class
            sub_type = str(rng.choice(SUB_TYPES[defect_class]))
            instances.append(
                Instance(
                    foan=foan,
                    serial_number=serials[2 * number + k],
                    tag=f"P{k + 1}",
                    defect_class=defect_class,
                    sub_type=sub_type,
                    fracture_load_kn=round(float(rng.uniform(8, 95)), 1),
                    component_id=component,
                    has_report=has_report,
                    n_siblings=n_siblings,
                    surface=make_surface(int(rng.integers(1, 2**31)), defect_class, sub_type),
                )
            )
    return instances


def plan_frames(rng: np.random.Generator, instances: list[Instance], sizes: list[tuple[int, int]]) -> list[FramePlan]:
    """Exposures of every instance: a subset of the magnifications around the origin, and some beside it."""
    frames: list[FramePlan] = []
    for number, instance in enumerate(instances):
        microscope = MICROSCOPES[number % len(MICROSCOPES)]
        width_px, height_px = sizes[number % len(sizes)]
        n_frames = int(rng.integers(4, 8)) if instance.has_report else 3
        chosen = sorted(int(m) for m in rng.choice(MAGNIFICATIONS, size=n_frames, replace=False))
        voltage_kv, working_distance_mm = float(rng.choice([5, 10, 15, 20])), float(rng.uniform(7, 16))
        for k, magnification in enumerate(chosen):
            pixel_size_um = microscope.pixel_size_nm(magnification, width_px) / 1000
            on_origin = k == 0 or rng.random() < 0.85
            centre = _centre(rng, instance.surface, pixel_size_um * width_px, on_origin=on_origin)
            frames.append(
                FramePlan(
                    instance=instance,
                    microscope=microscope,
                    magnification=magnification,
                    view=View(*centre, pixel_size_um, width_px, height_px),
                    on_origin=on_origin,
                    voltage_kv=voltage_kv,
                    working_distance_mm=round(working_distance_mm + float(rng.uniform(-0.3, 0.3)), 1),
                    noise_seed=int(rng.integers(1, 2**31)),
                    running_number=k + 1,
                    file_format="tif"
                    if microscope.metadata
                    else str(rng.choice(["tif", "jpg", "png"], p=[0.4, 0.4, 0.2])),
                )
            )
    return frames


def _centre(rng: np.random.Generator, surface: Surface, field_um: float, *, on_origin: bool) -> tuple[float, float]:
    """Centre of a field: near the origin, within the defect where the field is smaller than it, or to one side."""
    reach_x_um = max(0.1 * field_um, min(0.5 * surface.defect_half_width_um, 0.3 * field_um))
    reach_y_um = 0.6 * reach_x_um
    x_um, y_um = float(rng.uniform(-reach_x_um, reach_x_um)), float(rng.uniform(0, reach_y_um))
    if not on_origin:
        # Sideways or down, never up: above the origin lies the outer edge.
        angle = float(rng.uniform(0.1, np.pi - 0.1))
        distance_um = max(1.2 * field_um, 2.0 * surface.defect_half_width_um)
        x_um, y_um = x_um + distance_um * float(np.cos(angle)), y_um + distance_um * float(np.sin(angle))
    return x_um, y_um


def _draw_foans(rng: np.random.Generator, n: int) -> list[str]:
    """FOANs that differ from each other in at least three digits, so that one typing error never makes another."""
    digits: list[str] = []
    while len(digits) < n:
        candidate = f"{rng.choice(YEARS)}{rng.integers(100, 5000):04d}"
        if all(_n_different(candidate, other) >= MIN_FOAN_DISTANCE for other in digits):
            digits.append(candidate)
    return [f"FA-{d[:4]}-{d[4:]}" for d in digits]


def _draw_serials(rng: np.random.Generator, n: int) -> list[str]:
    """Serial numbers: a batch digit and five digits, ``S4-20387``."""
    digits: list[str] = []
    while len(digits) < n:
        candidate = f"{rng.integers(20000, 60000)}"
        if all(_n_different(candidate, other) >= 2 for other in digits):
            digits.append(candidate)
    return [f"S{rng.integers(2, 8)}-{d}" for d in digits]


def _sibling(foans: list[str]) -> str:
    """A free FOAN that differs from the first one in its last digit."""
    first = foans[0]
    return next(s for d in "5678901234" if (s := first[:-1] + d) not in foans)


def _n_different(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=True))
