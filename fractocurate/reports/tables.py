"""Tables from words: a header that the vocabulary knows, columns between rulings or gutters, rows between anchors.

The same code reads text layers and OCR. Rulings help where there are any; without them the white space decides.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box
from fractocurate.reports.caption_texts import begins_caption
from fractocurate.reports.cause_columns import rows_with_marks, with_group_titles
from fractocurate.reports.header_cells import IDENTIFYING
from fractocurate.reports.legends import is_of_legend
from fractocurate.reports.lines import (
    Line,
    Ruling,
    around,
    cell_gap_heights,
    centre_x,
    gap_of_type,
    join_text,
    verticals_through,
)
from fractocurate.reports.table_columns import Column, columns_of, leaves_gutters_white, moved_columns, settle_gutters
from fractocurate.reports.table_headers import Header, find_header
from fractocurate.reports.table_notes import Note, note_of, part_notes, rows_with_notes
from fractocurate.reports.table_rows import Anchors, Row, find_rows
from fractocurate.reports.vocabulary import Vocabulary

_WIDEST_PITCH_HEIGHTS = 4.5
"""A table without rulings ends where the white space to the next line exceeds this many line heights."""
_LINES_OF_TYPE = 4
"""Lines, from a header on, that tell what type a table is set in."""
_WIDEST_NOTE_HEIGHTS = 2.0
"""White space above a line that states a cause and belongs to the table, in line heights."""
_WIDEST_GAP_HEIGHTS = 12.0
"""The same where the next line states an identifier in the column that holds them."""

_TALLEST_ROW_LINES = 6
_CELL_LEADING_HEIGHTS = 0.6
_FEWEST_VALUES = 3
"""In a row that does not leave the gutters white."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of fracture instances on one page."""

    page: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    box: Box
    """Around header and rows, in points."""
    notes: tuple[Note, ...] = ()
    """Its lines that state the cause of rows above or below them."""
    separator: str = ""
    """What parts its cells where it is the print of a data file; its columns then have no place on the page."""


def find_tables(
    page: int,
    lines: Sequence[Line],
    rulings: Sequence[Ruling],
    vocabulary: Vocabulary,
    is_value: Anchors,
) -> tuple[list[Table], list[Line]]:
    """Tables of a page from top to bottom, and the lines that belong to none."""
    tables: list[Table] = []
    free: list[Line] = []
    index = 0
    of_page = cell_gap_heights(lines)
    while index < len(lines):
        gap = gap_of_type(lines[index : index + _LINES_OF_TYPE - 1], of_page)
        gap = gap_of_type(lines[index : index + _LINES_OF_TYPE], gap)
        header = find_header(lines, index, rulings, vocabulary, gap)
        if header is None:
            free.append(lines[index])
            index += 1
            continue
        free += lines[index : header.first]
        columns = columns_of(header, rulings)
        body_end = _body_end(header, lines, rulings, columns, vocabulary, gap, is_value)
        if header.first and note_of(lines[header.first - 1], columns, vocabulary) is not None:
            # Tables with their causes as titles: what stands below this one is the title of the next.
            while body_end > header.last + 1 and note_of(lines[body_end - 1], columns, vocabulary) is not None:
                body_end -= 1
        body = lines[header.last + 1 : body_end]
        of_rows, notes = part_notes(body, columns, vocabulary, is_value)
        columns = settle_gutters(columns, of_rows, header, rulings)
        columns = with_group_titles(columns, header, lines, rulings, vocabulary)
        for part in _unfolded(columns, header.n_folds):
            own = _between(of_rows, part) if header.n_folds > 1 else of_rows
            rows = rows_with_marks(part, find_rows(part, own, rulings, header.box.bottom, is_value), vocabulary)
            words = [w for line in (*lines[header.first : header.last + 1], *own) for w in line.words]
            box = around([*words, *(w for note in notes for cell in note.cells.values() for w in cell)])
            tables.append(Table(page, part, rows, box, tuple(notes)))
        index = body_end
    return tables, free


def _unfolded(columns: tuple[Column, ...], n_folds: int) -> list[tuple[Column, ...]]:
    """The columns of each part of a table whose parts stand side by side."""
    width = len(columns) // n_folds
    return [columns[k : k + width] for k in range(0, len(columns), width)]


def _between(lines: Sequence[Line], columns: Sequence[Column]) -> list[Line]:
    """The lines, with the words that stand in some columns only."""
    left, right = columns[0].left, columns[-1].right
    inside = [tuple(w for w in line.words if left <= centre_x(w) < right) for line in lines]
    return [Line(words) for words in inside if words]


def continue_table(
    previous: Table,
    page: int,
    lines: Sequence[Line],
    rulings: Sequence[Ruling],
    vocabulary: Vocabulary,
    is_value: Anchors,
) -> tuple[Table | None, list[Line]]:
    """Rows at the top of a page that go on with the table of the page before, without a repeated header."""
    gap = cell_gap_heights(lines)
    for start in range(min(len(lines), 6)):
        moved = moved_columns(previous.columns, lines[start:], rulings)
        end = start
        while end < len(lines) and _is_near(lines, end, start):
            is_note = bool(previous.notes) and note_of(lines[end], moved, vocabulary) is not None
            if not is_note and not leaves_gutters_white(moved, lines[end], gap):
                break
            end += 1
        if end == start or _is_apart(lines[start:end]):
            continue
        body = lines[start:end]
        of_rows, notes = part_notes(body, moved, vocabulary, is_value) if previous.notes else (body, [])
        columns = settle_gutters(moved, of_rows, None, rulings)
        rows = find_rows(columns, of_rows, rulings, body[0].box.top - 2, is_value)
        rows = rows_with_marks(columns, rows, vocabulary)
        foreign = next((k for k, row in enumerate(rows) if not _has_identifier(columns, row, is_value)), len(rows))
        n_rows = len(rows)
        rows = rows[:foreign]
        if rows:
            words = [w for row in rows for w in row.words]
            box = around(words)
            notes = [note for note in notes if foreign == n_rows or note.top <= box.bottom]
            used = [line for line in body if line.centre_y <= max([box.bottom, *(n.bottom for n in notes)])]
            return Table(page, columns, rows, box, tuple(notes)), [line for line in lines if line not in used]
    return None, list(lines)


def with_causes(tables: Sequence[Table]) -> list[Table]:
    """The tables of a report, their rows with what lines between them state."""
    runs: list[list[Table]] = []
    for table in tables:
        last = runs[-1][-1] if runs else None
        goes_on = last is not None and table.page == last.page + 1 and _fields(table) == _fields(last)
        if goes_on:
            runs[-1].append(table)
        else:
            runs.append([table])
    stated = []
    for run in runs:
        rows = rows_with_notes([(table.rows, table.notes) for table in run])
        stated += [replace(table, rows=own) for table, own in zip(run, rows, strict=True)]
    return stated


def _fields(table: Table) -> list[tuple[str, ...]]:
    return [column.fields for column in table.columns]


def _is_apart(lines: Sequence[Line]) -> bool:
    """Whether the first line stands clearly farther from the second than the others from each other: a running head."""
    pitches = [b.centre_y - a.centre_y for a, b in itertools.pairwise(lines)]
    return len(pitches) > 1 and pitches[0] > 1.5 * max(pitches[1:])


def _has_identifier(columns: Sequence[Column], row: Row, is_value: Anchors) -> bool:
    filled = sum(bool(c) for c in row.cells)
    return filled >= max(2, len(columns) // 2) and any(
        is_value(field, row.text(i)) for i, c in enumerate(columns) for field in c.fields if field in IDENTIFYING
    )


def _body_end(
    header: Header,
    lines: Sequence[Line],
    rulings: Sequence[Ruling],
    columns: Sequence[Column],
    vocabulary: Vocabulary,
    gap: float,
    is_value: Anchors,
) -> int:
    """Index of the first line below the table."""
    start = end = header.last + 1
    bottom = _ruled_bottom(header.box, rulings)
    if bottom is not None:
        while end < len(lines) and lines[end].centre_y < bottom:
            end += 1
        return end
    closing = _closing_rule(header.box, rulings)
    while end < len(lines):
        line = lines[end]
        passed = closing is not None and end > start and lines[end - 1].centre_y < closing < line.centre_y
        if passed and not _begins_row(columns, lines, end, is_value):
            break
        is_note = note_of(line, columns, vocabulary) is not None
        if (
            begins_caption(line.text)
            or is_of_legend(line.text, vocabulary)
            or not (is_note or leaves_gutters_white(columns, line, gap) or _is_row(columns, line, is_value))
        ):
            break
        # OCR may have missed rows between.
        farthest = _WIDEST_GAP_HEIGHTS if _states_identifier(columns, line, is_value) else _WIDEST_PITCH_HEIGHTS
        if not _is_near(lines, end, start, header.box.bottom, farthest):
            break
        if end > start and find_header(lines, end, rulings, vocabulary, gap) is not None:
            break
        if is_note and end > start and line.box.top - lines[end - 1].box.bottom > _WIDEST_NOTE_HEIGHTS * line.height:
            break
        in_one_column = len({_column_at(columns, centre_x(w)) for w in line.words}) == 1 and len(columns) > 2
        is_heading = is_note or in_one_column
        if end > start and is_heading and find_header(lines, end + 1, rulings, vocabulary, gap) is not None:
            break
        end += 1
    return end


def _column_at(columns: Sequence[Column], x: float) -> int:
    return sum(x >= column.right for column in columns)


def _states_identifier(columns: Sequence[Column], line: Line, is_value: Anchors) -> bool:
    """Whether a line below what seems the last rule is a row all the same: shaded rows have edges like rules."""
    for column in columns:
        text = join_text([w for w in line.words if column.left <= centre_x(w) < column.right])
        if text and any(is_value(name, text) for name in column.fields if name in IDENTIFYING):
            return True
    return False


def _begins_row(columns: Sequence[Column], lines: Sequence[Line], index: int, is_value: Anchors) -> bool:
    """Whether a line, or one set close below it, states an identifier: cells of a row are centred on each other."""
    for number in range(index, min(index + _TALLEST_ROW_LINES, len(lines))):
        if number > index and not _is_near(lines, number, index, None, _CELL_LEADING_HEIGHTS):
            return False
        if _states_identifier(columns, lines[number], is_value):
            return True
    return False


def _is_row(columns: Sequence[Column], line: Line, is_value: Anchors) -> bool:
    """Whether a line has values where the columns are that hold them, though a long one fills a gutter."""
    n_values = 0
    for column in columns:
        text = join_text([w for w in line.words if column.left <= centre_x(w) < column.right])
        n_values += bool(text) and any(is_value(name, text) for name in column.fields)
    return n_values >= _FEWEST_VALUES and _states_identifier(columns, line, is_value)


def _closing_rule(header: Box, rulings: Sequence[Ruling]) -> float | None:
    """The last of the horizontal rules as wide as the header, if one stands clearly below it."""
    wide = [
        r.y0
        for r in rulings
        if r.is_horizontal and min(r.x1, header.right) - max(r.x0, header.left) > 0.8 * header.width
    ]
    below = [y for y in wide if y > header.bottom + 12]
    return max(below) if below else None


def _ruled_bottom(header: Box, rulings: Sequence[Ruling]) -> float | None:
    """Lower end of the vertical rulings that enclose the header; None if there are fewer than three."""
    if len(verticals_through(rulings, header)) < 3:
        return None
    bottom = header.bottom
    verticals = sorted((r for r in rulings if not r.is_horizontal), key=lambda r: r.y0)
    for ruling in verticals:
        if header.left - 20 <= ruling.x0 <= header.right + 120 and ruling.y0 <= bottom + 3:
            bottom = max(bottom, ruling.y1)
    return bottom if bottom > header.bottom + 4 else None


def _is_near(
    lines: Sequence[Line],
    index: int,
    start: int,
    top: float | None = None,
    farthest_heights: float = _WIDEST_PITCH_HEIGHTS,
) -> bool:
    """Whether a line follows closely enough on the one before to belong to the same table."""
    above = lines[index - 1].box.bottom if index > start else top
    return above is None or lines[index].box.top - above <= farthest_heights * lines[index].height
