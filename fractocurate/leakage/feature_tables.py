"""Which features of an archive are alike, without comparing each with every other.

Locality-sensitive hashing (Indyk and Motwani, STOC 1998, 604-613): descriptors that agree in some drawn bits meet in a
bucket; several draws make it likely that two descriptors of one spot meet at least once. Whether two features meet
depends on nothing but the two, unless their bucket is crowded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fractocurate.leakage.candidates import count_bits
from fractocurate.leakage.local_features import mirrored_bits

N_TABLES = 16
"""Half of them are the mirror images of the other half: a mirrored frame meets what its original would meet."""
KEY_BITS = 28
_SEED = 20
_MIXERS = tuple(np.uint64(odd) for odd in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93))
_HALF = np.uint64(32)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_PAIRS_AT_ONCE = 1_000_000
_FILTER_BITS = np.uint64(40)
"""The highest 24 bits of a hash decide whether a feature may meet a new one at all."""

Words = npt.NDArray[np.uint64]
"""Descriptors of 128 bits, shape (n, 2)."""
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Marks:
    """The features that are looked for in each other, n of them, by frame."""

    frame_of: npt.NDArray[np.int32]
    """Ascending."""
    words: Words
    limits: npt.NDArray[np.uint8]
    """Bits in which one like it may differ."""
    is_new: npt.NDArray[np.bool_]
    """The others were compared with each other before."""


@dataclass(frozen=True, slots=True)
class Likes:
    """Features that are alike: numbers of the one in the earlier frame and of the one in the later frame."""

    plain: tuple[Indices, Indices]
    mirrored: tuple[Indices, Indices]
    """The earlier frame would have to be mirrored."""
    n_crowded: int
    """Buckets that were left out."""
    unsettled: frozenset[tuple[int, int]]
    """Known frames, the earlier one first, of which features were alike in a bucket that the new ones crowded."""


def find_likes(marks: Marks, max_bucket: int) -> Likes:
    """Find features of two frames that share a bucket and differ in no more bits than either of them allows.

    Args:
        marks: all features. Of two known ones it is not asked whether they are alike.
        max_bucket: a bucket of more features than this, mirrored ones included, identifies nothing.
    """
    words = np.concatenate([marks.words, mirrored_words(marks.words)])
    plain: list[Indices] = []
    mirrored: list[Indices] = []
    n_crowded = 0
    unsettled: set[tuple[int, int]] = set()
    for drawn in _draws():
        bucketed = _Buckets.of(words, drawn, marks, max_bucket)
        n_crowded += bucketed.n_crowded
        if bucketed.crowded_out is not None:
            for first, second, _ in bucketed.crowded_out.meetings(words, marks, asks_known=True):
                unsettled.update(zip(marks.frame_of[first].tolist(), marks.frame_of[second].tolist(), strict=True))
        for first, second, is_mirrored in bucketed.meetings(words, marks):
            (mirrored if is_mirrored else plain).append(first * len(marks.words) + second)
    return Likes(_once(plain, len(marks.words)), _once(mirrored, len(marks.words)), n_crowded, frozenset(unsettled))


def mirrored_words(words: Words) -> Words:
    """Descriptors of the mirrored frame, shape (n, 2)."""
    return mirrored_bits(words.view(np.uint8)).view(np.uint64)


def _once(codes: list[Indices], n: int) -> tuple[Indices, Indices]:
    return np.divmod(np.unique(np.concatenate([np.empty(0, np.int64), *codes])), n)


def _draws() -> Iterator[Words]:
    """Which bits make the key of each table, shape (2,)."""
    rng = np.random.default_rng(_SEED)
    for _ in range(N_TABLES // 2):
        bits = np.zeros(128, np.uint8)
        bits[rng.choice(128, KEY_BITS, replace=False)] = 1
        drawn = np.packbits(bits).view(np.uint64)
        yield drawn
        yield mirrored_words(drawn[None])[0]


@dataclass(frozen=True, slots=True)
class _Buckets:
    """The buckets of one table with more than one feature, one after another; m features in all."""

    numbers: Indices
    """Of each feature; those of mirrored ones follow those of all features as they are. Ascending in a bucket."""
    n_before: Indices
    """How many features of the same bucket stand before each."""
    n_after: Indices
    """How many follow."""
    n_crowded: int = 0
    crowded_out: "_Buckets | None" = None
    """Known features of the buckets that the new ones crowded."""

    @classmethod
    def of(cls, words: Words, drawn: Words, marks: Marks, max_bucket: int) -> "_Buckets":
        hashes = _hashes(words, drawn)
        is_new = np.concatenate([marks.is_new, marks.is_new])
        numbers = np.arange(len(words))
        if not marks.is_new.all():
            # A few new frames do not cost the sorting of an archive.
            is_asked = np.zeros(1 << int(64 - _FILTER_BITS), bool)
            is_asked[hashes[is_new] >> _FILTER_BITS] = True
            numbers = np.flatnonzero(is_asked[hashes >> _FILTER_BITS])
            hashes = hashes[numbers]
        # Sorting whole words is several times as fast as sorting an order by them.
        entries = (hashes & ~_LOW_HALF) | numbers.astype(np.uint64)
        entries.sort()
        starts = np.flatnonzero(np.concatenate([[True], np.diff(entries >> _HALF) != 0])[: len(entries)])
        sizes = np.diff(starts, append=len(entries))
        numbers = (entries & _LOW_HALF).astype(np.int64)
        n_new = np.add.reduceat(is_new[numbers], starts, dtype=np.int64) if len(starts) else starts
        is_crowded = (sizes > max_bucket) & (n_new > 0)
        is_kept = (sizes > 1) & (n_new > 0) & ~is_crowded
        is_crowded_out = is_crowded & (sizes - n_new <= max_bucket)
        crowded = numbers[np.repeat(is_crowded_out, sizes)]
        return cls(
            numbers[np.repeat(is_kept, sizes)],
            *_places(sizes[is_kept]),
            int(is_crowded.sum()),
            cls(crowded[~is_new[crowded]], *_places((sizes - n_new)[is_crowded_out])) if len(crowded) else None,
        )

    def meetings(
        self, words: Words, marks: Marks, *, asks_known: bool = False
    ) -> Iterator[tuple[Indices, Indices, bool]]:
        """Numbers of features that are alike, in the earlier and in the later frame, and whether one is mirrored."""
        index = self.numbers % max(len(marks.words), 1)
        is_mirrored = self.numbers >= len(marks.words)
        low, high = np.ascontiguousarray(words[self.numbers].T)
        limits, frames, is_new = marks.limits[index], marks.frame_of[index], marks.is_new[index]
        for a, b in self._together(is_new | asks_known):
            limit = np.minimum(limits[a], limits[b])
            near = np.flatnonzero(count_bits(low[a] ^ low[b]) <= limit)
            left, right, limit = a[near], b[near], limit[near]
            near = np.flatnonzero(count_bits(low[left] ^ low[right]) + count_bits(high[left] ^ high[right]) <= limit)
            left, right = left[near], right[near]
            # Mirrored ones stand last in their bucket. Two of them meet as they are elsewhere.
            turned = is_mirrored[right]
            asked = np.where(turned, frames[right] < frames[left], frames[right] > frames[left]) & ~is_mirrored[left]
            plain, mirrored = asked & ~turned, asked & turned
            yield index[left[plain]], index[right[plain]], False
            yield index[right[mirrored]], index[left[mirrored]], True

    def _together(self, is_new: npt.NDArray[np.bool_]) -> Iterator[tuple[Indices, Indices]]:
        """Places of two features of one bucket, the first before the second, not both known."""
        if is_new.all():
            step, a = 1, np.flatnonzero(self.n_after > 0)
            while len(a):
                yield a, a + step
                a = a[self.n_after[a] > step]
                step += 1
            return
        new = np.flatnonzero(is_new)
        sizes = self.n_before[new] + self.n_after[new] + 1
        ends = np.cumsum(sizes)
        for part in np.split(np.arange(len(new)), np.flatnonzero(np.diff(ends // _PAIRS_AT_ONCE)) + 1):
            a = np.repeat(new[part], sizes[part])
            first = new[part] - self.n_before[new[part]]
            b = np.arange(len(a)) + np.repeat(first - np.cumsum(sizes[part]) + sizes[part], sizes[part])
            yield np.minimum(a, b), np.maximum(a, b)


def _places(sizes: Indices) -> tuple[Indices, Indices]:
    """Of each member of groups of some sizes, one after another: how many of its group stand before, and behind it."""
    before = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return before, np.repeat(sizes, sizes) - 1 - before


def _hashes(words: Words, drawn: Words) -> Words:
    """64 bits that are equal where the drawn bits are, and hardly ever elsewhere."""
    mixed: Words = (words[:, 0] & drawn[0]) * _MIXERS[0] ^ (words[:, 1] & drawn[1]) * _MIXERS[1]
    mixed ^= mixed >> _HALF
    mixed *= _MIXERS[2]
    return mixed
