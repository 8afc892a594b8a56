"""Lines in a table that state the cause of its rows: a band above those that share it, or a finding below each row."""

import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Word
from fractocurate.reports.key_values import pairs_of_line
from fractocurate.reports.lines import Line, around, join_text, split_at_gaps
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_rows import Anchors, Row
from fractocurate.reports.vocabulary import Vocabulary

STATED_BY_NOTES = frozenset({"defect_class", "sub_type"})
"""Columns that a line of its own may state."""
_KEY_GAP_HEIGHTS = 2.0
_LOST_BAND_PITCHES = 1.6
"""White space between two rows, in usual steps, in which a line was lost."""
_ALIGNED_PT = 3.0


@dataclass(frozen=True, slots=True)
class Note:
    """One such line."""

    top: float
    bottom: float
    cells: Mapping[str, tuple[Word, ...]]
    """Words by column of ``fracture_instances``."""

    @property
    def text(self) -> str:
        """What it states."""
        return ", ".join(join_text(words) for words in self.cells.values())


def note_of(line: Line, columns: Sequence[Column], vocabulary: Vocabulary) -> Note | None:
    """A line that states a cause or sub-type for which the table has no column: with a key, or in known words alone."""
    free = STATED_BY_NOTES - {field for column in columns for field in (*column.fields, column.choice)}
    pairs = pairs_of_line(0, 0, line, vocabulary, _KEY_GAP_HEIGHTS)
    if pairs:
        starts_with_key = pairs[0].key[0] is line.words[0]
        names = [p.name for p in pairs]
        if not starts_with_key or not set(names) <= free or len(set(names)) < len(names):
            return None
        return Note(
            line.box.top, line.box.bottom, {p.name: _tidy(tuple(w for v in p.values for w in v)) for p in pairs}
        )
    if "defect_class" not in free or not _stands_as_band(line, columns):
        return None
    meaning = vocabulary.defect_class(line.text)
    return (
        Note(line.box.top, line.box.bottom, {"defect_class": line.words})
        if meaning is not None and meaning.similarity >= 1.0
        else None
    )


def _stands_as_band(line: Line, columns: Sequence[Column]) -> bool:
    """Whether a line is one piece at the left edge of a table or in its middle: else it goes on with a cell."""
    headers = columns[0].header_left, columns[-1].header_left
    is_left = abs(line.box.left - headers[0]) < 2 * _ALIGNED_PT
    is_central = line.box.left > headers[0] and line.box.left < columns[len(columns) // 2].right < line.box.right
    return (is_left or is_central) and len(split_at_gaps(line.words, _KEY_GAP_HEIGHTS)) == 1


def _tidy(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words without the dash or stroke that parts them from the next key."""
    while words and not any(c.isalnum() for c in words[-1].text):
        words = words[:-1]
    if words and words[-1].text.endswith((";", ",")):
        words = (*words[:-1], replace(words[-1], text=words[-1].text[:-1]))
    return words


def part_notes(
    body: Sequence[Line], columns: Sequence[Column], vocabulary: Vocabulary, is_value: Anchors
) -> tuple[list[Line], list[Note]]:
    """The lines of a table's rows, and its notes.

    Where some bands are known causes, a line of the same look that is none is a band, too: its rows must not pass for
    those of the band above.
    """
    found = [(line, note_of(line, columns, vocabulary)) for line in body]
    bare = [
        line for line, note in found if note is not None and line.words[0] is note.cells.get("defect_class", (None,))[0]
    ]
    rows: list[Line] = []
    notes: list[Note] = []
    for line, note in found:
        if (
            note is None
            and any(_looks_like(line, band) for band in bare)
            and not _states_value(line, columns, is_value)
        ):
            note = Note(line.box.top, line.box.bottom, {"defect_class": line.words})  # noqa: PLW2901 - one name for both findings
        if note is None:
            rows.append(line)
        else:
            notes.append(note)
    return rows, notes


def _looks_like(line: Line, band: Line) -> bool:
    """Whether a line has one piece that begins where a band does, or is centred as it is."""
    a, b = line.box, band.box
    is_aligned = abs(a.left - b.left) < _ALIGNED_PT or abs(a.left + a.right - b.left - b.right) < 2 * _ALIGNED_PT
    return is_aligned and len(split_at_gaps(line.words, _KEY_GAP_HEIGHTS)) == 1


def _states_value(line: Line, columns: Sequence[Column], is_value: Anchors) -> bool:
    return any(is_value(name, line.text) for c in columns for name in c.fields if name != "defect_class")


@dataclass(frozen=True, slots=True)
class _Place:
    """A row or a note of one of several tables that go on with each other."""

    table: int
    row: int
    note: Note | None
    top: float


def rows_with_notes(tables: Sequence[tuple[Sequence[Row], Sequence[Note]]]) -> list[tuple[Row, ...]]:
    """Rows of a table, or of its parts on successive pages, with what its notes state of them.

    Bands come before the rows that they hold for, findings behind their row. Where the order does not tell which of the
    two they are, and where a line between two rows seems to be lost, nothing is stated and the rows say why.

    Args:
        tables: rows and notes of each part.
    """
    places = [place for number, (rows, notes) in enumerate(tables) for place in _in_order(number, rows, notes)]
    result = [list(rows) for rows, _ in tables]
    if not any(p.note for p in places):
        return [tuple(rows) for rows in result]
    order = [p.note is not None for p in places]
    n_notes = sum(order)
    # One line below several rows may state something of the last one, of all, or of what follows the table.
    below = not order[0] and order[-1] and not any(a and b for a, b in itertools.pairwise(order))
    below = below and (n_notes > 1 or len(order) == 2)
    above = order[0] and not order[-1]
    lost = _behind_lost_lines(places) if above else set()
    current: _Place | None = None
    for k, place in enumerate(places):
        if place.note is not None:
            current = place
            continue
        following = places[k + 1] if k + 1 < len(places) and order[k + 1] else None
        source = following if below else current if above else None
        row = result[place.table][place.row]
        if not below and not above:
            row = replace(row, unclear="lines between the rows state causes: for the rows above them or below?")
        elif k in lost or (source is not None and source.table != place.table):
            stated = source.note.text if source is not None and source.note is not None else ""
            row = replace(row, unclear=f"the line that states the cause may be another one than {stated}")
        elif source is not None and source.note is not None:
            row = replace(row, stated=source.note.cells, is_by_place=above)
        result[place.table][place.row] = row
    return [tuple(rows) for rows in result]


def _in_order(number: int, rows: Sequence[Row], notes: Sequence[Note]) -> list[_Place]:
    places = [_Place(number, k, None, around(row.words).top) for k, row in enumerate(rows) if row.words]
    places += [_Place(number, -1, note, note.top) for note in notes]
    return sorted(places, key=lambda p: p.top)


def _behind_lost_lines(places: Sequence[_Place]) -> set[int]:
    """Rows below white space in which another band may have stood, up to the next band."""
    steps = [b.top - a.top if a.table == b.table else 0.0 for a, b in itertools.pairwise(places)]
    usual = statistics.median([step for step in steps if step > 0] or [float("inf")])
    lost: set[int] = set()
    is_lost = False
    for k, place in enumerate(places):
        if place.note is not None:
            is_lost = False
        elif k and steps[k - 1] > _LOST_BAND_PITCHES * usual:
            is_lost = True
        if is_lost:
            lost.add(k)
    return lost
