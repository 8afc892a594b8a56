"""What two aligned frames both show, and how alike it is there."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import binary_erosion, map_coordinates
from skimage.metrics import structural_similarity

from fractocurate.leakage.alignment import Alignment
from fractocurate.leakage.fingerprints import SSIM_WINDOW_PX, GreyFrame

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


def compare_common_region(a: GreyFrame, b: GreyFrame, alignment: Alignment) -> CommonRegion | None:
    """Lay one view over the other and compare them where both have a picture.

    A zoom is taken with other brightness and contrast more often than not, so that both are made equal before SSIM.

    Args:
        a: view of frame a, uint8, shape (height, width).
        b: view of frame b.
        alignment: from a to b.

    Returns:
        None if they share too few pixels, or nothing but a blank area, to say anything.
    """
    zoom = max(alignment.scale, 1 / alignment.scale)
    a, b = _at_resolution(a, zoom), _at_resolution(b, zoom)
    if alignment.scale * max(b.shape) < max(a.shape):
        # b is the coarser of the two in pixels, and the coarser one gives the grid.
        swapped = compare_common_region(b, a, alignment.inverse())
        return swapped and CommonRegion(swapped.ssim, swapped.share_b, swapped.share_a)
    length_a, length_b = max(a.shape), max(b.shape)
    rows, columns = np.indices(a.shape)
    in_b = alignment((rows + 0.5 + 1j * (columns + 0.5)) / length_a)
    height, width = b.shape[0] / length_b, b.shape[1] / length_b
    is_common = (in_b.real >= 0) & (in_b.real <= height) & (in_b.imag >= 0) & (in_b.imag <= width)
    # Only pixels whose whole SSIM window lies within both frames count.
    inner = binary_erosion(is_common, np.ones((SSIM_WINDOW_PX, SSIM_WINDOW_PX)), border_value=0)
    if inner.sum() < MIN_COMMON_PX:
        return None
    pixels_of_b_per_pixel = alignment.scale * length_b / length_a
    laid_over = _sampled(b, in_b, pixels_of_b_per_pixel)
    seen, matched = a.astype(np.float64), _with_grey_levels_of(a, laid_over, is_common)
    if matched is None:
        return None
    box = _bounding_box(is_common)
    # scikit-image ships no types.
    _, similarity = structural_similarity(  # type: ignore[no-untyped-call]
        seen[box], matched[box], win_size=SSIM_WINDOW_PX, data_range=255, full=True
    )
    n_common = int(is_common.sum())
    return CommonRegion(
        ssim=float(similarity[inner[box]].mean()),
        share_a=n_common / a.size,
        share_b=min(n_common * pixels_of_b_per_pixel**2 / b.size, 1.0),
    )


def _at_resolution(frame: GreyFrame, zoom: float) -> GreyFrame:
    """The frame at the size at which frames so far apart in magnification are compared."""
    factor = max(_COMPARED_LONGEST_SIDE_PX, _COMPARED_PX_PER_ZOOM * zoom) / max(frame.shape)
    if factor >= 1:
        return frame
    size = (max(round(frame.shape[1] * factor), 1), max(round(frame.shape[0] * factor), 1))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS))


def _sampled(frame: GreyFrame, positions: npt.NDArray[np.complex128], step_px: float) -> npt.NDArray[np.float64]:
    """Grey levels at positions, after shrinking by the step between them, so that fine grain does not alias."""
    size = tuple(max(round(side / max(step_px, 1.0)), 1) for side in frame.shape[::-1])
    shrunk = np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS), dtype=np.float64)
    longest = max(frame.shape)
    rows = positions.real * longest * shrunk.shape[0] / frame.shape[0] - 0.5
    columns = positions.imag * longest * shrunk.shape[1] / frame.shape[1] - 0.5
    sampled: npt.NDArray[np.float64] = map_coordinates(shrunk, [rows, columns], order=1, mode="nearest")
    return sampled


def _with_grey_levels_of(
    model: GreyFrame, frame: npt.NDArray[np.float64], where: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64] | None:
    """The frame with the mean and contrast that the model has in a region; None if either is blank there."""
    wanted, present = model[where], frame[where]
    if min(wanted.std(), present.std()) < _MIN_CONTRAST_GREY_LEVELS:
        return None
    matched: npt.NDArray[np.float64] = (frame - present.mean()) * (wanted.std() / present.std()) + wanted.mean()
    return matched


def _bounding_box(mask: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
