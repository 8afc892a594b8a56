"""Measure drawn scale bars and tick rulers: outer edge to outer edge, or first to last tick."""

from dataclasses import dataclass

import numpy as np

from fractocurate.micrographs.components import long_runs
from fractocurate.micrographs.flatness import BoolImage, Mark, PixelBox, marks_of

SHORTEST_BAR_PX = 14
THICKEST_BAR_SHARE = 0.45
"""Of the length: a block that is thicker is a logo or a letter."""
THINNEST_AT_RIM_PX = 2
FULL_ROW = 0.97
"""Share of its box that a row of a line fills; a pixel at each end may be anti-aliased."""
END_SHARE = 0.08
"""Of a bar's length, at either end: where its ticks stand."""
LEAST_MARK_PX = 3
"""The shortest tick; smaller specks are noise."""
LEAST_RUN_PX = 30
"""Longer than most strokes of a letter or logo."""
LONGEST_LABEL = 12
"""Letter heights that a label is wide which breaks its bar."""
MOST_TOUCHED = 0.25
"""Share of a bar's length that letters may stand on: more are the feet of letters that run into each other (``mm``)."""
LEAST_TICKS = 5
INTERVALS = (10, 20)
"""Of the rulers that makers draw: eleven ticks, or twenty-one."""
MOST_TICK_CANDIDATES = 1500
"""A picture with more thin upright specks than this is texture; looking for a ruler in it would only take time."""


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A drawn length."""

    box: PixelBox
    length_px: float
    is_ruler: bool
    """Whether the length is that from the first to the last tick of a ruler."""
    parts: tuple[PixelBox, ...]
    """The marks it is drawn with, without its label."""
    is_whole: bool = True
    """False for a ruler of an unusual number of ticks, and a line with a tick at one end: a part may not be seen."""


def find_scale_bars(ink: BoolImage) -> list[ScaleBar]:
    """All drawn scale bars and rulers of a foreground mask, longest first, in the mask's own coordinates.

    A bar is a mark whose full width is one unbroken run: a block, a line, or a line with end ticks. Lines that run from
    edge to edge are frames and separators. A line broken by its own label (``|--- 2 mm ---|``) is put together.
    """
    marks = marks_of(ink, LEAST_MARK_PX)
    lines = [m for m in marks if _is_line(ink, m)]
    bars = [_bar(ink, m) for m in lines]
    bars += _touched_lines(ink, bars)
    bars += _broken_lines(ink, lines, marks)
    bars += [ruler for ruler in _rulers(marks) if not any(_covers(bar.box, ruler.box) for bar in bars)]
    return sorted(bars, key=lambda bar: -bar.length_px)


def _bar(ink: BoolImage, mark: Mark) -> ScaleBar:
    """The bar that a mark is; without what hangs on it anywhere but at both ends, such as a letter of its label."""
    box = mark.box
    part = np.asarray(box.cut(ink))
    is_full = part.mean(axis=1) >= FULL_ROW
    full, ends = np.flatnonzero(is_full), max(3, round(END_SHARE * box.width))
    if part[~is_full, ends:-ends].any():
        box = PixelBox(box.left, box.top + int(full[0]), box.right, box.top + int(full[-1]) + 1)
    ticks = [_end_tick_px(ink, mark, at_left=at_left) for at_left in (True, False)]
    is_whole = (ticks[0] > 0) == (ticks[1] > 0)
    return ScaleBar(box, _length_px(ink, mark), is_ruler=False, parts=(box,), is_whole=is_whole)


def _touched_lines(ink: BoolImage, bars: list[ScaleBar]) -> list[ScaleBar]:
    """Bars that a letter touches, most often the stem of a micro sign: what is left of it when only long runs are."""
    runs = long_runs(ink, LEAST_RUN_PX)
    # The thinnest frames and separators are runs as well; a bar that something touches is thicker than a hair.
    found = [
        m
        for m in marks_of(runs, LEAST_RUN_PX)
        if m.box.height >= 2 and m.fill > 0.95 and _is_line(runs, m) and not _is_foot_of_letters(ink, m.box)
    ]
    return [
        ScaleBar(m.box, float(m.box.width), is_ruler=False, parts=(m.box,))
        for m in found
        if not any(_covers(bar.box, m.box) for bar in bars)
    ]


def _is_foot_of_letters(ink: BoolImage, box: PixelBox) -> bool:
    """Whether strokes rise from, or hang on, much of a run: the joined serifs of a typewriter face are no bar."""
    rows = [row for row in (box.top - 1, box.bottom) if 0 <= row < ink.shape[0]]
    return any(float(ink[row, box.left : box.right].mean()) > MOST_TOUCHED for row in rows)


def _length_px(ink: BoolImage, mark: Mark) -> float:
    """Length of a bar: outer edge to outer edge, less half an end tick.

    Whether instruments mean the outer edges of the end ticks or their middles is not documented, and differs: with
    half a tick taken off, either meaning is met to half a tick.
    """
    return mark.box.width - _end_tick_px(ink, mark, at_left=True) / 2


def _end_tick_px(ink: BoolImage, mark: Mark, *, at_left: bool) -> int:
    """Width of the tick at one end of a line; 0 for a plain line or block."""
    part = np.asarray(mark.box.cut(ink))
    columns = part.sum(axis=0)
    line_height = int(np.median(columns))
    if part.shape[0] < line_height + 3:
        return 0
    ends = columns if at_left else columns[::-1]
    tick = 0
    while tick < len(ends) // 4 and ends[tick] > line_height + 1:
        tick += 1
    return tick


def _is_line(ink: BoolImage, mark: Mark) -> bool:
    box = mark.box
    height_px, width_px = ink.shape
    if box.left <= 0 or box.right >= width_px:
        return False  # bars stand clear of the border, frames and table lines run into it
    if box.height <= THINNEST_AT_RIM_PX and (box.top <= 0 or box.bottom >= height_px):
        return False  # a rest of the picture above or below the data bar
    if box.width < SHORTEST_BAR_PX or box.width >= 0.93 * width_px or box.height > THICKEST_BAR_SHARE * box.width:
        return False
    part = np.asarray(box.cut(ink))
    full_rows = np.flatnonzero(part.mean(axis=1) >= FULL_ROW)
    if full_rows.size == 0:
        return False
    # Besides the line there are only its ticks: thin, and mostly at the two ends.
    return bool(mark.area_px <= part.shape[1] * full_rows.size + 0.35 * box.area)


def _broken_lines(ink: BoolImage, lines: list[Mark], marks: list[Mark]) -> list[ScaleBar]:
    """Pairs of like lines on one row with nothing but lettering between them."""
    found = []
    for left in lines:
        for right in lines:
            gap = right.box.left - left.box.right
            alike = abs(left.box.top - right.box.top) <= 1 and abs(left.box.bottom - right.box.bottom) <= 1
            if gap <= 0 or not alike or abs(left.box.width - right.box.width) > 0.2 * left.box.width + 3:
                continue
            middle = (left.box.top + left.box.bottom) / 2
            between = [m for m in marks if m.box.left >= left.box.right and m.box.right <= right.box.left]
            label = [m for m in between if m.box.top < middle < m.box.bottom]
            # Equal bars further apart are those of two pictures side by side.
            longest = LONGEST_LABEL * max((m.box.height for m in label), default=0)
            if label and gap <= min(longest, 6 * sum(m.box.width for m in label)):
                box = left.box.united(right.box)
                length_px = box.width - _end_tick_px(ink, left, at_left=True) / 2
                found.append(ScaleBar(box, length_px, is_ruler=False, parts=(left.box, right.box)))
    return found


def _rulers(marks: list[Mark]) -> list[ScaleBar]:
    """Rows of like, thin, upright, evenly spaced ticks."""
    ticks = [m for m in marks if 3 <= m.box.height <= 60 and m.box.width <= 0.6 * m.box.height and m.fill >= 0.75]
    if len(ticks) > MOST_TICK_CANDIDATES:
        return []
    found = []
    seen: set[int] = set()
    for first in ticks:
        if first.label in seen:
            continue
        # Longer main ticks hang from, or stand on, the same line as the short ones.
        row = [
            m
            for m in ticks
            if (abs(m.box.top - first.box.top) <= 1 or abs(m.box.bottom - first.box.bottom) <= 1)
            and abs(m.box.width - first.box.width) <= 2
            and m.box.height <= 2.5 * first.box.height
            and first.box.height <= 2.5 * m.box.height
        ]
        row.sort(key=lambda m: m.box.left)
        run = _evenly_spaced(row)
        if len(run) >= LEAST_TICKS:
            seen.update(m.label for m in run)
            box = run[0].box.united(run[-1].box)
            length_px = (run[-1].box.left + run[-1].box.right - run[0].box.left - run[0].box.right) / 2
            parts = tuple(m.box for m in run)
            found.append(ScaleBar(box, length_px, is_ruler=True, parts=parts, is_whole=_intervals(parts) in INTERVALS))
    return found


def _intervals(ticks: tuple[PixelBox, ...]) -> int:
    """Steps from the first to the last of some ticks, lost ones counted."""
    centres = np.array([(t.left + t.right) / 2 for t in ticks])
    return round(float((centres[-1] - centres[0]) / np.median(np.diff(centres))))


def _evenly_spaced(row: list[Mark]) -> list[Mark]:
    """The longest part of a row of ticks whose distances are one step or, where a tick is lost, a few of them."""
    if len(row) < LEAST_TICKS:
        return []
    centres = np.array([(m.box.left + m.box.right) / 2 for m in row])
    gaps = np.diff(centres)
    step = float(np.median(gaps))
    if step < 4:
        return []
    multiples = np.rint(gaps / step)
    even = (np.abs(gaps - multiples * step) <= np.maximum(1.5, 0.06 * step)) & (multiples >= 1) & (multiples <= 3)
    best: tuple[int, int] = (0, 0)
    start = 0
    for i in range(len(even) + 1):
        if i == len(even) or not even[i]:
            if i - start > best[1] - best[0]:
                best = (start, i)
            start = i + 1
    return row[best[0] : best[1] + 1] if best[1] > best[0] else []


def _covers(outer: PixelBox, inner: PixelBox) -> bool:
    return (
        outer.left - 2 <= inner.left
        and inner.right <= outer.right + 2
        and outer.top - 12 <= inner.top <= outer.bottom + 12
    )
