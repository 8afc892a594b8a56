"""How far to trust the mean of a few folds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from fractotrain.metrics import N_CLASSES

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """Mean over folds, with two 95 % intervals; all None but the mean if there is one fold only."""

    mean: float
    sd: float | None
    """Sample standard deviation, n - 1."""
    t_low: float | None
    """``mean - t(0.975, n-1) sd / sqrt(n)``, the paper's interval: takes folds as independent, which they are not."""
    t_high: float | None
    corrected_low: float | None
    """Corrected resampled interval (Nadeau and Bengio 2003): folds share training data, so it is wider."""
    corrected_high: float | None


def fold_interval(values: Sequence[float], test_share: float) -> Interval:
    """Intervals of a mean over folds.

    Args:
        values: One figure per fold.
        test_share: Validation images over training images of a fold: 0.25 for five folds.
    """
    mean = float(np.mean(values))
    n = len(values)
    if n < 2:
        return Interval(mean, None, None, None, None, None)
    sd = float(np.std(values, ddof=1))
    quantile = float(student_t.ppf(0.5 + LEVEL / 2, n - 1))
    plain = quantile * sd * math.sqrt(1 / n)
    corrected = quantile * sd * math.sqrt(1 / n + test_share)
    return Interval(mean, sd, mean - plain, mean + plain, mean - corrected, mean + corrected)


def bootstrap_macro_f1(
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    groups: Sequence[str],
    n_samples: int,
    seed: int,
) -> tuple[float, float] | None:
    """95 % percentile interval of the pooled macro-F1, drawing whole groups (FOANs) with replacement.

    Frames of one component are not independent; its FOAN is. None if there are fewer than two groups or no samples.
    """
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 2 or n_samples == 0:
        return None
    counts = np.zeros((len(names), N_CLASSES, N_CLASSES))
    np.add.at(counts, (group_of, true, predicted), 1)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=n_samples)
    confusion = (draws @ counts.reshape(len(names), -1)).reshape(n_samples, N_CLASSES, N_CLASSES)
    hits = np.einsum("sii->si", confusion)
    margin = confusion.sum(axis=1) + confusion.sum(axis=2)
    f1 = np.where(margin > 0, 2 * hits / np.maximum(margin, 1), np.nan)
    low, high = np.percentile(np.nanmean(f1, axis=1), [50 * (1 - LEVEL), 50 * (1 + LEVEL)])
    return float(low), float(high)
