"""Find what is drawn straight over the picture without a background: lines of text, scale bars, rulers.

What is drawn so is white or black, sharp-edged, and set like print (see ``lettering``). A bright or dark streak of the
specimen may resemble a bar, but has no letters of the same level next to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from data_contracts.pixels import GreyImage
from fractocurate.micrographs.components import components_of
from fractocurate.micrographs.flatness import BoolImage, PixelBox, largest_free
from fractocurate.micrographs.lettering import (
    LetterLine,
    extended,
    find_letter_lines,
    labels_near,
    of_one_polarity,
)
from fractocurate.micrographs.overlay_bars import LOWER_ZONE, UPPER_ZONE, find_drawn_bars, is_perfect
from fractocurate.micrographs.own_level import ink_of_own_level
from fractocurate.micrographs.scale_bar import ScaleBar

MOST_LINES = 12
MARGIN, LARGEST_MARGIN_PX = 1.0, 10
"""Of the letter height, above and below text: the halo of its rim, its shadow, what JPEG makes of them."""
LEAST_MARGIN_PX = 3
"""Beside bars."""
ROOM_FOR_A_LABEL_PX = 26
"""Taken off around a certain bar whose label could not be made out, with it."""
GROUND_PX, LEAST_FAINT = 25, 8
"""Window of the ground behind such a label, wider than its strokes; least step from it to the level of the bar."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Drawing over the picture, in pixels of the frame."""

    boxes: tuple[PixelBox, ...]
    """Each line of text and each bar, with a margin."""
    box: PixelBox
    """Around all of it."""
    groups: tuple[PixelBox, ...]
    """Each bar with its labels, and each other line, without margins."""
    place: PixelBox
    """The same, or the largest of the boxes where the picture that is kept lies between them."""
    crop: PixelBox
    """The largest rectangle of the picture that touches none of it."""
    bars: tuple[ScaleBar, ...]
    pages: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    """For two looks at the text, shape of ``box``, 255 at full strength: the letters alone, cut out sharply; and the
    rows that they stand on with what is faint in them, and with the picture behind."""
    is_certain: bool
    """Whether it is drawn beyond doubt even if its label cannot be read: a ruler or a perfect rectangle."""


def find_overlay(grey: GreyImage) -> Overlay | None:
    """The drawing over a picture; None if there is none. Without a certain bar, its text has still to be read."""
    height_px, width_px = grey.shape
    upper = PixelBox(0, 0, width_px, round(UPPER_ZONE * height_px))
    lower = PixelBox(0, height_px - round(LOWER_ZONE * height_px), width_px, height_px)
    candidates = [line for zone in (upper, lower) for line in find_letter_lines(grey, zone)]
    lines = [line for line in candidates if line.is_strong]
    kept: list[ScaleBar] = []
    for bar, white in find_drawn_bars(grey, lines):
        labels = labels_near(grey, bar.box, white=white)
        if not labels and not bar.is_ruler and not is_perfect(grey, bar):
            continue
        kept.append(bar)
        lines += [label for label in labels if not any(line.box.overlaps(label.box) for line in lines)]
    if not lines and not kept:
        return None
    lines.sort(key=lambda line: (-line.n_alike, -len(line.letters)))
    lines = lines[:MOST_LINES]
    rest = [line for line in candidates if line not in lines]
    while near := [line for line in rest if any(_is_next(line, known) for known in lines)]:
        lines += near
        rest = [line for line in rest if line not in near]
    return _overlay(grey, _joined([extended(grey, line) for line in lines]), kept)


def _is_next(line: LetterLine, known: LetterLine) -> bool:
    """Whether a weak line stands on the rows of a proven one or on the next, in letters of like height."""
    alike = 0.7 <= line.height_px / known.height_px <= 1.4 and line.white == known.white
    apart_y = max(line.box.top - known.box.bottom, known.box.top - line.box.bottom)
    apart_x = max(line.box.left - known.box.right, known.box.left - line.box.right)
    return alike and apart_y <= known.height_px and apart_x <= 3 * known.height_px


def _joined(lines: Sequence[LetterLine]) -> list[LetterLine]:
    """Lines that have grown into each other are one."""
    joined: list[LetterLine] = []
    for line in lines:
        same = next((o for o in joined if o.white == line.white and o.box.overlaps(line.box)), None)
        if same is None:
            joined.append(line)
        else:
            joined[joined.index(same)] = replace(same, box=same.box.united(line.box))
    return joined


def _is_beside(line: LetterLine, bar: PixelBox) -> bool:
    """Above, below or at an end of a bar, no further away than two lines."""
    reach_y = 2.2 * line.height_px + bar.height
    reach_x = 3 * line.height_px
    if line.box.left > bar.right + reach_x or line.box.right < bar.left - reach_x:
        return False
    return line.box.bottom >= bar.top - reach_y and line.box.top <= bar.bottom + reach_y


def _overlay(grey: GreyImage, lines: Sequence[LetterLine], bars: Sequence[ScaleBar]) -> Overlay:
    height_px, width_px = grey.shape
    boxes = []
    for line in lines:
        margin = min(LARGEST_MARGIN_PX, max(LEAST_MARGIN_PX, round(MARGIN * line.height_px)))
        boxes.append(line.box.grown(margin, margin, width_px, height_px))
    for bar in bars:
        has_label = any(_is_beside(line, bar.box) for line in lines)
        margin = LEAST_MARGIN_PX if has_label else ROOM_FOR_A_LABEL_PX
        boxes.append(bar.box.grown(margin, margin, width_px, height_px))
    box = reduce(PixelBox.united, boxes)
    sharp, soft = np.zeros((box.height, box.width), np.uint8), np.zeros((box.height, box.width), np.uint8)
    read = of_one_polarity(lines)
    is_one_polarity = len({line.white for line in read}) == 1
    own = ink_of_own_level(grey, boxes, white=read[0].white) if is_one_polarity else None
    if own is not None:
        _own_ink_in((sharp, soft), own, bars, box)
        read = []
    for line in read:
        _ink_in(sharp, soft, grey, line, box)
    for bar in bars:
        if not any(_is_beside(line, bar.box) for line in lines):
            _faint_label_in(sharp, soft, grey, bar, box)
    crop = largest_free(boxes, width_px, height_px)
    place = box if not box.overlaps(crop) else max(boxes, key=lambda one: one.area)
    is_certain = any((bar.is_ruler and bar.is_whole) or is_perfect(grey, bar) for bar in bars)
    groups = []
    for bar in bars:
        group = bar.box
        for line in lines:
            group = group.united(line.box) if _is_beside(line, bar.box) else group
        groups.append(group)
    groups += [line.box for line in lines if not any(_is_beside(line, bar.box) for bar in bars)]
    return Overlay(tuple(boxes), box, tuple(groups), place, crop, tuple(bars), (sharp, soft), is_certain)


def _ink_in(
    sharp: NDArray[np.uint8], soft: NDArray[np.uint8], grey: GreyImage, line: LetterLine, origin: PixelBox
) -> None:
    """Copy a line to the pages that are read: its marks with their anti-aliased rims, and all of its rows."""
    height_px, width_px = grey.shape
    around = line.box.grown(3, 3, width_px, height_px)
    part = around.cut(grey).astype(np.float64)
    mask = np.asarray(part >= line.level if line.white else part <= line.level)
    ink = _within(mask)
    if not ink.any():
        return
    full = float(np.median(part[ink]))
    rest = float(np.median(part[~ndimage.binary_dilation(ink, iterations=2)])) if not ink.all() else 128.0
    strength = np.clip((part - rest) / (full - rest), 0, 1) if full != rest else ink.astype(np.float64)
    shown = around.shifted(-origin.left, -origin.top)
    for page, picture in (
        (sharp, np.where(ndimage.binary_dilation(ink), strength, 0)),
        (soft, np.clip((strength - 0.3) / 0.5, 0, 1)),
    ):
        inside = PixelBox(0, 0, page.shape[1], page.shape[0]).intersected(shown)
        cut = inside.shifted(-shown.left, -shown.top).cut(picture)
        target = inside.cut(page)
        np.maximum(target, np.asarray(cut * 255, dtype=np.uint8), out=target)


def _own_ink_in(pages: Sequence[NDArray[np.uint8]], ink: BoolImage, bars: Sequence[ScaleBar], origin: PixelBox) -> None:
    """Copy all ink but the bars to the pages."""
    text = ink.copy()
    for bar in bars:
        bar.box.cut(text)[:] = False
    for page in pages:
        page[:] = np.where(origin.cut(text), np.uint8(255), np.uint8(0))


def _faint_label_in(
    sharp: NDArray[np.uint8], soft: NDArray[np.uint8], grey: GreyImage, bar: ScaleBar, origin: PixelBox
) -> None:
    """Copy what is beside a bar to the pages, as far as it has the bar's level: a label on ground of like level."""
    height_px, width_px = grey.shape
    around = bar.box.grown(ROOM_FOR_A_LABEL_PX, ROOM_FOR_A_LABEL_PX, width_px, height_px)
    part = np.ascontiguousarray(around.cut(grey))
    ground = np.asarray(cv2.medianBlur(part, GROUND_PX), np.float64)
    level = float(np.median(bar.box.cut(grey)))
    strength = np.clip((part - ground) / np.where(np.abs(level - ground) < LEAST_FAINT, np.inf, level - ground), 0, 1)
    inside = around.shifted(-origin.left, -origin.top)
    for page, least in ((sharp, 0.5), (soft, 0.3)):
        target = inside.cut(page)
        np.maximum(target, np.asarray(np.where(strength >= least, strength, 0) * 255, np.uint8), out=target)


def _within(mask: BoolImage) -> BoolImage:
    """The marks that do not run out of the cut upwards or downwards: what does is picture."""
    labels, _, _ = components_of(mask)
    outside = np.unique(np.concatenate([labels[0], labels[-1]]))
    return np.asarray(mask & ~np.isin(labels, outside[outside > 0]))
