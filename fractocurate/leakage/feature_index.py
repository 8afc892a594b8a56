"""Which frames share local features, without comparing every frame with every other.

Two features that are alike vote for the turn, the scale and the place at which one frame would lie over the other, and
only frames whose votes agree (Lowe 2004, section 7.3) become candidates. Few votes agree by chance in a large archive:
there the features must also lie as one transform would have them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fractocurate.leakage.alignment import TOLERANCE, agrees_in_shape, squared
from fractocurate.leakage.candidates import count_bits
from fractocurate.leakage.feature_tables import Indices, Table, Words, make_tables
from fractocurate.leakage.local_features import LocalFeatures, mirrored_bits

MAX_HIT_BITS = 22
"""Of 128; stricter than what an alignment accepts, because here a feature meets those of all frames."""
MIN_VOTES = 3
MAX_PARTNERS = 30
"""Of each new frame, those with the most agreeing votes."""
WEAK_VOTES = 5
"""Strangers reach 3 to 5 by chance, and in a large archive every frame has hundreds of such."""
MIN_ALIGNED = 3
"""Of the likest features, those that lie as one transform would have them."""
MAX_WEAK_PARTNERS = 8
"""Of each new frame, those with no more than ``WEAK_VOTES``."""
MAX_HITS = 32
"""Of each new feature, the nearest ones, at most one in each frame."""
_TURN_CELL_RAD = np.pi / 4
_SCALE_CELL_OCTAVES = 1.0
_PLACE_CELL = 0.3
"""Of the longest side of the coarser frame."""
_MIDDLE = 0.4 + 0.5j
"""Of a frame, about: rows and columns are shares of the longest side, and most frames are wider than high."""
_FRAMES_AT_ONCE = 64
_MAX_ALIGNED = 10
"""Likest features of two frames that are tried for one transform."""
_PAIRS_AT_ONCE = 2048

Complex = npt.NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class _Index:
    """All features of some frames, one after another; n in all."""

    frame_of: Indices
    positions: Complex
    shapes: Complex
    words: Words
    """Descriptors, shape (n, 2)."""

    def mirrored(self) -> "_Index":
        """The same frames mirrored left to right, about the left edge."""
        words = mirrored_bits(self.words.view(np.uint8)).view(np.uint64)
        return _Index(self.frame_of, self.positions.conj(), self.shapes.conj(), words)


@dataclass(frozen=True, slots=True)
class _Hits:
    """Features that are alike, n of them: where they lie in the new frame and in the other."""

    mine: Indices
    other: Indices
    """Frames."""
    from_: Complex
    to: Complex
    turns: Complex
    """Shape in the other frame over shape in the new one."""
    distance: npt.NDArray[np.int64]

    def taken(self, which: Indices) -> "_Hits":
        """Some of them."""
        return _Hits(
            self.mine[which],
            self.other[which],
            self.from_[which],
            self.to[which],
            self.turns[which],
            self.distance[which],
        )


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
    asked = None
    if n_known:
        added = _joined(features[n_known:], n_known)
        asked = np.concatenate([added.words, added.mirrored().words])
    tables = list(make_tables(everything.words, asked))
    seen: set[tuple[int, int, bool]] = set()
    for start in range(n_known, len(features), _FRAMES_AT_ONCE):
        new = _joined(features[start : start + _FRAMES_AT_ONCE], start)
        votes: dict[int, list[tuple[int, int, bool]]] = {}
        for is_mirrored in (False, True):
            hits = _hits(new.mirrored() if is_mirrored else new, everything, tables)
            middle = _MIDDLE.conjugate() if is_mirrored else _MIDDLE
            for first, second, n_votes in _agreeing(hits, middle):
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


def _joined(features: Sequence[LocalFeatures], start: int) -> _Index:
    bits = np.concatenate([f.bits for f in features]) if features else np.empty((0, 16), np.uint8)
    return _Index(
        frame_of=np.repeat(np.arange(start, start + len(features)), [len(f) for f in features]),
        positions=np.concatenate([f.positions for f in features]),
        shapes=np.concatenate([f.shapes for f in features]),
        words=np.ascontiguousarray(bits).view(np.uint64),
    )


def _hits(new: _Index, everything: _Index, tables: Sequence[Table]) -> _Hits:
    """Features of the new frames with the likest of other frames."""
    codes, distances = [], []
    # A pair of new frames would meet twice, from either side: only features of earlier frames count.
    first_later = np.searchsorted(everything.frame_of, new.frame_of, "left")
    for table in tables:
        query, met = table.meetings(new.words)
        once = met < first_later[query]
        query, met = query[once], met[once]
        differing = count_bits(new.words[query] ^ everything.words[met])
        n_differing = differing[:, 0] + differing[:, 1]
        near = n_differing <= MAX_HIT_BITS
        codes.append(query[near] * len(everything.frame_of) + met[near])
        distances.append(n_differing[near].astype(np.int64))
    hits, where = np.unique(np.concatenate(codes), return_index=True)
    distance = np.concatenate(distances)[where]
    query, met = np.divmod(hits, len(everything.frame_of))
    kept = _nearest_only(query, everything.frame_of[met], distance)
    query, met = query[kept], met[kept]
    return _Hits(
        mine=new.frame_of[query],
        other=everything.frame_of[met],
        from_=new.positions[query],
        to=everything.positions[met],
        turns=everything.shapes[met] / new.shapes[query],
        distance=distance[kept],
    )


def _nearest_only(query: Indices, frame: Indices, distance: Indices) -> Indices:
    """Of each new feature: its nearest hit in each frame, and of these the nearest so many."""
    order = np.lexsort((distance, frame, query))
    is_first = np.ones(len(order), bool)
    is_first[1:] = (np.diff(query[order]) != 0) | (np.diff(frame[order]) != 0)
    order = order[is_first]
    order = order[np.lexsort((distance[order], query[order]))]
    return order[_rank_within(query[order]) < MAX_HITS]


def _rank_within(groups: Indices) -> Indices:
    """Of sorted groups: how many of its group stand before each."""
    return np.arange(len(groups)) - np.searchsorted(groups, groups, "left")


def _agreeing(hits: _Hits, middle: complex) -> Iterator[tuple[int, int, int]]:
    """New frame, other frame and number of agreeing votes, where these are worth a comparison."""
    if not len(hits.mine):
        return
    n_frames = int(hits.other.max()) + 1
    pairs, pair_of = np.unique(hits.mine * n_frames + hits.other, return_inverse=True)
    votes = _votes(hits, middle, pair_of, len(pairs))
    agreeing = np.flatnonzero(votes >= MIN_VOTES)
    for start in range(0, len(agreeing), _PAIRS_AT_ONCE):
        some = agreeing[start : start + _PAIRS_AT_ONCE]
        votes[some] = np.where(_n_aligned(hits, pair_of, some) >= MIN_ALIGNED, votes[some], 0)
    for index in np.flatnonzero(votes >= MIN_VOTES).tolist():
        first, second = divmod(int(pairs[index]), n_frames)
        yield first, second, int(votes[index])


def _votes(hits: _Hits, middle: complex, pair_of: Indices, n_pairs: int) -> Indices:
    """Of each pair of frames: most votes in one cell of (turn, scale, place), of two grids half a cell apart."""
    votes = np.zeros(n_pairs, np.int64)
    coarser = np.maximum(np.abs(hits.turns), 1)
    # Where the middle of the new frame would lie in the other one.
    middles = hits.to + hits.turns * (middle - hits.from_)
    measures = np.stack(
        [
            np.angle(hits.turns) / _TURN_CELL_RAD,
            np.log2(np.abs(hits.turns)) / _SCALE_CELL_OCTAVES,
            middles.real / coarser / _PLACE_CELL,
            middles.imag / coarser / _PLACE_CELL,
        ]
    )
    for shift in (0.0, 0.5):
        cells = np.floor(measures + shift).astype(np.int64)
        cells[0] %= round(2 * np.pi / _TURN_CELL_RAD)
        code = pair_of
        for cell in cells:
            # Places and scales beyond 128 cells of the frame share the outermost one: nothing real lies there.
            code = code * 256 + np.clip(cell, -128, 127) + 128
        _, first, counts = np.unique(code, return_index=True, return_counts=True)
        np.maximum.at(votes, pair_of[first], counts)
    return votes


def _n_aligned(hits: _Hits, pair_of: Indices, pairs: Indices) -> Indices:
    """Of each pair of frames asked for: how many of its likest features lie as one transform has them."""
    asked = np.flatnonzero(np.isin(pair_of, pairs))
    order = asked[np.lexsort((hits.distance[asked], pair_of[asked]))]
    rank = _rank_within(pair_of[order])
    order, rank = order[rank < _MAX_ALIGNED], rank[rank < _MAX_ALIGNED]
    row = np.searchsorted(pairs, pair_of[order])
    table = np.full((3, len(pairs), _MAX_ALIGNED), np.nan, np.complex64)
    table[:, row, rank] = hits.from_[order], hits.to[order], hits.turns[order]
    from_, to, turns = table
    most = np.zeros(len(pairs), np.int64)
    for i in range(_MAX_ALIGNED):
        for j in range(i + 1, _MAX_ALIGNED):
            apart = from_[:, i] - from_[:, j]
            with np.errstate(divide="ignore", invalid="ignore"):
                factor = (to[:, i] - to[:, j]) / apart
                fits = agrees_in_shape(factor, turns[:, i]) & agrees_in_shape(factor, turns[:, j])
                fits &= squared(apart) > (4 * TOLERANCE) ** 2
                missed = squared(factor[:, None] * (from_ - from_[:, i, None]) - (to - to[:, i, None]))
                agree = missed <= (2 * TOLERANCE) ** 2 * np.maximum(squared(factor), 1)[:, None]
            most = np.maximum(most, np.where(fits, agree.sum(axis=1), 0))
    return most
