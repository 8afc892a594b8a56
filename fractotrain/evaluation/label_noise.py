"""How likely is a label wrong? Out-of-fold answers and a share of wrong labels, fitted together.

A frame of class c is labelled c with probability ``1 - e``, else as one of the other classes, each as likely as the
other. Its class has the probability ``softmax(s z + b)``, z being the logits of a model that never saw it. So the label
y has ``(1 - e) p_y + e (1 - p_y) / (K - 1)``, and given y the label is wrong with

    P(wrong | z, y) = e (1 - p_y) / (K - 1)  /  ((1 - e) p_y + e (1 - p_y) / (K - 1)).

A mediocre model gets a small s: it is never sure, so no label is likely to be wrong. Only what is contradicted more
surely than the model's own errors explain adds to e. (Symmetric noise as in Natarajan et al. 2013; s and b are the
temperature and the biases of Guo et al. 2017.) Frames that the model takes for another class because their component is
a rare sight are counted as wrong labels too: e is what people should look at, not what is proven.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, softmax

from fractotrain.evaluation.answers import Floats, Ints
from fractotrain.evaluation.bootstrap import LEVEL, Estimate, GroupBootstrap, never_certain, percentile_interval
from fractotrain.metrics import N_CLASSES

MAX_SHARE = 0.3
"""Of wrong labels. More would be no archive to train on."""
_EXPECTED_SHARE = 1 / 40
"""Mean of the prior of e, exponential: before anything is seen, one label in forty is wrong."""
_SPREADS = (1.0, *[2.0] * (N_CLASSES - 1))
"""Of the normal priors of log s and of b; they matter where frames are few."""
_STARTS = (-4.0, -2.0)
_GRID = np.concatenate([[0.0], np.geomspace(1e-4, MAX_SHARE, 80)])


@dataclass(frozen=True, slots=True)
class LabelNoise:
    """What the answers say of the labels."""

    share: float
    """e, the share of wrong labels."""
    label_probability: Floats
    """p_y of each frame, if no label were wrong."""

    @property
    def wrong_probability(self) -> Floats:
        """P(wrong | z, y) of each frame."""
        of_wrong = self.share * _others(self.label_probability)
        return np.asarray(of_wrong / ((1 - self.share) * self.label_probability + of_wrong))


def fit_label_noise(logits: Floats, labels: Ints) -> LabelNoise:
    """Maximum a posteriori fit of e, s and b to out-of-fold answers; no frames give no noise."""
    rows, n = np.arange(len(labels)), len(labels)
    if not n:
        return LabelNoise(0.0, np.zeros(0))

    def probability(parameters: Floats) -> Floats:
        biases = np.append(parameters[1:N_CLASSES], 0.0)
        return np.asarray(np.maximum(softmax(np.exp(parameters[0]) * logits + biases, axis=1)[rows, labels], 1e-300))

    def loss(parameters: Floats) -> float:
        share = float(expit(parameters[-1]))
        prior = 0.5 * ((parameters[:-1] / _SPREADS) ** 2).sum() + share / _EXPECTED_SHARE
        return float(prior - _log_likelihood(probability(parameters), share).sum()) / n

    bounds = [(-4, 4), *[(-8, 8)] * (N_CLASSES - 1), (-10, np.log(MAX_SHARE / (1 - MAX_SHARE)))]
    starts = [np.array([0.0] * N_CLASSES + [start]) for start in _STARTS]
    found = min((minimize(loss, start, method="L-BFGS-B", bounds=bounds) for start in starts), key=lambda f: f.fun)
    return LabelNoise(float(expit(found.x[-1])), probability(found.x))


def share_of_wrong_labels(noise: LabelNoise, draws: GroupBootstrap) -> Estimate:
    """The share e with its interval over FOANs; s and b stay as fitted, so that a draw needs sums alone.

    If no draw has a wrong label, it is 0, with what may be true of FOANs and was seen in none of so many.
    """
    terms = np.stack([_log_likelihood(noise.label_probability, share) for share in _GRID], axis=1)
    drawn = _GRID[(draws.sums(terms) - _GRID / _EXPECTED_SHARE).argmax(axis=1)]
    n_foans = draws.n_groups(np.ones(len(terms), bool))
    low, high = percentile_interval(drawn, LEVEL) if n_foans > 1 else (None, None)
    value = 0.0 if low == high == 0 else noise.share
    return never_certain(Estimate(value, low, high, len(terms), n_foans))


def _others(probability: Floats) -> Floats:
    return np.asarray((1 - probability) / (N_CLASSES - 1))


def _log_likelihood(probability: Floats, share: float) -> Floats:
    return np.asarray(np.log((1 - share) * probability + share * _others(probability) + 1e-300))
