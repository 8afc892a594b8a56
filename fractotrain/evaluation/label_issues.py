"""Which labels look wrong: out-of-fold confident learning (Northcutt, Jiang and Chuang 2021, J. AI Research 70)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

from fractotrain.evaluation.answers import Answers, Bools, Floats, Ints
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap, difference_of
from fractotrain.metrics import N_CLASSES


@dataclass(frozen=True, slots=True)
class LabelIssues:
    """What confident learning says about each label."""

    suggested: Ints
    """The class that a frame confidently belongs to; its own label where none, or where the frame is not confident."""
    margin: Floats
    """Probability of the suggestion less that of the label; how strong the suspicion is."""
    joint: Floats
    """Confident joint, shape (classes, classes): frames counted by label (row) and confident class (column)."""
    is_suspicious: Bools

    @property
    def ranked(self) -> Ints:
        """Positions of the suspicious frames, the strongest suspicion first."""
        found = np.flatnonzero(self.is_suspicious)
        return found[np.argsort(-self.margin[found], kind="stable")]


@dataclass(frozen=True, slots=True)
class NoiseByMethod:
    """Share of suspicious labels by how the label came about, and how much noisier each way is than an exact match."""

    share: dict[str, Estimate]
    excess: dict[str, Estimate]
    """Share less that of exact matches; without ``exact`` itself."""


def find_label_issues(logits: Floats, labels: Ints) -> LabelIssues:
    """Compare each label with the class that the frame confidently belongs to.

    A frame confidently belongs to the likeliest class among those whose probability reaches the mean probability that
    frames labelled so have of it (equation 2 of the paper). That threshold takes a model that is too sure of one class
    into account. Logits must be out-of-fold.
    """
    probabilities = np.asarray(softmax(logits, axis=1))
    thresholds = np.array(
        [probabilities[labels == c, c].mean() if (labels == c).any() else np.inf for c in range(N_CLASSES)]
    )
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    is_confident = confident.max(axis=1) >= 0
    suggested = np.where(is_confident, confident.argmax(axis=1), labels).astype(np.int64)
    joint = np.zeros((N_CLASSES, N_CLASSES))
    np.add.at(joint, (labels[is_confident], suggested[is_confident]), 1)
    rows = np.arange(len(labels))
    margin = probabilities[rows, suggested] - probabilities[rows, labels]
    return LabelIssues(suggested, margin, joint, suggested != labels)


def noise_by_method(
    issues: LabelIssues, answers: Answers, draws: GroupBootstrap, reference: str = "exact"
) -> NoiseByMethod:
    """Share of suspicious labels per method of matching; the excess over the reference shows which way is noisier."""
    suspicious = issues.is_suspicious.astype(np.float64)
    methods = sorted(set(answers.match_methods))
    of_method: Mapping[str, Bools] = {method: answers.match_methods == method for method in methods}
    share = {method: draws.mean(suspicious, part) for method, part in of_method.items()}
    if reference not in share:
        return NoiseByMethod(share, {})
    base = share[reference]
    return NoiseByMethod(share, {how: difference_of(of, base) for how, of in share.items() if how != reference})
