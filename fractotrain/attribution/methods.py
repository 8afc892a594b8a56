"""The methods by name, and what all maps have in common."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fractotrain.attribution.asked import AskedModel, Maps, Targets
from fractotrain.attribution.grad_cam import grad_cam
from fractotrain.attribution.relevance import relevance
from fractotrain.attribution.rollout import rollout
from fractotrain.cache import Pixels

Heat = NDArray[np.float32]
"""The map of one picture, shape (rows, columns) of the patch grid."""


class Method(StrEnum):
    """How a heat-map is made."""

    GRAD_CAM = "grad_cam"
    RELEVANCE = "relevance"
    ROLLOUT = "rollout"


_MAPS_OF: dict[Method, Callable[[AskedModel, Pixels, Targets], Maps]] = {
    Method.GRAD_CAM: grad_cam,
    Method.RELEVANCE: relevance,
    Method.ROLLOUT: rollout,
}


def attribute(method: Method, model: AskedModel, pixels: Pixels, targets: Targets) -> Maps:
    """Heat-maps of pictures, one value per patch; see the method's own module."""
    return _MAPS_OF[method](model, pixels, targets)


def enlarge(heat: Heat, size_px: tuple[int, int]) -> NDArray[np.float32]:
    """A map of patches spread over a picture of (height, width) pixels, bilinear between the centres of the patches."""
    height_px, width_px = size_px
    return np.asarray(Image.fromarray(heat).resize((width_px, height_px), Image.Resampling.BILINEAR), np.float32)
