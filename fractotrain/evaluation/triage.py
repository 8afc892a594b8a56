"""Which new frames to answer, and which to send to a higher magnification: fitted once on out-of-fold answers."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fractotrain.evaluation.answers import Answers, Bools, Floats, Ints
from fractotrain.evaluation.calibration import Calibrator, fit_calibrator
from fractotrain.evaluation.conformal import ConformalSets, calibrate_sets


class Advice(StrEnum):
    """What to do with a frame."""

    ANSWER = "answer"
    HIGHER_MAGNIFICATION = "higher_magnification"
    PERSON = "ask_a_person"
    """No class is in the set: the frame resembles none that the model was calibrated on."""


@dataclass(frozen=True, slots=True)
class TriageAnswers:
    """One entry per new frame."""

    sets: Bools
    """Shape (frames, classes)."""
    probabilities: Floats
    """Calibrated, shape (frames, classes)."""
    predicted: Ints
    advice: tuple[Advice, ...]


@dataclass(frozen=True, slots=True)
class Triage:
    """Calibrated on every out-of-fold answer, for the final model's logits on frames of new FOANs."""

    conformal: ConformalSets
    calibrator: Calibrator

    def decide(self, logits: Floats) -> TriageAnswers:
        """Advice for frames whose logits have shape (frames, classes)."""
        sets = self.conformal.sets(logits)
        advice = {0: Advice.PERSON, 1: Advice.ANSWER}
        sizes = sets.sum(axis=1)
        return TriageAnswers(
            sets,
            self.calibrator.probabilities(logits),
            logits.argmax(axis=1).astype(np.int64),
            tuple(advice.get(int(size), Advice.HIGHER_MAGNIFICATION) for size in sizes),
        )


def fit_triage(answers: Answers, alpha: float, *, balanced_sampler: bool, where: Bools | None = None) -> Triage:
    """Fit on a run's out-of-fold answers, on those that count (such as one magnification).

    At most a share ``alpha`` of the frames of each class is then answered wrongly, as far as the final model errs on
    new FOANs as the models of the folds do on theirs.
    """
    counts = np.ones(len(answers), bool) if where is None else where
    logits, labels = answers.logits[counts], answers.labels[counts]
    return Triage(
        calibrate_sets(logits, labels, answers.foans[counts], alpha),
        fit_calibrator(logits, labels, balanced_sampler=balanced_sampler),
    )
