"""Sets of classes that hold the true one with a stated probability, whatever the model (conformal prediction).

Frames of one FOAN resemble each other, so frames are not exchangeable, but FOANs are. The threshold is therefore the
quantile of a distribution in which every FOAN weighs the same and the FOAN to come weighs as much as each of them
(hierarchical conformal prediction: Lee, Barber and Willett 2023, "Distribution-free inference with hierarchical data").
For a frame of a new FOAN the set then misses the true class with probability alpha at most. One threshold per true
class (Mondrian) makes that hold within each class, the rare one too.

The statement is exact if a model is calibrated on FOANs that it was not trained on. Here each fold has a model of its
own, so scores of several models stand side by side (cross-conformal): the observed error is shown beside the
guaranteed one.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from fractotrain.evaluation.answers import Bools, Floats, Ints, Names, one_number_per_name
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap
from fractotrain.metrics import N_CLASSES


@dataclass(frozen=True, slots=True)
class ConformalSets:
    """Calibrated sets: class c belongs to a frame's set if its non-conformity is at most the threshold of c."""

    alpha: float
    thresholds: Floats
    """Shape (classes,). Infinite where too few FOANs of the class were there: the class is then in every set."""
    n_foans: Ints
    """FOANs that each threshold rests on."""

    def sets(self, logits: Floats) -> Bools:
        """Shape (frames, classes)."""
        return nonconformity(logits) <= self.thresholds


@dataclass(frozen=True, slots=True)
class SetFigures:
    """What the sets of held-out frames came to."""

    error: Estimate
    """Share of frames whose set misses the true class; at most alpha is guaranteed."""
    answered: Estimate
    """Share of frames with exactly one class in the set: these are answered."""
    wrong_answers: Estimate
    """Share of all frames that were answered wrongly; at most alpha is guaranteed."""
    error_when_answered: Estimate
    """Wrong answers among the answers. Nothing is guaranteed for it."""


def nonconformity(logits: Floats) -> Floats:
    """One minus the probability of each class (Sadinle et al. 2019: smallest sets on average). Shape (frames, classes).

    Probabilities come straight from the logits: a fitted temperature would use the calibration frames twice.
    """
    return 1.0 - np.asarray(softmax(logits, axis=1))


def hierarchical_quantile(scores: Floats, groups: Names, alpha: float) -> float:
    """Smallest score at which the weighted distribution reaches ``1 - alpha``; infinite if it never does.

    A group of K weighs 1 / (K + 1), shared evenly by its scores; the last 1 / (K + 1) lies at infinity.
    """
    if not len(scores):
        return np.inf
    names, group_of = one_number_per_name(groups)
    weight = 1.0 / (np.bincount(group_of)[group_of] * (len(names) + 1))
    order = np.argsort(scores, kind="stable")
    reached = np.flatnonzero(np.cumsum(weight[order]) >= 1 - alpha - 1e-12)  # sums of fractions round
    return float(scores[order][reached[0]]) if len(reached) else np.inf


def calibrate_sets(logits: Floats, labels: Ints, foans: Names, alpha: float) -> ConformalSets:
    """Thresholds per true class from frames that the models had not seen."""
    own = nonconformity(logits)[np.arange(len(labels)), labels]
    of_class = [labels == c for c in range(N_CLASSES)]
    return ConformalSets(
        alpha,
        np.array([hierarchical_quantile(own[part], foans[part], alpha) for part in of_class]),
        np.array([len(set(foans[part])) for part in of_class], np.int64),
    )


def sets_across_folds(
    logits: Floats, labels: Ints, folds: Ints, foans: Names, alpha: float, where: Bools | None = None
) -> Bools:
    """Sets of each fold's frames, calibrated on the frames of the other folds that count. Shape (frames, classes).

    No FOAN may straddle the folds (``folds_over_foans``).
    """
    counts = np.ones(len(labels), bool) if where is None else where
    sets = np.ones((len(labels), N_CLASSES), bool)
    for fold in np.unique(folds):
        held = folds == fold
        others = counts & ~held
        sets[held] = calibrate_sets(logits[others], labels[others], foans[others], alpha).sets(logits[held])
    return sets


def set_figures(sets: Bools, labels: Ints, where: Bools, draws: GroupBootstrap) -> SetFigures:
    """Observed error and share of answers, with intervals, over the frames that count."""
    covered = sets[np.arange(len(labels)), labels]
    answered = sets.sum(axis=1) == 1
    wrong = answered & ~covered
    return SetFigures(
        draws.mean((~covered).astype(np.float64), where),
        draws.mean(answered.astype(np.float64), where),
        draws.mean(wrong.astype(np.float64), where),
        draws.mean(wrong.astype(np.float64), where & answered),
    )
