"""A rendered page made ready for OCR: upright, straight, without pictures and rulings."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter
from scipy import ndimage

from data_contracts.records import Box
from fractocurate.reports.lines import Ruling
from fractocurate.reports.pictures import PagePicture
from fractocurate.reports.rulings import broken_lines, pixel_rulings
from fractocurate.reports.white_on_dark import inverted_cells

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_COARSE_DPI = 75.0
_LARGEST_COARSE_PX = 5_000_000
"""Large drawings are looked at more coarsely still: time and memory grow with the pixels."""
_LARGEST_SKEW_DEG = 6.0
_SMALLEST_INK_SHARE = 2e-5
_STRAIGHT_PICTURE_FILL = 0.85
"""A straight picture fills its box; two that touch at a corner do not, and text may stand in the corners."""
_BAND_PX = 512
_EVEN_TONE = 6
_EVEN_SHARE = 0.6
_DARKEST_SHADE = 130
_FIT_ROUNDS = 12
_WEIGHT_BELOW, _WEIGHT_ABOVE = 0.03, 0.1
_SMOOTHED_NOISE = 6.0
"""Grain above it is smoothed: sparse-text OCR reads it as characters."""
_SURE_UPRIGHT = 0.06
"""How far the share of ascenders must be from one half to decide between upright and upside down."""
_SURE_LINES = 6
"""Pieces of text lines that this decision needs."""
_LOWEST_LINE_INCH, _HIGHEST_LINE_INCH = 0.053, 0.4
_FEWEST_INK_INCH = 0.08
"""Ink across the fullest row of a piece of a line: less is no print."""


@dataclass(frozen=True, slots=True)
class CleanPage:
    """A page as Tesseract gets it."""

    grey: Grey
    """(height, width), uint8."""
    rotation_deg: int
    """Clockwise rotation applied: 0, 90, 180 or 270."""
    skew_deg: float
    """Counter-clockwise turn applied to straighten the lines."""
    is_direction_sure: bool
    """False if upright and upside down look alike: Tesseract's orientation detection has to decide."""
    rulings: tuple[Ruling, ...]
    """In points of the cleaned page."""
    is_blank: bool
    pictures: tuple[PagePicture, ...] = ()
    """What was wiped as a picture, in points of the cleaned page."""


def clean_page(grey: Grey, dpi: float) -> CleanPage:
    """Turn, straighten, and wipe pictures and rulings.

    Args:
        grey: (height, width), uint8, as rendered.
        dpi: its resolution.
    """
    factor = _coarse_factor(grey.size, dpi)
    small = _reduced(grey, factor)
    ink = _ink(small) & ~_picture_mask(small, dpi / factor)
    if ink.mean() < _SMALLEST_INK_SHARE:
        return CleanPage(grey, 0, 0.0, is_direction_sure=True, rulings=(), is_blank=True)
    text = _without_long_runs(ink, dpi / factor)
    across, skew_across = _line_contrast(text)
    down, skew_down = _line_contrast(np.rot90(text))
    rotation = 0
    skew = skew_across
    if down > 1.15 * across:
        rotation, skew = 270, skew_down
        grey = np.ascontiguousarray(np.rot90(grey))
    grey = _straightened(grey, skew)
    grey = inverted_cells(grey, _reduced(grey, factor), factor, dpi / factor)
    small = _reduced(grey, factor)
    pictures = _picture_mask(small, dpi / factor)
    fine = _fine_factor(factor)
    ink = _ink(_reduced(grey, fine))
    ascending, n_lines = _ascender_share(ink & ~_resampled(pictures, ink.shape, factor / fine), dpi / fine)
    is_sure = abs(ascending - 0.5) >= _SURE_UPRIGHT and n_lines >= _SURE_LINES
    if is_sure and ascending < 0.5:
        rotation = (rotation + 180) % 360
        grey = np.ascontiguousarray(grey[::-1, ::-1])
        pictures, ink = pictures[::-1, ::-1], np.ascontiguousarray(ink[::-1, ::-1])
    cut_out = _cut_out(grey, pictures, factor, dpi)
    grey, rulings = _wiped(grey, ink, pictures, factor, dpi)
    return CleanPage(
        grey,
        rotation,
        round(skew, 2),
        is_direction_sure=is_sure,
        rulings=tuple(rulings),
        is_blank=False,
        pictures=cut_out,
    )


def turned_over(page: CleanPage, dpi: float) -> CleanPage:
    """The same page turned by half a circle."""
    height_pt, width_pt = (side * 72.0 / dpi for side in page.grey.shape)
    rulings = tuple(Ruling(width_pt - r.x1, height_pt - r.y1, width_pt - r.x0, height_pt - r.y0) for r in page.rulings)
    pictures = tuple(
        PagePicture(
            Box(width_pt - p.box.right, height_pt - p.box.bottom, width_pt - p.box.left, height_pt - p.box.top),
            np.ascontiguousarray(p.grey[::-1, ::-1]),
        )
        for p in page.pictures
    )
    return CleanPage(
        np.ascontiguousarray(page.grey[::-1, ::-1]),
        (page.rotation_deg + 180) % 360,
        page.skew_deg,
        is_direction_sure=True,
        rulings=rulings,
        is_blank=page.is_blank,
        pictures=pictures,
    )


def _cut_out(grey: Grey, mask: Mask, factor: int, dpi: float) -> tuple[PagePicture, ...]:
    """The pictures of a page, from its upright and straightened pixels."""
    labels, _ = ndimage.label(mask)
    pictures = []
    for rows, columns in ndimage.find_objects(labels):
        top, left = rows.start * factor, columns.start * factor
        pixels = grey[top : rows.stop * factor, left : columns.stop * factor].copy()
        scale = 72.0 / dpi
        box = Box(left * scale, top * scale, (left + pixels.shape[1]) * scale, (top + pixels.shape[0]) * scale)
        pictures.append(PagePicture(box, pixels))
    return tuple(pictures)


def _coarse_factor(n_px: int, dpi: float) -> int:
    """How many pixels of the page are one in the coarse picture of it, along each side."""
    by_resolution = max(1, round(dpi / _COARSE_DPI))
    if n_px <= _LARGEST_COARSE_PX:
        return by_resolution
    # Even, for some steps work at half of it.
    return max(by_resolution, 2 * math.ceil(math.sqrt(n_px / _LARGEST_COARSE_PX) / 2))


def _fine_factor(factor: int) -> int:
    """The same for the picture in which single lines are looked at, at about twice the resolution of the coarse one."""
    return max(1, (factor + 1) // 2)


def _resampled(mask: Mask, shape: tuple[int, ...], ratio: float) -> Mask:
    """A coarse mask at a resolution that is ``ratio`` times finer."""
    rows, columns = (
        np.minimum((np.arange(n) / ratio).astype(np.intp), m - 1) for n, m in zip(shape, mask.shape, strict=True)
    )
    fine: Mask = mask[rows][:, columns]
    return fine


def _reduced(grey: Grey, factor: int) -> Grey:
    if factor == 1:
        return grey
    small: Grey = np.asarray(Image.fromarray(grey).reduce(factor))
    return small


def _ink(grey: Grey) -> Mask:
    """Pixels clearly darker than the paper around them."""
    if grey.size > _LARGEST_COARSE_PX // 4:
        # The tone of the paper changes slowly: found on a quarter of the pixels, in a third of the time.
        smooth = _reduced(grey, 2)
        paper = ndimage.uniform_filter(ndimage.maximum_filter(smooth, size=5), size=7)
        height, width = grey.shape
        paper = np.repeat(np.repeat(paper, 2, axis=0), 2, axis=1)[:height, :width]
    else:
        paper = ndimage.uniform_filter(ndimage.maximum_filter(ndimage.uniform_filter(grey, size=3), size=9), size=15)
    ink: Mask = grey < paper - np.minimum(paper, np.maximum(paper // 5, 12))
    return ink


def _picture_mask(small: Grey, dpi: float) -> Mask:
    """Large areas that are nowhere paper: micrographs, but not shaded tables, whose shade is even."""
    level = small / _paper_tone(small)
    toned = (level < 0.88).astype(np.float32)
    dense = ndimage.uniform_filter(toned, size=max(3, round(dpi * 0.2))) > 0.62
    # Cut the bridges that a dense caption makes between pictures.
    side = max(3, round(dpi * 0.3))
    opened = ndimage.maximum_filter(ndimage.minimum_filter(dense, size=side), size=side)
    labels, _ = ndimage.label(opened)
    mask: Mask = np.zeros(small.shape, dtype=bool)
    smallest, margin = 0.7 * dpi, max(1, round(0.04 * dpi))
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        if min(rows.stop - rows.start, columns.stop - columns.start) < smallest:
            continue
        own = ndimage.binary_fill_holes(labels[rows, columns] == index)
        if _is_even(np.clip(level[rows, columns][own] * 200, 0, 255).astype(np.uint8)):
            continue
        if own.mean() > _STRAIGHT_PICTURE_FILL:
            top, left = max(0, rows.start - margin), max(0, columns.start - margin)
            box = toned[top : rows.stop + margin, left : columns.stop + margin]
            inner_rows, inner_columns = _full_part(box.mean(axis=1)), _full_part(box.mean(axis=0))
            mask[top : rows.stop + margin, left : columns.stop + margin][inner_rows, inner_columns] = True
        else:
            mask[rows, columns] |= own
    return mask


def _paper_tone(small: Grey) -> npt.NDArray[np.float64]:
    """Tone of the bare paper, a smooth surface over the page: scans grow darker towards the spine or the lamp's end."""
    side = max(8, min(small.shape) // 24)
    rows, columns = small.shape[0] // side, small.shape[1] // side
    blocks = small[: rows * side, : columns * side].reshape(rows, side, columns, side).swapaxes(1, 2)
    bright = np.percentile(blocks.reshape(rows, columns, -1), 90, axis=2).ravel()
    y, x = (g.ravel() for g in np.mgrid[0:rows, 0:columns])
    design = _surface_terms(x / columns, y / rows)
    weights = np.ones(len(bright))
    coefficients: npt.NDArray[np.floating] = np.zeros(design.shape[1])
    for _ in range(_FIT_ROUNDS):
        root = np.sqrt(weights)
        coefficients, *_rest = np.linalg.lstsq(design * root[:, None], bright * root, rcond=None)
        # Blocks that lie in a picture are darker than the surface through the paper; strong shade is no picture.
        # A few brighter ones are corners that straightening has filled, or a sticker.
        ratio = bright / np.maximum(design @ coefficients, 1.0)
        weights = np.where(ratio < 0.97, _WEIGHT_BELOW, np.where(ratio > 1.06, _WEIGHT_ABOVE, 1.0))
    x = (np.arange(small.shape[1]) / side - 0.5) / columns
    y = ((np.arange(small.shape[0]) / side - 0.5) / rows)[:, None]
    level, along_x, along_y, bent_x, twisted, bent_y = coefficients
    surface: npt.NDArray[np.float64] = (level + along_x * x + bent_x * x * x) + (along_y + twisted * x + bent_y * y) * y
    return np.maximum(surface, 1.0)


def _surface_terms(x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Of a surface of the second order: light falls off faster the farther away it is."""
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1).astype(np.float64)


def _full_part(shares: npt.NDArray[np.floating]) -> slice:
    """From the first to the last row (or column) that is toned nearly throughout: captions beside it are not."""
    full = np.nonzero(shares > 0.7)[0]
    return slice(max(0, int(full[0]) - 1), int(full[-1]) + 2) if len(full) else slice(None)


def _is_even(pixels: Grey) -> bool:
    """Whether most pixels share one tone, as a shaded table's do under its text."""
    counts = np.bincount(pixels.ravel(), minlength=256)
    mode = int(counts.argmax())
    near = counts[max(0, mode - _EVEN_TONE) : mode + _EVEN_TONE + 1].sum()
    return bool(mode > _DARKEST_SHADE and near > _EVEN_SHARE * pixels.size)


def _without_long_runs(ink: Mask, dpi: float) -> Mask:
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


def _line_contrast(text: Mask) -> tuple[float, float]:
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


def _straightened(grey: Grey, skew_deg: float) -> Grey:
    if abs(skew_deg) < 0.1:
        return grey
    paper = int(np.percentile(grey[::8, ::8], 90))
    turned = Image.fromarray(grey).rotate(skew_deg, resample=Image.Resampling.BILINEAR, fillcolor=paper)
    return np.asarray(turned)


def _ascender_share(ink: Mask, dpi: float) -> tuple[float, int]:
    """Ink above the x-height over ink above it and below the base line, and the number of pieces of lines counted.

    About 0.75 for upright Latin text. Lines with digits and capitals only have neither and hardly count.
    """
    ink = _without_long_runs(ink, dpi / 2)
    above = below = 0.0
    n_lines = 0
    # Strips keep lines of text apart that stand side by side at different heights.
    for strip in np.array_split(ink, 4, axis=1):
        a, b, n = _tails(strip.sum(axis=1).astype(np.float64), dpi)
        above, below, n_lines = above + a, below + b, n_lines + n
    return (above / (above + below) if above + below > 0 else 0.5), n_lines


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


def _wiped(grey: Grey, ink: Mask, pictures: Mask, factor: int, dpi: float) -> tuple[Grey, list[Ruling]]:
    """Even white paper without pictures and rulings: Tesseract loses time on the first, characters to the second."""
    fine = _fine_factor(factor)
    rulings, mask = pixel_rulings(ink, dpi / fine)
    mask |= broken_lines(ink, dpi / fine)
    wiped = _on_white(grey, factor)
    # A ruling is a little wider than its darkest pixels.
    _fill(wiped, ndimage.maximum_filter(mask, size=3), fine)
    _fill(wiped, pictures, factor)
    return wiped, rulings


def _on_white(grey: Grey, factor: int) -> Grey:
    """Divide by the tone of the paper around: grey scans and shaded cells become white, and so does their grain."""
    small = _reduced(grey, factor)
    paper = ndimage.uniform_filter(ndimage.maximum_filter(ndimage.uniform_filter(small, size=3), size=9), size=9)
    height, width = grey.shape
    full = np.asarray(Image.fromarray(paper).resize((width, height), Image.Resampling.BILINEAR))
    noise = _noise(grey)
    if noise > _SMOOTHED_NOISE:
        radius = min(1.6, noise / 8)
        grey = np.asarray(Image.fromarray(grey).filter(ImageFilter.GaussianBlur(radius)))
    grain = min(0.35, max(0.12, 2.0 * noise / max(float(np.median(paper)), 1.0)))
    stretch = np.uint32(255 / (1 - grain))
    result: Grey = np.empty_like(grey)
    # In bands: four bytes a pixel of a whole drawing would not fit a worker's memory.
    for top in range(0, height, _BAND_PX):
        band = slice(top, top + _BAND_PX)
        white = grey[band].astype(np.uint32) * stretch // np.maximum(full[band], 32)
        result[band] = np.minimum(white, 255)
    return result


def _noise(grey: Grey) -> float:
    """Standard deviation of the grain: robust, so that text and pictures do not count."""
    sample = grey[::9].astype(np.int16)
    return float(np.median(np.abs(sample[:, 2:] - sample[:, :-2]))) * 1.4826 / 2**0.5


def _fill(grey: Grey, mask: Mask, factor: int) -> None:
    full = np.repeat(np.repeat(mask, factor, axis=0), factor, axis=1)
    rows, columns = min(grey.shape[0], full.shape[0]), min(grey.shape[1], full.shape[1])
    grey[:rows, :columns][full[:rows, :columns]] = 255
