"""A rendered page made ready for OCR: upright, straight, without pictures and rulings."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from data_contracts.pixels import GreyImage as Grey
from data_contracts.records import Box
from fractocurate.reports.extreme_filters import maximum_filter
from fractocurate.reports.lines import Ruling
from fractocurate.reports.paper import LARGEST_COARSE_PX, Mask, ink_of, on_white, reduced, resampled
from fractocurate.reports.pictures import PagePicture
from fractocurate.reports.rulings import broken_lines, pixel_rulings
from fractocurate.reports.toned_areas import picture_mask
from fractocurate.reports.uprighting import ascender_share, line_contrast, straightened, without_long_runs
from fractocurate.reports.white_on_dark import inverted_cells

_COARSE_DPI = 75.0
_SMALLEST_INK_SHARE = 2e-5
_SURE_UPRIGHT = 0.06
"""How far the share of ascenders must be from one half to decide between upright and upside down."""
_SURE_LINES = 6
"""Pieces of text lines that this decision needs."""


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
    cv2.setNumThreads(1)  # the workers are the parallelism
    factor = _coarse_factor(grey.size, dpi)
    small = reduced(grey, factor)
    ink = ink_of(small) & ~picture_mask(small, dpi / factor)
    if ink.mean() < _SMALLEST_INK_SHARE:
        return CleanPage(grey, 0, 0.0, is_direction_sure=True, rulings=(), is_blank=True)
    text = without_long_runs(ink, dpi / factor)
    across, skew_across = line_contrast(text)
    down, skew_down = line_contrast(np.rot90(text))
    rotation = 0
    skew = skew_across
    if down > 1.15 * across:
        rotation, skew = 270, skew_down
        grey = np.ascontiguousarray(np.rot90(grey))
    grey = straightened(grey, skew)
    grey = inverted_cells(grey, reduced(grey, factor), factor, dpi / factor)
    small = reduced(grey, factor)
    pictures = picture_mask(small, dpi / factor)
    fine = _fine_factor(factor)
    ink = ink_of(reduced(grey, fine))
    ascending, n_lines = ascender_share(ink & ~resampled(pictures, ink.shape, factor / fine), dpi / fine)
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
    if n_px <= LARGEST_COARSE_PX:
        return by_resolution
    # Even, for some steps work at half of it.
    return max(by_resolution, 2 * math.ceil(math.sqrt(n_px / LARGEST_COARSE_PX) / 2))


def _fine_factor(factor: int) -> int:
    """The same for the picture in which single lines are looked at, at about twice the resolution of the coarse one."""
    return max(1, (factor + 1) // 2)


def _wiped(grey: Grey, ink: Mask, pictures: Mask, factor: int, dpi: float) -> tuple[Grey, list[Ruling]]:
    """Even white paper without pictures and rulings: Tesseract loses time on the first, characters to the second."""
    fine = _fine_factor(factor)
    rulings, mask = pixel_rulings(ink, dpi / fine)
    mask |= broken_lines(ink, dpi / fine)
    wiped = on_white(grey, factor)
    # A ruling is a little wider than its darkest pixels.
    _fill(wiped, maximum_filter(mask, 3), fine)
    _fill(wiped, pictures, factor)
    return wiped, rulings


def _fill(grey: Grey, mask: Mask, factor: int) -> None:
    white = np.where(mask, np.uint8(255), np.uint8(0))
    full = cv2.resize(white, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
    rows, columns = min(grey.shape[0], full.shape[0]), min(grey.shape[1], full.shape[1])
    part = grey[:rows, :columns]
    np.maximum(part, full[:rows, :columns], out=part)
