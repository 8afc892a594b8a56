"""Leakage: how many validation images have a near-duplicate in their training folds, with confidence intervals."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from data_contracts.errors import LeakageError, UsageError
from data_contracts.vocabulary import SplitStrategy
from fractocurate.leakage.folds import FoldPlan
from fractocurate.leakage.pairs import FilePair
from fractocurate.leakage.settings import CONFIRMATION_FLOOR, DEFAULT_MAX_HAMMING, HEADLINE_SSIM, SSIM_THRESHOLDS


class PairScope(StrEnum):
    """Which pairs count as a leak."""

    ALL = "all"
    SAME_FOAN = "same_foan"
    """Pairs within one FOAN: what grouping by FOAN removes by itself."""
    CROSS_FOAN = "cross_foan"
    """Pairs of two known, different FOANs: what only clusters remove, or a wrong label betrayed."""


@dataclass(frozen=True, slots=True)
class LeakageRate:
    """One cell of the leakage table."""

    strategy: SplitStrategy
    fold: int | None
    """0-based; None for all folds pooled."""
    threshold: float
    """SSIM from which a pair counts."""
    n_validation: int
    n_leaking: int
    share: float
    """``n_leaking / n_validation``; 0 for an empty fold."""
    low: float
    high: float
    """Wilson 95 % interval of the share."""
    max_hamming: int
    """pHash distance up to which candidates were looked for."""
    k: int | None
    """Most similar training images looked at for each validation image; None: all."""
    scope: PairScope


def measure_leakage(
    plan: FoldPlan,
    pairs: Iterable[FilePair],
    *,
    k: int | None = None,
    max_hamming: int = DEFAULT_MAX_HAMMING,
    thresholds: Sequence[float] = SSIM_THRESHOLDS,
    scope: PairScope = PairScope.ALL,
) -> tuple[LeakageRate, ...]:
    """Derive the leakage of one split from the pairs, which were found once for all splits.

    A validation image leaks at a threshold if at least one of its candidates in the training folds has that SSIM. With
    ``k`` (the paper's audit: ``PAPER_K``) only the k candidates nearest by pHash are looked at; equally near ones count
    by higher SSIM first, so that no tie hides a leak. Without it every pair counts, which is the stricter reading and
    the one to compare strategies by. ``scope`` restricts what counts after the k nearest have been chosen.

    Args:
        plan: the split.
        pairs: all candidates, unconfirmed ones included: they take their place among the k nearest.
        k: at least 1, or None for all pairs.
        max_hamming: pairs farther apart are left out; at most the distance that the pairs were searched with.
        thresholds: SSIM values; nothing below 0.5 is reported, as nothing below is stored as confirmed.
        scope: which pairs count.

    Returns:
        For each threshold, ascending: one row per fold, then the row of all folds pooled.

    Raises:
        UsageError: k below 1, or a threshold below the floor.
    """
    if k is not None and k < 1:
        raise UsageError(f"the audit must look at 1 or more similar training images, not {k}")
    too_low = [threshold for threshold in thresholds if threshold < CONFIRMATION_FLOOR]
    if too_low:
        raise UsageError(f"SSIM {too_low[0]:g} is below {CONFIRMATION_FLOOR:g}, from which pairs are confirmed")
    fold_of = plan.fold_of
    worst = _highest_ssim(fold_of, pairs, k=k, max_hamming=max_hamming, scope=scope)
    ssims_of: dict[int, list[float]] = {fold: [] for fold in range(plan.n_folds)}
    for path, fold in fold_of.items():
        ssims_of[fold].append(worst.get(path, -math.inf))
    everything = [similarity for ssims in ssims_of.values() for similarity in ssims]
    rates = []
    for threshold in sorted(thresholds):
        rows: list[tuple[int | None, list[float]]] = [*ssims_of.items(), (None, everything)]
        for validated, ssims in rows:
            n_leaking = sum(similarity >= threshold for similarity in ssims)
            low, high = wilson_interval(n_leaking, len(ssims))
            rates.append(
                LeakageRate(
                    strategy=plan.strategy,
                    fold=validated,
                    threshold=threshold,
                    n_validation=len(ssims),
                    n_leaking=n_leaking,
                    share=n_leaking / len(ssims) if ssims else 0.0,
                    low=low,
                    high=high,
                    max_hamming=max_hamming,
                    k=k,
                    scope=scope,
                )
            )
    return tuple(rates)


def wilson_interval(n_hits: int, n_trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, 209-212); (0, 1) without trials.

    Unlike p +- z * SE it stays within 0 and 1 and does not shrink to nothing at 0 hits, the usual case here.
    """
    if n_trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = n_hits / n_trials
    centre = (share + z * z / (2 * n_trials)) / (1 + z * z / n_trials)
    half_width = z / (1 + z * z / n_trials) * math.sqrt(share * (1 - share) / n_trials + (z / (2 * n_trials)) ** 2)
    low = 0.0 if n_hits == 0 else max(0.0, centre - half_width)
    high = 1.0 if n_hits == n_trials else min(1.0, centre + half_width)
    return low, high


def check_leakage_gate(rates: Iterable[LeakageRate], max_share: float, *, at_ssim: float = HEADLINE_SSIM) -> None:
    """Hold every fold, and all folds pooled, against a limit.

    Raises:
        LeakageError: a share is above ``max_share``; the message names the worst.
        UsageError: nothing was measured at ``at_ssim``.
    """
    rates = tuple(rates)
    judged = [rate for rate in rates if math.isclose(rate.threshold, at_ssim)]
    if not judged:
        measured = ", ".join(f"{threshold:g}" for threshold in sorted({rate.threshold for rate in rates})) or "nothing"
        raise UsageError(f"leakage was not measured at SSIM {at_ssim:g}; choose one of: {measured}")
    worst = max(judged, key=lambda rate: rate.share)
    if worst.share > max_share:
        where = "over all folds" if worst.fold is None else f"in fold {worst.fold}"
        raise LeakageError(
            f"{worst.strategy.value} split {where}: {worst.n_leaking} of {worst.n_validation} validation images "
            f"({worst.share:.1%}) have a near-duplicate at SSIM >= {at_ssim:g} in the training folds, the limit is "
            f"{max_share:.1%}; train on the cluster split, or remove the duplicates that the audit page shows"
        )


def state_leakage(rates: Iterable[LeakageRate], *, at_ssim: float = HEADLINE_SSIM) -> str:
    """Say in one sentence what the pooled rates of one or several strategies mean; empty if none were measured."""
    pooled = [
        rate
        for rate in rates
        if rate.fold is None and rate.scope is PairScope.ALL and math.isclose(rate.threshold, at_ssim)
    ]
    if not pooled:
        return ""
    n_validation = pooled[0].n_validation
    clauses = [f"{rate.share:.1%} ({rate.n_leaking}) in the {rate.strategy.value} split" for rate in pooled]
    listed = clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"
    return (
        f"Of {n_validation} micrographs, each validated once, the share that has a near-duplicate "
        f"(SSIM >= {at_ssim:.2f}) in its training folds is {listed}."
    )


def _highest_ssim(
    fold_of: Mapping[str, int], pairs: Iterable[FilePair], *, k: int | None, max_hamming: int, scope: PairScope
) -> dict[str, float]:
    """For each path with a counting candidate in the training folds, the SSIM of the likest one."""
    # A pair leaks in both directions: each of the two validates once while the other trains.
    neighbours_of: defaultdict[str, list[tuple[int, float, bool]]] = defaultdict(list)
    for pair in pairs:
        if pair.hamming <= max_hamming and _straddles(fold_of, pair):
            neighbour = (pair.hamming, -pair.ssim, not _is_in_scope(pair, scope))
            neighbours_of[pair.path_a].append(neighbour)
            neighbours_of[pair.path_b].append(neighbour)
    highest = {}
    for path, neighbours in neighbours_of.items():
        nearest = neighbours if k is None else sorted(neighbours)[:k]
        counting = [-negated_ssim for _, negated_ssim, is_out_of_scope in nearest if not is_out_of_scope]
        if counting:
            highest[path] = max(counting)
    return highest


def _straddles(fold_of: Mapping[str, int], pair: FilePair) -> bool:
    fold_a, fold_b = fold_of.get(pair.path_a), fold_of.get(pair.path_b)
    return fold_a is not None and fold_b is not None and fold_a != fold_b


def _is_in_scope(pair: FilePair, scope: PairScope) -> bool:
    if scope is PairScope.ALL:
        return True
    return pair.same_foan is (scope is PairScope.SAME_FOAN)
