"""Stability: the same field a few pixels further on should be explained by the same places."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from fractotrain.attribution.asked import Maps
from fractotrain.attribution.methods import Method, enlarge
from fractotrain.attribution.similarity import rank_correlation
from fractotrain.cache import Pixels

MakeMaps = Callable[[Pixels], Mapping[Method, Maps]]


def stability(
    make_maps: MakeMaps, pixels: Pixels, maps: Mapping[Method, Maps], shift_px: int
) -> dict[Method, NDArray[np.float64]]:
    """Rank correlation of each map with those of the picture shifted up, down, left and right, mean of the four.

    The shifted maps are laid back onto the picture first; only what all of them show is compared.

    Args:
        make_maps: Explains pictures, shape (images, height, width), for the same classes as ``maps``.
        pixels: The pictures.
        maps: Their maps, by method.
        shift_px: How far, in pixels of the model's input; the border is filled by repeating the edge.
    """
    height_px, width_px = pixels.shape[1:]
    inner = slice(shift_px, -shift_px)

    def large(heats: Maps) -> NDArray[np.float32]:
        return np.stack([enlarge(heat, (height_px, width_px)) for heat in heats])

    still = {method: large(heats)[:, inner, inner] for method, heats in maps.items()}
    found: dict[Method, list[NDArray[np.float64]]] = {method: [] for method in maps}
    for down, right in ((shift_px, 0), (-shift_px, 0), (0, shift_px), (0, -shift_px)):
        for method, heats in make_maps(shifted(pixels, down, right)).items():
            laid_back = np.roll(large(heats), (-down, -right), axis=(1, 2))[:, inner, inner]
            found[method].append(rank_correlation(still[method], laid_back))
    return {method: np.asarray(np.mean(alike, axis=0), np.float64) for method, alike in found.items()}


def shifted(pixels: Pixels, down_px: int, right_px: int) -> Pixels:
    """Pictures moved by whole pixels, shape (images, height, width); the edge is repeated into what comes in."""
    margin = max(abs(down_px), abs(right_px))
    padded = np.pad(pixels, ((0, 0), (margin, margin), (margin, margin)), mode="edge")
    height_px, width_px = pixels.shape[1:]
    top, left = margin - down_px, margin - right_px
    return padded[:, top : top + height_px, left : left + width_px]
