"""Frames that share features are proposed; chance agreements of a large archive are not all of them."""

import numpy as np

from fractocurate.leakage.feature_index import MAX_WEAK_PARTNERS, find_sharing_frames
from fractocurate.leakage.local_features import LocalFeatures

_N_FEATURES = 40


def _frame(rng: np.random.Generator) -> LocalFeatures:
    """Features at random places with random bits: no two frames have any in common."""
    places = rng.uniform(0, 1, (2, _N_FEATURES))
    angles = rng.uniform(-np.pi, np.pi, _N_FEATURES)
    return LocalFeatures(
        positions=(places[0] * 0.75 + 1j * places[1]).astype(np.complex64),
        shapes=(0.02 * np.exp(1j * angles)).astype(np.complex64),
        bits=rng.integers(0, 256, (_N_FEATURES, 16), dtype=np.uint8),
        view_jpeg=b"",
    )


def _sharing(rng: np.random.Generator, other: LocalFeatures, n_shared: int) -> LocalFeatures:
    """A frame that has the first features of another one, at the same places."""
    frame = _frame(rng)
    for mine, its in ((frame.positions, other.positions), (frame.shapes, other.shapes), (frame.bits, other.bits)):
        mine[:n_shared] = its[:n_shared]
    return frame


def test_frames_with_features_in_common_are_proposed() -> None:
    """And strangers are not."""
    rng = np.random.default_rng(3)
    new = _frame(rng)
    frames = [_frame(rng), _sharing(rng, new, 4), _frame(rng), new]
    assert list(find_sharing_frames(frames, n_known=3)) == [(1, 3, False)]


def test_agreements_by_chance_are_not_compared() -> None:
    """Alike features in one cell of turn, scale and place are not enough: they must lie as one transform has them."""
    rng = np.random.default_rng(4)
    new = _frame(rng)
    strewn = [_sharing(rng, new, 4) for _ in range(20)]
    for frame in strewn:
        # Moved by up to a tenth of a frame, each mark on its own: votes agree, places do not.
        frame.positions[:4] += (rng.uniform(-0.1, 0.1, 4) + 1j * rng.uniform(-0.1, 0.1, 4)).astype(np.complex64)
    true = [_sharing(rng, new, 4) for _ in range(3)]
    frames = [*true, *strewn, new]
    partners = {first for first, _, _ in find_sharing_frames(frames, n_known=len(frames) - 1)}
    assert partners >= set(range(len(true)))
    assert len(partners) <= len(true) + 3


def test_of_weak_agreements_only_the_best_are_compared() -> None:
    """However many frames share little, those that share much are all kept."""
    rng = np.random.default_rng(5)
    new = _frame(rng)
    little = [_sharing(rng, new, 4) for _ in range(2 * MAX_WEAK_PARTNERS)]
    much = [_sharing(rng, new, 12) for _ in range(MAX_WEAK_PARTNERS + 3)]
    frames = [*little, *much, new]
    partners = {first for first, _, _ in find_sharing_frames(frames, n_known=len(frames) - 1)}
    assert partners >= set(range(len(little), len(little) + len(much)))
    assert len(partners) == len(much) + MAX_WEAK_PARTNERS


def test_a_few_new_frames_find_what_a_full_search_finds() -> None:
    """Leaving out what none of them can meet changes nothing."""
    rng = np.random.default_rng(6)
    first = [_frame(rng) for _ in range(12)]
    added = [_sharing(rng, first[3], 6), _sharing(rng, first[8], 9)]
    every = set(find_sharing_frames([*first, *added]))
    assert {(3, 12, False), (8, 13, False)} <= every
    assert set(find_sharing_frames([*first, *added], n_known=12)) == {pair for pair in every if pair[1] >= 12}
