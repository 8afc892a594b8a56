"""Probes that must not need the fracture."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from fractotrain.evaluation.answers import Answers
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.shortcuts import Contest, Shortcut, bucketed, majority_scores, probe_facts


def _contest(answers: Answers, n_draws: int = 200, n_looks: int = 1) -> Contest:
    draws = GroupBootstrap.of(answers.foans, n_draws, 0)
    return Contest(answers.labels, answers.folds, draws, answers.predicted, n_looks)


def test_a_planted_shortcut_is_exposed_and_noise_is_not(simulate: Callable[..., Answers]) -> None:
    """A microscope that took nearly all frames of one class betrays it; one used at random does not."""
    answers = simulate(n_foans=120)
    rng = np.random.default_rng(1)
    telling = np.where(rng.random(len(answers)) < 0.9, answers.labels, rng.integers(0, 3, len(answers)))
    noise = rng.integers(0, 3, len(answers))
    facts = {"vendor": telling.astype(str).astype(object), "folder": noise.astype(str).astype(object)}
    vendor, folder, together = probe_facts(facts, _contest(answers, n_looks=3))
    assert (vendor.verdict, folder.verdict, together.verdict) == (Shortcut.STRONG, Shortcut.NONE, Shortcut.STRONG)
    share = vendor.share_of_model
    assert share is not None
    assert share.low is not None
    assert share.high is not None
    assert 0.9 < share.low < (share.value or 0) < share.high
    assert vendor.scores["macro_recall"].value == pytest.approx(
        balanced_accuracy_score(answers.labels, telling), abs=0.02
    )


def test_a_fact_that_names_each_component_teaches_nothing(simulate: Callable[..., Answers]) -> None:
    """Under folds over FOANs a folder per component is not seen again: memory of components does not count."""
    answers = simulate(n_foans=120)
    (folder,) = probe_facts({"folder": answers.foans}, _contest(answers))
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
    (alone,), (of_many,) = (probe_facts(facts, _contest(answers, 1000, n_looks)) for n_looks in (1, 1000))
    assert (alone.verdict, of_many.verdict) == (Shortcut.SOME, Shortcut.NONE)
    assert alone.scores == of_many.scores
