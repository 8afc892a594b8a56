"""Two figures of the same components: are they as good as equal? Two one-sided tests by bootstrap over FOANs."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fractotrain.evaluation.answers import Floats
from fractotrain.evaluation.bootstrap import percentile_interval, unseen_share

TOST_LEVEL = 0.90
"""Two one-sided tests at 5 % each are one 90 % interval (Schuirmann 1987)."""


class Equivalence(StrEnum):
    """What the interval of a difference says about a margin declared beforehand."""

    EQUIVALENT = "equivalent"
    WORSE = "worse by more than the margin"
    BETTER = "better by more than the margin"
    NOT_SHOWN = "equivalence not shown"
    UNTESTABLE = "too few frames to test"


@dataclass(frozen=True, slots=True)
class EquivalenceTest:
    """Difference of a figure, first minus second, paired."""

    difference: float
    low: float | None
    """Lower end of the 90 % interval."""
    high: float | None
    margin: float
    p_value: float | None
    """The larger of the two one-sided p-values; below 0.05 is equivalence."""

    @property
    def verdict(self) -> Equivalence:
        """Equivalent only if the whole 90 % interval lies within the margin."""
        if self.low is None or self.high is None:
            return Equivalence.UNTESTABLE
        if -self.margin < self.low and self.high < self.margin:
            return Equivalence.EQUIVALENT
        if self.high < -self.margin:
            return Equivalence.WORSE
        if self.low > self.margin:
            return Equivalence.BETTER
        return Equivalence.NOT_SHOWN


def equivalence_test(difference: float, drawn: Floats, margin: float, n_foans: int | None = None) -> EquivalenceTest:
    """Two one-sided tests.

    Args:
        difference: of the figure, as observed.
        drawn: the same difference in each draw of FOANs; both figures of a draw come from the same FOANs.
        margin: the largest difference that does not matter; declared before the figures are seen. Positive.
        n_foans: how many were drawn. If all draws say the same, the interval reaches as far as what may be true of
            FOANs and was seen in none of so many.
    """
    low, high = percentile_interval(drawn, TOST_LEVEL)
    known = drawn[np.isfinite(drawn)]
    p_value = None
    if n_foans and low is not None and low == high:
        reach = unseen_share(n_foans, TOST_LEVEL)
        p_value = min(1.0, max(0.0, 1 - margin + abs(difference)) ** n_foans)
        low, high = difference - reach, difference + reach
    elif len(known):
        beyond = max(np.sum(known <= -margin), np.sum(known >= margin))
        p_value = float((beyond + 1) / (len(known) + 1))
    return EquivalenceTest(float(difference), low, high, margin, p_value)
