"""After cropping: is any print left? A check that knows nothing of how the bar was found.

The finders look for flat levels, and for letters as marks of one level. This check looks at steps between neighbours
alone: upright strokes a few pixels wide, drawn in one level, that begin or end on one line with others beside them;
level bars with two long edges of equal extent and two sharp ends; and a straight edge across the whole width with
nothing but one level beyond it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from data_contracts.pixels import GreyImage
from fractocurate.micrographs.components import boxes_of, long_runs
from fractocurate.micrographs.drawn_box import INK_CONTRAST
from fractocurate.micrographs.flatness import BoolImage, PixelBox

STROKE_REACHES_PX = (6, 12)
"""What lies so far left and right of a stroke is not part of it: for strokes of up to 5 and of up to 11 px."""
LEAST_STEP = 70
"""Grey levels from a stroke to both of its sides."""
STEADY_ROWS = 5
STEADY_STEP = 16
"""A stroke keeps its level over so many rows, but for what JPEG adds from one row to the next."""
SAME_INK = 8
"""Strokes of one line are of one level, but for what anti-aliasing and JPEG make of thin ones."""
TALLEST_STROKE_PX = 60
LEAST_LEVEL = 175
"""Print is drawn nearly white, or nearly black: at least so far from the other end of the scale."""
SURE_LEVEL = 240
LEAST_STROKES, LEAST_SURE_STROKES = 6, 5
"""Strokes in a row that prove print: fewer where they are full white or black."""
MOST_STROKES = 6000
"""More are texture."""
SHORTEST_BAR_PX, LONGEST_BAR, THICKEST_BAR_PX = 28, 0.5, 16
"""Of a drawn bar: its length in pixels and as a share of the width, its thickness."""
BAR_STEP, BAR_SPREAD, BAR_SHARE = 60, 24, 0.8
"""Grey levels from a bar to the rows beside it, and within it; share of its ends that differ from what follows."""
MOST_EDGES = 400
"""More level edges are texture: layers, gratings."""
EDGE_ZONE = 0.12
"""Share of the height, from above and below, in which a rest of a strip may lie."""
EDGE_STEP, EDGE_SHARE, FLAT_SPREAD = 40, 0.85, 2.0
LEAST_EDGE_ROWS, THICKEST_FRAME_PX, LEAST_INK = 3, 14, 0.002
"""Rows beyond such an edge: more of them than the frame of a strip has are a rest of it only with ink on them."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A trace of print in a cropped picture."""

    what: str
    """In a few words."""
    box: PixelBox
    """Where, in pixels of the cropped picture."""


def find_leftover(picture: GreyImage) -> Leftover | None:
    """The plainest trace of print in a cropped picture, shape (height, width); None if it has none."""
    height_px, width_px = picture.shape
    if height_px < 3 * STEADY_ROWS or width_px < 4 * STROKE_REACHES_PX[-1]:
        return None
    calm = np.maximum(picture[1:], picture[:-1]) - np.minimum(picture[1:], picture[:-1]) <= STEADY_STEP
    found = [trace for reach in STROKE_REACHES_PX for trace in _strokes_in_rows(picture, calm, reach)]
    if found:
        count, box = max(found, key=lambda item: item[0])
        return Leftover(f"{count} strokes in a row, as letters have", box)
    return _drawn_bar(picture) or _strip_edge(picture)


def _strokes_in_rows(picture: GreyImage, calm: BoolImage, reach: int) -> list[tuple[int, PixelBox]]:
    """Rows of strokes of each polarity: how many, and where."""
    middle = picture[:, reach:-reach]
    found = []
    for white in (True, False):
        # The levels that a stroke beside these pixels exceeds, or stays below, by the step: all within 8 bits.
        if white:
            limit = np.minimum(picture, 256 - LEAST_STEP) + np.uint8(LEAST_STEP - 1)
            strokes = (middle > limit[:, : -2 * reach]) & (middle > limit[:, 2 * reach :])
        else:
            limit = np.maximum(picture, LEAST_STEP - 1) - np.uint8(LEAST_STEP - 1)
            strokes = (middle < limit[:, : -2 * reach]) & (middle < limit[:, 2 * reach :])
        boxes, _ = boxes_of(_steady(np.asarray(strokes), calm[:, reach:-reach]), diagonals=False)
        if not LEAST_SURE_STROKES <= len(boxes) <= MOST_STROKES:
            continue
        inks = middle[boxes[:, 1], (boxes[:, 0] + boxes[:, 2] - 1) // 2].astype(np.int16)
        row = _longest_row(boxes, np.asarray(inks if white else 255 - inks))
        if row is not None:
            count, box = row
            found.append((count, PixelBox(box.left + reach, box.top, box.right + reach, box.bottom)))
    return found


def _steady(strokes: BoolImage, calm: BoolImage) -> BoolImage:
    """Stroke pixels that are the upper end of so many rows of stroke of one level."""
    calm = strokes[1:] & strokes[:-1] & calm
    n = STEADY_ROWS - 1
    whole = calm[: -n + 1].copy()
    for k in range(1, n):
        whole &= calm[k : len(calm) - n + 1 + k]
    return np.asarray(whole)


def _longest_row(boxes: NDArray[np.int64], inks: NDArray[np.int16]) -> tuple[int, PixelBox] | None:
    heights, widths = boxes[:, 3] - boxes[:, 1] + STEADY_ROWS - 1, boxes[:, 2] - boxes[:, 0]
    like = (heights >= STEADY_ROWS + 1) & (heights <= TALLEST_STROKE_PX) & (widths <= heights) & (inks >= LEAST_LEVEL)
    order = np.flatnonzero(like)[np.argsort(boxes[like, 0], kind="stable")]
    boxes, inks, heights = boxes[order], inks[order], heights[order]
    best: tuple[int, PixelBox] | None = None
    in_company = _n_near(boxes[:, 1]) >= LEAST_SURE_STROKES
    in_company |= _n_near(boxes[:, 3]) >= LEAST_SURE_STROKES
    for i in np.flatnonzero(in_company).tolist():
        left, top, _, bottom = boxes[i].tolist()
        end = int(np.searchsorted(boxes[:, 0], left + 5 * heights[i], side="right"))
        others = boxes[i:end]
        # Bars at the top, middle or foot of a letter end its upright stroke there: one of both ends has to be common.
        upper, lower = np.abs(others[:, 1] - top) <= 1, np.abs(others[:, 3] - bottom) <= 1
        alike = upper if (upper & ~lower).sum() >= (lower & ~upper).sum() else lower
        alike = alike & (heights[i:end] >= 0.4 * heights[i]) & (heights[i:end] <= 2.5 * heights[i])
        alike &= np.abs(inks[i:end] - inks[i]) <= SAME_INK
        count = int(alike.sum())
        least = LEAST_SURE_STROKES if inks[i] >= SURE_LEVEL else LEAST_STROKES
        if count >= least and (best is None or count > best[0]):
            row = others[alike]
            best = (count, PixelBox(*(int(v) for v in (*row[:, :2].min(axis=0), *row[:, 2:].max(axis=0)))))
    return best


def _n_near(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of some rows lie within one of each, itself included."""
    if not rows.size:
        return rows
    counts = np.bincount(rows, minlength=int(rows.max()) + 2)
    near = counts + np.append(counts[1:], 0) + np.append(0, counts[:-1])
    return np.asarray(near[rows])


def _drawn_bar(picture: GreyImage) -> Leftover | None:
    """A level bar, white or black, between two long edges of equal extent."""
    levels = picture.astype(np.int16)
    steps = np.diff(levels, axis=0)
    brighter, darker = _level_edges(np.asarray(steps >= BAR_STEP)), _level_edges(np.asarray(steps <= -BAR_STEP))
    for sign, upper, lower in ((1, brighter, darker), (-1, darker, brighter)):
        for row, left, right in upper:
            for end, other_left, other_right in lower:
                alike = abs(left - other_left) <= 2 and abs(right - other_right) <= 2
                if row < end <= row + THICKEST_BAR_PX and alike and _is_bar(levels, row, end, left, right, sign):
                    return Leftover("a level bar, as a scale bar is", PixelBox(left, row, right, end))
    return None


def _level_edges(steps: BoolImage) -> list[tuple[int, int, int]]:
    """Long runs of steps between two rows: the row below them, their first column and the one behind their last."""
    rows = np.flatnonzero(np.count_nonzero(steps, axis=1) >= SHORTEST_BAR_PX)
    labels, n_runs = ndimage.label(long_runs(steps[rows], SHORTEST_BAR_PX), [[0, 0, 0], [1, 1, 1], [0, 0, 0]])
    if not 0 < n_runs <= MOST_EDGES:
        return []
    longest = LONGEST_BAR * steps.shape[1]
    found = [(int(rows[w[0].start]) + 1, w[1].start, w[1].stop) for w in ndimage.find_objects(labels)]
    return [edge for edge in found if edge[2] - edge[1] <= longest]


def _is_bar(levels: NDArray[np.int16], top: int, bottom: int, left: int, right: int, sign: int) -> bool:
    """Whether what lies between two edges is of one level, white or black, and ends sharply on both sides."""
    inside = levels[top:bottom, left + 2 : right - 2]
    ink = float(np.median(inside))
    if float(np.ptp(inside)) > BAR_SPREAD or (ink if sign > 0 else 255 - ink) < LEAST_LEVEL:
        return False
    beyond = [levels[top:bottom, max(0, left - 6) : max(0, left - 3)], levels[top:bottom, right + 3 : right + 6]]
    return all(end.size and float(((ink - end) * sign >= BAR_STEP / 2).mean()) >= BAR_SHARE for end in beyond)


def _strip_edge(picture: GreyImage) -> Leftover | None:
    """A straight edge near the upper or lower border, beyond which all is of one level."""
    height_px, width_px = picture.shape
    zone = max(4, round(EDGE_ZONE * height_px))
    for at_bottom in (True, False):
        rows = (picture[-zone:] if at_bottom else picture[:zone][::-1]).astype(np.int16)
        steps = np.diff(rows, axis=0)
        share = np.maximum((steps >= EDGE_STEP).mean(axis=1), (steps <= -EDGE_STEP).mean(axis=1))
        for n in np.flatnonzero(share >= EDGE_SHARE):
            beyond = rows[n + 1 :]
            if len(beyond) < LEAST_EDGE_ROWS:
                continue
            apart = np.abs(beyond - np.median(beyond))
            is_frame = len(beyond) <= THICKEST_FRAME_PX
            if np.median(apart) <= FLAT_SPREAD and (is_frame or (apart > INK_CONTRAST).mean() >= LEAST_INK):
                top = height_px - len(beyond) if at_bottom else 0
                return Leftover(
                    "a straight edge with one level beyond it", PixelBox(0, top, width_px, top + len(beyond))
                )
    return None
