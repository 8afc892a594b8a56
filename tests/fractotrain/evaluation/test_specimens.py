"""One answer per specimen."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from fractotrain.evaluation.answers import Answers
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.specimens import Specimens, pool


def test_mean_logit_and_vote_may_differ() -> None:
    """One sure frame outweighs two unsure ones in the mean, and loses the vote; a tie of votes goes by the mean."""
    logits = np.array([[9, 0, 0], [0, 1, 0], [0, 1, 0], [0, 2, 0], [0, 0, 3.0]])
    specimen_of = np.array([0, 0, 0, 1, 1])
    everywhere = np.ones(5, bool)
    assert list(pool(logits, specimen_of, 3, everywhere, "mean_logit")) == [0, 2, -1]
    assert list(pool(logits, specimen_of, 3, everywhere, "vote")) == [1, 2, -1]


@given(arrays(np.float64, (12, 3), elements=st.floats(-5, 5)), arrays(np.int64, 12, elements=st.integers(0, 3)))
def test_pooling_is_what_a_loop_over_specimens_gives(logits: np.ndarray, specimen_of: np.ndarray) -> None:
    """Brute force, for any frames and specimens."""
    where = logits[:, 0] > -4
    found = pool(logits, specimen_of, 4, where, "mean_logit")
    for specimen in range(4):
        own = logits[(specimen_of == specimen) & where]
        if len(own):
            mean = own.mean(axis=0)
            assert mean[found[specimen]] >= mean.max() - 1e-9
        else:
            assert found[specimen] == -1


def test_several_frames_are_better_than_one(simulate: Callable[..., Answers]) -> None:
    """Averaging takes out what frames of a specimen do not share; n counts specimens."""
    answers = simulate(n_foans=200, strength=1.0, foan_effect=0.2)
    draws = GroupBootstrap.of(answers.foans, 50, 0)
    everywhere = np.ones(len(answers), bool)
    frames = draws.scores(answers.labels, answers.predicted, everywhere)["accuracy"]
    specimens = Specimens(answers, draws).scores(everywhere)["accuracy"]
    assert (frames.value or 0) + 0.1 < (specimens.value or 0)
    assert (specimens.n, specimens.n_foans) == (200, 200)


def test_attention_is_the_softmax_weighted_mean_of_logits_over_the_frames_that_count(
    simulate: Callable[..., Answers],
) -> None:
    """Equal scores are the mean logit; others weigh by softmax within specimen and subset, however large they are."""
    answers = simulate(n_foans=30)
    draws = GroupBootstrap.of(answers.foans, 50, 0)
    everywhere = np.ones(len(answers), bool)
    low = answers.magnifications == 50.0
    equal = Specimens(replace(answers, attention=np.full(len(answers), 7.0)), draws)
    assert (equal.answer(everywhere, "attention") == equal.answer(everywhere)).all()
    assert equal.gain(everywhere, "attention").value == 0
    scores = np.random.default_rng(1).normal(1e4, 3, len(answers))
    weighted = Specimens(replace(answers, attention=scores), draws)
    for where in (everywhere, low):
        found = weighted.answer(where, "attention")
        for k in range(len(weighted)):
            own = (weighted.of_frame == k) & where
            assert found[k] == (softmax(scores[own])[:, None] * answers.logits[own]).sum(axis=0).argmax()
    assert "attention" not in Specimens(answers, draws).poolings


def test_gain_of_attention_is_paired(simulate: Callable[..., Answers]) -> None:
    """An attention that listens to frames that are right is better, with an interval above zero."""
    answers = simulate(n_foans=60, strength=0.5)
    right = (answers.predicted == answers.labels).astype(float)
    draws = GroupBootstrap.of(answers.foans, 200, 0)
    gain = Specimens(replace(answers, attention=5 * right), draws).gain(np.ones(len(answers), bool), "attention")
    assert gain.is_above(0)
    assert gain.n == 60
