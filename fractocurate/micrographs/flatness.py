"""Where a picture is drawn rather than scanned: long runs of one grey level, rectangles, and the marks on them.

A scanned picture carries noise, so its neighbouring pixels differ; what software draws (the background of a data bar, a
scale bar, letters) is constant. JPEG blurs this a little, hence the tolerances.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from data_contracts.pixels import GreyImage
from fractocurate.micrographs.components import boxes_of, long_runs

STEP_TOLERANCE = 2
"""Largest step between neighbours of one drawn run: 0 in lossless files, up to 2 in flat JPEG blocks."""
LEVEL_TOLERANCE = 8
"""Largest distance from the level of a drawn area: JPEG ringing near text at quality 75 and above."""
RUN_LENGTH_PX = 8
"""Shortest run that counts as drawn: noise rarely makes one, the gaps between words always do."""

PAPER_FROM, PAPER_SHARE = 200, 0.6
"""A picture of which so much has one or two exact levels, and light ones, is a page or a plot."""

_NEIGHBOURS = 25
"""Marks to the left and right of a mark among which its company is looked for."""

BoolImage = NDArray[np.bool_]
_Scalar = TypeVar("_Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True)
class PixelBox:
    """A half-open box of whole pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def area(self) -> int:
        """Pixels."""
        return max(0, self.width) * max(0, self.height)

    def cut(self, image: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """The part of an array of shape (height, width) inside the box."""
        return image[self.top : self.bottom, self.left : self.right]

    def grown(self, dx: int, dy: int, width_px: int, height_px: int) -> "PixelBox":
        """The box with margins, kept inside a picture of the given size."""
        return PixelBox(
            max(0, self.left - dx),
            max(0, self.top - dy),
            min(width_px, self.right + dx),
            min(height_px, self.bottom + dy),
        )

    def shifted(self, dx: int, dy: int) -> "PixelBox":
        """The box moved; by the negative corner of another box, into the coordinates of that box."""
        return PixelBox(self.left + dx, self.top + dy, self.right + dx, self.bottom + dy)

    def overlaps(self, other: "PixelBox") -> bool:
        """Whether the two share a pixel."""
        return self.intersected(other).area > 0

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom."""
        return self.left, self.top, self.right, self.bottom

    def intersected(self, other: "PixelBox") -> "PixelBox":
        """What the two have in common; of no area if that is nothing."""
        left, top = max(self.left, other.left), max(self.top, other.top)
        return PixelBox(left, top, max(left, min(self.right, other.right)), max(top, min(self.bottom, other.bottom)))

    def united(self, other: "PixelBox") -> "PixelBox":
        """The smallest box around both."""
        return PixelBox(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Mark:
    """One connected component of foreground: a letter, a tick, a line, a logo."""

    label: int
    box: PixelBox
    area_px: int

    @property
    def fill(self) -> float:
        """Share of its box that the mark covers."""
        return self.area_px / self.box.area


def is_drawing(picture: GreyImage) -> bool:
    """Whether a picture is a drawing on light ground: a plot, a page, a screenshot. Micrographs are never so white."""
    counts = np.bincount(picture.ravel(), minlength=256)[PAPER_FROM:]
    return int(np.sort(counts)[-2:].sum()) >= PAPER_SHARE * picture.size


def flat_runs(grey: GreyImage, run_length_px: int = RUN_LENGTH_PX) -> BoolImage:
    """Pixels of horizontal runs of at least ``run_length_px`` whose neighbours differ by at most the tolerance."""
    if grey.shape[1] < run_length_px:
        return np.zeros(grey.shape, np.bool_)
    steps = np.abs(np.diff(grey.astype(np.int16), axis=1)) <= STEP_TOLERANCE
    in_run = np.pad(long_runs(np.asarray(steps), run_length_px - 1), ((0, 0), (0, 1)))
    in_run[:, 1:] |= in_run[:, :-1].copy()  # a step belongs to the two pixels that it lies between
    return in_run


def level_shares(grey: GreyImage, flat: BoolImage) -> NDArray[np.float32]:
    """Per row and grey level, the share of the row that is flat and within the tolerance of that level.

    Returns:
        Shape (height, 256).
    """
    height_px, width_px = grey.shape
    places = np.flatnonzero(flat)
    counts = np.bincount(places // width_px * 256 + grey.ravel()[places], minlength=height_px * 256)
    window = (2 * LEVEL_TOLERANCE + 1, 1)
    levels = counts.reshape(height_px, 256).astype(np.float32)
    near = cv2.boxFilter(levels, -1, window, normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(near / width_px, dtype=np.float32)


def drawn_levels(shares: NDArray[np.float32], least_share: float, most: int = 4) -> list[int]:
    """The grey levels of which some rows are largely made, most frequent first and well apart from each other."""
    weight = np.where(shares >= least_share, shares, 0).sum(axis=0)
    levels: list[int] = []
    while len(levels) < most:
        peak = float(weight.max())
        if peak <= 0:
            break
        # The window makes plateaus around a level: its middle is the level itself, except at the two ends of the scale.
        best = np.flatnonzero(weight >= 0.999 * peak)
        plateau = best[best - best[0] <= 2 * LEVEL_TOLERANCE]
        level = int(
            plateau[0] if plateau[0] == 0 else plateau[-1] if plateau[-1] == 255 else plateau[len(plateau) // 2]
        )
        levels.append(level)
        weight[max(0, level - 2 * LEVEL_TOLERANCE) : level + 2 * LEVEL_TOLERANCE + 1] = 0
    return levels


def marks_of(foreground: BoolImage, least_area_px: int = 1) -> list[Mark]:
    """The 8-connected components of a foreground mask, in the mask's own coordinates, but for smaller specks."""
    boxes, areas = boxes_of(foreground)
    large = np.flatnonzero(areas >= least_area_px)
    return [
        Mark(n + 1, PixelBox(*box), area)
        for n, box, area in zip(large.tolist(), boxes[large].tolist(), areas[large].tolist(), strict=True)
    ]


def letters_among(marks: list[Mark], tallest_px: float) -> list[Mark]:
    """The marks of the size and build of letters and digits, that have neighbours of their own height on their line."""
    candidates = [
        m
        for m in marks
        if 4 <= m.box.height <= tallest_px
        and m.box.width <= 2.5 * m.box.height + 2
        and m.area_px >= 4
        and m.fill > 0.12
    ]
    candidates.sort(key=lambda m: m.box.left)
    if not candidates:
        return []
    left, top, right, bottom = np.array([m.box.sides for m in candidates]).T
    height = bottom - top
    has_company = np.zeros(len(candidates), np.bool_)
    for k in range(1, min(_NEIGHBOURS + 1, len(candidates))):
        one, other = slice(None, -k), slice(k, None)
        gap = np.maximum(left[other] - right[one], left[one] - right[other])
        lower, taller = np.minimum(height[one], height[other]), np.maximum(height[one], height[other])
        overlap = np.minimum(bottom[one], bottom[other]) - np.maximum(top[one], top[other])
        beside = (taller <= 2 * lower) & (overlap >= 0.5 * lower)
        has_company[one] |= beside & (gap <= 2.5 * height[one])
        has_company[other] |= beside & (gap <= 2.5 * height[other])
    return [mark for mark, is_letter in zip(candidates, has_company, strict=True) if is_letter]


def largest_free(boxes: Sequence[PixelBox], width_px: int, height_px: int) -> PixelBox:
    """The largest rectangle of a picture that touches none of some boxes; of equal ones the uppermost."""
    rows = sorted({0, height_px, *(y for box in boxes for y in (box.top, box.bottom))})
    best = PixelBox(0, 0, 0, 0)
    for i, top in enumerate(rows):
        for bottom in rows[i + 1 :]:
            if (bottom - top) * width_px <= best.area:
                continue
            left = 0
            between = sorted((b.left, b.right) for b in boxes if b.top < bottom and b.bottom > top)
            for start, end in (*between, (width_px, width_px)):
                if (start - left) * (bottom - top) > best.area:
                    best = PixelBox(left, top, start, bottom)
                left = max(left, end)
    return best
