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
    BoolImage,
    PixelBox,
    drawn_levels,
    flat_runs,
    largest_free,
    level_shares,
)
from fractocurate.micrographs.scale_bar import find_scale_bars
from fractocurate.micrographs.strip_edges import (
    LINE_SHARE,
    ROW_SHARE,
    framed_edge,
    narrowed,
    row_is_edge,
    settle_edges,
    sharpened,
    visible_edge,
)

_BORDER_SHARE = 0.06
"""Of the height: picture rows that may remain between a strip and the border of the frame."""
_TEXT_ROW_SHARE = 0.15
_LONGEST_TEXT_GAP_PX = 40
_TALLEST_TEXT = 0.06
"""Of a frame's height: rows of one line of large lettering, in which little background is left."""


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
    for level in drawn_levels(shares, ROW_SHARE):
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
    rows, at_bottom = _visible(shares, level, rows, at_bottom=at_bottom, at_top=at_top)
    framed = framed_edge(shares, level, rows, at_bottom=at_bottom)
    rows = framed or rows
    top, bottom = rows
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
    y0, y1, issues = (*rows, ()) if framed else settle_edges(shares, level, rows, drawn, at_bottom=at_bottom)
    if (
        at_bottom
        and hinted_top_px is not None
        and 0 < abs(hinted_top_px - y0) <= 4
        and row_is_edge(grey, hinted_top_px)
    ):
        y0 = hinted_top_px
    if y1 - y0 > TALLEST_STRIP * height_px and not is_only_bar:
        return None
    if not issues and not framed:
        sharp_y0, sharp_y1 = sharpened(grey, level, y0, y1)
        # Where a frame line was found the strip begins with it: the jump behind the line is none of picture and strip.
        y0, y1 = sharp_y0 if y0 == top else y0, sharp_y1 if y1 == bottom else y1
    box = narrowed(grey, PixelBox(0, y0, width_px, y1), level)
    kind = DataBarKind.BOTTOM if at_bottom else DataBarKind.TOP
    if box.width < width_px:
        kind = DataBarKind.BOX
    return DataBar(kind, box, largest_free([box], width_px, height_px), level, issues), len(letters)


def _visible(
    shares: NDArray[np.float32], level: int, rows: tuple[int, int], *, at_bottom: bool, at_top: bool
) -> tuple[tuple[int, int], bool]:
    """The rows of a strip without those of a picture of its level, and whether it lies at the bottom."""
    for is_there, side_is_bottom in ((at_bottom, True), (at_top, False)):
        if is_there and (visible := visible_edge(shares, level, rows, at_bottom=side_is_bottom)) != rows:
            return visible, side_is_bottom
    return rows, at_bottom


def _segments(shares: NDArray[np.float32], level: int) -> list[tuple[int, int]]:
    """Runs of rows made of the level, bridged over rows dense with text and over separator lines and rulers."""
    row_share = shares[:, level]
    rows = np.flatnonzero(row_share >= ROW_SHARE)
    if rows.size == 0:
        return []
    supported = (row_share >= _TEXT_ROW_SHARE) | (shares.max(axis=1) >= LINE_SHARE)
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
