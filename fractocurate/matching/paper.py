"""The published rule, literally (Schmid et al., section 2.2): what the guarded ladder is compared with.

Exact on the normalised FOAN; else the closest FOAN at or above the threshold; ties by serial number, full, then
substring, then by instance tag, then by the first in the order of the instances' ids.
"""

from collections.abc import Sequence

from data_contracts.vocabulary import MatchMethod, MatchReason, MatchStatus, ReadingMethod
from fractocurate.matching.evidence import Candidate, Decision, ImageEvidence, Instance, SerialEvidence, TagEvidence
from fractocurate.matching.index import InstanceIndex, NearFoan, Witness, nearest_foans, witnesses_of
from fractocurate.matching.marks import Marks, marks_of, serial_evidence, tag_evidence
from fractocurate.matching.names import NameParser
from fractocurate.profile import Profile

_N_CANDIDATES = 10
_SERIAL_ORDER = (SerialEvidence.FULL, SerialEvidence.PARTIAL, SerialEvidence.NONE, SerialEvidence.CONTRADICTS)
_TAG_ORDER = (TagEvidence.AGREES, TagEvidence.NONE, TagEvidence.CONTRADICTS)


class PaperLadder:
    """Decides image by image by the published rule; built once, so that equal readings are compared once."""

    def __init__(self, images: Sequence[ImageEvidence], instances: Sequence[Instance], profile: Profile) -> None:
        parser = NameParser(profile)
        self._threshold = profile.matching.threshold
        self._index = InstanceIndex(instances, profile)
        self._witnesses = {image.path: witnesses_of(image, parser) for image in images}
        readings = {image.path: self._reading(self._witnesses[image.path]) for image in images}
        self._readings = readings
        inexact = {key for reading in readings.values() if reading for key in reading[1]}
        self._nearest = nearest_foans(
            inexact - self._index.foan_of_key.keys(), self._index.foan_of_key, self._threshold
        )

    def decide(self, image: ImageEvidence) -> tuple[Decision, list[Candidate]]:
        """Decide one of the images that the ladder was built over."""
        reading = self._readings[image.path]
        if reading is None:
            return _unmatched(image.path, MatchReason.NO_IDENTIFIER, None, "no FOAN in any name, bar or tag"), []
        source, keys = reading
        exact = next((self._index.foan_of_key[k] for k in keys if k in self._index.foan_of_key), None)
        near = (NearFoan(exact, 1.0),) if exact else self._near(keys)
        close = [n for n in near if n.similarity >= self._threshold]
        if not close:
            sentence = f"{keys[0]}: no FOAN of the reports reaches similarity {self._threshold}"
            return _unmatched(image.path, MatchReason.NO_REPORT, near[0] if near else None, sentence), []
        best = close[0].similarity
        marks = marks_of(image, self._witnesses[image.path], self._index)
        similarity = {n.foan: n.similarity for n in close if n.similarity == best}
        ranked = self._ranked([i for foan in similarity for i in self._index.of_foan[foan]], marks)
        chosen = ranked[0][0]
        runner_up = max((n.similarity for n in near if n.foan != chosen.foan), default=None)
        decision = Decision(
            path=image.path,
            status=MatchStatus.MATCHED,
            reason=None,
            instance_id=chosen.instance_id,
            foan=chosen.foan,
            method=MatchMethod.EXACT if exact else MatchMethod.FUZZY,
            similarity=best,
            runner_up_similarity=runner_up,
            rule=("exact" if exact else "fuzzy") + self._tie_break(ranked),
            guard="",
            evidence=f"{keys[0]} comes closest to {chosen.foan} (similarity {best:.3f})",
        )
        candidates = [
            Candidate(
                image.path, rank, i.instance_id, i.foan, best, source, serial, tag, rank == 1,
                "" if rank == 1 else "a better candidate was accepted",
            )
            for rank, (i, serial, tag) in enumerate(ranked[:_N_CANDIDATES], start=1)
        ]  # fmt: skip
        return decision, candidates

    def _reading(self, witnesses: Sequence[Witness]) -> tuple[ReadingMethod, tuple[str, ...]] | None:
        """Keys that the first witness with any FOAN states, prefixed before bare before malformed."""
        for witness in witnesses:
            valid = sorted(witness.text.foans, key=lambda f: not f.prefixed)
            if valid:
                return witness.method, (self._index.foan_grammar.key(valid[0].value),)
            if witness.text.malformed:
                return witness.method, witness.text.malformed[0].keys
        return None

    def _near(self, keys: Sequence[str]) -> tuple[NearFoan, ...]:
        best: dict[str, float] = {}
        for key in keys:
            for near in self._nearest[key]:
                best[near.foan] = max(near.similarity, best.get(near.foan, 0.0))
        return tuple(sorted((NearFoan(f, s) for f, s in best.items()), key=lambda n: (-n.similarity, n.foan)))

    def _ranked(self, instances: list[Instance], marks: Marks) -> list[tuple[Instance, SerialEvidence, TagEvidence]]:
        rows = [(i, serial_evidence(i, marks, self._index), tag_evidence(i, marks, self._index)) for i in instances]
        return sorted(rows, key=lambda r: (_SERIAL_ORDER.index(r[1]), _TAG_ORDER.index(r[2]), r[0].instance_id))

    @staticmethod
    def _tie_break(ranked: list[tuple[Instance, SerialEvidence, TagEvidence]]) -> str:
        if len(ranked) == 1:
            return ""
        first, second = ranked[:2]
        if first[1] is not second[1]:
            return f" + {first[1].value} serial"
        return " + tag" if first[2] is not second[2] else " + first of several"


def _unmatched(path: str, reason: MatchReason, near: NearFoan | None, sentence: str) -> Decision:
    similarity = near.similarity if near else None
    return Decision(
        path, MatchStatus.UNMATCHED, reason, None, None, None, similarity, None, rule="", guard="", evidence=sentence
    )
