"""What an archive does nearly always, learnt from links that are beyond doubt and held against those that are not.

- *date*: a frame is taken so many days before its report (``matching/dates.py``);
- *magnifications*: the set of a part has one frame of each, and none that the captions of its report do not state;
- *numbers*: no two frames of a part bear the same;
- *microscope*: the frames of a FOAN come from one, and its maker is the one that the report names;
- *folder*: all frames in it are of one FOAN.

A habit that the archive does not keep, or of which it shows too little, tells nothing. What breaks one stops a link
that rests on a repaired name. A link to what the name states in full is stopped by a date alone, and only if a FOAN one
slip away was at the microscope then and fits; else the date is told as a doubt, because frames are also taken again
after the report.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import eq
from typing import TypeVar

from data_contracts.vocabulary import MatchMethod, MatchReason, MatchStatus
from fractocurate.matching.dates import Dated, ReportDates, day_of
from fractocurate.matching.evidence import Candidate, Decision, Decisions, ImageEvidence, Instance
from fractocurate.matching.numbering import Neighbours, mark_of

_MIN_UNITS = 20
"""Parts, FOANs or folders that must show a habit."""
_MAX_BROKEN_SHARE = 0.02
"""A habit that is broken more often is none."""
_ROUNDED = 0.02
"""Relative difference up to which two magnifications are one: captions are rounded."""
V = TypeVar("V")
R = TypeVar("R")
_TRUSTED = {MatchMethod.EXACT, MatchMethod.SERIAL, MatchMethod.PICTURE}


def weigh_habits(
    outcome: Decisions,
    images: Sequence[ImageEvidence],
    instances: Sequence[Instance],
    neighbours_of: Neighbours,
    by_name_alone: Collection[str],
) -> Decisions:
    """Stop links that break a habit of the archive, and tell doubts about those that stand.

    Args:
        outcome: of the ladder, one decision per image.
        images: what is known of them.
        instances: in force.
        neighbours_of: FOAN -> the FOANs of the archive one slip away.
        by_name_alone: paths of the images of which a single witness speaks for the link.
    """
    image_of = {image.path: image for image in images}
    habits = Habits(image_of, outcome.decisions, instances)
    stopped: dict[str, str] = {}
    doubts: dict[str, str] = {}
    for decision in outcome.decisions:
        if decision.status is not MatchStatus.MATCHED:
            continue
        image = image_of[decision.path]
        if decision.method is MatchMethod.FUZZY:
            guard = habits.broken_by(decision, image)
            if guard:
                stopped[decision.path] = guard
            continue
        doubt = habits.odd_date(decision, image)
        fitting = habits.fitting_neighbour(decision, image, neighbours_of) if doubt else ""
        if fitting and decision.path in by_name_alone:
            stopped[decision.path] = f"{doubt}; {fitting}, one slip away, was at the microscope then and fits"
        elif doubt:
            doubts[decision.path] = doubt
    if not stopped and not doubts:
        return outcome
    decisions = tuple(_told(d, stopped.get(d.path), doubts.get(d.path)) for d in outcome.decisions)
    candidates = tuple(_freed(c, stopped[c.path]) if c.path in stopped else c for c in outcome.candidates)
    return Decisions(decisions, candidates, doubts)


class Habits:
    """The habits of an archive; built once."""

    def __init__(
        self, image_of: Mapping[str, ImageEvidence], decisions: Iterable[Decision], instances: Sequence[Instance]
    ) -> None:
        trusted: list[tuple[str, str, ImageEvidence]] = []
        seen: set[str] = set()
        for decision in decisions:
            image = image_of[decision.path]
            part, foan = decision.instance_id, decision.foan
            if part is None or foan is None or decision.method not in _TRUSTED or image.sha256 in seen:
                continue
            seen.add(image.sha256)  # copies share their link and count once
            trusted.append((part, foan, image))
        self._magnifications = _told_apart((p, i.magnification) for p, _, i in trusted if i.magnification is not None)
        self._pictured = _as_reported(
            ((p, i.magnification) for p, _, i in trusted if i.magnification is not None),
            {instance.instance_id: instance.pictured for instance in instances if instance.pictured},
            _is_among,
        )
        self._maker = _as_reported(
            ((p, i.maker) for p, _, i in trusted if i.maker),
            {instance.instance_id: instance.maker for instance in instances if instance.maker},
            eq,
        )
        self._marks = _told_apart((p, mark) for p, _, i in trusted if (mark := mark_of(i)))
        self._instrument = _kept((foan, image.instrument) for _, foan, image in trusted if image.instrument)
        self._foan_in = _kept((_folder(image), foan) for _, foan, image in trusted)
        has_dates = any(instance.issued is not None for instance in instances)
        self._dates = ReportDates(
            (dated for _, foan, image in trusted if has_dates and (dated := _dated(foan, image))), instances
        )

    def broken_by(self, decision: Decision, image: ImageEvidence) -> str:
        """The habit that a link would break, in words; empty if it breaks none."""
        return next(self._broken(decision.instance_id or "", decision.foan or "", image), "") or self.odd_date(
            decision, image
        )

    def _broken(self, part: str, foan: str, image: ImageEvidence) -> Iterator[str]:
        at, mark = image.magnification, mark_of(image)
        if at is not None and at in self._magnifications.get(part, ()):
            yield f"its part has a frame at {at:g}x, and here parts have one of each magnification"
        pictured = self._pictured.get(part, ())
        if at is not None and pictured and not _is_among(at, pictured):
            stated = ", ".join(f"{other:g}x" for other in pictured)
            yield f"it was taken at {at:g}x, and its report pictures {stated}: here reports picture all that is taken"
        if mark and mark in self._marks.get(part, ()):
            yield f"another frame of its part bears {mark!r}, and here no two of a part bear the same"
        instrument, maker = self._instrument.get(foan), self._maker.get(part)
        if image.instrument and instrument and image.instrument != instrument:
            yield f"it comes from {image.instrument}, the others of {foan} from {instrument}, and here one takes all"
        if image.maker and maker and image.maker != maker:
            yield f"it comes from a microscope of {image.maker}, and its report names one of {maker}"
        other = self._foan_in.get(_folder(image), foan)
        if other != foan:
            yield f"the other frames of its folder show {other}, and here folders hold frames of one FOAN"

    def odd_date(self, decision: Decision, image: ImageEvidence) -> str:
        """What the day on which an image was taken says against its link; empty if nothing."""
        if self._dates.usual_days is None:
            return ""
        dated = _dated(decision.foan or "", image)
        return self._dates.against(dated) if dated else ""

    def fitting_neighbour(self, decision: Decision, image: ImageEvidence, neighbours_of: Neighbours) -> str:
        """A FOAN one slip away that fits the day of an image, if its own has no other frame then; empty if none."""
        own = _dated(decision.foan or "", image)
        if own is None or self._dates.n_near(own) > 1:
            return ""
        fitting = (
            other
            for other in sorted(neighbours_of(decision.foan or ""))
            if (dated := _dated(other, image)) and self._dates.fits(dated)
        )
        return next(fitting, "")


def _told_apart(values: Iterable[tuple[str, object]]) -> dict[str, Collection[object]]:
    """Part -> the values of its frames, if no two frames of a part share one; else none."""
    of_part = _counted(values)
    n_twins = sum(n for counts in of_part.values() for n in counts.values() if n > 1)
    n_several = sum(counts.total() > 1 for counts in of_part.values())
    n_frames = sum(counts.total() for counts in of_part.values())
    return dict(of_part) if n_several >= _MIN_UNITS and n_twins <= _MAX_BROKEN_SHARE * n_frames else {}


def _kept(values: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Owner -> the one value that all its frames, two or more, share, if owners keep to one value; else none."""
    several = {owner: counts for owner, counts in _counted(values).items() if counts.total() > 1}
    n_broken = sum(len(counts) > 1 for counts in several.values())
    if len(several) < _MIN_UNITS or n_broken > _MAX_BROKEN_SHARE * len(several):
        return {}
    return {owner: str(next(iter(counts))) for owner, counts in several.items() if len(counts) == 1}


def _as_reported(
    frames: Iterable[tuple[str, V]], stated: Mapping[str, R], agrees: Callable[[V, R], bool]
) -> Mapping[str, R]:
    """Part -> what its report states, if the frames of parts agree with it; else none."""
    told = [(part, agrees(value, stated[part])) for part, value in frames if part in stated]
    n_broken = sum(not is_so for _, is_so in told)
    is_habit = len({part for part, _ in told}) >= _MIN_UNITS and n_broken <= _MAX_BROKEN_SHARE * len(told)
    return stated if is_habit else {}


def _is_among(magnification: float, others: Iterable[float]) -> bool:
    return any(abs(magnification - other) <= _ROUNDED * max(magnification, other) for other in others)


def _counted(values: Iterable[tuple[str, object]]) -> dict[str, Counter[object]]:
    of_owner: dict[str, Counter[object]] = defaultdict(Counter)
    for owner, value in values:
        of_owner[owner][value] += 1
    return of_owner


def _dated(foan: str, image: ImageEvidence) -> Dated | None:
    taken = day_of(image)
    return None if taken is None else Dated(foan, taken.day, image.instrument)


def _told(decision: Decision, guard: str | None, doubt: str | None) -> Decision:
    if guard is not None:
        return decision.stopped(MatchReason.CONTRADICTION, guard)
    return decision if doubt is None else replace(decision, evidence=f"{decision.evidence}; but {doubt}")


def _freed(candidate: Candidate, guard: str) -> Candidate:
    return replace(candidate, accepted=False, guard=guard)


def _folder(image: ImageEvidence) -> str:
    return image.path.rpartition("/")[0]
