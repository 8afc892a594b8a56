"""Where exactly a strip begins and ends: frame lines, soft edges, and pictures that begin in its own level."""

import numpy as np
from numpy.typing import NDArray

from data_contracts.pixels import GreyImage
from fractocurate.micrographs.flatness import LEVEL_TOLERANCE, PixelBox

TALLEST_SURE_STRIP = 0.25
"""Up to this share of the height a straight edge proves a strip, however little text stands in it."""
ROW_SHARE = 0.45
"""Of a row: so much of it has the level of a strip."""
LINE_SHARE = 0.8
"""Of a row: so much of it is frame line, or the strip's level where no text stands."""
_THICKEST_FRAME_PX = 14
_DRAWN_ACROSS = 0.97
"""Of a row: a line from border to border."""
_JPEG_BLOCK_PX = 8
_EDGE_STEP = 20
_FULL_SHARE, _PART_SHARE, _SOFT_START = 0.9, 0.85, 0.2
"""Of a row: the strip where no text stands; the most that a picture beside it has of its level; a step that is none."""


def visible_edge(shares: NDArray[np.float32], level: int, rows: tuple[int, int], *, at_bottom: bool) -> tuple[int, int]:
    """The rows without those of a picture that has much of the strip's level, such as vacuum at one of its sides.

    Such rows have more or less of the level, and the first of them hardly more than the one before. Those of the strip
    have all of it but for text, and the first of them far more.
    """
    top, bottom = rows
    own = shares[:, level] if at_bottom else shares[::-1, level]
    first, last = (top, bottom) if at_bottom else (len(own) - bottom, len(own) - top)
    if first >= 2 and own[min(first + 2, last - 1)] - own[max(0, first - _JPEG_BLOCK_PX)] >= _SOFT_START:
        return rows
    full = np.flatnonzero(own[first:last] >= _FULL_SHARE)
    if not full.size or full[0] < 2 or own[first : first + full[0] - 1].max() > _PART_SHARE:
        return rows
    first += int(full[0])
    return (first, bottom) if at_bottom else (top, len(own) - first)


def framed_edge(
    shares: NDArray[np.float32], level: int, rows: tuple[int, int], *, at_bottom: bool
) -> tuple[int, int] | None:
    """The rows of a strip from the line that is drawn across the frame at its edge, if the picture has its level.

    They begin, or at the top end, with the line; None where the strip is no taller than strips are, or has no line.
    """
    top, bottom = rows
    tallest = round(TALLEST_SURE_STRIP * len(shares))
    if bottom - top <= tallest:
        return None
    others = shares[top:bottom].copy()
    others[:, max(0, level - 2 * LEVEL_TOLERANCE) : level + 2 * LEVEL_TOLERANCE + 1] = 0
    lines = top + np.flatnonzero(others.max(axis=1) >= _DRAWN_ACROSS)
    lines = lines[lines >= bottom - tallest] if at_bottom else lines[lines < top + tallest]
    inside = [row for row in lines.tolist() if abs((bottom if at_bottom else top) - row) > _THICKEST_FRAME_PX]
    if not inside:
        return None
    return (min(inside), bottom) if at_bottom else (top, max(inside) + 1)


def settle_edges(
    shares: NDArray[np.float32], level: int, rows: tuple[int, int], letters: list[PixelBox], *, at_bottom: bool
) -> tuple[int, int, tuple[str, ...]]:
    """The rows of a strip with its frame lines; beside a picture of the same level, those around its text."""
    height_px = shares.shape[0]
    top, bottom = rows
    issues: tuple[str, ...] = ()
    text_top, text_bottom = top + min(b.top for b in letters), top + max(b.bottom for b in letters)
    text_height = text_bottom - text_top
    # A bar has margins of the order of its lettering. What is flat far beyond its text is picture: vacuum, a hole.
    widest_margin = max(text_height, 24)
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
    return bool(shares[inside, level] >= LINE_SHARE and shares[outside, level] <= 0.1)


def _frame_rows(shares: NDArray[np.float32], level: int, outward: range) -> int:
    """How many rows next to a strip are its frame line or ruler: one level, not the bar's, and soon at an end."""
    n = 0
    for row in outward:
        others = shares[row].copy()
        others[max(0, level - 2 * LEVEL_TOLERANCE) : level + 2 * LEVEL_TOLERANCE + 1] = 0
        if float(others.max()) < LINE_SHARE:
            # Rows of the strip's own level may follow a ruler that lies inside it.
            if shares[row, level] >= ROW_SHARE and n:
                n += 1
                continue
            return n
        n += 1
        if n > _THICKEST_FRAME_PX:
            return 0
    return n


def sharpened(grey: GreyImage, level: int, top: int, bottom: int) -> tuple[int, int]:
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


def narrowed(grey: GreyImage, box: PixelBox, level: int) -> PixelBox:
    """The box without the columns at its two ends that are picture, not bar."""
    near = (np.abs(box.cut(grey).astype(np.int16) - level) <= 2 * LEVEL_TOLERANCE).mean(axis=0)
    columns = np.flatnonzero(near >= 0.85)
    if columns.size == 0:
        return box
    left, right = int(columns[0]), int(columns[-1]) + 1
    if left <= 6 or near[:left].mean() > 0.5 or _is_edged(grey, box, slice(0, left)):
        left = 0
    if box.width - right <= 6 or near[right:].mean() > 0.5 or _is_edged(grey, box, slice(right, box.width)):
        right = box.width
    return PixelBox(left, box.top, right, box.bottom)


def _is_edged(grey: GreyImage, box: PixelBox, columns: slice) -> bool:
    """Whether the edge of a strip goes on over some columns of another level: a logo at its end."""
    rows = [row for row in (box.top, box.bottom) if 0 < row < grey.shape[0]]
    steps = [np.abs(grey[row, columns].astype(np.int16) - grey[row - 1, columns]) for row in rows]
    return any(float((step >= _EDGE_STEP).mean()) >= _FULL_SHARE for step in steps if step.size)


def row_is_edge(grey: GreyImage, row: int) -> bool:
    """Whether the grey level changes from the row before to this one along most of it."""
    if not 0 < row < grey.shape[0]:
        return False
    step = np.abs(grey[row].astype(np.int16) - grey[row - 1])
    return bool(np.median(step) >= 6)
