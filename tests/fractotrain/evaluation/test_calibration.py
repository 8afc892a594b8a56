"""Temperature, prior, and the figures that judge confidence."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.metrics import brier_score_loss, log_loss

from fractotrain.evaluation.answers import Answers
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.calibration import (
    N_BINS,
    calibrate_across_folds,
    fit_calibrator,
    reliability,
    trust_figures,
)


def _honest(n: int, seed: int, shares: tuple[float, ...] = (0.5, 0.3, 0.2)) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and the exact log posterior of Gaussian observations: perfectly calibrated logits."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(3, n, p=shares)
    seen = rng.normal(0, 1, (n, 3)) + 1.5 * np.eye(3)[labels]
    return labels.astype(np.int64), 1.5 * seen + np.log(shares)


def test_a_planted_temperature_is_found() -> None:
    """Logits stretched by 3 are brought back by a temperature of 3."""
    labels, logits = _honest(20000, 1)
    assert fit_calibrator(logits, labels, balanced_sampler=False).temperature == pytest.approx(1, rel=0.05)
    assert fit_calibrator(3 * logits, labels, balanced_sampler=False).temperature == pytest.approx(3, rel=0.05)


def test_a_balanced_model_is_turned_to_the_archives_frequencies() -> None:
    """Logits of a model that took classes as equally frequent are corrected to the exact posterior."""
    labels, logits = _honest(20000, 2, (0.8, 0.15, 0.05))
    balanced = logits - np.log((0.8, 0.15, 0.05))
    corrected = fit_calibrator(balanced, labels, balanced_sampler=True)
    assert corrected.temperature == pytest.approx(1, rel=0.05)
    assert corrected.probabilities(balanced) == pytest.approx(softmax(logits, axis=1), abs=0.03)


def test_no_fold_is_calibrated_by_its_own_labels(simulate: Callable[..., Answers]) -> None:
    """Changing the labels of a fold changes the calibrators of the other folds and not its own."""
    answers = simulate()
    turned = np.where(answers.folds == 2, (answers.labels + 1) % 3, answers.labels)
    temperatures = []
    for labels in (answers.labels, turned):
        found = calibrate_across_folds(answers.logits, labels, answers.folds, balanced_sampler=True)
        assert found is not None
        temperatures.append([found[1][fold].temperature for fold in range(5)])
    assert temperatures[0][2] == temperatures[1][2]
    assert all(temperatures[0][k] != temperatures[1][k] for k in (0, 1, 3, 4))
    assert calibrate_across_folds(answers.logits, turned, np.zeros(len(turned)), balanced_sampler=True) is None


def test_figures_are_those_of_scikit_learn(simulate: Callable[..., Answers]) -> None:
    """Brier score (sum over classes) and log loss against the library; calibration error against its definition."""
    answers = simulate(strength=1.0)
    probabilities = softmax(answers.logits, axis=1)
    where = np.ones(len(answers), bool)
    figures = trust_figures(probabilities, answers.labels, where, GroupBootstrap.of(answers.foans, 50, 0))
    expected = brier_score_loss(answers.labels, probabilities, labels=[0, 1, 2], scale_by_half=False)
    assert figures["brier"].value == pytest.approx(expected)
    assert figures["nll"].value == pytest.approx(log_loss(answers.labels, probabilities))
    confidence, correct = probabilities.max(axis=1), answers.labels == answers.predicted
    error = 0.0
    for low in np.arange(N_BINS) / N_BINS:
        part = (confidence >= low) & (confidence < low + 1 / N_BINS)
        if part.any():
            error += part.mean() * abs(correct[part].mean() - confidence[part].mean())
    assert figures["ece"].value == pytest.approx(error)


def test_calibration_repairs_an_overconfident_model(simulate: Callable[..., Answers]) -> None:
    """Stretched logits: calibration error and negative log-likelihood fall, accuracy stays without a prior."""
    answers = simulate(n_foans=300, strength=1.0)
    answers = replace(answers, logits=5 * answers.logits)
    found = calibrate_across_folds(answers.logits, answers.labels, answers.folds, balanced_sampler=False)
    assert found is not None
    draws, where = GroupBootstrap.of(answers.foans, 100, 0), np.ones(len(answers), bool)
    before = trust_figures(np.exp(log_softmax(answers.logits, axis=1)), answers.labels, where, draws)
    after = trust_figures(found[0], answers.labels, where, draws)
    assert (after["ece"].value or 1) < 0.04
    assert (before["ece"].value or 0) > 0.15
    assert (after["nll"].value or 0) < (before["nll"].value or 0)
    assert after["accuracy"] == before["accuracy"]


def test_reliability_bins_hold_every_frame_once() -> None:
    """Honest logits lie on the diagonal; the bins' frames add up; a confidence of 1 is in the last bin."""
    labels, logits = _honest(20000, 3)
    draws = GroupBootstrap.of(np.arange(len(labels)).astype(str).astype(object), 20, 0)
    bins = reliability(softmax(logits, axis=1), labels, draws)
    assert sum(part.accuracy.n for part in bins) == len(labels)
    assert all(abs((part.accuracy.value or 0) - part.mean_confidence) < 0.05 for part in bins if part.accuracy.n > 500)
    sure = reliability(np.eye(3), np.arange(3), GroupBootstrap.of(np.array(["a", "b", "c"], object), 20, 0))
    assert [(part.low, part.high) for part in sure] == [(0.9, 1.0)]
