"""What the captions of a report say of a frame's magnification, where the report surely shows that frame.

What is printed on the frame, tagged or named stands before a caption: a caption may speak of the whole plate, and a
figure may be an enlarged part. A caption fills a gap, and otherwise confirms or contradicts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod

_TOLERANCE = 0.02
"""Relative: captions are rounded, ``500x`` for 503."""
MOST_SURE = 0.9
"""Confidence of a caption's value: that figure and frame are the same picture is never beyond doubt."""


@dataclass(frozen=True, slots=True)
class Caption:
    """The magnification in the caption of a figure that is surely the frame."""

    report_path: str
    page: int
    raw: str
    magnification: float
    confidence: float
    """Of the reading, 0 to 1."""

    def __str__(self) -> str:
        return f"{self.magnification:g} in the caption on page {self.page} of {self.report_path}"


def magnification_with_captions(
    own: Reading | None, captions: Sequence[Caption]
) -> tuple[Reading | None, tuple[str, ...]]:
    """The magnification that is believed, and what a person should look at.

    Args:
        own: the frame's own: tag, data bar or name; None if it states none.
        captions: of the figures that are surely this frame; empty if there is none.

    Returns:
        The frame's own reading if it has one. Else the captions' value, as a reading of the surest one, if they all
        agree; none if they contradict each other. Every disagreement is an issue with all values.
    """
    if not captions:
        return own, ()
    listed = ", ".join(map(str, captions))
    if own is not None and own.value is not None:
        value = float(own.value)
        if all(_same(value, caption.magnification) for caption in captions):
            return own, ()
        return own, (f"magnification: {own.method} {own.value}, but {listed}; look which of them is the frame's",)
    surest = max(captions, key=lambda caption: caption.confidence)
    if not all(_same(surest.magnification, caption.magnification) for caption in captions):
        return None, (f"magnification: captions of the same picture disagree: {listed}",)
    return Reading(
        "magnification",
        surest.raw,
        f"{surest.magnification:.10g}",
        ReadingMethod.REPORT_CAPTION,
        min(surest.confidence, MOST_SURE),
        note=f"{surest}",
    ), ()


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _TOLERANCE * max(one, other)
