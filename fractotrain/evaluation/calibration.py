"""May the confidence be believed? Temperature and prior fitted on other folds, and the figures that judge it."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from fractotrain.evaluation.answers import Bools, Floats, Ints
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap
from fractotrain.metrics import N_CLASSES

MAX_TEMPERATURE = 20.0
N_BINS = 15
"""Equal width, as is usual for the expected calibration error (Guo et al. 2017)."""
_LEAST = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True)
class Calibrator:
    """``softmax(logits / temperature + log_prior)``."""

    temperature: float
    log_prior: Floats
    """Shape (classes,). Zeros for a model that saw the classes as often as they occur."""

    def probabilities(self, logits: Floats) -> Floats:
        """Shape (frames, classes), rows sum to 1."""
        return np.asarray(softmax(logits / self.temperature + self.log_prior, axis=1))


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Frames whose confidence falls into one bin."""

    low: float
    high: float
    mean_confidence: float
    accuracy: Estimate


def fit_calibrator(logits: Floats, labels: Ints, *, balanced_sampler: bool) -> Calibrator:
    """Temperature scaling (Guo et al. 2017) by least negative log-likelihood.

    A model trained with every class drawn equally often answers for a world in which they are equally frequent. Its
    posterior is turned to that of the archive by the frequencies of the classes (Saerens et al. 2002).
    """
    counts = np.bincount(labels, minlength=N_CLASSES) + 1.0  # a class that is absent here is rare, not impossible
    log_prior = np.log(counts / counts.sum()) if balanced_sampler else np.zeros(N_CLASSES)

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature) + log_prior, axis=1)
        return -float(scaled[np.arange(len(labels)), labels].mean())

    bound = float(np.log(MAX_TEMPERATURE))
    found = minimize_scalar(loss, bounds=(-bound, bound), method="bounded", options={"xatol": 1e-4})
    return Calibrator(float(np.exp(found.x)), log_prior)


def calibrate_across_folds(
    logits: Floats, labels: Ints, folds: Ints, *, balanced_sampler: bool
) -> tuple[Floats, dict[int, Calibrator]] | None:
    """Probabilities of each fold by the calibrator of the other folds: none is fitted on what it is judged by.

    Returns:
        Probabilities, and the calibrator of each fold; None if there is one fold only.
    """
    present = np.unique(folds)
    if len(present) < 2:
        return None
    probabilities = np.zeros_like(logits)
    calibrators: dict[int, Calibrator] = {}
    for fold in present:
        held, others = folds == fold, folds != fold
        calibrators[int(fold)] = fit_calibrator(logits[others], labels[others], balanced_sampler=balanced_sampler)
        probabilities[held] = calibrators[int(fold)].probabilities(logits[held])
    return probabilities, calibrators


def trust_figures(probabilities: Floats, labels: Ints, where: Bools, draws: GroupBootstrap) -> dict[str, Estimate]:
    """Brier score (0 to 2, sum over classes), negative log-likelihood (nats), expected calibration error, accuracy.

    The expected calibration error is that of the largest probability in ``N_BINS`` bins. With few frames it is positive
    even for perfect confidence.
    """
    own = probabilities[np.arange(len(labels)), labels]
    correct = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    brier = ((probabilities - np.eye(N_CLASSES)[labels]) ** 2).sum(axis=1)
    return {
        "brier": draws.mean(brier, where),
        "nll": draws.mean(-np.log(np.maximum(own, _LEAST)), where),
        "ece": _calibration_error(probabilities.max(axis=1), correct, where, draws),
        "accuracy": draws.mean(correct, where),
        "mean_confidence": draws.mean(probabilities.max(axis=1), where),
    }


def reliability(probabilities: Floats, labels: Ints, draws: GroupBootstrap, n_bins: int = 10) -> list[ReliabilityBin]:
    """Confidence against accuracy, in bins of equal width; empty bins are left out."""
    confidence = probabilities.max(axis=1)
    correct = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    bin_of = _bins(confidence, n_bins)
    return [
        ReliabilityBin(
            k / n_bins, (k + 1) / n_bins, float(confidence[bin_of == k].mean()), draws.mean(correct, bin_of == k)
        )
        for k in np.unique(bin_of)
    ]


def _bins(confidence: Floats, n_bins: int) -> Ints:
    return np.minimum((confidence * n_bins).astype(np.int64), n_bins - 1)


def _calibration_error(confidence: Floats, correct: Floats, where: Bools, draws: GroupBootstrap) -> Estimate:
    """Sum over bins of |hits - confidence| / n: needs only the sum of ``hits - confidence`` in each bin.

    Drawing frames adds noise to each bin, and absolute values turn noise into error: draws lie above the figure of the
    sample. Their spread is that of the figure; so they are shifted to it.
    """
    gap = np.eye(N_BINS)[_bins(confidence, N_BINS)] * ((correct - confidence) * where)[:, None]
    terms = np.column_stack([gap, where.astype(np.float64)])

    def error(sums: Floats) -> Floats:
        return np.asarray(np.abs(sums[..., :-1]).sum(axis=-1) / np.maximum(sums[..., -1], 1))

    value = float(error(terms.sum(axis=0))) if where.any() else np.nan
    drawn = error(draws.sums(terms))
    return draws.estimate(value, np.maximum(drawn - drawn.mean() + value, 0), where)
