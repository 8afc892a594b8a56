"""Rows of tables: between rulings where there are any, else between lines that hold a value of a column."""

import itertools
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from data_contracts.records import Word
from fractocurate.reports.lines import (
    Line,
    Ruling,
    around,
    centre_x,
    centre_y,
    distinct_levels,
    join_text,
    level_groups,
)
from fractocurate.reports.table_columns import Column

Anchors = Callable[[str, str], bool]
"""Whether a text is a value of a column (``foan``, ``serial_number`` ...): tells rows from continuation lines."""

_OFF_MIDDLE = 0.6
"""How far from the middle of its rows a FOAN that is written once for them may stand, in rows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the words of each column."""

    cells: tuple[tuple[Word, ...], ...]
    stated: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    """Words by column of ``fracture_instances`` that no column of its own holds: a band's, or a marked header's."""
    is_by_place: bool = False
    """They hold for it because of where it stands: a lost line between would make them another row's."""
    unclear: str = ""
    """Why a person must look at what is stated; empty if it is clear."""

    def text(self, column: int) -> str:
        """Text of a cell; empty if the cell is."""
        return join_text(self.cells[column])

    @property
    def words(self) -> tuple[Word, ...]:
        """All words of the row."""
        return tuple(itertools.chain.from_iterable(self.cells))


def find_rows(
    columns: tuple[Column, ...], body: Sequence[Line], rulings: Sequence[Ruling], top: float, is_value: Anchors
) -> tuple[Row, ...]:
    """Rows from top to bottom, each with one cell per column; words of a merged cell stand in each of its rows.

    Args:
        columns: settled.
        body: lines below the header.
        rulings: of the page.
        top: where the body begins.
        is_value: tells values from other words.
    """
    if not body:
        return ()
    words = [w for line in body for w in line.words]
    box = around(words)
    horizontals = [
        r
        for r in rulings
        if r.is_horizontal
        and top - 3 < r.y0 < box.bottom + 3
        and min(r.x1, box.right) - max(r.x0, box.left) > 0.08 * box.width
    ]
    levels = distinct_levels(r.y0 for r in horizontals)
    edges = [top - 3, *[y for y in levels if top + 2 < y < box.bottom - 2], box.bottom + 3]
    rows: list[Row] = []
    for low, high in itertools.pairwise(edges):
        band = [w for w in words if low <= centre_y(w) < high]
        own = _rows_of_band(columns, band, is_value)
        rows += _with_centred_foan(columns, own, is_value) if len(levels) > 1 else own
    return tuple(_with_merged_cells(columns, rows, horizontals))


def _rows_of_band(columns: tuple[Column, ...], words: Sequence[Word], is_value: Anchors) -> list[Row]:
    """Rows between two rulings (or of a whole table without any): one per line with an anchor."""
    if not words:
        return []
    lines = level_groups(words)
    anchors = _anchor_lines(columns, lines, is_value)
    if len(anchors) <= 1:
        return [Row(_cells(columns, words))]
    starts = _row_starts(lines, anchors)
    edges = [0, *starts[1:], len(lines)]
    return [
        Row(_cells(columns, [w for line in lines[a:b] for w in line])) for a, b in itertools.pairwise(edges) if b > a
    ]


def _cells(columns: Sequence[Column], words: Sequence[Word]) -> tuple[tuple[Word, ...], ...]:
    cells: list[list[Word]] = [[] for _ in columns]
    for word in words:
        x = centre_x(word)
        distances = [max(c.left - x, x - c.right, 0.0) for c in columns]
        cells[distances.index(min(distances))].append(word)
    return tuple(tuple(sorted(c, key=lambda w: (round(centre_y(w), 1), w.box.left))) for c in cells)


def _anchor_lines(columns: Sequence[Column], lines: Sequence[tuple[Word, ...]], is_value: Anchors) -> list[int]:
    """Lines that begin a row: those with a value in the column that has most values, one value per line."""
    counts: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        for column, cell in zip(columns, _cells(columns, line), strict=True):
            text = join_text(cell)
            for name in column.fields:
                if text and is_value(name, text):
                    counts.setdefault(name, []).append(number)
    for name in ("serial_number", "fracture_load_kn", "foan", "defect_class", "instance_tag"):
        own = counts.get(name, [])
        others = [len(v) for k, v in counts.items() if k in {"serial_number", "fracture_load_kn", "foan"}]
        if own and len(own) >= max(others, default=0):
            return own
    return []


def _row_starts(lines: Sequence[tuple[Word, ...]], anchors: Sequence[int]) -> list[int]:
    """First line of each row. Lines between two anchors part at the widest gap; ties go to the upper row."""
    boxes = [around(line) for line in lines]
    top_aligned = anchors[0] == 0
    starts = [0]
    for upper, lower in itertools.pairwise(anchors):
        if lower == upper + 1:
            starts.append(lower)
            continue
        gaps = {
            k: (boxes[k].top + boxes[k].bottom) / 2 - (boxes[k - 1].top + boxes[k - 1].bottom) / 2
            for k in range(upper + 1, lower + 1)
        }
        pitch = statistics.median(gaps.values())
        widest = max(gaps.values())
        if top_aligned and widest < 1.25 * pitch:
            starts.append(lower)
        else:
            starts.append(max(k for k, g in gaps.items() if g > widest - 0.5))
    return starts


def _with_merged_cells(columns: tuple[Column, ...], rows: list[Row], horizontals: Sequence[Ruling]) -> list[Row]:
    """Give the words of a cell that spans several rows to each of them: no ruling parts it there."""
    if not horizontals or len(rows) < 2:
        return rows
    cells = [list(r.cells) for r in rows]
    boxes = [around(r.words) for r in rows]
    # Without vertical rulings the outer columns reach farther than the words, and than any horizontal ruling.
    leftmost, rightmost = min(b.left for b in boxes), max(b.right for b in boxes)
    for index, column in enumerate(columns):
        middle = (max(column.left, leftmost) + min(column.right, rightmost)) / 2
        group = [0]
        for k in range(1, len(rows)):
            between = [r for r in horizontals if boxes[k - 1].top < r.y0 < boxes[k].bottom]
            crossing = [r for r in between if r.x0 - 2 <= middle <= r.x1 + 2]
            if between and not crossing:
                group.append(k)
                continue
            _share(cells, group, index)
            group = [k]
        _share(cells, group, index)
    return [Row(tuple(c)) for c in cells]


def _with_centred_foan(columns: Sequence[Column], rows: list[Row], is_value: Anchors) -> list[Row]:
    """Rows between two rulings, all with the one FOAN that stands at half their height: it is written once for them."""
    at = next((k for k, c in enumerate(columns) if "foan" in c.fields), None)
    filled = [row for row in rows if at is not None and row.cells[at]]
    if at is None or len(rows) < 2 or len(filled) != 1 or rows[0].cells[at] or not is_value("foan", filled[0].text(at)):
        return rows
    foan, box = filled[0].cells[at], around(w for row in rows for w in row.words)
    pitch = box.height / len(rows)
    if abs(centre_y(foan[0]) - (box.top + box.bottom) / 2) > _OFF_MIDDLE * pitch:
        return rows
    return [replace(row, cells=(*row.cells[:at], foan, *row.cells[at + 1 :])) for row in rows]


def _share(cells: list[list[tuple[Word, ...]]], group: Sequence[int], column: int) -> None:
    filled = [k for k in group if cells[k][column]]
    if len(group) > 1 and filled:
        words = tuple(w for k in filled for w in cells[k][column])
        for k in group:
            cells[k][column] = words
