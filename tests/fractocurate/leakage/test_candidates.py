"""Exhaustive search for close hashes."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import BadInputError
from fractocurate.leakage.candidates import count_bits, count_bits_by_bytes, find_candidates, hashes_from_hex

# Few free bits, so that close pairs are frequent.
CLUSTERED_HASHES = st.lists(
    st.tuples(st.sampled_from([0, 2**63, 2**64 - 1]), st.integers(0, 2**6 - 1)).map(lambda parts: parts[0] ^ parts[1]),
    max_size=60,
)


def by_brute_force(hashes: list[int], max_hamming: int, n_known: int) -> list[tuple[int, int, int]]:
    """Every pair, one by one."""
    return [
        (i, j, (a ^ b).bit_count())
        for (i, a), (j, b) in itertools.combinations(enumerate(hashes), 2)
        if (a ^ b).bit_count() <= max_hamming and j >= n_known
    ]


@given(CLUSTERED_HASHES, st.one_of(st.integers(0, 6), st.integers(0, 64)), st.integers(0, 60))
def test_the_search_finds_exactly_the_pairs_that_brute_force_finds(
    hashes: list[int], max_hamming: int, n_known: int
) -> None:
    """No pair within the distance is missed, none is invented, and known pairs are left out."""
    found = find_candidates(np.array(hashes, dtype=np.uint64), max_hamming, n_known=n_known)
    rows = list(zip(found.first.tolist(), found.second.tolist(), found.hamming.tolist(), strict=True))
    assert rows == by_brute_force(hashes, max_hamming, n_known)
    assert len(found) == len(rows)


def test_the_distance_is_inclusive() -> None:
    """Hashes exactly as far apart as allowed are a pair; one bit more and they are none."""
    hashes = np.array([0, 2**10 - 1], dtype=np.uint64)
    assert find_candidates(hashes, 10).hamming.tolist() == [10]
    assert len(find_candidates(hashes, 9)) == 0


def test_pairs_across_blocks_are_found() -> None:
    """More hashes than one block holds: planted neighbours far apart in the list are still found."""
    hashes = np.random.default_rng(5).integers(0, 2**64, 9000, dtype=np.uint64)
    planted = [(0, 8999), (31, 32), (4095, 4096), (5000, 5001), (17, 4500)]
    for first, second in planted:
        hashes[second] = hashes[first] ^ np.uint64(0b1011)
    found = find_candidates(hashes, 6)
    pairs = set(zip(found.first.tolist(), found.second.tolist(), strict=True))
    assert set(planted) <= pairs
    assert all(int(hashes[i] ^ hashes[j]).bit_count() <= 6 for i, j in pairs)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=20))
def test_bits_are_counted_alike_with_and_without_numpy_2(words: list[int]) -> None:
    """The table look-up for numpy 1 agrees with Python's own count."""
    array = np.array(words, dtype=np.uint64).reshape(1, -1)
    expected = [[word.bit_count() for word in words]]
    assert count_bits(array).tolist() == expected
    assert count_bits_by_bytes(array).tolist() == expected


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_hashes_survive_hexadecimal(words: list[int]) -> None:
    """What the catalog stores as text is the hash that was computed."""
    assert hashes_from_hex(f"{word:016x}" for word in words).tolist() == words


def test_a_flood_of_candidates_ends_the_run_with_advice() -> None:
    """A distance at which everything is alike is refused before memory runs out."""
    with pytest.raises(BadInputError, match="choose a smaller distance"):
        find_candidates(np.zeros(200, dtype=np.uint64), 10, max_pairs=1000)
