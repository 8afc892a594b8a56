"""Bytes of a micrograph file -> 8-bit grey pixels, by one rule for every bit depth and colour mode.

The rule, in this order:

1. The first page of a multi-page file is the picture.
2. An EXIF or TIFF orientation is applied: it is set by viewers so that the picture, and with it the text of the
data bar,
   stands upright. Width and height are those of the upright picture.
3. Palettes are looked up, transparency is dropped (the colours under it are kept), CMYK becomes RGB, and colour becomes
   grey by ITU-R BT.601 luma, as Pillow's mode ``L`` does.
4. Values of more than 8 bits (16-bit, 32-bit, float) that all lie within 0 to 255 are rounded and kept. Others are
   stretched linearly from their 0.1 % to their 99.9 % percentile onto 0 to 255 and clipped: a 12-bit picture in a
   16-bit file keeps its contrast, and a handful of hot pixels cannot take it away. Not-a-number becomes 0. Of deep
   colours the luma is taken first.
"""

import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import TiffImageFile

from data_contracts.deep_tiff import DeepTiff, is_misread_by_pillow, read_deep_tiff
from data_contracts.image_header import (
    DECODER_ERRORS,
    FIRST_PRIVATE_TIFF_TAG,
    ImageHeader,
    ends_early,
    header_of,
    tiff_directory_is_missing,
)
from data_contracts.masks import MaskBox, cut_picture
from data_contracts.vocabulary import FailureReason

DEFAULT_MAX_PIXELS = 400_000_000
"""Largest picture that is decoded: 20,000 x 20,000 px, beyond any single SEM scan, and 400 MB of grey pixels."""

STRETCH_PERCENTILES = (0.1, 99.9)
"""Ends of the linear stretch of values of more than 8 bits, in per cent."""

GreyImage = NDArray[np.uint8]
"""Shape (height, width), 0 black to 255 white."""

_SIGNATURES = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"II*\x00",
    b"MM\x00*",
    b"II+\x00",
    b"MM\x00+",
    b"GIF8",
    b"BM",
    b"\x00\x00\x00\x0cjP  ",
)
"""First bytes of the formats that microscopes write: a file that begins so and cannot be opened is broken, not
foreign."""
_TIFF_SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its orientation (TIFF 6.0, tag 274)."""

_pillow_limit_lock = threading.Lock()


class PixelError(Exception):
    """A file whose pixels cannot be had. A bad item: callers turn it into a failure row."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """One decoded picture."""

    grey: GreyImage
    header: ImageHeader


def read_bytes(path: Path) -> bytes:
    """The bytes of an image file.

    Raises:
        PixelError: vanished, unreadable or empty file.
    """
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise PixelError(
            FailureReason.VANISHED, f"the file was there when the folder was read and is gone: {error}"
        ) from error
    except OSError as error:
        raise PixelError(FailureReason.UNREADABLE, f"the file cannot be opened: {error}") from error
    if not content:
        raise PixelError(FailureReason.EMPTY_FILE, "the file has 0 bytes")
    return content


def load_grey(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> DecodedImage:
    """Decode an image file to 8-bit grey by the rule of this module.

    Raises:
        PixelError: with the reason why there are no pixels.
    """
    return decode_grey(read_bytes(path), max_pixels)


def decode_crop(
    path: Path, box: MaskBox, masks: Sequence[MaskBox] = (), max_pixels: int = DEFAULT_MAX_PIXELS
) -> GreyImage:
    """The part ``left, top, right, bottom`` (half-open, pixels) of a picture, grey by the same rule as the whole.

    Print inside it, given as boxes in pixels of the whole picture, is filled by the rule of ``masks``.

    Raises:
        PixelError: with the reason why there are no pixels.
        ValueError: the box is empty or leaves the picture.
    """
    grey = load_grey(path, max_pixels).grey
    left, top, right, bottom = box
    height_px, width_px = grey.shape
    if not (0 <= left < right <= width_px and 0 <= top < bottom <= height_px):
        raise ValueError(f"{path.name}: box {box} is empty or leaves the picture of {width_px} x {height_px} px")
    return cut_picture(grey, box, masks)


def decode_grey(content: bytes, max_pixels: int = DEFAULT_MAX_PIXELS) -> DecodedImage:
    """Decode the bytes of an image file to 8-bit grey by the rule of this module.

    Raises:
        PixelError: not an image, truncated, corrupt, or larger than ``max_pixels`` by its own header.
    """
    try:
        with _without_pillow_limit():
            image = _open(content)
            header = header_of(image, content)
    except PixelError:
        deep = read_deep_tiff(content, max_pixels) if content.startswith(_TIFF_SIGNATURES) else None
        if deep is None:
            raise
        return _of_deep_tiff(deep)
    n_pixels = header.width_px * header.height_px
    if n_pixels > max_pixels:
        raise PixelError(
            FailureReason.DECOMPRESSION_BOMB,
            f"the header promises {header.width_px} x {header.height_px} px, more than the limit of {max_pixels} px",
        )
    if ends_early(content, image):
        raise PixelError(FailureReason.TRUNCATED, f"the {header.file_format} file ends before its pixels do")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd EXIF and palettes that do not touch the pixels
            image.load()
            upright = ImageOps.exif_transpose(image) if header.orientation != 1 else image
            grey = _to_grey(upright)
            if isinstance(image, TiffImageFile) and is_misread_by_pillow(dict(image.tag_v2)):
                deep = read_deep_tiff(content, max_pixels)
                if deep is not None:
                    grey = _upright(grey_from_deep(deep.values), header.orientation)
    except DECODER_ERRORS as error:
        raise PixelError(FailureReason.CORRUPT, f"the {header.file_format} data cannot be decoded: {error}") from error
    # Pillow 12 and later turn TIFFs upright by themselves, and state their size so from the beginning.
    return DecodedImage(grey, replace(header, width_px=grey.shape[1], height_px=grey.shape[0]))


def _of_deep_tiff(deep: DeepTiff) -> DecodedImage:
    """A TIFF that Pillow does not know, such as one of float64."""
    height_px, width_px = deep.values.shape
    tags = {code: text for code, text in deep.tags.items() if code >= FIRST_PRIVATE_TIFF_TAG or code == 270}
    header = ImageHeader(width_px, height_px, "TIFF", str(deep.values.dtype), deep.bit_depth, deep.n_frames, 1, tags)
    return DecodedImage(grey_from_deep(deep.values), header)


def _upright(grey: GreyImage, orientation: int) -> GreyImage:
    """A picture turned as its orientation says."""
    turn = _TURNS.get(orientation)
    return grey if turn is None else np.asarray(Image.fromarray(grey).transpose(turn))


def grey_from_deep(values: NDArray[np.generic]) -> GreyImage:
    """Step 4 of the rule: values of more than 8 bits, any shape -> 8 bits, same shape."""
    numbers: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    numbers = np.where(np.isnan(numbers), 0.0, numbers)
    lowest, highest = float(numbers.min()), float(numbers.max())
    # A float picture scaled to 0..1 lies within 0..255 too, but rounding would leave it two grey levels.
    if lowest >= 0 and 1 < highest <= 255:
        return np.asarray(np.rint(numbers), dtype=np.uint8)
    low, high = (float(v) for v in np.percentile(numbers, STRETCH_PERCENTILES))
    if high <= low:
        low, high = lowest, highest
    if high <= low:
        return np.zeros(numbers.shape, np.uint8)
    return np.asarray(np.rint(np.clip((numbers - low) / (high - low), 0, 1) * 255), dtype=np.uint8)


@contextmanager
def _without_pillow_limit() -> Iterator[None]:
    """Lift Pillow's process-wide pixel limit while a header is read: ours is stated, checked and reported instead."""
    with _pillow_limit_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _open(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content))
    except UnidentifiedImageError as error:
        if content.startswith(_SIGNATURES):
            if tiff_directory_is_missing(content) or len(content) < 64:
                raise PixelError(FailureReason.TRUNCATED, "the image file ends within its header") from error
            raise PixelError(
                FailureReason.CORRUPT, "the file begins as an image but its header cannot be read"
            ) from error
        raise PixelError(
            FailureReason.NOT_AN_IMAGE, f"the content is not an image: it begins with {content[:8]!r}"
        ) from error
    except DECODER_ERRORS as error:
        raise PixelError(FailureReason.CORRUPT, f"the image header cannot be read: {error}") from error


def _to_grey(image: Image.Image) -> GreyImage:
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return grey_from_deep(np.asarray(image))
    if image.mode in ("L", "1"):
        return np.array(image.convert("L"))
    if image.mode == "LA":
        return np.array(image.getchannel("L"))
    if image.mode == "P":
        image = image.convert("RGB")
    elif image.mode in ("RGBA", "RGBX", "PA", "La", "RGBa"):
        image = image.convert("RGBA").convert("RGB")
    return np.array(image.convert("RGB").convert("L"))
