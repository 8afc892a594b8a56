"""Pixel size in nanometres, from up to three independent sources, and which of them is believed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

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

PRECISION_OF_TAG = 0.004
"""Tags hold at least three digits; a file that was resized by a hair is told from one that was not."""

DISPLAY_WIDTH_MM = (30.0, 1000.0)
"""Magnification times width of the field is the width of a display or print. Values outside are a misread number."""

FILM_WIDTH_MM, FILM_TOLERANCE = 127.0, 0.005
"""Width of Polaroid 4 x 5 inch film, for whose prints some makers still state their magnifications."""


def pixel_size_from_bar(length_nm: float, length_px: float) -> float:
    """Nanometres per pixel of a drawn bar."""
    return length_nm / length_px


def pixel_size_from_field(field_width_nm: float, width_px: int) -> float:
    """Nanometres per pixel of a field as wide as the picture."""
    return field_width_nm / width_px


@dataclass(frozen=True, slots=True)
class SizeCandidate:
    """One reading of the pixel size and how exact it can be."""

    reading: Reading
    """Of ``pixel_size_nm``, with a value."""
    precision: float
    """Largest relative error if it was read rightly: what the drawing or the printed digits leave open."""

    @property
    def value_nm(self) -> float:
        """Nanometres per pixel."""
        return float(self.reading.value or 0)

    def agrees(self, other: "SizeCandidate", tolerance: float) -> bool:
        """Whether two sizes differ by no more than their precisions allow, and never by more than the tolerance."""
        difference = abs(self.value_nm - other.value_nm) / max(self.value_nm, other.value_nm, 1e-12)
        return difference <= min(tolerance, self.precision + other.precision)


def precision_of_bar(length_px: float) -> float:
    """Of a drawn bar: a pixel at each end, for the width of its strokes may count or not, and the label's rounding."""
    return 2 / length_px + 0.003


def precision_of_print(raw: str) -> float:
    """Of a printed length: half of its last digit, and what makers round off before."""
    match = re.search(r"\d+(?:[.,](\d+))?", raw)
    if match is None or not float(match[0].replace(",", ".")):
        return 1.0
    last_digit = 10.0 ** -len(match[1] or "")
    return 0.5 * last_digit / float(match[0].replace(",", ".")) + 0.003


def proved_by_print_width(
    candidates: Sequence[SizeCandidate], width_px: int, magnification: Reading | None
) -> list[SizeCandidate]:
    """The candidates; a drawn bar is surer where it and the printed magnification give the width of Polaroid film.

    Magnifications that are meant for a print 127 mm wide give just that, and a digit misread in either does not.
    """
    if magnification is None or magnification.value is None or magnification.method is not ReadingMethod.DATA_BAR:
        return list(candidates)
    proved = []
    for c in candidates:
        display_mm = c.value_nm * width_px * float(magnification.value) / 1e6
        is_print = abs(display_mm - FILM_WIDTH_MM) <= FILM_TOLERANCE * FILM_WIDTH_MM
        if is_print and c.reading.method is ReadingMethod.SCALE_BAR:
            confidence = round(1 - (1 - c.reading.confidence) * (1 - magnification.confidence), 3)
            note = f"{c.reading.note}; a print of {FILM_WIDTH_MM:g} mm, as the magnification says"
            proved.append(replace(c, reading=replace(c.reading, confidence=confidence, note=note)))
        else:
            proved.append(c)
    return proved


def choose_pixel_size(
    candidates: Sequence[SizeCandidate],
    width_px: int,
    magnification: float | None,
    tolerance: float,
    least_confidence: float,
) -> tuple[Reading | None, tuple[str, ...]]:
    """The pixel size that is believed, and what a person should know.

    Args:
        candidates: all that was read.
        width_px: width of the frame.
        magnification: as chosen for the frame; None if unknown.
        tolerance: largest relative difference at which two sizes may still agree.
        least_confidence: readings below it may confirm, not decide.

    Returns:
        The reading (None if nothing can be believed) and issues. Values are never averaged; agreement of two sources
        raises the confidence. Where two contradict each other, what is drawn on the frame is preferred to a tag: the
        frame cannot have lost its own bar, while a tag may stem from another picture. All values are then listed.
    """
    usable = [c for c in candidates if c.reading.confidence >= least_confidence]
    plausible = [c for c in usable if _fits_display(c.value_nm, width_px, magnification)]
    issues = tuple(
        f"pixel size: {_told(c)} does not go with magnification {magnification:g}" for c in usable if c not in plausible
    )
    if not plausible:
        return None, issues
    plausible.sort(key=lambda c: PRECEDENCE.index(c.reading.method))
    groups = [[c for c in candidates if c.agrees(first, tolerance)] for first in plausible]
    if all(c.agrees(plausible[0], tolerance) for c in plausible):
        return _confirmed(plausible[0], groups[0]), issues
    issues = (*issues, f"pixel size: sources disagree: {'; '.join(_told(c) for c in plausible)}")
    # Two that agree outvote one; else the frame itself outranks its tag.
    best = max(
        range(len(plausible)),
        key=lambda i: (len(groups[i]), plausible[i].reading.method is ReadingMethod.SCALE_BAR, -i),
    )
    return plausible[best].reading, issues


def _confirmed(chosen: SizeCandidate, group: Sequence[SizeCandidate]) -> Reading:
    """The reading, surer by what agrees with it: both would have to be wrong in the same way."""
    doubt = 1 - chosen.reading.confidence
    for other in group:
        if other.reading.method is not chosen.reading.method:
            doubt *= 1 - other.reading.confidence
    return replace(chosen.reading, confidence=round(1 - doubt, 3))


def fits_display(display_mm: float) -> bool:
    """Whether magnification times width of the field, in millimetres, can be the width of a display or print."""
    return DISPLAY_WIDTH_MM[0] <= display_mm <= DISPLAY_WIDTH_MM[1]


def _fits_display(pixel_size_nm: float, width_px: int, magnification: float | None) -> bool:
    if magnification is None or pixel_size_nm <= 0:
        return pixel_size_nm > 0
    return fits_display(pixel_size_nm * width_px * magnification / 1e6)


def _told(candidate: SizeCandidate) -> str:
    return f"{candidate.reading.method} {candidate.value_nm:.6g} nm"
