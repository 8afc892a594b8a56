"""Facts about a cropped picture that a curator wants: is it sharp, is there contrast, is it blank, does it charge?"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from data_contracts.pixels import GreyImage

BLANK_CONTRAST = 8.0
"""A picture whose 1 % and 99 % percentiles are closer than this shows noise at most."""
STRIPE_STEP = 6.0
"""Grey levels by which the mean of a row has to leave that of its neighbours, besides the next."""
STRIPE_SPREADS = 6.0
"""The same, in median absolute deviations of all rows of the picture."""
STRIPE_WINDOW_ROWS = 9


@dataclass(frozen=True, slots=True)
class Quality:
    """Of the picture without its data bar."""

    sharpness: float
    """Variance of the Laplacian over that of the grey levels (Pech-Pacheco et al. 2000, made independent of contrast):
    0 for a smooth ramp, some 20 for uncorrelated noise."""
    contrast: float
    """Difference of the 99 % and 1 % percentiles, grey levels."""
    white_share: float
    """Share of pixels at 255: saturated, they hold no detail."""
    black_share: float
    """Share of pixels at 0."""
    stripe_share: float
    """Share of rows that are brighter or darker as a whole than the rows around them: charging, beam current."""

    @property
    def is_blank(self) -> bool:
        """Whether the picture shows nothing."""
        return self.contrast < BLANK_CONTRAST


def measure_quality(picture: GreyImage) -> Quality:
    """Quality facts of a cropped picture, shape (height, width); of an empty one all are 0."""
    if picture.size == 0:
        return Quality(0.0, 0.0, 0.0, 0.0, 0.0)
    counts = np.asarray(cv2.calcHist([picture], [0], None, [256], [0, 256])).ravel()
    below = np.cumsum(counts) / picture.size
    contrast = float(np.searchsorted(below, 0.99) - np.searchsorted(below, 0.01))
    sharpness = 0.0
    if min(picture.shape) >= 3:
        laplacian = cv2.Laplacian(picture, cv2.CV_16S)[1:-1, 1:-1]
        spread = _variance(picture)
        sharpness = _variance(np.asarray(laplacian)) / spread if spread > 0 else 0.0
    return Quality(
        round(sharpness, 4),
        contrast,
        round(float(counts[255]) / picture.size, 6),
        round(float(counts[0]) / picture.size, 6),
        round(_stripe_share(picture), 6),
    )


def _variance(values: NDArray[np.generic]) -> float:
    _, deviation = cv2.meanStdDev(np.asarray(values))
    return float(deviation[0, 0]) ** 2


def _stripe_share(picture: GreyImage) -> float:
    means = np.asarray(cv2.reduce(picture, 1, cv2.REDUCE_AVG, dtype=cv2.CV_64F)).ravel()
    if len(means) < STRIPE_WINDOW_ROWS:
        return 0.0
    apart = np.abs(means - ndimage.median_filter(means, STRIPE_WINDOW_ROWS, mode="nearest"))
    return float((apart > max(STRIPE_STEP, STRIPE_SPREADS * float(np.median(apart)))).mean())
