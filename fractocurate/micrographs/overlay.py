"""Find a scale bar with its label, or a ruler with its text, drawn straight over the picture without a background.

What is drawn so is white or black throughout, straight-edged, and has its label beside it. A bright or dark streak of the
specimen may resemble the bar, but has no letters of the same level next to it.
"""

from dataclasses import dataclass

import numpy as np

from data_contracts.pixels import GreyImage
from fractocurate.micrographs.flatness import BoolImage, Mark, PixelBox, largest_remainder, letters_among, marks_of
from fractocurate.micrographs.scale_bar import ScaleBar, find_scale_bars

WHITE_FROM, BLACK_TO = 236, 16
"""Drawn white and black with what JPEG makes of them."""
LEAST_CONTRAST = 25
"""Least mean step across the long edges of a bar, in grey levels."""
LEAST_LETTERS = 2
MARGIN_PX = 2
"""Grown around what is found: anti-aliased rims are fainter than the levels above."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """Drawing over the picture."""

    box: PixelBox
    """All of it, with a margin."""
    crop: PixelBox
    bar: ScaleBar
    """In pixels of the frame."""
    letters: BoolImage
    """Shape of ``box``: the letters alone, for reading."""


def find_overlay(grey: GreyImage) -> Overlay | None:
    """The most convincing drawing over a picture; None if there is none. Its label has still to be read to prove it."""
    found: list[tuple[int, Overlay]] = []
    for mask in (grey >= WHITE_FROM, grey <= BLACK_TO):
        if mask.mean() > 0.3:
            continue  # a saturated or black picture hides any drawing of that level
        marks = marks_of(mask)
        tallest = 0.08 * grey.shape[0]
        for bar in find_scale_bars(mask):
            if not _stands_out(grey, bar):
                continue
            letters = _lettering(bar, marks, tallest, grey.shape[1])
            if len(letters) >= LEAST_LETTERS:
                found.append((len(letters) + 5 * bar.is_ruler, _overlay(grey, mask, bar, letters, marks)))
    return max(found, key=lambda item: item[0])[1] if found else None


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


def _lettering(bar: ScaleBar, marks: list[Mark], tallest: float, width_px: int) -> list[Mark]:
    """Letters beside a bar, and those further along on the lines of these."""
    own = {(p.left, p.top) for p in bar.parts}
    letters = [m for m in letters_among(marks, tallest) if (m.box.left, m.box.top) not in own and m.box.height >= 6]
    near = [m for m in letters if _is_beside(m.box, bar.box)]
    if not near:
        return []
    height = float(np.median([m.box.height for m in near]))
    near = [m for m in near if 0.5 * height <= m.box.height <= 1.8 * height]
    if not bar.is_ruler:
        return near
    top, bottom = min(m.box.top for m in near), max(m.box.bottom for m in near)
    slack = 0.35 * height
    return [
        m
        for m in letters
        if m.box.top >= top - slack and m.box.bottom <= bottom + slack and 0.5 * height <= m.box.height <= 1.8 * height
    ]


def _is_beside(letter: PixelBox, bar: PixelBox) -> bool:
    """Above, below or at an end of a bar, no further away than two lines."""
    reach_y = 2.2 * letter.height + bar.height
    reach_x = 3 * letter.height
    if letter.left > bar.right + reach_x or letter.right < bar.left - reach_x:
        return False
    return letter.bottom >= bar.top - reach_y and letter.top <= bar.bottom + reach_y


def _overlay(grey: GreyImage, mask: BoolImage, bar: ScaleBar, letters: list[Mark], marks: list[Mark]) -> Overlay:
    height_px, width_px = grey.shape
    box = bar.box
    for letter in letters:
        box = box.united(letter.box)
    height = float(np.median([m.box.height for m in letters]))
    box = box.grown(MARGIN_PX, MARGIN_PX, width_px, height_px)
    drawn = np.zeros((box.height, box.width), np.bool_)
    # Points, dots and accents are too small to be letters, but make 50.0 of 50 0.
    small = [m for m in marks if max(m.box.width, m.box.height) <= 0.45 * height and _is_near_any(m.box, letters)]
    for mark in (*letters, *small):
        rows = slice(max(0, mark.box.top - box.top), mark.box.bottom - box.top)
        columns = slice(max(0, mark.box.left - box.left), mark.box.right - box.left)
        drawn[rows, columns] |= mask[box.top : box.bottom, box.left : box.right][rows, columns]
    for part in bar.parts:
        drawn[part.top - box.top : part.bottom - box.top, part.left - box.left : part.right - box.left] = False
    return Overlay(box, largest_remainder(box, width_px, height_px), bar, drawn)


def _is_near_any(small: PixelBox, letters: list[Mark]) -> bool:
    return any(
        m.box.left - 0.5 * m.box.height <= small.left
        and small.right <= m.box.right + 0.5 * m.box.height
        and m.box.top - 0.4 * m.box.height <= small.top
        and small.bottom <= m.box.bottom + 2
        for m in letters
    )
