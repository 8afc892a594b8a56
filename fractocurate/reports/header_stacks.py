"""The words of a header's lines grouped to cells: those between two rulings, or those that stand above each other."""

from collections.abc import Sequence

from data_contracts.records import Box, Word
from fractocurate.reports.lines import (
    Ruling,
    around,
    centre_x,
    level_groups,
    split_at_gaps,
    verticals_through,
)

SHARED_WIDTH = 0.3
"""Of the narrower of two pieces of text that stand above each other in one cell."""


_FEWEST_PER_TITLE = 2
"""Columns to each title of a group of them."""


_OFF_HEIGHTS = 1.0


def stacks_of(words: Sequence[Word], gap: float) -> list[tuple[Word, ...]]:
    """Words grouped by overlap in x: the cells of a header of several lines, where no rulings part them."""
    segments = _without_group_titles([split_at_gaps(line, gap) for line in level_groups(words)])
    stacks: list[list[Word]] = []
    boxes: list[Box] = []
    for segment in sorted(segments, key=lambda s: s[0].box.left):
        box = around(segment)
        for number, other in enumerate(boxes):
            overlap = min(box.right, other.right) - max(box.left, other.left)
            if overlap > SHARED_WIDTH * min(box.width, other.width):
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


def between_rulings(
    words: Sequence[Word], verticals: Sequence[float], rulings: Sequence[Ruling]
) -> list[tuple[Word, ...]]:
    """Words by the pair of rulings that they stand between; titles that reach across one are left out."""
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
