"""Pictures that a report page shows, before anything is known of them."""

import ctypes
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from PIL import Image
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from data_contracts.records import Box
from fractocurate.reports.tiles import SEAM_PT, joined

Grey = npt.NDArray[np.uint8]
Point = tuple[float, float]

_DEEPEST_FORM = 8
"""Forms within forms; a form that holds itself would go on for ever."""
_MOST_PIECES = 2_000
"""A page of more image objects is a drawing made of them."""
_SMALLEST_SIDE_PT = 36.0
_SMALLEST_SIDE_PX = 48
"""What is smaller, half an inch or so few pixels, is an icon or a mark."""
_COVERING_SHARE = 0.9
"""A picture that is as wide and as high as this share of the page is its background, or a scan of it."""
_LARGEST_PX = 40_000_000
"""Larger pictures are left out: decoded, one has 160 MB, and a worker stays under 500 MB."""
_MOST_PAGE_PX = 48_000_000
"""Grey pixels kept of one page, for the same reason; pictures are reduced where that would be more."""
_BAND_PX = 4_000_000


@dataclass(frozen=True, slots=True)
class PagePicture:
    """One picture on a page."""

    box: Box
    """Where it stands, in points of the upright page, as words and rulings are given."""
    grey: Grey
    """Its pixels, upright: shape (height, width), 8-bit grey."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """One image object of a page."""

    item: pdfium.PdfImage
    box: Box
    """In points of the upright page."""
    across: Point
    """Where its rows run on the upright page, from the first pixel to the last."""
    down: Point
    """Where its columns run."""
    window: Box
    """The part of ``box`` that is seen; the rest is clipped off."""
    n_px: int
    """As stored."""


def embedded_pictures(page: pdfium.PdfPage, to_upright: Callable[[float, float], Point]) -> list[PagePicture]:
    """Pictures of a page from its image objects, each decoded once, at the resolution at which they are stored.

    Strips and tiles of one picture are joined. Icons and what covers the whole page are left out, and so is what
    cannot be decoded. Masks are not applied: colours under them are kept, as ``data_contracts.pixels`` does.

    Args:
        page: an open page.
        to_upright: maps points of the PDF page (y up) to points of the upright page (y down).
    """
    left, bottom, right, top = page.get_cropbox()
    sheet = _around(to_upright(left, bottom), to_upright(right, top))
    placed = list(_placed_on(page, to_upright, sheet))
    if not 0 < len(placed) <= _MOST_PIECES:
        return []
    groups = [g for g in _touching(placed) if _may_be_figure(_around_boxes([p.window for p in g]), sheet)]
    limit_px = _MOST_PAGE_PX // max(1, sum(map(len, groups)))
    pictures: list[PagePicture] = []
    for group in groups:
        decoded = [(p.window, grey) for p in group if (grey := _upright_grey(p, limit_px)) is not None]
        pictures += [PagePicture(box, grey) for box, grey in joined(decoded)]
    return [p for p in pictures if _may_be_figure(p.box, sheet) and min(p.grey.shape) >= _SMALLEST_SIDE_PX]


def _may_be_figure(box: Box, sheet: Box) -> bool:
    covers = box.width > _COVERING_SHARE * sheet.width and box.height > _COVERING_SHARE * sheet.height
    return min(box.width, box.height) >= _SMALLEST_SIDE_PT and not covers


def _placed_on(page: pdfium.PdfPage, to_upright: Callable[[float, float], Point], sheet: Box) -> Iterator[_Placed]:
    """Image objects that can be seen and decoded."""
    for item, to_page in _image_objects(page, None, pdfium.PdfMatrix(), 0):
        matrix = _matrix(item.raw).multiply(to_page)
        # The unit square: rows of a picture run from its upper left corner to the right.
        (x0, y0), (x1, y1), (x2, y2) = (to_upright(*matrix.on_point(*p)) for p in ((0, 1), (1, 1), (0, 0)))
        box = _around((x0, y0), (x1, y1), (x2, y2), (x1 + x2 - x0, y1 + y2 - y0))
        width_px, height_px = item.get_px_size()
        window = box
        for points in _clip_paths(item.raw):
            window = _common(window, _around(*(to_upright(*to_page.on_point(*p)) for p in points)))
        on_sheet = _common(window, sheet)
        is_seen = on_sheet.width * on_sheet.height > 0.5 * window.width * window.height > 0
        if 0 < width_px * height_px <= _LARGEST_PX and is_seen:
            yield _Placed(item, box, (x1 - x0, y1 - y0), (x2 - x0, y2 - y0), window, width_px * height_px)


def _clip_paths(raw: Any) -> Iterator[list[Point]]:  # noqa: ANN401 - a handle of PDFium
    """Points of each path that an object is clipped by, in the coordinates of the form or page that holds it."""
    clip = pdfium_c.FPDFPageObj_GetClipPath(raw)
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(max(0, pdfium_c.FPDFClipPath_CountPaths(clip)) if clip else 0):
        points = []
        for number in range(pdfium_c.FPDFClipPath_CountPathSegments(clip, index)):
            segment = pdfium_c.FPDFClipPath_GetPathSegment(clip, index, number)
            if pdfium_c.FPDFPathSegment_GetPoint(segment, x, y):
                points.append((x.value, y.value))
        if points:
            yield points


def _image_objects(
    page: pdfium.PdfPage,
    form: Any,  # noqa: ANN401 - a handle of PDFium
    to_page: pdfium.PdfMatrix,
    depth: int,
) -> Iterator[tuple[pdfium.PdfImage, pdfium.PdfMatrix]]:
    """Image objects, those inside forms too, with the matrix from what holds them to the page."""
    if form is None:
        count, get, parent = pdfium_c.FPDFPage_CountObjects, pdfium_c.FPDFPage_GetObject, page.raw
    else:
        count, get, parent = pdfium_c.FPDFFormObj_CountObjects, pdfium_c.FPDFFormObj_GetObject, form
    for index in range(count(parent)):
        raw = get(parent, index)
        kind = pdfium_c.FPDFPageObj_GetType(raw)
        if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            yield pdfium.PdfImage(raw, page=page, pdf=page.pdf), to_page
        elif kind == pdfium_c.FPDF_PAGEOBJ_FORM and depth < _DEEPEST_FORM:
            yield from _image_objects(page, raw, _matrix(raw).multiply(to_page), depth + 1)


def _matrix(raw: Any) -> pdfium.PdfMatrix:  # noqa: ANN401 - as above
    matrix = pdfium_c.FS_MATRIX(1, 0, 0, 1, 0, 0)
    pdfium_c.FPDFPageObj_GetMatrix(raw, ctypes.byref(matrix))
    return pdfium.PdfMatrix.from_raw(matrix)


def _touching(placed: Sequence[_Placed]) -> list[list[_Placed]]:
    """Objects that abut, directly or through others. Of several in one place the last painted hides the others."""
    sides = np.array([(p.window.left, p.window.top, p.window.right, p.window.bottom) for p in placed])
    same = (np.abs(sides[:, None] - sides[None]) <= SEAM_PT).all(axis=2)
    keep = ~np.triu(same, k=1).any(axis=1)
    visible = [p for p, kept in zip(placed, keep, strict=True) if kept]
    left, top, right, bottom = sides[keep].T
    apart_x = np.maximum(left[:, None], left[None]) - np.minimum(right[:, None], right[None])
    apart_y = np.maximum(top[:, None], top[None]) - np.minimum(bottom[:, None], bottom[None])
    # Not what lies on top of another: figures on a page's background are none of its pieces.
    abut = np.abs(np.maximum(apart_x, apart_y)) <= SEAM_PT
    n_groups, labels = connected_components(csr_matrix(abut), directed=False)
    groups: list[list[_Placed]] = [[] for _ in range(n_groups)]
    for piece, label in zip(visible, labels, strict=True):
        groups[label].append(piece)
    return groups


def _upright_grey(placed: _Placed, limit_px: int) -> Grey | None:
    """Decoded, turned as the page shows it; None if PDFium cannot decode it."""
    try:
        bitmap = placed.item.get_bitmap()
    except pdfium.PdfiumError:
        return None
    try:
        pixels = _grey_of(bitmap)
    finally:
        bitmap.close()
    factor = math.ceil(math.sqrt(pixels.size / limit_px))
    if factor > 1:
        pixels = np.asarray(Image.fromarray(pixels).reduce(factor))
    (ax, ay), (dx, dy) = placed.across, placed.down
    if abs(ax) + abs(dy) < abs(ay) + abs(dx):
        pixels, ax, dy = pixels.T, dx, ay
    return _seen_part(pixels[:: -1 if dy < 0 else 1, :: -1 if ax < 0 else 1], placed)


def _seen_part(pixels: Grey, placed: _Placed) -> Grey:
    """What is not clipped off."""
    box, window = placed.box, placed.window
    x_px, y_px = pixels.shape[1] / box.width, pixels.shape[0] / box.height
    rows = slice(round((window.top - box.top) * y_px), max(1, round((window.bottom - box.top) * y_px)))
    columns = slice(round((window.left - box.left) * x_px), max(1, round((window.right - box.left) * x_px)))
    return np.ascontiguousarray(pixels[rows, columns])


def _grey_of(bitmap: pdfium.PdfBitmap) -> Grey:
    """Luma as Pillow computes it, alpha dropped, in bands: a colour copy of a large picture would not fit."""
    if bitmap.n_channels == 1:
        return np.array(bitmap.to_numpy())
    order = "BGR" if bitmap.n_channels == 3 else "BGRX"
    grey: Grey = np.empty((bitmap.height, bitmap.width), np.uint8)
    rows = max(1, _BAND_PX // bitmap.width)
    content = memoryview(bitmap.buffer)
    for top in range(0, bitmap.height, rows):
        height = min(rows, bitmap.height - top)
        part = bytes(content[top * bitmap.stride : (top + height) * bitmap.stride])
        band = Image.frombuffer("RGB", (bitmap.width, height), part, "raw", order, bitmap.stride, 1)
        grey[top : top + height] = np.asarray(band.convert("L"))
    return grey


def _common(a: Box, b: Box) -> Box:
    """Where two boxes overlap; without width or height if they do not."""
    left, top = max(a.left, b.left), max(a.top, b.top)
    return Box(left, top, max(left, min(a.right, b.right)), max(top, min(a.bottom, b.bottom)))


def _around(*points: Point) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def _around_boxes(boxes: Sequence[Box]) -> Box:
    return _around(*((b.left, b.top) for b in boxes), *((b.right, b.bottom) for b in boxes))
