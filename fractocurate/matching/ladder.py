"""Link images to fracture instances: the one door of this room."""

from collections.abc import Sequence

from data_contracts.vocabulary import MatchingMode, MatchMethod
from fractocurate.matching.company import weigh_company
from fractocurate.matching.copies import settle_copies
from fractocurate.matching.evidence import Candidate, Decision, Decisions, ImageEvidence, Instance
from fractocurate.matching.guarded import GuardedLadder
from fractocurate.matching.habits import weigh_habits
from fractocurate.matching.paper import PaperLadder
from fractocurate.profile import Profile


def decide(
    images: Sequence[ImageEvidence],
    instances: Sequence[Instance],
    profile: Profile,
    mode: MatchingMode | None = None,
) -> Decisions:
    """Decide every image of an archive.

    Args:
        images: one record per readable image file; paths are unique.
        instances: fracture instances of the reports in force (superseded and duplicate ones left out).
        profile: grammars, labels and thresholds of the site.
        mode: overrides the profile's; ``GUARDED`` also settles files with the same bytes and weighs habits and company.

    Returns:
        One decision per image, and the ranked candidates of each, both sorted by path; the order of the input plays
        no part.
    """
    if (mode or profile.matching.mode) is MatchingMode.PAPER:
        return _decided(PaperLadder(images, instances, profile), images)
    guarded = GuardedLadder(images, instances, profile)
    neighbours_of, by_one_reading = guarded.neighbourhood.of, guarded.with_one_reading()
    outcome = _decided(guarded, images)
    del guarded  # what it read and compared is large, and the rest needs none of it
    outcome = settle_copies(outcome, images, instances)
    by_name_alone = {d.path for d in outcome.decisions if d.path in by_one_reading and _is_by_name_alone(d)}
    outcome = weigh_habits(outcome, images, instances, neighbours_of, by_name_alone)
    return weigh_company(outcome, images, instances, neighbours_of, by_name_alone)


def _is_by_name_alone(decision: Decision) -> bool:
    """Neither a serial number nor a picture in a report speaks for the link."""
    by_foan = decision.method in (MatchMethod.EXACT, MatchMethod.FUZZY)
    return by_foan and "serial" not in decision.rule and "picture" not in decision.rule


def _decided(ladder: GuardedLadder | PaperLadder, images: Sequence[ImageEvidence]) -> Decisions:
    decisions: list[Decision] = []
    candidates: list[Candidate] = []
    for image in sorted(images, key=lambda i: i.path):
        decision, considered = ladder.decide(image)
        decisions.append(decision)
        candidates.extend(considered)
    return Decisions(tuple(decisions), tuple(candidates))
