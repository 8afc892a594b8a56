"""The paper of a scanned page and the ink on it: their tones, and paper made white."""

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from data_contracts.pixels import GreyImage as Grey
from fractocurate.reports.extreme_filters import maximum_filter

Mask = npt.NDArray[np.bool_]

LARGEST_COARSE_PX = 5_000_000
"""Large drawings are looked at more coarsely still: time and memory grow with the pixels."""
_FIT_ROUNDS = 12
_WEIGHT_BELOW, _WEIGHT_ABOVE = 0.03, 0.1
_SMOOTHED_NOISE = 6.0
"""Grain above it is smoothed: sparse-text OCR reads it as characters."""


def ink_of(grey: Grey) -> Mask:
    """Pixels clearly darker than the paper around them."""
    if grey.size > LARGEST_COARSE_PX // 4:
        # The tone of the paper changes slowly: found on a quarter of the pixels, in a third of the time.
        smooth = reduced(grey, 2)
        paper = _blurred(maximum_filter(smooth, 5), 7)
        height, width = grey.shape
        paper = np.repeat(np.repeat(paper, 2, axis=0), 2, axis=1)[:height, :width]
    else:
        paper = _blurred(maximum_filter(_blurred(grey, 3), 9), 15)
    ink: Mask = grey < paper - np.minimum(paper, np.maximum(paper // 5, 12))
    return ink


def paper_tone(small: Grey) -> npt.NDArray[np.float64]:
    """Tone of the bare paper, a smooth surface over the page: scans grow darker towards the spine or the lamp's end."""
    side = max(8, min(small.shape) // 24)
    rows, columns = small.shape[0] // side, small.shape[1] // side
    blocks = small[: rows * side, : columns * side].reshape(rows, side, columns, side).swapaxes(1, 2)
    bright = np.percentile(blocks.reshape(rows, columns, -1), 90, axis=2).ravel()
    y, x = (g.ravel() for g in np.mgrid[0:rows, 0:columns])
    design = _surface_terms(x / columns, y / rows)
    weights = np.ones(len(bright))
    coefficients: npt.NDArray[np.floating] = np.zeros(design.shape[1])
    for _ in range(_FIT_ROUNDS):
        root = np.sqrt(weights)
        coefficients, *_rest = np.linalg.lstsq(design * root[:, None], bright * root, rcond=None)
        # Blocks that lie in a picture are darker than the surface through the paper; strong shade is no picture.
        # A few brighter ones are corners that straightening has filled, or a sticker.
        ratio = bright / np.maximum(design @ coefficients, 1.0)
        weights = np.where(ratio < 0.97, _WEIGHT_BELOW, np.where(ratio > 1.06, _WEIGHT_ABOVE, 1.0))
    x = (np.arange(small.shape[1]) / side - 0.5) / columns
    y = ((np.arange(small.shape[0]) / side - 0.5) / rows)[:, None]
    level, along_x, along_y, bent_x, twisted, bent_y = coefficients
    surface: npt.NDArray[np.float64] = (level + along_x * x + bent_x * x * x) + (along_y + twisted * x + bent_y * y) * y
    return np.maximum(surface, 1.0)


def on_white(grey: Grey, factor: int) -> Grey:
    """Divide by the tone of the paper around: grey scans and shaded cells become white, and so does their grain."""
    small = reduced(grey, factor)
    paper = np.maximum(_blurred(maximum_filter(_blurred(small, 3), 9), 9), 32)
    noise = _noise(grey)
    if noise > _SMOOTHED_NOISE:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), min(1.6, noise / 8)), np.uint8)
    grain = min(0.35, max(0.12, 2.0 * noise / float(np.median(paper))))
    height, width = grey.shape
    full = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, full, scale=255 / (1 - grain)), np.uint8)


def reduced(grey: Grey, factor: int) -> Grey:
    """An image of which each pixel is the mean of ``factor`` x ``factor``."""
    if factor == 1:
        return grey
    small: Grey = np.asarray(Image.fromarray(grey).reduce(factor))
    return small


def resampled(mask: Mask, shape: tuple[int, ...], ratio: float) -> Mask:
    """A coarse mask at a resolution that is ``ratio`` times finer."""
    rows, columns = (
        np.minimum((np.arange(n) / ratio).astype(np.intp), m - 1) for n, m in zip(shape, mask.shape, strict=True)
    )
    fine: Mask = mask[rows][:, columns]
    return fine


def _blurred(grey: Grey, size: int) -> Grey:
    """Mean of a square window around each pixel."""
    return np.asarray(cv2.blur(grey, (size, size)), np.uint8)


def _noise(grey: Grey) -> float:
    """Standard deviation of the grain: robust, so that text and pictures do not count."""
    sample = grey[::9].astype(np.int16)
    return float(np.median(np.abs(sample[:, 2:] - sample[:, :-2]))) * 1.4826 / 2**0.5


def _surface_terms(x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Of a surface of the second order: light falls off faster the farther away it is."""
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1).astype(np.float64)
