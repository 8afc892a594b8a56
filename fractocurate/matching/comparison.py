"""What the published rule and the guarded ladder do differently, image by image."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from data_contracts.vocabulary import MatchStatus
from fractocurate.matching.evidence import Decision


class Difference(StrEnum):
    """How the outcomes of the two rules relate; most worth a look first."""

    OTHER_FOAN = "other FOAN"
    OTHER_INSTANCE = "other instance of the FOAN"
    PAPER_ONLY = "linked by paper only"
    GUARDED_ONLY = "linked by guarded only"
    SAME_LINK = "same link"
    NO_LINK = "no link"


DIFFERING = (Difference.OTHER_FOAN, Difference.OTHER_INSTANCE, Difference.PAPER_ONLY, Difference.GUARDED_ONLY)


@dataclass(frozen=True, slots=True)
class ComparedImage:
    """Both decisions on one image."""

    path: str
    difference: Difference
    paper: Decision
    guarded: Decision


def compare(paper: Iterable[Decision], guarded: Iterable[Decision]) -> list[ComparedImage]:
    """Pair the decisions of both rules on the same images; sorted by difference, then path."""
    guarded_of = {decision.path: decision for decision in guarded}
    compared = [ComparedImage(p.path, _difference(p, guarded_of[p.path]), p, guarded_of[p.path]) for p in paper]
    order = list(Difference)
    return sorted(compared, key=lambda image: (order.index(image.difference), image.path))


def _difference(paper: Decision, guarded: Decision) -> Difference:
    by_paper, by_guarded = (d.status is MatchStatus.MATCHED for d in (paper, guarded))
    if by_paper and by_guarded:
        if paper.instance_id == guarded.instance_id:
            return Difference.SAME_LINK
        return Difference.OTHER_INSTANCE if paper.foan == guarded.foan else Difference.OTHER_FOAN
    if by_paper:
        return Difference.PAPER_ONLY
    return Difference.GUARDED_ONLY if by_guarded else Difference.NO_LINK
