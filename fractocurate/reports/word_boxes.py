"""Boxes of words beside the print that they stand for: some hold specks, too, and some half of a digit only."""

import statistics
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from data_contracts.pixels import GreyImage
from data_contracts.records import Box, Word

_DARK = 170
"""On cleaned pages, whose paper is white."""
_FAINT = 225
"""Thin strokes of small type are no darker."""
_TALL = 1.25
"""In median heights of the page's words: what is lower needs no look."""
_SHORT_NUMBER = 2
"""Digits: a stroke more or less makes another number of them."""
_PART = 0.8
"""A box that is lower than this share of its print holds a part of it."""
_WIDEST_GAP = 0.3
"""Of a word's height: the dots of an umlaut and of a colon are nearer to the rest of it."""


def checked_words(words: Sequence[Word], grey: GreyImage, dpi: float) -> tuple[Word, ...]:
    """The words, the tall ones with boxes around their print alone, and without digits that were read from a part.

    A box with specks would put a word on the line above or below, and the two halves of a number in the wrong order.
    The upper half of a 2 is read as a 5; what is left out here is shown to Tesseract once more, as all ink that no
    word stands for.

    Args:
        words: of one page, in points.
        grey: (height, width), uint8: the cleaned page that was read.
        dpi: its resolution.
    """
    if not words:
        return ()
    usual = statistics.median(w.box.height for w in words)
    tight = (with_tight_box(w, grey, dpi) if w.box.height > _TALL * usual else w for w in words)
    return tuple(w for w in tight if not (_is_short_number(w) and _is_part(w, grey, dpi, usual)))


def _is_short_number(word: Word) -> bool:
    return len(word.text) <= _SHORT_NUMBER and word.text.isdigit()


def _is_part(word: Word, grey: GreyImage, dpi: float, usual: float) -> bool:
    """Whether the ink of a word goes on above or below its box, and is no taller than print."""
    scale = dpi / 72
    box = word.box
    reach = round(usual * scale)
    top, bottom, left, right = (round(side * scale) for side in (box.top, box.bottom, box.left, box.right))
    above = max(0, top - reach)
    ink = grey[above : bottom + reach, max(0, left) : right] < _FAINT
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    own = set(np.unique(labels[top - above : bottom - above])) - {0}
    rows = [found[0] for number, found in enumerate(ndimage.find_objects(labels), start=1) if number in own]
    if not rows:
        return False
    height = (max(r.stop for r in rows) - min(r.start for r in rows)) / scale
    return bool(_PART * height > box.height and height < _TALL * usual)


def with_tight_box(word: Word, grey: GreyImage, dpi: float) -> Word:
    """The word in the rows of pixels that hold its print; see ``checked_words``."""
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
