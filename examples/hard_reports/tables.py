"""Draws tables in many looks: ruled, rules above and below only, none, zebra; merged cells, breaks over pages."""

from dataclasses import dataclass, field, replace

from hard_reports.sheet import BLACK, Colour, Fill, Line, Text, longest_piece, width_of, wrap
from hard_reports.writer import Writer

WHITE: Colour = (1.0, 1.0, 1.0)
MIN_SIZE = 6.5


@dataclass(frozen=True, slots=True)
class Look:
    """How a table is printed."""

    rules: str = "grid"
    """``grid``, ``rows``, ``ends`` (above, below the header, at the end), ``outer``, ``none``."""
    header_fill: Colour | None = None
    header_colour: Colour = BLACK
    header_bold: bool = True
    zebra: Colour | None = None
    size: float = 9.0
    pad_x: float = 4.0
    pad_y: float = 2.5
    hyphenate: bool = False
    repeat_header: bool = True
    header_rows: int = 1
    align: tuple[str, ...] = ()
    """One for each column; left where it is shorter."""
    width: float = 0.0
    """Greatest width; 0 for the whole text width."""
    stretch: bool = False
    """Fill the greatest width even if the words need less."""
    squeeze: float = 1.0
    """Share of its natural width that a column gets, where its words can be broken."""


@dataclass(frozen=True, slots=True)
class Span:
    """A merged cell."""

    row: int
    column: int
    n_rows: int = 1
    n_columns: int = 1


@dataclass
class _Plan:
    look: Look
    widths: list[float]
    lines: list[list[list[str]]]
    heights: list[float]
    spans: dict[tuple[int, int], Span]
    covered: set[tuple[int, int]] = field(default_factory=set)


def draw_table(
    writer: Writer,
    rows: list[list[str]],
    look: Look,
    *,
    left: float = 0,
    spans: tuple[Span, ...] = (),
    breaks: tuple[int, ...] = (),
) -> list[int]:
    """Draw a table at the writer's place and move on below it.

    Args:
        writer: where to draw.
        rows: cells, header rows first; covered cells of a merged one are ignored.
        look: manner of printing; its size shrinks where the words need it.
        left: left edge; 0 for the margin.
        spans: merged cells.
        breaks: rows before which a new page begins in any case.

    Returns:
        The page of each row, header rows included.
    """
    plan = _fit(writer, rows, look, spans)
    left = left or writer.left
    pages: list[int] = [0] * len(rows)
    groups = _groups(plan, len(rows))
    top = writer.y
    header = [g for g in groups if g[-1] < look.header_rows]
    for group in groups:
        height = sum(plan.heights[r] for r in group)
        is_header = group[-1] < look.header_rows
        needed = height + (plan.heights[group[-1] + 1] if is_header and group[-1] + 1 < len(rows) else 0)
        forced = group[0] in breaks
        if forced or writer.y + needed > writer.bottom:
            if writer.y > top:
                _close(writer, plan, left, top)
            writer.new_page()
            top = writer.y
            if look.repeat_header and not is_header:
                for part in header:
                    _draw_group(writer, plan, part, left)
        for row in group:
            pages[row] = writer.page
        _draw_group(writer, plan, group, left)
    _close(writer, plan, left, top)
    return pages


def _fit(writer: Writer, rows: list[list[str]], look: Look, spans: tuple[Span, ...]) -> _Plan:
    available = look.width or writer.text_width
    by_cell = {(s.row, s.column): s for s in spans}
    covered = {
        (r, c)
        for s in spans
        for r in range(s.row, s.row + s.n_rows)
        for c in range(s.column, s.column + s.n_columns)
        if (r, c) != (s.row, s.column)
    }
    while True:
        natural, least = _column_widths(writer, rows, look, by_cell, covered)
        if sum(least) <= available or look.size <= MIN_SIZE:
            break
        look = replace(look, size=look.size - 0.5, pad_x=max(2.0, look.pad_x - 0.5))
    wanted = [max(low, n * look.squeeze) for n, low in zip(natural, least, strict=True)]
    if sum(wanted) > available:
        room = max(0.0, available - sum(least))
        slack = sum(wanted) - sum(least) or 1.0
        wanted = [low + (w - low) * room / slack for w, low in zip(wanted, least, strict=True)]
    elif look.stretch:
        extra = (available - sum(wanted)) / len(wanted)
        wanted = [w + extra for w in wanted]
    lines = [
        [
            wrap(
                cell,
                _font(writer, look, r),
                look.size,
                sum(wanted[c : c + (by_cell[r, c].n_columns if (r, c) in by_cell else 1)]) - 2 * look.pad_x + 0.01,
                hyphenate=look.hyphenate,
            )
            if (r, c) not in covered
            else []
            for c, cell in enumerate(row)
        ]
        for r, row in enumerate(rows)
    ]
    heights = []
    for r, row in enumerate(lines):
        n_lines = max(len(cell) for c, cell in enumerate(row) if (r, c) not in by_cell or by_cell[r, c].n_rows == 1)
        heights.append(n_lines * 1.22 * look.size + 2 * look.pad_y)
    return _Plan(look, wanted, lines, heights, by_cell, covered)


def _column_widths(
    writer: Writer, rows: list[list[str]], look: Look, spans: dict[tuple[int, int], Span], covered: set[tuple[int, int]]
) -> tuple[list[float], list[float]]:
    n_columns = max(map(len, rows))
    natural, least = [10.0] * n_columns, [8.0] * n_columns
    for r, row in enumerate(rows):
        font = _font(writer, look, r)
        for c, cell in enumerate(row):
            if (r, c) in covered or ((r, c) in spans and spans[r, c].n_columns > 1):
                continue
            wide = max(width_of(part, font, look.size) for part in cell.split("\n")) + 2 * look.pad_x
            piece = longest_piece(cell, font, look.size, hyphenate=look.hyphenate) + 2 * look.pad_x
            natural[c], least[c] = max(natural[c], wide), max(least[c], piece)
    return natural, least


def _font(writer: Writer, look: Look, row: int) -> str:
    return writer.bold if row < look.header_rows and look.header_bold else writer.regular


def _groups(plan: _Plan, n_rows: int) -> list[list[int]]:
    """Rows that must stay on one page: those that a merged cell joins."""
    joined = {r for s in plan.spans.values() for r in range(s.row + 1, s.row + s.n_rows)}
    groups: list[list[int]] = []
    for row in range(n_rows):
        if row in joined:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _draw_group(writer: Writer, plan: _Plan, group: list[int], left: float) -> None:
    look = plan.look
    for row in group:
        top, bottom = writer.y, writer.y + plan.heights[row]
        is_header = row < look.header_rows
        fill = look.header_fill if is_header else (look.zebra if (row - look.header_rows) % 2 else None)
        right = left + sum(plan.widths)
        if fill:
            writer.add(Fill((left, top, right, bottom), fill))
        x = left
        for column in range(len(plan.lines[row])):
            span = plan.spans.get((row, column))
            width = sum(plan.widths[column : column + (span.n_columns if span else 1)])
            height = sum(plan.heights[row : row + (span.n_rows if span else 1)])
            if (row, column) not in plan.covered:
                _draw_cell(writer, plan, row, column, (x, top, x + width, top + height))
                if look.rules == "grid":
                    writer.frame((x, top, x + width, top + height), width=0.5)
            x += plan.widths[column]
        merged_on = any(s.row <= row < s.row + s.n_rows - 1 for s in plan.spans.values() if s.n_rows > 1)
        if look.rules == "rows" and not merged_on:
            writer.add(Line(left, bottom, right, bottom, 0.4))
        if look.rules == "ends" and row == look.header_rows - 1:
            writer.add(Line(left, bottom, right, bottom, 0.5))
        if look.rules in {"ends", "rows"} and row == 0:
            writer.add(Line(left, top, right, top, 1.0))
        writer.y = bottom


def _draw_cell(writer: Writer, plan: _Plan, row: int, column: int, box: tuple[float, float, float, float]) -> None:
    look = plan.look
    left, top, right, bottom = box
    lines = plan.lines[row][column]
    is_header = row < look.header_rows
    align = look.align[column] if column < len(look.align) else "left"
    font = _font(writer, look, row)
    step = 1.22 * look.size
    y = (top + bottom) / 2 - len(lines) * step / 2 + 0.88 * look.size
    for text in lines:
        wide = width_of(text, font, look.size)
        x = {"left": left + look.pad_x, "centre": (left + right - wide) / 2, "right": right - look.pad_x - wide}[align]
        if text:
            writer.add(Text(x, y, text, font, look.size, look.header_colour if is_header else BLACK))
        y += step


def _close(writer: Writer, plan: _Plan, left: float, top: float) -> None:
    right = left + sum(plan.widths)
    if plan.look.rules == "ends":
        writer.add(Line(left, writer.y, right, writer.y, 1.0))
    if plan.look.rules == "outer":
        writer.frame((left, top, right, writer.y))
    writer.sheets[-1].table_boxes.append((left - 3, top - 3, right + 3, writer.y + 3))
