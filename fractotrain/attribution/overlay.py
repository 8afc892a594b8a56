"""A heat-map over its frame, in colours that the colour-blind and a grey printer can read."""

import numpy as np
from numpy.typing import NDArray

from data_contracts.pixels import GreyImage
from fractotrain.attribution.methods import enlarge

Colours = NDArray[np.uint8]
"""Shape (..., 3), red, green, blue."""

_VIRIDIS = (
    (68, 1, 84), (72, 36, 117), (65, 68, 135), (53, 95, 141), (42, 120, 142), (33, 145, 140),
    (34, 168, 132), (68, 191, 112), (122, 209, 81), (189, 223, 38), (253, 231, 37),
)  # fmt: skip
"""Every tenth step of viridis (Smith and van der Walt 2015, public domain): ever lighter, so that it survives grey."""

_FAINTEST, _STRONGEST = 0.10, 0.60
"""Opacity of the colour at the lowest and the highest value: what the map passes over stays visible as it is."""


def viridis(values: NDArray[np.float32]) -> Colours:
    """Colours of values from 0 to 1, shape (...) -> (..., 3)."""
    steps = np.linspace(0, 1, len(_VIRIDIS))
    channels = [np.interp(values, steps, [colour[channel] for colour in _VIRIDIS]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def blend(grey: GreyImage, values: NDArray[np.float32]) -> Colours:
    """Colour over grey, the stronger the higher the value (0 to 1); shapes alike."""
    opacity = (_FAINTEST + (_STRONGEST - _FAINTEST) * values)[..., None]
    return np.rint((1 - opacity) * grey[..., None] + opacity * viridis(values)).astype(np.uint8)


def overlay(cropped: GreyImage, heat: NDArray[np.float32]) -> Colours:
    """A map of patches over the cropped frame, at the frame's own resolution: shape (height, width, 3).

    The highest value of the map takes the end of the scale; an empty map takes its beginning throughout.
    """
    height_px, width_px = cropped.shape
    scaled = heat / heat.max() if heat.any() else heat
    large = enlarge(scaled, (height_px, width_px))
    return blend(cropped, np.clip(large, 0, 1))


def legend(width_px: int, height_px: int) -> Colours:
    """The scale from 0 to the map's highest value, over mid-grey, as it looks on a frame: shape (height, width, 3)."""
    values = np.linspace(0, 1, width_px, dtype=np.float32)[None].repeat(height_px, axis=0)
    return blend(np.full((height_px, width_px), 128, np.uint8), values)
