"""The full audit over planted copies: each is found, named, and no stranger is confirmed."""

from collections.abc import Callable

import numpy as np
import pytest

from data_contracts.vocabulary import CandidateSource, PairKind
from fractocurate.leakage.fingerprints import Fingerprint, GreyFrame, fingerprint
from fractocurate.leakage.full_search import find_all_pairs
from fractocurate.leakage.local_features import find_features
from fractocurate.leakage.pairs import SimilarPair, find_similar_pairs
from fractocurate.leakage.planted import PLANTED_KINDS, ZOOMS, plant_copies
from fractocurate.leakage.self_test import SAME_FOAN, SELF_TEST_KINDS, STRANGERS, measure_recall, state_recall
from fractocurate.leakage.verification import AuditedFrame, known_scale

KIND_OF = {
    "re_encoded": PairKind.RE_ENCODED,
    "brightness": PairKind.RE_ENCODED,
    "shifted": PairKind.CROP,
    "rotated_90": PairKind.ROTATED_OR_FLIPPED,
    "rotated_180": PairKind.ROTATED_OR_FLIPPED,
    "flipped": PairKind.ROTATED_OR_FLIPPED,
    "crop_75": PairKind.CROP,
    "crop_50": PairKind.CROP,
    "zoom_2x": PairKind.CONTAINMENT,
}
"""What each planted copy is; a shift that was cut off is a crop."""

Archive = tuple[dict[str, Fingerprint], dict[str, AuditedFrame]]


def audited(frame: GreyFrame, pixel_size_nm: float | None = None) -> AuditedFrame:
    """The frame as the full audit sees it."""
    return AuditedFrame(find_features(frame), frame.shape[1], frame.shape[0], pixel_size_nm)


@pytest.fixture(scope="module")
def make_texture() -> Callable[[int], GreyFrame]:
    """Fields with marks of many sizes, as fracture surfaces have."""
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415 - as the room's own texture, but larger

    def make(seed: int) -> GreyFrame:
        noise = np.random.default_rng(seed).standard_normal((384, 512))
        relief = sum(gaussian_filter(noise, sigma) * sigma for sigma in (1.5, 4.0, 12.0))
        low, high = np.percentile(relief, (1, 99))
        return (np.clip((relief - low) / (high - low), 0, 1) * 220 + 15).astype(np.uint8)

    return make


@pytest.fixture(scope="module")
def archive(make_texture: Callable[[int], GreyFrame]) -> Archive:
    """One field, ten strangers, and every kind of copy of the field."""
    frames = {f"s{seed}": make_texture(seed) for seed in range(10)} | {"field": make_texture(99)}
    prints = {name: fingerprint(frame) for name, frame in frames.items()}
    features = {name: audited(frame, 10.0) for name, frame in frames.items()}
    for copy in plant_copies(frames["field"], "field", 10.0):
        prints[copy.kind], features[copy.kind] = copy.print, copy.frame
    return prints, features


@pytest.fixture(scope="module")
def pairs(archive: Archive) -> dict[tuple[str, str], SimilarPair]:
    """All pairs, by their two names."""
    return {(pair.micrograph_a, pair.micrograph_b): pair for pair in find_all_pairs(*archive).pairs}


def between(pairs: dict[tuple[str, str], SimilarPair], a: str, b: str) -> SimilarPair:
    """The pair of two names in any order."""
    return pairs[min(a, b), max(a, b)]


@pytest.mark.parametrize("kind", KIND_OF)
def test_each_planted_copy_is_confirmed_and_named(pairs: dict[tuple[str, str], SimilarPair], kind: str) -> None:
    """Copies that pHash cannot see are found too, and the audit says what was done to them."""
    pair = between(pairs, "field", kind)
    assert pair.is_confirmed
    assert pair.kind is KIND_OF[kind]
    assert pair.field is not None
    assert pair.field.ssim > 0.8


def test_a_zoom_knows_its_scale(pairs: dict[tuple[str, str], SimilarPair]) -> None:
    """The pixel size of the close look is half of the overview's; all of it lies in the overview."""
    pair = between(pairs, "field", "zoom_2x")
    assert pair.source is CandidateSource.LOCAL_FEATURES
    assert pair.scale_ratio == pytest.approx(0.5, rel=0.02)
    assert pair.field is not None
    assert pair.field.share_b > 0.95
    assert pair.field.share_a == pytest.approx(0.25, abs=0.03)


def test_no_stranger_is_confirmed(pairs: dict[tuple[str, str], SimilarPair]) -> None:
    """Ten other fields of the same kind of texture resemble nothing."""
    assert not [
        names
        for names, pair in pairs.items()
        if pair.is_confirmed and any(n[0] == "s" and n[1:].isdigit() for n in names)
    ]


def test_the_papers_candidates_are_all_kept(archive: Archive, pairs: dict[tuple[str, str], SimilarPair]) -> None:
    """What pHash and SSIM say is the same with and without the full audit."""
    for alone in find_similar_pairs(archive[0]):
        pair = pairs[alone.micrograph_a, alone.micrograph_b]
        assert (pair.hamming, pair.ssim, pair.source) == (alone.hamming, alone.ssim, alone.source)


@pytest.mark.parametrize("seed", range(3))
def test_an_addition_finds_what_a_full_search_finds(archive: Archive, seed: int) -> None:
    """To the last digit, whichever frames were there before, known ones are not compared again."""
    prints, frames = archive
    rng = np.random.default_rng(seed)
    known = {str(name) for name in rng.permutation(sorted(prints))[: int(rng.integers(2, len(prints) - 1))]}
    foan_of = {name: f"F-{n % 4}" for n, name in enumerate(sorted(prints))}
    first = find_all_pairs({n: prints[n] for n in known}, {n: frames[n] for n in known}, foan_of=foan_of)
    second = find_all_pairs(prints, frames, known=known, foan_of=foan_of)
    assert not second.unsettled
    assert not [p for p in second.pairs if {p.micrograph_a, p.micrograph_b} <= known]
    fresh = find_all_pairs(prints, frames, foan_of=foan_of).pairs
    assert sorted((*first.pairs, *second.pairs), key=lambda p: (p.micrograph_a, p.micrograph_b)) == list(fresh)


def test_known_scale_needs_both_pixel_sizes(make_texture: Callable[[int], GreyFrame]) -> None:
    """Twice the pixel size is half the length on the screen; unknown stays unknown."""
    a, b = audited(make_texture(1), 20.0), audited(make_texture(1), 10.0)
    assert known_scale(a, b) == 2.0
    assert known_scale(a, audited(make_texture(1))) is None


def test_the_self_test_counts_what_was_planted_and_what_was_invented(make_texture: Callable[[int], GreyFrame]) -> None:
    """Recall per kind over the originals, and pairs of strangers only across FOANs and unlinked fields."""
    frames = {name: make_texture(seed) for seed, name in enumerate("abc")} | {"twin": make_texture(0)}
    prints = {name: fingerprint(frame) for name, frame in frames.items()}
    features = {name: audited(frame) for name, frame in frames.items()}
    planted = {"a": list(plant_copies(frames["a"], "a"))}
    foan_of = {"a": "F-1", "b": "F-2", "c": "F-1", "twin": "F-3"}
    results = measure_recall(prints, features, planted, foan_of, find_similar_pairs(prints), max_hamming=10)
    by_kind = {result.kind: result for result in results}
    assert list(by_kind) == list(SELF_TEST_KINDS)
    assert all(by_kind[kind].n_planted == by_kind[kind].n_found == 1 for kind in KIND_OF)
    assert by_kind["flipped"].n_found_by_paper == 0
    assert all(by_kind[kind + SAME_FOAN].n_found == 1 for kind in ZOOMS)
    # b alone is a stranger: c is of the same FOAN, and twin shows the same field under another one.
    assert (by_kind[STRANGERS].n_planted, by_kind[STRANGERS].n_found) == (len(PLANTED_KINDS), 0)
    assert by_kind["flipped"].interval == pytest.approx((0.2065, 1.0), abs=1e-3)
    assert state_recall(results).startswith("Of copies planted in 1 of the archive's own images it found all of every")
    assert state_recall(()) == ""
