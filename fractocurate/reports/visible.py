"""A text layer beside what the page shows: words that nobody sees, and print that no word stands for."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
from scipy import ndimage

from data_contracts.pixels import GreyImage
from data_contracts.records import Box, Word

T = TypeVar("T", bound=np.generic)

_DPI = 100.0
_PX = _DPI / 72.0
_LARGEST_PX = 4_000_000
_LEAST_CONTRAST = 20
_INK_SHARE = 0.7
_FEWEST_INK_PX = 150
_FEWEST_LETTERS = 15
_MID_TONE_SHARE = 0.22
_BRIGHT_SHARE = 0.7


def look(page: pdfium.PdfPage, rotation_deg: int) -> tuple[GreyImage, float]:
    """The page as a small upright picture, and its pixels per point: some 1 ms for a page of text."""
    width_pt, height_pt = page.get_size()
    scale = min(_PX, (_LARGEST_PX / (width_pt * height_pt)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        grey = np.array(bitmap.to_pil().convert("L"))
    finally:
        bitmap.close()
    return np.rot90(grey, -rotation_deg // 90), scale


def seen_words(words: Sequence[Word], grey: GreyImage, scale: float) -> list[Word]:
    """Words whose place on the page shows something: white, clipped and invisible ones show nothing."""
    seen = []
    for word in words:
        box = word.box
        shrink = 0.2 * box.height
        part = _part(grey, Box(box.left, box.top + shrink, box.right, box.bottom - shrink), scale)
        if part.size and int(part.max()) - int(part.min()) >= _LEAST_CONTRAST:
            seen.append(word)
    return seen


def n_unread_letters(grey: GreyImage, scale: float, words: Sequence[Word], pictures: Sequence[Box]) -> int:
    """Pieces of ink of the size of letters, outside the words and pictures."""
    # Every fourth pixel: the paper is the same everywhere, and the test must cost next to nothing.
    ink = grey < _INK_SHARE * float(np.percentile(grey[::4, ::4], 75))
    for box in (*(w.box for w in words), *pictures):
        _part(ink, Box(box.left - 1.5, box.top - 1.5, box.right + 1.5, box.bottom + 1.5), scale)[...] = False
    return _n_letters(ink) if int(ink.sum()) >= _FEWEST_INK_PX else 0


def shows_print(grey: GreyImage, dpi: float) -> bool:
    """Whether a picture is one of text: bright paper, few middle tones, many letters. Micrographs and logos are not."""
    step = max(1, int(dpi / _DPI))
    rows, columns = grey.shape[0] // step * step, grey.shape[1] // step * step
    small = grey[:rows, :columns].reshape(rows // step, step, columns // step, step).mean(axis=(1, 3))
    if not small.size:
        return False
    level = small / max(float(np.percentile(small, 75)), 1.0)
    if (level > 0.85).mean() < _BRIGHT_SHARE or ((level > 0.3) & (level < 0.8)).mean() > _MID_TONE_SHARE:
        return False
    return _n_letters(level < _INK_SHARE) >= _FEWEST_LETTERS


def _n_letters(ink: npt.NDArray[np.bool_]) -> int:
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    sizes = [(rows.stop - rows.start, columns.stop - columns.start) for rows, columns in ndimage.find_objects(labels)]
    return sum(4 <= height <= 30 and 1 <= width <= 60 for height, width in sizes)


def _part(pixels: npt.NDArray[T], box: Box, scale: float) -> npt.NDArray[T]:
    rows = slice(max(0, int(box.top * scale)), max(0, int(box.bottom * scale) + 1))
    columns = slice(max(0, int(box.left * scale)), max(0, int(box.right * scale) + 1))
    return pixels[rows, columns]
