"""Characters that Tesseract passed over, for a second look: lone digits in a column of a table above all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from data_contracts.pixels import GreyImage
from data_contracts.records import Box, Word
from fractocurate.reports.lines import without_debris
from fractocurate.reports.paper import reduced
from fractocurate.reports.word_boxes import with_tight_box

_DARK = 170
"""On cleaned pages, whose paper is white: the thin strokes of small type are grey."""
_HEIGHTS = (0.55, 1.5)
"""Of what may be a character, in heights of the words beside it; specks and drawings are outside."""
_WIDEST_HEIGHTS = 8.0
_LETTER_GAP_HEIGHTS = 0.45
_OFF_LINE_HEIGHTS = 0.3
"""How far its middle may be from theirs."""
_FEWEST_BESIDE = 2
"""Words of the same row: what stands alone on a page may be a signature or dirt."""
_LARGEST_PX = 16_000_000
_MOST_PIECES = 60
"""More on a page is not what was passed over but a pattern: show-through, hatching."""
_STRIP_WIDTH_PX = 2400
_SLOT_GAP_HEIGHTS = 3.0
_MARGIN_PX = 6
_SURE_ENOUGH = 0.85
"""Confidence below which a second look has seen dirt."""
_SURE_ENOUGH_OF_A_CROSS = 0.55
_LONGEST_CROSS = 2
"""Characters: one cross may be read as two."""
_READ_AS_STROKE = 0.9
"""Most that a 1 gets that was read as a stroke."""
_LEVEL_HEIGHTS = 0.15
_LONGEST_EDGE = 2
_BESIDE_HEIGHTS = 0.9
_FEWEST_DARK_PX = 3
_BESIDE_UNREAD = 0.5
"""Confidence at most in a number that has ink beside it which nobody could read."""
_WORD_GAP_HEIGHTS = 1.4
_WIDEST_SHOWN_HEIGHTS = 14.0
"""Words this near to a piece are shown with it, up to this width."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a page with ink that no word stands for."""

    page: Box
    """Where it lies, with a margin, in pixels of the page."""
    strip: Box
    """Where the same pixels lie on the strip that is read again."""
    words: tuple[int, ...]
    """Indices of the words beside it, which are shown with it: it may be the rest of their word or number."""
    is_alone: bool
    """No ink beside it but those words."""


def find_pieces(grey: GreyImage, dpi: float, words: Sequence[Word]) -> tuple[list[Piece], GreyImage | None]:
    """What looks like print in a row of words and was not read, and a strip of it for Tesseract.

    Args:
        grey: (height, width), uint8, cleaned and upright.
        dpi: its resolution.
        words: what was read, in points.

    Returns:
        The pieces and the strip, (height, width), uint8; no strip where there are no pieces.
    """
    boxes = np.array([_corners(w) for w in words if _n_characters(w)])
    if len(boxes) <= _FEWEST_BESIDE:
        return [], None
    boxes *= dpi / 72
    # Large drawings are looked at more coarsely: the labels of pixels take four bytes each.
    factor = math.ceil(math.sqrt(grey.size / _LARGEST_PX))
    unread = factor * _unread(reduced(grey, factor), boxes / factor)
    found = [box for box in _joined(unread) if _is_in_a_row(box, boxes)]
    if not found or len(found) > _MOST_PIECES:
        return [], None
    return _strip(grey, _with_neighbours(found, np.array([_corners(w) for w in words]) * dpi / 72))


def tidy_strip(words: Sequence[Word], strip: GreyImage, dpi: float) -> list[Word]:
    """Words of a strip without debris; upright strokes as high as the number just before them are ones.

    On the page such a stroke may be a piece of a ruling; a lone 1 of serifed type looks no different to Tesseract.
    """
    tidy: list[Word] = []
    for word in words:
        before = tidy[-1] if tidy else None
        if word.text == "|" and before is not None and before.text.isdigit():
            number, stroke = (with_tight_box(w, strip, dpi).box for w in (before, word))
            if _is_next_digit(number, stroke):
                tidy.append(Word("1", word.box, min(word.confidence, _READ_AS_STROKE)))
                continue
        tidy.append(word)
    return without_debris(tidy)


def _is_next_digit(number: Box, stroke: Box) -> bool:
    tall = number.bottom - number.top
    is_level = max(abs(number.top - stroke.top), abs(number.bottom - stroke.bottom)) < _LEVEL_HEIGHTS * tall
    return is_level and -tall < stroke.left - number.right < _WORD_GAP_HEIGHTS * tall


def with_pieces(words: Sequence[Word], pieces: Sequence[Piece], read: Sequence[Word], dpi: float) -> list[Word]:
    """All words of the page after the second look.

    Where it saw more characters than there were, its words stand for those it was shown. Where it did not, numbers
    beside what stays unread are doubtful: the 3 of a 5.3 of which the rest was lost.

    Args:
        words: of the first look, in points of the page.
        pieces: what was shown again.
        read: of the strip, in points of the strip.
        dpi: resolution of page and strip.
    """
    kept: dict[int, Word] = dict(enumerate(words))
    found: list[Word] = []
    for piece in pieces:
        own = sorted((w for w in read if _is_inside(w, piece.strip, dpi / 72)), key=lambda w: w.box.left)
        before = sum(_n_characters(words[k]) for k in piece.words)
        if _is_cross(piece, own):
            found += [_on_page(w, piece, dpi, 1.0) for w in own]
        elif _is_believed(piece, own) and sum(map(_n_characters, own)) > before:
            surest = 1.0 if piece.is_alone else _BESIDE_UNREAD
            found += [_on_page(w, piece, dpi, surest) for w in own]
            for k in piece.words:
                del kept[k]
        else:
            kept.update({k: _doubtful(words[k]) for k in piece.words})
    return [*kept.values(), *found]


def _is_believed(piece: Piece, read: Sequence[Word]) -> bool:
    """Whether all of it was read well; a letter or two alone may be an edge of a picture."""
    text = "".join(w.text for w in read)
    tells = bool(piece.words) or len(text) > _LONGEST_EDGE or any(map(str.isdigit, text))
    return bool(read) and tells and min(w.confidence for w in read) >= _SURE_ENOUGH


def _is_cross(piece: Piece, read: Sequence[Word]) -> bool:
    """Whether ink that stands alone was read as a cross: a mark in a table, of which Tesseract is never sure."""
    text = "".join(w.text for w in read)
    is_sure = all(w.confidence >= _SURE_ENOUGH_OF_A_CROSS for w in read)
    return (
        piece.is_alone
        and not piece.words
        and 0 < len(text) <= _LONGEST_CROSS
        and not text.strip("xX\u00d7")
        and is_sure
    )


def _n_characters(word: Word) -> int:
    return sum(c.isalnum() for c in word.text)


def _on_page(word: Word, piece: Piece, dpi: float, surest: float) -> Word:
    x = (piece.page.left - piece.strip.left) * 72 / dpi
    y = (piece.page.top - piece.strip.top) * 72 / dpi
    box = word.box
    moved = Box(box.left + x, box.top + y, box.right + x, box.bottom + y)
    return Word(word.text, moved, min(word.confidence, surest))


def _doubtful(word: Word) -> Word:
    is_number = any(c.isdigit() for c in word.text)
    return Word(word.text, word.box, min(word.confidence, _BESIDE_UNREAD)) if is_number else word


def _corners(word: Word) -> tuple[float, float, float, float]:
    return (word.box.left, word.box.top, word.box.right, word.box.bottom)


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


def _with_neighbours(
    parts: Sequence[npt.NDArray[np.float64]], words: npt.NDArray[np.float64]
) -> list[tuple[npt.NDArray[np.float64], tuple[int, ...]]]:
    """Each part with the words beside it; parts beside the same words go together."""
    shown: list[tuple[npt.NDArray[np.float64], tuple[int, ...]]] = []
    middles = (words[:, 1] + words[:, 3]) / 2
    for part in sorted(parts, key=lambda p: (p[1] // max(1.0, p[3] - p[1]), p[0])):
        tall, whole, own = part[3] - part[1], part.copy(), set[int]()
        row = np.nonzero(np.abs(middles - (part[1] + part[3]) / 2) < _OFF_LINE_HEIGHTS * tall)[0]
        for k in sorted(row, key=lambda k: max(part[0] - words[k, 2], words[k, 0] - part[2])):
            gap = max(whole[0] - words[k, 2], words[k, 0] - whole[2])
            width = max(whole[2], words[k, 2]) - min(whole[0], words[k, 0])
            if gap > _WORD_GAP_HEIGHTS * tall or width > _WIDEST_SHOWN_HEIGHTS * tall:
                break
            whole[:2], whole[2:] = np.minimum(whole[:2], words[k, :2]), np.maximum(whole[2:], words[k, 2:])
            own.add(int(k))
        same = [at for at, (_, others) in enumerate(shown) if own & set(others)]
        for at in reversed(same):
            other, others = shown.pop(at)
            whole[:2], whole[2:] = np.minimum(whole[:2], other[:2]), np.maximum(whole[2:], other[2:])
            own |= set(others)
        shown.append((whole, tuple(sorted(own))))
    return shown


def _strip(
    grey: GreyImage, shown: Sequence[tuple[npt.NDArray[np.float64], tuple[int, ...]]]
) -> tuple[list[Piece], GreyImage]:
    """The boxes, as words of lines far apart."""
    boxes = [box for box, _ in shown]
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
    for (box, words), (left, top) in zip(shown, places, strict=True):
        x, y = max(0, int(box[0]) - _MARGIN_PX), max(0, int(box[1]) - _MARGIN_PX)
        pixels = grey[y : int(box[3]) + _MARGIN_PX, x : int(box[2]) + _MARGIN_PX][:, : _STRIP_WIDTH_PX - left]
        height, width = pixels.shape
        strip[top : top + height, left : left + width] = pixels
        on_page, on_strip = Box(x, y, x + width, y + height), Box(left, top, left + width, top + height)
        pieces.append(Piece(on_page, on_strip, words, _is_alone(grey, box)))
    return pieces, strip


def _is_alone(grey: GreyImage, box: npt.NDArray[np.float64]) -> bool:
    left, top, right, bottom = box.astype(np.intp)
    reach = round(_BESIDE_HEIGHTS * (bottom - top))
    row = grey[top : bottom + 1] < _DARK
    beside = row[:, max(0, left - reach) : left].sum() + row[:, right : right + reach].sum()
    return bool(beside < _FEWEST_DARK_PX)


def _is_inside(word: Word, place: Box, scale: float) -> bool:
    x, y = (word.box.left + word.box.right) / 2 * scale, (word.box.top + word.box.bottom) / 2 * scale
    return place.left <= x <= place.right and place.top <= y <= place.bottom
