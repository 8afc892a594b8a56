"""The inner split: some groups of a fold's own training images are held back to choose the epoch on.

So the validation fold decides nothing: neither the weights nor when to stop.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from data_contracts.errors import UsageError


def inner_split(
    labels: NDArray[np.int64], groups: Sequence[str], n_parts: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions to fit on and positions to choose the epoch on; no group is in both.

    Of the ``n_parts`` parts of a stratified split of the groups, the one is held back whose shares of the classes are
    nearest to ``1 / n_parts`` each: with few groups some parts lack a class.

    Raises:
        UsageError: too few groups, or no part that leaves every class on both sides.
    """
    n_groups = len(set(groups))
    if n_groups < n_parts:
        raise UsageError(
            f"cv.selection=inner: {n_groups} groups of training images cannot be parted into cv.inner_parts={n_parts}; "
            "lower it, or take cv.selection=last"
        )
    counts = np.bincount(labels)
    present = counts > 0
    splitter = StratifiedGroupKFold(n_parts, shuffle=True, random_state=seed % 2**32)
    best: tuple[float, NDArray[np.int64], NDArray[np.int64]] | None = None
    for fitted, held_back in splitter.split(labels, labels, groups):
        shares = np.bincount(labels[held_back], minlength=len(counts))[present] / counts[present]
        distance = float(np.abs(shares - 1 / n_parts).max())
        if shares.min() > 0 and shares.max() < 1 and (best is None or distance < best[0]):
            best = distance, fitted, held_back
    if best is None:
        raise UsageError(
            "cv.selection=inner: some class has all its training images in one group, so it cannot be both fitted and "
            "held back; take cv.selection=last"
        )
    return best[1].astype(np.int64), best[2].astype(np.int64)
