"""Structural similarity (Wang et al., IEEE Trans. Image Process. 13, 2004, 600-612) as scikit-image computes it.

scikit-image takes 5 to 10 times as long for frames as small as the audit's, of which it compares tens of thousands;
the tests hold the two against each other.
"""

import cv2
import numpy as np
import numpy.typing as npt

SSIM_WINDOW_PX = 7
"""Side of the sliding window (scikit-image's default)."""
_WINDOW_SIZE = SSIM_WINDOW_PX**2
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

Grey = npt.NDArray[np.uint8] | npt.NDArray[np.floating]


def ssim(a: Grey, b: Grey) -> float:
    """Structural similarity of two frames of one shape, grey levels 0 to 255, neither side shorter than 7 px."""
    edge = SSIM_WINDOW_PX // 2
    return float(ssim_map(a, b)[edge:-edge, edge:-edge].mean())


def ssim_map(a: Grey, b: Grey) -> npt.NDArray[np.float64]:
    """Structural similarity around each pixel, of the frames' shape; within 3 px of the edge it means nothing."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    sample = _WINDOW_SIZE / (_WINDOW_SIZE - 1)
    covariance = sample * (_local_mean(a * b) - mean_a * mean_b)
    squares = mean_a * mean_a + mean_b * mean_b
    variances = sample * (_local_mean(a * a + b * b) - squares)
    similarity: npt.NDArray[np.float64] = ((2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)) / (
        (squares + _C1) * (variances + _C2)
    )
    return similarity


def _local_mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(cv2.blur(values, (SSIM_WINDOW_PX, SSIM_WINDOW_PX)), np.float64)
