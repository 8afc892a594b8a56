"""The guarded ladder: the published one, stopped wherever a link would rest on a guess.

A witness is a source that may name the component: the file name, the nearest folder that names one, the data bar, the
vendor tag. FOANs are sequential, so a valid reading is never bent towards a neighbour: it takes two witnesses, a full
serial number and a FOAN one slip away, to overrule it. What fails a guard goes to review with its ranked candidates.
"""

from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein

from data_contracts.vocabulary import MatchMethod, MatchReason, MatchStatus, ReadingMethod
from fractocurate.matching.account import Account
from fractocurate.matching.by_picture import Shown, instances_shown, weigh_pictures
from fractocurate.matching.evidence import Candidate, Decision, ImageEvidence, Instance, SerialEvidence
from fractocurate.matching.hidden_slips import hidden_slip
from fractocurate.matching.index import InstanceIndex, KnownFoans, NearFoan, Witness, nearest_foans, witnesses_of
from fractocurate.matching.marks import Marks, marks_of, select_instance, serial_evidence, strong_serials
from fractocurate.matching.names import NameParser
from fractocurate.matching.neighbours import Neighbourhood, SlipIndex
from fractocurate.matching.statements import statements_of
from fractocurate.matching.verdict import Testimony, Verdict, jointly_near
from fractocurate.profile import Profile

_ROUNDING = 1e-9


class GuardedLadder:
    """Decides image by image; built once over the whole archive, because what other names say is a guard."""

    def __init__(self, images: Sequence[ImageEvidence], instances: Sequence[Instance], profile: Profile) -> None:
        self._settings = profile.matching
        parser = NameParser(profile)
        self._index = InstanceIndex(instances, profile)
        self._witnesses = {image.path: witnesses_of(image, parser) for image in images}
        self._known = KnownFoans(self._witnesses, images, self._index)
        torn = {k for ws in self._witnesses.values() for w in ws for m in w.text.malformed for k in m.keys}
        self._nearest = nearest_foans(torn, self._known.foan_of_key, self._settings.threshold)
        self._slips = SlipIndex(self._known.foan_of_key)
        self._rivals: dict[str, tuple[NearFoan, ...]] = {}
        self.neighbourhood = Neighbourhood(self._slips, self._known.foan_of_key, self._index.foan_grammar)
        """Of the FOANs of reports, names, bars and tags."""

    def decide(self, image: ImageEvidence) -> tuple[Decision, list[Candidate]]:
        """Decide one of the images that the ladder was built over."""
        witnesses = self._witnesses[image.path]
        testimonies = [t for t in map(self._testimony, witnesses) if t.foans or t.near or t.raw]
        marks = marks_of(image, witnesses, self._index)
        owner = self._owner(marks)
        shown = instances_shown(image.shown_in, self._index)
        verdict = self._with_pictures(self._verdict(testimonies, marks, owner), shown, image, testimonies, marks)
        hidden = None
        if verdict.status is MatchStatus.UNMATCHED and not image.shown_in:
            hidden = hidden_slip(image.name.file, self._index, self._slips, self._settings.threshold)
        if hidden is not None:
            testimonies.append(hidden)
            guard = f"one slip may have made it of {' or '.join(near.foan for near in hidden.near)}"
            verdict = Verdict(None, None, None, "", None, MatchReason.FUZZY_NOT_UNIQUE, guard)
        chosen = verdict.selection.instance if verdict.selection else None
        if chosen is not None and chosen.in_review:
            verdict = Verdict(
                chosen.foan, verdict.selection, None, "", verdict.similarity, MatchReason.REPORT_IN_REVIEW,
                "the reading of the report awaits a person",
            )  # fmt: skip
        if chosen is not None and verdict.chosen and not self._has_witnesses(chosen.foan, witnesses, marks, shown):
            verdict = Verdict(
                chosen.foan, verdict.selection, None, "", verdict.similarity, MatchReason.ONE_WITNESS,
                f"one witness alone speaks for {chosen.foan}, and the profile asks for {self._settings.min_witnesses}",
            )  # fmt: skip
        account = Account(image.path, testimonies, marks, shown, verdict, self._index, self._rivals_of)
        return account.decision(), account.candidates()

    def _has_witnesses(self, foan: str, witnesses: Sequence[Witness], marks: Marks, shown: Shown) -> bool:
        if self._settings.min_witnesses == 1:
            return True
        said = statements_of(witnesses, marks, shown, self._index)
        return said.n_witnesses_for(foan, self._index) >= self._settings.min_witnesses

    def with_one_reading(self) -> frozenset[str]:
        """Paths of the images of which only one witness names a FOAN."""
        return frozenset(
            path
            for path, witnesses in self._witnesses.items()
            if sum(bool(w.text.foans or w.text.malformed) for w in witnesses) == 1
        )

    def _with_pictures(
        self, verdict: Verdict, shown: Shown, image: ImageEvidence, testimonies: list[Testimony], marks: Marks
    ) -> Verdict:
        return weigh_pictures(
            verdict,
            shown,
            stated={foan for t in testimonies for foan in t.foans},
            plausible={foan for t in testimonies for foan in self._plausible(t)},
            key_of=self._index.foan_grammar.key,
            is_attested=lambda foan: self._known.is_attested_by_others(foan, image.sha256),
            within=lambda foan, instances, method, rule, similarity: self._within(
                foan, instances, marks, method, rule, similarity
            ),
        )

    def _testimony(self, witness: Witness) -> Testimony:
        text = witness.text
        readings = [f for f in text.foans if f.prefixed] or [
            f for f in text.foans if self._known.has(f.value) or (not f.may_be_date and witness.method in _NAMES)
        ]
        foans = tuple(sorted({f.value for f in readings}))
        if foans or not text.malformed:
            return Testimony(witness.method, foans, (), ", ".join(dict.fromkeys(f.raw for f in readings)))
        best: dict[str, float] = {}
        for key in (k for m in text.malformed for k in m.keys):
            for near in self._nearest[key]:
                best[near.foan] = max(near.similarity, best.get(near.foan, 0.0))
            # Two characters swapped are one slip, although they are two edits: 2080 is as near to 2008 as to 2010.
            for other in self._slips.within_one_slip(key):
                foan = self._known.foan_of_key[other]
                best[foan] = max(1 - (key != other) / max(len(key), len(other)), best.get(foan, 0.0))
        nearest = sorted((NearFoan(f, s) for f, s in best.items()), key=lambda n: (-n.similarity, n.foan))
        likely = tuple(foan for m in text.malformed for foan in m.likely)
        keys = tuple(key for m in text.malformed for key in m.keys)
        return Testimony(witness.method, (), tuple(nearest), ", ".join(m.raw for m in text.malformed), likely, keys)

    def _owner(self, marks: Marks) -> Instance | None:
        """The instance that the full serial number alone singles out, over all reports."""
        strong = strong_serials(marks, self._index)
        owners = self._index.of_serial.get(strong[0], []) if len(strong) == 1 else []
        return owners[0] if len(owners) == 1 else None

    def _verdict(self, testimonies: list[Testimony], marks: Marks, owner: Instance | None) -> Verdict:
        stated = sorted({foan for t in testimonies for foan in t.foans})
        # A folder or a line of OCR that resembles no FOAN is likely none ("FOAN 2021-03" for a month); a file name is.
        torn = [t for t in testimonies if not t.foans and (t.method is ReadingMethod.FILE_NAME or self._plausible(t))]
        if len(stated) == 1:
            if any(stated[0] not in self._plausible(t) for t in torn):
                return self._disagreement(stated, [f for t in torn for f in self._plausible(t)], marks, owner)
            return self._stated(stated[0], marks, owner)
        if stated:
            reason = MatchReason.CONTRADICTION if len(testimonies) > 1 else MatchReason.AMBIGUOUS_FOAN
            return self._disagreement(stated, [], marks, owner, reason)
        if torn:
            return self._repaired(torn, marks, owner)
        return self._serial_only(marks, owner)

    def _stated(self, foan: str, marks: Marks, owner: Instance | None) -> Verdict:
        """All witnesses state one valid FOAN."""
        instances = self._index.of_foan.get(foan)
        if instances:
            return self._within(foan, instances, marks, MatchMethod.EXACT, "exact", 1.0)
        rivals = self._rivals_of(foan)
        if owner is not None:
            near = next((r for r in rivals if r.foan == owner.foan), None)
            serial = self._index.serial_key(owner)
            if near is None or self._known.is_attested_apart_from(foan, serial):
                guard = f"{foan} has no report, and the serial number belongs to {owner.foan}"
                return Verdict(None, None, None, "", None, MatchReason.CONTRADICTION, guard)
            rule = "serial and a FOAN one slip away"
            family = self._index.of_foan[owner.foan]
            return self._within(owner.foan, family, marks, MatchMethod.FUZZY, rule, near.similarity)
        close = [r for r in rivals if r.similarity >= self._settings.threshold - _ROUNDING]
        reason = MatchReason.VALID_FOAN_NOT_IN_REPORTS if close else MatchReason.NO_REPORT
        guard = "the image's own reading is a valid FOAN" if close else ""
        return Verdict(foan, None, None, "", None, reason, guard, MatchStatus.UNMATCHED)

    def _repaired(self, torn: list[Testimony], marks: Marks, owner: Instance | None) -> Verdict:
        """No valid FOAN anywhere, but malformed ones."""
        near = jointly_near(torn)
        plausible = [n for n in near if n.similarity >= self._settings.threshold - _ROUNDING]
        if not plausible:
            several = [foan for t in torn for foan in self._plausible(t)]
            return (
                self._disagreement([], several, marks, owner) if several else self._serial_only(marks, owner, torn=True)
            )
        best = plausible[0]
        rival = next((n for n in near if n.foan != best.foan), None)
        if rival is not None and best.similarity - rival.similarity < self._settings.margin - _ROUNDING:
            return self._several_repairs(plausible, marks)
        instances = self._index.of_foan.get(best.foan)
        if instances:
            likely = sorted({foan for t in torn for foan in t.likely})
            is_slip = best.foan in likely or (not likely and self._has_its_length(best.foan, torn))
            if not is_slip and not self._is_confirmed(instances, marks):
                guard = f"the usual slips make {' or '.join(likely) or 'no FOAN'} of it"
                return Verdict(None, None, None, "", best.similarity, MatchReason.FUZZY_NOT_UNIQUE, guard)
            return self._within(best.foan, instances, marks, MatchMethod.FUZZY, "fuzzy", best.similarity)
        guard = "the only possible repair is a FOAN without a report"
        return Verdict(best.foan, None, None, "", best.similarity, MatchReason.NO_REPORT, guard, MatchStatus.UNMATCHED)

    def _has_its_length(self, foan: str, torn: list[Testimony]) -> bool:
        """Whether a torn reading has as many characters as a FOAN: some replaced or swapped, none lost or added."""
        n_characters = len(self._index.foan_grammar.key(foan))
        return any(len(key) == n_characters for t in torn for key in t.keys)

    def _is_confirmed(self, instances: list[Instance], marks: Marks) -> bool:
        """Whether a serial number, or a part that is marked as one, speaks for one of the instances."""
        found = {serial_evidence(instance, marks, self._index) for instance in instances}
        is_marked = any(s.labelled for s in marks.serials)
        return SerialEvidence.FULL in found or (SerialEvidence.PARTIAL in found and is_marked)

    def _several_repairs(self, plausible: list[NearFoan], marks: Marks) -> Verdict:
        """A malformed reading is about as near to several FOANs: the serial number may break the tie."""
        similarity = plausible[0].similarity
        in_reports = [i for near in plausible for i in self._index.of_foan.get(near.foan, ())]
        if not in_reports:
            guard = "no possible repair has a report"
            return Verdict(None, None, None, "", similarity, MatchReason.NO_REPORT, guard, MatchStatus.UNMATCHED)
        for rung in (SerialEvidence.FULL, SerialEvidence.PARTIAL):
            agreeing = [i for i in in_reports if serial_evidence(i, marks, self._index) is rung]
            meant = rung is SerialEvidence.FULL or any(s.labelled for s in marks.serials)
            if len(agreeing) == 1 and meant:
                foan = agreeing[0].foan
                similarity = next(n.similarity for n in plausible if n.foan == foan)
                rule = f"fuzzy, tie broken by {rung} serial"
                return self._within(foan, self._index.of_foan[foan], marks, MatchMethod.FUZZY, rule, similarity)
        guard = f"{len(plausible)} FOANs are as near" if len(plausible) > 1 else "the runner-up is too near"
        return Verdict(None, None, None, "", similarity, MatchReason.FUZZY_NOT_UNIQUE, guard)

    def _disagreement(
        self,
        stated: list[str],
        plausible: list[str],
        marks: Marks,
        owner: Instance | None,
        reason: MatchReason = MatchReason.CONTRADICTION,
    ) -> Verdict:
        """Witnesses name different FOANs, validly or by a repair: only an independent serial number can decide."""
        if owner is not None and owner.foan in {*stated, *plausible}:
            method, similarity = (MatchMethod.EXACT, 1.0) if owner.foan in stated else (MatchMethod.FUZZY, None)
            rule = "serial decides between contradicting FOANs"
            return self._within(owner.foan, self._index.of_foan[owner.foan], marks, method, rule, similarity)
        guard = "contradicting FOANs: " + ", ".join(dict.fromkeys([*stated, *plausible]))
        return Verdict(None, None, None, "", None, reason, guard)

    def _serial_only(self, marks: Marks, owner: Instance | None, *, torn: bool = False) -> Verdict:
        """No FOAN at all, or (``torn``) a malformed one that resembles none."""
        strong = strong_serials(marks, self._index)
        known = [serial for serial in strong if serial in self._index.of_serial]
        if not known:
            # Letters make a serial number: a bare number may be anything, and is an identifier only if a report has it.
            meant = (
                torn or bool(strong) or any(s.full and not s.repaired and not s.key.isdigit() for s in marks.serials)
            )
            reason = MatchReason.NO_REPORT if meant else MatchReason.NO_IDENTIFIER
            return Verdict(None, None, None, "", None, reason, "", MatchStatus.UNMATCHED)
        if owner is None:
            guard = "several serial numbers" if len(strong) > 1 else "several instances have this serial number"
            return Verdict(None, None, None, "", None, MatchReason.AMBIGUOUS_INSTANCE, guard)
        if torn:
            guard = "the malformed FOAN does not resemble that of the serial number"
            return Verdict(None, None, None, "", None, MatchReason.CONTRADICTION, guard)
        reading = next(s for s in marks.serials if s.full and s.key == known[0])
        if not reading.labelled and (reading.repaired or not self._index.is_telling(reading.key)):
            guard = "a bare number may hit a serial number by chance"
            return Verdict(None, None, None, "", None, MatchReason.NO_IDENTIFIER, guard)
        return self._within(owner.foan, self._index.of_foan[owner.foan], marks, MatchMethod.SERIAL, "serial", None)

    def _within(
        self,
        foan: str,
        instances: list[Instance],
        marks: Marks,
        method: MatchMethod,
        rule: str,
        similarity: float | None,
    ) -> Verdict:
        """The FOAN is decided; choose its instance."""
        selection = select_instance(instances, marks, self._index)
        if selection.instance is not None:
            return Verdict(foan, selection, method, rule, similarity)
        certain = foan if selection.reason is MatchReason.AMBIGUOUS_INSTANCE else None
        return Verdict(certain, selection, None, "", similarity, selection.reason, selection.guard)

    def _plausible(self, testimony: Testimony) -> list[str]:
        if testimony.foans:
            return list(testimony.foans)
        return [n.foan for n in testimony.near if n.similarity >= self._settings.threshold - _ROUNDING]

    def _rivals_of(self, foan: str) -> tuple[NearFoan, ...]:
        """FOANs of reports one slip away from ``foan``, the most similar first."""
        if foan not in self._rivals:
            key = self._index.foan_grammar.key(foan)
            near = [
                NearFoan(self._index.foan_of_key[k], Levenshtein.normalized_similarity(key, k))
                for k in self._slips.within_one_slip(key)
                if k != key and k in self._index.foan_of_key
            ]
            self._rivals[foan] = tuple(sorted(near, key=lambda n: (-n.similarity, n.foan)))
        return self._rivals[foan]


_NAMES = {ReadingMethod.FILE_NAME, ReadingMethod.FOLDER_NAME}
