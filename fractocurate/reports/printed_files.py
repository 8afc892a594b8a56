"""Prints of data files: a header line and rows with a semicolon between their values, as test machines export them.

OCR takes some semicolons for other marks. A row is then parted in the one way in which its values fit their columns,
and is less sure; where there is no such way, or more than one, it goes to a person.
"""

import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box, Word
from fractocurate.reports.confidence import LESS_SURE
from fractocurate.reports.fields import is_blank
from fractocurate.reports.lines import Line, around, join_text
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_headers import Header, header_of_cells
from fractocurate.reports.table_rows import Anchors, Row
from fractocurate.reports.tables import Table
from fractocurate.reports.units import FORCE, unit_of
from fractocurate.reports.vocabulary import Vocabulary

SEPARATOR = ";"
_LOOKALIKES = frozenset("i:jl!|")
"""What OCR makes of a semicolon."""
_LOST = 0.9
"""What a way to part a line is worth with white space for a separator, beside one with a mark like it."""
_QUOTES = "\"'\u201c\u201d\u201e"
_COMMENT = re.compile(r"\s*(?:#|//)")
_FEWEST_CELLS = 3
_MOST_LOST = 3
"""Separators of a line that may be looked for among other marks."""
_MOST_WAYS = 2000
_LINES_ABOVE = 6
"""Lines of a page header above rows that go on from the page before."""
_LOAD = re.compile(rf"[<>~\u2248]?\s*\d[\d\s.,']*[oO]?\s*{FORCE}?")
_FIRST_ROWS = 3
"""Rows that tell how many columns there are; a later one may show that all of them have lost a separator."""

Fitness = Callable[[Sequence[tuple[Word, ...]]], float]
"""How well cells fit their columns, from 0: not at all."""


@dataclass(frozen=True, slots=True)
class _Printed:
    """A line as one text; its words part by part."""

    words: tuple[Word, ...]
    text: str
    """The words, one space between."""
    cuts: tuple[int, ...]
    """Where its separators stand."""
    mended: tuple[int, ...] = ()
    """Cuts that stand where OCR read something else."""

    def cells(self) -> list[tuple[Word, ...]]:
        """What stands between the cuts."""
        edges = [-1, *self.cuts, len(self.text)]
        cells = [self._between(a + 1, b) for a, b in itertools.pairwise(edges)]
        for cut in self.mended:
            for k in (self.cuts.index(cut), self.cuts.index(cut) + 1):
                cells[k] = tuple(replace(w, confidence=min(w.confidence, LESS_SURE)) for w in cells[k])
        return cells

    def _between(self, start: int, end: int) -> tuple[Word, ...]:
        pieces, at = [], 0
        for word in self.words:
            a, b = max(start - at, 0), min(end - at, len(word.text))
            text = word.text[a:b].strip(_QUOTES) if a < b else ""
            if text:
                pieces.append(_piece(word, word.text.index(text, a), len(text)))
            at += len(word.text) + 1
        return tuple(pieces)


def find_printed_files(
    page: int, lines: Sequence[Line], vocabulary: Vocabulary, is_value: Anchors, previous: Table | None
) -> tuple[list[Table], list[Line]]:
    """The data files printed on a page, and the lines that belong to none.

    Args:
        page: 1-based.
        lines: of the page, top to bottom.
        vocabulary: knows the headers.
        is_value: tells values of a column.
        previous: the last table before this page; rows may go on from it without a header.
    """
    printed = [_printed(line.words) for line in lines]
    tables: list[Table] = []
    used: set[int] = set()
    index = 0
    while index < len(lines):
        columns, start = _columns_at(printed, index, vocabulary), index + 1
        if not columns and not used and index < _LINES_ABOVE and _goes_on(previous, page, printed[index]):
            columns, start = previous.columns if previous else (), index
        end = _body_end(printed, start, len(columns)) if columns else start
        rows = list(_rows(printed[start:end], columns, vocabulary, is_value))
        if not rows:
            index += 1
            continue
        box = around(w for line in lines[index:end] for w in line.words)
        tables.append(Table(page, columns, tuple(rows), box, separator=SEPARATOR))
        used.update(range(index, end))
        index = end
    return tables, [line for k, line in enumerate(lines) if k not in used]


def _goes_on(previous: Table | None, page: int, line: _Printed) -> bool:
    return (
        previous is not None
        and previous.separator == SEPARATOR
        and previous.page == page - 1
        and len(line.cuts) == len(previous.columns) - 1
    )


def _printed(words: Sequence[Word]) -> _Printed:
    text = " ".join(w.text for w in words)
    return _Printed(tuple(words), text, tuple(_separators(text)))


def _separators(text: str) -> Iterator[int]:
    """Where separators stand outside quotation marks, if those come in pairs."""
    has_pairs, is_quoted = text.count('"') % 2 == 0, False
    for position, character in enumerate(text):
        if character == '"' and has_pairs:
            is_quoted = not is_quoted
        elif character == SEPARATOR and not is_quoted:
            yield position


def _piece(word: Word, start: int, length: int) -> Word:
    """Part of a word, its box in proportion to its characters."""
    if length == len(word.text):
        return word
    step = word.box.width / len(word.text)
    left = word.box.left + step * start
    return Word(
        word.text[start : start + length],
        Box(left, word.box.top, left + step * length, word.box.bottom),
        word.confidence,
    )


def _columns_at(printed: Sequence[_Printed], index: int, vocabulary: Vocabulary) -> tuple[Column, ...]:
    """The columns that a line heads, if rows with separators follow it; none if it is no such header."""
    line = printed[index]
    following = (len(p.cuts) for p in printed[index + 1 :])
    below = list(itertools.takewhile(lambda n: n > 0, following))
    if len(line.cuts) < _FEWEST_CELLS - 1 or not below or below[0] < _FEWEST_CELLS - 2:
        return ()
    usual = max(Counter(below[:_FIRST_ROWS]).items(), key=lambda item: (item[1], item[0]))[0]

    def header_of(cells: Sequence[tuple[Word, ...]]) -> Header | None:
        filled = list(cells) if cells[-1] else list(cells)[:-1]
        header = header_of_cells(filled, index, index, vocabulary) if all(filled) else None
        is_parted_so = header is not None and [c.text for c in header.cells] == [join_text(cell) for cell in filled]
        return header if is_parted_so else None

    def fitness(cells: Sequence[tuple[Word, ...]]) -> float:
        found = header_of(cells)
        return found.score if found is not None and all(found.fields) else 0.0

    header = header_of(line.cells())
    lost = range(max(usual, len(line.cuts) + 1), max(below) + 1)
    ways = [header_of(way.cells()) for n in lost if (way := _mended(line, n + 1, fitness)) is not None]
    header = max((h for h in (header, *ways) if h is not None), key=lambda h: h.score, default=None)
    if header is None:
        return ()
    return tuple(
        Column(fields, cell.text, unit_of(cell.text), cell.box.left, cell.box.right, cell.box.left)
        for cell, fields in zip(header.cells, header.fields, strict=True)
    )


def _body_end(printed: Sequence[_Printed], start: int, n_cells: int) -> int:
    """Index of the first line behind the rows. A line without separators is passed if the next one has them."""
    fewest = max(1, n_cells - 1 - _MOST_LOST)
    end = start
    while end < len(printed):
        is_row = len(printed[end].cuts) >= fewest
        is_between = end + 1 < len(printed) and len(printed[end + 1].cuts) >= fewest
        if not is_row and (not is_between or _COMMENT.match(printed[end].text)):
            break
        end += 1
    return end


def _rows(
    body: Sequence[_Printed], columns: tuple[Column, ...], vocabulary: Vocabulary, is_value: Anchors
) -> Iterator[Row]:
    n_cells = len(columns)

    def fitness(cells: Sequence[tuple[Word, ...]]) -> float:
        return math.prod(
            _fits(name, join_text(cell), vocabulary, is_value)
            for column, cell in zip(columns, cells, strict=True)
            for name in column.fields
        )

    index = 0
    while index < len(body):
        line = body[index]
        index += 1
        if len(line.cuts) < n_cells - 1:
            mended = _mended(line, n_cells, fitness)
            wrapped = _printed((*line.words, *body[index].words)) if mended is None and index < len(body) else line
            if len(wrapped.cuts) == n_cells - 1 and fitness(wrapped.cells()) > 0:
                line, index = wrapped, index + 1
            line = mended or line
        cells = line.cells()
        n_found = len(cells) - (len(cells) == n_cells + 1 and not cells[-1])
        unclear = "" if n_found == n_cells else f"{n_found} values in a row of a data file whose header has {n_cells}"
        yield Row((*cells, *[()] * n_cells)[:n_cells], unclear=unclear)


def _mended(line: _Printed, n_cells: int, fitness: Fitness) -> _Printed | None:
    """The line parted also at marks like a separator, or at white space where OCR saw none.

    None unless one way to do so fits better than all others.
    """
    n_lost = n_cells - 1 - len(line.cuts)
    marks = [k for k, c in enumerate(line.text) if c in _LOOKALIKES or c == " "]
    if not 0 < n_lost <= _MOST_LOST or math.comb(len(marks), n_lost) > _MOST_WAYS:
        marks = [k for k in marks if line.text[k] != " "]
    if not 0 < n_lost <= _MOST_LOST or math.comb(len(marks), n_lost) > _MOST_WAYS:
        return None
    ways = [
        replace(line, cuts=tuple(sorted((*line.cuts, *more))), mended=more)
        for more in itertools.combinations(marks, n_lost)
    ]
    scores = [round(fitness(way.cells()) * math.prod(_worth(line.text, k) for k in way.mended), 6) for way in ways]
    best = max(scores, default=0.0)
    return ways[scores.index(best)] if best > 0 and scores.count(best) == 1 else None


def _worth(text: str, position: int) -> float:
    """Of a mark as a separator: white space between two quotations is as good as a mark."""
    beside = text[max(0, position - 1) : position] + text[position + 1 : position + 2]
    return _LOST if text[position] == " " and '"' not in beside else 1.0


def _fits(name: str, text: str, vocabulary: Vocabulary, is_value: Anchors) -> float:
    """How well a text fits a column, 0 to 1; columns without a grammar or a vocabulary take anything."""
    if name in {"foan", "serial_number"}:
        return float(is_value(name, text))
    if name == "fracture_load_kn":
        return float(is_blank(text) or _LOAD.fullmatch(text) is not None)
    if name not in {"defect_class", "sub_type"} or (name == "sub_type" and is_blank(text)):
        return 1.0
    meaning = vocabulary.defect_class(text) if name == "defect_class" else vocabulary.sub_type(text)
    return meaning.similarity if meaning is not None else 0.0
