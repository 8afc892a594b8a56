"""Which labels look wrong: out-of-fold confident learning (Northcutt, Jiang and Chuang 2021, J. AI Research 70)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from fractotrain.evaluation.answers import Answers, Bools, Floats, Ints
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap, difference_of
from fractotrain.evaluation.label_noise import LabelNoise, fit_label_noise
from fractotrain.metrics import N_CLASSES

LEAST_PROBABILITY = 0.5
"""A label is listed if it is more likely wrong than right."""


@dataclass(frozen=True, slots=True)
class LabelIssues:
    """What confident learning says about each label."""

    suggested: Ints
    """The class that a frame confidently belongs to; its own label where none, or where the frame is not confident."""
    noise: LabelNoise
    """How likely each label is wrong, and the share of wrong labels."""
    is_contradicted: Bools
    """A frame confidently belongs to another class than its label: an error of the label, or of the model."""

    @property
    def is_suspicious(self) -> Bools:
        """Contradicted, and more likely by an error of the label than by one of the model."""
        return np.asarray(self.is_contradicted & (self.noise.wrong_probability >= LEAST_PROBABILITY))

    @property
    def ranked(self) -> Ints:
        """Positions of the suspicious frames, the strongest suspicion first."""
        found = np.flatnonzero(self.is_suspicious)
        return found[np.argsort(-self.noise.wrong_probability[found], kind="stable")]

    def n_expected(self, draws: GroupBootstrap) -> Estimate:
        """How many of the suspicious labels are wrong, in expectation; the interval is over FOANs."""
        terms = np.where(self.is_suspicious, self.noise.wrong_probability, 0.0)
        return draws.estimate(float(terms.sum()), draws.sums(terms), np.ones(len(terms), bool))


@dataclass(frozen=True, slots=True)
class NoiseByMethod:
    """Share of contradicted labels by how the label came about, and how much noisier each way is than an exact match.

    Contradicted, not suspicious: the model's own errors are in all shares alike, and the difference loses them.
    """

    share: dict[str, Estimate]
    excess: dict[str, Estimate]
    """Share less that of exact matches; without ``exact`` itself."""


def find_label_issues(logits: Floats, labels: Ints) -> LabelIssues:
    """Compare each label with the class that the frame confidently belongs to.

    A frame confidently belongs to the likeliest class among those whose probability reaches the mean probability that
    frames labelled so have of it (equation 2 of the paper). That threshold takes a model that is too sure of one class
    into account. Logits must be out-of-fold.

    A mediocre model contradicts a third of right labels so. The list is therefore cut to the labels that are more
    likely wrong than right by ``fit_label_noise``, which weighs the model's own errors.
    """
    probabilities = np.asarray(softmax(logits, axis=1))
    thresholds = np.array(
        [probabilities[labels == c, c].mean() if (labels == c).any() else np.inf for c in range(N_CLASSES)]
    )
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    is_confident = confident.max(axis=1) >= 0
    suggested = np.where(is_confident, confident.argmax(axis=1), labels).astype(np.int64)
    return LabelIssues(suggested, fit_label_noise(logits, labels), suggested != labels)


def noise_by_method(
    issues: LabelIssues, answers: Answers, draws: GroupBootstrap, reference: str = "exact"
) -> NoiseByMethod:
    """Share of contradicted labels per method of matching; the excess over the reference shows which way is noisier."""
    contradicted = issues.is_contradicted.astype(np.float64)
    methods = sorted(set(answers.match_methods))
    of_method: Mapping[str, Bools] = {method: answers.match_methods == method for method in methods}
    share = {method: draws.mean(contradicted, part) for method, part in of_method.items()}
    if reference not in share:
        return NoiseByMethod(share, {})
    base = share[reference]
    return NoiseByMethod(share, {how: difference_of(of, base) for how, of in share.items() if how != reference})
