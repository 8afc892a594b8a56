"""Tables from words: a header that the vocabulary knows, columns between rulings or gutters, rows between anchors.

The same code reads text layers and OCR. Rulings help where there are any; without them the white space decides.
"""

import itertools
import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box, Word
from fractocurate.reports.lines import (
    Line,
    Ruling,
    around,
    cell_gap_heights,
    centre_x,
    centre_y,
    join_text,
    split_at_gaps,
)
from fractocurate.reports.vocabulary import Vocabulary, fold, unit_of

_MOST_HEADER_LINES = 4
_WIDEST_PITCH_HEIGHTS = 4.5
"""A table without rulings ends where the white space to the next line exceeds this many line heights."""

_RUNNING_NUMBER = frozenset(map(fold, ("no.", "Nr.", "number", "Nummer", "Pos.", "item no.", "lfd. Nr.", "line"))) | {
    ""
}

IDENTIFYING = frozenset({"foan", "serial_number"})
INSTANCE_COLUMNS = frozenset(
    {"foan", "serial_number", "instance_tag", "component_id", "fracture_load_kn", "defect_class", "sub_type"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    fields: tuple[str, ...]
    """Columns of ``fracture_instances`` that it holds: usually one; two for ``Serial no. / part``; none if unknown."""
    header: str
    unit: str
    left: float
    right: float
    header_left: float
    """Where the header's own words begin."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the words of each column."""

    cells: tuple[tuple[Word, ...], ...]

    def text(self, column: int) -> str:
        """Text of a cell; empty if the cell is."""
        return join_text(self.cells[column])

    @property
    def words(self) -> tuple[Word, ...]:
        """All words of the row."""
        return tuple(itertools.chain.from_iterable(self.cells))


@dataclass(frozen=True, slots=True)
class Table:
    """A table of fracture instances on one page."""

    page: int
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    box: Box
    has_header: bool
    header_similarity: float


@dataclass(frozen=True, slots=True)
class _HeaderCell:
    words: tuple[Word, ...]
    candidates: tuple[tuple[str, ...], ...]
    """For each part of a composite header, the columns it may mean."""
    similarity: float

    @property
    def box(self) -> Box:
        return around(self.words)


@dataclass(frozen=True, slots=True)
class _Header:
    cells: tuple[_HeaderCell, ...]
    fields: tuple[tuple[str, ...], ...]
    first: int
    last: int
    score: float

    @property
    def box(self) -> Box:
        return around(w for c in self.cells for w in c.words)


Anchors = Callable[[str, str], bool]
"""Whether a text is a value of a column (``foan``, ``serial_number`` ...): tells rows from continuation lines."""


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
    gap = cell_gap_heights(lines)
    while index < len(lines):
        header = _header_at(lines, index, rulings, vocabulary, gap)
        if header is None:
            free.append(lines[index])
            index += 1
            continue
        header = _without_heading(header, lines, rulings, vocabulary, gap)
        free += lines[index : header.first]
        bounds = _column_bounds(header, rulings)
        columns = tuple(
            Column(fields, join_text(cell.words), unit_of(join_text(cell.words)), *bound, cell.box.left)
            for cell, fields, bound in zip(header.cells, header.fields, bounds, strict=True)
        )
        similarity = min((c.similarity for c in header.cells if c.candidates), default=1.0)
        body_end = _body_end(header, lines, rulings, columns, vocabulary, gap)
        body = lines[header.last + 1 : body_end]
        columns = _settled_gutters(columns, body, header, rulings)
        rows = _rows(columns, body, rulings, header.box.bottom, is_value)
        words = [w for line in lines[header.first : body_end] for w in line.words]
        tables.append(Table(page, columns, rows, around(words), True, similarity))  # noqa: FBT003 (a record's field)
        index = body_end
    return tables, free


def continue_table(
    previous: Table, page: int, lines: Sequence[Line], rulings: Sequence[Ruling], is_value: Anchors
) -> tuple[Table | None, list[Line]]:
    """Rows at the top of a page that go on with the table of the page before, without a repeated header."""
    gap = cell_gap_heights(lines)
    for start in range(min(len(lines), 6)):
        shifted = _shifted(previous.columns, lines[start:], rulings)
        end = start
        while end < len(lines) and _fits(shifted, lines[end], gap) and _is_near(lines, end, start):
            end += 1
        if end == start:
            continue
        body = lines[start:end]
        columns = _settled_gutters(shifted, body, None, rulings)
        rows = _rows(columns, body, rulings, body[0].box.top - 2, is_value)
        foreign = next((k for k, row in enumerate(rows) if not _has_identifier(columns, row, is_value)), len(rows))
        rows = rows[:foreign]
        if rows:
            words = [w for row in rows for w in row.words]
            box = around(words)
            used = [line for line in body if line.centre_y <= box.bottom]
            table = Table(page, columns, rows, box, False, previous.header_similarity)  # noqa: FBT003 (as above)
            return table, [line for line in lines if line not in used]
    return None, list(lines)


def _has_identifier(columns: Sequence[Column], row: Row, is_value: Anchors) -> bool:
    filled = sum(bool(c) for c in row.cells)
    return filled >= max(2, len(columns) // 2) and any(
        is_value(field, row.text(i)) for i, c in enumerate(columns) for field in c.fields if field in IDENTIFYING
    )


# Headers


def _header_at(
    lines: Sequence[Line], first: int, rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float
) -> _Header | None:
    """The best header that begins with a line; None if nothing there reads like one."""
    best: _Header | None = None
    for last in range(first, min(first + _MOST_HEADER_LINES, len(lines))):
        if last > first and lines[last].box.top - lines[last - 1].box.bottom > 1.2 * lines[first].height:
            break
        words = [w for line in lines[first : last + 1] for w in line.words]
        header = _read_header(words, first, last, rulings, vocabulary, gap)
        if header is None:
            continue
        # Of equal readings, the taller has the unit that stands in a line of its own.
        is_taller = best is not None and len(header.cells) == len(best.cells) and header.score > best.score - 0.01
        if best is None or is_taller or header.score > best.score + 0.01:
            best = header
    return best


def _without_heading(
    header: _Header, lines: Sequence[Line], rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float
) -> _Header:
    """The header without a heading right above it that it has swallowed: a later start that reads better wins."""
    later = [_header_at(lines, k, rulings, vocabulary, gap) for k in range(header.first + 1, header.last + 1)]
    return max([header, *(h for h in later if h is not None)], key=lambda h: (round(h.score, 2), -h.first))


def _read_header(
    words: Sequence[Word], first: int, last: int, rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float
) -> _Header | None:
    box = around(words)
    verticals = _verticals_through(rulings, box)
    groups = _between(words, verticals) if len(verticals) >= 3 else _stacks(words, gap)
    if not 2 <= len(groups) <= 30:
        return None
    cells = list(itertools.chain.from_iterable(_as_header_cells(g, vocabulary) for g in groups))
    fields = _assign(cells)
    named = {f for fs in fields for f in fs}
    understood = sum(bool(fs) for fs in fields)
    unknown = len(cells) - understood
    if len(named) < 2 or unknown > understood or not named & (IDENTIFYING | {"instance_tag"}):
        return None
    if named <= {"instance_tag", "component_id"}:
        return None
    similarity = sum(c.similarity for c in cells if c.candidates)
    return _Header(tuple(cells), tuple(fields), first, last, similarity + len(named) - 1.5 * unknown)


def _stacks(words: Sequence[Word], gap: float) -> list[tuple[Word, ...]]:
    """Words grouped by overlap in x: the cells of a header of several lines, where no rulings part them."""
    segments = [s for line in _line_groups(words) for s in split_at_gaps(line, gap)]
    stacks: list[list[Word]] = []
    for segment in sorted(segments, key=lambda s: s[0].box.left):
        box = around(segment)
        for stack in stacks:
            other = around(stack)
            overlap = min(box.right, other.right) - max(box.left, other.left)
            if overlap > 0.3 * min(box.width, other.width):
                stack.extend(segment)
                break
        else:
            stacks.append(list(segment))
    return [tuple(s) for s in stacks]


def _line_groups(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    ordered = sorted(words, key=centre_y)
    groups: list[list[Word]] = []
    for word in ordered:
        if groups and centre_y(word) - centre_y(groups[-1][0]) < 0.4 * word.box.height:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [tuple(sorted(g, key=lambda w: w.box.left)) for g in groups]


def _between(words: Sequence[Word], verticals: Sequence[float]) -> list[tuple[Word, ...]]:
    groups: dict[int, list[Word]] = {}
    for word in words:
        groups.setdefault(sum(centre_x(word) > x for x in verticals), []).append(word)
    return [tuple(groups[k]) for k in sorted(groups)]


def _as_header_cells(words: tuple[Word, ...], vocabulary: Vocabulary) -> list[_HeaderCell]:
    """One cell, or several if the words only make sense apart (headers set too close to see the gap)."""
    whole = _as_header_cell(words, vocabulary)
    if whole.candidates or len(words) < 2 or len(words) > 24:
        return [whole]
    units = _x_groups(words)
    best: tuple[float, list[_HeaderCell]] | None = None
    for n_cuts in range(1, min(len(units), 9)):
        if len(units) > 12 and n_cuts > 2:
            break
        for cuts in itertools.combinations(range(1, len(units)), n_cuts):
            edges = [0, *cuts, len(units)]
            parts = [
                _as_header_cell(tuple(w for u in units[a:b] for w in u), vocabulary)
                for a, b in itertools.pairwise(edges)
            ]
            if all(p.candidates for p in parts):
                score = min(p.similarity for p in parts)
                if best is None or score > best[0] + 1e-6:
                    best = (score, parts)
        if best is not None:
            return best[1]
    return [whole]


def _x_groups(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Words that stand above each other taken together, left to right."""
    groups: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.box.left):
        if groups and word.box.left < max(w.box.right for w in groups[-1]) - 1:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [tuple(sorted(g, key=lambda w: (round(centre_y(w)), w.box.left))) for g in groups]


def _as_header_cell(words: tuple[Word, ...], vocabulary: Vocabulary) -> _HeaderCell:
    ordered = tuple(w for line in _line_groups(words) for w in line)
    text = join_text(ordered)
    names, similarity = _instance_columns(text, vocabulary)
    if names:
        return _HeaderCell(ordered, (names,), similarity)
    parts = [p for p in re.split(r"\s*[/,&+]\s*|\s+(?:and|und)\s+", text) if p.strip()]
    if len(parts) == 2:
        meanings = [_instance_columns(p, vocabulary) for p in parts]
        if all(names for names, _ in meanings):
            return _HeaderCell(ordered, tuple(n for n, _ in meanings), min(s for _, s in meanings))
    return _HeaderCell(ordered, (), 0.0)


def _instance_columns(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, ...], float]:
    names, similarity = vocabulary.columns(text)
    return tuple(n for n in names if n in INSTANCE_COLUMNS), similarity


def _assign(cells: Sequence[_HeaderCell]) -> list[tuple[str, ...]]:
    """One column of ``fracture_instances`` per header; words with several meanings take what is left."""
    assigned: list[list[str]] = [[""] * len(c.candidates) for c in cells]
    slots = [(i, k) for i, c in enumerate(cells) for k in range(len(c.candidates))]
    slots.sort(key=lambda s: (_is_running_number(cells[s[0]]), len(cells[s[0]].candidates[s[1]])))
    taken: set[str] = set()
    for i, k in slots:
        free = [name for name in cells[i].candidates[k] if name not in taken]
        if free:
            assigned[i][k] = free[0]
            taken.add(free[0])
    return [tuple(name for name in names if name) for names in assigned]


def _is_running_number(cell: _HeaderCell) -> bool:
    """Whether a header only says "number": it takes a meaning that no other header claims."""
    return is_running_number(join_text(cell.words))


def is_running_number(header: str) -> bool:
    """Whether a header only says "number": its column may just count the rows."""
    return fold(header) in _RUNNING_NUMBER


# Columns


def _verticals_through(rulings: Sequence[Ruling], box: Box) -> list[float]:
    middle = (box.top + box.bottom) / 2
    levels = sorted(r.x0 for r in rulings if not r.is_horizontal and r.y0 - 1 <= middle <= r.y1 + 1)
    distinct: list[float] = []
    for x in levels:
        if not distinct or x - distinct[-1] > 3:
            distinct.append(x)
    return distinct


def _column_bounds(header: _Header, rulings: Sequence[Ruling]) -> list[tuple[float, float]]:
    """Where each column begins and ends: at rulings, else half-way between the headers for the time being."""
    boxes = [c.box for c in header.cells]
    verticals = _verticals_through(rulings, header.box)
    edges = [boxes[0].left - 60.0]
    for left, right in itertools.pairwise(boxes):
        between = [x for x in verticals if left.right - 4 <= x <= right.left + 4]
        edges.append(between[0] if between else (left.right + right.left) / 2)
    edges.append(boxes[-1].right + 200.0)
    if verticals:
        outer_left = [x for x in verticals if x <= boxes[0].left + 3]
        outer_right = [x for x in verticals if x >= boxes[-1].right - 3]
        edges[0] = outer_left[-1] if outer_left else edges[0]
        edges[-1] = outer_right[0] if outer_right else edges[-1]
    return list(itertools.pairwise(edges))


def _settled_gutters(
    columns: tuple[Column, ...], body: Sequence[Line], header: _Header | None, rulings: Sequence[Ruling]
) -> tuple[Column, ...]:
    """Move each boundary that no ruling fixes into the widest white gutter between its two columns' words."""
    if not body or len(columns) < 2:
        return columns
    spans = [(w.box.left, w.box.right) for line in body for w in line.words]
    if header is not None:
        spans += [(c.box.left, c.box.right) for c in header.cells]
    middle = body[0].box
    verticals = _verticals_through(rulings, middle)
    settled = list(columns)
    for i in range(len(columns) - 1):
        edge = columns[i].right
        if any(abs(edge - x) < 2 for x in verticals):
            continue
        if header is None:
            low, high = edge - 25, edge + 25
        else:
            low, high = header.cells[i].box.left, header.cells[i + 1].box.right
        gutter = _best_gutter(spans, low, high, edge)
        settled[i] = replace(settled[i], right=gutter)
        settled[i + 1] = replace(settled[i + 1], left=gutter)
    return tuple(settled)


def _best_gutter(spans: Sequence[tuple[float, float]], low: float, high: float, wanted: float) -> float:
    """Middle of the white strip in ``low..high`` that fewest words cross, wide and near ``wanted``."""
    marks = sorted({low, high, *(x for s in spans for x in s if low < x < high)})
    best = (float("inf"), 0.0, wanted)
    for a, b in itertools.pairwise(marks):
        if b - a < 0.5:
            continue
        crossing = sum(s[0] < b - 0.1 and s[1] > a + 0.1 for s in spans)
        middle = (a + b) / 2
        distance = 0.0 if a <= wanted <= b else min(abs(a - wanted), abs(b - wanted))
        key = (crossing, distance / 4 - min(b - a, 20.0))
        if key < best[:2]:
            best = (*key, middle)
    return best[2]


def _shifted(columns: tuple[Column, ...], lines: Sequence[Line], rulings: Sequence[Ruling]) -> tuple[Column, ...]:
    """Columns of the page before, moved to where they stand on this page."""
    verticals = _verticals_through(rulings, lines[0].box)
    if len(verticals) == len(columns) + 1:
        return tuple(
            replace(c, left=a, right=b, header_left=a)
            for c, (a, b) in zip(columns, itertools.pairwise(verticals), strict=True)
        )
    return columns


# Rows


def _body_end(
    header: _Header,
    lines: Sequence[Line],
    rulings: Sequence[Ruling],
    columns: Sequence[Column],
    vocabulary: Vocabulary,
    gap: float,
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
        if closing is not None and end > start and lines[end - 1].centre_y < closing < line.centre_y:
            break
        if not _fits(columns, line, gap) or not _is_near(lines, end, start, header.box.bottom):
            break
        if end > start and _header_at(lines, end, rulings, vocabulary, gap) is not None:
            break
        end += 1
    return end


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
    if len(_verticals_through(rulings, header)) < 3:
        return None
    bottom = header.bottom
    verticals = sorted((r for r in rulings if not r.is_horizontal), key=lambda r: r.y0)
    for ruling in verticals:
        if header.left - 20 <= ruling.x0 <= header.right + 120 and ruling.y0 <= bottom + 3:
            bottom = max(bottom, ruling.y1)
    return bottom if bottom > header.bottom + 4 else None


def _is_near(lines: Sequence[Line], index: int, start: int, top: float | None = None) -> bool:
    """Whether a line follows closely enough on the one before to belong to the same table."""
    above = lines[index - 1].box.bottom if index > start else top
    return above is None or lines[index].box.top - above <= _WIDEST_PITCH_HEIGHTS * lines[index].height


def _fits(columns: Sequence[Column], line: Line, gap: float) -> bool:
    """Whether a line leaves the gutters white, as rows do and running text does not."""
    crossed = 0
    met = 0
    box = line.box
    for left, right in itertools.pairwise(columns):
        if not (box.left < left.right and box.right > max(left.right, right.header_left) + 2):
            continue
        met += 1
        gaps = [(a.box.right, b.box.left) for a, b in itertools.pairwise(line.words)]
        near = [(a, b) for a, b in gaps if a <= left.right + 30 and b >= left.right - 30]
        clear = [(a, b) for a, b in near if b - a > gap * 0.9 * line.height and right.left < b + 30]
        crossed += not clear
    return crossed == 0 or (met >= 4 and crossed <= met // 4)


def _rows(
    columns: tuple[Column, ...], body: Sequence[Line], rulings: Sequence[Ruling], top: float, is_value: Anchors
) -> tuple[Row, ...]:
    if not body:
        return ()
    words = [w for line in body for w in line.words]
    left, right = min(w.box.left for w in words), max(w.box.right for w in words)
    bottom = max(w.box.bottom for w in words)
    horizontals = [
        r
        for r in rulings
        if r.is_horizontal
        and top - 3 < r.y0 < bottom + 3
        and min(r.x1, right) - max(r.x0, left) > 0.08 * (right - left)
    ]
    levels = _distinct_levels(r.y0 for r in horizontals)
    edges = [top - 3, *[y for y in levels if top + 2 < y < bottom - 2], bottom + 3]
    rows: list[Row] = []
    for low, high in itertools.pairwise(edges):
        band = [w for w in words if low <= centre_y(w) < high]
        rows += _rows_of_band(columns, band, is_value)
    return tuple(_with_merged_cells(columns, rows, horizontals))


def _distinct_levels(levels: Iterable[float]) -> list[float]:
    distinct: list[float] = []
    for y in sorted(levels):
        if not distinct or y - distinct[-1] > 3:
            distinct.append(y)
    return distinct


def _cells(columns: Sequence[Column], words: Sequence[Word]) -> tuple[tuple[Word, ...], ...]:
    cells: list[list[Word]] = [[] for _ in columns]
    for word in words:
        x = centre_x(word)
        distances = [max(c.left - x, x - c.right, 0.0) for c in columns]
        cells[distances.index(min(distances))].append(word)
    return tuple(tuple(sorted(c, key=lambda w: (round(centre_y(w), 1), w.box.left))) for c in cells)


def _rows_of_band(columns: tuple[Column, ...], words: Sequence[Word], is_value: Anchors) -> list[Row]:
    """Rows between two rulings (or of a whole table without any): one per line with an anchor."""
    if not words:
        return []
    lines = [tuple(g) for g in _line_groups(words)]
    anchors = _anchor_lines(columns, lines, is_value)
    if len(anchors) <= 1:
        return [Row(_cells(columns, words))]
    starts = _row_starts(lines, anchors)
    edges = [0, *starts[1:], len(lines)]
    return [
        Row(_cells(columns, [w for line in lines[a:b] for w in line])) for a, b in itertools.pairwise(edges) if b > a
    ]


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
    for index, column in enumerate(columns):
        middle = (column.left + column.right) / 2
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


def _share(cells: list[list[tuple[Word, ...]]], group: Sequence[int], column: int) -> None:
    filled = [k for k in group if cells[k][column]]
    if len(group) > 1 and filled:
        words = tuple(w for k in filled for w in cells[k][column])
        for k in group:
            cells[k][column] = words
