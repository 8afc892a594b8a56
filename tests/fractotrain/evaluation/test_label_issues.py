"""Suspicious labels by confident learning."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fractotrain.evaluation.answers import Answers
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.label_issues import find_label_issues, noise_by_method
from fractotrain.evaluation.label_noise import fit_label_noise, share_of_wrong_labels


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
    assert (np.diff(issues.noise.wrong_probability[issues.ranked]) <= 0).all()
    expected = issues.n_expected(GroupBootstrap.of(answers.foans, 200, 0))
    assert expected.value == pytest.approx(wrong[issues.ranked].sum(), rel=0.05)
    assert expected.low is not None
    assert expected.high is not None
    assert expected.low < wrong[issues.ranked].sum() < expected.high


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_a_mediocre_model_lists_few_labels(simulate: Callable[..., Answers], share: float) -> None:
    """It contradicts a sixth of all labels; the list holds what its own errors do not explain, at most wrong ones."""
    answers, wrong = _with_noise(simulate(n_foans=200, strength=1.5), 3 * share, seed=3)  # a third is fuzzy
    issues = find_label_issues(answers.logits, answers.labels)
    assert issues.is_contradicted.mean() > 0.12
    assert issues.is_suspicious.mean() <= share
    assert not (issues.is_suspicious & ~issues.is_contradicted).any()
    if share:
        assert wrong[issues.is_suspicious].mean() > 0.6


@pytest.mark.parametrize("share", [0.0, 0.06])
def test_the_share_of_wrong_labels_lies_in_its_interval(simulate: Callable[..., Answers], share: float) -> None:
    """Planted noise is found with an interval over FOANs; without it the interval reaches down to next to nothing."""
    answers, wrong = _with_noise(simulate(n_foans=300, strength=3.0), 3 * share, seed=4)
    noise = fit_label_noise(answers.logits, answers.labels)
    found = share_of_wrong_labels(noise, GroupBootstrap.of(answers.foans, 400, 1))
    assert found.low is not None
    assert found.high is not None
    assert found.low <= wrong.mean() + 0.002
    assert wrong.mean() <= found.high < wrong.mean() + 0.04
    assert found.value == pytest.approx(wrong.mean(), abs=0.015)
    assert (found.n, found.n_foans) == (2400, 300)


def test_the_fit_is_that_of_its_formula() -> None:
    """Oracle: with the model's temperature and biases known, e solves the likelihood equation of the formula."""
    rng = np.random.default_rng(5)
    probability = rng.beta(8, 1, 4000)
    wrong = rng.random(4000) < 0.1
    logits = np.log(np.stack([probability, (1 - probability) / 2, (1 - probability) / 2], axis=1))
    truth = np.array([rng.choice(3, p=row) for row in np.exp(logits)])
    labels = np.where(wrong, (truth + rng.integers(1, 3, 4000)) % 3, truth)
    noise = fit_label_noise(logits, labels)
    p, e = noise.label_probability, noise.share
    assert e == pytest.approx(0.1, abs=0.015)
    score = ((1 - p) / 2 - p) / ((1 - e) * p + e * (1 - p) / 2)  # derivative of the log-likelihood in e
    assert score.sum() == pytest.approx(40, abs=2)  # less that of the prior, exponential with mean 1 / 40
    by_bayes = e * (1 - p) / 2 / ((1 - e) * p + e * (1 - p) / 2)
    assert noise.wrong_probability == pytest.approx(by_bayes)


def test_no_wrong_label_among_few_components_is_still_a_bound(simulate: Callable[..., Answers]) -> None:
    """Nine components, all answered rightly: a share of up to a third cannot be excluded."""
    answers = simulate(n_foans=9, frames_per_foan=1, strength=40.0)
    draws = GroupBootstrap.of(answers.foans, 200, 0)
    found = share_of_wrong_labels(fit_label_noise(answers.logits, answers.labels), draws)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 9))


def test_a_single_frame_and_none_give_no_suspicion() -> None:
    """Nothing to learn from, nothing said."""
    assert not find_label_issues(np.array([[1.0, 0, 0]]), np.array([0])).is_suspicious.any()
    assert not len(find_label_issues(np.zeros((0, 3)), np.zeros(0, np.int64)).ranked)


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
    assert not issues.is_contradicted.any()
    strong = find_label_issues(np.log(np.vstack([probabilities, [0.05, 0.9, 0.05]])), np.append(labels, 0))
    assert list(np.flatnonzero(strong.is_contradicted)) == [4]


def test_a_class_that_is_absent_is_never_suggested(simulate: Callable[..., Answers]) -> None:
    """Without frames of a class there is no mean confidence to compare with."""
    answers = simulate(class_shares=(0.5, 0.5, 0.0), strength=0.3)
    assert set(find_label_issues(answers.logits, answers.labels).suggested) <= {0, 1}
