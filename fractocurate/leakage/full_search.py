"""The full audit's pairs: candidates by pixels, pHash, its symmetries and local features, verified after alignment."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from data_contracts.vocabulary import CandidateSource, PairKind
from fractocurate.leakage.alignment import Alignment, align
from fractocurate.leakage.feature_index import find_sharing_frames
from fractocurate.leakage.fingerprints import Fingerprint
from fractocurate.leakage.pairs import SimilarPair, compare_thumbnails, find_similar_pairs
from fractocurate.leakage.settings import DEFAULT_MAX_HAMMING
from fractocurate.leakage.symmetries import (
    SYMMETRIES,
    alignment_by_symmetry,
    find_symmetric_pairs,
    symmetric_hashes,
)
from fractocurate.leakage.verification import AuditedFrame, CommonField, known_scale, verify

IdPair = tuple[str, str]


def find_all_pairs(
    fingerprints: Mapping[str, Fingerprint],
    frames: Mapping[str, AuditedFrame],
    *,
    max_hamming: int = DEFAULT_MAX_HAMMING,
    known: Collection[str] = (),
    on_pair: Callable[[int, int], None] = lambda _done, _total: None,
) -> tuple[SimilarPair, ...]:
    """Find all pairs of micrographs that show, wholly or in part, one field.

    Args:
        fingerprints: by micrograph id.
        frames: features of the same micrographs.
        max_hamming: largest distance of pHashes, also of those under symmetries.
        known: ids that were compared with each other before; their mutual pairs are left out.
        on_pair: told after each comparison how many are done, and of how many.

    Returns:
        Sorted by ids: every candidate by pixels or pHash, confirmed or not, because the paper's audit counts them; of
        the other candidates those that were verified.
    """
    by_hash = find_similar_pairs(fingerprints, max_hamming=max_hamming, known=known)
    found: dict[IdPair, SimilarPair] = {(pair.micrograph_a, pair.micrograph_b): pair for pair in by_hash}
    symmetric = _symmetric_candidates(fingerprints, max_hamming, known)
    sharing = _sharing_candidates(frames, known)
    candidates = sorted(found.keys() | symmetric.keys() | sharing.keys())
    for done, ids in enumerate(candidates, start=1):
        unaligned = found.get(ids)
        if unaligned is None or unaligned.kind is not PairKind.SAME_PIXELS:
            field = _verified(ids, frames, symmetric.get(ids, ()), sharing.get(ids, ()))
            if field is not None:
                source = CandidateSource.SYMMETRY_HASH if ids in symmetric else CandidateSource.LOCAL_FEATURES
                pair = unaligned or replace(compare_thumbnails(*ids, fingerprints), source=source)
                found[ids] = replace(pair, kind=field.kind, scale_ratio=field.scale_ratio, field=field)
        on_pair(done, len(candidates))
    return tuple(found[ids] for ids in sorted(found))


def _symmetric_candidates(
    fingerprints: Mapping[str, Fingerprint], max_hamming: int, known: Collection[str]
) -> dict[IdPair, list[int]]:
    """Symmetries by pair: each makes the first micrograph resemble the second."""
    textured = {i: print_ for i, print_ in fingerprints.items() if not print_.is_featureless}
    ids, n_known = _known_first(textured, known)
    if n_known == len(ids):
        return {}
    hashes = np.array([symmetric_hashes(textured[i].thumbnail) for i in ids])
    by_pair: defaultdict[IdPair, list[int]] = defaultdict(list)
    for first, second, symmetry in find_symmetric_pairs(hashes, max_hamming, n_known=n_known):
        pair, seen_from_first = _in_order(ids[first], ids[second])
        by_pair[pair].append(symmetry if seen_from_first else _INVERSE[symmetry])
    return dict(by_pair)


def _sharing_candidates(frames: Mapping[str, AuditedFrame], known: Collection[str]) -> dict[IdPair, list[bool]]:
    """By pair: whether to look for an alignment that mirrors, one that does not, or both."""
    ids, n_known = _known_first(frames, known)
    by_pair: defaultdict[IdPair, list[bool]] = defaultdict(list)
    for first, second, is_mirrored in find_sharing_frames([frames[i].features for i in ids], n_known=n_known):
        by_pair[_in_order(ids[first], ids[second])[0]].append(is_mirrored)
    return dict(by_pair)


def _verified(
    ids: IdPair, frames: Mapping[str, AuditedFrame], symmetries: Sequence[int], mirrored: Sequence[bool]
) -> CommonField | None:
    if not all(i in frames for i in ids):
        return None
    a, b = (frames[i] for i in ids)
    proposed: list[Alignment] = [alignment_by_symmetry((a.height_px, a.width_px), s) for s in symmetries]
    ways = {*mirrored, *(alignment.is_mirrored for alignment in proposed)} or {False}
    for is_mirrored in sorted(ways):
        proposed += align(a.features, b.features, is_mirrored=is_mirrored, scale=known_scale(a, b))
    return verify(a, b, proposed)


def _known_first(items: Mapping[str, object], known: Collection[str]) -> tuple[list[str], int]:
    """Sorted ids, those compared before first, and how many these are."""
    known_ids = set(known)
    ids = sorted(items, key=lambda micrograph_id: (micrograph_id not in known_ids, micrograph_id))
    return ids, sum(micrograph_id in known_ids for micrograph_id in ids)


def _in_order(first: str, second: str) -> tuple[IdPair, bool]:
    """The pair with the smaller id first, and whether that is the order it came in."""
    return ((first, second), True) if first < second else ((second, first), False)


_INVERSE = {
    index: SYMMETRIES.index((transposed, *((columns, rows) if transposed else (rows, columns))))
    for index, (transposed, rows, columns) in enumerate(SYMMETRIES)
}
"""Undone: reversals undo themselves; after an exchange of the axes they change places."""
