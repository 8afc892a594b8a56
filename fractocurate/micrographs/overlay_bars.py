"""Scale bars and rulers drawn straight over the picture: white or black, level, and standing out on all sides."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from data_contracts.pixels import GreyImage
from fractocurate.micrographs.flatness import BoolImage, PixelBox
from fractocurate.micrographs.lettering import FULLEST_MASK, LetterLine
from fractocurate.micrographs.scale_bar import FULL_ROW, ScaleBar, find_scale_bars

WHITE_FROM, BLACK_TO = 236, 16
"""Drawn white and black with what JPEG makes of them."""
FAINT_WHITE_FROM, FAINT_BLACK_TO = 180, 70
PERFECT_LENGTH_PX = 40
MOST_SOFT_PX = 3
"""By which softened ends of a bar are longer than what is full white or black of it."""
LEAST_BEYOND = 0.6
"""Share of the pixels beyond either end of a bar that differ from it."""
LEAST_BESIDE, LEAST_BESIDE_A_LABEL = 0.8, 0.4
"""Share of a bar's length along which its surroundings differ from it, on one side and on the other."""
SHORTEST_BAR_PX = 20
"""Over a picture; in a solid bar shorter ones are told from letters."""
LEAST_CONTRAST = 25
"""Least mean step across the long edges of a bar, in grey levels."""
THICKEST_PX, THICKEST = 12, 0.025
"""Of a bar, the latter as a share of the frame's height: thicker ones are features of the specimen."""
THICKEST_PERFECT = 0.05
"""The same of a rectangle that is white or black without exception, as picture programs draw them."""
MOST_BARS = 4
UPPER_ZONE, LOWER_ZONE = 0.2, 0.3
"""Shares of the height in which instruments and people write on a picture."""


def find_drawn_bars(grey: GreyImage, lines: Sequence[LetterLine]) -> list[tuple[ScaleBar, bool]]:
    """White and black bars and rulers near the upper and lower border that stand out, and whether they are white.

    Thin ones that were resized are faint: such are looked for only on the rows of text.
    """
    height_px = grey.shape[0]
    zones = np.zeros(height_px, np.bool_)
    zones[: round(UPPER_ZONE * height_px)] = True
    zones[height_px - round(LOWER_ZONE * height_px) :] = True
    beside_text = np.zeros(height_px, np.bool_)
    for line in lines:
        reach = round(2.5 * line.height_px)
        beside_text[max(0, line.box.top - reach) : line.box.bottom + reach] = True
    found: list[tuple[ScaleBar, bool]] = []
    for white, level, rows in (
        (True, WHITE_FROM, zones),
        (False, BLACK_TO, zones),
        (True, FAINT_WHITE_FROM, beside_text),
        (False, FAINT_BLACK_TO, beside_text),
    ):
        if not rows.any():
            continue
        mask = np.asarray(grey >= level if white else grey <= level)
        mask[~rows] = False
        if mask[rows].mean() > FULLEST_MASK:
            continue  # a saturated or black picture hides any drawing of that level
        for bar in find_scale_bars(mask):
            thickness = _thickness(mask, bar)
            is_thin = bar.is_ruler or thickness <= max(THICKEST_PX, THICKEST * height_px)
            is_thin = is_thin or (thickness <= THICKEST_PERFECT * height_px and is_perfect(grey, bar))
            is_known = any(bar.box.overlaps(known.box) for known, _ in found)
            if is_thin and not is_known and bar.length_px >= SHORTEST_BAR_PX and _stands_out(grey, bar, white=white):
                found.append((bar if bar.is_ruler else _measured(grey, bar), white))
    found = [item for item in found if not any(_is_rim(item[0], other) for other, _ in found)]
    return sorted(found, key=lambda item: -item[0].length_px)[:MOST_BARS]


def _is_rim(bar: ScaleBar, other: ScaleBar) -> bool:
    """Whether a bar is the thin dark or bright line that is drawn around another."""
    apart = max(bar.box.top - other.box.bottom, other.box.top - bar.box.bottom)
    alike = abs(bar.box.left - other.box.left) <= 4 and abs(bar.box.right - other.box.right) <= 4
    return alike and apart <= 2 and bar.box.height < other.box.height


def _measured(grey: GreyImage, bar: ScaleBar) -> ScaleBar:
    """The bar with its ends where the level is halfway to that beyond them: JPEG and resizing soften the ends."""
    box = bar.box
    rows = box.cut(grey).astype(np.float64)
    ink = np.median(rows[:, 2:-2], axis=1)
    row = box.top + int(np.argmax(np.abs(ink - np.median(grey))))
    line = grey[row].astype(np.float64)
    beyond = np.concatenate([line[max(0, box.left - 9) : max(0, box.left - 4)], line[box.right + 4 : box.right + 9]])
    if len(bar.parts) != 1 or not beyond.size:
        return bar
    level, outside = float(ink[row - box.top]), float(np.median(beyond))
    drawn = (line - outside) * np.sign(level - outside) > 0.5 * abs(level - outside)  # a rim is on the other side
    before = _n_first(drawn[: box.left][::-1][: MOST_SOFT_PX + 1])
    behind = _n_first(drawn[box.right :][: MOST_SOFT_PX + 1])
    # What goes on further is no soft end but a bright or dark feature that the bar ends on.
    left = box.left - (before if before <= MOST_SOFT_PX else 0)
    right = box.right + (behind if behind <= MOST_SOFT_PX else 0)
    grown = PixelBox(left, box.top, right, box.bottom)
    return replace(bar, box=grown, length_px=bar.length_px + grown.width - box.width, parts=(grown,))


def _n_first(flags: BoolImage) -> int:
    """How many are true before the first that is not."""
    return int(np.argmin(flags)) if not flags.all() else len(flags)


def _thickness(mask: BoolImage, bar: ScaleBar) -> int:
    """Rows of a bar without its end ticks."""
    return int((bar.parts[0].cut(mask).mean(axis=1) >= FULL_ROW).sum())


def is_perfect(grey: GreyImage, bar: ScaleBar) -> bool:
    """Whether a bar has rows that are white or black from end to end and none that are mostly so.

    A saturated streak tapers: between its longest row and the picture lie rows of every length.
    """
    if bar.is_ruler or len(bar.parts) != 1 or bar.box.width < PERFECT_LENGTH_PX:
        return False
    part = bar.box.cut(grey)[:, 3:-3]  # JPEG rings at the ends
    for drawn in (part >= WHITE_FROM, part <= BLACK_TO):
        shares = drawn.mean(axis=1)
        full = int((shares >= 0.995).sum())
        if full >= 2 and not ((shares > 0.6) & (shares < 0.9)).any():
            return True
    return False


def _stands_out(grey: GreyImage, bar: ScaleBar, *, white: bool) -> bool:
    """Whether a bar differs from the picture above, below and beyond both of its ends."""
    if bar.is_ruler:
        return True
    levels = grey.astype(np.int16)
    shares: list[float] = []
    for part in bar.parts:
        middle = part.cut(levels)[:, part.width // 4 : -part.width // 4 or None]
        inside = float(np.median(middle.max(axis=0) if white else middle.min(axis=0)))
        for rows in (slice(max(0, part.top - 4), max(0, part.top - 2)), slice(part.bottom + 2, part.bottom + 4)):
            beside = levels[rows, part.left : part.right]
            if beside.size:
                shares.append(float((np.abs(beside - inside) >= LEAST_CONTRAST).mean()))
    # A label may touch the bar from one side.
    if shares and (max(shares) < LEAST_BESIDE or min(shares) < LEAST_BESIDE_A_LABEL):
        return False
    ends = [levels[bar.box.top : bar.box.bottom, max(0, bar.box.left - 5) : max(0, bar.box.left - 2)]]
    ends.append(levels[bar.box.top : bar.box.bottom, bar.box.right + 2 : bar.box.right + 5])
    apart = [float((np.abs(beyond - inside) >= LEAST_CONTRAST).mean()) for beyond in ends if beyond.size]
    return not apart or min(apart) >= LEAST_BEYOND
