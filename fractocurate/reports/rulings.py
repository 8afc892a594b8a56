"""Ruling lines of tables: from the drawing operators of a PDF page, or from the pixels of a scan."""

import ctypes
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from scipy import ndimage

from fractocurate.reports.extreme_filters import maximum_filter, minimum_filter
from fractocurate.reports.lines import Ruling

_THICKEST_PT = 3.0
_SHORTEST_PT = 8.0
_MOST_SEGMENTS = 2_000
"""A path with more segments is a drawing, not a table."""

_TEXT_BESIDE = 0.3
_WIDEST_BREAK_INCH, _SHORTEST_BROKEN_INCH = 0.09, 0.4
"""White space between the dots of a leader, and the shortest leader."""
_TALLEST_PIECE = 3.0
"""Of a leader or a line of dashes, in thicknesses of a line."""
_MOST_OF = 0.7
_STEMS_OF_PRINT = 2.2
"""What stands upright and is no taller than this many letters of the page may be one: an ``l`` of large print."""
_LOWEST_LETTER_PX = 5
_SLIMMEST = 4
"""What is slimmer is a line."""
_TALLEST_STEM_INCH = 0.6
"""Of characters of some 60 points."""

Point = tuple[float, float]


def drawn_rulings(page: pdfium.PdfPage, to_upright: Callable[[float, float], Point]) -> list[Ruling]:
    """Axis-parallel lines, edges of boxes and thin boxes drawn on a page, in points of the upright page."""
    rulings: list[Ruling] = []
    for path in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=1):
        for start, end in segments(path):
            rulings += _as_ruling(to_upright(*start), to_upright(*end))
    return merged(rulings)


def segments(path: pdfium.PdfObject) -> Iterable[tuple[Point, Point]]:
    """Straight strokes of a path, in points of the PDF page; none of a path that is a drawing."""
    count = pdfium_c.FPDFPath_CountSegments(path.raw)
    if not 1 < count <= _MOST_SEGMENTS:
        return
    matrix = path.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    first: Point | None = None
    previous: Point | None = None
    for index in range(count):
        segment = pdfium_c.FPDFPath_GetPathSegment(path.raw, index)
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        if kind == pdfium_c.FPDF_SEGMENT_LINETO and previous is not None:
            yield previous, point
        elif kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            first = point
        previous = point
        if pdfium_c.FPDFPathSegment_GetClose(segment) and first is not None:
            yield point, first


def _as_ruling(start: Point, end: Point) -> list[Ruling]:
    x0, x1 = sorted((start[0], end[0]))
    y0, y1 = sorted((start[1], end[1]))
    if y1 - y0 <= 0.5 and x1 - x0 >= _SHORTEST_PT:
        return [Ruling(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)]
    if x1 - x0 <= 0.5 and y1 - y0 >= _SHORTEST_PT:
        return [Ruling((x0 + x1) / 2, y0, (x0 + x1) / 2, y1)]
    return []


def merged(rulings: Sequence[Ruling]) -> list[Ruling]:
    """Join pieces of one line: collinear within ``_THICKEST_PT`` and touching end to end."""
    result: list[Ruling] = []
    for horizontal in (True, False):
        spans = [_span(r) for r in rulings if r.is_horizontal == horizontal]
        done: list[list[float]] = []
        for level, low, high in sorted(spans):
            same = [o for o in done if level - o[0] <= _THICKEST_PT and low <= o[2] + 2 and high >= o[1] - 2]
            if same:
                same[-1][1], same[-1][2] = min(low, same[-1][1]), max(high, same[-1][2])
            else:
                done.append([level, low, high])
        for level, low, high in done:
            result.append(Ruling(low, level, high, level) if horizontal else Ruling(level, low, level, high))
    return result


def _span(ruling: Ruling) -> tuple[float, float, float]:
    if ruling.is_horizontal:
        return (ruling.y0, ruling.x0, ruling.x1)
    return (ruling.x0, ruling.y0, ruling.y1)


def pixel_rulings(ink: npt.NDArray[np.bool_], dpi: float) -> tuple[list[Ruling], npt.NDArray[np.bool_]]:
    """Long thin runs of ink, as rulings in points, and the mask of their pixels.

    Args:
        ink: upright, deskewed page; True where dark.
        dpi: resolution of ``ink``.
    """
    rulings: list[Ruling] = []
    mask = np.zeros_like(ink)
    pt = 72.0 / dpi
    thickest_px = max(3, round(dpi / 30))
    letter_px = 0.0
    for horizontal, shortest_inch in ((True, 0.4), (False, 0.22)):
        length = round(shortest_inch * dpi)
        # One row of slack keeps a line whole that climbs by a pixel over its length.
        slack = (3, 1) if horizontal else (1, 3)
        thick = maximum_filter(ink, slack)
        runs = _opened_runs(thick, length, axis=1 if horizontal else 0)
        labels, _ = ndimage.label(runs, structure=np.ones((3, 3)))
        for index, slices in enumerate(ndimage.find_objects(labels), start=1):
            rows, columns = slices
            height, width = rows.stop - rows.start, columns.stop - columns.start
            across = height if horizontal else width
            if across > thickest_px + 2 or _neighbours_share(ink, rows, columns, horizontal=horizontal) > _TEXT_BESIDE:
                continue
            if not horizontal and height < _TALLEST_STEM_INCH * dpi and _is_stem(ink, rows, columns, thickest_px):
                continue
            if not horizontal and height < _STEMS_OF_PRINT * (letter_px := letter_px or _letter_height(ink)):
                continue
            own = labels[slices] == index
            mask[slices] |= own if horizontal else own & ~_crossed(ink, rows, columns)[:, None]
            x0, x1, y0, y1 = columns.start * pt, columns.stop * pt, rows.start * pt, rows.stop * pt
            if horizontal:
                rulings.append(Ruling(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2))
            else:
                rulings.append(Ruling((x0 + x1) / 2, y0, (x0 + x1) / 2, y1))
    return merged(rulings), mask & ink


def broken_lines(ink: npt.NDArray[np.bool_], dpi: float) -> npt.NDArray[np.bool_]:
    """Mask of dotted leaders and of lines of dashes: OCR reads them as words, and words beside them wrong.

    Args:
        ink: upright, deskewed page; True where dark.
        dpi: resolution of ``ink``.
    """
    gap, thickest_px = round(_WIDEST_BREAK_INCH * dpi) | 1, max(3, round(dpi / 30)) + 1
    closed = minimum_filter(maximum_filter(ink, (1, gap)), (1, gap))
    # With its gaps closed print is as thick as its characters are high.
    thick = _opened_runs(closed, thickest_px | 1, axis=0)  # odd: an even window moves what it keeps by a pixel
    thin = closed & ~maximum_filter(thick, 3)
    inside = _opened_runs(thin, round(_SHORTEST_BROKEN_INCH * dpi), axis=1) & ink
    return _whole_pieces(ink, inside, _TALLEST_PIECE * thickest_px) if inside.any() else inside


def _whole_pieces(
    ink: npt.NDArray[np.bool_], inside: npt.NDArray[np.bool_], tallest_px: float
) -> npt.NDArray[np.bool_]:
    """Connected ink that lies inside for the most part: dots, but not the foot of a character at a leader's end.

    Of what is taller, such as a grid with the letters that hang together with it, only what lies inside, and what runs
    upright where no stroke crosses it.
    """
    labels, count = ndimage.label(ink, structure=np.ones((3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    is_piece = np.bincount(labels[inside], minlength=count + 1) > _MOST_OF * sizes
    is_piece[0] = False
    is_tall = np.zeros(count + 1, dtype=bool)
    is_tall[1:] = [rows.stop - rows.start > tallest_px for rows, _ in ndimage.find_objects(labels)]
    pieces: npt.NDArray[np.bool_] = (is_piece & ~is_tall)[labels]
    grid: npt.NDArray[np.bool_] = (is_piece & is_tall)[labels]
    if not grid.any():
        return pieces
    upright = _opened_runs(grid, round(tallest_px) * 2 | 1, axis=0)
    strokes = grid & ~upright
    reach = round(tallest_px / _TALLEST_PIECE)
    crossed = upright & _beside(strokes, -1, reach) & _beside(strokes, 1, reach)
    lines = grid & (inside | (upright & ~crossed))
    return pieces | lines | _specks(grid & ~lines, 2 * reach)


def _specks(ink: npt.NDArray[np.bool_], widest_px: int) -> npt.NDArray[np.bool_]:
    """Connected pixels that are too small for letters: what is left of a grid where its lines met."""
    labels, count = ndimage.label(ink, structure=np.ones((3, 3)))
    is_speck = np.zeros(count + 1, dtype=bool)
    is_speck[1:] = [max(r.stop - r.start, c.stop - c.start) <= widest_px for r, c in ndimage.find_objects(labels)]
    specks: npt.NDArray[np.bool_] = is_speck[labels]
    return specks


def _beside(ink: npt.NDArray[np.bool_], side: int, reach_px: int) -> npt.NDArray[np.bool_]:
    """Pixels that have ink near by on one side of them: left (-1) or right (1)."""
    beside = np.zeros_like(ink)
    for step in range(1, reach_px + 1):
        if side < 0:
            beside[:, step:] |= ink[:, :-step]
        else:
            beside[:, :-step] |= ink[:, step:]
    return beside


def _neighbours_share(ink: npt.NDArray[np.bool_], rows: slice, columns: slice, *, horizontal: bool) -> float:
    """Share of ink just beside a run, on the side that has more: bold letters in a row look like a line otherwise."""
    beside = []
    for step in (-4, -3, 2, 3):
        edge = (
            (rows.start if horizontal else columns.start) if step < 0 else (rows.stop if horizontal else columns.stop)
        )
        if 0 <= edge + step < ink.shape[0 if horizontal else 1]:
            strip = ink[edge + step, columns] if horizontal else ink[rows, edge + step]
            beside.append(float(strip.mean()))
    return max(beside, default=0.0)


def _crossed(ink: npt.NDArray[np.bool_], rows: slice, columns: slice) -> npt.NDArray[np.bool_]:
    """Rows of an upright run where ink goes on at both sides: a letter under a streak, which must stay whole."""
    sides = ink[rows, max(0, columns.start - 3) : columns.start], ink[rows, columns.stop : columns.stop + 3]
    crossed: npt.NDArray[np.bool_] = np.logical_and(sides[0].any(axis=1), sides[1].any(axis=1))
    return crossed


def _letter_height(ink: npt.NDArray[np.bool_]) -> float:
    """Usual height of a piece of ink that is taller than a point and no line, in pixels; 1 where there is none."""
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    sizes = [(r.stop - r.start, c.stop - c.start) for r, c in ndimage.find_objects(labels)]
    heights = [h for h, w in sizes if h >= _LOWEST_LETTER_PX and h < _SLIMMEST * w and w < _SLIMMEST * h]
    return max(1.0, float(np.median(heights))) if heights else 1.0


def _is_stem(ink: npt.NDArray[np.bool_], rows: slice, columns: slice, thickest_px: int) -> bool:
    """Whether an upright run is part of a character of large print: what it hangs together with ends where it does."""
    height = rows.stop - rows.start
    above = max(3, height // 3)  # the bend of a zero
    top, left = max(0, rows.start - above), max(0, columns.start - 2 * height)
    window = ink[top : rows.stop + above, left : columns.stop + 2 * height]
    labels, _ = ndimage.label(window, structure=np.ones((3, 3)))
    own = labels[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    names = np.bincount(own[own > 0], minlength=1)
    part = labels == names.argmax()
    reaches_out = part[0].any() or part[-1].any() or part[:, 0].any() or part[:, -1].any()
    across = np.nonzero(part.any(axis=0))[0]
    return not reaches_out and int(across[-1] - across[0]) > thickest_px + 2


def _opened_runs(ink: npt.NDArray[np.bool_], length: int, axis: int) -> npt.NDArray[np.bool_]:
    """Morphological opening by a line of ``length`` pixels."""
    window = (1, length) if axis else (length, 1)
    return maximum_filter(minimum_filter(ink, window, is_dark_outside=True), window)
