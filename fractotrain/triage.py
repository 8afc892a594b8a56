"""New frames: which to answer, which to send to a higher magnification, with a guaranteed error rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_contracts.catalog import Catalog
from data_contracts.records import Failure
from fractotrain.evaluation.answers import Floats
from fractotrain.evaluation.magnification import nearest_step
from fractotrain.evaluation.triage import Advice, Triage, fit_triage
from fractotrain.predict import Acquaintance, predict_frames
from fractotrain.report.read import CLASS_NAMES, RunRecord, read_run


@dataclass(frozen=True, slots=True)
class FrameAdvice:
    """What to do with one frame."""

    path: str
    magnification: float | None
    advice: Advice
    predicted_class: str
    classes: tuple[str, ...]
    """The set that holds the true class with the guaranteed probability."""
    probabilities: dict[str, float]
    """Class -> calibrated probability."""
    calibrated_at: float | None
    """Nominal magnification of the frames that the advice rests on; None for frames of every magnification."""
    acquaintance: Acquaintance
    """The guarantee holds for frames of new FOANs only."""


@dataclass(frozen=True, slots=True)
class Advised:
    """All that one call gave."""

    run_id: str
    alpha: float
    frames: tuple[FrameAdvice, ...]
    unanswerable: dict[str, int]
    """Class with too few FOANs for any guarantee -> how many it has; it is then in every set."""
    failures: tuple[Failure, ...]


def triage_frames(
    catalog_path: Path,
    paths: Sequence[Path],
    run_id: str | None,
    alpha: float,
    on_read: Callable[[int, int], None] = lambda _done, _total: None,
) -> Advised:
    """Ask the final model of a run, and judge its answers by the out-of-fold answers of the same run.

    Raises:
        FractoError: no such model, no out-of-fold answers of its run, or no image at all.
    """
    asked = predict_frames(catalog_path, paths, run_id, on_read)
    with Catalog.open_read_only(catalog_path) as catalog:
        record = read_run(catalog, asked.run_id)
    calibrated = Calibrations(record, alpha)
    frames = []
    for frame in asked.frames:
        magnification = np.nan if frame.magnification is None else frame.magnification
        step, triage = calibrated.for_frame(magnification)
        decided = triage.decide(np.array([[frame.logits[name] for name in CLASS_NAMES]]))
        advice = decided.advice[0]
        if advice is Advice.HIGHER_MAGNIFICATION and magnification >= calibrated.highest_step:
            advice = Advice.PERSON
        frames.append(
            FrameAdvice(
                frame.path,
                frame.magnification,
                advice,
                CLASS_NAMES[decided.predicted[0]],
                tuple(name for name, is_in in zip(CLASS_NAMES, decided.sets[0], strict=True) if is_in),
                dict(zip(CLASS_NAMES, decided.probabilities[0].tolist(), strict=True)),
                step,
                frame.acquaintance,
            )
        )
    return Advised(asked.run_id, alpha, tuple(frames), calibrated.unanswerable, asked.failures)


class Calibrations:
    """A triage for each magnification that has enough FOANs of every class, and one for all frames."""

    def __init__(self, record: RunRecord, alpha: float) -> None:
        answers = record.answers
        steps = nearest_step(answers.magnifications)
        self._all = fit_triage(answers, alpha, balanced_sampler=record.is_balanced)
        self._of_step: dict[float, Triage] = {}
        for step in np.unique(steps[np.isfinite(steps)]):
            fitted = fit_triage(answers, alpha, balanced_sampler=record.is_balanced, where=steps == step)
            if np.isfinite(fitted.conformal.thresholds).all():
                self._of_step[float(step)] = fitted
        self.highest_step = float(np.nanmax(steps)) if np.isfinite(steps).any() else np.inf

    @property
    def unanswerable(self) -> dict[str, int]:
        """Class whose threshold is infinite, as it has too few FOANs -> how many."""
        fitted = self._all.conformal
        return {
            name: int(n)
            for name, threshold, n in zip(CLASS_NAMES, fitted.thresholds, fitted.n_foans, strict=True)
            if np.isinf(threshold)
        }

    def for_frame(self, magnification: float) -> tuple[float | None, Triage]:
        """The triage for a frame, and the magnification that it was calibrated at."""
        step: Floats = nearest_step(np.array([magnification]))
        fitted = self._of_step.get(float(step[0]))
        return (float(step[0]), fitted) if fitted is not None else (None, self._all)
