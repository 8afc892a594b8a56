"""Tables with a line for each result, as laboratory systems export them: sample, parameter, result, unit."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Word
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import Line, Ruling, cell_gap_heights, centre_x, join_text, verticals_through
from fractocurate.reports.table_rows import Anchors
from fractocurate.reports.units import is_unit
from fractocurate.reports.vocabulary import Vocabulary

_IDENTIFYING = ("foan", "serial_number")
_RESULTS = ("defect_class", "sub_type", "fracture_load_kn")
_FEWEST_ROWS = 3
_FEWEST_PARAMETERS = 2
_WIDEST_PITCH_HEIGHTS = 2.0
_LEADING_HEIGHTS = 0.7
"""White space, in heights, between two rows and between two lines of one cell."""


@dataclass(frozen=True, slots=True)
class _Result:
    """One row: identifiers by column, which parameter, and its result."""

    line: int
    last_line: int
    part: dict[str, tuple[Word, ...]]
    name: str
    label: tuple[Word, ...]
    value: tuple[Word, ...]


def find_long_tables(
    page: int, lines: Sequence[Line], rulings: Sequence[Ruling], vocabulary: Vocabulary, is_value: Anchors
) -> tuple[list[list[Pair]], set[int]]:
    """Such tables as one block of keys and values for each part, and the numbers of the lines that they take.

    The order of the rows does not matter. A table of which a line is not understood, such as a
    result that may go on in it, is left alone.

    Args:
        page: 1-based.
        lines: of the page, top to bottom.
        rulings: of the page; three verticals or more part the cells.
        vocabulary: knows the parameters.
        is_value: tells identifiers.
    """
    gap = cell_gap_heights(lines)
    blocks: list[list[Pair]] = []
    used: set[int] = set()
    index = 0
    while index < len(lines):
        rows = _rows_from(index, lines, rulings, vocabulary, is_value, gap)
        if not _is_table(rows):
            index += 1
            continue
        blocks += _blocks_of(page, rows)
        index = rows[-1].last_line + 1
        used.update(range(rows[0].line, index))
    return blocks, used


def _is_table(rows: Sequence[_Result]) -> bool:
    """Whether some part has several results, each row saying whose it is."""
    of_parts = [tuple(join_text(words) for words in row.part.values()) for row in rows]
    has_several = any(len({r.name for r in of_part}) >= _FEWEST_PARAMETERS for of_part in _by_part(rows).values())
    return len(rows) >= _FEWEST_ROWS and has_several and len(set(of_parts)) < len(rows)


def _by_part(rows: Sequence[_Result]) -> dict[tuple[str, ...], list[_Result]]:
    parts: dict[tuple[str, ...], list[_Result]] = {}
    for row in rows:
        parts.setdefault(tuple(join_text(words) for words in row.part.values()), []).append(row)
    return parts


def _blocks_of(page: int, rows: Sequence[_Result]) -> list[list[Pair]]:
    blocks: list[list[Pair]] = []
    for of_part in _by_part(rows).values():
        first = of_part[0]
        named = [(name, words, words) for name, words in first.part.items()]
        named += _results_of([r for r in of_part if r.name != "defect_class"])
        named += [(r.name, r.label, r.value) for r in of_part if r.name == "defect_class"][:1]
        last = max(row.last_line for row in of_part)
        block = [Pair(page, first.line, last, name, key, (value,)) for name, key, value in named]
        blocks.append(block)
        # Each other cause as a row of its own: the two will be found to contradict each other.
        part, causes = block[: len(first.part)], [row for row in of_part if row.name == "defect_class"]
        for row in causes[1:]:
            own = Pair(page, row.line, row.last_line, row.name, row.label, (row.value,))
            blocks.append([*part, own])
    return blocks


def _results_of(rows: Sequence[_Result]) -> list[tuple[str, tuple[Word, ...], tuple[Word, ...]]]:
    """Column, label and value of each parameter; what has different results has all of them for its value."""
    results: dict[str, _Result] = {}
    for row in rows:
        known = results.setdefault(row.name, row)
        if join_text(row.value) != join_text(known.value):
            results[row.name] = replace(known, value=(*known.value, *row.value))
    return [(name, row.label, row.value) for name, row in results.items()]


def _rows_from(
    first: int, lines: Sequence[Line], rulings: Sequence[Ruling], vocabulary: Vocabulary, is_value: Anchors, gap: float
) -> list[_Result]:
    rows: list[_Result] = []
    for number in range(first, len(lines)):
        if rows and lines[number].box.top - lines[number - 1].box.bottom > _WIDEST_PITCH_HEIGHTS * lines[number].height:
            break
        row = _row(number, _cells(lines[number], rulings, gap), vocabulary, is_value)
        if row is not None:
            rows.append(row)
        elif rows and _goes_on(lines, number, rows[-1].value):
            rows[-1] = replace(rows[-1], last_line=number, value=(*rows[-1].value, *lines[number].words))
        elif not rows or not _is_other_result(lines[number], rulings, gap, is_value):
            break
    return rows


def _cells(line: Line, rulings: Sequence[Ruling], gap: float) -> list[tuple[Word, ...]]:
    verticals = verticals_through(rulings, line.box)
    if len(verticals) < 3:
        return line.segments(gap)
    edges = [float("-inf"), *verticals, float("inf")]
    cells = [tuple(w for w in line.words if a <= centre_x(w) < b) for a, b in itertools.pairwise(edges)]
    return [cell for cell in cells if cell]


def _row(number: int, cells: Sequence[tuple[Word, ...]], vocabulary: Vocabulary, is_value: Anchors) -> _Result | None:
    part = _part_of(cells, is_value)
    for at in range(1, len(cells) - 1):
        names, similarity = vocabulary.columns(join_text(cells[at]))
        name = next((n for n in names if n in _RESULTS), "") if similarity >= 1.0 else ""
        if name and part and all(cells.index(words) < at for words in part.values()):
            has_unit = at + 2 < len(cells) and is_unit(join_text(cells[at + 2]))
            value = (*cells[at + 1], *cells[at + 2]) if has_unit else cells[at + 1]
            return _Result(number, number, part, name, cells[at], value)
    return None


def _part_of(cells: Sequence[tuple[Word, ...]], is_value: Anchors) -> dict[str, tuple[Word, ...]]:
    part: dict[str, tuple[Word, ...]] = {}
    for name in _IDENTIFYING:
        cell = next((c for c in cells if c not in part.values() and is_value(name, join_text(c))), None)
        if cell is not None:
            part[name] = cell
    return part


def _goes_on(lines: Sequence[Line], number: int, value: Sequence[Word]) -> bool:
    """Whether a line is the rest of the result above: below it, close, and nothing beside it."""
    line, above = lines[number], lines[number - 1]
    is_close = line.box.top - above.box.bottom < _LEADING_HEIGHTS * line.height
    return is_close and abs(line.box.left - value[0].box.left) < line.height


def _is_other_result(line: Line, rulings: Sequence[Ruling], gap: float, is_value: Anchors) -> bool:
    """Whether a line is a row for a parameter that no column of ``fracture_instances`` holds."""
    cells = _cells(line, rulings, gap)
    return len(cells) >= _FEWEST_ROWS and bool(_part_of(cells, is_value))
