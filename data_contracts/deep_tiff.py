"""TIFFs that Pillow reads wrongly or not at all: 16 bits a channel in colour, 16 bits with white as zero, float64 ...

Pillow cuts 16-bit colour down to its upper bytes, which leaves 16 grey levels of a 12-bit picture, leaves 16-bit
pictures with white as zero inverted, and takes signed values of 8 bits for unsigned ones. tifffile gives the values as
they are stored.
"""

import io
import struct
from dataclasses import dataclass

import numpy as np
import tifffile
from numpy.typing import NDArray

LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601, as for all other colour pictures."""
_PHOTOMETRIC, _SAMPLES, _BITS, _SAMPLE_FORMAT = 262, 277, 258, 339
_SIGNED = 2
_WHITE_IS_ZERO = 0
_ERRORS = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    EOFError,
    RuntimeError,
    MemoryError,
    struct.error,
)
"""What tifffile raises on damaged files, and where a compression needs a package that is not there."""


@dataclass(frozen=True, slots=True)
class DeepTiff:
    """The first page of a TIFF."""

    values: NDArray[np.generic]
    """Shape (height, width): the stored grey values or the luma of the stored colours, white the largest."""
    bit_depth: int
    n_frames: int
    tags: dict[int, str]
    """Text of all tags that hold some."""


def is_misread_by_pillow(tags: dict[int, object]) -> bool:
    """Whether a TIFF has to be decoded here by its tags: deep colours, deep ones with white as zero, signed ones."""
    bits, form = tags.get(_BITS, 1), tags.get(_SAMPLE_FORMAT, 1)
    deepest = max(bits) if isinstance(bits, tuple) else bits
    if deepest == 8 and _SIGNED in (form if isinstance(form, tuple) else (form,)):
        return True
    if not isinstance(deepest, int) or deepest <= 8:
        return False
    samples, photometric = tags.get(_SAMPLES, 1), tags.get(_PHOTOMETRIC)
    return (isinstance(samples, int) and samples >= 3) or photometric == _WHITE_IS_ZERO


def read_deep_tiff(content: bytes, max_pixels: int) -> DeepTiff | None:
    """The first page of a TIFF, in memory; None if tifffile cannot read it either, or it is too large."""
    try:
        with tifffile.TiffFile(io.BytesIO(content)) as tiff:
            page = tiff.pages.first
            if page.imagewidth * page.imagelength > max_pixels:
                return None
            stored = page.asarray()
            values = _grey(np.asarray(stored), int(page.samplesperpixel))
            if values is None:
                return None
            if int(page.photometric) == _WHITE_IS_ZERO:
                values = values.max() - values.astype(np.float64)
            texts = {int(tag.code): _text(tag.value) for tag in page.tags if isinstance(tag.value, str | bytes)}
            return DeepTiff(values, int(page.bitspersample), len(tiff.pages), texts)
    except _ERRORS:
        return None


def _grey(stored: NDArray[np.generic], samples: int) -> NDArray[np.generic] | None:
    if stored.ndim == 2:
        return stored
    if stored.ndim != 3 or samples < 2:
        return None
    colours = stored if stored.shape[-1] == samples else np.moveaxis(stored, 0, -1)
    if samples < 3:
        return np.asarray(colours[..., 0])
    return np.asarray(colours[..., :3].astype(np.float64) @ np.array(LUMA))


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
