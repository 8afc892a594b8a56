"""Probes that must not need the fracture."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from fractotrain.evaluation.answers import Answers
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.shortcuts import Shortcut, bucketed, majority_scores, probe_facts


def _scores(answers: Answers, draws: GroupBootstrap) -> dict:
    return draws.scores(answers.labels, answers.predicted, np.ones(len(answers), bool))


def test_a_planted_shortcut_is_exposed_and_noise_is_not(simulate: Callable[..., Answers]) -> None:
    """A microscope that took nearly all frames of one class betrays it; one used at random does not."""
    answers = simulate(n_foans=120)
    rng = np.random.default_rng(1)
    telling = np.where(rng.random(len(answers)) < 0.9, answers.labels, rng.integers(0, 3, len(answers)))
    noise = rng.integers(0, 3, len(answers))
    facts = {"vendor": telling.astype(str).astype(object), "folder": noise.astype(str).astype(object)}
    draws = GroupBootstrap.of(answers.foans, 200, 0)
    vendor, folder, together = probe_facts(facts, answers.labels, answers.folds, draws, _scores(answers, draws))
    assert (vendor.verdict, folder.verdict, together.verdict) == (Shortcut.STRONG, Shortcut.NONE, Shortcut.STRONG)
    assert (vendor.share_of_model or 0) > 0.9
    assert vendor.scores["macro_recall"].value == pytest.approx(
        balanced_accuracy_score(answers.labels, telling), abs=0.02
    )


def test_a_fact_that_names_each_component_teaches_nothing(simulate: Callable[..., Answers]) -> None:
    """Under folds over FOANs a folder per component is not seen again: memory of components does not count."""
    answers = simulate(n_foans=120)
    draws = GroupBootstrap.of(answers.foans, 200, 0)
    (folder,) = probe_facts({"folder": answers.foans}, answers.labels, answers.folds, draws, _scores(answers, draws))
    assert folder.verdict is Shortcut.NONE


def test_the_majority_rule_reaches_chance(simulate: Callable[..., Answers]) -> None:
    """Balanced accuracy of a rule that ignores the frame is 1 / classes."""
    answers = simulate(n_foans=300, class_shares=(0.7, 0.2, 0.1))
    scores = majority_scores(answers.labels, answers.folds, GroupBootstrap.of(answers.foans, 50, 0))
    assert scores["macro_recall"].value == pytest.approx(1 / 3)
    assert scores["accuracy"].value == pytest.approx((answers.labels == 0).mean())


def test_numbers_become_names() -> None:
    """Rounded to a width; unknown is a value."""
    assert list(bucketed(np.array([0.26, np.nan, 1.0]), 0.25)) == ["0.25", "unknown", "1"]


def test_what_stands_out_among_many_probes_is_no_finding(simulate: Callable[..., Answers]) -> None:
    """A fact just above chance is a finding if it alone was looked at, and none as one of a thousand."""
    answers = simulate(n_foans=60, seed=7)
    rng = np.random.default_rng(2)
    faint = np.where(rng.random(len(answers)) < 0.14, answers.labels, rng.integers(0, 3, len(answers)))
    facts = {"vendor": faint.astype(str).astype(object)}
    draws = GroupBootstrap.of(answers.foans, 1000, 0)
    asked = (facts, answers.labels, answers.folds, draws, _scores(answers, draws))
    (alone,), (of_many,) = probe_facts(*asked), probe_facts(*asked, n_looks=1000)
    assert (alone.verdict, of_many.verdict) == (Shortcut.SOME, Shortcut.NONE)
    assert alone.scores == of_many.scores
