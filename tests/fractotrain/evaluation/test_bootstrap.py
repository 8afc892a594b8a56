"""Intervals over FOANs, by one matrix product."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from fractotrain.evaluation.answers import Answers, folds_over_foans
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.metrics import figures_of_confusions, one_hot_confusions


def test_figures_are_those_of_scikit_learn(simulate: Callable[..., Answers]) -> None:
    """Point figures of all classes and of each, on skewed data."""
    answers = simulate(strength=0.8)
    true, predicted = answers.labels, answers.predicted
    figures = figures_of_confusions(one_hot_confusions(true, predicted).sum(axis=0))
    assert figures["accuracy"] == pytest.approx(accuracy_score(true, predicted))
    assert figures["macro_f1"] == pytest.approx(f1_score(true, predicted, average="macro"))
    assert figures["macro_precision"] == pytest.approx(precision_score(true, predicted, average="macro"))
    assert figures["macro_recall"] == pytest.approx(recall_score(true, predicted, average="macro"))
    assert figures["f1:material"] == pytest.approx(f1_score(true, predicted, average=None)[2])


def test_table_3_of_the_paper_follows_from_its_recall_and_precision() -> None:
    """Confusion matrices with the recall and precision that it prints have the F1 that it prints."""
    for recall, precision, f1 in ((0.898, 0.903, 0.901), (0.924, 0.907, 0.916), (0.777, 0.939, 0.851)):
        n_true, hits = 1e6, recall * 1e6
        confusion = np.zeros((3, 3))
        confusion[0] = hits, n_true - hits, 0
        confusion[1] = hits / precision - hits, 1e6, 0
        assert figures_of_confusions(confusion.ravel())["f1:green_body"] == pytest.approx(f1, abs=7e-4)


def test_sums_of_a_draw_are_those_of_the_frames_it_drew(simulate: Callable[..., Answers]) -> None:
    """Brute force: repeat each FOAN's frames as often as it was drawn, and score them with scikit-learn."""
    answers = simulate(n_foans=7, strength=0.5)
    draws = GroupBootstrap.of(answers.foans, 20, seed=3)
    terms = one_hot_confusions(answers.labels, answers.predicted)
    drawn = figures_of_confusions(draws.sums(terms))["macro_f1"]
    for row, weights in enumerate(draws.weights):
        repeated = np.repeat(np.arange(len(answers)), weights.astype(int)[draws.group_of])
        true, predicted = answers.labels[repeated], answers.predicted[repeated]
        occurring = np.union1d(true, predicted)
        assert drawn[row] == pytest.approx(f1_score(true, predicted, average="macro", labels=occurring))


def test_intervals_cover_the_truth_about_as_often_as_they_say(simulate: Callable[..., Answers]) -> None:
    """95 % intervals of accuracy hold the accuracy of the whole population in most of 200 samples of 40 FOANs."""
    population = simulate(n_foans=4000, seed=99, strength=1.0)
    truth = (population.labels == population.predicted).mean()
    covered = 0
    for seed in range(200):
        sample = simulate(n_foans=40, seed=seed, strength=1.0)
        hits = (sample.labels == sample.predicted).astype(float)
        estimate = GroupBootstrap.of(sample.foans, 300, seed).mean(hits, np.ones(len(sample), bool))
        assert estimate.low is not None
        assert estimate.high is not None
        covered += estimate.low <= truth <= estimate.high
    assert 0.89 <= covered / 200 <= 0.99  # binomial error of 200 samples, and a percentile interval is a little short


def test_frames_of_few_foans_make_wide_intervals(simulate: Callable[..., Answers]) -> None:
    """The same frames, taken as independent, would pretend to more than they know."""
    answers = simulate(n_foans=20, frames_per_foan=20, foan_effect=2.0)
    hits, everywhere = (answers.labels == answers.predicted).astype(float), np.ones(len(answers), bool)
    grouped = GroupBootstrap.of(answers.foans, 500, 1).mean(hits, everywhere)
    alone = GroupBootstrap.of(answers.paths, 500, 1).mean(hits, everywhere)
    assert grouped.value == alone.value
    assert grouped.high - grouped.low > 1.5 * (alone.high - alone.low)  # type: ignore[operator]
    assert (grouped.n, grouped.n_foans) == (400, 20)


def test_one_foan_gives_no_interval(simulate: Callable[..., Answers]) -> None:
    """A figure of one component says nothing about others; nor is there a figure of no frame."""
    answers = simulate(n_foans=3)
    draws = GroupBootstrap.of(answers.foans, 50, 0)
    one = draws.scores(answers.labels, answers.predicted, answers.foans == "F-001")["accuracy"]
    assert one.value is not None
    assert (one.low, one.high, one.n, one.n_foans) == (None, None, 8, 1)
    none = draws.scores(answers.labels, answers.predicted, answers.foans == "nobody")["accuracy"]
    assert (none.value, none.low, none.n) == (None, None, 0)


def test_foans_never_straddle_the_folds_made_for_fitting(simulate: Callable[..., Answers]) -> None:
    """Grouped folds stay as they are; image folds are turned into folds over FOANs."""
    answers = simulate()
    assert np.array_equal(folds_over_foans(answers.folds, answers.foans), answers.folds)
    image_folds = np.arange(len(answers)) % 5
    folds = folds_over_foans(image_folds, answers.foans)
    assert all(len(set(folds[answers.foans == foan])) == 1 for foan in set(answers.foans))
