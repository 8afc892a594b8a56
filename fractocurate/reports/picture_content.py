"""The part of a picture that a microscope saw, and whether any did."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from fractocurate.leakage.fingerprints import MIN_CONTRAST_GREY_LEVELS
from fractocurate.micrographs.data_bar import find_data_bar
from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.overlay import find_overlay

Grey = npt.NDArray[np.uint8]

_BAR_SEARCH_PX = 800
"""Longest side at which data bars are looked for: lettering is legible there, and it is quick."""
_SCAN_PERCENTILES = (0.5, 99.5)
_PAPER_TONE = 24
"""Grey levels that paper is darker than the brightest of a page at most."""
_DARKEST_PAPER = 200
_PAPER_SHARE = 0.7
_FLAT_TONE = 4
_N_TONES = 4
_FLAT_SHARE = 0.93
"""Of a picture in so few tones: a logo, if they are far apart. What of a micrograph is not black has more tones."""
_LEAST_LOGO_CONTRAST = 20.0
_THICKEST_RIM = 0.03
"""Of a picture's side."""
_BLACK_RIM = 60
_WHITE_RIM = 215
_RIM_CONTRAST = 40
_RIM_TONE = 25
_RIM_SHARE = 0.6


def without_data_bar(grey: Grey) -> Grey:
    """The part of a picture that the microscope saw, as the archive's own frames are cropped."""
    height_px, width_px = grey.shape
    factor = max(1, round(max(height_px, width_px) / _BAR_SEARCH_PX))
    crop = _crop(_reduced(grey, factor))
    if crop is None:
        # A scanner leaves grain in the bar, and neither black nor white in its lettering.
        factor *= 2
        crop = _crop(_restored(_reduced(grey, factor)))
    if crop is None or crop.area == 0:
        return _without_rims(grey)
    box = PixelBox(
        crop.left * factor,
        crop.top * factor,
        min(width_px, crop.right * factor),
        min(height_px, crop.bottom * factor),
    )
    return _without_rims(box.cut(grey))


def _crop(grey: Grey) -> PixelBox | None:
    """The picture without its bar or the drawing over it; None if it has neither beyond doubt."""
    crop = find_data_bar(grey).crop
    if crop.area < grey.size:
        return crop
    overlay = find_overlay(grey)
    return overlay.crop if overlay is not None and overlay.is_certain else None


def _reduced(grey: Grey, factor: int) -> Grey:
    return grey if factor == 1 else np.asarray(Image.fromarray(grey).reduce(factor))


def _restored(grey: Grey) -> Grey:
    """From full black to full white."""
    low, high = (float(v) for v in np.percentile(grey, _SCAN_PERCENTILES))
    scaled = (grey - low) * (255 / max(high - low, 1.0))
    return np.asarray(np.clip(scaled, 0, 255), dtype=np.uint8)


def _without_rims(grey: Grey) -> Grey:
    """Without thin black or white rims: paper beside a picture, or the rest of a bar, that a scanner has blurred."""
    for _ in range(4):
        grey = np.rot90(grey[_rim_height(grey) :])
    return np.ascontiguousarray(grey)


def _rim_height(grey: Grey) -> int:
    """Rows at the top that are mostly of one extreme tone, if few, and the picture behind them is of another."""
    most = max(1, round(_THICKEST_RIM * len(grey)))
    inside = float(np.median(grey[most::8, ::8]))
    for height, row in enumerate(grey[: most + 1].astype(np.int16)):
        tone = float(np.median(row))
        is_extreme = (tone <= _BLACK_RIM or tone >= _WHITE_RIM) and abs(tone - inside) >= _RIM_CONTRAST
        if not is_extreme or (np.abs(row - tone) <= _RIM_TONE).mean() <= _RIM_SHARE:
            return height
    return 0


def is_drawing(grey: Grey) -> bool:
    """Whether a picture is certainly no micrograph: mostly paper, of a few tones far apart, or empty."""
    height_px, width_px = grey.shape
    sample = grey[:: max(1, height_px // 200), :: max(1, width_px // 200)]
    brightest = float(np.percentile(sample, 98))
    if brightest >= _DARKEST_PAPER and (sample >= brightest - _PAPER_TONE).mean() > _PAPER_SHARE:
        return True
    # Reduced, so that a picture in black dots has its grey levels again.
    factor = max(1, round(max(height_px, width_px) / 100))
    small = np.asarray(Image.fromarray(grey).reduce(factor))
    contrast = float(small.std())
    return contrast < MIN_CONTRAST_GREY_LEVELS or (
        contrast > _LEAST_LOGO_CONTRAST and _share_of_few_tones(small) > _FLAT_SHARE
    )


def _share_of_few_tones(grey: Grey) -> float:
    counts = np.bincount(grey.ravel(), minlength=256).astype(np.float64)
    share = 0.0
    for _ in range(_N_TONES):
        sums = np.convolve(counts, np.ones(2 * _FLAT_TONE + 1), mode="same")
        level = int(sums.argmax())
        share += float(sums[level])
        counts[max(0, level - _FLAT_TONE) : level + _FLAT_TONE + 1] = 0
    return share / grey.size
