"""Which way the lines of a scanned page run, how far they are askew, and whether they stand on their heads."""

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from data_contracts.pixels import GreyImage as Grey
from fractocurate.reports.paper import Mask

_LARGEST_SKEW_DEG = 6.0
_LOWEST_LINE_INCH, _HIGHEST_LINE_INCH = 0.053, 0.4
_FEWEST_INK_INCH = 0.08
"""Ink across the fullest row of a piece of a line: less is no print."""


def line_contrast(text: Mask) -> tuple[float, float]:
    """How sharply rows of text and white rows alternate at the best angle, and that angle (counter-clockwise).

    Dark pixels are projected along slightly tilted rows; straight lines give the most uneven profile.
    """
    ys, xs = np.nonzero(text)
    if len(ys) > 60_000:
        keep = np.linspace(0, len(ys) - 1, 60_000).astype(np.intp)
        ys, xs = ys[keep], xs[keep]
    if len(ys) == 0:
        return 0.0, 0.0

    def contrast(angle_deg: float) -> float:
        rows = ys - xs * np.tan(np.radians(angle_deg))
        profile = np.bincount(np.round(rows - rows.min()).astype(np.intp)).astype(np.float64)
        # A broken streak of the scanner along one row is not what lines of print are: many rows alike.
        profile = np.minimum(profile, np.percentile(profile[profile > 0], 97))
        return float(np.sum(np.diff(profile) ** 2)) / len(ys)

    best = 0.0
    for step, reach in ((0.5, _LARGEST_SKEW_DEG), (0.1, 0.5), (0.05, 0.1)):
        angles = best + np.arange(-reach, reach + step / 2, step)
        best = float(max(angles, key=lambda a: (contrast(a), -abs(a))))
    return contrast(best), best


def straightened(grey: Grey, skew_deg: float) -> Grey:
    """The page turned counter-clockwise, its corners filled with the tone of its paper."""
    if abs(skew_deg) < 0.1:
        return grey
    paper = int(np.percentile(grey[::8, ::8], 90))
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), skew_deg, 1.0)
    turned: Grey = np.asarray(cv2.warpAffine(grey, turn, (width, height), borderValue=paper), np.uint8)
    return turned


def ascender_share(ink: Mask, dpi: float) -> tuple[float, int]:
    """Ink above the x-height over ink above it and below the base line, and the number of pieces of lines counted.

    About 0.75 for upright Latin text. Lines with digits and capitals only have neither and hardly count.
    """
    ink = without_long_runs(ink, dpi / 2)
    above = below = 0.0
    n_lines = 0
    # Strips keep lines of text apart that stand side by side at different heights.
    for strip in np.array_split(ink, 4, axis=1):
        a, b, n = _tails(strip.sum(axis=1).astype(np.float64), dpi)
        above, below, n_lines = above + a, below + b, n_lines + n
    return (above / (above + below) if above + below > 0 else 0.5), n_lines


def without_long_runs(ink: Mask, dpi: float) -> Mask:
    """Ink without connected pieces longer than an inch: rulings, frames and blots say nothing about text lines."""
    labels, count = ndimage.label(ink, structure=np.ones((3, 3)))
    long = [0]
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        if max(rows.stop - rows.start, columns.stop - columns.start) > dpi:
            long.append(index)
    keep = np.ones(count + 1, dtype=bool)
    keep[long] = False
    kept: Mask = keep[labels]
    return kept


def _tails(profile: npt.NDArray[np.float64], dpi: float) -> tuple[float, float, int]:
    above = below = 0.0
    n_lines = 0
    labels, _ = ndimage.label(profile > 0)
    for (rows,) in ndimage.find_objects(labels):
        line = profile[rows]
        if not _LOWEST_LINE_INCH * dpi <= len(line) <= _HIGHEST_LINE_INCH * dpi or line.max() < _FEWEST_INK_INCH * dpi:
            continue
        body = np.nonzero(line > 0.42 * line.max())[0]
        first, last = int(body[0]), int(body[-1])
        if last - first < 0.3 * len(line):
            continue
        above += float(line[:first].sum())
        below += float(line[last + 1 :].sum())
        n_lines += 1
    return above, below, n_lines
