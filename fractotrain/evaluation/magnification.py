"""Does a low magnification suffice? Figures by magnification, a test of equivalence, what each further step adds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fractotrain.evaluation.answers import Answers, Bools, Floats, Ints
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap
from fractotrain.evaluation.equivalence import EquivalenceTest, equivalence_test
from fractotrain.evaluation.specimens import Specimens
from fractotrain.metrics import figures_of_confusions, one_hot_confusions

PAPER_STEPS = (50.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 10000.0)
"""Magnifications of the paper's archive."""

MAX_STEP_FACTOR = 1.6
"""Just above half of the widest gap between the paper's steps on a logarithmic scale: nothing falls between two."""


@dataclass(frozen=True, slots=True)
class StepScores:
    """What was reached at one magnification."""

    step: float
    frames: dict[str, Estimate]
    specimens: dict[str, Estimate]
    """One answer per specimen, from its frames of this magnification alone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The lowest magnification against the highest, on the FOANs that have frames at both."""

    low_step: float
    high_step: float
    n_frames: tuple[int, int]
    n_foans: int
    low: dict[str, Estimate]
    high: dict[str, Estimate]
    test: EquivalenceTest
    """Of macro-F1, low minus high."""


@dataclass(frozen=True, slots=True)
class Cumulated:
    """Specimens answered from their frames up to one magnification; always the same specimens."""

    up_to_step: float
    scores: dict[str, Estimate]
    gain: Estimate | None
    """In macro-F1 over the step before, paired; None at the first."""


def nearest_step(magnifications: Floats, steps: Sequence[float] = PAPER_STEPS) -> Floats:
    """The step nearest on a logarithmic scale; NaN where none is within ``MAX_STEP_FACTOR``, or nothing is known."""
    with np.errstate(invalid="ignore", divide="ignore"):
        distance = np.abs(np.log(magnifications[:, None] / np.asarray(steps)))
    distance = np.where(np.isfinite(distance), distance, np.inf)
    nearest = np.asarray(steps)[distance.argmin(axis=1)]
    return np.where(distance.min(axis=1) <= np.log(MAX_STEP_FACTOR), nearest, np.nan)


def by_magnification(answers: Answers, steps: Floats, draws: GroupBootstrap) -> list[StepScores]:
    """Figures of each step that has frames, lowest first."""
    specimens = Specimens(answers, draws)
    return [
        StepScores(
            float(step),
            draws.scores(answers.labels, answers.predicted, steps == step),
            specimens.scores(steps == step),
        )
        for step in np.unique(steps[np.isfinite(steps)])
    ]


def steps_with_enough(steps: Floats, draws: GroupBootstrap, min_foans: int) -> list[float]:
    """Steps that frames of at least ``min_foans`` FOANs were taken at, lowest first."""
    present = np.unique(steps[np.isfinite(steps)])
    return [float(step) for step in present if draws.n_groups(steps == step) >= min_foans]


def compare_magnifications(
    answers: Answers, steps: Floats, draws: GroupBootstrap, low_step: float, high_step: float, margin: float
) -> Claim:
    """Test "as good at the low magnification as at the high one" on the FOANs that were taken at both.

    The margin is in macro-F1 and is declared before the figures are seen.
    """
    n_groups = draws.weights.shape[1]
    at_low, at_high = steps == low_step, steps == high_step
    has_both = np.bincount(draws.group_of[at_low], minlength=n_groups).astype(bool) & np.bincount(
        draws.group_of[at_high], minlength=n_groups
    ).astype(bool)
    paired = has_both[draws.group_of]
    parts = (at_low & paired, at_high & paired)
    observed, drawn = zip(*(_macro_f1(answers.labels, answers.predicted, part, draws) for part in parts), strict=True)
    enough = drawn[0] - drawn[1] if has_both.sum() > 1 else np.full(0, np.nan)
    return Claim(
        low_step,
        high_step,
        (int(parts[0].sum()), int(parts[1].sum())),
        int(has_both.sum()),
        draws.scores(answers.labels, answers.predicted, parts[0]),
        draws.scores(answers.labels, answers.predicted, parts[1]),
        equivalence_test(observed[0] - observed[1], enough, margin),
    )


def cumulate_magnifications(
    answers: Answers, steps: Floats, draws: GroupBootstrap, use: Sequence[float]
) -> list[Cumulated]:
    """What each further magnification adds: specimens answered from the lowest step alone, from two steps, and so on.

    Only specimens with a frame at the lowest step count, at every line: the lines differ in frames, not in specimens.
    """
    specimens = Specimens(answers, draws)
    lines: list[Cumulated] = []
    counted = np.zeros(len(specimens), bool)
    before: tuple[float, Floats] | None = None
    for step in sorted(use):
        predicted = specimens.answer(steps <= step)
        if not lines:
            counted = predicted >= 0
        now = _macro_f1(specimens.labels, predicted, counted, specimens.bootstrap)
        gain = None
        if before is not None:
            gain = specimens.bootstrap.estimate(now[0] - before[0], now[1] - before[1], counted)
        scores = specimens.bootstrap.scores(specimens.labels, np.maximum(predicted, 0), counted)
        lines.append(Cumulated(float(step), scores, gain))
        before = now
    return lines


def _macro_f1(true: Ints, predicted: Ints, where: Bools, draws: GroupBootstrap) -> tuple[float, Floats]:
    """Macro-F1 as observed, and in each draw."""
    terms = one_hot_confusions(true, np.maximum(predicted, 0)) * where[:, None]
    observed = float(figures_of_confusions(terms.sum(axis=0))["macro_f1"])
    return observed, figures_of_confusions(draws.sums(terms))["macro_f1"]
