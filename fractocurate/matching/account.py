"""What is written down about one image: its decision in words and figures, and the candidates that were considered."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data_contracts.vocabulary import MatchStatus, ReadingMethod
from fractocurate.matching.by_picture import Shown
from fractocurate.matching.evidence import Candidate, Decision, PictureEvidence, SerialEvidence, TagEvidence
from fractocurate.matching.index import InstanceIndex, NearFoan
from fractocurate.matching.marks import Marks, serial_evidence, strong_serials, tag_evidence
from fractocurate.matching.verdict import Testimony, Verdict

_N_CANDIDATES, _N_RUNNERS_UP = 10, 5
_WORDS = {
    ReadingMethod.FILE_NAME: "file name",
    ReadingMethod.FOLDER_NAME: "folder",
    ReadingMethod.DATA_BAR: "data bar",
    ReadingMethod.VENDOR_TAG: "vendor tag",
    ReadingMethod.SIDECAR: "sidecar",
}
_SERIAL_WEIGHT = {
    SerialEvidence.FULL: 0.5,
    SerialEvidence.PARTIAL: 0.25,
    SerialEvidence.NONE: 0.0,
    SerialEvidence.CONTRADICTS: -0.25,
}
_PICTURE_WEIGHT = {PictureEvidence.SHOWN: 1.0, PictureEvidence.NONE: 0.0, PictureEvidence.ELSEWHERE: -0.1}
_TAG_WEIGHT = {TagEvidence.AGREES: 0.1, TagEvidence.NONE: 0.0, TagEvidence.CONTRADICTS: -0.1}
_LIKELY_WEIGHT = 0.05
"""For a FOAN that the usual slips make of what stands there, such as a nought left out."""
_MEANT_WEIGHT = 1.0
"""What would be linked, were it not for a guard on its report or on the number of witnesses, comes first."""
_SCORES: dict[float, float] = {}
"""Scores are few, candidates are millions: they share the figures."""


@dataclass(frozen=True, slots=True)
class Account:
    """All that the ladder learnt about one image, and what it came to."""

    path: str
    testimonies: Sequence[Testimony]
    marks: Marks
    shown: Shown
    verdict: Verdict
    index: InstanceIndex
    rivals_of: Callable[[str], Sequence[NearFoan]]
    """FOAN -> FOANs of reports one slip away."""

    def candidates(self) -> list[Candidate]:
        """The instances that were considered, the best first."""
        path, marks, shown, verdict = self.path, self.marks, self.shown, self.verdict
        similarity: dict[str, float] = {}
        source: dict[str, ReadingMethod] = {}
        for testimony in self.testimonies:
            stated = [NearFoan(foan, 1.0) for foan in testimony.foans]
            rivals = [rival for foan in testimony.foans for rival in self.rivals_of(foan)]
            for near in (*stated, *rivals, *testimony.near):
                if near.similarity > similarity.get(near.foan, 0.0):
                    similarity[near.foan], source[near.foan] = near.similarity, testimony.method
        chosen = verdict.selection.instance if verdict.selection else None
        accepted = verdict.chosen is not None
        # Whoever is looked up after a link wants the runners-up; a reviewer wants everything that comes near.
        n_rows, n_foans = (_N_RUNNERS_UP, _N_RUNNERS_UP) if accepted else (_N_CANDIDATES, 5 * _N_CANDIDATES)
        closest = sorted(similarity, key=lambda foan: (-similarity[foan], foan))[:n_foans]
        owned = {i.foan for s in strong_serials(marks, self.index) for i in self.index.of_serial.get(s, ())}
        likely = {foan for testimony in self.testimonies for foan in testimony.likely}
        rows = []
        for foan in sorted({*closest, *owned, *shown.foans} | ({chosen.foan} if chosen else set())):
            for instance in self.index.of_foan.get(foan, ()):
                serial = serial_evidence(instance, marks, self.index)
                tag = tag_evidence(instance, marks, self.index)
                picture = shown.evidence_for(instance)
                score = similarity.get(foan, 0.0) + _SERIAL_WEIGHT[serial] + _TAG_WEIGHT[tag] + _PICTURE_WEIGHT[picture]
                score += _LIKELY_WEIGHT * (foan in likely) + _MEANT_WEIGHT * (instance is chosen and not accepted)
                score = _SCORES.setdefault(score, score)
                rows.append((accepted and instance is chosen, score, instance, serial, tag, picture))
        rows.sort(key=lambda row: (not row[0], -row[1], row[2].instance_id))
        guard = verdict.guard or ("" if accepted else "not among the reports")
        return [
            Candidate(
                path, rank, instance.instance_id, instance.foan, similarity.get(instance.foan, 0.0),
                source.get(instance.foan), serial, tag, is_accepted,
                "" if is_accepted else "a better candidate was accepted" if accepted else guard, score, picture,
            )
            for rank, (is_accepted, score, instance, serial, tag, picture) in enumerate(rows[:n_rows], start=1)
        ]  # fmt: skip

    def decision(self) -> Decision:
        """The decision, and the sentence that explains it."""
        verdict = self.verdict
        chosen = verdict.chosen
        rivals = [
            near.similarity
            for testimony in self.testimonies
            for near in (*testimony.near, *(r for foan in testimony.foans for r in self.rivals_of(foan)))
            if near.foan != verdict.foan and near.foan in self.index.of_foan
        ]
        rule = verdict.rule
        if chosen is not None and verdict.selection and verdict.selection.rung not in f"only instance, {rule}":
            rule = sys.intern(f"{rule} + {verdict.selection.rung}")
        return Decision(
            path=self.path,
            status=MatchStatus.MATCHED if chosen else verdict.status,
            reason=None if chosen else verdict.reason,
            instance_id=chosen.instance_id if chosen else None,
            foan=verdict.foan,
            method=verdict.method if chosen else None,
            similarity=verdict.similarity,
            runner_up_similarity=max(rivals, default=None),
            rule=rule,
            guard=verdict.guard,
            evidence=_sentence(self.testimonies, self.marks, self.shown, verdict),
        )


def _sentence(testimonies: Sequence[Testimony], marks: Marks, shown: Shown, verdict: Verdict) -> str:
    chosen = verdict.chosen
    said = [
        f"{_WORDS.get(t.method, t.method.value)} reads {t.raw!r} as {' and '.join(t.foans) or 'a malformed FOAN'}"
        for t in testimonies
    ]
    said += [f"serial number {s.raw!r}" for s in marks.serials if s.labelled or s.full]
    said += [sentence] if (sentence := shown.sentence()) else []
    outcome = f"linked to {chosen.foan}, {chosen.serial_number or 'no serial number'}" if chosen else verdict.guard
    return "; ".join([*said, outcome] if outcome else said) or "no identifier in any name, bar or tag"
