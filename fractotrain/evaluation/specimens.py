"""Several frames of one fracture make one answer: by the mean of their logits, or by their votes."""

import numpy as np

from fractotrain.evaluation.answers import Answers, Bools, Floats, Ints, one_number_per_name
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap
from fractotrain.metrics import N_CLASSES

POOLINGS = ("mean_logit", "vote")


def pool(logits: Floats, specimen_of: Ints, n_specimens: int, where: Bools, how: str) -> Ints:
    """The class of each specimen, -1 where it has no frame that counts.

    Args:
        logits: shape (frames, classes).
        specimen_of: 0-based specimen of each frame.
        n_specimens: how many there are.
        where: frames that count.
        how: ``mean_logit``; or ``vote``, in which equal numbers of votes are decided by the mean logit.
    """
    n_frames = np.bincount(specimen_of[where], minlength=n_specimens)
    mean = np.zeros((n_specimens, N_CLASSES))
    np.add.at(mean, specimen_of[where], logits[where])
    mean /= np.maximum(n_frames, 1)[:, None]
    if how == "mean_logit":
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

    def __len__(self) -> int:
        return len(self.names)

    def answer(self, where: Bools, how: str = "mean_logit") -> Ints:
        """Class of each specimen from the frames that count; -1 where it has none."""
        return pool(self._logits, self.of_frame, len(self), where, how)

    def scores(self, where: Bools, how: str = "mean_logit") -> dict[str, Estimate]:
        """Figures over the specimens that have a frame that counts."""
        predicted = self.answer(where, how)
        return self.bootstrap.scores(self.labels, np.maximum(predicted, 0), predicted >= 0)
