"""The methods by name, and what all maps have in common."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Heat = NDArray[np.float32]
"""The map of one picture, shape (rows, columns) of the patch grid."""


class Method(StrEnum):
    """How a heat-map is made; each has a module of its own."""

    GRAD_CAM = "grad_cam"
    RELEVANCE = "relevance"
    ROLLOUT = "rollout"


def enlarge(heat: Heat, size_px: tuple[int, int]) -> NDArray[np.float32]:
    """A map of patches spread over a picture of (height, width) pixels, bilinear between the centres of the patches."""
    height_px, width_px = size_px
    return np.asarray(Image.fromarray(heat).resize((width_px, height_px), Image.Resampling.BILINEAR), np.float32)
