"""Words to lines, and the geometry that both text-layer and OCR pages share."""

import itertools
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from data_contracts.records import Box, Word

_SPECK, _DOUBTFUL_SPECK = 0.6, 0.35
"""Confidence below which marks without letters, and short words without digits, are taken for specks."""

_LEAST_HEIGHT, _USUAL_HEIGHT = 4.0, 10.0
"""Points: a word is taken to be at least as high as the first; print is about as high as the second."""
_LINE_SHARE = 0.45
"""Words stand on one line if their centres differ by less than this share of their height."""
_SURELY_LEVEL = 0.3
_LONG_WORD = 5
_FEWEST_LONG_WORDS = 4
_EVEN_WIDTH = 0.09
"""Longest words of which the width of a character differs by less than this are monospaced: in proportional type the
widths of ``Article`` and ``number`` differ by a quarter."""
_SHORTEST_RULE = 2
_BETWEEN_RULES = str.maketrans("", "", " |+")
"""What parts the rules of columns."""
_COLUMN_GAP_PITCHES = 1.75
"""White space of more than one character parts columns."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A straight line of a table, axis-parallel, in points of the upright page."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def is_horizontal(self) -> bool:
        """Longer along x than along y."""
        return abs(self.x1 - self.x0) >= abs(self.y1 - self.y0)


@dataclass(frozen=True)
class Line:
    """Words that stand side by side, left to right; what is asked of them often is worked out once."""

    words: tuple[Word, ...]

    @cached_property
    def text(self) -> str:
        """Words joined by single spaces."""
        return " ".join(w.text for w in self.words)

    @cached_property
    def box(self) -> Box:
        """Smallest box around the words."""
        return around(self.words)

    @cached_property
    def centre_y(self) -> float:
        """Median of the words' vertical centres: one tall mark does not shift it."""
        return statistics.median(centre_y(w) for w in self.words)

    @cached_property
    def height(self) -> float:
        """Median height of the words."""
        return statistics.median(w.box.height for w in self.words)

    def segments(self, gap_in_heights: float) -> list[tuple[Word, ...]]:
        """Its words, parted at wider gaps: as ``split_at_gaps``, which is asked with few different gaps."""
        if gap_in_heights not in self._segments:
            self._segments[gap_in_heights] = split_at_gaps(self.words, gap_in_heights)
        return self._segments[gap_in_heights]

    @cached_property
    def _segments(self) -> dict[float, list[tuple[Word, ...]]]:
        return {}


def centre_x(word: Word) -> float:
    """Horizontal centre of a word."""
    return (word.box.left + word.box.right) / 2


def centre_y(word: Word) -> float:
    """Vertical centre of a word."""
    return (word.box.top + word.box.bottom) / 2


def around(words: Iterable[Word]) -> Box:
    """Smallest box around at least one word."""
    boxes = [w.box for w in words]
    return Box(
        min([b.left for b in boxes]),
        min([b.top for b in boxes]),
        max([b.right for b in boxes]),
        max([b.bottom for b in boxes]),
    )


def group_lines(words: Sequence[Word]) -> list[Line]:
    """Lines from top to bottom. Words belong together if their centres differ by less than half their height.

    The next word to the right decides, not the line's start, so that a small remaining skew does no harm.
    """
    heights = [max(word.box.height, _LEAST_HEIGHT) for word in words]
    farthest = _LINE_SHARE * max(heights, default=0.0)
    lines: list[list[Word]] = []
    ends: list[tuple[float, float]] = []  # centre and height of each line's last word
    for word, height in sorted(zip(words, heights, strict=True), key=lambda wh: (wh[0].box.left, wh[0].box.top)):
        centre = centre_y(word)
        best, best_distance = len(lines), farthest
        for number, (last_centre, last_height) in enumerate(ends):
            distance = abs(last_centre - centre)
            if distance < best_distance and distance < _LINE_SHARE * _more_usual(last_height, height):
                best, best_distance = number, distance
        if best == len(lines):
            lines.append([])
            ends.append((centre, height))
        lines[best].append(word)
        ends[best] = (centre, height)
    return sorted((Line(tuple(line)) for line in lines), key=lambda line: line.centre_y)


def _more_usual(height: float, other: float) -> float:
    """The height that is more like print: a mark or a speck does not set how far apart lines are."""
    return height if abs(height - _USUAL_HEIGHT) <= abs(other - _USUAL_HEIGHT) else other


def split_at_gaps(words: Sequence[Word], gap_in_heights: float) -> list[tuple[Word, ...]]:
    """Split words of one line where the gap exceeds a multiple of the line's height."""
    if not words:
        return []
    widest = gap_in_heights * statistics.median([w.box.height for w in words])
    segments: list[list[Word]] = [[words[0]]]
    for previous, word in itertools.pairwise(words):
        if word.box.left - previous.box.right > widest:
            segments.append([])
        segments[-1].append(word)
    return [tuple(s) for s in segments]


def cell_gap_heights(lines: Iterable[Line]) -> float:
    """White space, in line heights, that parts cells rather than words, for the type of a page.

    Monospaced type has word spaces of 0.6 em, proportional type of some 0.25 em.
    """
    ratios = [
        (b.box.left - a.box.right) / max(a.box.height, b.box.height, 1.0)
        for line in lines
        for a, b in itertools.pairwise(line.words)
    ]
    spaces = [r for r in ratios if 0.05 < r < 1.4]
    if len(spaces) < 8:
        return 0.6
    return min(1.25, max(0.5, 1.75 * statistics.median(spaces)))


def gap_of_type(lines: Iterable[Line], otherwise: float) -> float:
    """White space, in line heights, that parts cells in lines set in monospaced type; else the second argument.

    A page of proportional type may hold a printed table in monospaced, whose word spaces are as wide as cells are
    apart elsewhere.
    """
    lines = list(lines)
    long = [w for line in lines for w in line.words if len(w.text) >= _LONG_WORD]
    widths = sorted(w.box.width / len(w.text) for w in long)
    if len(widths) < _FEWEST_LONG_WORDS or widths[-1] - widths[0] > _EVEN_WIDTH * widths[0]:
        return otherwise
    return _COLUMN_GAP_PITCHES * statistics.median(widths) / statistics.median(w.box.height for w in long)


def is_printed_rule(text: str) -> bool:
    """Whether a line of print only draws: a rule of dashes below each header, or ``* * *`` between two parts."""
    marks = text.translate(_BETWEEN_RULES)
    return len(marks) > _SHORTEST_RULE and len(set(marks)) == 1 and not marks[0].isalnum()


def join_text(words: Sequence[Word]) -> str:
    """Text of a cell of one or more lines; a hyphen at a line's end keeps its word together."""
    if len(words) == 1:
        return words[0].text.strip()
    if words and _are_level(words):
        return " ".join(w.text for w in sorted(words, key=lambda w: (w.box.left, w.box.top))).strip()
    text = ""
    for line in group_lines(words):
        text = text + line.text if text.endswith(("-", "/")) and len(text) > 1 else f"{text} {line.text}".strip()
    return text


def _are_level(words: Sequence[Word]) -> bool:
    """Whether some words surely stand on one line, without asking which of several lines each belongs to."""
    centres = [centre_y(w) for w in words]
    lowest = min(max(w.box.height, _LEAST_HEIGHT) for w in words)
    return max(centres) - min(centres) < _SURELY_LEVEL * lowest


def without_debris(words: Iterable[Word]) -> list[Word]:
    """Drop specks and pieces of a table's rulings read as characters, and cut such pieces off other words."""
    kept = []
    for word in words:
        n_signs = sum(c.isalnum() for c in word.text)
        if word.confidence < (_SPECK if n_signs == 0 else _DOUBTFUL_SPECK if _is_short_word(word.text) else 0.0):
            continue
        text = word.text.strip("|¦_").strip()
        if text and not all(c in "|¦_~=—―" for c in text):
            kept.append(word if text == word.text else Word(text, word.box, word.confidence))
    return kept


def _is_short_word(text: str) -> bool:
    return len(text) <= 3 and not any(c.isdigit() for c in text)


def level_groups(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Words of a narrow part of a page by their height on it, top to bottom: faster than lines, for no skew.

    The first word of a group decides, so that words of two cells at different heights stay apart.
    """
    centres = [centre_y(word) for word in words]
    groups: list[list[Word]] = []
    first = 0.0
    for k in sorted(range(len(words)), key=centres.__getitem__):
        if groups and centres[k] - first < 0.4 * words[k].box.height:
            groups[-1].append(words[k])
        else:
            groups.append([words[k]])
            first = centres[k]
    return [tuple(sorted(g, key=lambda w: w.box.left)) for g in groups]


def verticals_through(rulings: Sequence[Ruling], box: Box) -> list[float]:
    """Where vertical rulings cross the middle of a box: their x, left to right, double lines counted once."""
    middle = (box.top + box.bottom) / 2
    return distinct_levels(r.x0 for r in rulings if not r.is_horizontal and r.y0 - 1 <= middle <= r.y1 + 1)


def distinct_levels(levels: Iterable[float]) -> list[float]:
    """Coordinates in points in rising order, without those within 3 points of one already taken."""
    distinct: list[float] = []
    for level in sorted(levels):
        if not distinct or level - distinct[-1] > 3:
            distinct.append(level)
    return distinct
