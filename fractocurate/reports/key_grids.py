"""Ruled tables with a key in the first cell of each row: a row's rulings tell which lines belong to its value."""

import itertools
from collections.abc import Sequence

from data_contracts.records import Box, Word
from fractocurate.reports.header_cells import IDENTIFYING, INSTANCE_COLUMNS
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import Line, Ruling, centre_x, centre_y, distinct_levels, join_text
from fractocurate.reports.vocabulary import Vocabulary

_SMALLEST_GRID = 3
"""Rows with a key."""
_REACH_PT = 3.0
_LEAST_SHARE = 0.5
"""Of the rows that have a key; the others may hold anything."""

_Row = tuple[Box, list[tuple[Word, ...]]]
"""Where it lies, and its cells."""


def find_key_grids(
    page: int, lines: Sequence[Line], rulings: Sequence[Ruling], vocabulary: Vocabulary
) -> tuple[list[Pair], set[int]]:
    """Keys and values of such tables, and the numbers of the lines that they take.

    Only tables of which a row spans several lines: the others are read as well by their lines alone. Those with keys in
    other columns than the first are left out.
    """
    pairs: list[Pair] = []
    used: set[int] = set()
    for rows in _grids(lines, rulings):
        own = [_pair(page, box, cells, lines, vocabulary) for box, cells in rows]
        keyed = [p for p in own if p is not None]
        names = {p.name for p in keyed}
        inner = [c for _, cells in rows for c in cells[1:] if vocabulary.columns(join_text(c))[0]]
        has_tall = any(p.last_line > p.line for p in keyed)
        if len(keyed) < max(_SMALLEST_GRID, _LEAST_SHARE * len(rows)) or len(inner) > 1 or not has_tall:
            continue
        if not names & IDENTIFYING or len(names) < _SMALLEST_GRID:
            continue
        pairs += [p for p in keyed if any(p.values)]
        top, bottom = rows[0][0].top, rows[-1][0].bottom
        used.update(k for k, line in enumerate(lines) if top < line.centre_y < bottom)
    return pairs, used


def _grids(lines: Sequence[Line], rulings: Sequence[Ruling]) -> list[list[_Row]]:
    """Rows between horizontal rulings that follow each other, cells between the verticals that cross them."""
    levels = distinct_levels(r.y0 for r in rulings if r.is_horizontal)
    grids: list[list[_Row]] = []
    edges: list[float] = []
    for top, bottom in itertools.pairwise(levels):
        crossing = distinct_levels(
            r.x0 for r in rulings if not r.is_horizontal and r.y0 - _REACH_PT <= top and r.y1 + _REACH_PT >= bottom
        )
        words = [w for line in lines for w in line.words if top < centre_y(w) < bottom]
        if len(crossing) < 3 or not words:
            edges = []
            continue
        box = Box(crossing[0], top, crossing[-1], bottom)
        inside = [w for w in words if box.left < centre_x(w) < box.right]
        row = (box, [tuple(w for w in inside if a < centre_x(w) < b) for a, b in itertools.pairwise(crossing)])
        is_same = len(edges) == len(crossing) and all(
            abs(a - b) < _REACH_PT for a, b in zip(edges, crossing, strict=True)
        )
        if is_same and len(inside) == len(words):
            grids[-1].append(row)
        elif len(inside) == len(words):
            grids.append([row])
        edges = crossing if len(inside) == len(words) else []
    return grids


def _pair(
    page: int, box: Box, cells: Sequence[tuple[Word, ...]], lines: Sequence[Line], vocabulary: Vocabulary
) -> Pair | None:
    names, _ = vocabulary.columns(join_text(cells[0]))
    own = [n for n in names if n in INSTANCE_COLUMNS]
    if not own:
        return None
    of_row = [k for k, line in enumerate(lines) if box.top < line.centre_y < box.bottom]
    values = tuple(tuple(c) for c in cells[1:] if c) or ((),)
    return Pair(page, of_row[0], of_row[-1], own[0], cells[0], values)
