"""A decision in the making, and what one witness says."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.vocabulary import MatchMethod, MatchReason, MatchStatus, ReadingMethod
from fractocurate.matching.evidence import Instance
from fractocurate.matching.index import NearFoan
from fractocurate.matching.marks import Selection


@dataclass(frozen=True, slots=True)
class Testimony:
    """What one witness says: valid FOANs, or FOANs near to a malformed reading."""

    method: ReadingMethod
    foans: tuple[str, ...]
    near: tuple[NearFoan, ...]
    raw: str
    likely: tuple[str, ...] = ()
    """What the usual slips make of a malformed reading."""
    keys: tuple[str, ...] = ()
    """Comparable forms of a malformed reading."""


def jointly_near(torn: Sequence[Testimony]) -> list[NearFoan]:
    """FOANs near to every malformed reading, by their smallest similarity; the nearest first."""
    joint = {n.foan: n.similarity for n in torn[0].near}
    for testimony in torn[1:]:
        other = {n.foan: n.similarity for n in testimony.near}
        joint = {foan: min(s, other[foan]) for foan, s in joint.items() if foan in other}
    return sorted((NearFoan(f, s) for f, s in joint.items()), key=lambda n: (-n.similarity, n.foan))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the ladder came to; ``decide`` makes a decision of it."""

    foan: str | None
    selection: Selection | None
    method: MatchMethod | None
    rule: str
    similarity: float | None = None
    reason: MatchReason | None = None
    guard: str = ""
    status: MatchStatus = MatchStatus.REVIEW

    @property
    def chosen(self) -> Instance | None:
        """The instance that it links to; None if it links to none."""
        return self.selection.instance if self.selection and self.method else None
