"""Intervals reproduce the paper's rows and the literature's formula."""

import numpy as np
import pytest

from fractotrain.intervals import bootstrap_macro_f1, fold_interval


def _five_folds(mean: float, sd: float) -> list[float]:
    """Five figures with exactly this mean and sample standard deviation."""
    shape = np.array([-2, -1, 0, 1, 2]) / np.sqrt(2.5)
    return list(mean + sd * shape)


@pytest.mark.parametrize(("mean", "sd", "low", "high"), [(0.907, 0.008, 0.897, 0.917), (0.888, 0.017, 0.867, 0.909)])
def test_reproduces_the_papers_intervals(mean: float, sd: float, low: float, high: float) -> None:
    """Accuracy and macro-F1 of the paper's table: mean +- 1.2416 SD."""
    interval = fold_interval(_five_folds(mean, sd), 0.25)
    assert interval.sd == pytest.approx(sd)
    assert interval.t_low is not None
    assert interval.t_high is not None
    assert (interval.t_low, interval.t_high) == pytest.approx((low, high), abs=6e-4)
    assert (interval.t_high - mean) / sd == pytest.approx(1.2416, abs=1e-4)


def test_corrected_interval_is_wider() -> None:
    """Shared training data widen the paper's macro-F1 interval to [.856, .920] (Nadeau and Bengio 2003)."""
    interval = fold_interval(_five_folds(0.888, 0.017), 0.25)
    assert (interval.corrected_low, interval.corrected_high) == pytest.approx((0.856, 0.920), abs=5e-4)


def test_one_fold_has_no_spread() -> None:
    """A single fold has a figure and no interval."""
    interval = fold_interval([0.9], 0.25)
    assert interval.mean == 0.9
    assert interval.sd is interval.t_low is interval.corrected_high is None


def test_bootstrap_over_foans_sees_that_frames_hang_together() -> None:
    """The same predictions are less certain if they come from 10 components than if from 200."""
    rng = np.random.default_rng(0)
    true = np.repeat(rng.integers(0, 3, 10), 20)
    wrong = np.repeat(rng.random(10) < 0.3, 20)
    predicted = np.where(wrong, (true + 1) % 3, true)
    few = bootstrap_macro_f1(true, predicted, [str(i // 20) for i in range(200)], 500, 1)
    many = bootstrap_macro_f1(true, predicted, [str(i) for i in range(200)], 500, 1)
    assert few is not None
    assert many is not None
    assert few[1] - few[0] > 2 * (many[1] - many[0])


def test_bootstrap_is_repeatable_and_needs_groups() -> None:
    """The same seed draws the same; one component alone says nothing about others."""
    true = np.array([0, 1, 2, 0, 1, 2])
    predicted = np.array([0, 1, 2, 1, 1, 2])
    groups = list("aabbcc")
    assert bootstrap_macro_f1(true, predicted, groups, 200, 3) == bootstrap_macro_f1(true, predicted, groups, 200, 3)
    assert bootstrap_macro_f1(true, predicted, ["a"] * 6, 200, 3) is None
    assert bootstrap_macro_f1(true, predicted, groups, 0, 3) is None
