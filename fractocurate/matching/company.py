"""Company: images of one folder, or of one sitting at the microscope, mostly show one part.

That never links an image by itself. It ranks the candidates of an image that awaits a person, proposes some where its
name proposes none, and stops a link that rests on the file name alone and stands against all its company by one slip:
the typing error that turns one FOAN of the archive into another.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from data_contracts.vocabulary import MatchReason, MatchStatus
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
from fractocurate.matching.numbering import Neighbours
from fractocurate.matching.sittings import SITTING, Sittings, time_of

_MIN_AGAINST = 3
"""Fewer linked images around it say nothing against a link."""
_COMPANY_WEIGHT = 0.1
"""In ranking: less than a part of a serial number, more than nothing."""
_N_PROPOSED = 3
_MIN_SHARE = 0.25
"""A part that fewer of the images around show is no proposal: a folder of strays speaks for nobody."""


def weigh_company(
    outcome: Decisions,
    images: Sequence[ImageEvidence],
    instances: Sequence[Instance],
    neighbours_of: Neighbours,
    by_name_alone: Collection[str],
) -> Decisions:
    """Stop links that their company contradicts by one slip, and rank the candidates of what is not linked.

    Args:
        outcome: of the ladder, one decision per image.
        images: what is known of them.
        instances: in force.
        neighbours_of: FOAN -> the FOANs of the archive one slip away.
        by_name_alone: paths of the images that nothing but one reading of a FOAN links.
    """
    company = Company(images, outcome.decisions, neighbours_of)
    stopped = {
        decision.path: guard
        for decision in outcome.decisions
        if decision.instance_id and decision.path in by_name_alone and (guard := company.against(decision))
    }
    decisions = [
        d.stopped(MatchReason.OUT_OF_SERIES, stopped[d.path]) if d.path in stopped else d for d in outcome.decisions
    ]
    instance_of = {instance.instance_id: instance for instance in instances}
    ranked: list[Candidate] = []
    for decision, considered in _with_candidates(decisions, outcome.candidates):
        reason = stopped.get(decision.path)
        own = [replace(c, accepted=False, guard=reason) for c in considered] if reason else considered
        ranked += _ranked(decision, own, company.of(decision.path), instance_of)
    return replace(outcome, decisions=tuple(decisions), candidates=tuple(ranked))


def _with_candidates(
    decisions: Iterable[Decision], candidates: Iterable[Candidate]
) -> Iterator[tuple[Decision, Sequence[Candidate]]]:
    """Each decision with its candidates; both are sorted by path, so that no index of millions is needed."""
    groups = groupby(candidates, key=attrgetter("path"))
    path, own = next(groups, ("", iter(())))
    for decision in decisions:
        if decision.path != path:
            yield decision, ()
            continue
        yield decision, tuple(own)
        path, own = next(groups, ("", iter(())))


class Company:
    """Who is with whom: built once over the archive."""

    def __init__(
        self, images: Sequence[ImageEvidence], decisions: Sequence[Decision], neighbours_of: Neighbours
    ) -> None:
        self._neighbours_of = neighbours_of
        linked = {d.path: d.instance_id for d in decisions if d.instance_id is not None}
        self._foan_of = {d.instance_id: d.foan for d in decisions if d.instance_id is not None}
        self._image_of = {image.path: image for image in images}
        self._sittings_of_frames = Sittings(self._image_of, decisions, neighbours_of)
        self._of_folder: dict[str, dict[str, str]] = defaultdict(dict)
        """Folder -> sha256 -> instance: copies count once."""
        sittings: dict[str, set[tuple[datetime, str, str]]] = defaultdict(set)
        for path, instance_id in sorted(linked.items()):
            image = self._image_of[path]
            self._of_folder[_folder(path)].setdefault(image.sha256, instance_id)
            taken = time_of(image.acquired_at)
            if taken is not None:
                sittings[image.instrument].add((taken, image.sha256, instance_id))
        self._sittings = {instrument: sorted(frames) for instrument, frames in sittings.items()}
        self._times = {instrument: [taken for taken, _, _ in frames] for instrument, frames in self._sittings.items()}

    def of(self, path: str) -> Counter[str]:
        """instance_id -> number of other linked images of the same folder or sitting."""
        image = self._image_of[path]
        around = dict(self._of_folder.get(_folder(path), {}))
        taken = time_of(image.acquired_at)
        if taken is not None and image.instrument in self._times:
            frames, times = self._sittings[image.instrument], self._times[image.instrument]
            first, last = bisect_left(times, taken - SITTING), bisect_right(times, taken + SITTING)
            around.update((sha256, instance_id) for _, sha256, instance_id in frames[first:last])
        around.pop(image.sha256, None)
        return Counter(around.values())

    def is_alone(self, path: str) -> bool:
        """Whether nothing stands beside an image that could speak against its name: no linked image, no time."""
        return not self.of(path) and not self._sittings_of_frames.has_order(path)

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


def _ranked(
    decision: Decision, own: Sequence[Candidate], around: Counter[str], instance_of: dict[str, Instance]
) -> list[Candidate]:
    """Candidates with their share of the company; if the image is not linked, in the order that it suggests."""
    n_around = around.total()
    # Most candidates are not among the company: there are millions, and these are kept as they are.
    found = [replace(c, company=around[c.instance_id] / n_around) if around[c.instance_id] else c for c in own]
    if decision.status is MatchStatus.MATCHED:
        return found
    if not found and decision.reason is MatchReason.NO_IDENTIFIER:
        shares = {i: n / n_around for i, n in around.items() if n >= _MIN_SHARE * n_around}
        common = sorted(shares, key=lambda i: (-shares[i], i))[:_N_PROPOSED]
        found = [_proposed(decision.path, instance_of[i], shares[i]) for i in common if i in instance_of]
    found.sort(key=lambda c: (-(c.score + _COMPANY_WEIGHT * c.company), c.instance_id))
    return [c if c.rank == rank else replace(c, rank=rank) for rank, c in enumerate(found, start=1)]


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


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
