"""Find a scale bar with its label, or a ruler with its text, drawn straight over the picture without a background.

What is drawn so is white or black throughout, straight-edged, and has its label beside it. A bright or dark streak
of the specimen may resemble the bar, but has no letters of the same level next to it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_contracts.pixels import GreyImage
from fractocurate.micrographs.flatness import Mark, PixelBox, largest_remainder, letters_among, marks_of
from fractocurate.micrographs.scale_bar import ScaleBar, find_scale_bars

WHITE_FROM, BLACK_TO = 236, 16
"""Drawn white and black with what JPEG makes of them."""
WHITE_LEVELS, BLACK_LEVELS = (236, 215, 195, 175), (16, 30, 45)
"""Levels tried for the lettering beside a bar."""
PERFECT_LENGTH_PX = 40
LEAST_CONTRAST = 25
"""Least mean step across the long edges of a bar, in grey levels."""
LEAST_LETTERS = 2
MARGIN_PX = 13
"""Least margin around what is found, else a letter height: rims, shadows and pads of letters are fainter than their
core."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Drawing over the picture."""

    box: PixelBox
    """All of it, with a margin."""
    crop: PixelBox
    bar: ScaleBar
    """In pixels of the frame."""
    contrast: NDArray[np.uint8]
    """Shape of ``box``: the letters alone, 255 at full strength, for reading."""
    is_certain: bool
    """Whether it is drawn beyond doubt even if its label cannot be read: a ruler or a perfect rectangle."""


def find_overlay(grey: GreyImage) -> Overlay | None:
    """The most convincing drawing over a picture; None if there is none. Its label has still to be read to prove it."""
    found: list[tuple[int, Overlay]] = []
    for white in (True, False):
        mask = grey >= WHITE_FROM if white else grey <= BLACK_TO
        if mask.mean() > 0.3:
            continue  # a saturated or black picture hides any drawing of that level
        for bar in find_scale_bars(mask):
            if not _stands_out(grey, bar):
                continue
            letters = _lettering(grey, bar, white=white)
            perfect = _is_perfect(grey, bar)
            if len(letters) >= LEAST_LETTERS or perfect:
                found.append(
                    (len(letters) + 5 * bar.is_ruler, _overlay(grey, bar, letters, white=white, perfect=perfect))
                )
    return max(found, key=lambda item: item[0])[1] if found else None


def _is_perfect(grey: GreyImage, bar: ScaleBar) -> bool:
    """Whether a bar has rows that are white or black from end to end and none that are mostly so.

    A saturated streak tapers: between its longest row and the picture lie rows of every length.
    """
    if bar.is_ruler or len(bar.parts) != 1 or bar.box.width < PERFECT_LENGTH_PX:
        return False
    part = bar.box.cut(grey)[:, 3:-3]  # JPEG rings at the ends
    for drawn in (part >= WHITE_FROM, part <= BLACK_TO):
        shares = drawn.mean(axis=1)
        full = int((shares >= 0.995).sum())
        if full >= 2 and not ((shares > 0.6) & (shares < 0.9)).any():
            return True
    return False


def _stands_out(grey: GreyImage, bar: ScaleBar) -> bool:
    """Whether a bar differs from the picture above, below and beyond both of its ends."""
    if bar.is_ruler:
        return True
    height_px, width_px = grey.shape
    levels = grey.astype(np.int16)
    for part in bar.parts:
        inside = float(np.median(part.cut(levels)[:, part.width // 4 : -part.width // 4 or None].max(axis=0)))
        if inside < 128:
            inside = float(np.median(part.cut(levels).min(axis=0)))
        for rows in (slice(max(0, part.top - 4), max(0, part.top - 2)), slice(part.bottom + 2, part.bottom + 4)):
            beside = levels[rows, part.left : part.right]
            if beside.size and float((np.abs(beside - inside) >= LEAST_CONTRAST).mean()) < 0.8:
                return False
    ends = [levels[bar.box.top : bar.box.bottom, max(0, bar.box.left - 5) : max(0, bar.box.left - 2)]]
    ends.append(levels[bar.box.top : bar.box.bottom, bar.box.right + 2 : bar.box.right + 5])
    for beyond in ends:
        if beyond.size and float((np.abs(beyond - inside) >= LEAST_CONTRAST).mean()) < 0.6:
            return False
    return bar.box.top >= 0 and bar.box.right <= width_px and bar.box.bottom <= height_px


def _lettering(grey: GreyImage, bar: ScaleBar, *, white: bool) -> list[Mark]:
    """The letters around a bar, at the level that shows most of them.

    Thin letters are anti-aliased, so that they are fainter than the bar and fainter still on a busy picture.
    """
    height_px, width_px = grey.shape
    tallest = 0.08 * height_px
    reach = int(4 * tallest)
    around = bar.box.grown(width_px if bar.is_ruler else reach, reach, width_px, height_px)
    part = around.cut(grey)
    best: list[Mark] = []
    for level in WHITE_LEVELS if white else BLACK_LEVELS:
        mask = part >= level if white else part <= level
        if mask.mean() > 0.3:
            break
        for own in bar.parts:
            rows = slice(own.top - around.top, own.bottom - around.top)
            mask[rows, own.left - around.left : own.right - around.left] = False
        marks = [_moved(m, around) for m in marks_of(np.asarray(mask))]
        letters = [m for m in letters_among(marks, tallest) if m.box.height >= 6]
        near = [m for m in letters if _is_beside(m.box, bar.box)]
        if not near:
            continue
        height = float(np.median([m.box.height for m in near]))
        near = [m for m in near if 0.5 * height <= m.box.height <= 1.8 * height]
        base = float(np.median([m.box.bottom for m in near]))
        near = [m for m in near if abs(m.box.bottom - base) <= 0.45 * height]
        if bar.is_ruler and near:
            top, bottom = min(m.box.top for m in near), max(m.box.bottom for m in near)
            slack = 0.35 * height
            near = [m for m in letters if m.box.top >= top - slack and m.box.bottom <= bottom + slack]
        if len(near) > len(best) + 1:
            best = near
    return best


def _moved(mark: Mark, origin: PixelBox) -> Mark:
    box = mark.box
    moved = PixelBox(box.left + origin.left, box.top + origin.top, box.right + origin.left, box.bottom + origin.top)
    return Mark(mark.label, moved, mark.area_px)


def _is_beside(letter: PixelBox, bar: PixelBox) -> bool:
    """Above, below or at an end of a bar, no further away than two lines."""
    reach_y = 2.2 * letter.height + bar.height
    reach_x = 3 * letter.height
    if letter.left > bar.right + reach_x or letter.right < bar.left - reach_x:
        return False
    return letter.bottom >= bar.top - reach_y and letter.top <= bar.bottom + reach_y


def _overlay(grey: GreyImage, bar: ScaleBar, letters: list[Mark], *, white: bool, perfect: bool) -> Overlay:
    height_px, width_px = grey.shape
    box = bar.box
    for letter in letters:
        box = box.united(letter.box)
    height = float(np.median([m.box.height for m in letters])) if letters else 0.0
    # Where no label could be made out beside a certain bar, room for one is taken off with it.
    margin = max(MARGIN_PX, round(1.1 * height)) if len(letters) >= LEAST_LETTERS else max(26, 6 * bar.box.height)
    box = box.grown(margin, margin, width_px, height_px)
    # The whole line, not the letters one by one: what is faint or broken in them is needed to read them.
    near = np.zeros((box.height, box.width), np.bool_)
    if letters:
        top, bottom = min(m.box.top for m in letters), max(m.box.bottom for m in letters)
        left, right = min(m.box.left for m in letters), max(m.box.right for m in letters)
        reach = round(1.5 * height)
        near[
            max(0, top - 3 - box.top) : bottom + 3 - box.top,
            max(0, left - reach - box.left) : right + reach - box.left,
        ] = True
    for own in bar.parts:
        near[own.top - 1 - box.top : own.bottom + 1 - box.top, own.left - box.left : own.right - box.left] = False
    part = box.cut(grey).astype(np.float64)
    level = float(np.median(part[near])) if near.any() else float(np.median(part))
    strength = (part - level) / max(255 - level, 1) if white else (level - part) / max(level, 1)
    contrast = np.where(near, np.clip((strength - 0.3) / 0.5, 0, 1) * 255, 0).astype(np.uint8)
    return Overlay(box, largest_remainder(box, width_px, height_px), bar, contrast, perfect or bar.is_ruler)
