"""What the audit keeps of a micrograph: a perceptual hash, a thumbnail and a digest of its pixels."""

import hashlib
import io
from dataclasses import dataclass
from functools import lru_cache

import imagehash
import numpy as np
import numpy.typing as npt
from PIL import Image

from fractocurate.leakage.similarity import SSIM_WINDOW_PX

PHASH_SIZE = 8
"""Side of the pHash in bits: 64 bits in all. Hamming distances of the audit are out of 64."""
_HASHED_SIDE_PX = 96
"""A frame is averaged down to no less than this before ``imagehash.phash`` shrinks it to 32 px: a fifth of the time,
and a hash within some 2 bits of that of the whole frame."""
THUMBNAIL_LONGEST_SIDE_PX = 128
"""Longest side of the picture that SSIM is computed on (Schmid et al., leakage audit)."""
MIN_CONTRAST_GREY_LEVELS = 1.0
"""Below this standard deviation of the thumbnail the hash is made of rounding noise and any two frames look alike."""

GreyFrame = npt.NDArray[np.uint8]
"""Grey levels, shape (height_px, width_px)."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One micrograph as the audit sees it, computed once from the frame without its data bar."""

    phash: str
    """64-bit pHash as 16 hexadecimal digits, most significant bit first."""
    pixel_sha256: str
    """Of width, height and grey levels of the cropped frame: equal for equal pictures in different files."""
    width_px: int
    height_px: int
    """Of the cropped frame."""
    contrast: float
    """Standard deviation of the thumbnail, in grey levels."""
    thumbnail_png: bytes
    """Cropped frame, 8-bit grey, longest side 128 px."""

    @property
    def thumbnail(self) -> GreyFrame:
        """The thumbnail's grey levels, shape (height, width); not to be written to."""
        return _decoded(self.thumbnail_png)

    @property
    def is_featureless(self) -> bool:
        """Whether the frame is so flat (blank, black, saturated) that likeness to another means nothing."""
        return self.contrast < MIN_CONTRAST_GREY_LEVELS


@lru_cache(maxsize=4096)
def _decoded(png: bytes) -> GreyFrame:
    """Some 50 MB at most: a frame of a large archive is compared with several others, and decoding costs the most."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        grey: GreyFrame = np.array(picture)
    grey.setflags(write=False)
    return grey


def fingerprint(grey: GreyFrame) -> Fingerprint:
    """Fingerprint one frame, cropped: an equal data bar makes strangers look alike.

    Args:
        grey: uint8, shape (height_px, width_px), as ``data_contracts.pixels.decode_crop`` returns it.

    Raises:
        ValueError: not such an array, or an empty one. That is a fault of the caller, never of an image file.
    """
    if grey.ndim != 2 or grey.dtype != np.uint8 or grey.size == 0:
        raise ValueError(f"a grey frame is uint8 of shape (height, width), not {grey.dtype} of shape {grey.shape}")
    height_px, width_px = grey.shape
    frame = np.ascontiguousarray(grey)
    picture = Image.fromarray(frame)
    thumbnail = picture.resize(thumbnail_size_px(width_px, height_px), Image.Resampling.LANCZOS)
    png = io.BytesIO()
    thumbnail.save(png, format="PNG")
    digest = hashlib.sha256(f"{width_px}x{height_px}:".encode())
    digest.update(frame.data)
    return Fingerprint(
        phash=phash(picture),
        pixel_sha256=digest.hexdigest(),
        width_px=width_px,
        height_px=height_px,
        contrast=float(np.std(np.asarray(thumbnail))),
        thumbnail_png=png.getvalue(),
    )


def phash(picture: Image.Image) -> str:
    """64-bit pHash of a grey picture as 16 hexadecimal digits."""
    reduced = picture.reduce(max(min(picture.size) // _HASHED_SIDE_PX, 1))
    return str(imagehash.phash(reduced, hash_size=PHASH_SIZE))


def thumbnail_size_px(width_px: int, height_px: int) -> tuple[int, int]:
    """Width and height of the thumbnail: longest side 128 px, shape kept unless that made it thinner than 7 px."""
    scale = THUMBNAIL_LONGEST_SIDE_PX / max(width_px, height_px)
    return max(round(width_px * scale), SSIM_WINDOW_PX), max(round(height_px * scale), SSIM_WINDOW_PX)
