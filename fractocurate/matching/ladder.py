"""Link images to fracture instances: the one door of this room."""

from collections.abc import Sequence

from data_contracts.vocabulary import MatchingMode
from fractocurate.matching.company import weigh_company
from fractocurate.matching.copies import settle_copies
from fractocurate.matching.evidence import Decisions, ImageEvidence, Instance
from fractocurate.matching.guarded import GuardedLadder
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
        mode: overrides the profile's; ``GUARDED`` also settles files with the same bytes, and weighs company.

    Returns:
        One decision per image, and the ranked candidates of each, both sorted by path; the order of the input plays
        no part.
    """
    if (mode or profile.matching.mode) is MatchingMode.PAPER:
        return _decided(PaperLadder(images, instances, profile), images)
    guarded = GuardedLadder(images, instances, profile)
    outcome = settle_copies(_decided(guarded, images), images, instances)
    return weigh_company(outcome, images, instances, guarded.neighbours_of, guarded.rests_on_one_reading)


def _decided(ladder: GuardedLadder | PaperLadder, images: Sequence[ImageEvidence]) -> Decisions:
    decisions, candidates = [], []
    for image in sorted(images, key=lambda i: i.path):
        decision, considered = ladder.decide(image)
        decisions.append(decision)
        candidates.extend(considered)
    return Decisions(tuple(decisions), tuple(candidates))
