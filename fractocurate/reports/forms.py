"""Forms and cards: boxes with a small label above the value, several to a row. Read as keys and values."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.records import Word
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import (
    Line,
    Ruling,
    cell_gap_heights,
    centre_x,
    join_text,
    split_at_gaps,
    verticals_through,
)
from fractocurate.reports.table_headers import IDENTIFYING, INSTANCE_COLUMNS
from fractocurate.reports.table_rows import Anchors
from fractocurate.reports.vocabulary import Vocabulary

_MOST_VALUE_LINES = 3
_FARTHEST_VALUE_HEIGHTS = 2.0
"""A value stands at most this many heights of its own below its label."""
_FARTHEST_LINE_HEIGHTS = 0.7
"""White space between two lines of one value, in heights."""
_SMALLEST_FORM = 2
"""Rows of boxes; one row alone is a table."""
_SHORTEST_LIST = 3
"""Labels that make a form where each stands alone in its line."""


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    words: tuple[Word, ...]
    left: float
    right: float
    """Where the next box begins."""


@dataclass(frozen=True, slots=True)
class _BoxRow:
    """A line of labels and the lines of values below it."""

    first: int
    last: int
    pairs: tuple[Pair, ...]

    @property
    def names(self) -> set[str]:
        return {p.name for p in self.pairs}


def find_forms(
    page: int, lines: Sequence[Line], rulings: Sequence[Ruling], vocabulary: Vocabulary, is_value: Anchors
) -> tuple[list[Pair], set[int]]:
    """Keys and values of all forms of a page, and the numbers of the lines that they take.

    Two rows of labels with different meanings, each with its values below and an identifier among them, are a form; a
    header with rows is a table.
    """
    gap = cell_gap_heights(lines)
    pairs: list[Pair] = []
    used: set[int] = set()
    index = 0
    while index < len(lines):
        rows: list[_BoxRow] = []
        while row := _box_row(page, index if not rows else rows[-1].last + 1, lines, rulings, vocabulary, gap, rows):
            rows.append(row)
        identified = any(p.name in IDENTIFYING and is_value(p.name, p.text) for row in rows for p in row.pairs)
        n_labels = sum(len(row.pairs) for row in rows)
        if len(rows) >= _SMALLEST_FORM and n_labels >= _SHORTEST_LIST and identified:
            pairs += [p for row in rows for p in row.pairs]
            used.update(range(rows[0].first, rows[-1].last + 1))
            index = rows[-1].last + 1
        else:
            index += 1
    return pairs, used


def _box_row(
    page: int,
    first: int,
    lines: Sequence[Line],
    rulings: Sequence[Ruling],
    vocabulary: Vocabulary,
    gap: float,
    above: Sequence[_BoxRow],
) -> _BoxRow | None:
    """The row of boxes whose labels stand in a line; None if it is no such line."""
    if first >= len(lines):
        return None
    labels = _labels(lines[first], rulings, vocabulary, gap)
    taken = {name for row in above for name in row.names}
    if not labels or taken & {label.name for label in labels}:
        return None
    values: list[list[Word]] = [[] for _ in labels]
    last = first
    for number in range(first + 1, min(first + 1 + _MOST_VALUE_LINES, len(lines))):
        line = lines[number]
        farthest = _FARTHEST_VALUE_HEIGHTS if number == first + 1 else _FARTHEST_LINE_HEIGHTS
        is_near = line.box.top - lines[number - 1].box.bottom < farthest * line.height
        if not is_near or _labels(line, rulings, vocabulary, gap):
            break
        for word in line.words:
            at = next((k for k, x in enumerate(labels) if x.left <= centre_x(word) < x.right), 0)
            values[at].append(word)
        last = number
    if last == first:
        return None
    pairs = tuple(
        Pair(page, first, last, label.name, label.words, (tuple(words),))
        for label, words in zip(labels, values, strict=True)
        if words
    )
    return _BoxRow(first, last, pairs) if pairs else None


def _labels(line: Line, rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float) -> list[_Label]:
    """The labels that a line consists of; empty if there is anything else in it."""
    verticals = verticals_through(rulings, line.box)
    if len(verticals) >= 3:
        segments = [
            tuple(w for w in line.words if a <= centre_x(w) < b)
            for a, b in itertools.pairwise([float("-inf"), *verticals, float("inf")])
        ]
        segments = [s for s in segments if s]
    else:
        segments = split_at_gaps(line.words, gap)
    labels: list[_Label] = []
    ends = [s[0].box.left - 3 for s in segments[1:]] + [float("inf")]
    for segment, end in zip(segments, ends, strict=True):
        text = join_text(segment)
        names, _ = vocabulary.columns(text)
        own = [n for n in names if n in INSTANCE_COLUMNS]
        if not own or ":" in text:
            return []
        labels.append(_Label(own[0], segment, segment[0].box.left - 3, end))
    # Cards side by side repeat all their labels; a single one that comes twice is something else.
    return labels if len(set(Counter(label.name for label in labels).values())) == 1 else []
