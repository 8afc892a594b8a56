"""A run's record with what every section needs: draws of FOANs, folds to fit over, and what was asked for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fractotrain.evaluation.answers import Bools, Floats, Ints, folds_over_foans
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap
from fractotrain.evaluation.calibration import Calibrator, calibrate_across_folds
from fractotrain.evaluation.magnification import PAPER_STEPS, nearest_step
from fractotrain.report.blocks import counted, words
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
    most_pixel_frames: int | None = 1000
    """Pixels of data bar and border are probed on so many frames, each decoded once; None for all."""
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
    def class_with_few_foans(self) -> str | None:
        """The class with the fewest FOANs and their number, if they are fewer than ``min_foans``."""
        name, n = min(((name, n) for name, n in self.foans_of_class.items() if n), key=lambda item: item[1])
        return f"{words(name)}: {n}" if n < self.settings.min_foans else None

    @property
    def chance(self) -> float:
        """Balanced accuracy of whatever ignores the picture: guessing and the majority rule alike."""
        return 1 / sum(n > 0 for n in self.foans_of_class.values())

    @property
    def is_better_than_chance(self) -> bool:
        """The whole interval of the balanced accuracy lies above chance."""
        return self.scores["macro_recall"].is_above(self.chance)

    @cached_property
    def test_share(self) -> float:
        """Validation over training images of a fold, mean over the folds: 0.25 for five folds."""
        n_validation = np.unique(self.answers.folds, return_counts=True)[1]
        n_images = max(int(self.record.summary["n_images"]), len(self.answers))
        return float(np.mean(n_validation / np.maximum(n_images - n_validation, 1)))

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
