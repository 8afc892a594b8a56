"""Frames that share features are proposed; chance agreements are not, and an addition changes nothing among others."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fractocurate.leakage.feature_index import MIN_BUCKET, crowd_size, find_sharing_frames
from fractocurate.leakage.local_features import MAX_LIKE_BITS, LocalFeatures, mirrored_bits

_N_FEATURES = 40


def _frame(rng: np.random.Generator) -> LocalFeatures:
    """Features at random places with random bits: no two frames have any in common."""
    places = rng.uniform(0, 1, (2, _N_FEATURES))
    angles = rng.uniform(-np.pi, np.pi, _N_FEATURES)
    return LocalFeatures(
        positions=(places[0] * 0.75 + 1j * places[1]).astype(np.complex64),
        shapes=(0.02 * np.exp(1j * angles)).astype(np.complex64),
        bits=rng.integers(0, 256, (_N_FEATURES, 16), dtype=np.uint8),
        limits=np.full(_N_FEATURES, MAX_LIKE_BITS, np.uint8),
        view_jpeg=b"",
    )


def _sharing(rng: np.random.Generator, other: LocalFeatures, n_shared: int) -> LocalFeatures:
    """A frame that has the first features of another one, at the same places."""
    frame = _frame(rng)
    for mine, its in ((frame.positions, other.positions), (frame.shapes, other.shapes), (frame.bits, other.bits)):
        mine[:n_shared] = its[:n_shared]
    return frame


def _pairs(frames: list[LocalFeatures], *known: int, sizes: list[float] | None = None) -> set[tuple[int, int, bool]]:
    return set(find_sharing_frames(frames, sizes or [None] * len(frames), known).pairs)


def test_frames_with_features_in_common_are_proposed() -> None:
    """And strangers are not; a mirrored copy is proposed as such."""
    rng = np.random.default_rng(3)
    new = _frame(rng)
    frames = [_frame(rng), _sharing(rng, new, 4), _frame(rng), new]
    assert _pairs(frames) == {(1, 3, False)}
    mirrored = LocalFeatures(new.positions.conj(), new.shapes.conj(), mirrored_bits(new.bits), new.limits, b"")
    assert _pairs([*frames, mirrored]) == {(1, 3, False), (1, 4, True), (3, 4, True)}


def test_agreements_by_chance_are_not_compared() -> None:
    """Alike features are not enough: they must lie as one transform has them."""
    rng = np.random.default_rng(4)
    new = _frame(rng)
    strewn = [_sharing(rng, new, 4) for _ in range(20)]
    for frame in strewn:
        # Moved by up to a tenth of a frame, each mark on its own.
        frame.positions[:4] += (rng.uniform(-0.1, 0.1, 4) + 1j * rng.uniform(-0.1, 0.1, 4)).astype(np.complex64)
    true = [_sharing(rng, new, 4) for _ in range(3)]
    frames = [*true, *strewn, new]
    partners = {first for first, second, _ in _pairs(frames) if second == len(frames) - 1}
    assert partners >= set(range(len(true)))
    assert len(partners) <= len(true) + 3


def test_two_marks_of_a_zoom_are_enough_where_the_pixel_sizes_bear_them_out() -> None:
    """Only then: elsewhere two agree by chance."""
    rng = np.random.default_rng(5)
    new = _frame(rng)
    zoom = _sharing(rng, new, 2)
    zoom.positions[:2] = 3 * (zoom.positions[:2] - new.positions[:2].mean()) + (0.4 + 0.5j)
    zoom.shapes[:2] *= 3
    assert _pairs([zoom, new], sizes=[10.0, 30.0]) == {(0, 1, False)}
    assert _pairs([zoom, new], sizes=[10.0, 10.0]) == _pairs([zoom, new]) == set()


@pytest.mark.parametrize("limit", [0, 5])
def test_marks_that_their_own_frame_repeats_identify_nothing(limit: int) -> None:
    """A limit of few bits says that the frame has others like it."""
    rng = np.random.default_rng(6)
    new = _frame(rng)
    copy = _sharing(rng, new, 6)
    copy.limits[:6] = limit
    assert _pairs([copy, new]) == set()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), known=st.sets(st.integers(0, 13)))
def test_whichever_frames_are_known_the_rest_is_what_a_full_search_finds(seed: int, known: set[int]) -> None:
    """All pairs with a new frame, and no other, in any order of arrival."""
    rng = np.random.default_rng(seed)
    frames = [_frame(rng) for _ in range(8)]
    frames += [_sharing(rng, frames[int(rng.integers(len(frames)))], int(rng.integers(2, 9))) for _ in range(6)]
    sizes = rng.choice([10.0, 20.0], len(frames)).tolist()
    every = _pairs(frames, sizes=sizes)
    assert len(every) >= 3
    assert _pairs(frames, *known, sizes=sizes) == {pair for pair in every if not known.issuperset(pair[:2])}


def test_what_too_many_frames_share_is_left_out_and_said() -> None:
    """The new frame that crowds known ones unsettles them; one that comes to a crowd does not."""
    rng = np.random.default_rng(7)
    print_ = _frame(rng)
    crowd = [_sharing(rng, print_, 4) for _ in range(MIN_BUCKET + 2)]
    few, just, more = (crowd[: MIN_BUCKET + n] for n in (0, 1, 2))
    sizes: list[float | None] = [None] * len(more)
    assert len(_pairs(few)) == len(few) * (len(few) - 1) / 2
    found = find_sharing_frames(just, sizes[: len(just)], range(len(few)))
    assert (found.pairs, found.n_crowded > 0, found.unsettled) == (
        (),
        True,
        set(itertools.combinations(range(len(few)), 2)),
    )
    found = find_sharing_frames(more, sizes, range(len(just)))
    assert (found.pairs, found.n_crowded > 0, found.unsettled) == ((), True, set())


def test_crowds_grow_with_the_archive_in_steps() -> None:
    """So that an addition rarely changes what a crowd is."""
    assert [crowd_size(n) for n in (0, 255, 511, 512, 8500, 8600)] == [64, 64, 64, 128, 2048, 2048]
