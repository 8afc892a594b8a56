"""Find lines of letters that are drawn straight over a picture, by how print is set rather than by what it says.

Letters of one line are drawn in one level, stand on one base line, are a letter's height apart at most, and capitals
and digits among them are equally high to the pixel. Grains, pores and spheres may have some of this by chance, seldom
all, and never the sharp edges. Whether the line says something is left to OCR.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from data_contracts.pixels import GreyImage
from fractocurate.micrographs.components import boxes_of, components_of
from fractocurate.micrographs.flatness import BoolImage, PixelBox

WHITE_LEVELS, BLACK_LEVELS = (240, 200, 165), (14, 45, 80)
"""Levels from which, or down to which, letters are taken for drawn: thin ones are anti-aliased and fainter."""
LEAST_LETTER_PX = 6
TALLEST_LETTER = 0.09
"""Of a frame's height."""
LEAST_LETTERS, LEAST_ALIKE = 4, 3
"""A line proves itself by four letters on one base line, three of them equally high."""
LEAST_EDGE = 70
"""Median step from a letter to what surrounds it, in grey levels: drawn edges are sharp, those of a scan are not."""
MOST_MARKS = 4000
"""A picture with more specks than this is texture at that level, and letters could not be told from it."""
FULLEST_MASK = 0.35
MOST_STROKES = 0.7
"""Of a line's marks: if more are mere upright strokes, it is the ticks of a ruler."""
_TOUCH = np.ones((3, 3), bool)


@dataclass(frozen=True, slots=True)
class LetterLine:
    """Marks that are set like letters of one line."""

    letters: tuple[PixelBox, ...]
    box: PixelBox
    """Around all of its marks, those that are no letters included: commas, descenders, hyphens."""
    height_px: float
    """Of its capitals and digits."""
    white: bool
    """Whether it is drawn brighter than what is around it."""
    level: int
    """Grey level that tells its letters from what is around them."""
    n_alike: int
    """Letters that share top and base line."""

    @property
    def is_strong(self) -> bool:
        """Whether the line proves itself, without a scale bar beside it."""
        return len(self.letters) >= LEAST_LETTERS and self.n_alike >= LEAST_ALIKE


def find_letter_lines(grey: GreyImage, zone: PixelBox) -> list[LetterLine]:
    """All lines of letters in a zone of a frame, in pixels of the frame, those with most letters first.

    Where two levels show the same line, the one that shows more of its letters is kept.
    """
    part = zone.cut(grey)
    tallest = max(12.0, TALLEST_LETTER * grey.shape[0])
    found: list[LetterLine] = []
    for white, levels in ((True, WHITE_LEVELS), (False, BLACK_LEVELS)):
        for level in levels:
            mask = np.asarray(part >= level if white else part <= level)
            if 0 < mask.mean() <= FULLEST_MASK:
                found += _lines_of(mask, part, tallest, level, white=white)
    found.sort(key=lambda line: (-line.n_alike, -len(line.letters)))
    kept: list[LetterLine] = []
    for line in found:
        if not any(_share_rows(line.box, other.box) for other in kept):
            kept.append(line)
    return [_moved(line, zone) for line in kept]


def extended(grey: GreyImage, line: LetterLine) -> LetterLine:
    """The line with all marks that follow it on its rows: what stands apart, or is no letter by its build.

    A blank between two statements may be wide, so that marks are taken in up to three letter heights away.
    """
    height_px, width_px = grey.shape
    slack = max(3, round(0.45 * line.height_px))  # descenders, accents
    band = PixelBox(0, max(0, line.box.top - slack), width_px, min(height_px, line.box.bottom + slack))
    part = band.cut(grey)
    boxes, _ = boxes_of(np.asarray(part >= line.level if line.white else part <= line.level))
    if not 0 < len(boxes) <= MOST_MARKS:
        return line
    heights, widths = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
    # What touches the upper or lower side of the band comes from the picture.
    inside = (boxes[:, 1] > 0) & (boxes[:, 3] < band.height) & (widths <= 2 * line.height_px)
    tall = inside & (heights >= 0.5 * line.height_px)
    left, right = line.box.left, line.box.right
    while True:
        near = tall & (boxes[:, 0] <= right + 3 * line.height_px) & (boxes[:, 2] >= left - 3 * line.height_px)
        if not near.any():
            return line
        grown = min(left, int(boxes[near, 0].min())), max(right, int(boxes[near, 2].max()))
        if grown == (left, right):
            break
        left, right = grown
    top, bottom = boxes[near, 1].min() + band.top, boxes[near, 3].max() + band.top
    return replace(line, box=PixelBox(left, min(line.box.top, int(top)), right, max(line.box.bottom, int(bottom))))


def labels_near(grey: GreyImage, bar: PixelBox, *, white: bool) -> list[LetterLine]:
    """What stands beside a scale bar, above it, below it or behind its end, by its place alone, nearest first.

    A label is short, and its letters may run into each other, so that it need not look like a line of print.
    """
    height_px, width_px = grey.shape
    tallest = max(12, round(TALLEST_LETTER * height_px))
    region = bar.grown(4 * tallest, round(1.6 * tallest), width_px, height_px)
    part = region.cut(grey)
    own = bar.shifted(-region.left, -region.top)
    for level in WHITE_LEVELS if white else BLACK_LEVELS:
        mask = np.array(part >= level if white else part <= level)
        own.cut(mask)[:] = False
        labels, boxes, _ = components_of(mask)
        if not 0 < len(boxes) <= MOST_MARKS:
            continue
        heights, widths = boxes[:, 3] - boxes[:, 1], boxes[:, 2] - boxes[:, 0]
        like = (heights >= LEAST_LETTER_PX) & (heights <= tallest) & (widths <= 5 * heights)
        like &= (boxes[:, 1] > 0) & (boxes[:, 3] < region.height) & (boxes[:, 0] > 0) & (boxes[:, 2] < region.width)
        sharp = [n for n in np.flatnonzero(like) if _is_sharp(boxes[[n]], np.array([n + 1]), labels, part, white=white)]
        lines = []
        left_over = boxes[sharp]
        while (found := _nearest_row(left_over, own)) is not None:
            line, left_over = found
            lines.append(replace(_moved(line, region), white=white, level=level))
        if lines:
            return lines
    return []


def _nearest_row(boxes: NDArray[np.int64], bar: PixelBox) -> tuple[LetterLine, NDArray[np.int64]] | None:
    """The marks of the row next to a bar, no further from it than they are high and no wider apart; and the rest."""
    if not len(boxes):
        return None
    height = float(np.percentile(boxes[:, 3] - boxes[:, 1], 75))
    apart_y = np.maximum(np.maximum(boxes[:, 1] - bar.bottom, bar.top - boxes[:, 3]), 0)
    apart_x = np.maximum(np.maximum(boxes[:, 0] - bar.right, bar.left - boxes[:, 2]), 0)
    near = np.flatnonzero((apart_y <= 1.3 * height) & (apart_x <= 1.5 * height))
    if not near.size:
        return None
    first = near[np.argmax(boxes[near, 3] - boxes[near, 1])]
    top, bottom = boxes[first, 1], boxes[first, 3]
    on_row = (np.minimum(boxes[:, 3], bottom) - np.maximum(boxes[:, 1], top)) >= 0.4 * (boxes[:, 3] - boxes[:, 1])
    left, right = int(boxes[first, 0]), int(boxes[first, 2])
    while True:
        row = on_row & (boxes[:, 0] <= right + 1.5 * height) & (boxes[:, 2] >= left - 1.5 * height)
        grown = int(boxes[row, 0].min()), int(boxes[row, 2].max())
        if grown == (left, right):
            break
        left, right = grown
    if right - left < height:
        return None  # one letter alone: a speck beside a streak
    members = boxes[row]
    box = PixelBox(left, int(members[:, 1].min()), right, int(members[:, 3].max()))
    letters = tuple(PixelBox(*map(int, b)) for b in members)
    line = LetterLine(letters, box, float(bottom - top), white=True, level=0, n_alike=len(members))
    return line, boxes[~row]


def of_one_polarity(lines: Sequence[LetterLine]) -> list[LetterLine]:
    """Of the lines on common rows, those of the polarity that shows more letters: a rim is the shadow of its letter."""
    kept = []
    for line in lines:
        rows = [o for o in lines if min(o.box.bottom, line.box.bottom) - max(o.box.top, line.box.top) > 0]
        of_own = sum(o.n_alike for o in rows if o.white == line.white)
        if of_own >= sum(o.n_alike for o in rows if o.white != line.white):
            kept.append(line)
    return kept


def _lines_of(mask: BoolImage, part: GreyImage, tallest: float, level: int, *, white: bool) -> list[LetterLine]:
    labels, boxes, areas = components_of(mask)
    if not 2 <= len(boxes) <= MOST_MARKS:
        return []
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    fill = areas / (widths * heights)
    # A letter of a thin face fills a sixth of its box; blots and grains are wider than high as often as not.
    like = (heights >= LEAST_LETTER_PX) & (heights <= tallest) & (widths <= 1.7 * heights + 2) & (fill > 0.14)
    candidates = np.flatnonzero(like)
    lines = []
    for group in _rows_of(boxes[candidates]):
        members = candidates[group]
        line = _line(boxes, members, labels, part, level, white=white)
        if line is not None:
            lines.append(line)
    return lines


def _rows_of(boxes: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Groups of boxes that follow each other on one base line."""
    if len(boxes) < 2:
        return []
    order = np.argsort(boxes[:, 0], kind="stable")
    left, top, right, bottom = boxes[order].T
    height = bottom - top
    pairs: list[tuple[int, int]] = []
    for i in range(len(order)):
        reach = right[i] + 1.5 * height[i]
        j = slice(i + 1, int(np.searchsorted(left, reach, side="right")))
        taller, lower = np.maximum(height[j], height[i]), np.minimum(height[j], height[i])
        # A base line is common to all letters but those with descenders, and these share the top with some.
        level = np.minimum(np.abs(bottom[j] - bottom[i]), np.abs(top[j] - top[i])) <= np.maximum(1, 0.1 * taller)
        beside = (left[j] - right[i] >= -0.2 * height[i]) & (lower >= 0.5 * taller)
        pairs += [(i, i + 1 + int(k)) for k in np.flatnonzero(level & beside)]
    if not pairs:
        return []
    rows, columns = np.array(pairs).T
    links = csr_array((np.ones(len(pairs), bool), (rows, columns)), shape=(len(order), len(order)))
    n_groups, group_of = connected_components(links, directed=False)
    sizes = np.bincount(group_of, minlength=n_groups)
    return [order[group_of == g] for g in np.flatnonzero(sizes >= 2)]


def _line(
    boxes: NDArray[np.int64],
    members: NDArray[np.int64],
    labels: NDArray[np.int32],
    part: GreyImage,
    level: int,
    *,
    white: bool,
) -> LetterLine | None:
    own = boxes[members]
    heights = own[:, 3] - own[:, 1]
    if float((own[:, 2] - own[:, 0] <= 0.2 * heights).mean()) > MOST_STROKES:
        return None
    height = float(np.percentile(heights, 75))
    slack = max(1.0, 0.07 * height)
    alike = np.abs(heights - height) <= slack
    base = np.median(own[alike, 3]) if alike.any() else np.median(own[:, 3])
    alike &= np.abs(own[:, 3] - base) <= slack
    on_base = int((np.abs(own[:, 3] - base) <= slack).sum())
    if on_base < 0.5 * len(own) or not _is_sharp(own, members + 1, labels, part, white=white):
        return None
    left, top, right, bottom = own[:, 0].min(), own[:, 1].min(), own[:, 2].max(), own[:, 3].max()
    reach = 1.2 * height
    # Marks within the line that are no letters by their build, such as commas, belong to it nevertheless.
    near = (
        (boxes[:, 0] >= left - reach)
        & (boxes[:, 2] <= right + reach)
        & (boxes[:, 1] >= top - 0.3 * height)
        & (boxes[:, 3] <= bottom + 0.35 * height)
    )
    around = boxes[near]
    box = PixelBox(*(int(v) for v in (*around[:, :2].min(axis=0), *around[:, 2:].max(axis=0))))
    letters = tuple(PixelBox(*(int(v) for v in b)) for b in own[np.argsort(own[:, 0])])
    return LetterLine(letters, box, height, white, level, int(alike.sum()))


def _is_sharp(
    own: NDArray[np.int64], names: NDArray[np.int64], labels: NDArray[np.int32], part: GreyImage, *, white: bool
) -> bool:
    """Whether letters differ from what lies two pixels beside them by a drawn step."""
    steps = []
    for (left, top, right, bottom), name in zip(own, names, strict=True):
        rows, columns = slice(max(0, top - 3), bottom + 3), slice(max(0, left - 3), right + 3)
        ink = labels[rows, columns] == name
        ring = (
            ndimage.binary_dilation(ink, _TOUCH, 2)
            & ~ndimage.binary_dilation(ink, _TOUCH)
            & (labels[rows, columns] == 0)
        )
        if ring.any():
            levels = part[rows, columns]
            steps.append(float(np.median(levels[ink])) - float(np.median(levels[ring])))
    if not steps:
        return False
    return float(np.median(steps)) * (1 if white else -1) >= LEAST_EDGE


def _share_rows(one: PixelBox, other: PixelBox) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    down = min(one.bottom, other.bottom) - max(one.top, other.top)
    return across > 0 and down > 0.3 * min(one.height, other.height)


def _moved(line: LetterLine, zone: PixelBox) -> LetterLine:
    letters = tuple(b.shifted(zone.left, zone.top) for b in line.letters)
    return replace(line, letters=letters, box=line.box.shifted(zone.left, zone.top))
