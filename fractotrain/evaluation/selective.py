"""Answering only what is sure: the error among the answers against the share of frames that are answered."""

from dataclasses import dataclass

import numpy as np

from fractotrain.evaluation.answers import Bools, Floats
from fractotrain.evaluation.bootstrap import Estimate, GroupBootstrap

COVERAGES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """The whole curve, most confident frames first."""

    coverage: Floats
    """Share of frames that are answered."""
    risk: Floats
    """Error rate among them."""

    @property
    def area(self) -> float:
        """Mean risk over all coverages (AURC, Geifman et al. 2019): 0 is perfect."""
        return float(self.risk.mean())


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Answering from a confidence on."""

    coverage: float
    threshold: float
    risk: Estimate


def risk_coverage(confidence: Floats, correct: Bools) -> RiskCoverage:
    """Answer the most confident frame, the two most confident, and so on; equal confidence means equal risk."""
    order = np.argsort(-confidence, kind="stable")
    different, first, counts = np.unique(-confidence[order], return_index=True, return_counts=True)
    wrong = np.add.reduceat((~correct[order]).astype(np.float64), first) if len(different) else np.zeros(0)
    n = np.cumsum(counts)
    risk = np.repeat(np.cumsum(wrong) / np.maximum(n, 1), counts)
    return RiskCoverage(np.arange(1, len(confidence) + 1) / max(len(confidence), 1), risk)


def operating_points(confidence: Floats, correct: Bools, draws: GroupBootstrap) -> list[OperatingPoint]:
    """Error among the answers at some coverages."""
    wrong = (~correct).astype(np.float64)
    points = []
    for coverage in COVERAGES:
        threshold = float(np.quantile(confidence, 1 - coverage))
        points.append(OperatingPoint(coverage, threshold, draws.mean(wrong, confidence >= threshold)))
    return points
