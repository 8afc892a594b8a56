"""The frozen records of the matching room: what is known of an image, and what was decided from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from data_contracts.vocabulary import DefectClass, MatchMethod, MatchReason, MatchStatus, ReadingMethod
from fractocurate.matching.name_readings import NameReading


class SerialEvidence(StrEnum):
    """How the serial numbers found with an image relate to that of an instance."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"
    CONTRADICTS = "contradicts"


class TagEvidence(StrEnum):
    """How the tags found with an image relate to the tag of an instance."""

    AGREES = "agrees"
    NONE = "none"
    CONTRADICTS = "contradicts"


class PictureEvidence(StrEnum):
    """How the pictures in reports that show an image's field relate to an instance."""

    SHOWN = "shown"
    NONE = "none"
    ELSEWHERE = "elsewhere"
    """Shown only among the pictures of other instances."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One fracture instance of the reports that are in force."""

    instance_id: str
    foan: str
    """Canonical form."""
    serial_number: str | None
    instance_tag: str
    """Empty if the report names none."""
    defect_class: DefectClass
    report_id: str
    in_review: bool
    """The report's own reading awaits a person."""
    issued: tuple[str, str] | None = None
    """ISO 8601 dates of the first and the last report on its FOAN; None if none is dated."""
    pictured: tuple[float, ...] = ()
    """Magnifications that the captions of its report state; empty if they state none."""
    maker: str = ""
    """Maker of the microscope that its report names, as ``micrographs.vendor`` spells it; empty if none or several."""


@dataclass(frozen=True, slots=True)
class ShownIn:
    """A picture in a report that shows the field of an image."""

    figure_id: str
    report_id: str
    foan: str | None
    """As its caption states it, canonical; None if it states none, or several."""
    serial_number: str | None
    """The same."""
    place: str = ""
    """For a person: where in which report."""


@dataclass(frozen=True, slots=True)
class ImageEvidence:
    """Everything that may identify one image file."""

    path: str
    """Relative to the image root, POSIX; unique."""
    sha256: str
    name: NameReading
    other_texts: tuple[tuple[str, ReadingMethod], ...] = ()
    """Texts from the data bar, the vendor tag or a sidecar that may hold identifiers."""
    shown_in: tuple[ShownIn, ...] = ()
    """Pictures in reports that show the same field."""
    acquired_at: str | None = None
    """By the microscope's clock, ISO 8601; None if neither tag nor sidecar says it."""
    magnification: float | None = None
    """As the frame or its name states it."""
    instrument: str = ""
    """The microscope, as its tag names it; empty if nothing does."""
    maker: str = ""
    """Of the microscope; empty if unknown."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One instance that was considered for one image."""

    path: str
    rank: int
    """1 is the best."""
    instance_id: str
    foan: str
    similarity: float
    """Normalised Levenshtein similarity of the FOANs, 0 to 1; 0 where only the serial number speaks for it."""
    foan_source: ReadingMethod | None
    """The witness whose FOAN came closest."""
    serial_evidence: SerialEvidence
    tag_evidence: TagEvidence
    accepted: bool
    guard: str
    """What stopped it; empty if nothing did."""
    score: float = 0.0
    """What candidates are ranked by: similarity, plus what serial number, tag and pictures add or take away."""
    picture_evidence: PictureEvidence = PictureEvidence.NONE
    company: float = 0.0
    """Share of the linked images of its company that show this instance, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one image."""

    path: str
    status: MatchStatus
    reason: MatchReason | None
    """None if matched."""
    instance_id: str | None
    """None unless matched."""
    foan: str | None
    """The FOAN, where it is known: also without the instance, and also without a report."""
    method: MatchMethod | None
    similarity: float | None
    runner_up_similarity: float | None
    """Similarity of the closest other FOAN of the reports, where it was looked for."""
    rule: str
    """The rung of the ladder: ``exact``, ``fuzzy``, ``serial``, ``same_bytes`` ...; empty if none carried."""
    guard: str
    """The guard that stopped a link; empty if none did."""
    evidence: str
    """A sentence for a person."""

    def stopped(self, reason: MatchReason, guard: str, but: str = "") -> "Decision":
        """The same image without its link; ``but`` says in the evidence what speaks against it: the guard, if empty."""
        evidence = self.evidence.replace("; linked to ", "; would be linked to ")
        return replace(
            self,
            status=MatchStatus.REVIEW,
            reason=reason,
            instance_id=None,
            method=None,
            rule="",
            guard=guard,
            evidence=f"{evidence}; but {but or guard}",
        )


@dataclass(frozen=True, slots=True)
class Decisions:
    """The outcome for a whole archive, sorted by path."""

    decisions: Sequence[Decision]
    candidates: Sequence[Candidate]
    doubts: Mapping[str, str] = field(default_factory=dict)
    """Path -> why a person should look at a link that stands nevertheless."""
