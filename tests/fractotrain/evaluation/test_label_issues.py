"""Suspicious labels by confident learning."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fractotrain.evaluation.answers import Answers
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.label_issues import find_label_issues, noise_by_method


def _with_noise(answers: Answers, share: float, seed: int = 0) -> tuple[Answers, np.ndarray]:
    """Wrong labels among the frames matched fuzzily, a third of all."""
    rng = np.random.default_rng(seed)
    fuzzy = np.arange(len(answers)) % 3 == 0
    wrong = fuzzy & (rng.random(len(answers)) < share)
    labels = np.where(wrong, (answers.labels + rng.integers(1, 3, len(answers))) % 3, answers.labels)
    methods = np.where(fuzzy, "fuzzy", "exact").astype(object)
    return replace(answers, labels=labels, match_methods=methods), wrong


def test_planted_noise_is_found(simulate: Callable[..., Answers]) -> None:
    """Most wrong labels are listed, most listed labels are wrong, and the strongest suspicions are the surest."""
    answers, wrong = _with_noise(simulate(n_foans=200, strength=5.0), 0.2)
    issues = find_label_issues(answers.logits, answers.labels)
    assert issues.is_suspicious[wrong].mean() > 0.9
    assert wrong[issues.ranked[: wrong.sum() // 2]].mean() > 0.95
    assert (np.diff(issues.margin[issues.ranked]) <= 0).all()


def test_the_way_that_is_noisier_is_named(simulate: Callable[..., Answers]) -> None:
    """Fuzzy matches with planted errors exceed exact ones with an interval above 0; without errors it holds 0."""
    for share, is_noisier in ((0.2, True), (0.0, False)):
        answers, _ = _with_noise(simulate(n_foans=200, strength=4.0), share)
        issues = find_label_issues(answers.logits, answers.labels)
        found = noise_by_method(issues, answers, GroupBootstrap.of(answers.foans, 300, 1))
        assert found.excess["fuzzy"].is_above(0) is is_noisier
        assert set(found.share) == {"exact", "fuzzy"}
        assert set(found.excess) == {"fuzzy"}


def test_thresholds_follow_the_paper() -> None:
    """By hand: the mean self-confidences are .57 and .75, which the last two frames do not reach."""
    probabilities = np.array([[0.9, 0.05, 0.05], [0.2, 0.75, 0.05], [0.5, 0.45, 0.05], [0.3, 0.65, 0.05]])
    labels = np.array([0, 1, 0, 0])
    issues = find_label_issues(np.log(probabilities), labels)
    assert list(issues.suggested) == [0, 1, 0, 0]
    assert not issues.is_suspicious.any()
    assert issues.joint.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
    strong = find_label_issues(np.log(np.vstack([probabilities, [0.05, 0.9, 0.05]])), np.append(labels, 0))
    assert list(strong.ranked) == [4]
    assert strong.margin[4] == pytest.approx(0.85)


def test_a_class_that_is_absent_is_never_suggested(simulate: Callable[..., Answers]) -> None:
    """Without frames of a class there is no mean confidence to compare with."""
    answers = simulate(class_shares=(0.5, 0.5, 0.0), strength=0.3)
    assert set(find_label_issues(answers.logits, answers.labels).suggested) <= {0, 1}
