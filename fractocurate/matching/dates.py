"""When a frame was taken and when its report was issued: a date far from all that is usual speaks against a link.

What is usual is learnt from the archive itself, because laboratories differ: one issues within a week, another looks at
parts again a year later. Clocks are wrong, too: a date is not believed if frames of other parts, taken about the same
time by the same clock, are as far off.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from data_contracts.vocabulary import ReadingMethod
from fractocurate.matching.evidence import ImageEvidence, Instance
from fractocurate.matching.name_readings import TextReading
from fractocurate.reports.fields import find_dates

_MIN_FOANS = 20
"""Fewer dated FOANs show no custom."""
_USUAL_SHARE = 0.95
_SLACK_DAYS = 30
_SAME_CLOCK = timedelta(days=3)
"""Frames within this time of each other are held to be taken by a clock that is right or wrong for all of them."""
_COMPACT_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_. ]?(0[1-9]|1[0-2])[-_. ]?(0[1-9]|[12]\d|3[01])(?!\d)")

Issued = tuple[date, date]
"""Day of the first and of the last report on a FOAN."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A linked frame of which the day is known."""

    foan: str
    day: date
    clock: str
    """The instrument; empty if unknown."""


class ReportDates:
    """How long before their reports the frames of an archive are taken; built once over links beyond doubt."""

    def __init__(self, frames: Iterable[Dated], instances: Iterable[Instance]) -> None:
        self._issued: dict[str, Issued] = {}
        for instance in instances:
            if instance.issued is not None:
                first, last = map(date.fromisoformat, instance.issued)
                known = self._issued.get(instance.foan, (first, last))
                self._issued[instance.foan] = (min(first, known[0]), max(last, known[1]))
        self._n_taken: Counter[Dated] = Counter(frame for frame in frames if frame.foan in self._issued)
        self._usual = _usual_days(_days_before(f.day, self._issued[f.foan]) for f in self._n_taken)
        if len({frame.foan for frame in self._n_taken}) < _MIN_FOANS:
            self._usual = None
        self._frames: dict[str, list[Dated]] = defaultdict(list)
        for frame in sorted(self._n_taken, key=lambda f: (f.day, f.foan)):
            self._frames[frame.clock].append(frame)
        self._days = {clock: [frame.day for frame in frames] for clock, frames in self._frames.items()}
        self._of_foan: dict[tuple[str, str], list[Dated]] = defaultdict(list)
        for frame in self._n_taken:
            self._of_foan[frame.clock, frame.foan].append(frame)

    @property
    def usual_days(self) -> tuple[int, int] | None:
        """Between how many days before its report a frame is taken; negative: after it. None if nothing is usual."""
        return self._usual

    def against(self, frame: Dated) -> str:
        """Why the day of a frame speaks against its FOAN; empty if it does not."""
        if self._usual is None or not self._is_odd(frame) or self._has_wrong_clock(frame):
            return ""
        first, last = self._issued[frame.foan]
        nearer = first if frame.day <= first else last
        low, high = self._usual
        return (
            f"it was taken on {frame.day}, {_spoken((nearer - frame.day).days)} the report of {nearer}; "
            f"here frames are taken between {_spoken(high)} and {_spoken(low)} their reports"
        )

    def n_near(self, frame: Dated) -> int:
        """Frames of its FOAN that were taken within some days of it by the same clock, itself included."""
        own = self._of_foan.get((frame.clock, frame.foan), ())
        return sum(self._n_taken[other] for other in own if abs(other.day - frame.day) <= _SAME_CLOCK)

    def fits(self, frame: Dated) -> bool:
        """Whether the FOAN was at the microscope about then, and its report was issued at the usual time after."""
        return self._usual is not None and self.n_near(frame) > 0 and not self._is_odd(frame)

    def _is_odd(self, frame: Dated) -> bool:
        issued = self._issued.get(frame.foan)
        if self._usual is None or issued is None or issued[0] < frame.day <= issued[1]:
            return False
        return not self._usual[0] <= _days_before(frame.day, issued) <= self._usual[1]

    def _has_wrong_clock(self, frame: Dated) -> bool:
        """Whether other parts that were looked at about then are mostly as odd."""
        others = [other for other in self._around(frame) if other.foan != frame.foan]
        odd = {other.foan for other in others if self._is_odd(other)}
        return bool(odd) and 2 * len(odd) >= len({other.foan for other in others})

    def _around(self, frame: Dated) -> Sequence[Dated]:
        days = self._days.get(frame.clock, [])
        first = bisect_left(days, frame.day - _SAME_CLOCK)
        last = bisect_right(days, frame.day + _SAME_CLOCK)
        return self._frames.get(frame.clock, [])[first:last]


@dataclass(frozen=True, slots=True)
class Day:
    """The day of an image, and who says so."""

    day: date
    method: ReadingMethod
    """Vendor tag stands for tag and sidecar."""


def day_of(image: ImageEvidence) -> Day | None:
    """The day on which an image was taken: by tag or sidecar, else by its data bar, its name, the nearest dated folder.

    A source that states several days states none.
    """
    if image.acquired_at is not None:
        try:
            return Day(datetime.fromisoformat(image.acquired_at).date(), ReadingMethod.VENDOR_TAG)
        except ValueError:
            return None
    bars = [text for text, method in image.other_texts if method is ReadingMethod.DATA_BAR]
    printed = {date.fromisoformat(iso) for text in bars for iso, _ in find_dates(text)}
    if printed:
        return Day(printed.pop(), ReadingMethod.DATA_BAR) if len(printed) == 1 else None
    methods = (ReadingMethod.FILE_NAME, *(ReadingMethod.FOLDER_NAME for _ in image.name.folders))
    for name, method in zip((image.name.file, *image.name.folders), methods, strict=True):
        named = _days_in(name)
        if named:
            return Day(named.pop(), method) if len(named) == 1 else None
    return None


def _days_in(name: TextReading) -> set[date]:
    """Days that a name states outside its identifiers."""
    text = name.text
    spelt = [foan.raw for foan in name.foans] + [torn.raw for torn in name.malformed] + [s.raw for s in name.serials]
    for raw in spelt:
        text = text.replace(raw, " ")
    found = {date.fromisoformat(iso) for iso, _ in find_dates(text)}
    for match in _COMPACT_DATE.finditer(text):
        try:
            found.add(date(*map(int, match.groups())))
        except ValueError:  # the 31st of a month that has none
            continue
    return found


def _days_before(day: date, issued: Issued) -> int:
    """Days from a frame to the first report; 0 between two reports, negative after the last."""
    first, last = issued
    if day <= first:
        return (first - day).days
    return min((last - day).days, 0)


def _spoken(n_days_before: int) -> str:
    return f"{n_days_before} days before" if n_days_before >= 0 else f"{-n_days_before} days after"


def _usual_days(days: Iterable[int]) -> tuple[int, int] | None:
    """The shortest stretch that holds 95 % of the frames, with slack: a month after it, its own length before it."""
    ordered: Sequence[int] = sorted(days)
    if not ordered:
        return None
    n_held = max(1, round(_USUAL_SHARE * len(ordered)))
    low, high = min(
        ((ordered[i], ordered[i + n_held - 1]) for i in range(len(ordered) - n_held + 1)), key=lambda s: s[1] - s[0]
    )
    return low - _SLACK_DAYS, high + max(_SLACK_DAYS, high - low)
