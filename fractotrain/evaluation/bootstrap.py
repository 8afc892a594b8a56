"""Intervals by drawing whole groups (FOANs) with replacement, without a loop over images.

Every figure here is a function of sums over frames: counts of a confusion matrix, squared errors, hits in a bin. So the
sums are taken once per group, and a draw is a row of weights: one matrix product gives the sums of all draws.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from data_contracts.vocabulary import TRAINABLE_CLASSES
from fractotrain.evaluation.answers import Bools, Floats, Ints, Names, one_number_per_name
from fractotrain.metrics import figures_of_confusions, one_hot_confusions

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval and what it rests on. Value and ends are None where they have no definition."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    """Frames (or specimens)."""
    n_foans: int

    def is_above(self, bound: float) -> bool:
        """Whether the whole interval lies above a value."""
        return self.low is not None and self.low > bound


@dataclass(frozen=True, slots=True)
class GroupBootstrap:
    """Draws of groups, made once and used for every figure: differences between figures are therefore paired."""

    group_of: Ints
    """Group of each frame, 0-based."""
    weights: Floats
    """Shape (draws, groups): how often a group was drawn."""

    @classmethod
    def of(cls, groups: Names, n_draws: int, seed: int) -> "GroupBootstrap":
        """Draw as many groups as there are, with replacement, ``n_draws`` times."""
        names, group_of = one_number_per_name(groups)
        rng = np.random.default_rng(seed)
        n = len(names)
        drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_draws) if n else np.zeros((n_draws, 0))
        return cls(group_of, drawn.astype(np.float64))

    def sums(self, terms: Floats) -> Floats:
        """Sums over frames in each draw.

        Args:
            terms: shape (frames,) or (frames, columns); a frame that shall not count has zeros.

        Returns:
            Shape (draws,) or (draws, columns).
        """
        by_group = np.zeros((self.weights.shape[1], *terms.shape[1:]))
        np.add.at(by_group, self.group_of, terms)
        return self.weights @ by_group

    def n_groups(self, where: Bools) -> int:
        """Groups that have a frame there."""
        return len(np.unique(self.group_of[where]))

    def estimate(self, value: float, drawn: Floats, where: Bools, level: float = LEVEL) -> Estimate:
        """A figure with the percentile interval of its draws; no interval where fewer than two groups were drawn."""
        n_groups = self.n_groups(where)
        low, high = percentile_interval(drawn, level) if n_groups > 1 else (None, None)
        known = float(value) if np.isfinite(value) else None
        return Estimate(known, low, high, int(where.sum()), n_groups)

    def mean(self, terms: Floats, where: Bools) -> Estimate:
        """Mean of a term over the frames that count."""
        counted = np.where(where, 1.0, 0.0)
        drawn = self.sums(np.stack([np.where(where, terms, 0.0), counted], axis=1))
        value = terms[where].mean() if where.any() else np.nan
        return never_certain(self.estimate(value, ratio(drawn[:, 0], drawn[:, 1]), where))

    def scores(self, true: Ints, predicted: Ints, where: Bools, level: float = LEVEL) -> dict[str, Estimate]:
        """Every figure of ``metrics.FIGURES`` with its interval, over the frames that count."""
        terms = one_hot_confusions(true, predicted) * where[:, None]
        values = figures_of_confusions(terms.sum(axis=0))
        drawn = figures_of_confusions(self.sums(terms))
        return {
            name: never_certain(
                self.estimate(float(values[name]), drawn[name], where & _basis(name, true, predicted), level), level
            )
            for name in values
        }


def percentile_interval(drawn: Floats, level: float) -> tuple[float | None, float | None]:
    """Percentile interval of draws; draws in which the figure has no definition are left out."""
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return None, None
    low, high = np.percentile(known, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


def unseen_share(n_foans: int, level: float) -> float:
    """What may be true of FOANs and was seen in none of n: Clopper and Pearson (1934), ``1 - 0.025 ** (1 / n)``."""
    return float(1 - ((1 - level) / 2) ** (1 / n_foans))


def difference_of(first: Estimate, second: Estimate) -> Estimate:
    """First less second, from the intervals of both (Newcombe 1998, method 10; Donner and Zou 2012, "MOVER").

    Unlike draws of the difference it holds where one of two shares is 0 in every draw. FOANs that have frames in both
    would make it narrower: it is on the safe side. Numbers are those of the first.
    """
    if first.value is None or second.value is None:
        return replace(first, value=None, low=None, high=None)
    value = first.value - second.value
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return replace(first, value=value, low=None, high=None)
    low = value - math.hypot(first.value - first.low, second.high - second.value)
    high = value + math.hypot(first.high - first.value, second.value - second.low)
    return replace(first, value=value, low=low, high=high)


def never_certain(estimate: Estimate, level: float = LEVEL) -> Estimate:
    """Where all frames or none are right, every draw says the same; that none of n FOANs errs is still a bound."""
    if estimate.low is None or estimate.low != estimate.high or estimate.value not in {0.0, 1.0}:
        return estimate
    reach = unseen_share(estimate.n_foans, level)
    return replace(estimate, low=1 - reach) if estimate.value == 1.0 else replace(estimate, high=reach)


def never_certain_difference(estimate: Estimate, level: float = LEVEL) -> Estimate:
    """Where no draw shows a difference, it may still be as large as what may be true of FOANs and none of n showed."""
    if estimate.value is None or not estimate.value == estimate.low == estimate.high == 0:
        return estimate
    reach = unseen_share(estimate.n_foans, level)
    return replace(estimate, low=-reach, high=reach)


def _basis(figure: str, true: Ints, predicted: Ints) -> Bools:
    """The frames that a figure rests on: those of the class for its recall, those called so for its precision."""
    metric, _, name = figure.partition(":")
    if not name:
        return np.ones(len(true), bool)
    label = [str(c) for c in TRAINABLE_CLASSES].index(name)
    is_true, is_predicted = true == label, predicted == label
    return np.asarray({"recall": is_true, "precision": is_predicted, "f1": is_true | is_predicted}[metric])


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """NaN where nothing is divided by."""
    return np.asarray(np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator > 0))
