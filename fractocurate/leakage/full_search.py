"""The full audit's pairs: candidates of every source, verified after alignment.

Pixels, pHash, its symmetries and local features propose pairs anywhere. Within one FOAN every two frames are compared,
and those whose pixel sizes differ are also tried as overview and close look.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data_contracts.records import Failure
from data_contracts.vocabulary import CandidateSource, PairKind, Stage
from fractocurate.leakage.alignment import Alignment, align
from fractocurate.leakage.candidates import hashes_from_hex
from fractocurate.leakage.feature_index import Sharing, find_sharing_frames
from fractocurate.leakage.fingerprints import Fingerprint
from fractocurate.leakage.pairs import SimilarPair, compare_thumbnails, find_similar_pairs
from fractocurate.leakage.settings import DEFAULT_MAX_HAMMING
from fractocurate.leakage.symmetries import (
    SYMMETRIES,
    alignment_by_symmetry,
    find_symmetric_pairs,
    symmetric_hashes,
)
from fractocurate.leakage.verification import AuditedFrame, CommonField, OpenFrame, known_scale, verify, verify_zoom
from fractocurate.workers import Task, WorkerPool

IdPair = tuple[str, str]
_BATCH = 64
"""Candidates of one task; neighbours in order share frames."""
_FEWEST_BATCHES = 4
"""Fewer are done before a worker has started."""
_BATCHES_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class FoundPairs:
    """What a search found."""

    pairs: tuple[SimilarPair, ...]
    """With at least one new micrograph, sorted by ids. Every candidate by pixels or pHash, confirmed or not, because
    the paper's audit counts them; of the other candidates those that were verified."""
    is_crowded: bool
    """Whether features were left out because too many frames have the like: fewer frames might have more pairs."""
    unsettled: frozenset[IdPair]
    """Pairs of known micrographs that must be verified anew, because the new ones crowded what they have in common."""


def find_all_pairs(
    fingerprints: Mapping[str, Fingerprint],
    frames: Mapping[str, AuditedFrame],
    *,
    max_hamming: int = DEFAULT_MAX_HAMMING,
    known: Collection[str] = (),
    foan_of: Mapping[str, str] | None = None,
    pool: WorkerPool | None = None,
    on_pair: Callable[[int, int], None] = lambda _done, _total: None,
) -> FoundPairs:
    """Find all pairs of micrographs that show, wholly or in part, one field.

    Args:
        fingerprints: by micrograph id.
        frames: features of the same micrographs.
        max_hamming: largest distance of pHashes, also of those under symmetries.
        known: ids that were compared with each other before; their mutual pairs are left out.
        foan_of: FOAN by micrograph id; pairs of one FOAN are compared whatever else speaks for them.
        pool: workers that verify; without them this process does.
        on_pair: told after each comparison how many are done, and of how many.

    Whether two micrographs are a pair depends on nothing but the two, their FOANs, and how many features are alike in
    too many frames: pairs found when some were added are those that a search among all would find.
    """
    sharing = _find_sharing(frames, known)
    by_hash = find_similar_pairs(fingerprints, max_hamming=max_hamming, known=known)
    found: dict[IdPair, SimilarPair] = {(pair.micrograph_a, pair.micrograph_b): pair for pair in by_hash}
    symmetric = _symmetric_candidates(fingerprints, max_hamming, known)
    mirrored = _sharing_candidates(frames, sharing)
    foans = foan_of or {}
    related = set(_pairs_of_one_foan(frames, foans, known))
    candidates = [
        _Candidate(
            ids,
            tuple(symmetric.get(ids, ())),
            tuple(mirrored.get(ids, ())),
            is_same_foan=ids in related,
        )
        for ids in sorted(found.keys() | symmetric.keys() | mirrored.keys() | related)
        if all(i in frames for i in ids) and (ids not in found or found[ids].kind is not PairKind.SAME_PIXELS)
    ]
    for done, (candidate, verified) in enumerate(_all_verified(candidates, frames, pool), start=1):
        ids = candidate.ids
        if verified is not None:
            pair = found.get(ids) or replace(compare_thumbnails(*ids, fingerprints), source=candidate.source(verified))
            found[ids] = replace(pair, kind=verified.kind, scale_ratio=verified.scale_ratio, field=verified)
        on_pair(done, len(candidates))
    named = sorted(frames)
    return FoundPairs(
        tuple(found[pair] for pair in sorted(found)),
        is_crowded=sharing.n_crowded > 0,
        unsettled=frozenset((named[first], named[second]) for first, second in sharing.unsettled),
    )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Two micrographs to compare, and why."""

    ids: IdPair
    symmetries: tuple[int, ...]
    mirrored: tuple[bool, ...]
    """Ways in which local features agree."""
    is_same_foan: bool

    def source(self, verified: CommonField) -> CandidateSource:
        """What found it, unless its pHash did."""
        if self.symmetries:
            return CandidateSource.SYMMETRY_HASH
        return CandidateSource.LOCAL_FEATURES if verified.alignment.n_inliers else CandidateSource.PIXEL_SIZES


def _all_verified(
    candidates: Sequence[_Candidate], frames: Mapping[str, AuditedFrame], pool: WorkerPool | None
) -> Iterator[tuple[_Candidate, CommonField | None]]:
    """Each candidate with what was verified, in any order."""
    batches = [candidates[start : start + _BATCH] for start in range(0, len(candidates), _BATCH)]
    if pool is None or len(batches) < _FEWEST_BATCHES:
        for batch in batches:
            yield from zip(batch, _verified_batch(batch, frames), strict=True)
        return
    # A few tasks at a time: each carries the frames that it needs, and all of them at once would fill the memory.
    for start in range(0, len(batches), _BATCHES_AT_ONCE):
        tasks = []
        for number, batch in enumerate(batches[start : start + _BATCHES_AT_ONCE], start=start):
            needed = {i: frames[i] for candidate in batch for i in candidate.ids}
            tasks.append(Task(str(number), "pairs", Stage.PAIRS, _verified_batch, (batch, needed)))
        for task, outcome in pool.run(tasks):
            batch = batches[int(task.key)]
            # A worker that died or timed out is no reason to miss a pair: this process tries again, and may raise.
            fields = _verified_batch(batch, frames) if isinstance(outcome, Failure) else outcome
            yield from zip(batch, fields, strict=True)


def _verified_batch(candidates: Sequence[_Candidate], frames: Mapping[str, AuditedFrame]) -> list[CommonField | None]:
    """What is verified of each candidate; runs in a worker."""
    opened = {i: OpenFrame(frames[i]) for candidate in candidates for i in candidate.ids}
    return [_verified(candidate, *(opened[i] for i in candidate.ids)) for candidate in candidates]


def _verified(candidate: _Candidate, a: OpenFrame, b: OpenFrame) -> CommonField | None:
    field = verify(a, b, _proposed(candidate, a.frame, b.frame), is_same_foan=candidate.is_same_foan)
    # Where features have settled it, the search of the whole overview would find the same place at ten times the cost.
    return verify_zoom(a, b) if field is None and candidate.is_same_foan else field


def _proposed(candidate: _Candidate, a: AuditedFrame, b: AuditedFrame) -> list[Alignment]:
    """What the candidate's sources say of how one frame lies over the other."""
    proposed = [alignment_by_symmetry((a.height_px, a.width_px), s) for s in candidate.symmetries]
    ways = {*candidate.mirrored, *(alignment.is_mirrored for alignment in proposed)}
    if candidate.is_same_foan or not ways:
        ways |= {False}
    for is_mirrored in sorted(ways):
        proposed += align(a.features, b.features, is_mirrored=is_mirrored, scale=known_scale(a, b))
    return proposed


def _pairs_of_one_foan(
    frames: Mapping[str, AuditedFrame], foan_of: Mapping[str, str], known: Collection[str]
) -> Iterator[IdPair]:
    """Pairs that were not compared before."""
    known_ids = set(known)
    by_foan: defaultdict[str, list[str]] = defaultdict(list)
    for i in sorted(frames):
        if i in foan_of:
            by_foan[foan_of[i]].append(i)
    for ids in by_foan.values():
        yield from (pair for pair in itertools.combinations(ids, 2) if not known_ids.issuperset(pair))


def _symmetric_candidates(
    fingerprints: Mapping[str, Fingerprint], max_hamming: int, known: Collection[str]
) -> dict[IdPair, list[int]]:
    """Symmetries by pair: each makes the first micrograph resemble the second."""
    ids = sorted(i for i, print_ in fingerprints.items() if not print_.is_featureless)
    is_new = ~np.isin(ids, list(known))
    if not is_new.any():
        return {}
    turned = np.array([symmetric_hashes(fingerprints[i].thumbnail) for i in ids])
    plain = hashes_from_hex(fingerprints[i].phash for i in ids)
    by_pair: defaultdict[IdPair, set[int]] = defaultdict(set)
    for first, second, symmetry in find_symmetric_pairs(turned, plain, is_new, max_hamming):
        if first < second:
            by_pair[ids[first], ids[second]].add(symmetry)
        else:
            by_pair[ids[second], ids[first]].add(_INVERSE[symmetry])
    return {pair: sorted(symmetries) for pair, symmetries in by_pair.items()}


def _find_sharing(frames: Mapping[str, AuditedFrame], known: Collection[str]) -> Sharing:
    """Positions are those of the sorted ids."""
    ids = sorted(frames)
    positions = np.flatnonzero(np.isin(ids, list(known))).tolist()
    return find_sharing_frames([frames[i].features for i in ids], [frames[i].field_width_nm for i in ids], positions)


def _sharing_candidates(frames: Mapping[str, AuditedFrame], sharing: Sharing) -> dict[IdPair, list[bool]]:
    """By pair: whether to look for an alignment that mirrors, one that does not, or both."""
    ids = sorted(frames)
    by_pair: defaultdict[IdPair, list[bool]] = defaultdict(list)
    for first, second, is_mirrored in sharing.pairs:
        by_pair[ids[first], ids[second]].append(is_mirrored)
    return dict(by_pair)


_INVERSE = {
    index: SYMMETRIES.index((transposed, *((columns, rows) if transposed else (rows, columns))))
    for index, (transposed, rows, columns) in enumerate(SYMMETRIES)
}
"""Undone: reversals undo themselves; after an exchange of the axes they change places."""
