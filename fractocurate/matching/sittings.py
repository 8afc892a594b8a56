"""Frames out of place: a name that is a valid FOAN, but not that of the frames among which it was taken.

An operator takes the frames of a part one after another and numbers them, and parts come about in the order of their
numbers. A slip that turns one FOAN of the archive into another leaves a trace in that order, though not in the name:

- *between*: the frames before and after it are of a FOAN one slip away, and no frame of its own is near;
- *beside*: the nearest frame is of a FOAN one slip away, as near in time as frames of one part are, and its own frames
  were taken at another time; or its number goes on where theirs end, or comes right before theirs begin;
- *out of order*: all around it stand FOANs that follow each other, its own is far from these, and one slip away is one
  among them that stands next to it or has no frame at all;
- *numbers*: two frames of a part bear one number, or its number fills a gap elsewhere (``matching/numbering.py``).

Such a frame goes to a person. None of this links anything. Where an archive's order does not hold (no times, numbers
that repeat, FOANs in no order of time), nothing is told.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from fractocurate.matching.evidence import Decision, ImageEvidence
from fractocurate.matching.numbering import Neighbours, Numbering, number_of, part_of

SITTING = timedelta(minutes=10)
"""Frames that follow each other within this time are of one sitting, whatever folder they lie in."""
_HALF_DAY = timedelta(hours=2)
"""A pause up to which the order of the FOANs is looked at."""
_CLOSE_SHARE = 0.75
"""Frames are close together if so many that follow each other within that time show one part, in this archive."""
_LENGTH_OF_A_DAY = len("2021-05-03")
_N_BESIDE = 2
"""Frames that are beside on either side: two parts may be looked at in turn."""
_N_AROUND = 6
"""Frames looked at on either side."""
_ORDER_SPAN = 10
"""FOANs within so many places of each other, in the order of their numbers, follow each other."""
_FAR = 25
_MIN_IN_ORDER = 3
_IN_ORDER_SHARE = 0.75


@dataclass(frozen=True, slots=True, order=True)
class _Frame:
    taken: datetime
    sha256: str
    foan: str
    part: str
    number: int | None
    """Running number in its name."""


class Sittings:
    """The frames of an archive in the order in which they were taken and numbered; built once."""

    def __init__(
        self, image_of: Mapping[str, ImageEvidence], decisions: Sequence[Decision], neighbours_of: Neighbours
    ) -> None:
        self._neighbours_of = neighbours_of
        self._image_of = image_of
        self._magnifications: dict[str, Counter[float]] = defaultdict(Counter)
        self._numbering = Numbering(image_of, decisions, neighbours_of)
        self._n_timed: Counter[str] = Counter()
        self._frames: dict[str, list[_Frame]] = defaultdict(list)
        """Instrument -> its frames in order: microscopes are at work at the same time."""
        seen: set[tuple[str, str]] = set()
        for decision in decisions:
            foan, image = decision.foan, self._image_of[decision.path]
            if foan is None or (foan, image.sha256) in seen:
                continue  # copies count once
            seen.add((foan, image.sha256))
            if image.magnification is not None:
                self._magnifications[foan][image.magnification] += 1
            taken = time_of(image.acquired_at)
            if taken is not None:
                frame = _Frame(taken, image.sha256, foan, part_of(decision), number_of(image))
                self._frames[image.instrument].append(frame)
                self._n_timed[foan] += 1
        for frames in self._frames.values():
            frames.sort(key=lambda frame: (frame.taken, frame.sha256, frame.foan))
        self._times = {instrument: [frame.taken for frame in frames] for instrument, frames in self._frames.items()}
        self._close = _close_together(self._frames.values())
        self._n_frames = Counter(foan for foan, _ in seen)
        self._foans = sorted(self._n_frames)

    def has_order(self, path: str) -> bool:
        """Whether other frames were taken near to an image, so that its place can speak against it."""
        image = self._image_of[path]
        return any(any(side) for side in self._sides(image, SITTING))

    def against(self, decision: Decision) -> str:
        """Why the place of an image among the frames stops its link; empty if it does not."""
        foan, image = decision.foan, self._image_of[decision.path]
        if foan is None:
            return ""
        before, after = self._sides(image, SITTING)
        if any(frame.foan == foan for frame in (*before, *after)):
            return ""
        return (
            self._beside(decision, image, before, after)
            or self._out_of_order(foan, image)
            or self._numbering.against(decision, image)
        )

    def _sides(self, image: ImageEvidence, pause: timedelta) -> tuple[list[_Frame], list[_Frame]]:
        """The frames taken before and after an image, the nearest first, until a pause parts them."""
        taken = time_of(image.acquired_at)
        times = self._times.get(image.instrument, [])
        if taken is None or not times:
            return [], []
        first, last = bisect_left(times, taken), bisect_right(times, taken)
        # Frames of the very same second have no order: they count as taken before.
        before = self._until(image, taken, range(last - 1, -1, -1), pause)
        return before, self._until(image, taken, range(max(first, last), len(times)), pause)

    def _until(self, image: ImageEvidence, taken: datetime, places: range, pause: timedelta) -> list[_Frame]:
        found: list[_Frame] = []
        for place in places:
            frame = self._frames[image.instrument][place]
            if frame.sha256 == image.sha256:
                continue
            if len(found) == _N_AROUND or abs(frame.taken - taken) > pause:
                break
            taken = frame.taken
            found.append(frame)
        return found

    def _beside(self, decision: Decision, image: ImageEvidence, before: list[_Frame], after: list[_Frame]) -> str:
        foan, part, number = decision.foan or "", part_of(decision), number_of(image)
        near = [
            (frame, place, step)
            for side, step in ((before, -1), (after, 1))
            for place, frame in enumerate(side[:_N_BESIDE])
            if frame.foan in self._neighbours_of(foan) and not self._numbering.holds(frame.part, number)
        ]
        next_to = [frame.foan for frame, place, _ in near if place == 0]
        if len(next_to) > len(set(next_to)):
            return f"the frames before and after it show {next_to[0]}, one slip away, and none near it shows {foan}"
        taken, at = time_of(image.acquired_at), image.magnification
        for frame, place, step in near:
            other = frame.foan
            if (
                place == 0
                and at is not None
                and self._magnifications[foan][at] > 1
                and not self._magnifications[other][at]
            ):
                return (
                    f"it was taken next to frames of {other}, one slip away, which has none at {at:g}x; "
                    f"{foan} has one, taken at another time"
                )
            is_close = taken is not None and abs(frame.taken - taken) <= self._close
            goes_on = number is not None and frame.number == number + step
            if self._n_timed[foan] > 1 and (is_close or (goes_on and place == 0)):
                return f"it was taken right beside frames of {other}, one slip away; those of {foan} at another time"
            if number is None or not goes_on or not is_close:
                continue
            # A series that begins with 2 lacks its first frame; one that ends with 1 lacks nothing.
            if number > 1 and not self._numbering.has(part, number - 1):
                return f"its number {number} goes on with that of the frame of {other} beside it, one slip away"
            if step > 0 and not self._numbering.has(part, number + 1):
                return f"its number {number} comes before that of the frame of {other} beside it, one slip away"
        return ""

    def _out_of_order(self, foan: str, image: ImageEvidence) -> str:
        before, after = self._sides(image, _HALF_DAY)
        around = [frame.foan for frame in (*before, *after)]
        if len(set(around)) < _MIN_IN_ORDER:
            return ""
        places = sorted(bisect_left(self._foans, other) for other in around)
        middle = median(places)
        near = [place for place in places if abs(place - middle) <= _ORDER_SPAN]
        if len(near) < _IN_ORDER_SHARE * len(places) or abs(bisect_left(self._foans, foan) - middle) <= _FAR:
            return ""
        next_to = {side[0].foan for side in (before, after) if side}
        first, last = self._foans[near[0]], self._foans[near[-1]]
        for other in sorted(self._neighbours_of(foan)):
            if other in next_to and abs(bisect_left(self._foans, other) - middle) <= _ORDER_SPAN:
                return f"it was taken next to frames of {other}, one slip away, among FOANs of that order"
            if not self._n_frames[other] and first < other < last:
                return f"it was taken among FOANs from {first} to {last}, and {other}, one slip away, has no frame"
        return ""


def time_of(acquired_at: str | None) -> datetime | None:
    """A time by the microscope's clock; None if there is none, if it cannot be read, or if it is a day alone."""
    try:
        taken = datetime.fromisoformat(acquired_at or "")
    except ValueError:
        return None
    return taken.replace(tzinfo=None) if len(acquired_at or "") > _LENGTH_OF_A_DAY else None


def _close_together(of_instruments: Iterable[Sequence[_Frame]]) -> timedelta:
    """The longest time, up to that of a sitting, within which frames that follow each other mostly show one part."""
    pairs = [pair for frames in of_instruments for pair in pairwise(frames)]
    gaps = sorted((b.taken - a.taken, a.foan == b.foan) for a, b in pairs if b.taken - a.taken <= SITTING)
    close, n_same = timedelta(0), 0
    for n, (gap, is_same) in enumerate(gaps, start=1):
        n_same += is_same
        if n_same >= _CLOSE_SHARE * n:
            close = gap
    return close
