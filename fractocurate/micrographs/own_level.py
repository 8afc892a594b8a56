"""The level that print drawn over a picture may have to itself.

Many microscopes draw their print in a level that they keep free of the picture, white just above its brightest or black
just below its darkest pixel, without softening the rims of letters. Where that is so, print is told from the picture
pixel by pixel, however bright the picture behind it is.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from data_contracts.pixels import GreyImage
from fractocurate.micrographs.flatness import BoolImage, PixelBox

_LEAST_SHARE = 0.9
"""Of the pixels at a level that lie on the rows of print, if that level is its own; its boxes may miss letters."""
_MOST_ROWS = 0.3
"""Of the frame: where print is everywhere, so many pixels on its rows prove nothing."""
_LEAST_PIXELS = 60
_MOST_RIM = 0.2
"""A softened rim stands between letter and ground: farther from the ground than this share of their difference."""
_MOST_NOISE = 4
"""Levels that rim and ground may differ by anyway."""
_RIM = np.ones((3, 3), np.uint8)


def ink_of_own_level(grey: GreyImage, boxes: Sequence[PixelBox], *, white: bool) -> BoolImage | None:
    """Where a frame has the level that its print has to itself; None if print shares its level, or has soft rims.

    Args:
        grey: the frame, shape (height, width).
        boxes: of the lines and bars drawn over it.
        white: whether they are brighter than the picture.

    Returns:
        Shape (height, width), true on print.
    """
    level = int(max(box.cut(grey).max() for box in boxes) if white else min(box.cut(grey).min() for box in boxes))
    ink = grey == level
    in_rows = np.zeros(len(grey), np.bool_)
    for box in boxes:
        in_rows[box.top : box.bottom] = True
    n_in_row = np.count_nonzero(ink, axis=1)
    if np.mean(in_rows) > _MOST_ROWS or n_in_row.sum() < _LEAST_PIXELS:
        return None
    if n_in_row[in_rows].sum() < _LEAST_SHARE * n_in_row.sum():
        return None
    once = cv2.dilate(ink.astype(np.uint8), _RIM)
    rim, ground = (once > 0) & ~ink, (cv2.dilate(once, _RIM) > 0) & (once == 0)
    if not rim.any() or not ground.any():
        return None
    of_ground = float(np.mean(grey[ground]))
    rise = abs(float(np.mean(grey[rim])) - of_ground)
    return ink if rise <= max(_MOST_NOISE, _MOST_RIM * abs(level - of_ground)) else None
