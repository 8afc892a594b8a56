"""Answering only what is sure."""

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax

from fractotrain.evaluation.answers import Answers
from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.selective import operating_points, risk_curve


@given(st.lists(st.tuples(st.sampled_from([0.4, 0.5, 0.9, 1.0]), st.booleans()), min_size=1, max_size=20))
def test_risk_is_the_error_among_frames_at_least_as_sure(frames: list[tuple[float, bool]]) -> None:
    """Brute force; frames of equal confidence share one risk, whatever their order."""
    confidence = np.array([c for c, _ in frames])
    correct = np.array([r for _, r in frames])
    draws = GroupBootstrap.of(np.arange(len(frames)).astype(object), 20, 0)
    curve = risk_curve(confidence, correct, draws, len(frames))
    for point, threshold in zip(curve.points, np.sort(confidence)[::-1], strict=True):
        assert np.isclose(point.risk.value or 0, (~correct[confidence >= threshold]).mean())
        assert point.risk.n == (confidence >= threshold).sum()
    assert curve.points[-1].coverage == 1
    assert np.isclose(curve.area.value or 0, np.mean([point.risk.value for point in curve.points]))


def test_sure_answers_err_less(simulate: Callable[..., Answers]) -> None:
    """Where confidence means something, answering half of the frames errs less than answering all."""
    answers = simulate(n_foans=200, strength=2.0)
    confidence, correct = softmax(answers.logits, axis=1).max(axis=1), answers.labels == answers.predicted
    draws = GroupBootstrap.of(answers.foans, 50, 0)
    points = operating_points(confidence, correct, draws)
    assert (points[0].risk.value or 0) < 0.6 * (points[-1].risk.value or 0)
    assert points[-1].risk.n == len(answers)
    assert abs(points[0].risk.n - len(answers) / 2) <= 1
    curve = risk_curve(confidence, correct, draws)
    assert curve.area.high is not None
    assert curve.area.high < (~correct).mean()
    for point in curve.points:
        assert point.risk.low is not None
        assert point.risk.high is not None
        assert point.risk.low <= (point.risk.value or 0) <= point.risk.high
    assert curve.points[49] == points[0]
