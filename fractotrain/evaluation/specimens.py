"""Several frames of one fracture make one answer: by the mean of their logits, by their votes, or by attention."""

import numpy as np

from fractotrain.evaluation.answers import Answers, Bools, Floats, Ints, one_number_per_name
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap, never_certain_difference
from fractotrain.metrics import N_CLASSES, figures_of_confusions, one_hot_confusions

POOLINGS = ("mean_logit", "vote", "attention")
_FAINTEST = 50.0


def pool(
    logits: Floats, specimen_of: Ints, n_specimens: int, where: Bools, how: str, weights: Floats | None = None
) -> Ints:
    """The class of each specimen, -1 where it has no frame that counts.

    Args:
        logits: shape (frames, classes).
        specimen_of: 0-based specimen of each frame.
        n_specimens: how many there are.
        where: frames that count.
        how: ``mean_logit``; ``attention``, the same weighted; or ``vote``, in which equal numbers of votes are decided
            by the mean logit.
        weights: of each frame, positive; for ``attention``.
    """
    n_frames = np.bincount(specimen_of[where], minlength=n_specimens)
    weight = np.ones(len(logits)) if how != "attention" or weights is None else weights
    mean = np.zeros((n_specimens, N_CLASSES))
    np.add.at(mean, specimen_of[where], logits[where] * weight[where, None])
    total = np.bincount(specimen_of[where], weight[where], minlength=n_specimens)
    mean /= np.where(n_frames > 0, total, 1)[:, None]
    if how != "vote":
        answer = mean.argmax(axis=1)
    else:
        votes = np.zeros((n_specimens, N_CLASSES))
        np.add.at(votes, (specimen_of[where], logits[where].argmax(axis=1)), 1)
        leading = votes == votes.max(axis=1, keepdims=True)
        answer = np.where(leading, mean, -np.inf).argmax(axis=1)
    return np.where(n_frames > 0, answer, -1).astype(np.int64)


class Specimens:
    """The specimens of a run: label, FOAN, and bootstrap over the same FOANs as the frames have."""

    def __init__(self, answers: Answers, frames: GroupBootstrap) -> None:
        names, self.of_frame = one_number_per_name(answers.specimens)
        first = np.unique(self.of_frame, return_index=True)[1]
        self.names = names
        self.labels: Ints = answers.labels[first]
        self.bootstrap = GroupBootstrap(frames.group_of[first], frames.weights)
        self._logits = answers.logits
        self._weights = None if answers.attention is None else _weights(answers.attention, self.of_frame, len(names))

    @property
    def poolings(self) -> tuple[str, ...]:
        """The ways to make one answer of a specimen's frames, as far as the run allows them."""
        return POOLINGS if self._weights is not None else tuple(how for how in POOLINGS if how != "attention")

    def __len__(self) -> int:
        return len(self.names)

    def answer(self, where: Bools, how: str = "mean_logit") -> Ints:
        """Class of each specimen from the frames that count; -1 where it has none."""
        return pool(self._logits, self.of_frame, len(self), where, how, self._weights)

    def scores(self, where: Bools, how: str = "mean_logit") -> dict[str, Estimate]:
        """Figures over the specimens that have a frame that counts."""
        predicted = self.answer(where, how)
        return self.bootstrap.scores(self.labels, np.maximum(predicted, 0), predicted >= 0)

    def gain(self, where: Bools, how: str, over: str = "mean_logit") -> Estimate:
        """Macro-F1 of one pooling less that of another, paired: the same specimens, the same draws of FOANs."""
        found = []
        for pooling in (how, over):
            predicted = self.answer(where, pooling)
            counted = predicted >= 0
            terms = one_hot_confusions(self.labels, np.maximum(predicted, 0)) * counted[:, None]
            found.append((terms.sum(axis=0), self.bootstrap.sums(terms), counted))
        observed = [float(figures_of_confusions(sums)["macro_f1"]) for sums, _, _ in found]
        drawn = [figures_of_confusions(sums)["macro_f1"] for _, sums, _ in found]
        gain = self.bootstrap.estimate(observed[0] - observed[1], drawn[0] - drawn[1], found[0][2])
        return never_certain_difference(gain)


def _weights(attention: Floats, specimen_of: Ints, n_specimens: int) -> Floats:
    """``exp(score)``, scaled so that the frame a specimen listens to most weighs 1: no overflow, same answer.

    Scaled by specimen, not by subset, a frame could weigh nothing within numbers; no subset may sum to zero.
    """
    most = np.full(n_specimens, -np.inf)
    np.maximum.at(most, specimen_of, attention)
    return np.asarray(np.exp(np.maximum(attention - most[specimen_of], -_FAINTEST)))
