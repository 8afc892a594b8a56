"""Leakage: how many validation images have a near-duplicate in their training folds, with confidence intervals."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import NormalDist

from data_contracts.errors import LeakageError, UsageError
from data_contracts.vocabulary import AuditKind, SplitStrategy
from fractocurate.leakage.folds import FoldPlan
from fractocurate.leakage.pairs import FilePair, likeness
from fractocurate.leakage.settings import CONFIRMATION_FLOOR, DEFAULT_MAX_HAMMING, HEADLINE_SSIM, SSIM_THRESHOLDS

ALL_IMAGES = "all"
"""``subset_by`` of a rate over every validation image."""


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
    audit: AuditKind = AuditKind.FULL
    subset_by: str = ALL_IMAGES
    subset: str | None = None
    """Value of ``subset_by`` that the validation images share; None for all images."""


def measure_leakage(
    plan: FoldPlan,
    pairs: Iterable[FilePair],
    *,
    audit: AuditKind = AuditKind.FULL,
    k: int | None = None,
    max_hamming: int = DEFAULT_MAX_HAMMING,
    thresholds: Sequence[float] = SSIM_THRESHOLDS,
    scope: PairScope = PairScope.ALL,
) -> tuple[LeakageRate, ...]:
    """Derive the leakage of one split from the pairs, which were found once for all splits.

    A validation image leaks at a threshold if at least one of its candidates in the training folds has that SSIM. The
    full audit counts every pair, with its SSIM after alignment. The paper's counts pairs within ``max_hamming`` of
    pHash, with the SSIM of the thumbnails as they are; with ``k`` (``PAPER_K``) only the k nearest by pHash are looked
    at, and equally near ones count by higher SSIM first, so that no tie hides a leak. ``scope`` restricts what counts
    after the k nearest have been chosen.

    Args:
        plan: the split.
        pairs: all candidates, unconfirmed ones included: they take their place among the k nearest.
        audit: the paper's or the full one.
        k: at least 1, or None for all pairs.
        max_hamming: of the paper's audit; at most the distance that the pairs were searched with.
        thresholds: SSIM values; nothing below 0.5 is reported, as nothing below is stored as confirmed.
        scope: which pairs count.

    Returns:
        For each threshold, ascending: one row per fold, then the row of all folds pooled.

    Raises:
        UsageError: k below 1, or a threshold below the floor.
    """
    highest = _highest_ssim(plan.fold_of, pairs, audit=audit, k=k, max_hamming=max_hamming, scope=scope)
    ssims_of: dict[int | None, list[float]] = {fold: [] for fold in range(plan.n_folds)}
    for path, fold in plan.fold_of.items():
        ssims_of[fold].append(highest.get(path, -math.inf))
    ssims_of[None] = [similarity for ssims in ssims_of.values() for similarity in ssims]
    model = _Measured(plan.strategy, max_hamming, k, scope, audit)
    return tuple(
        model.rate(fold, ssims, threshold) for threshold in _checked(thresholds) for fold, ssims in ssims_of.items()
    )


def measure_leakage_by(
    plan: FoldPlan,
    pairs: Iterable[FilePair],
    subset_by: str,
    subset_of: Mapping[str, str],
    *,
    max_hamming: int = DEFAULT_MAX_HAMMING,
    thresholds: Sequence[float] = SSIM_THRESHOLDS,
) -> tuple[LeakageRate, ...]:
    """Derive the full audit's leakage of subsets of the validation images, such as each class; all folds pooled.

    Args:
        plan: the split.
        pairs: all candidates.
        subset_by: what the images were told apart by.
        subset_of: the subset of each path; paths that are not named are left out.
        max_hamming: stored with the rates.
        thresholds: SSIM values.

    Returns:
        For each subset, sorted, one row per threshold, ascending.
    """
    highest = _highest_ssim(
        plan.fold_of, pairs, audit=AuditKind.FULL, k=None, max_hamming=max_hamming, scope=PairScope.ALL
    )
    ssims_of: defaultdict[str, list[float]] = defaultdict(list)
    for path in plan.fold_of:
        if path in subset_of:
            ssims_of[subset_of[path]].append(highest.get(path, -math.inf))
    model = _Measured(plan.strategy, max_hamming, None, PairScope.ALL, AuditKind.FULL)
    return tuple(
        replace(model.rate(None, ssims, threshold), subset_by=subset_by, subset=subset)
        for subset, ssims in sorted(ssims_of.items())
        for threshold in _checked(thresholds)
    )


@dataclass(frozen=True, slots=True)
class _Measured:
    """What all rates of one measurement have in common."""

    strategy: SplitStrategy
    max_hamming: int
    k: int | None
    scope: PairScope
    audit: AuditKind

    def rate(self, fold: int | None, ssims: Sequence[float], threshold: float) -> LeakageRate:
        n_leaking = sum(similarity >= threshold for similarity in ssims)
        low, high = wilson_interval(n_leaking, len(ssims))
        return LeakageRate(
            strategy=self.strategy,
            fold=fold,
            threshold=threshold,
            n_validation=len(ssims),
            n_leaking=n_leaking,
            share=n_leaking / len(ssims) if ssims else 0.0,
            low=low,
            high=high,
            max_hamming=self.max_hamming,
            k=self.k,
            scope=self.scope,
            audit=self.audit,
        )


def _checked(thresholds: Sequence[float]) -> list[float]:
    too_low = [threshold for threshold in thresholds if threshold < CONFIRMATION_FLOOR]
    if too_low:
        raise UsageError(f"SSIM {too_low[0]:g} is below {CONFIRMATION_FLOOR:g}, from which pairs are confirmed")
    return sorted(thresholds)


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
        if rate.fold is None
        and rate.subset is None
        and rate.scope is PairScope.ALL
        and math.isclose(rate.threshold, at_ssim)
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
    fold_of: Mapping[str, int],
    pairs: Iterable[FilePair],
    *,
    audit: AuditKind,
    k: int | None,
    max_hamming: int,
    scope: PairScope,
) -> dict[str, float]:
    """For each path with a counting candidate in the training folds, the SSIM of the likest one."""
    if k is not None and k < 1:
        raise UsageError(f"the audit must look at 1 or more similar training images, not {k}")
    is_full = audit is AuditKind.FULL
    # A pair leaks in both directions: each of the two validates once while the other trains.
    neighbours_of: defaultdict[str, list[tuple[int, float, bool]]] = defaultdict(list)
    for pair in pairs:
        if (is_full or pair.hamming <= max_hamming) and _straddles(fold_of, pair):
            similarity = likeness(pair) if is_full else pair.ssim
            neighbour = (pair.hamming, -similarity, not _is_in_scope(pair, scope))
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
