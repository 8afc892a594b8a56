"""Which frames share local features, without comparing every frame with every other.

Two frames become candidates if some of their features are alike and lie as one transform would have them. Whether they
do depends on nothing but the two: an addition changes nothing among the others.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fractocurate.leakage.alignment import MAX_SCALE_MISFIT, TOLERANCE, agrees_in_shape, squared
from fractocurate.leakage.candidates import count_bits
from fractocurate.leakage.feature_tables import Indices, Marks, Words, find_likes, mirrored_words
from fractocurate.leakage.local_features import LocalFeatures

MIN_LIMIT = 10
"""Of the bits in which one like it may differ: a feature with fewer meets only what its own frame repeats."""
MIN_ALIGNED, MIN_ALIGNED_AT_SCALE = 3, 2
"""Of the likest features, those that lie as one transform would have them; and as one would that has the scale which
the pixel sizes tell, where these are so different that few features can be in common."""
FEW_IN_COMMON_SCALE = 2.2
MIN_BUCKET, CROWD_SHARE = 64, 1 / 4
"""A bucket of more features than the one, and more than the other of the frames (rounded down to a power of two),
holds what frames share that show nothing in common, such as print that was not masked."""
_MAX_ALIGNED = 10
"""Likest features of two frames that are tried for one transform."""
_PAIRS_AT_ONCE = 2048
_HITS_AT_ONCE = 2_000_000

Complex = npt.NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Sharing:
    """Frames that share features."""

    pairs: tuple[tuple[int, int, bool], ...]
    """Positions (first, second), first < second, and whether one of them is mirrored; each triple once, sorted."""
    n_crowded: int
    """Buckets of features that were left out because too many frames have the like."""
    unsettled: frozenset[tuple[int, int]]
    """Pairs of known frames that might no longer be proposed, because the new frames crowded a bucket."""


@dataclass(frozen=True, slots=True)
class _Hits:
    """Features that are alike, n of them, sorted by pair of frames: where they lie in the first and in the second."""

    pair: Indices
    """Number of the pair of frames."""
    from_: Complex
    to: Complex
    turns: Complex
    """Shape in the second frame over shape in the first one."""
    distance: npt.NDArray[np.int64]


def crowd_size(n_frames: int) -> int:
    """Features of a bucket beyond which it identifies nothing; changes only where an archive doubles."""
    return max(MIN_BUCKET, int(CROWD_SHARE * 2 ** (max(n_frames, 1).bit_length() - 1)))


def find_sharing_frames(
    features: Sequence[LocalFeatures], field_widths: Sequence[float | None], known: Collection[int] = ()
) -> Sharing:
    """Find pairs of frames whose features agree on a way in which one lies over the other.

    Args:
        features: of each frame.
        field_widths: of each frame, the length of its longest side on the specimen in any unit; None if not known.
        known: positions of frames that were compared with each other before; their pairs are left out.
    """
    kept = [np.flatnonzero(f.limits >= MIN_LIMIT) for f in features]
    frame_of = np.repeat(np.arange(len(features), dtype=np.int32), [len(which) for which in kept])
    is_known = np.zeros(len(features), bool)
    is_known[list(known)] = True
    if is_known.all() or not len(frame_of):
        return Sharing((), 0, frozenset())
    positions, shapes, bits, limits = (
        np.concatenate([getattr(f, name)[which] for f, which in zip(features, kept, strict=True)])
        for name in ("positions", "shapes", "bits", "limits")
    )
    words = np.ascontiguousarray(bits).view(np.uint64)
    likes = find_likes(Marks(frame_of, words, limits, ~is_known[frame_of]), crowd_size(len(features)))
    lengths = np.array(field_widths, np.float64)
    pairs: list[tuple[int, int, bool]] = []
    for is_mirrored, (first, second) in ((False, likes.plain), (True, likes.mirrored)):
        for some in _by_frames(frame_of[first].astype(np.int64) * len(features) + frame_of[second]):
            a, b = first[some], second[some]
            differing = count_bits(words[a] ^ words[b]) if not is_mirrored else _mirrored_distance(words[a], words[b])
            hits = _Hits(
                frame_of[a].astype(np.int64) * len(features) + frame_of[b],
                positions[a].conj() if is_mirrored else positions[a],
                positions[b],
                shapes[b] / (shapes[a].conj() if is_mirrored else shapes[a]),
                differing.sum(axis=1, dtype=np.int64),
            )
            pairs += [(*divmod(pair, len(features)), is_mirrored) for pair in _agreeing(hits, lengths)]
    return Sharing(tuple(sorted(pairs)), likes.n_crowded, likes.unsettled)


def _by_frames(pairs: Indices) -> Iterator[Indices]:
    """Which hits to look at together: whole pairs of frames with enough of them, sorted by pair."""
    order = np.argsort(pairs, kind="stable")
    starts = np.flatnonzero(np.diff(pairs[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    order = order[np.repeat(sizes >= MIN_ALIGNED_AT_SCALE, sizes)]
    ends = np.cumsum(sizes[sizes >= MIN_ALIGNED_AT_SCALE])
    start = 0
    while start < len(order):
        stop = int(ends[np.searchsorted(ends, min(start + _HITS_AT_ONCE, len(order)))])
        yield order[start:stop]
        start = stop


def _mirrored_distance(a: Words, b: Words) -> npt.NDArray[np.uint8]:
    return count_bits(mirrored_words(a) ^ b)


def _agreeing(hits: _Hits, field_widths: npt.NDArray[np.float64]) -> list[int]:
    """The pairs of frames of whose likest features enough lie as one transform has them."""
    order = np.lexsort((hits.distance, hits.pair))
    pairs, starts, pair_of = np.unique(hits.pair[order], return_index=True, return_inverse=True)
    rank = np.arange(len(order)) - starts[pair_of]
    likest = rank < _MAX_ALIGNED
    order, row, rank = order[likest], pair_of[likest], rank[likest]
    table = np.full((3, len(pairs), _MAX_ALIGNED), np.nan, np.complex64)
    table[:, row, rank] = hits.from_[order], hits.to[order], hits.turns[order]
    first, second = np.divmod(pairs, len(field_widths))
    scales = field_widths[first] / field_widths[second]
    found: list[int] = []
    for start in range(0, len(pairs), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        found += pairs[some][_are_aligned(table[:, some], scales[some])].tolist()
    return found


def _are_aligned(table: Complex, scales: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Of each pair of frames, whether enough of its features lie as one transform has them.

    Args:
        table: shape (3, n, 10): places in the first frame, in the second, and change of shape; NaN where there is none.
        scales: shape (n,), length in the second frame over length in the first as the pixel sizes have it, or NaN.
    """
    from_, to, turns = table
    is_zoom = np.abs(np.log(scales)) >= np.log(FEW_IN_COMMON_SCALE)
    most, most_at_scale = (np.zeros(len(scales), np.int64) for _ in range(2))
    for i in range(_MAX_ALIGNED):
        for j in range(i + 1, _MAX_ALIGNED):
            apart = from_[:, i] - from_[:, j]
            with np.errstate(divide="ignore", invalid="ignore"):
                factor = (to[:, i] - to[:, j]) / apart
                fits = agrees_in_shape(factor, turns[:, i]) & agrees_in_shape(factor, turns[:, j])
                fits &= squared(apart) > (4 * TOLERANCE) ** 2
                missed = squared(factor[:, None] * (from_ - from_[:, i, None]) - (to - to[:, i, None]))
                agree = missed <= (2 * TOLERANCE) ** 2 * np.maximum(squared(factor), 1)[:, None]
                is_at_scale = is_zoom & (np.abs(np.log(np.abs(factor) / scales)) <= np.log(MAX_SCALE_MISFIT))
            n_agreeing = np.where(fits, agree.sum(axis=1), 0)
            most = np.maximum(most, n_agreeing)
            most_at_scale = np.maximum(most_at_scale, np.where(is_at_scale, n_agreeing, 0))
    return (most >= MIN_ALIGNED) | (most_at_scale >= MIN_ALIGNED_AT_SCALE)
