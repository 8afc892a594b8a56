"""Find the data bar of a frame: a drawn rectangle of one background level with lettering in it.

What makes a bar, whatever its height, place and colour: (1) long flat runs of one level in every row, (2) straight
edges where these runs begin and end, (3) letters in it. Black vacuum, saturated charging and defocused background may
have the first, seldom the second and never the third. Text drawn straight over the picture has no such rectangle: see
``overlay``.
"""

import numpy as np
from numpy.typing import NDArray

from data_contracts.pixels import GreyImage
from data_contracts.vocabulary import DataBarKind
from fractocurate.micrographs.drawn_box import (
    LEAST_BAR_HEIGHT_PX,
    LEAST_BAR_LETTERS,
    TALLEST_STRIP,
    DataBar,
    find_floating_box,
    ink_of,
    letters_in,
)
from fractocurate.micrographs.flatness import (
    LEVEL_TOLERANCE,
    BoolImage,
    PixelBox,
    drawn_levels,
    flat_runs,
    largest_free,
    level_shares,
)
from fractocurate.micrographs.scale_bar import find_scale_bars

TALLEST_SURE_STRIP = 0.25
"""Up to this share of the height a straight edge proves a strip, however little text stands in it."""
_ROW_SHARE = 0.45
_BORDER_SHARE = 0.06
"""Of the height: picture rows that may remain between a strip and the border of the frame."""
_TEXT_ROW_SHARE = 0.15
_LONGEST_TEXT_GAP_PX = 40
_TALLEST_TEXT = 0.06
"""Of a frame's height: rows of one line of large lettering, in which little background is left."""
_THICKEST_FRAME_PX = 14
_JPEG_BLOCK_PX = 8
_LINE_SHARE = 0.8


def find_data_bar(grey: GreyImage, hinted_top_px: int | None = None) -> DataBar:
    """Find the solid data bar of a frame.

    Args:
        grey: shape (height, width).
        hinted_top_px: first row of a bottom bar according to a vendor tag; used only where the pixels agree with it.

    Returns:
        The bar, or one of kind ``NONE`` whose crop is the whole frame.
    """
    height_px, width_px = grey.shape
    flat = flat_runs(grey)
    shares = level_shares(grey, flat)
    strips = []
    for level in drawn_levels(shares, _ROW_SHARE):
        strips += _strips_of_level(grey, shares, level, hinted_top_px)
    if strips:
        bar = max(strips, key=lambda strip: strip[1])
        return bar[0]
    floating = find_floating_box(grey, flat)
    if floating is not None:
        return floating
    return DataBar(DataBarKind.NONE, None, PixelBox(0, 0, width_px, height_px))


def _strips_of_level(
    grey: GreyImage, shares: NDArray[np.float32], level: int, hinted_top_px: int | None
) -> list[tuple[DataBar, int]]:
    """Bars of one background level across the whole width, each with its number of letters."""
    strips = (_strip(grey, shares, level, rows, hinted_top_px) for rows in _segments(shares, level))
    return [strip for strip in strips if strip is not None]


def _strip(
    grey: GreyImage, shares: NDArray[np.float32], level: int, rows: tuple[int, int], hinted_top_px: int | None
) -> tuple[DataBar, int] | None:
    """The bar that some rows make, with its number of letters; None if they are no bar."""
    height_px, width_px = grey.shape
    top, bottom = rows
    at_bottom = height_px - bottom <= max(4, _BORDER_SHARE * height_px)
    at_top = top <= max(4, _BORDER_SHARE * height_px)
    if bottom - top < LEAST_BAR_HEIGHT_PX or not (at_bottom or at_top):
        return None
    letters = [m.box for m in letters_in(grey, PixelBox(0, top, width_px, bottom), level)]
    if len(letters) < LEAST_BAR_LETTERS:
        return None
    is_only_bar = _is_only_bar(shares[:, level], letters, height_px)
    if top <= 4 and height_px - bottom <= 4:
        if not is_only_bar:
            return None
        # The frame is a strip cut out of another: no picture is left.
        box = PixelBox(0, 0, width_px, height_px)
        note = ("data bar: the frame is nothing but a data bar, there is no picture in it",)
        return DataBar(DataBarKind.BOTTOM, box, PixelBox(0, 0, width_px, 0), level, note), len(letters)
    # A scale bar may lie beyond the outermost letters.
    ink = ink_of(grey[top:bottom], level)
    drawn = [*letters, *(bar.box for bar in find_scale_bars(ink))]
    y0, y1, issues = _settle_edges(shares, level, rows, drawn, at_bottom=at_bottom)
    if (
        at_bottom
        and hinted_top_px is not None
        and 0 < abs(hinted_top_px - y0) <= 4
        and _row_is_edge(grey, hinted_top_px)
    ):
        y0 = hinted_top_px
    if y1 - y0 > TALLEST_STRIP * height_px and not is_only_bar:
        return None
    if not issues:
        y0, y1 = _sharpened(grey, level, y0, y1)
    box = _narrowed(grey, PixelBox(0, y0, width_px, y1), level)
    kind = DataBarKind.BOTTOM if at_bottom else DataBarKind.TOP
    if box.width < width_px:
        kind = DataBarKind.BOX
    return DataBar(kind, box, largest_free([box], width_px, height_px), level, issues), len(letters)


def _segments(shares: NDArray[np.float32], level: int) -> list[tuple[int, int]]:
    """Runs of rows made of the level, bridged over rows dense with text and over separator lines and rulers."""
    row_share = shares[:, level]
    rows = np.flatnonzero(row_share >= _ROW_SHARE)
    if rows.size == 0:
        return []
    supported = (row_share >= _TEXT_ROW_SHARE) | (shares.max(axis=1) >= _LINE_SHARE)
    longest_gap = max(_LONGEST_TEXT_GAP_PX, int(_TALLEST_TEXT * len(row_share)))
    segments = []
    start = previous = int(rows[0])
    for row in (int(r) for r in rows[1:]):
        gap = supported[previous + 1 : row]
        if gap.size > 3 and (gap.size > longest_gap or gap.mean() < 0.7):
            segments.append((start, previous + 1))
            start = row
        previous = row
    segments.append((start, previous + 1))
    return [(top, _down_to_border(supported, bottom)) for top, bottom in segments]


def _down_to_border(supported: BoolImage, bottom: int) -> int:
    """The lower edge of a strip, moved down where its last line of text reaches the border of the frame."""
    n_rows = len(supported)
    rest = supported[bottom:]
    if rest.size and rest.size <= max(_LONGEST_TEXT_GAP_PX, _TALLEST_TEXT * n_rows) and rest.mean() >= 0.7:
        return n_rows
    return bottom


def _is_only_bar(row_share: NDArray[np.float32], letters: list[PixelBox], height_px: int) -> bool:
    """Whether a frame is a strip cut out of another: letters from top to bottom on one flat level."""
    if float(np.median(row_share)) < 0.6:
        return False
    top, bottom = min(b.top for b in letters), max(b.bottom for b in letters)
    tallest = max(b.height for b in letters)
    return tallest >= 0.06 * height_px and (bottom - top) >= 0.1 * height_px


def _settle_edges(
    shares: NDArray[np.float32], level: int, rows: tuple[int, int], letters: list[PixelBox], *, at_bottom: bool
) -> tuple[int, int, tuple[str, ...]]:
    """The rows of a strip with its frame lines; beside a picture of the same level, those around its text."""
    height_px = shares.shape[0]
    top, bottom = rows
    issues: tuple[str, ...] = ()
    text_top, text_bottom = top + min(b.top for b in letters), top + max(b.bottom for b in letters)
    text_height = text_bottom - text_top
    # A bar has margins of the order of its lettering. What is flat far beyond its text is picture: vacuum, a hole.
    widest_margin = max(2 * text_height, 24)
    if bottom - top <= TALLEST_SURE_STRIP * height_px and _is_straight_edge(shares, level, rows, at_bottom=at_bottom):
        widest_margin = height_px
    if at_bottom and text_top - top > widest_margin:
        top = max(top, text_top - max(4, min(height_px - text_bottom, text_height)))
        issues = ("data bar: its upper edge is invisible against a picture of the same level; cut above its text",)
    elif not at_bottom and bottom - text_bottom > widest_margin:
        bottom = min(bottom, text_bottom + max(4, min(text_top, text_height)))
        issues = ("data bar: its lower edge is invisible against a picture of the same level; cut below its text",)
    if not issues:
        top -= _frame_rows(shares, level, range(top - 1, -1, -1))
        bottom += _frame_rows(shares, level, range(bottom, height_px))
    return top, bottom, issues


def _is_straight_edge(shares: NDArray[np.float32], level: int, rows: tuple[int, int], *, at_bottom: bool) -> bool:
    """Whether the level begins across the whole width at once, as no vacuum and no hole does."""
    inside, outside = (rows[0], rows[0] - 2) if at_bottom else (rows[1] - 1, rows[1] + 1)
    if not 0 <= outside < len(shares):
        return False
    return bool(shares[inside, level] >= _LINE_SHARE and shares[outside, level] <= 0.1)


def _frame_rows(shares: NDArray[np.float32], level: int, outward: range) -> int:
    """How many rows next to a strip are its frame line or ruler: one level, not the bar's, and soon at an end."""
    n = 0
    for row in outward:
        others = shares[row].copy()
        others[max(0, level - 2 * LEVEL_TOLERANCE) : level + 2 * LEVEL_TOLERANCE + 1] = 0
        if float(others.max()) < _LINE_SHARE:
            # Rows of the strip's own level may follow a ruler that lies inside it.
            if shares[row, level] >= _ROW_SHARE and n:
                n += 1
                continue
            return n
        n += 1
        if n > _THICKEST_FRAME_PX:
            return 0
    return n


def _sharpened(grey: GreyImage, level: int, top: int, bottom: int) -> tuple[int, int]:
    """The inner edges of a strip moved by up to one JPEG block to where the median distance from its level jumps."""
    height_px = grey.shape[0]
    if top > 2 * _JPEG_BLOCK_PX:
        window = _distances(grey[top - _JPEG_BLOCK_PX : top + 6], level)
        top = top - _JPEG_BLOCK_PX + _jump(window, _JPEG_BLOCK_PX)
    if bottom < height_px - 2 * _JPEG_BLOCK_PX:
        window = _distances(grey[bottom - 6 : bottom + _JPEG_BLOCK_PX], level)[::-1]
        bottom = bottom + _JPEG_BLOCK_PX - _jump(window, _JPEG_BLOCK_PX)
    return top, bottom


def _distances(rows: GreyImage, level: int) -> NDArray[np.float64]:
    """Median distance of each row from a level."""
    return np.asarray(np.median(np.abs(rows.astype(np.int16) - level), axis=1), dtype=np.float64)


def _jump(distance: NDArray[np.float64], default: int) -> int:
    """Index that best splits a profile into far and near, by least squares; the default if none is clear."""
    best, best_error = default, np.inf
    for cut in range(1, len(distance) - 1):
        far, near = distance[:cut], distance[cut:]
        error = float(((far - far.mean()) ** 2).sum() + ((near - near.mean()) ** 2).sum())
        if error < best_error:
            best, best_error = cut, error
    clear = distance[:best].mean() - distance[best:].mean() >= 6
    return best if clear else default


def _narrowed(grey: GreyImage, box: PixelBox, level: int) -> PixelBox:
    """The box without the columns at its two ends that are picture, not bar."""
    near = (np.abs(box.cut(grey).astype(np.int16) - level) <= 2 * LEVEL_TOLERANCE).mean(axis=0)
    columns = np.flatnonzero(near >= 0.85)
    if columns.size == 0:
        return box
    left, right = int(columns[0]), int(columns[-1]) + 1
    if left <= 6 or near[:left].mean() > 0.5:
        left = 0
    if box.width - right <= 6 or near[right:].mean() > 0.5:
        right = box.width
    return PixelBox(left, box.top, right, box.bottom)


def _row_is_edge(grey: GreyImage, row: int) -> bool:
    if not 0 < row < grey.shape[0]:
        return False
    step = np.abs(grey[row].astype(np.int16) - grey[row - 1])
    return bool(np.median(step) >= 6)
