"""Pixel size in nanometres, from up to three independent sources, and which of them is believed."""

from collections.abc import Sequence

from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod

PRECEDENCE = (
    ReadingMethod.VENDOR_TAG,
    ReadingMethod.SIDECAR,
    ReadingMethod.FIELD_WIDTH,
    ReadingMethod.SCALE_BAR,
)
"""Among sources that agree: a tag has six digits, a printed field width three, a drawn bar is good to a pixel at
each end."""

DISPLAY_WIDTH_MM = (30.0, 1000.0)
"""Magnification times width of the field is the width of a display or print. Values outside are a misread number."""


def pixel_size_from_bar(length_nm: float, length_px: float) -> float:
    """Nanometres per pixel of a drawn bar."""
    return length_nm / length_px


def pixel_size_from_field(field_width_nm: float, width_px: int) -> float:
    """Nanometres per pixel of a field as wide as the picture."""
    return field_width_nm / width_px


def choose_pixel_size(
    candidates: Sequence[Reading],
    width_px: int,
    magnification: float | None,
    tolerance: float,
    least_confidence: float,
) -> tuple[Reading | None, tuple[str, ...]]:
    """The pixel size that is believed, and what a person should know.

    Args:
        candidates: readings of ``pixel_size_nm`` with a value; the note of a drawn bar tells nothing here.
        width_px: width of the frame.
        magnification: as chosen for the frame; None if unknown.
        tolerance: relative difference up to which two sizes agree.
        least_confidence: readings below it may confirm, not decide.

    Returns:
        The reading (None if nothing can be believed) and issues. Values are never averaged. Where two sources
        contradict
        each other, what is printed or drawn on the frame is preferred to a tag, because the frame cannot have lost
        its own bar while a tag may stem from another picture; and all values are listed.
    """
    usable = [c for c in candidates if c.value is not None and c.confidence >= least_confidence]
    plausible = [c for c in usable if _fits_display(float(c.value or 0), width_px, magnification)]
    issues = tuple(
        f"pixel size: {_told(c)} does not go with magnification {magnification:g}" for c in usable if c not in plausible
    )
    if not plausible:
        return None, issues
    plausible.sort(key=lambda c: PRECEDENCE.index(c.method))
    others = [c for c in candidates if c.value is not None]
    groups = [[c for c in others if _agree(c, first, tolerance)] for first in plausible]
    disagreeing = [c for c in plausible if not _agree(c, plausible[0], tolerance)]
    if not disagreeing:
        return plausible[0], issues
    listed = "; ".join(_told(c) for c in plausible)
    issues = (*issues, f"pixel size: sources disagree: {listed}")
    # Two that agree outvote one; else the frame itself outranks its tag.
    best = max(
        range(len(plausible)), key=lambda i: (len(groups[i]), plausible[i].method is ReadingMethod.SCALE_BAR, -i)
    )
    return plausible[best], issues


def fits_display(display_mm: float) -> bool:
    """Whether magnification times width of the field, in millimetres, can be the width of a display or print."""
    return DISPLAY_WIDTH_MM[0] <= display_mm <= DISPLAY_WIDTH_MM[1]


def _fits_display(pixel_size_nm: float, width_px: int, magnification: float | None) -> bool:
    if magnification is None or pixel_size_nm <= 0:
        return pixel_size_nm > 0
    return fits_display(pixel_size_nm * width_px * magnification / 1e6)


def _agree(one: Reading, other: Reading, tolerance: float) -> bool:
    a, b = float(one.value or 0), float(other.value or 0)
    return abs(a - b) <= tolerance * max(a, b)


def _told(reading: Reading) -> str:
    return f"{reading.method} {float(reading.value or 0):.6g} nm"
