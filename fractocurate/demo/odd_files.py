"""Files that a tool must survive: unusual but readable images, and broken images and reports."""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

from fractocurate.demo.frames import encode

TEXT = b"This is a plain text note that somebody saved under the wrong name.\n"


def _saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def tiff_16_bit(pixels: np.ndarray) -> bytes:
    """A 12-bit camera range in 16-bit words: nearly black to whoever keeps the upper byte only."""
    return _saved(Image.fromarray((pixels.astype(np.uint16) << 4) + 7), "TIFF")


def png_rgba(pixels: np.ndarray) -> bytes:
    """Grey as colour, with an alpha channel that is opaque everywhere."""
    image = Image.fromarray(pixels).convert("RGB")
    image.putalpha(255)
    return _saved(image, "PNG", compress_level=3)


def jpeg_cmyk(pixels: np.ndarray) -> bytes:
    """Grey through a print workflow."""
    return _saved(Image.fromarray(pixels).convert("RGB").convert("CMYK"), "JPEG", quality=92)


def png_palette(pixels: np.ndarray) -> bytes:
    """64 grey levels behind a palette."""
    return _saved(Image.fromarray(pixels).quantize(64), "PNG")


def tiff_pages(pixels: np.ndarray) -> bytes:
    """The frame, and a small preview as second page."""
    image = Image.fromarray(pixels)
    return _saved(image, "TIFF", save_all=True, append_images=[image.resize((image.width // 4, image.height // 4))])


ODD_IMAGES: tuple[tuple[str, str, Callable[[np.ndarray], bytes]], ...] = (
    ("odd:16_bit", "tif", tiff_16_bit),
    ("odd:rgba", "png", png_rgba),
    ("odd:cmyk", "jpg", jpeg_cmyk),
    ("odd:palette", "png", png_palette),
    ("odd:multi_page", "tif", tiff_pages),
)
"""Status word, file name suffix, and what makes the bytes from 8-bit grey pixels. All must be read."""


def _cut(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


BROKEN_IMAGES: tuple[tuple[str, str, Callable[[np.ndarray], bytes]], ...] = (
    ("broken:truncated", "tif", lambda pixels: _cut(encode(pixels, "tif"), 0.3)),
    ("broken:truncated", "jpg", lambda pixels: _cut(encode(pixels, "jpg"), 0.4)),
    ("broken:empty", "png", lambda pixels: b""),  # noqa: ARG005 - one signature for all makers
    ("broken:not_an_image", "tif", lambda pixels: TEXT),  # noqa: ARG005 - one signature for all makers
)
"""As ``ODD_IMAGES``; each must become one failure row."""


def broken_reports(report: bytes) -> list[tuple[str, str, bytes]]:
    """Status word, file name and bytes of reports that cannot be read; ``report`` is a good one to spoil."""
    return [
        ("broken:truncated", "LR-truncated copy.pdf", _cut(report, 0.25)),
        ("broken:empty", "LR-empty.pdf", b""),
        ("broken:not_a_pdf", "LR-note.pdf", TEXT),
    ]
