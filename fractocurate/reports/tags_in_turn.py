"""Tags of a scanned table that number its rows (P1, P2, P3; A, B, C): a row's place tells what its tag must be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box, Word
from fractocurate.reports.lines import around
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_rows import Row

_TAG = re.compile(r"(?P<letters>[A-Za-z]{0,2}-?0?)(?P<number>\d{1,2}|[lI|iOoSB])")
_LETTER = re.compile(r"[A-Z]")
_LOOKS_LIKE = {"l": "1", "I": "1", "|": "1", "i": "1", "O": "0", "o": "0", "S": "5", "B": "8"}
_FEWEST_TAGS = 2
_IN_TURN, _BY_PLACE = 0.9, 0.85
"""Confidence of a tag that stands where it should, and of one that only its place tells."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """How tags go on from row to row."""

    letters: str
    """What stands before the number; empty for bare numbers and for letters."""
    first: int
    """Number of the first row; its letter's place in the alphabet, from 1."""
    is_letter: bool

    def tag(self, index: int) -> str:
        """Of a row; empty where the alphabet ends."""
        number = self.first + index
        if self.is_letter:
            return chr(ord("A") + number - 1) if 1 <= number <= 26 else ""
        return f"{self.letters}{number}" if number >= 0 else ""


def rows_with_tags_in_turn(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows, tags as they must be read if all that were read number the rows one by one; else as they are.

    A tag that was not read is told by its place between others, or before them where they then begin with 1 or A.
    """
    at = next((k for k, column in enumerate(columns) if column.fields == ("instance_tag",)), None)
    if at is None:
        return tuple(rows)
    texts = ["".join(w.text for w in row.cells[at]) for row in rows]
    turn = _turn(texts)
    if turn is None:
        return tuple(rows)
    filled = [k for k, text in enumerate(texts) if text]
    first = 0 if turn.first == 1 else filled[0]
    known = range(first, filled[-1] + 1)
    return tuple(_with_tag(row, at, turn.tag(k), columns) if k in known else row for k, row in enumerate(rows))


def _turn(texts: Sequence[str]) -> _Turn | None:
    """How the tags that were read go on; None if they do not, or too few were read."""
    read = [(k, text) for k, text in enumerate(texts) if text]
    if len(read) < _FEWEST_TAGS:
        return None
    turns: set[_Turn | None]
    if all(_LETTER.fullmatch(text) for _, text in read):
        turns = {_Turn("", ord(text) - ord("A") + 1 - k, is_letter=True) for k, text in read}
    else:
        found = [(k, _TAG.fullmatch(text)) for k, text in read]
        turns = {
            _Turn(m["letters"], int(_LOOKS_LIKE.get(m["number"], m["number"])) - k, is_letter=False) if m else None
            for k, m in found
        }
    return turns.pop() if len(turns) == 1 else None


def _with_tag(row: Row, at: int, tag: str, columns: Sequence[Column]) -> Row:
    if not tag:
        return row
    cell = row.cells[at]
    if cell:
        box, confidence = around(cell), max(min(w.confidence for w in cell), _IN_TURN)
    else:
        beside = around(row.words)
        box, confidence = Box(columns[at].left, beside.top, columns[at].right, beside.bottom), _BY_PLACE
    return replace(row, cells=(*row.cells[:at], (Word(tag, box, confidence),), *row.cells[at + 1 :]))
