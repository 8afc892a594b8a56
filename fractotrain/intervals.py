"""How far to trust the mean of a few folds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from fractotrain.evaluation.bootstrap import LEVEL, GroupBootstrap


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
    if len(set(groups)) < 2 or n_samples == 0:
        return None
    draws = GroupBootstrap.of(np.asarray(groups, object), n_samples, seed)
    macro_f1 = draws.scores(true, predicted, np.ones(len(true), bool))["macro_f1"]
    assert macro_f1.low is not None and macro_f1.high is not None  # noqa: S101, PT018 - two groups and some draws
    return macro_f1.low, macro_f1.high
