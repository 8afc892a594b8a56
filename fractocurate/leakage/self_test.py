"""What the audit would miss: recall on copies planted in the archive's own images, and false positives on strangers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fractocurate.leakage.fingerprints import Fingerprint
from fractocurate.leakage.full_search import find_all_pairs
from fractocurate.leakage.groups import joined_names
from fractocurate.leakage.pairs import SimilarPair
from fractocurate.leakage.planted import PLANTED_KINDS, ZOOMS, Planted
from fractocurate.leakage.rates import wilson_interval
from fractocurate.leakage.settings import HEADLINE_SSIM
from fractocurate.leakage.verification import AuditedFrame

STRANGERS = "strangers"
"""Kind of the row that counts pairs of frames that have nothing to do with each other."""
SAME_FOAN = "_same_foan"
"""Ending of the kind of zooms that are filed under their original's FOAN; all other copies are filed under none."""
SELF_TEST_KINDS = (*PLANTED_KINDS, *(kind + SAME_FOAN for kind in ZOOMS), STRANGERS)
"""In the order of the tables."""


@dataclass(frozen=True, slots=True)
class SelfTestResult:
    """What became of the pairs of one kind."""

    kind: str
    """Of ``SELF_TEST_KINDS``."""
    n_planted: int
    n_found: int
    n_found_by_paper: int
    """Of ``n_planted``, those that pHash and SSIM of 0.8 find without alignment."""

    @property
    def name(self) -> str:
        """The kind in words."""
        if self.kind.endswith(SAME_FOAN):
            return f"{self.kind.removesuffix(SAME_FOAN).replace('_', ' ')}, same FOAN"
        return f"{self.kind.replace('_', ' ')}{', FOAN not known' if self.kind in ZOOMS else ''}"

    @property
    def share(self) -> float:
        """Recall; of strangers the rate of false positives."""
        return self.n_found / self.n_planted if self.n_planted else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson 95 % interval of the share."""
        return wilson_interval(self.n_found, self.n_planted)


def measure_recall(
    fingerprints: Mapping[str, Fingerprint],
    frames: Mapping[str, AuditedFrame],
    planted: Mapping[str, Sequence[Planted]],
    foan_of: Mapping[str, str],
    pairs: Iterable[SimilarPair],
    *,
    max_hamming: int,
) -> tuple[SelfTestResult, ...]:
    """Search the planted copies as if they were new images of the archive without a FOAN.

    Within a FOAN less evidence is enough, so that zooms are also searched under the FOAN of their original.

    A stranger of a copy is a frame of another FOAN that is linked to the copy's original by no confirmed pairs, not
    even through others: whatever the audit confirms there, it invented.

    Args:
        fingerprints: of frames of the archive, those that copies were made from and others, by micrograph id.
        frames: of the same.
        planted: copies by micrograph id of their original.
        foan_of: FOAN by micrograph id, where it is known.
        pairs: what the audit found among the frames themselves.
        max_hamming: of the audit.

    Returns:
        One result for each of ``SELF_TEST_KINDS``.
    """
    field_of = joined_names(
        sorted(fingerprints),
        [
            (p.micrograph_a, p.micrograph_b)
            for p in pairs
            if p.is_confirmed and p.micrograph_a in fingerprints and p.micrograph_b in fingerprints
        ],
    )
    strangers_of = {
        original: {
            other
            for other in fingerprints
            if foan_of.get(original) is not None
            and foan_of.get(other) not in {None, foan_of[original]}
            and field_of[other] != field_of[original]
        }
        for original in planted
    }
    copy_of = {f"{original}+{copy.kind}": (original, copy) for original, made in planted.items() for copy in made}
    similar = find_all_pairs(
        {**fingerprints, **{name: copy.print for name, (_, copy) in copy_of.items()}},
        {**frames, **{name: copy.frame for name, (_, copy) in copy_of.items()}},
        max_hamming=max_hamming,
        known=fingerprints.keys(),
    ).pairs
    found: Counter[str] = Counter()
    found_by_paper: Counter[str] = Counter()
    for pair in similar:
        name, other = sorted((pair.micrograph_a, pair.micrograph_b), key=lambda i: i not in copy_of)
        if name not in copy_of or other in copy_of:
            continue
        original, copy = copy_of[name]
        row = copy.kind if other == original else STRANGERS if other in strangers_of[original] else None
        if row is not None:
            found[row] += pair.is_confirmed
            found_by_paper[row] += pair.hamming <= max_hamming and pair.ssim >= HEADLINE_SSIM
    zooms = {name: (original, copy) for name, (original, copy) in copy_of.items() if copy.kind in ZOOMS}
    for name in _found_in_their_foan(fingerprints, frames, zooms, foan_of, max_hamming):
        found[zooms[name][1].kind + SAME_FOAN] += 1
    found_by_paper.update({kind + SAME_FOAN: found_by_paper[kind] for kind in ZOOMS})
    n_strangers = len(PLANTED_KINDS) * sum(map(len, strangers_of.values()))
    n_planted = dict.fromkeys(SELF_TEST_KINDS[:-1], len(planted)) | {STRANGERS: n_strangers}
    return tuple(SelfTestResult(kind, n, found[kind], found_by_paper[kind]) for kind, n in n_planted.items())


def _found_in_their_foan(
    fingerprints: Mapping[str, Fingerprint],
    frames: Mapping[str, AuditedFrame],
    copy_of: Mapping[str, tuple[str, Planted]],
    foan_of: Mapping[str, str],
    max_hamming: int,
) -> set[str]:
    """Copies that are found if they are filed where they belong; an original without a FOAN gets one for the test."""
    originals = {original for original, _ in copy_of.values()}
    own = {original: foan_of.get(original, original) for original in originals}
    similar = find_all_pairs(
        {i: fingerprints[i] for i in originals} | {name: copy.print for name, (_, copy) in copy_of.items()},
        {i: frames[i] for i in originals} | {name: copy.frame for name, (_, copy) in copy_of.items()},
        max_hamming=max_hamming,
        known=originals,
        foan_of=own | {name: own[original] for name, (original, _) in copy_of.items()},
    ).pairs
    confirmed = {(pair.micrograph_a, pair.micrograph_b) for pair in similar if pair.is_confirmed}
    return {name for name, (original, _) in copy_of.items() if {(name, original), (original, name)} & confirmed}


def state_recall(results: Sequence[SelfTestResult]) -> str:
    """Say in one sentence what the audit would have missed; empty without a self-test."""
    planted = [r for r in results if r.kind != STRANGERS]
    if not planted:
        return ""
    missed = [f"{r.name} ({r.share:.0%})" for r in planted if r.n_found < r.n_planted]
    said = f"it found all of every kind but {'; '.join(missed)}" if missed else "it found all of every kind"
    strangers = next((r for r in results if r.kind == STRANGERS), None)
    false = f"; of {strangers.n_planted:,} pairs of strangers it confirmed {strangers.n_found}" if strangers else ""
    return f"Of copies planted in {planted[0].n_planted} of the archive's own images {said}{false}."
