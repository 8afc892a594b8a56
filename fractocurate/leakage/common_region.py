"""What two aligned frames both show, and how alike it is there."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fractocurate.leakage.alignment import Alignment
from fractocurate.leakage.similarity import SSIM_WINDOW_PX, ssim_map
from fractocurate.leakage.views import Picture, View

MIN_COMMON_PX = 150
"""Fewer pixels at the resolution of the coarser frame (14 x 11, say) and a likeness is no evidence."""
_COMPARED_LONGEST_SIDE_PX = 256
"""Of the coarser frame: finer grain is mostly noise, which is never the same twice."""
_COMPARED_PX_PER_ZOOM = 64
"""Longest side that a zoom keeps at least, as far as the view has so many pixels."""
_MIN_CONTRAST_GREY_LEVELS = 2.0


@dataclass(frozen=True, slots=True)
class CommonRegion:
    """Two frames compared where they overlap."""

    ssim: float
    """-1 to 1, at the resolution of the coarser frame, after grey levels were brought to one mean and one contrast."""
    share_a: float
    """Part of frame a that b shows, too: 1 if b contains a."""
    share_b: float
    """Part of frame b that a shows, too."""


def compare_common_region(a: View, b: View, alignment: Alignment) -> CommonRegion | None:
    """Lay one view over the other and compare them where both have a picture.

    A zoom is taken with other brightness and contrast more often than not, so that both are made equal before SSIM.

    Args:
        a: view of frame a.
        b: view of frame b.
        alignment: from a to b.

    Returns:
        None if they share too few pixels, or nothing but a blank area, to say anything.
    """
    zoom = max(alignment.scale, 1 / alignment.scale)
    longest_px = max(_COMPARED_LONGEST_SIDE_PX, _COMPARED_PX_PER_ZOOM * zoom)
    length_a, length_b = (round(min(longest_px, view.longest_px)) for view in (a, b))
    if alignment.scale * length_b < length_a:
        # b is the coarser of the two in pixels, and the coarser one gives the grid.
        swapped = compare_common_region(b, a, alignment.inverse())
        return swapped and CommonRegion(swapped.ssim, swapped.share_b, swapped.share_a)
    grey = a.shrunk(length_a)
    # Shrunk to the grid's own resolution, so that fine grain does not alias.
    other = b.shrunk(max(round(length_a / alignment.scale), 1))
    box = _box_in_common(alignment, grey.shape, b)
    if box is None:
        return None
    seen = grey[box].astype(np.float32)
    to_other = _pixel_matrix(alignment, length_a, box, b, other.shape)
    is_common = _inside(to_other, seen.shape, other.shape)
    # Only pixels whose whole SSIM window lies within both frames count.
    inner = _eroded(is_common)
    if inner.sum() < MIN_COMMON_PX:
        return None
    laid_over = cv2.warpAffine(
        other.astype(np.float32),
        to_other,
        seen.shape[::-1],
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    matched = _with_grey_levels_of(seen, np.asarray(laid_over, np.float32), is_common)
    if matched is None:
        return None
    n_common = int(is_common.sum())
    return CommonRegion(
        ssim=float(ssim_map(seen, matched)[inner].mean()),
        share_a=n_common / grey.size,
        share_b=min(n_common * (alignment.scale / length_a) ** 2 / (b.grey.size / b.longest_px**2), 1.0),
    )


def _box_in_common(alignment: Alignment, shape: tuple[int, ...], b: View) -> tuple[slice, slice] | None:
    """The part of a grid of some shape over frame a where frame b may lie; None if there is none."""
    height, width = (side / b.longest_px for side in b.grey.shape)
    back = alignment.inverse()
    corners = [back.at(corner) * max(shape) for corner in (0j, height + 0j, 1j * width, height + 1j * width)]
    rows = _clipped([corner.real for corner in corners], shape[0])
    columns = _clipped([corner.imag for corner in corners], shape[1])
    return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None


def _clipped(ends: list[float], side_px: int) -> slice:
    return slice(max(math.floor(min(ends)), 0), min(math.ceil(max(ends)), side_px))


def _pixel_matrix(
    alignment: Alignment, length_a: int, box: tuple[slice, slice], b: View, shape: tuple[int, ...]
) -> npt.NDArray[np.float64]:
    """From (column, row) within the box to (column, row) of b shrunk to a shape, as OpenCV wants it; shape (2, 3)."""
    # Pixel 0 has its middle at 0.5. Of the alignment: row' + i column' = factor * (row +- i column) + offset.
    sign = -1 if alignment.is_mirrored else 1
    real, imaginary = alignment.factor.real / length_a, alignment.factor.imag / length_a
    linear = np.array([[sign * real, imaginary], [-sign * imaginary, real]])
    corner = np.array([box[1].start + 0.5, box[0].start + 0.5])
    offset = linear @ corner + (alignment.offset.imag, alignment.offset.real)
    to_px = np.array([shape[1] / b.grey.shape[1], shape[0] / b.grey.shape[0]]) * b.longest_px
    return np.column_stack([linear * to_px[:, None], offset * to_px - 0.5])


def _inside(to_other: npt.NDArray[np.float64], shape: tuple[int, ...], other: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which pixels of a grid of some shape lie within the other frame."""
    x, y = (line[0] * np.arange(shape[1]) + (line[1] * np.arange(shape[0]) + line[2])[:, None] for line in to_other)
    within: npt.NDArray[np.bool_] = (x >= -0.5) & (x <= other[1] - 0.5) & (y >= -0.5) & (y <= other[0] - 0.5)
    return within


def _eroded(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    window = np.ones((SSIM_WINDOW_PX, SSIM_WINDOW_PX), np.uint8)
    eroded = cv2.erode(mask.astype(np.uint8), window, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(eroded, np.uint8).astype(bool)


def _with_grey_levels_of(model: Picture, frame: Picture, where: npt.NDArray[np.bool_]) -> Picture | None:
    """The frame with the mean and contrast that the model has in a region; None if either is blank there."""
    wanted, present = model[where].astype(np.float64), frame[where].astype(np.float64)
    if min(wanted.std(), present.std()) < _MIN_CONTRAST_GREY_LEVELS:
        return None
    gain = wanted.std() / present.std()
    matched: Picture = ((frame - present.mean()) * gain + wanted.mean()).astype(np.float32)
    return matched
