"""Does a low magnification suffice? Figures by magnification, a test of equivalence, what each further step adds."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data_contracts.vocabulary import TRAINABLE_CLASSES
from fractotrain.evaluation.answers import Answers, Bools, Floats, Ints
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap, never_certain_difference, ratio
from fractotrain.evaluation.equivalence import EquivalenceTest, equivalence_test
from fractotrain.evaluation.specimens import Specimens
from fractotrain.metrics import N_CLASSES, figures_of_confusions, one_hot_confusions

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
    foans_of_class: Ints
    """How many of them are of each class."""
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


def at_both(steps: Floats, draws: GroupBootstrap, low_step: float, high_step: float) -> Bools:
    """Frames of the two magnifications whose FOAN has frames at both."""
    n_groups = draws.weights.shape[1]
    parts = (steps == low_step, steps == high_step)
    counts = [np.bincount(draws.group_of[part], minlength=n_groups) for part in parts]
    return np.asarray((parts[0] | parts[1]) & ((counts[0] > 0) & (counts[1] > 0))[draws.group_of])


def widest_pair(steps: Floats, draws: GroupBootstrap, min_foans: int) -> tuple[float, float] | None:
    """The two magnifications farthest apart that at least ``min_foans`` FOANs were taken at, both of them."""
    enough = steps_with_enough(steps, draws, min_foans)
    pairs = sorted(itertools.combinations(enough, 2), key=lambda pair: (-pair[1] / pair[0], pair[0]))
    return next((pair for pair in pairs if draws.n_groups(at_both(steps, draws, *pair)) >= min_foans), None)


def compare_magnifications(
    answers: Answers,
    steps: Floats,
    draws: GroupBootstrap,
    low_step: float,
    high_step: float,
    margin: float,
    min_foans: int = 2,
) -> Claim:
    """Test "as good at the low magnification as at the high one" on the FOANs that were taken at both.

    The margin is in macro-F1 and is declared before the figures are seen; with fewer than ``min_foans`` FOANs nothing
    is tested.
    """
    paired = at_both(steps, draws, low_step, high_step)
    n_foans = draws.n_groups(paired)
    parts = (paired & (steps == low_step), paired & (steps == high_step))
    found = [_macro_f1(answers.labels, answers.predicted, part, draws) for part in parts]
    low, high = (
        _over_true_classes(draws.scores(answers.labels, answers.predicted, part), of_part, part, draws)
        for part, of_part in zip(parts, found, strict=True)
    )
    differences = found[0][1] - found[1][1] if n_foans >= max(min_foans, 2) else np.full(0, np.nan)
    return Claim(
        low_step,
        high_step,
        (int(parts[0].sum()), int(parts[1].sum())),
        n_foans,
        np.array([draws.n_groups(paired & (answers.labels == c)) for c in range(N_CLASSES)], np.int64),
        low,
        high,
        equivalence_test(found[0][0] - found[1][0], differences, margin, n_foans),
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
            gain = never_certain_difference(gain)
        scores = specimens.bootstrap.scores(specimens.labels, np.maximum(predicted, 0), counted)
        scores = _over_true_classes(scores, now, counted, specimens.bootstrap)
        lines.append(Cumulated(float(step), scores, gain))
        before = now
    return lines


def _over_true_classes(
    scores: dict[str, Estimate], macro_f1: tuple[float, Floats], where: Bools, draws: GroupBootstrap
) -> dict[str, Estimate]:
    """The scores with the macro-F1 of ``_macro_f1`` where a class is answered that no frame is of."""
    known = scores["macro_f1"].value
    if known is None or np.isclose(known, macro_f1[0]):
        return scores
    return scores | {"macro_f1": draws.estimate(*macro_f1, where)}


def _macro_f1(true: Ints, predicted: Ints, where: Bools, draws: GroupBootstrap) -> tuple[float, Floats]:
    """Macro-F1 as observed, and in each draw, over the classes that frames are of.

    A class that is only answered has an F1 of 0: if it were counted, one stray answer would move the difference of two
    magnifications by a third.
    """
    terms = one_hot_confusions(true, np.maximum(predicted, 0)) * where[:, None]

    def figure(counts: Floats) -> Floats:
        figures = figures_of_confusions(counts)
        f1 = np.stack([figures[f"f1:{name}"] for name in TRAINABLE_CLASSES], axis=-1)
        is_true = counts.reshape(*counts.shape[:-1], N_CLASSES, N_CLASSES).sum(axis=-1) > 0
        return ratio(np.where(is_true, f1, 0).sum(axis=-1), is_true.sum(axis=-1).astype(np.float64))

    return float(figure(terms.sum(axis=0, keepdims=True))[0]), figure(draws.sums(terms))
