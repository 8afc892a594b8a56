"""Company: images of one folder, or of one sitting at the microscope, mostly show one part.

That never links an image by itself. It ranks the candidates of an image that awaits a person, proposes some where its
name proposes none, and stops a link that rests on the file name alone and stands against all its company by one slip:
the typing error that turns one FOAN of the archive into another.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from data_contracts.vocabulary import MatchMethod, MatchReason, MatchStatus
from fractocurate.matching.evidence import (
    Candidate,
    Decision,
    Decisions,
    ImageEvidence,
    Instance,
    PictureEvidence,
    SerialEvidence,
    TagEvidence,
)
from fractocurate.matching.sittings import SITTING, Neighbours, Sittings, time_of

_MIN_AGAINST = 3
"""Fewer linked images around it say nothing against a link."""
_COMPANY_WEIGHT = 0.1
"""In ranking: less than a part of a serial number, more than nothing."""
_N_PROPOSED = 3


def weigh_company(
    outcome: Decisions,
    images: Sequence[ImageEvidence],
    instances: Sequence[Instance],
    neighbours_of: Neighbours,
    rests_on_one_reading: Callable[[str], bool],
) -> Decisions:
    """Stop links that their company contradicts by one slip, and rank the candidates of what is not linked.

    Args:
        outcome: of the ladder, one decision per image.
        images: what is known of them.
        instances: in force.
        neighbours_of: FOAN -> the FOANs of the archive one slip away.
        rests_on_one_reading: whether a single witness of an image (path) names its FOAN.
    """
    company = Company(images, outcome.decisions, neighbours_of)
    stopped = {
        decision.path: guard
        for decision in outcome.decisions
        if is_by_name_alone(decision) and rests_on_one_reading(decision.path) and (guard := company.against(decision))
    }
    decisions = [_stopped(d, stopped[d.path]) if d.path in stopped else d for d in outcome.decisions]
    candidates_of: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in outcome.candidates:
        candidates_of[candidate.path].append(candidate)
    instance_of = {instance.instance_id: instance for instance in instances}
    ranked: list[Candidate] = []
    for decision in decisions:
        own = candidates_of[decision.path]
        if decision.path in stopped:
            own = [replace(c, accepted=False, guard=stopped[c.path]) for c in own]
        ranked += _ranked(decision, own, company.of(decision.path), instance_of)
    return Decisions(tuple(decisions), tuple(ranked))


class Company:
    """Who is with whom: built once over the archive."""

    def __init__(
        self, images: Sequence[ImageEvidence], decisions: Sequence[Decision], neighbours_of: Neighbours
    ) -> None:
        self._neighbours_of = neighbours_of
        self._sittings_of_frames = Sittings(images, decisions, neighbours_of)
        linked = {d.path: d.instance_id for d in decisions if d.instance_id is not None}
        self._foan_of = {d.instance_id: d.foan for d in decisions if d.instance_id is not None}
        self._image_of = {image.path: image for image in images}
        self._of_folder: dict[str, dict[str, str]] = defaultdict(dict)
        """Folder -> sha256 -> instance: copies count once."""
        sittings: list[tuple[datetime, str, str]] = []
        for path, instance_id in sorted(linked.items()):
            image = self._image_of[path]
            self._of_folder[_folder(path)].setdefault(image.sha256, instance_id)
            taken = time_of(image.acquired_at)
            if taken is not None:
                sittings.append((taken, image.sha256, instance_id))
        self._sittings = sorted(set(sittings))
        self._times = [taken for taken, _, _ in self._sittings]

    def of(self, path: str) -> Counter[str]:
        """instance_id -> number of other linked images of the same folder or sitting."""
        image = self._image_of[path]
        around = dict(self._of_folder.get(_folder(path), {}))
        taken = time_of(image.acquired_at)
        if taken is not None:
            first, last = bisect_left(self._times, taken - SITTING), bisect_right(self._times, taken + SITTING)
            around.update((sha256, instance_id) for _, sha256, instance_id in self._sittings[first:last])
        around.pop(image.sha256, None)
        return Counter(around.values())

    def against(self, decision: Decision) -> str:
        """Why the company of an image stops its link; empty if it does not."""
        return self._all_against(decision) or self._sittings_of_frames.against(decision)

    def _all_against(self, decision: Decision) -> str:
        around = self.of(decision.path)
        foans = {self._foan_of[instance_id] for instance_id in around}
        if around.total() < _MIN_AGAINST or len(foans) > 1 or decision.foan in foans:
            return ""
        (foan,) = foans
        if foan is None or decision.foan is None or foan not in self._neighbours_of(decision.foan):
            return ""
        return f"all {around.total()} linked images around it show {foan}, one slip away"


def is_by_name_alone(decision: Decision) -> bool:
    """Neither a serial number nor a picture in a report speaks for the link."""
    by_foan = decision.method in (MatchMethod.EXACT, MatchMethod.FUZZY)
    return by_foan and "serial" not in decision.rule and "picture" not in decision.rule


def _ranked(
    decision: Decision, own: Sequence[Candidate], around: Counter[str], instance_of: dict[str, Instance]
) -> list[Candidate]:
    """Candidates with their share of the company; if the image is not linked, in the order that it suggests."""
    n_around = around.total()
    found = [replace(c, company=around[c.instance_id] / n_around if n_around else 0.0) for c in own]
    if decision.status is MatchStatus.MATCHED:
        return found
    if not found and decision.reason is MatchReason.NO_IDENTIFIER:
        common = sorted(around, key=lambda i: (-around[i], i))[:_N_PROPOSED]
        found = [_proposed(decision.path, instance_of[i], around[i] / n_around) for i in common if i in instance_of]
    found.sort(key=lambda c: (-(c.score + _COMPANY_WEIGHT * c.company), c.instance_id))
    return [replace(c, rank=rank) for rank, c in enumerate(found, start=1)]


def _proposed(path: str, instance: Instance, share: float) -> Candidate:
    return Candidate(
        path=path,
        rank=1,
        instance_id=instance.instance_id,
        foan=instance.foan,
        similarity=0.0,
        foan_source=None,
        serial_evidence=SerialEvidence.NONE,
        tag_evidence=TagEvidence.NONE,
        accepted=False,
        guard="only the images around it speak for this part",
        picture_evidence=PictureEvidence.NONE,
        company=share,
    )


def _stopped(decision: Decision, guard: str) -> Decision:
    return replace(
        decision,
        status=MatchStatus.REVIEW,
        reason=MatchReason.OUT_OF_SERIES,
        instance_id=None,
        method=None,
        rule="",
        guard=guard,
        evidence=f"{decision.evidence}; but {guard}",
    )


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
