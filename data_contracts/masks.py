"""Print that stays inside a crop: where it stands, and by which rule its pixels are filled.

The rule: a masked pixel becomes the mean of the nearest unmasked pixels of the crop to its left, right, top and bottom,
as far as there are any, each weighted by the inverse of its distance in pixels; computed in double precision and
rounded to the nearest integer, halves to even. Whatever is masked at once is filled at once: the order of the boxes and
their overlaps do not matter. Brightness goes on over a mask without an edge; texture does not, so masks are kept small.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from data_contracts.catalog import Catalog

MASK_RULE_VERSION = 1
"""Raised when the same boxes would give other pixels."""

MaskBox = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the frame, half-open."""


def cut_picture(grey: NDArray[np.uint8], crop: MaskBox, masks: Sequence[MaskBox] = ()) -> NDArray[np.uint8]:
    """The crop of a frame, print inside it filled by the rule of this module; a new array.

    Args:
        grey: the frame, uint8, shape (height, width).
        crop: the part that is kept, pixels of the frame.
        masks: boxes of print, pixels of the frame; what lies outside the crop is ignored.
    """
    left, top, right, bottom = crop
    picture = np.array(grey[top:bottom, left:right])
    is_masked = np.zeros(picture.shape, np.bool_)
    for x0, y0, x1, y1 in masks:
        is_masked[max(0, y0 - top) : max(0, y1 - top), max(0, x0 - left) : max(0, x1 - left)] = True
    rows, columns = np.nonzero(is_masked)
    if not len(rows) or is_masked.all():
        return picture
    total, weights = np.zeros(len(rows)), np.zeros(len(rows))
    for along_rows in (True, False):
        for step in (1, -1):
            y, x = (rows, columns) if along_rows else (columns, rows)
            lines, kept = (picture, ~is_masked) if along_rows else (picture.T, ~is_masked.T)
            if step < 0:
                lines, kept, x = lines[:, ::-1], kept[:, ::-1], lines.shape[1] - 1 - x
            nearest = _last_kept(kept, y, x)
            found = nearest >= 0
            weight = np.where(found, 1.0 / np.maximum(x - nearest, 1), 0.0)
            total += weight * lines[y, np.maximum(nearest, 0)]
            weights += weight
    known = weights > 0
    picture[rows[known], columns[known]] = np.rint(total[known] / weights[known]).astype(np.uint8)
    return picture


def _last_kept(kept: NDArray[np.bool_], y: NDArray[np.intp], x: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of each pixel, the column of the last one before it on its line that is kept; -1 if there is none."""
    lines = np.unique(y)
    columns = np.where(kept[lines], np.arange(kept.shape[1]), -1)
    return np.asarray(np.maximum.accumulate(columns, axis=1)[np.searchsorted(lines, y), x], dtype=np.intp)


def read_masks(catalog: "Catalog") -> dict[str, tuple[MaskBox, ...]]:
    """The masks of a catalog by micrograph_id; frames without any are left out."""
    masks: dict[str, tuple[MaskBox, ...]] = {}
    for name, left, top, right, bottom in catalog.query(
        "SELECT micrograph_id, left_px, top_px, right_px, bottom_px FROM overlay_masks ORDER BY micrograph_id, number"
    ).iter_rows():
        masks[name] = (*masks.get(name, ()), (left, top, right, bottom))
    return masks
