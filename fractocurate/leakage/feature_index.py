"""Which frames share local features, without comparing every frame with every other.

Locality-sensitive hashing (Indyk and Motwani, STOC 1998, 604-613): descriptors that agree in 20 drawn bits meet in a
bucket; several draws make it likely that two descriptors of one spot meet at least once. Two features that met vote for
the turn, the scale and the place at which one frame would lie over the other, and only frames whose votes agree
(Lowe 2004, section 7.3) become candidates.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fractocurate.leakage.candidates import count_bits
from fractocurate.leakage.local_features import LocalFeatures, mirrored_bits

N_TABLES = 16
KEY_BITS = 20
MAX_BUCKET = 256
"""Of features of the archive in a bucket: what looks alike everywhere identifies nothing."""
MAX_HIT_BITS = 22
"""Of 128; stricter than what an alignment accepts, because here a feature meets those of all frames."""
MIN_VOTES = 3
MAX_PARTNERS = 30
"""Of each new frame, those with the most agreeing votes."""
WEAK_VOTES = 5
MAX_WEAK_PARTNERS = 8
"""Of each new frame, those with no more than ``WEAK_VOTES``: strangers reach 3 to 5 by chance, and in a large archive
every frame has hundreds of such."""
MAX_HITS = 32
"""Of each new feature, the nearest ones, at most one in each frame."""
_TURN_CELL_RAD = np.pi / 4
_SCALE_CELL_OCTAVES = 1.0
_PLACE_CELL = 0.3
"""Of the longest side of the coarser frame."""
_MIDDLE = 0.4 + 0.5j
"""Of a frame, about: rows and columns are shares of the longest side, and most frames are wider than high."""
_FRAMES_AT_ONCE = 64
_SEED = 20

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Index:
    """All features of some frames, one after another; n in all."""

    frame_of: Indices
    positions: npt.NDArray[np.complex64]
    shapes: npt.NDArray[np.complex64]
    bits: npt.NDArray[np.uint8]
    words: npt.NDArray[np.uint64]
    """The same bits, shape (n, 2)."""


def find_sharing_frames(features: Sequence[LocalFeatures], *, n_known: int = 0) -> Iterator[tuple[int, int, bool]]:
    """Find pairs of frames whose features agree on a way in which one lies over the other.

    Args:
        features: of each frame.
        n_known: the first so many frames were compared with each other before; their pairs are left out.

    Yields:
        Positions (first, second), first < second, and whether one of them is mirrored; each triple once.
    """
    if n_known >= len(features):
        return
    everything = _joined(features, 0)
    seen: set[tuple[int, int, bool]] = set()
    tables = [_Table.of(everything.bits, drawn) for drawn in _draws()]
    for start in range(n_known, len(features), _FRAMES_AT_ONCE):
        new = _joined(features[start : start + _FRAMES_AT_ONCE], start)
        votes: dict[int, list[tuple[int, int, bool]]] = {}
        for is_mirrored in (False, True):
            for first, second, n_votes in _agreeing(new, everything, tables, n_known, is_mirrored=is_mirrored):
                votes.setdefault(first, []).append((n_votes, second, is_mirrored))
        for first, partners in votes.items():
            for second, is_mirrored in _likeliest(partners):
                pair = (min(first, second), max(first, second), is_mirrored)
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def _likeliest(partners: list[tuple[int, int, bool]]) -> Iterator[tuple[int, bool]]:
    """Of (votes, frame, is_mirrored) of one new frame those worth a comparison, the most votes first."""
    n_weak = 0
    for n_votes, frame, is_mirrored in sorted(partners, reverse=True)[:MAX_PARTNERS]:
        n_weak += n_votes <= WEAK_VOTES
        if n_weak > MAX_WEAK_PARTNERS:
            return
        yield frame, is_mirrored


@dataclass(frozen=True, slots=True)
class _Table:
    """One draw of bits, and all features sorted by them."""

    drawn: Indices
    keys: npt.NDArray[np.uint32]
    """Sorted."""
    order: Indices

    @classmethod
    def of(cls, bits: npt.NDArray[np.uint8], drawn: Indices) -> "_Table":
        """Sort all features by the drawn bits."""
        keys = _keys(bits, drawn)
        order = np.argsort(keys, kind="stable")
        return cls(drawn, keys[order], order)

    def meetings(self, bits: npt.NDArray[np.uint8]) -> tuple[Indices, Indices]:
        """Index of a query and index of a feature of the table, for all that share a bucket."""
        keys = _keys(bits, self.drawn)
        left, right = np.searchsorted(self.keys, keys, "left"), np.searchsorted(self.keys, keys, "right")
        counts = np.where(right - left <= MAX_BUCKET, right - left, 0)
        query = np.repeat(np.arange(len(keys)), counts)
        within = np.arange(len(query)) - np.repeat(np.cumsum(counts) - counts, counts)
        return query, self.order[np.repeat(left, counts) + within]


def _draws() -> list[Indices]:
    rng = np.random.default_rng(_SEED)
    return [rng.choice(128, KEY_BITS, replace=False) for _ in range(N_TABLES)]


def _keys(bits: npt.NDArray[np.uint8], drawn: Indices) -> npt.NDArray[np.uint32]:
    keys = np.zeros(len(bits), np.uint32)
    for place, bit in enumerate(drawn.tolist()):
        keys |= ((bits[:, bit // 8] >> (7 - bit % 8)) & 1).astype(np.uint32) << np.uint32(place)
    return keys


def _joined(features: Sequence[LocalFeatures], start: int) -> _Index:
    bits = np.concatenate([f.bits for f in features]) if features else np.empty((0, 16), np.uint8)
    return _Index(
        frame_of=np.repeat(np.arange(start, start + len(features)), [len(f) for f in features]),
        positions=np.concatenate([f.positions for f in features]),
        shapes=np.concatenate([f.shapes for f in features]),
        bits=bits,
        words=np.ascontiguousarray(bits).view(np.uint64),
    )


def _agreeing(
    new: _Index, everything: _Index, tables: Sequence[_Table], n_known: int, *, is_mirrored: bool
) -> Iterator[tuple[int, int, int]]:
    """New frame, other frame and number of agreeing votes, where they suffice."""
    bits = mirrored_bits(new.bits) if is_mirrored else new.bits
    words = np.ascontiguousarray(bits).view(np.uint64)
    codes, distances = [], []
    for table in tables:
        query, met = table.meetings(bits)
        mine, other = new.frame_of[query], everything.frame_of[met]
        # A pair of new frames would meet twice: from either side.
        once = (other < n_known) | (other < mine)
        query, met = query[once], met[once]
        distance = count_bits(words[query] ^ everything.words[met]).sum(axis=1)
        near = distance <= MAX_HIT_BITS
        codes.append(query[near] * len(everything.frame_of) + met[near])
        distances.append(distance[near])
    hits, where = np.unique(np.concatenate(codes), return_index=True)
    query, met = np.divmod(hits, len(everything.frame_of))
    kept = _nearest_only(query, everything.frame_of[met], np.concatenate(distances)[where])
    query, met = query[kept], met[kept]
    positions, shapes = new.positions[query], new.shapes[query]
    if is_mirrored:
        positions, shapes = positions.conj(), shapes.conj()
    factors = everything.shapes[met] / shapes
    # Where the middle of the new frame would lie in the other one, and what its features say of turn and scale.
    middles = everything.positions[met] + factors * ((_MIDDLE.conjugate() if is_mirrored else _MIDDLE) - positions)
    yield from _agreed(new.frame_of[query], everything.frame_of[met], factors, middles)


def _nearest_only(query: Indices, frame: Indices, distance: npt.NDArray[np.uint64]) -> Indices:
    """Of each new feature: its nearest hit in each frame, and of these the nearest so many."""
    order = np.lexsort((distance, frame, query))
    is_first = np.ones(len(order), bool)
    is_first[1:] = (np.diff(query[order]) != 0) | (np.diff(frame[order]) != 0)
    order = order[is_first]
    order = order[np.lexsort((distance[order], query[order]))]
    began = np.searchsorted(query[order], query[order], "left")
    return order[np.arange(len(order)) - began < MAX_HITS]


def _agreed(
    mine: Indices, other: Indices, factors: npt.NDArray[np.complex64], middles: npt.NDArray[np.complex64]
) -> Iterator[tuple[int, int, int]]:
    """Frames with enough votes in one cell of (turn, scale, place), for two grids half a cell apart."""
    if not len(mine):
        return
    pairs, pair_of = np.unique(mine * (int(other.max()) + 1) + other, return_inverse=True)
    votes = np.zeros(len(pairs), np.int64)
    coarser = np.maximum(np.abs(factors), 1)
    measures = np.stack(
        [
            np.angle(factors) / _TURN_CELL_RAD,
            np.log2(np.abs(factors)) / _SCALE_CELL_OCTAVES,
            middles.real / coarser / _PLACE_CELL,
            middles.imag / coarser / _PLACE_CELL,
        ]
    )
    for shift in (0.0, 0.5):
        cells = np.floor(measures + shift).astype(np.int64)
        cells[0] %= round(2 * np.pi / _TURN_CELL_RAD)
        _, first, counts = np.unique(np.stack([pair_of, *cells]), axis=1, return_index=True, return_counts=True)
        np.maximum.at(votes, pair_of[first], counts)
    for index in np.flatnonzero(votes >= MIN_VOTES).tolist():
        first_frame, second_frame = divmod(int(pairs[index]), int(other.max()) + 1)
        yield first_frame, second_frame, int(votes[index])
