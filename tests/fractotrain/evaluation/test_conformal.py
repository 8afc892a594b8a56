"""Conformal sets keep what they promise, for new components."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fractotrain.evaluation.answers import Answers
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.conformal import calibrate_sets, hierarchical_quantile, set_figures, sets_across_folds
from fractotrain.evaluation.triage import Advice, fit_triage


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.sampled_from([0.05, 0.1, 0.2, 0.5]))
def test_one_frame_a_foan_is_split_conformal_prediction(scores: list[float], alpha: float) -> None:
    """Oracle: the ceil((n + 1)(1 - alpha))-th smallest score, infinite if there is none."""
    rank = math.ceil((len(scores) + 1) * (1 - alpha) - 1e-9)
    expected = sorted(scores)[rank - 1] if rank <= len(scores) else math.inf
    groups = np.array([str(k) for k in range(len(scores))], object)
    assert hierarchical_quantile(np.array(scores), groups, alpha) == expected


def test_a_foan_weighs_the_same_however_many_frames_it_has() -> None:
    """A component with a thousand frames does not drown nine others; nine are just enough for 10 %, eight are not."""
    scores = np.array([0.9] + [0.1] * 1000 + [0.2] * 8)
    groups = np.array(["odd"] + ["many"] * 1000 + [f"f{k}" for k in range(8)], object)
    assert hierarchical_quantile(scores, groups, 0.1) == pytest.approx(0.9)
    assert hierarchical_quantile(scores, groups, 0.2) == pytest.approx(0.2)
    assert hierarchical_quantile(scores[1:-1], groups[1:-1], 0.1) == np.inf
    assert hierarchical_quantile(scores[:0], groups[:0], 0.1) == np.inf


def test_new_foans_are_covered_as_often_as_promised(simulate: Callable[..., Answers]) -> None:
    """Calibrated on 60 components, tested on others: in the mean over 60 archives each class errs at most 10 %.

    Components have strong effects of their own, so a threshold that took frames as exchangeable would be too sure.
    """
    errors = []
    for seed in range(60):
        both = simulate(n_foans=160, frames_per_foan=6, seed=seed, foan_effect=1.5)
        calibration = both.foans < "F-060"
        sets = calibrate_sets(both.logits[calibration], both.labels[calibration], both.foans[calibration], 0.1).sets(
            both.logits[~calibration]
        )
        labels = both.labels[~calibration]
        missed = ~sets[np.arange(len(labels)), labels]
        errors.append([missed[labels == c].mean() for c in range(3)])
    mean = np.mean(errors, axis=0)
    assert (mean <= 0.1 + 3 * np.std(errors, axis=0) / np.sqrt(60)).all()
    assert (mean > 0.02).all()  # and not by putting every class into every set


def test_held_folds_are_covered_and_wrong_answers_are_bounded(simulate: Callable[..., Answers]) -> None:
    """Across folds the observed error stays near the guaranteed one; wrong answers are some of the missed frames."""
    answers = simulate(n_foans=400, strength=2.5)
    sets = sets_across_folds(answers.logits, answers.labels, answers.folds, answers.foans, 0.1)
    found = set_figures(sets, answers.labels, np.ones(len(answers), bool), GroupBootstrap.of(answers.foans, 100, 0))
    assert 0.05 < (found.error.value or 0) < 0.13
    assert (found.wrong_answers.value or 1) <= (found.error.value or 0)
    assert (found.answered.value or 0) > 0.5
    expected = (found.wrong_answers.value or 0) / (found.answered.value or 1)
    assert found.error_when_answered.value == pytest.approx(expected)


def test_no_fold_calibrates_itself(simulate: Callable[..., Answers]) -> None:
    """Labels of the held fold do not move its sets."""
    answers = simulate()
    turned = np.where(answers.folds == 1, (answers.labels + 1) % 3, answers.labels)
    sets = [sets_across_folds(answers.logits, y, answers.folds, answers.foans, 0.1) for y in (answers.labels, turned)]
    held = answers.folds == 1
    assert np.array_equal(sets[0][held], sets[1][held])
    assert not np.array_equal(sets[0][~held], sets[1][~held])


def test_triage_answers_the_sure_and_sends_on_the_rest(simulate: Callable[..., Answers]) -> None:
    """One class in the set: answer; several: a higher magnification; none: a person."""
    triage = fit_triage(simulate(n_foans=200, strength=4.0), 0.1, balanced_sampler=True)
    decided = triage.decide(np.array([[8.0, 0, 0], [0, 0, 0]]))
    assert decided.advice[0] is Advice.ANSWER
    assert decided.predicted[0] == 0
    assert decided.probabilities.sum(axis=1) == pytest.approx([1, 1])
    assert decided.advice[1] is Advice.PERSON  # the model is so good that thirds are never seen
    unsure = fit_triage(simulate(n_foans=200, strength=0.5), 0.1, balanced_sampler=True)
    assert unsure.decide(np.zeros((1, 3))).advice == (Advice.HIGHER_MAGNIFICATION,)
    few = fit_triage(simulate(n_foans=9, strength=4.0), 0.1, balanced_sampler=True)
    assert set(few.decide(np.array([[8.0, 0, 0]])).advice) == {Advice.HIGHER_MAGNIFICATION}
