"""Frames whose running number fits another part better: names that are valid FOANs, but not those of their series.

An operator numbers the frames of a part one after another. A slip that turns one FOAN of the archive into another takes
a number from one series and adds it to another:

- *twice*: two frames of one part bear the same number or name, and a part one slip away lacks exactly that one;
- *gap*: no frame of its own part comes right before or after it, but it fills the gap between two of a part one slip
  away.

Where numbers repeat within parts they tell nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from fractocurate.matching.evidence import Decision, ImageEvidence

Neighbours = Callable[[str], frozenset[str]]
"""FOAN -> the FOANs of the archive one slip away."""
V = TypeVar("V")
_MAX_TWIN_SHARE = 0.02
"""Where more frames than these share number and part with another, numbers do not tell frames apart."""


class Numbering:
    """What the names of an archive's frames say beside their identifiers; built once, copies counting once."""

    def __init__(
        self, image_of: Mapping[str, ImageEvidence], decisions: Sequence[Decision], neighbours_of: Neighbours
    ) -> None:
        self._neighbours_of = neighbours_of
        self._parts: dict[str, set[str]] = defaultdict(set)
        """FOAN -> its parts; the FOAN itself stands for a part that is not known."""
        marks: dict[str, Counter[str]] = defaultdict(Counter)
        numbers: dict[str, Counter[int]] = defaultdict(Counter)
        seen: set[tuple[str, str]] = set()
        for decision in decisions:
            foan, image = decision.foan, image_of[decision.path]
            if foan is None or (foan, image.sha256) in seen:
                continue
            seen.add((foan, image.sha256))
            part, mark = part_of(decision), mark_of(image)
            self._parts[foan].add(part)
            if mark:
                marks[part][mark] += 1
            number = number_of(image)
            if number is not None:
                numbers[part][number] += 1
        self._marks, self._numbers = dict(marks), dict(numbers)
        # Frames of different parts may be mixed where only the FOAN is known: there, twins are no sign.
        self._marks_tell = _tell_apart(counts for part, counts in marks.items() if part not in self._parts)
        self._numbers_tell = _tell_apart(counts for part, counts in numbers.items() if part not in self._parts)

    def holds(self, part: str, number: int | None) -> bool:
        """Whether a part has a frame of that number already, so that it misses none."""
        return number is not None and self._numbers_tell and self.has(part, number)

    def has(self, part: str, number: int) -> bool:
        """Whether a frame of a part bears that number."""
        return _count(self._numbers, part, number) > 0

    def against(self, decision: Decision, image: ImageEvidence) -> str:
        """Why the number of an image stops its link; empty if it does not."""
        return self._twice(decision, image) or self._gap(decision, image)

    def _twice(self, decision: Decision, image: ImageEvidence) -> str:
        part, mark, number = part_of(decision), mark_of(image), number_of(image)
        if self._marks_tell and _count(self._marks, part, mark) > 1:
            lacking = (foan for foan, other in self._near(decision) if not _count(self._marks, other, mark))
        elif number is not None and self._numbers_tell and _count(self._numbers, part, number) > 1:
            mark = str(number)
            lacking = (foan for foan, other in self._near(decision) if self._lacks(other, number))
        else:
            return ""
        foan = next(lacking, "")
        return (
            f"another frame of {decision.foan} bears {mark!r} as well, and {foan}, one slip away, has none of that name"
            if foan
            else ""
        )

    def _gap(self, decision: Decision, image: ImageEvidence) -> str:
        part, number = part_of(decision), number_of(image)
        if number is None or not self._numbers_tell or self.has(part, number - 1) or self.has(part, number + 1):
            return ""
        for foan, other in self._near(decision):
            if self._lacks(other, number) and self.has(other, number - 1) and self.has(other, number + 1):
                return (
                    f"its number {number} fills a gap of {foan}, one slip away; none of {decision.foan} is next to it"
                )
        return ""

    def _lacks(self, part: str, number: int) -> bool:
        """Whether the series of a part comes right up to a number, from below or above, without having it."""
        return not self.has(part, number) and (self.has(part, number - 1) or self.has(part, number + 1))

    def _near(self, decision: Decision) -> list[tuple[str, str]]:
        """FOANs one slip away, with each of their parts that has a frame."""
        others = sorted(self._neighbours_of(decision.foan or ""))
        return [(other, part) for other in others for part in sorted(self._parts.get(other, ()))]


def part_of(decision: Decision) -> str:
    """The instance of a decision; its FOAN where that is not known, or has no report."""
    return decision.instance_id or decision.foan or ""


def mark_of(image: ImageEvidence) -> str:
    """What a file name says beside its identifiers; empty without a number, because words repeat."""
    rest = image.name.file.rest
    return rest if any(c.isdigit() for c in rest) else ""


def number_of(image: ImageEvidence) -> int | None:
    """The running number: digits that stand alone at the end of a mark."""
    found = re.search(r"(?:^| )(?:[a-z]{0,5})(\d{1,5})$", mark_of(image))
    return int(found[1]) if found else None


def _tell_apart(of_parts: Iterable[Counter[V]]) -> bool:
    """Whether hardly any two frames of a part share a value."""
    n_frames = n_twins = 0
    for counts in of_parts:
        n_frames += counts.total()
        n_twins += sum(n for n in counts.values() if n > 1)
    return n_twins <= _MAX_TWIN_SHARE * n_frames


def _count(of_parts: Mapping[str, Counter[V]], part: str, value: V) -> int:
    return of_parts[part][value] if part in of_parts else 0
