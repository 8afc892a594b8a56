"""Boxes of words that Tesseract drew around a word and the specks above or below it, made as tight as the print."""

import statistics
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from data_contracts.pixels import GreyImage
from data_contracts.records import Box, Word

_DARK = 170
"""On cleaned pages, whose paper is white."""
_TALL = 1.25
"""In median heights of the page's words: what is lower needs no look."""
_WIDEST_GAP = 0.3
"""Of a word's height: the dots of an umlaut and of a colon are nearer to the rest of it."""


def without_specks(words: Sequence[Word], grey: GreyImage, dpi: float) -> tuple[Word, ...]:
    """The words, the tall ones with boxes around the rows of pixels that hold their print.

    Such a box would put a word on the line above or below, and the two halves of a number in the wrong order.

    Args:
        words: of one page, in points.
        grey: (height, width), uint8: the cleaned page that was read.
        dpi: its resolution.
    """
    if not words:
        return ()
    tall = _TALL * statistics.median(w.box.height for w in words)
    return tuple(_tight(w, grey, dpi) if w.box.height > tall else w for w in words)


def _tight(word: Word, grey: GreyImage, dpi: float) -> Word:
    scale = dpi / 72
    box = word.box
    top, bottom, left, right = (round(side * scale) for side in (box.top, box.bottom, box.left, box.right))
    ink = (grey[max(0, top) : bottom, max(0, left) : right] < _DARK).sum(axis=1)
    band = _main_band(ink)
    if band is None:
        return word
    return Word(
        word.text, Box(box.left, (top + band.start) / scale, box.right, (top + band.stop) / scale), word.confidence
    )


def _main_band(ink: npt.NDArray[np.integer]) -> slice | None:
    """The rows around those with most ink, as far as no wide gap parts them."""
    labels, _ = ndimage.label(ink > 0)
    runs: list[slice] = [rows for (rows,) in ndimage.find_objects(labels)]
    if not runs:
        return None
    main = max(range(len(runs)), key=lambda k: int(ink[runs[k]].sum()))
    first = last = main
    widest = _WIDEST_GAP * (runs[main].stop - runs[main].start)
    while first > 0 and runs[first].start - runs[first - 1].stop <= widest:
        first -= 1
    while last + 1 < len(runs) and runs[last + 1].start - runs[last].stop <= widest:
        last += 1
    return slice(runs[first].start, runs[last].stop)
