"""Pixels around the fracture: the data bar, and the rim of the crop. A model should not need them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from data_contracts.masks import MaskBox, cut_picture
from data_contracts.pixels import GreyImage, PixelError, decode_grey, read_bytes
from fractotrain.evaluation.answers import Bools, Floats

BAR_PX = (8, 64)
"""Height and width to which a data bar is reduced: layout and logo stay, digits hardly."""
RIM_SHARE = 0.04
"""Of the crop's side; a rim holds frames, gradients and vignettes, and little of the fracture."""
_RIM_PX = (2, 32)
_THREADS = 2


@dataclass(frozen=True, slots=True)
class FramePlaces:
    """Where to look in one file."""

    path: Path
    crop: MaskBox
    bar: MaskBox | None
    """None if the frame has no data bar."""
    masks: tuple[MaskBox, ...] = ()
    """Print inside the crop."""
    pixel_size_nm: float | None = None
    """Of the uncropped frame; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Grey levels from 0 to 1, one row per frame; zeros where there is nothing to see."""

    data_bar: Floats
    border: Floats
    is_read: Bools
    """The others could not be read, and their rows say nothing."""


def read_surroundings(frames: Sequence[FramePlaces]) -> Surroundings:
    """Decode every frame once (some 10 ms each)."""
    with ThreadPoolExecutor(_THREADS) as pool:
        seen = list(pool.map(_look, frames))
    nothing = (np.zeros(BAR_PX[0] * BAR_PX[1]), np.zeros(4 * _RIM_PX[0] * _RIM_PX[1]))
    bars, borders = zip(*(pair if pair is not None else nothing for pair in seen), strict=True)
    return Surroundings(np.stack(bars), np.stack(borders), np.array([pair is not None for pair in seen], bool))


def _look(frame: FramePlaces) -> tuple[Floats, Floats] | None:
    try:
        grey = decode_grey(read_bytes(frame.path)).grey
    except PixelError:
        return None  # counted, and said on the page
    bar = np.zeros(BAR_PX[0] * BAR_PX[1]) if frame.bar is None else _reduced(cut_picture(grey, frame.bar), BAR_PX)
    picture = cut_picture(grey, frame.crop, frame.masks)
    rim = max(1, round(RIM_SHARE * min(picture.shape)))
    sides = (picture[:rim], picture[-rim:], picture[:, :rim].T, picture[:, -rim:].T)
    return bar, np.concatenate([_reduced(side, _RIM_PX) for side in sides])


def _reduced(grey: GreyImage, size_px: tuple[int, int]) -> Floats:
    if not grey.size:
        return np.zeros(size_px[0] * size_px[1])
    reduced = Image.fromarray(np.ascontiguousarray(grey)).resize((size_px[1], size_px[0]), Image.Resampling.BOX)
    return np.asarray(reduced, np.float64).ravel() / 255
