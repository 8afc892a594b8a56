"""Characters that Tesseract passed over, for a second look: lone digits in a column of a table above all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from data_contracts.pixels import GreyImage
from data_contracts.records import Box, Word

_DARK = 140
"""On cleaned pages, whose paper is white."""
_HEIGHTS = (0.55, 1.5)
"""Of what may be a character, in heights of the words beside it; specks and drawings are outside."""
_WIDEST_HEIGHTS = 8.0
_LETTER_GAP_HEIGHTS = 0.45
_OFF_LINE_HEIGHTS = 0.3
"""How far its middle may be from theirs."""
_FEWEST_BESIDE = 2
"""Words of the same row: what stands alone on a page may be a signature or dirt."""
_MOST_PIECES = 60
"""More on a page is not what was passed over but a pattern: show-through, hatching."""
_STRIP_WIDTH_PX = 2400
_SLOT_GAP_HEIGHTS = 3.0
_MARGIN_PX = 6
_SURE_ENOUGH = 0.85
"""Confidence below which a second look has seen dirt."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Ink that no word stands for, in pixels of the page and of the strip that is read again."""

    page: Box
    strip: Box


def find_pieces(grey: GreyImage, dpi: float, words: Sequence[Word]) -> tuple[list[Piece], GreyImage | None]:
    """What looks like print in a row of words and was not read, and a strip of it for Tesseract.

    Args:
        grey: (height, width), uint8, cleaned and upright.
        dpi: its resolution.
        words: what was read, in points.

    Returns:
        The pieces and the strip, (height, width), uint8; no strip where there are no pieces.
    """
    boxes = np.array([[w.box.left, w.box.top, w.box.right, w.box.bottom] for w in words if _is_print(w)])
    if len(boxes) <= _FEWEST_BESIDE:
        return [], None
    boxes *= dpi / 72
    found = [box for box in _joined(_unread(grey, boxes)) if _is_in_a_row(box, boxes)]
    if not found or len(found) > _MOST_PIECES:
        return [], None
    return _strip(grey, found)


def placed(pieces: Sequence[Piece], words: Sequence[Word], dpi: float) -> list[Word]:
    """Words of the strip, given in points, where they stand on the page; several in one piece are joined."""
    found = []
    for piece in pieces:
        own = [w for w in words if _is_inside(w, piece.strip, dpi / 72)]
        text = "".join(w.text for w in sorted(own, key=lambda w: w.box.left))
        confidence = min((w.confidence for w in own), default=0.0)
        if any(c.isalnum() for c in text) and confidence >= _SURE_ENOUGH:
            box, scale = piece.page, 72 / dpi
            on_page = Box(box.left * scale, box.top * scale, box.right * scale, box.bottom * scale)
            found.append(Word(text, on_page, confidence))
    return found


def _is_print(word: Word) -> bool:
    return any(c.isalnum() for c in word.text)


def _unread(grey: GreyImage, boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Boxes (left, top, right, bottom) of connected dark pixels that touch no word."""
    dark = grey < _DARK
    height = float(np.median(boxes[:, 3] - boxes[:, 1]))
    pad = round(0.15 * height)
    for left, top, right, bottom in boxes.astype(np.intp):
        dark[max(0, top - pad) : bottom + pad, max(0, left - pad) : right + pad] = False
    labels, _ = ndimage.label(dark, structure=np.ones((3, 3)))
    parts = [(c.start, r.start, c.stop, r.stop) for r, c in ndimage.find_objects(labels)]
    found = np.array(parts, dtype=np.float64).reshape(-1, 4)
    tall = found[:, 3] - found[:, 1]
    return found[(tall > 0.4 * height) & (tall < 3 * height) & (found[:, 2] - found[:, 0] < _WIDEST_HEIGHTS * height)]


def _joined(parts: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Characters that stand side by side, as one box."""
    joined: list[npt.NDArray[np.float64]] = []
    for part in parts[np.argsort(parts[:, 0], kind="stable")]:
        for box in joined:
            tall = max(box[3] - box[1], part[3] - part[1])
            overlap = min(box[3], part[3]) - max(box[1], part[1])
            if part[0] - box[2] < _LETTER_GAP_HEIGHTS * tall and overlap > 0.5 * min(
                box[3] - box[1], part[3] - part[1]
            ):
                box[:2], box[2:] = np.minimum(box[:2], part[:2]), np.maximum(box[2:], part[2:])
                break
        else:
            joined.append(part.copy())
    return joined


def _is_in_a_row(box: npt.NDArray[np.float64], words: npt.NDArray[np.float64]) -> bool:
    tall = words[:, 3] - words[:, 1]
    off = np.abs((words[:, 1] + words[:, 3]) / 2 - (box[1] + box[3]) / 2)
    beside = words[off < _OFF_LINE_HEIGHTS * tall]
    if len(beside) < _FEWEST_BESIDE:
        return False
    share = (box[3] - box[1]) / float(np.median(beside[:, 3] - beside[:, 1]))
    return bool(_HEIGHTS[0] < share < _HEIGHTS[1])


def _strip(grey: GreyImage, boxes: Sequence[npt.NDArray[np.float64]]) -> tuple[list[Piece], GreyImage]:
    """The boxes in reading order, as words of lines far apart."""
    tallest = int(max(box[3] - box[1] for box in boxes)) + 2 * _MARGIN_PX
    gap = int(_SLOT_GAP_HEIGHTS * tallest)
    places, x, row = [], gap, 0
    for box in boxes:
        width = int(box[2] - box[0]) + 2 * _MARGIN_PX
        if x > gap and x + width + gap > _STRIP_WIDTH_PX:
            x, row = gap, row + 1
        places.append((x, (2 * row + 1) * tallest))
        x += width + gap
    strip = np.full((2 * (row + 1) * tallest + tallest, _STRIP_WIDTH_PX), 255, dtype=np.uint8)
    pieces = []
    for box, (left, top) in zip(boxes, places, strict=True):
        x0, y0 = max(0, int(box[0]) - _MARGIN_PX), max(0, int(box[1]) - _MARGIN_PX)
        pixels = grey[y0 : int(box[3]) + _MARGIN_PX, x0 : int(box[2]) + _MARGIN_PX]
        pixels = pixels[:, : _STRIP_WIDTH_PX - left]
        strip[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        on_strip = Box(left, top, left + pixels.shape[1], top + pixels.shape[0])
        pieces.append(Piece(Box(*map(float, box)), on_strip))
    return pieces, strip


def _is_inside(word: Word, place: Box, scale: float) -> bool:
    x, y = (word.box.left + word.box.right) / 2 * scale, (word.box.top + word.box.bottom) / 2 * scale
    return place.left <= x <= place.right and place.top <= y <= place.bottom
