"""Forms and cards: boxes with a small label above the value, or below it, several to a row. Read as keys and values."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.records import Word
from fractocurate.reports.header_cells import IDENTIFYING, INSTANCE_COLUMNS
from fractocurate.reports.key_values import ASKED, Pair
from fractocurate.reports.lines import (
    Line,
    Ruling,
    cell_gap_heights,
    centre_x,
    join_text,
    split_at_gaps,
    verticals_through,
)
from fractocurate.reports.run_in import n_item_words
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

_LONGEST_STRAY, _STRAY = 2, 0.8
"""Characters and confidence of what OCR makes of stamps and dirt, at most."""
_BESIDE_HEIGHTS = 0.3
"""Lines that overlap by more stand side by side."""
_FARTHEST_ROW = 1.5
"""White space above the last row of a form, in those above the others: a wider one begins the next form."""


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

    An empty box is left out, unless a person would miss its value.

    Two rows of labels with different meanings, each with its values on the same side and an identifier among them, are
    a form; a header with rows is a table.
    """
    gap = cell_gap_heights(lines)
    labels = [_labels(line, rulings, vocabulary, gap) for line in lines]
    labels = [[] if _is_beside_others(k, lines, labels) else own for k, own in enumerate(labels)]
    pairs: list[Pair] = []
    used: set[int] = set()
    index = 0
    while index < len(lines):
        # A line of values may be read with the labels above it and with those below: more of them then fit one way.
        # What looks like values of the first labels below may be a text that ends there.
        starts = [
            index,
            next((k for k in range(index + 1, index + 2 + _MOST_VALUE_LINES) if labels[k : k + 1] != [[]]), index),
        ]
        forms = [_form_at(page, index, lines, labels, is_value, below=False)]
        forms += [_form_at(page, start, lines, labels, is_value, below=True) for start in dict.fromkeys(starts)]
        forms = [_without_heading(page, rows, lines, labels, is_value) for rows in forms]
        rows = max(forms, key=lambda rows: _n_fitting(rows, is_value))
        pairs += [p for row in rows for p in row.pairs]
        used.update(k for row in rows for k in range(row.first, row.last + 1))
        index = rows[-1].last + 1 if rows else index + 1
    return pairs, used


def _is_beside_others(index: int, lines: Sequence[Line], labels: Sequence[list[_Label]]) -> bool:
    """Whether a line overlaps in height with one of labels: cells of a table's header, centred on each other."""
    box = lines[index].box
    near = (k for k in (index - 1, index + 1) if 0 <= k < len(lines) and labels[k])
    return any(
        min(box.bottom, lines[k].box.bottom) - max(box.top, lines[k].box.top) > _BESIDE_HEIGHTS * lines[index].height
        for k in near
    )


def _form_at(
    page: int,
    first: int,
    lines: Sequence[Line],
    labels: Sequence[list[_Label]],
    is_value: Anchors,
    *,
    below: bool,
) -> list[_BoxRow]:
    """The rows of the form that begins with a line; none if it is no form, or its values stand on the other side."""
    rows: list[_BoxRow] = []
    find_row = _row_with_values_below if below else _row_with_values_above
    while row := find_row(page, rows[-1].last + 1 if rows else first, lines, labels, rows):
        rows.append(row)
    pairs = [p for row in rows for p in row.pairs]
    identified = any(p.name in IDENTIFYING and is_value(p.name, p.text) for p in pairs)
    n_filled = sum(bool(p.text) for p in pairs)
    return rows if len(rows) >= _SMALLEST_FORM and n_filled >= _SHORTEST_LIST and identified else []


def _without_heading(
    page: int, rows: list[_BoxRow], lines: Sequence[Line], labels: Sequence[list[_Label]], is_value: Anchors
) -> list[_BoxRow]:
    """The form without a first row that is the heading above it ("Findings") and takes the place of a label below.

    Its one label stands alone, what belongs to it is no value that anybody knows, and without it the form has as many
    rows, no farther apart.
    """
    if not rows or len(rows[0].pairs) != 1 or is_value(rows[0].pairs[0].name, rows[0].pairs[0].text):
        return rows
    below = labels[rows[0].first] != []
    later = _form_at(page, rows[0].last + 1, lines, labels, is_value, below=below)
    if len(later) < len(rows) or _n_fitting(later, is_value) < _n_fitting(rows, is_value):
        return rows
    gaps = [lines[b.first].box.top - lines[a.last].box.bottom for a, b in itertools.pairwise(later)]
    return later if gaps[-1] < _FARTHEST_ROW * min(gaps) else rows


def _n_fitting(rows: Sequence[_BoxRow], is_value: Anchors) -> int:
    return sum(is_value(p.name, p.text) for row in rows for p in row.pairs)


def _row_with_values_below(
    page: int, first: int, lines: Sequence[Line], labels: Sequence[list[_Label]], above: Sequence[_BoxRow]
) -> _BoxRow | None:
    """The row of boxes whose labels stand in a line; None if it is no such line."""
    if first >= len(lines) or not labels[first] or _are_taken(labels[first], above):
        return None
    last = first
    for number in range(first + 1, min(first + 1 + _MOST_VALUE_LINES, len(lines))):
        farthest = _FARTHEST_VALUE_HEIGHTS if number == first + 1 else _FARTHEST_LINE_HEIGHTS
        if labels[number] or not _is_near(lines, number, farthest):
            break
        last = number
    return _box_row(page, labels[first], lines, first, range(first + 1, last + 1))


def _row_with_values_above(
    page: int, first: int, lines: Sequence[Line], labels: Sequence[list[_Label]], above: Sequence[_BoxRow]
) -> _BoxRow | None:
    """The row of boxes whose values begin in a line, their labels below; None if there is no such row."""
    at = first
    while at < len(lines) and at - first <= _MOST_VALUE_LINES and not labels[at]:
        at += 1
        farthest = _FARTHEST_VALUE_HEIGHTS if at < len(lines) and labels[at] else _FARTHEST_LINE_HEIGHTS
        if at >= len(lines) or not _is_near(lines, at, farthest):
            return None
    if at == first or at >= len(lines) or not labels[at] or _are_taken(labels[at], above):
        return None
    return _box_row(page, labels[at], lines, at, range(first, at))


def _is_near(lines: Sequence[Line], number: int, farthest_heights: float) -> bool:
    """Whether a line stands close below the one above it, in heights of its own."""
    return lines[number].box.top - lines[number - 1].box.bottom < farthest_heights * lines[number].height


def _are_taken(labels: Sequence[_Label], above: Sequence[_BoxRow]) -> bool:
    """Whether a row of the form has one of these labels already: another form begins."""
    return bool({name for row in above for name in row.names} & {label.name for label in labels})


def _box_row(
    page: int, labels: Sequence[_Label], lines: Sequence[Line], of_labels: int, of_values: range
) -> _BoxRow | None:
    values: list[list[Word]] = [[] for _ in labels]
    for number in of_values:
        for word in lines[number].words:
            at = next((k for k, x in enumerate(labels) if x.left <= centre_x(word) < x.right), 0)
            values[at].append(word)
    numbers = (of_labels, *of_values)
    first, last = min(numbers), max(numbers)
    pairs = tuple(
        Pair(page, first, last, label.name, label.words, (tuple(words),))
        for label, words in zip(labels, values, strict=True)
        if words or label.name in ASKED
    )
    return _BoxRow(first, last, pairs) if any(values) else None


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
    # A letter of a stamp that lies beside a label is none of it.
    segments = [s for s in segments if len(s) > 1 or len(s[0].text) > _LONGEST_STRAY or s[0].confidence > _STRAY]
    if not segments:
        return []
    labels: list[_Label] = []
    ends = [s[0].box.left - 3 for s in segments[1:]] + [float("inf")]
    for segment, end in zip(segments, ends, strict=True):
        segment = segment[n_item_words(segment) :]  # noqa: PLW2901 - "1.3 Root cause" is a label with its number
        text = join_text(segment)
        names, _ = vocabulary.columns(text)
        own = [n for n in names if n in INSTANCE_COLUMNS]
        if not own or ":" in text:
            return []
        labels.append(_Label(own[0], segment, segment[0].box.left - 3, end))
    # Cards side by side repeat all their labels; a single one that comes twice is something else.
    return labels if len(set(Counter(label.name for label in labels).values())) == 1 else []
