"""Which features of an archive are alike, without comparing each with every other.

Locality-sensitive hashing (Indyk and Motwani, STOC 1998, 604-613): descriptors that agree in some drawn bits meet in a
bucket; several draws make it likely that two descriptors of one spot meet at least once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

N_TABLES = 16
KEY_BITS = 28
"""Up to a million features; two more for each doubling, lest buckets grow with the archive."""
MAX_BUCKET = 64
"""Of features of the archive in a bucket: what looks alike everywhere identifies nothing."""
_FEATURES_OF_KEY = 1_000_000
_SEED = 20
_MIXERS = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93))
_HALF = np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_FILTER_BITS = np.uint64(40)
"""The highest 24 bits of a hash decide whether a feature may meet a new one at all."""

Words = npt.NDArray[np.uint64]
"""Descriptors of 128 bits, shape (n, 2)."""
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """One draw of bits, and the features sorted by them."""

    drawn: Words
    """Which bits, shape (2,)."""
    entries: Words
    """Key in the upper half and number of the feature in the lower one, sorted; shape (n,)."""

    def meetings(self, words: Words) -> tuple[Indices, Indices]:
        """Number of a query and number of a feature of the table, for all that share a bucket."""
        queries = _entries(_hashes(words, self.drawn), np.arange(len(words)))
        lowest = queries & ~_LOW_HALF
        left = np.searchsorted(self.entries, lowest, "left")
        right = np.searchsorted(self.entries, lowest | _LOW_HALF, "right")
        counts = np.where(right - left <= MAX_BUCKET, right - left, 0)
        query = np.repeat((queries & _LOW_HALF).astype(np.int64), counts)
        within = np.arange(len(query)) - np.repeat(np.cumsum(counts) - counts, counts)
        return query, (self.entries[np.repeat(left, counts) + within] & _LOW_HALF).astype(np.int64)


def make_tables(words: Words, asked: Words | None = None) -> Iterator[Table]:
    """Sort features by each of ``N_TABLES`` draws.

    Args:
        words: of all features, shape (n, 2).
        asked: the only descriptors that will be looked up, shape (m, 2); features that meet none of them are left out,
            so that a few new frames do not cost the sorting of an archive.
    """
    rng = np.random.default_rng(_SEED)
    n_bits = KEY_BITS + round(2 * max(np.log2(max(len(words), 1) / _FEATURES_OF_KEY), 0))
    for _ in range(N_TABLES):
        bits = np.zeros(128, np.uint8)
        bits[rng.choice(128, n_bits, replace=False)] = 1
        drawn = np.packbits(bits).view(np.uint64)
        hashes, numbers = _hashes(words, drawn), np.arange(len(words))
        if asked is not None:
            is_asked = np.zeros(1 << int(64 - _FILTER_BITS), bool)
            is_asked[_hashes(asked, drawn) >> _FILTER_BITS] = True
            numbers = np.flatnonzero(is_asked[hashes >> _FILTER_BITS])
            hashes = hashes[numbers]
        yield Table(drawn, _entries(hashes, numbers))


def _hashes(words: Words, drawn: Words) -> Words:
    """64 bits that are equal where the drawn bits are, and hardly ever elsewhere."""
    mixed: Words = (words[:, 0] & drawn[0]) * _MIXERS[0] ^ (words[:, 1] & drawn[1]) * _MIXERS[1]
    mixed ^= mixed >> _HALF
    mixed *= _MIXERS[2]
    return mixed


def _entries(hashes: Words, numbers: Indices) -> Words:
    """Sorting whole words is several times as fast as sorting an order by them."""
    entries = (hashes & ~_LOW_HALF) | numbers.astype(np.uint64)
    entries.sort()
    return entries
