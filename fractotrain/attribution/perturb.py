"""Insertion and deletion curves (Petsiuk et al. 2018): what the probability of a class does as patches come and go.

A map that names what the model rests on makes the probability rise early when its patches are inserted into a blurred
picture, and fall early when they are deleted, compared with patches in random order or from the centre outwards.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from fractotrain.attribution.asked import AskedModel, TokenGrid

Order = NDArray[np.int64]
"""Patches in the order in which they come or go, shape (patches,)."""

N_STEPS = 10
"""Steps of a curve: each moves a tenth of the patches."""
BLUR_SHARE = 0.1
"""Standard deviation of the blur, share of the picture's side: coarse brightness stays, structure goes."""


@dataclass(frozen=True, slots=True)
class Areas:
    """Areas under the two curves of one order, 0 to 1."""

    insertion: float
    """The higher the better."""
    deletion: float
    """The lower the better."""


def order_of(heat: NDArray[np.float32], rng: np.random.Generator) -> Order:
    """Patches from the hottest to the coldest; equal ones at random, so that no corner is favoured."""
    flat = heat.ravel()
    return np.lexsort((rng.random(len(flat)), -flat))


def random_order(grid: TokenGrid, rng: np.random.Generator) -> Order:
    """Patches in any order: what a map without information does."""
    return rng.permutation(grid.n_patches)


def centre_order(grid: TokenGrid, rng: np.random.Generator) -> Order:
    """Patches from the centre outwards: what a map would do that knows only where people aim the microscope."""
    y, x = np.mgrid[: grid.n_rows, : grid.n_columns].astype(np.float32)
    return order_of(-np.hypot(y / (grid.n_rows - 1) - 0.5, x / (grid.n_columns - 1) - 0.5).astype(np.float32), rng)


def measure_orders(
    model: AskedModel, picture: NDArray[np.uint8], target: int, orders: list[Order], n_steps: int = N_STEPS
) -> list[Areas]:
    """Areas of each order, in one pass through the model.

    Args:
        model: Asked.
        picture: Grey, shape (height, width).
        target: The class whose probability is followed.
        orders: Of the patches.
        n_steps: Steps of a curve; both ends are measured too.
    """
    blurred = np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(BLUR_SHARE * max(picture.shape))))
    frames = [
        frame
        for order in orders
        for before, after in ((blurred, picture), (picture, blank_like(picture)))
        for frame in _frames(model.grid, before, after, order, n_steps)
    ]
    followed = model.probabilities(np.stack(frames))[:, target].reshape(len(orders), 2, n_steps + 1)
    areas = np.atleast_2d(np.trapezoid(followed, dx=1 / n_steps, axis=2))
    return [Areas(float(insertion), float(deletion)) for insertion, deletion in areas]


def blank_like(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture's mean grey everywhere: nothing left to see, nor any brightness that it did not have."""
    return np.full_like(picture, np.uint8(np.rint(picture.mean())))


def _frames(
    grid: TokenGrid, before: NDArray[np.uint8], after: NDArray[np.uint8], order: Order, n_steps: int
) -> list[NDArray[np.uint8]]:
    """From ``before`` to ``after``, patch by patch in this order: ``n_steps + 1`` pictures."""
    rank = np.empty(grid.n_patches, np.int64)
    rank[order] = np.arange(grid.n_patches)
    height_px, width_px = before.shape
    tall, wide = height_px // grid.n_rows, width_px // grid.n_columns
    rank_of_pixel = rank.reshape(grid.n_rows, grid.n_columns).repeat(tall, axis=0).repeat(wide, axis=1)
    shares = np.arange(n_steps + 1) / n_steps
    return [np.where(rank_of_pixel < round(share * grid.n_patches), after, before) for share in shares]
