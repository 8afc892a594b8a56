"""A decision in the making, and what one witness says."""

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
