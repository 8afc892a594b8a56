"""What is written by hand, against MAPIE, statsmodels, scikit-learn and closed forms that answer the same question."""

import math

import numpy as np
import pytest
from mapie.classification import SplitConformalClassifier
from scipy.special import softmax
from scipy.stats import binomtest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV, calibration_curve
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import ttost_paired

from fractotrain.attribution.agreement import kappa
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap, difference_of, unseen_share
from fractotrain.evaluation.calibration import N_BINS, fit_calibrator, trust_figures
from fractotrain.evaluation.conformal import calibrate_sets, hierarchical_quantile, nonconformity
from fractotrain.evaluation.equivalence import Equivalence, equivalence_test


class _Given(ClassifierMixin, BaseEstimator):
    """A fitted model whose probabilities are its inputs."""

    classes_ = np.arange(3)

    def fit(self, _x: np.ndarray, _y: np.ndarray) -> "_Given":
        """Nothing to fit."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """As given."""
        return x

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The likeliest class."""
        return np.asarray(x.argmax(axis=1))


class _Scores(_Given):
    """A fitted model whose logits are its inputs."""

    predict_proba = property()  # scikit-learn is to take the logits

    def fit(self, _x: np.ndarray, _y: np.ndarray) -> "_Scores":
        """Nothing to fit."""
        return self

    def decision_function(self, x: np.ndarray) -> np.ndarray:
        """As given."""
        return x


def _answers(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    logits = rng.normal(0, 1, (n, 3))
    logits[np.arange(n), labels] += 1.5
    return logits, labels


@pytest.mark.filterwarnings("ignore:WARNING. your conformalization dataset has less labels")  # one class on purpose
@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.25])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_sets_per_class_are_those_of_mapie_calibrated_on_that_class(alpha: float, label: int) -> None:
    """One frame per FOAN, where grouping changes nothing: a class is in the set where MAPIE, fed that class, has it.

    MAPIE knows no grouped calibration; frames that share a FOAN are tested by planted truth instead.
    """
    logits, labels = _answers(400, 1)
    foans = np.array([f"F-{i}" for i in range(len(labels))], object)
    new, _ = _answers(300, 2)
    ours = calibrate_sets(logits, labels, foans, alpha).sets(new)[:, label]
    own = labels == label
    mapie = SplitConformalClassifier(_Given(), confidence_level=1 - alpha, conformity_score="lac", prefit=True)
    mapie.conformalize(1 - nonconformity(logits[own]), labels[own])
    _, sets = mapie.predict_set(1 - nonconformity(new))
    np.testing.assert_array_equal(ours, sets[:, label, 0])


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.045, 0.1])
def test_bootstrap_tost_agrees_with_the_paired_t_test(shift: float) -> None:
    """Differences of 200 components, near normal: the same decision as statsmodels, and nearly the same p-value."""
    rng = np.random.default_rng(4)
    low = rng.normal(0.8, 0.1, 200)
    high = low - shift + rng.normal(0, 0.07, 200)
    differences = low - high
    draws = rng.integers(0, 200, (20_000, 200))
    found = equivalence_test(float(differences.mean()), differences[draws].mean(axis=1), 0.05)
    p_value, _, _ = ttost_paired(low, high, -0.05, 0.05)
    assert found.p_value == pytest.approx(p_value, abs=0.01)
    assert (found.verdict is Equivalence.EQUIVALENT) == (p_value < 0.05) == (shift < 0.04)


@pytest.mark.parametrize("n", [10, 58, 59, 200])
def test_equality_in_every_draw_is_no_certainty(n: int) -> None:
    """None of n components differs: equivalent within 5 % from 59 on, where the exact test says so (0.95^n < 0.05)."""
    found = equivalence_test(0.0, np.zeros(500), 0.05, n)
    exact = binomtest(0, n, 0.05, alternative="less").pvalue
    assert found.p_value == pytest.approx(exact)
    assert found.high == pytest.approx(proportion_confint(0, n, alpha=0.10, method="beta")[1])
    assert (found.verdict is Equivalence.EQUIVALENT) == (exact < 0.05) == (n >= 59)


@pytest.mark.parametrize(
    "counts", [((9, 40), (30, 200)), ((0, 15), (7, 90)), ((0, 20), (0, 300)), ((12, 12), (80, 90))]
)
def test_difference_of_two_shares_is_newcombes(counts: tuple[tuple[int, int], tuple[int, int]]) -> None:
    """Fed with Wilson intervals, the difference has the interval of statsmodels (Newcombe's method 10)."""
    (a, n), (b, m) = counts
    parts = [Estimate(k / of, *proportion_confint(k, of, method="wilson"), of, of) for k, of in counts]
    found = difference_of(*parts)
    assert (found.low, found.high) == pytest.approx(confint_proportions_2indep(a, n, b, m, method="newcomb"))
    assert found.value == pytest.approx(a / n - b / m)
    assert unseen_share(n, 0.95) == pytest.approx(proportion_confint(0, n, method="beta")[1])


def test_conformal_coverage_of_single_frames_is_the_exact_one() -> None:
    """N exchangeable components of one frame each: the set misses with probability 1 - ceil((n+1)(1-alpha)) / (n+1)."""
    rng = np.random.default_rng(11)
    n, alpha, n_archives = 25, 0.1, 4000
    groups = np.arange(n).astype(str).astype(object)
    misses = sum(hierarchical_quantile(rng.normal(size=n), groups, alpha) < rng.normal() for _ in range(n_archives))
    expected = 1 - math.ceil((n + 1) * (1 - alpha)) / (n + 1)
    assert binomtest(misses, n_archives, expected).pvalue > 0.001
    assert expected <= alpha


def test_conformal_sets_keep_their_word_for_components_of_any_size() -> None:
    """Exchangeable components of 1 to 12 like frames, the harder the larger: a frame of a new one is missed in 10 %.

    A threshold that took the frames as exchangeable would miss more: it does, and the test sees it.
    """
    rng = np.random.default_rng(12)
    n, alpha, n_archives = 30, 0.1, 2500
    misses = naive = 0
    for _ in range(n_archives):
        sizes = rng.integers(1, 13, n + 1)
        levels = rng.normal(0, 2, n + 1) - 0.2 * sizes
        scores = np.repeat(levels, sizes) + rng.normal(0, 0.3, sizes.sum())
        groups = np.repeat(np.arange(n + 1), sizes)
        known = groups < n
        new = rng.choice(scores[~known])
        misses += hierarchical_quantile(scores[known], groups[known].astype(str).astype(object), alpha) < new
        naive += np.quantile(scores[known], 1 - alpha, method="higher") < new
    assert binomtest(int(misses), n_archives, alpha, alternative="greater").pvalue > 0.001
    assert misses > 0.5 * alpha * n_archives  # and not by covering everything
    assert binomtest(int(naive), n_archives, alpha, alternative="greater").pvalue < 0.001


def test_temperature_is_that_of_scikit_learn() -> None:
    """Temperature scaling of the same logits by the library."""
    logits, labels = _answers(1500, 6)
    logits = 2.7 * logits
    library = CalibratedClassifierCV(FrozenEstimator(_Scores().fit(logits, labels)), method="temperature", cv=2)
    library.fit(logits, labels)
    ours = fit_calibrator(logits, labels, balanced_sampler=False)
    expected = np.mean([1 / part.calibrators[0].beta_ for part in library.calibrated_classifiers_])
    assert ours.temperature == pytest.approx(expected, rel=0.02)
    assert np.abs(ours.probabilities(logits) - library.predict_proba(logits)).max() < 0.01


def test_calibration_error_is_made_of_scikit_learns_curve() -> None:
    """The bins of ``calibration_curve`` weighed by their frames."""
    logits, labels = _answers(3000, 7)
    probabilities = softmax(logits, axis=1)
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    shares, means = calibration_curve(correct, confidence, n_bins=N_BINS, strategy="uniform")
    sizes = np.histogram(confidence, bins=np.linspace(0, 1, N_BINS + 1))[0]
    expected = (np.abs(shares - means) * sizes[sizes > 0]).sum() / sizes.sum()
    draws = GroupBootstrap.of(np.arange(3000).astype(str).astype(object), 20, 0)
    assert trust_figures(probabilities, labels, np.ones(3000, bool), draws)["ece"].value == pytest.approx(expected)


@pytest.mark.parametrize("n_raters", [2, 3, 5])
def test_kappa_is_that_of_statsmodels(n_raters: int) -> None:
    """Cohen's for two raters, Fleiss' for more."""
    rng = np.random.default_rng(n_raters)
    truth = rng.integers(0, 3, 60)
    answers = np.where(rng.random((60, n_raters)) < 0.7, truth[:, None], rng.integers(0, 3, (60, n_raters)))
    names = np.array(["no", "unsure", "yes"])
    if n_raters == 2:
        table = np.zeros((3, 3))
        np.add.at(table, (answers[:, 0], answers[:, 1]), 1)
        expected = cohens_kappa(table).kappa
        assert expected == pytest.approx(cohen_kappa_score(answers[:, 0], answers[:, 1]))
    else:
        expected = fleiss_kappa(aggregate_raters(answers)[0])
    assert kappa(names[answers].tolist()) == pytest.approx(expected)
