"""A drawn rectangle with lettering in it, wherever it lies in a frame; and what is known of a data bar."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from data_contracts.pixels import GreyImage
from data_contracts.vocabulary import DataBarKind
from fractocurate.micrographs.flatness import (
    LEVEL_TOLERANCE,
    BoolImage,
    Mark,
    PixelBox,
    letters_among,
    marks_of,
)
from fractocurate.micrographs.masking import crop_or_mask, mask_issues
from fractocurate.micrographs.scale_bar import find_scale_bars

LEAST_BAR_HEIGHT_PX = 10
LEAST_BAR_LETTERS = 4
"""A scale label alone (``5 µm``) has three or four marks; a flat area with fewer is no data bar."""
INK_CONTRAST = 50
"""Least distance of a letter from its background, in grey levels: grey-on-black logos have 80 and more."""
TALLEST_STRIP = 0.5
"""A strip that covers more of a frame than this is not a bar, unless the frame is nothing but a bar."""
_PAPER_SHARE = 0.85
"""Of a row or column of paper, the share that has its level: beside small letters JPEG leaves less of it."""
_LEAST_PAPER = 0.3
"""Of the lettering's own box."""
_LEAST_SIDES = 2
"""On which a box has picture beside it; what has it on one is a strip or no drawing."""
_BLOCK_PX = 4
LEAST_WIDTH = 0.06
"""Of a box, as a share of the frame's width; the plate of a letter in a corner, beside such a box, may be narrower."""
LEAST_PLATE_LETTERS, CORNER_PX = 2, 4


@dataclass(frozen=True, slots=True)
class DataBar:
    """The data bar of one frame."""

    kind: DataBarKind
    box: PixelBox | None
    """The bar with its frame lines; None if there is none."""
    crop: PixelBox
    """The largest picture without the bar; empty if the frame is nothing but a bar."""
    background: int = 0
    """Grey level on which the text stands."""
    issues: tuple[str, ...] = ()
    masks: tuple[PixelBox, ...] = ()
    """Print inside the crop, pixels of the frame."""


def ink_of(grey: GreyImage, background: int) -> BoolImage:
    """Pixels that stand out from the background level."""
    return np.asarray(np.abs(grey.astype(np.int16) - background) > INK_CONTRAST)


def letters_in(grey: GreyImage, box: PixelBox, level: int) -> list[Mark]:
    """The letters on a box of a background level; none where most of it is not of that level."""
    part = box.cut(grey)
    ink = ink_of(part, level)
    if ink.mean() > 0.5:
        return []
    return letters_among(marks_of(ink), tallest_px=0.8 * box.height)


def paper_around(grey: GreyImage, text: PixelBox) -> PixelBox | None:
    """The drawn rectangle that some lettering stands on; None if it stands on the picture itself.

    It is grown from the lettering outwards, row by row and column by column, as far as they are of one level.
    """
    levels = np.bincount(text.cut(grey).ravel(), minlength=256)
    level = int(np.argmax(levels))
    near = np.abs(grey.astype(np.int16) - level) <= 2 * LEVEL_TOLERANCE
    if text.cut(near).mean() < _LEAST_PAPER:
        return None
    height_px, width_px = grey.shape
    left, top, right, bottom = text.left, text.top, text.right, text.bottom
    grown = True
    while grown:
        grown = False
        if top > 0 and near[top - 1, left:right].mean() >= _PAPER_SHARE:
            top, grown = top - 1, True
        if bottom < height_px and near[bottom, left:right].mean() >= _PAPER_SHARE:
            bottom, grown = bottom + 1, True
        if left > 0 and near[top:bottom, left - 1].mean() >= _PAPER_SHARE:
            left, grown = left - 1, True
        if right < width_px and near[top:bottom, right].mean() >= _PAPER_SHARE:
            right, grown = right + 1, True
    paper = PixelBox(left, top, right, bottom)
    outside = (
        near[max(0, top - 2) : max(0, top - 1), left:right],
        near[bottom + 1 : bottom + 2, left:right],
        near[top:bottom, max(0, left - 2) : max(0, left - 1)],
        near[top:bottom, right + 1 : right + 2],
    )
    # A dark or bright region of the picture has no straight sides: its level goes on beside them here and there.
    sides = [float(side.mean()) for side in outside if side.size]
    if paper.area <= text.area or len(sides) < _LEAST_SIDES or max(sides) > 0.85 or float(np.mean(sides)) > 0.5:
        return None
    return paper if paper.height <= TALLEST_STRIP * height_px else None


def find_floating_box(grey: GreyImage, flat: BoolImage) -> DataBar | None:
    """A drawn rectangle with picture on several sides."""
    height_px, width_px = grey.shape
    n_flat = np.bincount(grey[flat], minlength=256)
    window = np.convolve(n_flat, np.ones(2 * LEVEL_TOLERANCE + 1), mode="same")
    found: list[tuple[int, int, PixelBox]] = []
    plates: list[tuple[int, PixelBox]] = []
    for _ in range(3):
        level = int(np.argmax(window))
        if window[level] < 0.004 * grey.size:
            break
        window[max(0, level - 2 * LEVEL_TOLERANCE) : level + 2 * LEVEL_TOLERANCE + 1] = 0
        level = _exact_level(n_flat, level)
        mask = flat & (np.abs(grey.astype(np.int16) - level) <= LEVEL_TOLERANCE)
        for mark in marks_of(_coarse(mask)):
            box = _refined(grey, mark.box, level)
            if min(box.width, box.height) < LEAST_BAR_HEIGHT_PX or box.height > TALLEST_STRIP * height_px:
                continue
            if mark.fill < 0.5 or not _has_straight_sides(grey, box, level):
                continue
            letters = letters_in(grey, box, level)
            enough = len(letters) >= LEAST_BAR_LETTERS or (letters and find_scale_bars(ink_of(box.cut(grey), level)))
            outer = _with_frame(grey, box)
            if enough and box.width >= LEAST_WIDTH * width_px:
                found.append((len(letters), level, outer))
            elif len(letters) >= LEAST_PLATE_LETTERS and _is_in_corner(outer, width_px, height_px):
                plates.append((level, outer))
    if not found:
        return None
    _, level, outer = max(found, key=lambda item: item[0])
    # Measurements that somebody noted on the picture stand in boxes of one kind.
    boxes = [box for n_letters, its, box in found if box == outer or (its == level and n_letters >= LEAST_BAR_LETTERS)]
    boxes += [box for its, box in plates if its == level]
    kept = crop_or_mask(boxes, width_px, height_px)
    return DataBar(DataBarKind.BOX, outer, kept.crop, level, mask_issues(kept, width_px, height_px), kept.masks)


def _is_in_corner(box: PixelBox, width_px: int, height_px: int) -> bool:
    """Whether a box lies in a corner of a frame, where pictures for print have their letter: ``b)``."""
    at_side = box.left <= CORNER_PX or box.right >= width_px - CORNER_PX
    return at_side and (box.top <= CORNER_PX or box.bottom >= height_px - CORNER_PX)


def _coarse(mask: BoolImage) -> BoolImage:
    """A mask in blocks of 4 x 4 px that are mostly covered, with gaps of lettering closed."""
    rows, columns = mask.shape[0] // _BLOCK_PX, mask.shape[1] // _BLOCK_PX
    blocks = mask[: rows * _BLOCK_PX, : columns * _BLOCK_PX].reshape(rows, _BLOCK_PX, columns, _BLOCK_PX)
    covered = blocks.sum(axis=(1, 3), dtype=np.uint8) >= _BLOCK_PX**2 // 2
    room = np.pad(covered, 1)  # without it the closing would take a block off at each border of the frame
    return np.asarray(ndimage.binary_closing(room, structure=np.ones((3, 3), bool))[1:-1, 1:-1])


def _refined(grey: GreyImage, blocks: PixelBox, level: int) -> PixelBox:
    """The box of some blocks in pixels, its sides moved by up to a block to where the level ends."""
    height_px, width_px = grey.shape
    n = _BLOCK_PX
    box = PixelBox(blocks.left * n, blocks.top * n, blocks.right * n, blocks.bottom * n)
    around = box.grown(n, n, width_px, height_px)
    near = np.abs(around.cut(grey).astype(np.int16) - level) <= 2 * LEVEL_TOLERANCE
    inner = box.shifted(-around.left, -around.top)
    rows = np.flatnonzero(near[:, inner.left : inner.right].mean(axis=1) >= 0.6)
    columns = np.flatnonzero(near[inner.top : inner.bottom].mean(axis=0) >= 0.6)
    if not rows.size or not columns.size:
        return box
    top, left = around.top, around.left
    return PixelBox(left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1)


def _exact_level(n_flat: NDArray[np.int64], level: int) -> int:
    low = max(0, level - LEVEL_TOLERANCE)
    return low + int(np.argmax(n_flat[low : level + LEVEL_TOLERANCE + 1]))


def _has_straight_sides(grey: GreyImage, box: PixelBox, level: int) -> bool:
    """Whether the rim of a box is of its level and the picture just outside, where there is one, is not."""
    height_px, width_px = grey.shape
    near = np.abs(grey.astype(np.int16) - level) <= 2 * LEVEL_TOLERANCE
    inside = (
        near[box.top : box.top + 2, box.left : box.right],
        near[box.bottom - 2 : box.bottom, box.left : box.right],
        near[box.top : box.bottom, box.left : box.left + 2],
        near[box.top : box.bottom, box.right - 2 : box.right],
    )
    if any(side.mean() < 0.6 for side in inside):
        return False
    outside = []
    if box.top >= 3:
        outside.append(near[box.top - 3 : box.top - 1, box.left : box.right])
    if box.bottom + 3 <= height_px:
        outside.append(near[box.bottom + 1 : box.bottom + 3, box.left : box.right])
    if box.left >= 3:
        outside.append(near[box.top : box.bottom, box.left - 3 : box.left - 1])
    if box.right + 3 <= width_px:
        outside.append(near[box.top : box.bottom, box.right + 1 : box.right + 3])
    return bool(outside) and all(side.mean() < 0.5 for side in outside)


def _with_frame(grey: GreyImage, box: PixelBox) -> PixelBox:
    """The box grown over a constant frame line of up to 3 px on each side."""
    left, top, right, bottom = box.left, box.top, box.right, box.bottom
    height_px, width_px = grey.shape
    for _ in range(3):
        if top > 0 and np.ptp(grey[top - 1, left:right]) <= LEVEL_TOLERANCE:
            top -= 1
        if bottom < height_px and np.ptp(grey[bottom, left:right]) <= LEVEL_TOLERANCE:
            bottom += 1
        if left > 0 and np.ptp(grey[top:bottom, left - 1]) <= LEVEL_TOLERANCE:
            left -= 1
        if right < width_px and np.ptp(grey[top:bottom, right]) <= LEVEL_TOLERANCE:
            right += 1
    return PixelBox(left, top, right, bottom)
