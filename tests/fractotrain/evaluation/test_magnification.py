"""Figures by magnification, the test of equivalence, and what each step adds."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from fractotrain.evaluation.answers import Answers
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.equivalence import Equivalence, equivalence_test
from fractotrain.evaluation.magnification import (
    by_magnification,
    compare_magnifications,
    cumulate_magnifications,
    nearest_step,
    steps_with_enough,
)


def _worse_at(answers: Answers, step: float, share: float, seed: int) -> Answers:
    """Spoil a share of the answers of one magnification."""
    rng = np.random.default_rng(seed)
    spoilt = (answers.magnifications == step) & (rng.random(len(answers)) < share)
    logits = answers.logits.copy()
    logits[spoilt] = 10 * np.eye(3)[rng.integers(0, 3, spoilt.sum())]
    return replace(answers, logits=logits)


def test_magnifications_go_to_the_nearest_step() -> None:
    """Near on a logarithmic scale; unknown and far ones go nowhere, and nothing between two steps is lost."""
    steps = nearest_step(np.array([50, 52, 156, 163, 9000, 15999, 20, 100000, np.nan, 0]))
    assert np.allclose(steps, [50, 50, 100, 250, 10000, 10000, *[np.nan] * 4], equal_nan=True)
    assert np.isfinite(nearest_step(np.geomspace(32, 15999, 500))).all()


def test_figures_of_a_step_are_those_of_its_frames(simulate: Callable[..., Answers]) -> None:
    """scikit-learn on the frames of one magnification; each estimate says how many frames and FOANs it has."""
    answers = simulate(strength=1.0)
    draws = GroupBootstrap.of(answers.foans, 100, 0)
    found = by_magnification(answers, answers.magnifications, draws)
    assert [row.step for row in found] == [50, 100, 1000, 10000]
    part = answers.magnifications == 1000
    macro_f1 = found[2].frames["macro_f1"]
    assert macro_f1.value == pytest.approx(f1_score(answers.labels[part], answers.predicted[part], average="macro"))
    assert (macro_f1.n, macro_f1.n_foans) == (120, 60)
    assert found[2].specimens["macro_f1"].n == 60


def test_equivalence_is_seldom_declared_where_it_is_not() -> None:
    """At a true difference of exactly the margin, "equivalent" comes up in about 5 % of the samples."""
    rng = np.random.default_rng(5)
    declared = 0
    n_samples = 400
    for _ in range(n_samples):
        differences = rng.normal(0.1, 0.2, 60)  # one per FOAN
        weights = rng.multinomial(60, np.full(60, 1 / 60), size=400)
        drawn = weights @ differences / 60
        declared += equivalence_test(differences.mean(), drawn, 0.1).verdict is Equivalence.EQUIVALENT
    assert 0.02 <= declared / n_samples <= 0.09


def test_verdicts_follow_from_the_interval() -> None:
    """Within the margin, beyond it, or neither; the p-value agrees with the interval."""
    spread = np.linspace(-0.02, 0.02, 1001)
    assert equivalence_test(0, spread, 0.05).verdict is Equivalence.EQUIVALENT
    assert equivalence_test(0, spread, 0.01).verdict is Equivalence.NOT_SHOWN
    assert equivalence_test(-0.1, spread - 0.1, 0.05).verdict is Equivalence.WORSE
    assert equivalence_test(0.1, spread + 0.1, 0.05).verdict is Equivalence.BETTER
    assert equivalence_test(0.1, np.full(0, np.nan), 0.05).verdict is Equivalence.UNTESTABLE
    small, large = equivalence_test(0, spread, 0.05).p_value, equivalence_test(0, spread, 0.01).p_value
    assert small is not None
    assert large is not None
    assert small < 0.05 < large


def test_a_planted_difference_is_seen_and_equality_is_confirmed(simulate: Callable[..., Answers]) -> None:
    """Spoilt frames at 50x are worse than those at 10k x; unspoilt ones are equivalent, paired within FOANs."""
    answers = simulate(n_foans=300, frames_per_foan=8, strength=3.0)
    for spoilt, verdict in ((0.0, Equivalence.EQUIVALENT), (0.6, Equivalence.WORSE)):
        seen = _worse_at(answers, 50, spoilt, 1)
        draws = GroupBootstrap.of(seen.foans, 500, 2)
        claim = compare_magnifications(seen, seen.magnifications, draws, 50, 10000, margin=0.05)
        assert claim.test.verdict is verdict
        assert claim.n_foans == 300


def test_only_foans_taken_at_both_magnifications_are_compared(simulate: Callable[..., Answers]) -> None:
    """Components that exist at one magnification only would compare components, not magnifications."""
    answers = simulate(n_foans=40)
    lonely = (answers.foans < "F-010") & (answers.magnifications == 50)
    steps = np.where(lonely, np.nan, answers.magnifications)
    draws = GroupBootstrap.of(answers.foans, 100, 2)
    claim = compare_magnifications(answers, steps, draws, 50, 10000, margin=0.05)
    assert claim.n_foans == 30
    assert claim.n_frames == (60, 60)
    assert steps_with_enough(steps, draws, 31) == [100, 1000, 10000]
    nothing = compare_magnifications(answers, steps, draws, 51, 10000, margin=0.05)
    assert nothing.test.verdict is Equivalence.UNTESTABLE


def test_further_magnifications_help_where_they_are_better(simulate: Callable[..., Answers]) -> None:
    """With 50x spoilt, adding steps lifts the specimens' macro-F1; every line is about the same specimens."""
    answers = _worse_at(simulate(n_foans=200, strength=1.5), 50, 0.9, 3)
    draws = GroupBootstrap.of(answers.foans, 200, 4)
    lines = cumulate_magnifications(answers, answers.magnifications, draws, [50, 100, 1000])
    assert [line.scores["macro_f1"].n for line in lines] == [200, 200, 200]
    assert lines[0].gain is None
    assert lines[2].gain is not None
    values = [line.scores["macro_f1"].value or 0 for line in lines]
    assert values[2] > values[0] + 0.1
    assert lines[2].gain.value == pytest.approx(values[2] - values[1])
