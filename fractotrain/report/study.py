"""A run's record with what every section needs: draws of FOANs, folds to fit over, and what was asked for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fractotrain.evaluation.answers import Bools, Floats, Ints, folds_over_foans
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap
from fractotrain.evaluation.calibration import Calibrator, calibrate_across_folds
from fractotrain.evaluation.magnification import PAPER_STEPS, nearest_step
from fractotrain.report.blocks import counted
from fractotrain.report.read import CLASS_NAMES, RunRecord


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """What is declared before the figures are seen."""

    margin: float = 0.05
    """Largest difference in macro-F1 that does not matter."""
    low_step: float | None = None
    """Magnification that is claimed to suffice; None for the lowest with enough FOANs."""
    high_step: float | None = None
    """Magnification that it is compared with; None for the highest with enough FOANs."""
    min_foans: int = 10
    """A magnification with fewer FOANs is not compared."""
    alpha: float = 0.10
    """Error rate that conformal sets guarantee."""
    look_at_pixels: bool = False
    """Probe the pixels of data bar and border too: every frame is decoded once."""
    n_draws: int = 2000
    seed: int = 42


class Study:
    """One run under study."""

    def __init__(self, record: RunRecord, settings: ReportSettings) -> None:
        self.record = record
        self.settings = settings
        self.answers = record.answers
        self.draws = GroupBootstrap.of(record.answers.foans, settings.n_draws, settings.seed)

    @cached_property
    def everywhere(self) -> Bools:
        """All frames."""
        return np.ones(len(self.answers), bool)

    @cached_property
    def steps(self) -> Floats:
        """Nominal magnification of each frame."""
        return nearest_step(self.answers.magnifications, PAPER_STEPS)

    @cached_property
    def fitting_folds(self) -> Ints:
        """Folds that no FOAN straddles."""
        return folds_over_foans(self.answers.folds, self.answers.foans)

    @cached_property
    def scores(self) -> dict[str, Estimate]:
        """Figures of all frames."""
        return self.draws.scores(self.answers.labels, self.answers.predicted, self.everywhere)

    @cached_property
    def calibrated(self) -> tuple[Floats, dict[int, Calibrator]] | None:
        """Calibrated probabilities, each fold's by the others; None with one fold only."""
        return calibrate_across_folds(
            self.answers.logits, self.answers.labels, self.fitting_folds, balanced_sampler=self.record.is_balanced
        )

    @cached_property
    def foans_of_class(self) -> dict[str, int]:
        """Class -> FOANs with a frame of it; 0 for a class that no frame is of."""
        return {name: self.draws.n_groups(self.answers.labels == i) for i, name in enumerate(CLASS_NAMES)}

    @property
    def chance(self) -> float:
        """Balanced accuracy of whatever ignores the picture: guessing and the majority rule alike."""
        return 1 / sum(n > 0 for n in self.foans_of_class.values())

    @property
    def is_better_than_chance(self) -> bool:
        """The whole interval of the balanced accuracy lies above chance."""
        return self.scores["macro_recall"].is_above(self.chance)

    @property
    def basis(self) -> str:
        """What the numbers of the run rest on."""
        n_foans = self.draws.weights.shape[1]
        return (
            f"Out-of-fold answers on {counted(len(self.answers), 'frame')} of {counted(n_foans, 'FOAN')}, "
            f"{self.record.split_words}; 95 % intervals by bootstrap over FOANs."
        )

    def sample(self, estimate: Estimate, unit: str = "frame") -> str:
        """What a figure rests on: n, FOANs, split."""
        return f"{counted(estimate.n, unit)}, {counted(estimate.n_foans, 'FOAN')}, {self.record.split_words}"
