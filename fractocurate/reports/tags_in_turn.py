"""Tags of a scanned table that number its rows (P1, P2, P3): the row's place tells what a misread one should be."""

import re
from collections.abc import Sequence
from dataclasses import replace

from data_contracts.records import Word
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_rows import Row

_TAG = re.compile(r"(?P<letters>[A-Za-z]{0,2}-?0?)(?P<number>\d{1,2}|[lI|iOoSB])")
_LOOKS_LIKE = {"l": "1", "I": "1", "|": "1", "i": "1", "O": "0", "o": "0", "S": "5", "B": "8"}
_FEWEST_TAGS = 2
_IN_TURN = 0.9
"""Confidence of a tag that stands where it should."""


def rows_with_tags_in_turn(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, tags as they must be read if all that were read number the rows one by one; else as they are.

    A tag that was not read stays empty.
    """
    at = next((k for k, column in enumerate(columns) if column.fields == ("instance_tag",)), None)
    if at is None:
        return tuple(rows)
    found = [_TAG.fullmatch(row.cells[at][0].text) if len(row.cells[at]) == 1 else None for row in rows]
    read = [(k, m["letters"], int(_LOOKS_LIKE.get(m["number"], m["number"]))) for k, m in enumerate(found) if m]
    n_filled = sum(bool(row.cells[at]) for row in rows)
    if len(read) < max(_FEWEST_TAGS, n_filled) or len({(letters, number - k) for k, letters, number in read}) != 1:
        return tuple(rows)
    tags = {k: f"{letters}{number}" for k, letters, number in read}
    return tuple(_with_tag(row, at, tags[k]) if k in tags else row for k, row in enumerate(rows))


def _with_tag(row: Row, at: int, tag: str) -> Row:
    word = row.cells[at][0]
    cell = (Word(tag, word.box, max(word.confidence, _IN_TURN)),)
    return replace(row, cells=(*row.cells[:at], cell, *row.cells[at + 1 :]))
