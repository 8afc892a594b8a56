"""What an image file says about its picture: size, mode, makers' metadata, and whether it is all there."""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import ExifTags, Image
from PIL.TiffImagePlugin import TiffImageFile

FIRST_PRIVATE_TIFF_TAG = 32768
PHENOM_TIFF_TAG = 34683
"""Where Phenom keeps its XML. The same XML stands somewhere in the bytes of its JPEGs, and is given under this code."""
_PHENOM_XML = re.compile(rb"<FeiImage\b.{0,200000}?</FeiImage>", re.DOTALL)
_BITS_OF_MODE = {"1": 1, "I;16": 16, "I;16L": 16, "I;16B": 16, "I;16N": 16, "I": 32, "F": 32}
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    struct.error,
    MemoryError,
)
"""What Pillow's decoders raise on damaged bytes (Pillow has no common base class for it)."""


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What a file says about its picture before any pixel is decoded."""

    width_px: int
    """Of the upright picture."""
    height_px: int
    """Of the upright picture."""
    file_format: str
    """As Pillow names it: ``TIFF``, ``JPEG``, ``PNG`` ..."""
    colour_mode: str
    """As Pillow names it: ``L``, ``RGB``, ``I;16`` ..."""
    bit_depth: int
    """Bits per channel of the file."""
    n_frames: int
    """Pages or frames in the file."""
    orientation: int
    """EXIF orientation, 1 (upright) to 8, already applied to width and height."""
    private_tags: Mapping[int, str]
    """Text of the TIFF tags from 32768 on, where instrument makers keep their metadata, decoded as Latin-1; and 270."""


def header_of(image: Image.Image, content: bytes) -> ImageHeader:
    """The header of an opened file, whose bytes are given too."""
    try:
        orientation = int(image.getexif().get(ExifTags.Base.Orientation, 1) or 1)
        n_frames = int(getattr(image, "n_frames", 1))
        image.seek(0)
    except DECODER_ERRORS:
        orientation, n_frames = 1, 1  # damaged side information: the pixels may still be whole
    if not 1 <= orientation <= 8:
        orientation = 1
    width_px, height_px = image.size
    if orientation >= 5:
        width_px, height_px = height_px, width_px
    return ImageHeader(
        width_px,
        height_px,
        image.format or "",
        image.mode,
        _bit_depth(image, content),
        n_frames,
        orientation,
        _private_tags(image, content),
    )


def _bit_depth(image: Image.Image, content: bytes) -> int:
    if isinstance(image, TiffImageFile):
        bits = image.tag_v2.get(258, (1,))
        return int(bits[0] if isinstance(bits, tuple) else bits)
    if image.format == "PNG" and len(content) > 24:
        return content[24]  # IHDR: width, height, then bits per sample (PNG specification, 11.2.2)
    return _BITS_OF_MODE.get(image.mode, 8)


def _private_tags(image: Image.Image, content: bytes) -> dict[int, str]:
    if not isinstance(image, TiffImageFile):
        phenom = _PHENOM_XML.search(content)
        return {PHENOM_TIFF_TAG: phenom[0].decode("utf-8", "replace")} if phenom else {}
    texts: dict[int, str] = {}
    for code in image.tag_v2:
        if code < FIRST_PRIVATE_TIFF_TAG and code != ExifTags.Base.ImageDescription:
            continue
        try:
            value = image.tag_v2[code]
        except DECODER_ERRORS:
            continue  # one damaged tag says nothing about the others
        if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], str | bytes):
            value = value[0]
        if isinstance(value, bytes):
            texts[code] = value.decode("latin-1")
        elif isinstance(value, str):
            texts[code] = value
    return texts


def ends_early(content: bytes, image: Image.Image) -> bool:
    """Whether the file is shorter than its own structure says."""
    if isinstance(image, TiffImageFile):
        offsets, counts = image.tag_v2.get(273) or image.tag_v2.get(324), image.tag_v2.get(279) or image.tag_v2.get(325)
        if isinstance(offsets, tuple) and isinstance(counts, tuple):
            return any(int(o) + int(c) > len(content) for o, c in zip(offsets, counts, strict=False))
        return False
    if image.format == "JPEG":
        return b"\xff\xd9" not in content
    if image.format == "PNG":
        return b"IEND" not in content[-1024:] and b"IEND" not in content
    if image.format == "BMP" and len(content) >= 54:
        offset, width, height, _, bits, compression = struct.unpack_from("<I4xiiHHI", content, 10)
        needed = offset + (abs(width) * bits + 31) // 32 * 4 * abs(height)
        return bool(compression == 0 and len(content) < needed)
    return False


def tiff_directory_is_missing(content: bytes) -> bool:
    """Whether a TIFF ends before its first directory does."""
    if content[:4] not in (b"II*\x00", b"MM\x00*"):
        return False
    if len(content) < 8:
        return True
    (offset,) = struct.unpack_from("<I" if content[:2] == b"II" else ">I", content, 4)
    return int(offset) + 2 > len(content)
