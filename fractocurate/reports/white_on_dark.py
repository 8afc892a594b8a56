"""White print on dark cells, turned into dark print on white: table headers are often set so."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from data_contracts.pixels import GreyImage
from fractocurate.reports.extreme_filters import maximum_filter, minimum_filter

_DARK = 0.55
_LEAST_FILL = 0.8
_EVEN_TONE = 24
_EVEN_SHARE = 0.55
_BRIGHT_SHARES = (0.015, 0.4)
"""Below it there is no print in the cell; above it the cell is a row of bold dark letters."""


def inverted_cells(grey: GreyImage, small: GreyImage, factor: int, dpi: float) -> GreyImage:
    """The page with its dark cells inverted; the page itself where there are none.

    Args:
        grey: straight and at full resolution.
        small: the same, reduced by ``factor``.
        factor: pixels of ``grey`` along each side of one of ``small``.
        dpi: of ``small``.
    """
    paper = float(np.percentile(small[::4, ::4], 90))
    dark = small < _DARK * paper
    if dark.mean() < 0.002:
        return grey
    # Strokes of white letters are bridged, thin dark lines and letters removed. Filters of even size would shift them.
    bridge, least_height, least_width = (max(3, round(inch * dpi) | 1) for inch in (0.05, 0.1, 0.3))
    closed = _eroded(_dilated(dark, (bridge, bridge)), (bridge, bridge))
    opened = _dilated(_eroded(closed, (least_height, least_width)), (least_height, least_width))
    labels, _ = ndimage.label(opened)
    result = grey
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        if (labels[rows, columns] == index).mean() < _LEAST_FILL:
            continue
        window = (slice(rows.start * factor, rows.stop * factor), slice(columns.start * factor, columns.stop * factor))
        # Without its margin, where the paper around it begins.
        tone = _dark_tone(grey[window][factor:-factor, factor:-factor], paper)
        if tone is not None:
            result = grey.copy() if result is grey else result
            around = _tone_around(small, dark, rows, columns, paper)
            result[window] = np.clip(around + tone - grey[window].astype(np.float32), 0, around).astype(np.uint8)
    return result


def _tone_around(small: GreyImage, dark: npt.NDArray[np.bool_], rows: slice, columns: slice, paper: float) -> float:
    """Tone of the paper beside a cell: where the light is uneven, the page's own would leave a bright patch."""
    margin = max(4, (rows.stop - rows.start) // 2)
    window = (
        slice(max(0, rows.start - margin), rows.stop + margin),
        slice(max(0, columns.start - margin), columns.stop + margin),
    )
    beside = small[window][~dark[window]]
    return float(np.median(beside)) if beside.size else paper


def _dark_tone(pixels: GreyImage, paper: float) -> int | None:
    """The tone of a cell that is evenly dark but for some bright strokes; None if it is no such cell."""
    counts = np.bincount(pixels.ravel(), minlength=256)
    tone = int(counts[: max(1, int(_DARK * paper))].argmax())
    even = counts[max(0, tone - _EVEN_TONE) : tone + _EVEN_TONE + 1].sum() / pixels.size
    bright = counts[int((tone + paper) / 2) :].sum() / pixels.size
    return tone if even > _EVEN_SHARE and _BRIGHT_SHARES[0] < bright < _BRIGHT_SHARES[1] else None


def _dilated(mask: npt.NDArray[np.bool_], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    grown: npt.NDArray[np.bool_] = maximum_filter(mask, size)
    return grown


def _eroded(mask: npt.NDArray[np.bool_], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    shrunk: npt.NDArray[np.bool_] = minimum_filter(mask, size)
    return shrunk
