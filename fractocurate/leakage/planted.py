"""Copies planted in an archive's own images: what happens to micrographs on their way through an archive."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from fractocurate.leakage.fingerprints import Fingerprint, GreyFrame, fingerprint
from fractocurate.leakage.local_features import find_features
from fractocurate.leakage.verification import AuditedFrame

_JPEG_QUALITY = 60
_GAIN, _OFFSET = 0.8, 30
"""Of the brightness change, in grey levels: what an operator's hand at the contrast knob does."""
_SHIFT = 0.10
"""Of either side."""
_NOISE_GREY_LEVELS = 4.0
"""Standard deviation; a zoom is acquired anew."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One copy as the audit sees it."""

    kind: str
    print: Fingerprint
    frame: AuditedFrame
    pixels: GreyFrame | None = None
    """Only where asked for."""


def plant_copies(
    grey: GreyFrame, name: str, pixel_size_nm: float | None = None, *, with_pixels: bool = False
) -> Iterator[Planted]:
    """Make one copy of each kind of ``PLANTED_KINDS`` from one cropped frame.

    Args:
        grey: uint8, shape (height_px, width_px).
        name: decides where crops and zooms lie, so that they are the same at every run.
        pixel_size_nm: of the frame; a zoom's is accordingly smaller.
        with_pixels: hand on the copies themselves, too.
    """
    for kind, change in PLANTED_KINDS.items():
        seed = hashlib.sha256(f"{name}\0{kind}".encode()).digest()[:8]
        copy = np.ascontiguousarray(change(grey, np.random.default_rng(int.from_bytes(seed, "big"))))
        zoom = ZOOMS.get(kind, 1)
        size_nm = None if pixel_size_nm is None else pixel_size_nm / zoom
        frame = AuditedFrame(find_features(copy), copy.shape[1], copy.shape[0], size_nm)
        yield Planted(kind, fingerprint(copy), frame, copy if with_pixels else None)


def _re_encoded(grey: GreyFrame, _: np.random.Generator) -> GreyFrame:
    file = io.BytesIO()
    Image.fromarray(grey).save(file, format="JPEG", quality=_JPEG_QUALITY)
    return np.array(Image.open(file))


def _brightness(grey: GreyFrame, _: np.random.Generator) -> GreyFrame:
    changed: GreyFrame = np.clip(grey * _GAIN + _OFFSET, 0, 255).astype(np.uint8)
    return changed


def _shifted(grey: GreyFrame, _: np.random.Generator) -> GreyFrame:
    height, width = (round(side * _SHIFT) for side in grey.shape)
    return grey[height:, width:]


def _crop(share_of_area: float) -> Callable[[GreyFrame, np.random.Generator], GreyFrame]:
    def crop(grey: GreyFrame, rng: np.random.Generator) -> GreyFrame:
        return _part(grey, share_of_area**-0.5, rng)

    return crop


def _zoom(factor: int) -> Callable[[GreyFrame, np.random.Generator], GreyFrame]:
    def zoom(grey: GreyFrame, rng: np.random.Generator) -> GreyFrame:
        height_px, width_px = grey.shape
        part = Image.fromarray(_part(grey, factor, rng)).resize((width_px, height_px), Image.Resampling.BICUBIC)
        noisy = np.asarray(part) + rng.normal(0, _NOISE_GREY_LEVELS, grey.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)

    return zoom


def _part(grey: GreyFrame, factor: float, rng: np.random.Generator) -> GreyFrame:
    """A window whose sides are the frame's divided by a factor, anywhere in it."""
    height_px, width_px = (max(round(side / factor), 1) for side in grey.shape)
    top, left = rng.integers(grey.shape[0] - height_px + 1), rng.integers(grey.shape[1] - width_px + 1)
    return np.ascontiguousarray(grey[top : top + height_px, left : left + width_px])


ZOOMS = {"zoom_2x": 2, "zoom_4x": 4, "zoom_8x": 8}

PLANTED_KINDS: dict[str, Callable[[GreyFrame, np.random.Generator], GreyFrame]] = {
    "re_encoded": _re_encoded,
    "brightness": _brightness,
    "shifted": _shifted,
    "rotated_90": lambda grey, _: np.rot90(grey),
    "rotated_180": lambda grey, _: np.rot90(grey, 2),
    "flipped": lambda grey, _: grey[:, ::-1],
    "crop_75": _crop(0.75),
    "crop_50": _crop(0.50),
    **{kind: _zoom(factor) for kind, factor in ZOOMS.items()},
}
"""By kind, in the order of the tables; the number of a crop is the share of the area that it keeps, in per cent."""
