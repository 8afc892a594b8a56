"""Headers of tables: lines whose cells the vocabulary knows as columns of ``fracture_instances``."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box, Word
from fractocurate.reports.lines import (
    Line,
    Ruling,
    around,
    centre_x,
    centre_y,
    join_text,
    level_groups,
    split_at_gaps,
    verticals_through,
)
from fractocurate.reports.tick_marks import understood
from fractocurate.reports.vocabulary import Vocabulary, fold, is_unit, unit_of

_STATED = re.compile(r":\s*\w")
"""A key with its value: in two languages, of which one is not understood, it may look like a header."""
_LONG_NUMBER = re.compile(r"\d{4}")
_DECIMAL = re.compile(r"(?<![\w.,])\d+[.,]\d+(?![\w.,])")
_MOST_WORDS_OF_A_CELL = 8
"""Of a header that is not understood: more is a text."""
_WIDEST_LEADING_HEIGHTS = 1.6
"""White space between two lines of one header, in heights: a rule may part its title from the columns."""
_STANDARD = re.compile(r"\b(?:DIN|EN|ISO|ASTM|JIS)\b")
_LEADING_HEIGHTS = 0.5
"""White space between the lines of one cell, in their heights."""
_WORTH_OF_A_LINE = 2.5
"""What a header may lose in score by taking in a line that stands close below."""
_FEWEST_CHOICES = 2
"""Causes that have columns of their own."""
_MOST_HEADER_LINES = 6
"""In two languages and with units, in cells centred on each other."""

_SHARED_WIDTH = 0.3
"""Of the narrower of two pieces of text that stand above each other in one cell."""

_FEWEST_PER_TITLE = 2
"""Columns to each title of a group of them."""
_OFF_HEIGHTS = 1.0
_BESIDE_HEIGHTS = 0.3
"""Lines of print that overlap by more are lines of different cells, side by side."""
_RUNNING_NUMBER = frozenset(
    map(fold, ("", "no.", "Nr.", "number", "Nummer", "Pos.", "item no.", "lfd. Nr.", "lfd.", "#", "line"))
)
"""Headers that only say "number", folded; so does an empty one."""

IDENTIFYING = frozenset({"foan", "serial_number"})
"""Columns whose values have a grammar and tell one part from another."""

INSTANCE_COLUMNS = frozenset(
    {"foan", "serial_number", "instance_tag", "component_id", "fracture_load_kn", "defect_class", "sub_type"}
)
"""Columns of ``fracture_instances`` that a table may have; other words of the vocabulary head no column."""


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """The words of one header and what they may mean."""

    words: tuple[Word, ...]
    candidates: tuple[tuple[str, ...], ...]
    """For each part of a composite header, the columns it may mean."""
    similarity: float
    choice: str = ""
    """``defect_class`` or ``sub_type`` if the words are one of those: a mark below them says that it was this one."""
    meaning: str = ""
    """Which."""

    @property
    def text(self) -> str:
        """The words as one text."""
        return join_text(self.words)

    @property
    def box(self) -> Box:
        """Around the words."""
        return around(self.words)


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a table: one to four lines of a page."""

    cells: tuple[HeaderCell, ...]
    """Left to right."""
    fields: tuple[tuple[str, ...], ...]
    """Columns of ``fracture_instances`` that each cell heads."""
    first: int
    """Index of its first line."""
    last: int
    """Index of its last line."""
    score: float
    """How well it reads: of several readings of the same lines the highest is taken."""
    n_folds: int = 1
    """How often the same cells stand side by side: a long narrow table is folded."""

    @property
    def box(self) -> Box:
        """Around all cells."""
        return around(w for c in self.cells for w in c.words)


def find_header(
    lines: Sequence[Line], first: int, rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float
) -> Header | None:
    """The header that begins with a line, or in one of the lines right below it; None if nothing there reads like one.

    Args:
        lines: of the page, top to bottom.
        first: index of the line.
        rulings: of the page; three verticals or more part the cells.
        vocabulary: knows the words of headers.
        gap: white space in line heights that parts cells where no rulings do.
    """
    header = _header_at(lines, first, rulings, vocabulary, gap)
    if header is None:
        return None
    # A heading right above may have been swallowed: a later start that reads as well wins.
    starts = [k for k in range(header.first + 1, header.last + 1) if not _is_inside(lines, header.first, k, gap)]
    later = (_header_at(lines, k, rulings, vocabulary, gap) for k in starts)
    return max([header, *(h for h in later if h is not None)], key=lambda h: (round(h.score, 2), h.first))


def _is_inside(lines: Sequence[Line], first: int, index: int, gap: float) -> bool:
    """Whether a line surely goes on with cells above it: those of one header may end at different heights."""
    return _is_beside(lines, index) or any(_goes_on(line, gap) for line in lines[max(first, index - 2) : index])


def _is_beside(lines: Sequence[Line], index: int) -> bool:
    return lines[index].box.top < lines[index - 1].box.bottom - _BESIDE_HEIGHTS * lines[index].height


def _goes_on(line: Line, gap: float) -> bool:
    """Whether cells of a line end with a stroke: their second language stands below."""
    return sum(cell[-1].text.endswith("/") for cell in split_at_gaps(line.words, gap)) > 1


def _header_at(
    lines: Sequence[Line], first: int, rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float
) -> Header | None:
    """The best header that begins exactly with a line."""
    best: Header | None = None
    n_levels = 0
    for last in range(first, len(lines)):
        # Cells of different numbers of lines, centred on each other, stand beside each other's gaps.
        n_levels += last == first or not _is_beside(lines, last)
        if n_levels > _MOST_HEADER_LINES or last - first > 2 * _MOST_HEADER_LINES:
            break
        if (
            last > first
            and lines[last].box.top - lines[last - 1].box.bottom > _WIDEST_LEADING_HEIGHTS * lines[first].height
        ):
            break
        if last > first and _is_band(lines[last], vocabulary):
            break
        if _is_one_column(lines[first : last + 1], rulings, gap):
            continue
        words = [w for line in lines[first : last + 1] for w in line.words]
        header = _read_header(words, first, last, rulings, vocabulary, gap)
        if header is None:
            continue
        # "Component /": its second language is still to come.
        header = replace(header, score=header.score - sum(c.text.endswith("/") for c in header.cells))
        # Of equal readings, the taller has the unit that stands in a line of its own; and a line set close below the
        # ones above belongs to them, even where they could be read without it ("component serial" and "number").
        is_taller = best is not None and len(header.cells) == len(best.cells) and header.score > best.score - 0.01
        is_tight = best is not None and _is_tight(lines, last) and header.score > best.score - _WORTH_OF_A_LINE
        if best is not None and _names_cause(best) and not _names_cause(header):
            continue  # the first row's cause does not make its column one of several causes
        if best is None or is_taller or is_tight or header.score > best.score + 0.01:
            best = header
    return best


def _names_cause(header: Header) -> bool:
    return any("defect_class" in fields for fields in header.fields)


def _is_one_column(lines: Sequence[Line], rulings: Sequence[Ruling], gap: float) -> bool:
    """Whether nothing parts the words of some lines into cells, as in running text, which heads no table."""
    if any(not ruling.is_horizontal for ruling in rulings) or any(len(line.segments(gap)) > 1 for line in lines):
        return False
    boxes = [line.box for line in lines]
    shared = min(box.right for box in boxes) - max(box.left for box in boxes)
    return shared > _SHARED_WIDTH * min(box.width for box in boxes)


def _is_band(line: Line, vocabulary: Vocabulary) -> bool:
    """Whether a line is a cause, or a key, its colon and a value that is no header: it states something of the rows."""
    key, colon, value = line.text.partition(":")
    if not colon:
        meaning = vocabulary.defect_class(line.text)
        return meaning is not None and meaning.similarity >= 1.0 and not meaning.rest
    is_stated = any(c.isalnum() for c in value) and not _instance_columns(value, vocabulary)[0]
    return is_stated and bool(_instance_columns(key, vocabulary)[0])


def _is_tight(lines: Sequence[Line], index: int) -> bool:
    """Whether a line without digits stands as close to the one above as the lines of one cell do."""
    above, line = lines[index - 1], lines[index]
    return line.box.top - above.box.bottom < _LEADING_HEIGHTS * line.height and not any(c.isdigit() for c in line.text)


def _read_header(
    words: Sequence[Word], first: int, last: int, rulings: Sequence[Ruling], vocabulary: Vocabulary, gap: float
) -> Header | None:
    box = around(words)
    verticals = verticals_through(rulings, box)
    groups = _between(words, verticals, rulings) if len(verticals) >= 3 else _stacks(words, gap)
    return header_of_cells(groups, first, last, vocabulary)


def header_of_cells(groups: Sequence[tuple[Word, ...]], first: int, last: int, vocabulary: Vocabulary) -> Header | None:
    """The header that cells are, each given as its words, left to right; None if they do not read like one.

    ``first`` and ``last`` are the indices of its lines. Cells set too close to see the gap come out apart.
    """
    if not 2 <= len(groups) <= 30:
        return None
    cells = list(itertools.chain.from_iterable(_as_header_cells(g, vocabulary) for g in groups))
    cells = _with_units(cells)
    n_folds = _n_folds(cells)
    width = len(cells) // n_folds
    fields = list(itertools.chain.from_iterable(_assign(cells[k : k + width]) for k in range(0, len(cells), width)))
    cells = _with_choices(cells, fields)
    choices = [c for c in cells if c.choice]
    named = {f for fs in fields for f in fs} | {c.choice for c in choices}
    understood = sum(bool(fs) for fs in fields) + len(choices)
    unknown = len(cells) - understood
    if len(named) < 2 or unknown > understood or not named & (IDENTIFYING | {"instance_tag"}):
        return None
    if named <= {"instance_tag", "component_id"} or (len(named) == 2 and unknown and not named & IDENTIFYING):
        return None
    if choices and not named & IDENTIFYING:
        return None
    if _holds_values(cells):
        return None
    similarity = sum(c.similarity for c in cells if c.candidates or c.choice)
    return Header(tuple(cells), tuple(fields), first, last, similarity + len(named) - 1.5 * unknown, n_folds)


def _with_units(cells: Sequence[HeaderCell]) -> list[HeaderCell]:
    """The cells, those joined that are a unit of force alone and stand right of the column that it belongs to."""
    joined: list[HeaderCell] = []
    for cell in cells:
        above = joined[-1] if joined else None
        if above and ("fracture_load_kn",) in above.candidates and is_unit(cell.text) and not unit_of(above.text):
            joined[-1] = replace(above, words=(*above.words, *cell.words))
        else:
            joined.append(cell)
    return joined


def _holds_values(cells: Sequence[HeaderCell]) -> bool:
    """Whether rows stand among the words of what may be a header, or keys with their values."""
    has_rows = any(_LONG_NUMBER.search(c.text) and not _STANDARD.search(c.text) for c in cells)
    unknown = [c for c in cells if not c.candidates and not c.choice]
    has_rows = has_rows or any(_DECIMAL.search(c.text) or len(c.words) > _MOST_WORDS_OF_A_CELL for c in unknown)
    states = any(c.similarity < 1.0 and _STATED.search(c.text) for c in cells)
    return has_rows or states or any(a.text.endswith(":") and not b.candidates for a, b in itertools.pairwise(cells))


def _n_folds(cells: Sequence[HeaderCell]) -> int:
    """How many times two or more cells that are understood stand side by side in the same order."""
    for n in range(2, len(cells) // 2 + 1):
        width = len(cells) // n
        parts = [[c.candidates for c in cells[k : k + width]] for k in range(0, len(cells), width)]
        if len(cells) % n == 0 and all(part == parts[0] for part in parts) and all(parts[0]):
            return n
    return 1


def _with_choices(cells: Sequence[HeaderCell], fields: Sequence[tuple[str, ...]]) -> list[HeaderCell]:
    """The cells, those that name one cause among several others; a single one names no column."""
    named = {f for fs in fields for f in fs}
    kinds = {
        kind
        for kind in ("defect_class", "sub_type")
        if kind not in named and len({c.meaning for c in cells if c.choice == kind}) >= _FEWEST_CHOICES
    }
    return [
        c if c.choice in kinds else replace(c, choice="", similarity=c.similarity if c.candidates else 0.0)
        for c in cells
    ]


def _stacks(words: Sequence[Word], gap: float) -> list[tuple[Word, ...]]:
    """Words grouped by overlap in x: the cells of a header of several lines, where no rulings part them."""
    segments = _without_group_titles([split_at_gaps(line, gap) for line in level_groups(words)])
    stacks: list[list[Word]] = []
    boxes: list[Box] = []
    for segment in sorted(segments, key=lambda s: s[0].box.left):
        box = around(segment)
        for number, other in enumerate(boxes):
            overlap = min(box.right, other.right) - max(box.left, other.left)
            if overlap > _SHARED_WIDTH * min(box.width, other.width):
                stacks[number].extend(segment)
                boxes[number] = around(stacks[number])
                break
        else:
            stacks.append(list(segment))
            boxes.append(box)
    return [tuple(s) for s in stacks]


def _without_group_titles(lines: Sequence[Sequence[tuple[Word, ...]]]) -> list[tuple[Word, ...]]:
    """Segments of a header's lines but the titles of groups of columns: wide ones, and lines of nothing but titles."""
    kept: list[tuple[Word, ...]] = []
    boxes = [[around(s) for s in line] for line in lines]
    for number, line in enumerate(lines):
        below = boxes[number + 1 :]
        if not below:
            kept += line
        elif number or not _are_between(boxes[number], below):
            may_be_off = _FEWEST_PER_TITLE * len(line) <= len(below[0])
            kept += [
                s
                for s, box in zip(line, boxes[number], strict=True)
                if not (_spans(box, below[0]) or (may_be_off and _is_off(box, below[0], s[0].box.height)))
            ]
    return kept


def _spans(box: Box, below: Sequence[Box]) -> bool:
    """Whether a segment stands above two or more of the next line."""
    inside = [b for b in below if b.right > box.left and b.left < box.right]
    return len(inside) > 1 and not any(b.left < box.left - 2 and b.right > box.right + 2 for b in inside)


def _is_off(box: Box, below: Sequence[Box], height: float) -> bool:
    """Whether a segment is set neither like the cell below it nor beside it: it is centred on that cell and another."""
    cells = [b for b in below if b.right > box.left and b.left < box.right]
    return len(cells) == 1 and all(
        abs(a - b) > _OFF_HEIGHTS * height
        for a, b in (
            (box.left, cells[0].left),
            (box.right, cells[0].right),
            ((box.left + box.right) / 2, (cells[0].left + cells[0].right) / 2),
        )
    )


def _are_between(boxes: Sequence[Box], below: Sequence[Sequence[Box]]) -> bool:
    """Whether all segments of a line stand above the gaps of the next one, which has twice as many at least."""
    covered = any(_overlap_share(box, other) > 0.5 for box in boxes for line in below for other in line)
    return not covered and len(below[0]) >= 2 * len(boxes)


def _overlap_share(a: Box, b: Box) -> float:
    """Of the width of the narrower one."""
    return (min(a.right, b.right) - max(a.left, b.left)) / max(1.0, min(a.width, b.width))


def _between(words: Sequence[Word], verticals: Sequence[float], rulings: Sequence[Ruling]) -> list[tuple[Word, ...]]:
    groups: dict[int, list[Word]] = {}
    segments = [s for line in level_groups(words) for s in split_at_gaps(line, 1.0)]
    titles = {w for s in segments if _crosses(s, verticals, rulings) for w in s}
    for word in words:
        if word in titles:
            continue
        groups.setdefault(sum(centre_x(word) > x for x in verticals), []).append(word)
    return [tuple(groups[k]) for k in sorted(groups)]


def _crosses(segment: Sequence[Word], verticals: Sequence[float], rulings: Sequence[Ruling]) -> bool:
    """Whether a cell reaches across a ruling that ends below it: the title of a group of columns."""
    box = around(segment)
    own = verticals_through(rulings, box)
    left = max((x for x in own if x <= box.left + 2), default=box.left)
    right = min((x for x in own if x >= box.right - 2), default=box.right)
    crossed = [x for x in verticals if left + 2 < x < right - 2]
    return bool(crossed) and not any(abs(x - y) < 3 for x in crossed for y in own)


def _as_header_cells(words: tuple[Word, ...], vocabulary: Vocabulary) -> list[HeaderCell]:
    """One cell, or several if the words only make sense apart (headers set too close to see the gap)."""
    whole = _as_header_cell(words, vocabulary)
    if whole.candidates or whole.choice or len(words) < 2 or len(words) > 24:
        return [whole]
    units = _x_groups(words)
    best: tuple[float, list[HeaderCell]] | None = None
    for n_cuts in range(1, min(len(units), 9)):
        if len(units) > 12 and n_cuts > 2:
            break
        for cuts in itertools.combinations(range(1, len(units)), n_cuts):
            edges = [0, *cuts, len(units)]
            parts = [
                _as_header_cell(tuple(w for u in units[a:b] for w in u), vocabulary)
                for a, b in itertools.pairwise(edges)
            ]
            if all(p.candidates or p.choice for p in parts):
                score = min(p.similarity for p in parts)
                if best is None or score > best[0] + 1e-6:
                    best = (score, parts)
        if best is not None:
            return best[1]
    return _partly_known(units, vocabulary) or [whole]


def _partly_known(units: Sequence[tuple[Word, ...]], vocabulary: Vocabulary) -> list[HeaderCell]:
    """The longest known header among some words, and what stands on either side of it; empty if there is none."""
    for length in range(len(units) - 1, 0, -1):
        for start in range(len(units) - length + 1):
            pieces = (units[:start], units[start : start + length], units[start + length :])
            parts = [tuple(w for u in piece for w in u) for piece in pieces]
            known = _as_header_cell(parts[1], vocabulary)
            if known.candidates and known.similarity >= 1.0:
                return [known if part is parts[1] else _as_header_cell(part, vocabulary) for part in parts if part]
    return []


def _x_groups(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Words that stand above each other taken together, left to right."""
    groups: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.box.left):
        if groups and word.box.left < max(w.box.right for w in groups[-1]) - 1:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [tuple(sorted(g, key=lambda w: (round(centre_y(w)), w.box.left))) for g in groups]


def _as_header_cell(words: tuple[Word, ...], vocabulary: Vocabulary) -> HeaderCell:
    ordered = tuple(w for line in level_groups(words) for w in line)
    text = join_text(ordered)
    names, similarity = _instance_columns(text, vocabulary)
    if names:
        return HeaderCell(ordered, (names,), similarity)
    parts = [p for p in re.split(r"\s*[/,&+]\s*|\s+(?:and|und)\s+", text) if p.strip()]
    if len(parts) == 2:
        meanings = [_instance_columns(p, vocabulary) for p in parts]
        if all(names for names, _ in meanings):
            return HeaderCell(ordered, tuple(n for n, _ in meanings), min(s for _, s in meanings))
    kind, meaning = understood(ordered, vocabulary)
    return HeaderCell(ordered, (), 1.0 if kind else 0.0, kind, meaning)


def _instance_columns(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, ...], float]:
    names, similarity = vocabulary.columns(text)
    return tuple(n for n in names if n in INSTANCE_COLUMNS), similarity


def _assign(cells: Sequence[HeaderCell]) -> list[tuple[str, ...]]:
    """One column of ``fracture_instances`` per header; words with several meanings take what is left."""
    assigned: list[list[str]] = [[""] * len(c.candidates) for c in cells]
    slots = [(i, k) for i, c in enumerate(cells) for k in range(len(c.candidates))]
    slots.sort(key=lambda s: (is_running_number(cells[s[0]].text), len(cells[s[0]].candidates[s[1]])))
    taken: set[str] = set()
    for i, k in slots:
        free = [name for name in cells[i].candidates[k] if name not in taken]
        if free:
            assigned[i][k] = free[0]
            taken.add(free[0])
    return [tuple(name for name in names if name) for names in assigned]


def is_running_number(header: str) -> bool:
    """Whether a header only says "number": it takes a meaning that no other claims, and may just count the rows."""
    return fold(header) in _RUNNING_NUMBER
