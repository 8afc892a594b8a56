"""Answering only what is sure: the error among the answers against the share of frames that are answered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fractotrain.evaluation.answers import Bools, Floats
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap, never_certain, ratio

COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
N_POINTS = 100
"""Of the curve, evenly spaced."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Answering from a confidence on."""

    coverage: float
    """Share of frames that are answered; more are, if several are as sure as the last of them."""
    threshold: float
    risk: Estimate
    """Error rate among them."""


@dataclass(frozen=True, slots=True)
class RiskCurve:
    """Risk against coverage, the most confident frames first."""

    points: tuple[OperatingPoint, ...]
    area: Estimate
    """Mean risk over all coverages (AURC, Geifman et al. 2019): 0 is perfect."""


def risk_curve(confidence: Floats, correct: Bools, draws: GroupBootstrap, n_points: int = N_POINTS) -> RiskCurve:
    """The curve and its area, both with intervals. With as many points as frames it is the whole curve."""
    points, drawn = _points(confidence, correct, draws, [k / n_points for k in range(1, n_points + 1)])
    area = np.mean([point.risk.value for point in points])
    return RiskCurve(points, draws.estimate(float(area), drawn.mean(axis=1), np.ones(len(confidence), bool)))


def operating_points(confidence: Floats, correct: Bools, draws: GroupBootstrap) -> tuple[OperatingPoint, ...]:
    """Error among the answers at some coverages."""
    return _points(confidence, correct, draws, COVERAGES)[0]


def _points(
    confidence: Floats, correct: Bools, draws: GroupBootstrap, coverages: Sequence[float]
) -> tuple[tuple[OperatingPoint, ...], Floats]:
    """Points, and the error of each in each draw, shape (draws, points). Draws keep the threshold, as a user would."""
    n_answered = np.ceil(np.asarray(coverages) * len(confidence) - 1e-9).astype(np.int64)
    thresholds = np.sort(confidence)[::-1][n_answered - 1]
    answered = confidence[:, None] >= thresholds
    wrong = answered & ~correct[:, None]
    drawn = ratio(draws.sums(wrong.astype(np.float64)), draws.sums(answered.astype(np.float64)))
    values = wrong.sum(axis=0) / answered.sum(axis=0)
    risks = [draws.estimate(value, drawn[:, k], answered[:, k]) for k, value in enumerate(values)]
    points = tuple(
        OperatingPoint(float(coverage), float(threshold), never_certain(risk))
        for coverage, threshold, risk in zip(coverages, thresholds, risks, strict=True)
    )
    return points, drawn
