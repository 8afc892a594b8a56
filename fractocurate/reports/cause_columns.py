"""Tables with a column for each cause: a mark in one of them says which it was."""

from collections.abc import Sequence
from dataclasses import replace

from data_contracts.records import Box, Word
from fractocurate.reports.lines import Line, Ruling, around, centre_x, join_text, split_at_gaps, verticals_through
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_headers import Header
from fractocurate.reports.table_rows import Row
from fractocurate.reports.tick_marks import Tick, mark_in_cell, understood
from fractocurate.reports.vocabulary import Vocabulary

_CLEARLY_NEARER = 2.0
"""How many times nearer a mark must be to the header that it stands under than to the next."""
_TITLE_GAP_HEIGHTS = 1.0


def with_group_titles(
    columns: tuple[Column, ...],
    header: Header,
    lines: Sequence[Line],
    rulings: Sequence[Ruling],
    vocabulary: Vocabulary,
) -> tuple[Column, ...]:
    """The columns, those of sub-types with the class that a ruled cell above several of them names."""
    if not any(column.choice == "sub_type" for column in columns):
        return columns
    own = {id(w) for cell in header.cells for w in cell.words}
    above = lines[max(0, header.first - 1) : header.last + 1]
    titles = [
        segment
        for line in above
        for segment in split_at_gaps([w for w in line.words if id(w) not in own], _TITLE_GAP_HEIGHTS)
        if segment and understood(segment, vocabulary)[0] == "defect_class"
    ]
    settled = list(columns)
    for title in titles:
        box = around(title)
        verticals = verticals_through(rulings, box)
        left = max((x for x in verticals if x <= box.left + 2), default=None)
        right = min((x for x in verticals if x >= box.right - 2), default=None)
        for k, column in enumerate(columns):
            middle = (
                (column.header_words[0].box.left + column.header_words[-1].box.right) / 2 if column.header_words else 0
            )
            if column.choice == "sub_type" and left is not None and right is not None and left < middle < right:
                settled[k] = replace(column, group_words=title)
    return tuple(settled)


def rows_with_marks(columns: Sequence[Column], rows: Sequence[Row], vocabulary: Vocabulary) -> tuple[Row, ...]:
    """The rows, each with what the header of its marked column states; where none or several are marked, why not."""
    own = [k for k, column in enumerate(columns) if column.choice]
    if not own:
        return tuple(rows)
    digits_count = not any("serial_number" in c.fields for c in columns) or any(
        row.text(k).isdecimal() and row.text(k) not in {"0", "1"} for row in rows for k in own
    )
    return tuple(_with_mark(columns, own, row, vocabulary, digits_count=digits_count) for row in rows)


def _with_mark(
    columns: Sequence[Column], own: Sequence[int], row: Row, vocabulary: Vocabulary, *, digits_count: bool
) -> Row:
    others = [k for k, c in enumerate(columns) if not c.choice and not c.fields and (k - 1 in own or k + 1 in own)]
    states = {k: mark_in_cell(row.text(k)) for k in (*own, *others)}
    if digits_count and any(row.text(k) == "1" for k in own):
        return replace(row, unclear=f"numbers in the columns of the causes: {_printed(columns, own, row)}")
    marked = [k for k in own if states[k] is Tick.TICKED or (states[k] is Tick.UNCLEAR and row.text(k))]
    elsewhere = [k for k in others if states[k] is Tick.TICKED or (states[k] is Tick.UNCLEAR and not marked)]
    if len(marked) + len(elsewhere) != 1:
        several = _printed(columns, [*marked, *elsewhere], row)
        return replace(row, unclear=f"several causes are marked: {several}" if several else "no cause is marked")
    k = (marked or elsewhere)[0]
    column, words = columns[k], row.cells[k]
    if elsewhere:
        text = join_text(words) if states[k] is Tick.UNCLEAR else column.header
        return _stating(
            row, "defect_class", text, words, f"the column of a cause that is none of the known ones: {text}"
        )
    detail: tuple[Word, ...] = ()
    unclear = ""
    if states[k] is Tick.UNCLEAR:
        kind, _ = understood(words, vocabulary)
        detail = words if kind == "sub_type" and column.choice == "defect_class" else ()
        unclear = "" if detail else f"the mark of the cause was not understood: {join_text(words)}"
    if not _is_under_its_header(columns, own, k, words):
        unclear = f"the mark stands between the columns of causes {_nearest_headers(columns, own, words)}"
    row = _stating(row, column.choice, column.header, words, unclear)
    if column.group_words:
        row = _stating(row, "defect_class", join_text(column.group_words), words, unclear)
    return replace(row, stated={**row.stated, "sub_type": detail}) if detail else row


def _stating(row: Row, name: str, text: str, words: tuple[Word, ...], unclear: str) -> Row:
    """The header's words stand where the mark does: that is where a person looks."""
    stated = (Word(text, around(words), min(w.confidence for w in words)),)
    return replace(row, stated={**row.stated, name: stated}, is_by_place=True, unclear=unclear)


def _printed(columns: Sequence[Column], own: Sequence[int], row: Row) -> str:
    return ", ".join(f"{columns[k].header}: {row.text(k)}" for k in own if row.text(k))


def _is_under_its_header(columns: Sequence[Column], own: Sequence[int], k: int, words: tuple[Word, ...]) -> bool:
    if columns[k].is_ruled:
        return True
    x = sum(map(centre_x, words)) / len(words)
    distances = {j: _distance(x, around(columns[j].header_words)) for j in own}
    return all(distances[j] > _CLEARLY_NEARER * distances[k] for j in own if j != k)


def _nearest_headers(columns: Sequence[Column], own: Sequence[int], words: tuple[Word, ...]) -> str:
    x = sum(map(centre_x, words)) / len(words)
    nearest = sorted(own, key=lambda j: _distance(x, around(columns[j].header_words)))[:2]
    return " and ".join(columns[j].header for j in sorted(nearest))


def _distance(x: float, box: Box) -> float:
    return max(box.left - x, x - box.right, 0.0)
