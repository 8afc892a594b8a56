"""Pictures on a scanned page: large areas that are nowhere paper."""

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from data_contracts.pixels import GreyImage as Grey
from fractocurate.reports.extreme_filters import maximum_filter, minimum_filter
from fractocurate.reports.paper import Mask, paper_tone

_STRAIGHT_PICTURE_FILL = 0.85
"""A straight picture fills its box; two that touch at a corner do not, and text may stand in the corners."""
_EVEN_TONE = 6
_EVEN_SHARE = 0.6
_DARKEST_SHADE = 130


def picture_mask(small: Grey, dpi: float) -> Mask:
    """Large areas that are nowhere paper: micrographs, but not shaded tables, whose shade is even."""
    level = small / paper_tone(small)
    toned = (level < 0.88).astype(np.float32)
    reach = max(3, round(dpi * 0.2))
    dense = cv2.blur(toned, (reach, reach)) > 0.62
    # Cut the bridges that a dense caption makes between pictures.
    side = max(3, round(dpi * 0.3))
    opened = maximum_filter(minimum_filter(dense, side), side)
    labels, _ = ndimage.label(opened)
    mask: Mask = np.zeros(small.shape, dtype=bool)
    smallest, margin = 0.7 * dpi, max(1, round(0.04 * dpi))
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        if min(rows.stop - rows.start, columns.stop - columns.start) < smallest:
            continue
        own = ndimage.binary_fill_holes(labels[rows, columns] == index)
        if _is_even(np.clip(level[rows, columns][own] * 200, 0, 255).astype(np.uint8)):
            continue
        if own.mean() > _STRAIGHT_PICTURE_FILL:
            top, left = max(0, rows.start - margin), max(0, columns.start - margin)
            box = toned[top : rows.stop + margin, left : columns.stop + margin]
            inner_rows, inner_columns = _full_part(box.mean(axis=1)), _full_part(box.mean(axis=0))
            mask[top : rows.stop + margin, left : columns.stop + margin][inner_rows, inner_columns] = True
        else:
            mask[rows, columns] |= own
    return mask


def _full_part(shares: npt.NDArray[np.floating]) -> slice:
    """From the first to the last row (or column) that is toned nearly throughout: captions beside it are not."""
    full = np.nonzero(shares > 0.7)[0]
    return slice(max(0, int(full[0]) - 1), int(full[-1]) + 2) if len(full) else slice(None)


def _is_even(pixels: Grey) -> bool:
    """Whether most pixels share one tone, as a shaded table's do under its text."""
    counts = np.bincount(pixels.ravel(), minlength=256)
    mode = int(counts.argmax())
    near = counts[max(0, mode - _EVEN_TONE) : mode + _EVEN_TONE + 1].sum()
    return bool(mode > _DARKEST_SHADE and near > _EVEN_SHARE * pixels.size)
