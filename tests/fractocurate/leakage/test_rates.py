"""Leakage rates, their intervals and the gate."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from data_contracts.errors import LeakageError, UsageError
from data_contracts.vocabulary import AuditKind, PairKind, SplitStrategy
from fractocurate.leakage.folds import FoldAssignment, FoldPlan, plan_folds
from fractocurate.leakage.pairs import FilePair, ImageFile
from fractocurate.leakage.rates import (
    PairScope,
    check_leakage_gate,
    measure_leakage,
    state_leakage,
    wilson_interval,
)
from fractocurate.leakage.settings import PAPER_K, SSIM_THRESHOLDS


def plan_of(folds: str, n_folds: int = 3) -> FoldPlan:
    """A split of files a, b, c ... into the folds spelled out."""
    assignments = tuple(FoldAssignment(chr(ord("a") + n), int(fold), "") for n, fold in enumerate(folds))
    return FoldPlan(SplitStrategy.IMAGE, n_folds, 0, None, assignments, ())


def pair(paths: str, hamming: int = 4, ssim: float = 0.9, *, same_foan: bool | None = None) -> FilePair:
    """A candidate pair."""
    return FilePair(paths[0], paths[1], PairKind.NEAR_DUPLICATE, hamming, ssim, 1.0, same_foan, same_class=True)


def pooled(
    plan: FoldPlan, pairs: list[FilePair], *, k: int | None = None, scope: PairScope = PairScope.ALL
) -> list[int]:
    """Leaking images of all folds by threshold."""
    return [rate.n_leaking for rate in measure_leakage(plan, pairs, k=k, scope=scope) if rate.fold is None]


def test_a_pair_across_folds_leaks_in_both_directions() -> None:
    """Each of the two images validates once while the other trains; a pair within one fold leaks nothing."""
    rates = measure_leakage(plan_of("00112"), [pair("ac", ssim=0.72), pair("ab", ssim=0.99)])
    leaking = {(rate.fold, rate.threshold): rate.n_leaking for rate in rates}
    assert [leaking[fold, 0.70] for fold in (0, 1, 2, None)] == [1, 1, 0, 2]
    assert [leaking[fold, 0.80] for fold in (0, 1, 2, None)] == [0, 0, 0, 0]
    assert {rate.fold: rate.n_validation for rate in rates} == {0: 2, 1: 2, 2: 1, None: 5}
    assert [rate.threshold for rate in rates if rate.fold is None] == list(SSIM_THRESHOLDS)


def test_only_the_k_nearest_by_hash_are_looked_at() -> None:
    """The paper's audit passes over a likelier image that the hash ranks behind k others."""
    plan = plan_of("0111")
    pairs = [pair("ab", 1, 0.3), pair("ac", 2, 0.4), pair("ad", 3, 0.99)]
    shares = {k: next(r for r in measure_leakage(plan, pairs, k=k) if r.fold == 0).n_leaking for k in (1, 2, 3, None)}
    assert shares == {1: 0, 2: 0, 3: 1, None: 1}


def test_ties_of_the_hash_never_hide_a_leak() -> None:
    """Among equally near images the likest is looked at first, whatever the names."""
    pairs = [pair("ab", 2, 0.3), pair("ac", 2, 0.3), pair("ad", 2, 0.99)]
    assert pooled(plan_of("0111"), pairs, k=1)[-1] == 2


def test_pairs_beyond_the_distance_do_not_count() -> None:
    """In the paper's audit pairs searched for with a wide distance can be audited with a narrower one."""
    pairs = [pair("ab", hamming=9)]
    assert not any(rate.n_leaking for rate in measure_leakage(plan_of("01"), pairs, audit=PAPER, max_hamming=8))
    assert any(rate.n_leaking for rate in measure_leakage(plan_of("01"), pairs, audit=PAPER, max_hamming=9))


def test_leaks_are_told_apart_by_foan() -> None:
    """What one FOAN shares and what crosses FOANs are counted apart; unknown FOANs are in neither."""
    plan = plan_of("010101")
    pairs = [pair("ab", same_foan=True), pair("cd", same_foan=False), pair("ef", same_foan=None)]
    assert pooled(plan, pairs)[0] == 6
    assert pooled(plan, pairs, scope=PairScope.SAME_FOAN)[0] == 2
    assert pooled(plan, pairs, scope=PairScope.CROSS_FOAN)[0] == 2


def leaks_by_brute_force(
    fold_of: dict[str, int], pairs: list[FilePair], fold: int, threshold: float, k: int | None
) -> int:
    """Count one fold image by image, straight from the definition."""
    count = 0
    for path in (path for path, its_fold in fold_of.items() if its_fold == fold):
        candidates = []
        for candidate in pairs:
            if path in (candidate.path_a, candidate.path_b):
                other = candidate.path_b if candidate.path_a == path else candidate.path_a
                if other in fold_of and fold_of[other] != fold and candidate.hamming <= 10:
                    candidates.append((candidate.hamming, -candidate.ssim))
        looked_at = sorted(candidates)[:k]
        count += any(-negated >= threshold for _, negated in looked_at)
    return count


PAPER = AuditKind.PAPER
PATHS = "abcdefghij"
CANDIDATES = st.lists(
    st.builds(
        pair,
        st.sampled_from([a + b for a in PATHS for b in PATHS if a < b]),
        st.integers(0, 14),
        st.sampled_from([0.2, 0.5, 0.6, 0.75, 0.8, 0.86, 0.9, 0.95, 1.0]),
    ),
    max_size=30,
    unique_by=lambda candidate: (candidate.path_a, candidate.path_b),
)


@given(st.text("012", min_size=1, max_size=8), CANDIDATES, st.one_of(st.none(), st.integers(1, 3)))
def test_rates_agree_with_counting_image_by_image(folds: str, pairs: list[FilePair], k: int | None) -> None:
    """For any split, pairs and k each figure is what the definition counts; pairs of unlisted files are ignored."""
    plan = plan_of(folds)
    rates = measure_leakage(plan, pairs, audit=PAPER, k=k)
    for rate in rates:
        counted = [leaks_by_brute_force(plan.fold_of, pairs, fold, rate.threshold, k) for fold in range(3)]
        assert rate.n_leaking == (sum(counted) if rate.fold is None else counted[rate.fold])
        assert rate.share == pytest.approx(rate.n_leaking / rate.n_validation if rate.n_validation else 0)
        assert 0 <= rate.low <= rate.share <= rate.high <= 1
    assert len(rates) == len(SSIM_THRESHOLDS) * 4


@given(st.text("012", min_size=2, max_size=8), CANDIDATES, st.integers(1, 3))
def test_looking_at_more_pairs_never_finds_less(folds: str, pairs: list[FilePair], k: int | None) -> None:
    """Leakage grows with k, falls with the threshold, and is largest over all pairs."""
    plan = plan_of(folds)
    fewer, more, everything = pooled(plan, pairs, k=k), pooled(plan, pairs, k=k + 1), pooled(plan, pairs)
    assert all(a <= b <= c for a, b, c in zip(fewer, more, everything, strict=True))
    assert everything == sorted(everything, reverse=True)


@given(CANDIDATES)
def test_clusters_do_not_leak_at_their_own_threshold(pairs: list[FilePair]) -> None:
    """No pair from which a cluster is made can straddle its folds."""
    files = [ImageFile(path, f"m-{path}", f"F-{path}", "material") for path in PATHS + "klmnopqrstuvwxyz"]
    plan = plan_folds(files, SplitStrategy.CLUSTER, n_folds=2, pairs=pairs, cluster_ssim=0.80)
    rates = measure_leakage(plan, pairs, max_hamming=64)
    assert all(rate.n_leaking == 0 for rate in rates if rate.threshold >= 0.80)


@given(st.integers(0, 400), st.integers(1, 400))
def test_the_interval_is_wilsons(n_hits: int, n_trials: int) -> None:
    """It agrees with scipy's score interval without continuity correction."""
    n_hits = min(n_hits, n_trials)
    expected = binomtest(n_hits, n_trials).proportion_ci(0.95, method="wilson")
    assert wilson_interval(n_hits, n_trials) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_the_interval_agrees_with_published_values() -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3; no trials tell nothing."""
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (n_hits, n_trials), interval in published.items():
        assert wilson_interval(n_hits, n_trials) == pytest.approx(interval, abs=5e-5)
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_the_gate_names_the_worst_fold() -> None:
    """A single bad fold trips the gate even if the pooled share is under the limit."""
    rates = measure_leakage(plan_of("0111222222"), [pair("ab", ssim=0.85)])
    check_leakage_gate(rates, 1.0, at_ssim=0.80)
    check_leakage_gate(rates, 0.0, at_ssim=0.90)
    with pytest.raises(
        LeakageError, match=r"image split in fold 0: 1 of 1 .* the limit is 25\.0%; train on the cluster"
    ):
        check_leakage_gate(rates, 0.25)
    with pytest.raises(UsageError, match=r"not measured at SSIM 0\.83; choose one of: 0\.5, 0\.6"):
        check_leakage_gate(rates, 0.25, at_ssim=0.83)
    with pytest.raises(UsageError, match="choose one of: nothing"):
        check_leakage_gate([], 0.25)


def test_the_sentence_states_share_and_number_of_each_split(image_file: Callable[..., ImageFile]) -> None:
    """One line says what the audit found; without figures it says nothing."""
    files = [image_file(path, f"F-{path}") for path in PATHS]
    pairs = [pair(a + b) for a in PATHS for b in PATHS if a < b and {a, b} <= set("abc")]
    rates = [
        r
        for s in (SplitStrategy.IMAGE, SplitStrategy.CLUSTER)
        for r in measure_leakage(plan_folds(files, s, pairs=pairs), pairs)
    ]
    assert state_leakage(rates) == (
        "Of 10 micrographs, each validated once, the share that has a near-duplicate (SSIM >= 0.80) in its training "
        "folds is 30.0% (3) in the image split and 0.0% (0) in the cluster split."
    )
    assert state_leakage([]) == ""


def test_settings_that_make_no_sense_are_refused() -> None:
    """K below 1 and thresholds below the confirmation floor are usage errors."""
    with pytest.raises(UsageError, match="1 or more"):
        measure_leakage(plan_of("01"), [], k=0)
    with pytest.raises(UsageError, match=r"0\.4 is below 0\.5"):
        measure_leakage(plan_of("01"), [], thresholds=[0.4, 0.8])
    assert {rate.k for rate in measure_leakage(plan_of("01"), [], k=PAPER_K)} == {5}
