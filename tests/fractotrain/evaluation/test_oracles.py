"""What is written by hand, against MAPIE and statsmodels, where both answer the same question."""

import numpy as np
import pytest
from mapie.classification import SplitConformalClassifier
from sklearn.base import BaseEstimator, ClassifierMixin
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa
from statsmodels.stats.weightstats import ttost_paired

from fractotrain.attribution.agreement import kappa
from fractotrain.evaluation.conformal import calibrate_sets, nonconformity
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
    else:
        expected = fleiss_kappa(aggregate_raters(answers)[0])
    assert kappa(names[answers].tolist()) == pytest.approx(expected)
