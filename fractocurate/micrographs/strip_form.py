"""Whether a strip is a data bar by its form alone, for print that OCR cannot read: other scripts, small print."""

import numpy as np
from scipy import ndimage

from data_contracts.pixels import GreyImage
from data_contracts.vocabulary import DataBarKind
from fractocurate.micrographs.drawn_box import DataBar, ink_of
from fractocurate.micrographs.flatness import LEVEL_TOLERANCE, Mark, marks_of
from fractocurate.micrographs.strip_edges import TALLEST_SURE_STRIP

LEAST_GROUND = 0.97
"""Share of what is not ink that has the level of the strip."""
MOST_LINES = 3
LEAST_ON_LINES = 0.75
"""Share of the marks that stand on the three fullest base lines."""
LEAST_MARKS = 8
LEAST_MARK_PX = 3
"""Height of a mark."""
FULLEST_LETTERS = 0.7
"""Mean share of its box that a mark covers: strokes leave 0.3 to 0.6 of it open, discs and pillars 0.2 and less."""
_HALO_PX = 3
_BASE_LINE_PX = 1


def is_printed_strip(grey: GreyImage, bar: DataBar) -> bool:
    """Whether a strip spans the frame, has a visible edge and one even ground, and its marks are strokes in lines.

    Mounts, charging bands and layers have the edge and perhaps the ground, but what lies on them are dots.
    """
    height_px, width_px = grey.shape
    box = bar.box
    if box is None or bar.kind not in (DataBarKind.BOTTOM, DataBarKind.TOP) or bar.issues:
        return False
    if box.width < width_px or box.height > TALLEST_SURE_STRIP * height_px:
        return False
    part = box.cut(grey)
    ink = ink_of(part, bar.background)
    ground = ~ndimage.binary_dilation(ink, iterations=_HALO_PX)
    marks = [mark for mark in marks_of(ink) if mark.box.height >= LEAST_MARK_PX]
    if len(marks) < LEAST_MARKS or not ground.any():
        return False
    near = np.abs(part.astype(np.int16) - bar.background) <= LEVEL_TOLERANCE
    is_even = float(near[ground].mean()) >= LEAST_GROUND
    are_strokes = float(np.mean([mark.fill for mark in marks])) <= FULLEST_LETTERS
    return is_even and are_strokes and _share_on_lines(marks) >= LEAST_ON_LINES


def _share_on_lines(marks: list[Mark]) -> float:
    """Share of the marks whose lower edge lies on one of the fullest base lines."""
    bottoms = np.array([mark.box.bottom for mark in marks])
    n_on = 0
    for _ in range(MOST_LINES):
        if not bottoms.size:
            break
        n_of_row = np.abs(bottoms[:, None] - bottoms[None, :]) <= _BASE_LINE_PX
        fullest = n_of_row[int(n_of_row.sum(axis=1).argmax())]
        n_on += int(fullest.sum())
        bottoms = bottoms[~fullest]
    return n_on / len(marks)
