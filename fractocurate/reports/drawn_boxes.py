"""Boxes to tick that a PDF draws instead of printing a character: noted as words, so that everything reads them."""

import ctypes
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from data_contracts.records import Box, Word
from fractocurate.reports.lines import Ruling, centre_x, centre_y
from fractocurate.reports.rulings import Point, segments
from fractocurate.reports.tick_marks import EMPTY_BOX, TICKED_BOX, Tick, mark_in_cell

_SMALLEST_PT, _LARGEST_PT = 4.5, 18.0
_MOST_STROKES = 2_000
"""A page with more short strokes holds a plot."""
_ALIKE = 0.2
"""Share by which the sides of a box may differ."""
_NEAR_PT = 1.0
_OVERHANG_SHARE = 0.5
"""How far a hand's tick may leave its box, as a share of its side."""
_TICK_SHARE = 0.35
"""Of the side of a box that a tick spans at least."""
_LABEL_PT = 25.0
_DARK = 128
_FILLED_BOX = "\u25a0"


@dataclass(frozen=True, slots=True)
class _Stroke:
    """What one small path draws."""

    box: Box
    edges: tuple[tuple[Point, Point], ...]
    is_rectangle: bool
    is_dark: bool
    """It is filled, and not with white."""


def with_drawn_boxes(
    page: pdfium.PdfPage,
    to_upright: Callable[[float, float], Point],
    words: Sequence[Word],
    rulings: Sequence[Ruling],
) -> tuple[list[Word], list[Ruling]]:
    """The words, with one for each drawn box beside a word, and the rulings without the edges of those boxes.

    A box is ticked if a stroke or a tick of its own stands in it, and a filled one counts as ``\u25a0``. Squares that
    touch each other are cells, and those that hold other text are something else: both stay as they are.
    """
    strokes = list(_small_strokes(page, to_upright))
    if not strokes or len(strokes) > _MOST_STROKES:
        return list(words), list(rulings)
    squares = _outermost(_squares(strokes))
    alone = [s for s in squares if not any(s is not o and _touch(s, o) for o in squares)]
    kept, boxes = list(words), []
    for square in alone:
        inside = [w for w in kept if _holds(square, centre_x(w), centre_y(w))]
        has_label = any(w not in inside and _is_beside(w, square) for w in kept)
        if not has_label or any(mark_in_cell(w.text) is not Tick.TICKED for w in inside):
            continue
        kept = [w for w in kept if w not in inside]
        is_ticked = bool(inside) or any(_ticks(stroke, square) for stroke in strokes)
        is_filled = any(s.is_dark and s.is_rectangle and _same(s.box, square) for s in strokes)
        text = TICKED_BOX if is_ticked else _FILLED_BOX if is_filled else EMPTY_BOX
        kept.append(Word(text, square, 1.0))
        boxes.append(square)
    return kept, [r for r in rulings if not any(_holds(b, r.x0, r.y0) and _holds(b, r.x1, r.y1) for b in boxes)]


def _small_strokes(page: pdfium.PdfPage, to_upright: Callable[[float, float], Point]) -> Iterator[_Stroke]:
    for path in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=1):
        left, bottom, right, top = path.get_bounds()
        if max(right - left, top - bottom) > (1 + 2 * _OVERHANG_SHARE) * _LARGEST_PT:
            continue
        (x0, y0), (x1, y1) = to_upright(left, bottom), to_upright(right, top)
        box = Box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        edges = tuple((to_upright(*a), to_upright(*b)) for a, b in segments(path))
        straight = [e for e in edges if _is_axis_parallel(e)]
        yield _Stroke(box, edges, len(straight) == len(edges) > 2, _is_dark(path))


def _is_dark(path: pdfium.PdfObject) -> bool:
    mode, stroked = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDFPath_GetDrawMode(path.raw, mode, stroked)
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    known = pdfium_c.FPDFPageObj_GetFillColor(path.raw, red, green, blue, alpha)
    return bool(mode.value and known) and max(red.value, green.value, blue.value) < _DARK < alpha.value


def _is_axis_parallel(edge: tuple[Point, Point]) -> bool:
    (x0, y0), (x1, y1) = edge
    return abs(x0 - x1) < _NEAR_PT or abs(y0 - y1) < _NEAR_PT


def _squares(strokes: Sequence[_Stroke]) -> list[Box]:
    """Squares of four edges, whether one path draws them or four do."""
    edges = [e for s in strokes for e in s.edges if _is_axis_parallel(e)]
    boxes = [Box(min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])) for a, b in edges]
    level = sorted((b for b in boxes if _is_side(b.width) and b.height < _NEAR_PT), key=lambda b: b.top)
    upright = [b for b in boxes if _is_side(b.height) and b.width < _NEAR_PT]
    squares: list[Box] = []
    for k, upper in enumerate(level):
        for lower in level[k + 1 :]:
            square = Box(upper.left, upper.top, upper.right, lower.bottom)
            if square.height > _LARGEST_PT:
                break
            is_square = abs(square.width - square.height) <= _ALIKE * square.width
            aligned = abs(lower.left - upper.left) < _NEAR_PT and abs(lower.right - upper.right) < _NEAR_PT
            sides = [_closes(upright, x, square) for x in (square.left, square.right)]
            if is_square and aligned and all(sides) and not any(_same(square, other) for other in squares):
                squares.append(square)
    return squares


def _outermost(squares: Sequence[Box]) -> list[Box]:
    """Without those that stand in another one: the second edge of a box, or a filled core that ticks it."""
    return [
        s
        for s in squares
        if not any(s is not o and _holds(o, s.left, s.top) and _holds(o, s.right, s.bottom) for o in squares)
    ]


def _is_side(length: float) -> bool:
    return _SMALLEST_PT <= length <= _LARGEST_PT


def _closes(upright: Sequence[Box], x: float, square: Box) -> bool:
    return any(
        abs(b.left - x) < _NEAR_PT and abs(b.top - square.top) < _NEAR_PT and abs(b.bottom - square.bottom) < _NEAR_PT
        for b in upright
    )


def _ticks(stroke: _Stroke, square: Box) -> bool:
    """Whether a path is a tick in a box: within it or nearly so, no edge of it, and large enough."""
    box = stroke.box
    margin = _OVERHANG_SHARE * square.width
    inside = _holds(square, box.left, box.top, margin) and _holds(square, box.right, box.bottom, margin)
    large = min(box.width / square.width, box.height / square.height) >= _TICK_SHARE
    is_slanted = any(not _is_axis_parallel(edge) for edge in stroke.edges) or not stroke.edges
    is_core = stroke.is_rectangle and stroke.is_dark and box.width < (1 - _ALIKE) * square.width
    return inside and large and (is_slanted or is_core)


def _touch(a: Box, b: Box) -> bool:
    return (
        a.left < b.right + _NEAR_PT
        and b.left < a.right + _NEAR_PT
        and a.top < b.bottom + _NEAR_PT
        and b.top < a.bottom + _NEAR_PT
    )


def _same(a: Box, b: Box) -> bool:
    return all(abs(x - y) < 2 * _NEAR_PT for x, y in zip(_sides(a), _sides(b), strict=True))


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


def _holds(box: Box, x: float, y: float, margin: float = 1.5) -> bool:
    return box.left - margin <= x <= box.right + margin and box.top - margin <= y <= box.bottom + margin


def _is_beside(word: Word, square: Box) -> bool:
    middle = (square.top + square.bottom) / 2
    gap = max(word.box.left - square.right, square.left - word.box.right)
    return word.box.top < middle < word.box.bottom and -_NEAR_PT <= gap <= _LABEL_PT
