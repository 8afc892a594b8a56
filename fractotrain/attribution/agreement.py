"""Agreement between raters beyond chance, before any consensus: Cohen's kappa for two raters, Fleiss' for more."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def kappa(ratings: Sequence[Sequence[str]]) -> float | None:
    """``(observed - expected) / (1 - expected)``; None where chance alone would agree always.

    Cohen (1960) for two raters, each with his own habits; Fleiss (1971) for more, with habits pooled.

    Args:
        ratings: One sequence per item, with one answer per rater, always in the same order of raters.

    Raises:
        ValueError: no items, fewer than two raters, or not the same number of raters for each item.
    """
    if not ratings or len({len(item) for item in ratings}) != 1 or len(ratings[0]) < 2:
        raise ValueError("agreement needs items with the same two or more raters each")
    names = sorted({answer for item in ratings for answer in item})
    chosen = np.array([[names.index(answer) for answer in item] for item in ratings])
    observed = share_agreeing(ratings)
    expected = _by_chance_of_two(chosen, len(names)) if chosen.shape[1] == 2 else _by_chance_of_all(chosen, len(names))
    return None if expected == 1 else float((observed - expected) / (1 - expected))


def share_agreeing(ratings: Sequence[Sequence[str]]) -> float:
    """Share of pairs of raters that agree on an item, mean over the items."""
    shares = []
    for item in ratings:
        counts = np.unique(np.asarray(item), return_counts=True)[1]
        shares.append((counts * (counts - 1)).sum() / (len(item) * (len(item) - 1)))
    return float(np.mean(shares))


def _by_chance_of_two(chosen: NDArray[np.int64], n_names: int) -> float:
    first, second = (np.bincount(chosen[:, rater], minlength=n_names) / len(chosen) for rater in (0, 1))
    return float(first @ second)


def _by_chance_of_all(chosen: NDArray[np.int64], n_names: int) -> float:
    shares = np.bincount(chosen.ravel(), minlength=n_names) / chosen.size
    return float(shares @ shares)
