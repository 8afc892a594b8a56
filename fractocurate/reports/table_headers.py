"""Headers of tables: lines whose cells the vocabulary knows as columns of ``fracture_instances``."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box, Word
from fractocurate.reports.header_cells import (
    IDENTIFYING,
    HeaderCell,
    as_header_cells,
    assigned_columns,
    instance_columns,
    n_folds_of,
    with_choices,
    with_units,
)
from fractocurate.reports.header_stacks import SHARED_WIDTH, between_rulings, stacks_of
from fractocurate.reports.lines import (
    Line,
    Ruling,
    around,
    split_at_gaps,
    verticals_through,
)
from fractocurate.reports.vocabulary import Vocabulary

_STATED = re.compile(r":\s*\w")
"""A key with its value: in two languages, of which one is not understood, it may look like a header."""


_LONG_NUMBER = re.compile(r"\d{4}")

_DECIMAL = re.compile(r"(?<![\w.,])\d+[.,]\d+(?![\w.,])")

_MOST_WORDS_OF_A_CELL = 8
"""Of a header that is not understood: more is a text."""


_WIDEST_LEADING_HEIGHTS = 1.6
"""White space between two lines of one header, in heights: a rule may part its title from the columns."""


_STANDARD = re.compile(r"\b(?:DIN|EN|ISO|ASTM|JIS)\b")

_LEADING_HEIGHTS = 0.5
"""White space between the lines of one cell, in their heights."""


_WORTH_OF_A_LINE = 2.5
"""What a header may lose in score by taking in a line that stands close below."""


_MOST_HEADER_LINES = 6
"""In two languages and with units, in cells centred on each other."""


_BESIDE_HEIGHTS = 0.3
"""Lines of print that overlap by more are lines of different cells, side by side."""


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table: one to four lines of a page."""

    cells: tuple[HeaderCell, ...]
    """Left to right."""
    fields: tuple[tuple[str, ...], ...]
    """Columns of ``fracture_instances`` that each cell heads."""
    first: int
    """Index of its first line."""
    last: int
    """Index of its last line."""
    score: float
    """How well it reads: of several readings of the same lines the highest is taken."""
    n_folds: int = 1
    """How often the same cells stand side by side: a long narrow table is folded."""

    @property
    def box(self) -> Box:
        """Around all cells."""
        return around(w for c in self.cells for w in c.words)


def find_header(
    lines: Sequence[Line], first: int, rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float
) -> Header | None:
    """The header that begins with a line, or in one of the lines right below it; None if nothing there reads like one.

    Args:
        lines: of the page, top to bottom.
        first: index of the line.
        rulings: of the page; three verticals or more part the cells.
        vocabulary: knows the words of headers.
        gap: white space in line heights that parts cells where no rulings do.
    """
    header = _header_at(lines, first, rulings, vocabulary, gap)
    if header is None:
        return None
    # A heading right above may have been swallowed: a later start that reads as well wins.
    starts = [k for k in range(header.first + 1, header.last + 1) if not _is_inside(lines, header.first, k, gap)]
    later = (_header_at(lines, k, rulings, vocabulary, gap) for k in starts)
    return max([header, *(h for h in later if h is not None)], key=lambda h: (round(h.score, 2), h.first))


def _is_inside(lines: Sequence[Line], first: int, index: int, gap: float) -> bool:
    """Whether a line surely goes on with cells above it: those of one header may end at different heights."""
    return _is_beside(lines, index) or any(_goes_on(line, gap) for line in lines[max(first, index - 2) : index])


def _is_beside(lines: Sequence[Line], index: int) -> bool:
    return lines[index].box.top < lines[index - 1].box.bottom - _BESIDE_HEIGHTS * lines[index].height


def _goes_on(line: Line, gap: float) -> bool:
    """Whether cells of a line end with a stroke: their second language stands below."""
    return sum(cell[-1].text.endswith("/") for cell in split_at_gaps(line.words, gap)) > 1


def _header_at(
    lines: Sequence[Line], first: int, rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float
) -> Header | None:
    """The best header that begins exactly with a line."""
    best: Header | None = None
    n_levels = 0
    for last in range(first, len(lines)):
        # Cells of different numbers of lines, centred on each other, stand beside each other's gaps.
        n_levels += last == first or not _is_beside(lines, last)
        if n_levels > _MOST_HEADER_LINES or last - first > 2 * _MOST_HEADER_LINES:
            break
        if (
            last > first
            and lines[last].box.top - lines[last - 1].box.bottom > _WIDEST_LEADING_HEIGHTS * lines[first].height
        ):
            break
        if last > first and _is_band(lines[last], vocabulary):
            break
        if _is_one_column(lines[first : last + 1], rulings, gap):
            continue
        words = [w for line in lines[first : last + 1] for w in line.words]
        header = _read_header(words, first, last, rulings, vocabulary, gap)
        if header is None:
            continue
        # "Component /": its second language is still to come.
        header = replace(header, score=header.score - sum(c.text.endswith("/") for c in header.cells))
        # Of equal readings, the taller has the unit that stands in a line of its own; and a line set close below the
        # ones above belongs to them, even where they could be read without it ("component serial" and "number").
        is_taller = best is not None and len(header.cells) == len(best.cells) and header.score > best.score - 0.01
        is_tight = best is not None and _is_tight(lines, last) and header.score > best.score - _WORTH_OF_A_LINE
        if best is not None and _names_cause(best) and not _names_cause(header):
            continue  # the first row's cause does not make its column one of several causes
        if best is None or is_taller or is_tight or header.score > best.score + 0.01:
            best = header
    return best


def _names_cause(header: Header) -> bool:
    return any("defect_class" in fields for fields in header.fields)


def _is_one_column(lines: Sequence[Line], rulings: Sequence[Ruling], gap: float) -> bool:
    """Whether nothing parts the words of some lines into cells, as in running text, which heads no table."""
    if any(not ruling.is_horizontal for ruling in rulings) or any(len(line.segments(gap)) > 1 for line in lines):
        return False
    boxes = [line.box for line in lines]
    shared = min(box.right for box in boxes) - max(box.left for box in boxes)
    return shared > SHARED_WIDTH * min(box.width for box in boxes)


def _is_band(line: Line, vocabulary: Vocabulary) -> bool:
    """Whether a line is a cause, or a key, its colon and a value that is no header: it states something of the rows."""
    key, colon, value = line.text.partition(":")
    if not colon:
        meaning = vocabulary.defect_class(line.text)
        return meaning is not None and meaning.similarity >= 1.0 and not meaning.rest
    is_stated = any(c.isalnum() for c in value) and not instance_columns(value, vocabulary)[0]
    return is_stated and bool(instance_columns(key, vocabulary)[0])


def _is_tight(lines: Sequence[Line], index: int) -> bool:
    """Whether a line without digits stands as close to the one above as the lines of one cell do."""
    above, line = lines[index - 1], lines[index]
    return line.box.top - above.box.bottom < _LEADING_HEIGHTS * line.height and not any(c.isdigit() for c in line.text)


def _read_header(
    words: Sequence[Word], first: int, last: int, rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float
) -> Header | None:
    box = around(words)
    verticals = verticals_through(rulings, box)
    groups = between_rulings(words, verticals, rulings) if len(verticals) >= 3 else stacks_of(words, gap)
    return header_of_cells(groups, first, last, vocabulary)


def header_of_cells(groups: Sequence[tuple[Word, ...]], first: int, last: int, vocabulary: Vocabulary) -> Header | None:
    """The header that cells are, each given as its words, left to right; None if they do not read like one.

    ``first`` and ``last`` are the indices of its lines. Cells set too close to see the gap come out apart.
    """
    if not 2 <= len(groups) <= 30:
        return None
    cells = list(itertools.chain.from_iterable(as_header_cells(g, vocabulary) for g in groups))
    cells = with_units(cells)
    n_folds = n_folds_of(cells)
    width = len(cells) // n_folds
    fields = list(
        itertools.chain.from_iterable(assigned_columns(cells[k : k + width]) for k in range(0, len(cells), width))
    )
    cells = with_choices(cells, fields)
    choices = [c for c in cells if c.choice]
    named = {f for fs in fields for f in fs} | {c.choice for c in choices}
    understood = sum(bool(fs) for fs in fields) + len(choices)
    unknown = len(cells) - understood
    if len(named) < 2 or unknown > understood or not named & (IDENTIFYING | {"instance_tag"}):
        return None
    if named <= {"instance_tag", "component_id"} or (len(named) == 2 and unknown and not named & IDENTIFYING):
        return None
    if choices and not named & IDENTIFYING:
        return None
    if _holds_values(cells):
        return None
    similarity = sum(c.similarity for c in cells if c.candidates or c.choice)
    return Header(tuple(cells), tuple(fields), first, last, similarity + len(named) - 1.5 * unknown, n_folds)


def _holds_values(cells: Sequence[HeaderCell]) -> bool:
    """Whether rows stand among the words of what may be a header, or keys with their values."""
    has_rows = any(_LONG_NUMBER.search(c.text) and not _STANDARD.search(c.text) for c in cells)
    unknown = [c for c in cells if not c.candidates and not c.choice]
    has_rows = has_rows or any(_DECIMAL.search(c.text) or len(c.words) > _MOST_WORDS_OF_A_CELL for c in unknown)
    states = any(c.similarity < 1.0 and _STATED.search(c.text) for c in cells)
    return has_rows or states or any(a.text.endswith(":") and not b.candidates for a, b in itertools.pairwise(cells))
