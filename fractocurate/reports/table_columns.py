"""Columns of tables: between rulings where there are any, else in the white gutters between the words."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Word
from fractocurate.reports.lines import Line, Ruling, cell_gap_heights, verticals_through
from fractocurate.reports.table_headers import Header
from fractocurate.reports.units import unit_of


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
    is_inferred: bool = False
    """What it holds was told from its values, for its header was not understood."""
    choice: str = ""
    """``defect_class`` or ``sub_type`` if its header is one of those, which a mark in the column chooses."""
    header_words: tuple[Word, ...] = ()
    group_words: tuple[Word, ...] = ()
    """The class whose sub-types this column and those beside it are."""
    is_ruled: bool = False
    """Rulings part it from the columns on both sides."""


def columns_of(header: Header, rulings: Sequence[Ruling]) -> tuple[Column, ...]:
    """Columns that begin and end at rulings, else half-way between the headers for the time being."""
    is_ruled = len(verticals_through(rulings, header.box)) > len(header.cells)
    return tuple(
        Column(
            fields,
            cell.text,
            unit_of(cell.text),
            *bounds,
            cell.box.left,
            choice=cell.choice,
            header_words=cell.words,
            is_ruled=is_ruled,
        )
        for cell, fields, bounds in zip(header.cells, header.fields, _bounds(header, rulings), strict=True)
    )


def _bounds(header: Header, rulings: Sequence[Ruling]) -> list[tuple[float, float]]:
    boxes = [c.box for c in header.cells]
    verticals = verticals_through(rulings, header.box)
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


def settle_gutters(
    columns: tuple[Column, ...], body: Sequence[Line], header: Header | None, rulings: Sequence[Ruling]
) -> tuple[Column, ...]:
    """Move each boundary that no ruling fixes into the widest white gutter between its two columns' words."""
    if not body or len(columns) < 2:
        return columns
    spans = [(w.box.left, w.box.right) for line in body for w in line.words]
    if header is not None:
        spans += [(c.box.left, c.box.right) for c in header.cells]
    gap = cell_gap_heights(body)
    phrases = [(s[0].box.left, s[-1].box.right) for line in body for s in line.segments(gap)]
    verticals = verticals_through(rulings, body[0].box)
    settled = list(columns)
    for i in range(len(columns) - 1):
        edge = columns[i].right
        if any(abs(edge - x) < 2 for x in verticals):
            continue
        if header is None:
            low, high = edge - 25, edge + 25
        else:
            low, high = header.cells[i].box.left, header.cells[i + 1].box.right
        gutter = _best_gutter(spans, phrases, low, high, edge)
        settled[i] = replace(settled[i], right=gutter)
        settled[i + 1] = replace(settled[i + 1], left=gutter)
    return tuple(settled)


def _best_gutter(
    words: Sequence[tuple[float, float]],
    phrases: Sequence[tuple[float, float]],
    low: float,
    high: float,
    wanted: float,
) -> float:
    """Middle of the white strip in ``low..high`` that fewest words and then phrases cross, wide and near ``wanted``.

    Where one cell alone is long, the space between two of its words is as white as the gutter beside it.
    """
    marks = sorted({low, high, *(x for s in words for x in s if low < x < high)})
    best = (float("inf"), 0.0, 0.0, wanted)
    for a, b in itertools.pairwise(marks):
        if b - a < 0.5:
            continue
        crossing, splitting = (sum(s[0] < b - 0.1 and s[1] > a + 0.1 for s in spans) for spans in (words, phrases))
        middle = (a + b) / 2
        distance = 0.0 if a <= wanted <= b else min(abs(a - wanted), abs(b - wanted))
        key = (crossing, splitting, distance / 4 - min(b - a, 20.0))
        if key < best[:3]:
            best = (*key, middle)
    return best[3]


def moved_columns(columns: tuple[Column, ...], lines: Sequence[Line], rulings: Sequence[Ruling]) -> tuple[Column, ...]:
    """Columns of the page before, moved to where they stand on this page."""
    verticals = verticals_through(rulings, lines[0].box)
    if len(verticals) == len(columns) + 1:
        return tuple(
            replace(c, left=a, right=b, header_left=a)
            for c, (a, b) in zip(columns, itertools.pairwise(verticals), strict=True)
        )
    return columns


def leaves_gutters_white(columns: Sequence[Column], line: Line, gap: float) -> bool:
    """Whether a line leaves the gutters white, as rows do and running text does not."""
    crossed = 0
    met = 0
    box = line.box
    for left, right in itertools.pairwise(columns):
        if not (box.left < left.right and box.right > max(left.right, right.header_left) + 2):
            continue
        met += 1
        gaps = [(a.box.right, b.box.left) for a, b in itertools.pairwise(line.words)]
        # The words of a column may reach far beyond its header: any gap from there to the next header will do.
        low, high = min(left.header_left, left.right - 30), max(right.header_left, left.right) + 30
        crossed += not any(a <= high and b >= low and b - a > gap * 0.9 * line.height for a, b in gaps)
    return crossed == 0 or (met >= 4 and crossed <= met // 4)
