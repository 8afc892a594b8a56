"""A number -> one hard frame: picture, drawing, metadata, resizing and encoding, with its truth."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from hard_frames.drawn import Drawn
from hard_frames.facts import Facts, make_facts
from hard_frames.metadata import Metadata, write
from hard_frames.overlays import OVERLAYS
from hard_frames.pictures import BACKGROUNDS, paint
from hard_frames.strips import STRIPS
from hard_frames.truth import Box, FrameTruth, largest_free_box

SIZES = ((640, 480), (800, 600), (1024, 768), (1280, 960), (1280, 1024), (712, 484))
STYLES = (*STRIPS, *OVERLAYS, "plain", "plain")
"""Every style in turn; a quarter of all frames carries no drawing at all."""
FORMS = {
    "zeiss": "zeiss",
    "fei": "fei",
    "tescan": "tescan",
    "hitachi": "hitachi",
    "jeol": "jeol",
    "phenom": "phenom",
    "xl": "fei_xl",
}
"""Style -> form of the metadata that its maker writes."""


@dataclass(frozen=True, slots=True)
class HardFrame:
    """One frame: the files and the truth."""

    name: str
    content: bytes
    sidecar_name: str
    """Empty without one."""
    sidecar: bytes
    truth: FrameTruth

    def save(self, folder: Path) -> Path:
        """Write the files; the path of the image."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.sidecar_name:
            (folder / self.sidecar_name).write_bytes(self.sidecar)
        path = folder / self.name
        path.write_bytes(self.content)
        return path


def make_frames(numbers: range, seed: int = 1) -> Iterator[HardFrame]:
    """Frames by their numbers: the same number and seed give the same frame."""
    return (make_frame(number, seed) for number in numbers)


def make_frame(number: int, seed: int = 1) -> HardFrame:
    """One frame. Styles and backgrounds take turns, so that any run of numbers holds all of them."""
    rng = np.random.default_rng([seed, number])
    style = STYLES[number % len(STYLES)]
    background = tuple(BACKGROUNDS)[(number // len(STYLES) + number) % len(BACKGROUNDS)]
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    facts = make_facts(rng, width, display_mm=float(rng.choice([90, 115, 127, 150, 290, 340])))
    picture = paint(background, rng, width, height)
    drawn = {**STRIPS, **OVERLAYS}[style](rng, picture, facts)
    form = _form(rng, style)
    frame = _Frame(drawn, facts, style, background, height)
    metadata = write(form, facts, (width, drawn.pixels.shape[0]), height) if form else Metadata({})
    pixels, factor = _resized(rng, drawn.pixels)
    suffix, content = _encoded(rng, pixels, metadata)
    stem = f"frame_{number:05d}"
    sidecar_name = f"{stem}{metadata.sidecar_suffix}" if metadata.sidecar_suffix else ""
    # A resized file says so only by its size; a text beside it stays what it was.
    tag = "" if not form or (metadata.tags and suffix != ".tif") else "fits" if factor == 1 else "resized"
    return HardFrame(f"{stem}{suffix}", content, sidecar_name, metadata.sidecar, frame.truth(pixels, factor, tag, form))


@dataclass(frozen=True, slots=True)
class _Frame:
    drawn: Drawn
    facts: Facts
    style: str
    background: str
    picture_height_px: int

    def truth(self, pixels: NDArray[np.generic], factor: float, tag: str, form: str) -> FrameTruth:
        """What can be known of the frame, in pixels of the file."""
        drawn, facts = self.drawn, self.facts
        height, width = pixels.shape[:2]
        boxes = tuple(_scaled(box, factor, width, height) for box in drawn.ink_boxes)
        # A maker's tag, but for one, states the magnification whether or not it is printed, and its pixel size is
        # that of the scan.
        magnification = drawn.magnification
        if magnification is None and tag and form != "phenom":
            magnification = facts.magnification
        knows_size = drawn.scale_nm is not None or drawn.field_nm is not None or (bool(tag) and form != "fei_xl")
        return FrameTruth(
            style=self.style,
            background=self.background,
            bar_kind=drawn.bar_kind,
            solid_box=_scaled(drawn.solid_box, factor, width, height) if drawn.solid_box else None,
            ink_boxes=boxes,
            best_crop=largest_free_box(width, height, boxes),
            magnification=magnification,
            pixel_size_nm=facts.pixel_size_nm / factor if knows_size else None,
            scale_bar_px=drawn.scale_px * factor if drawn.scale_px else None,
            tag=tag,
            notes=drawn.printed_notes,
        )


def _form(rng: np.random.Generator, style: str) -> str:
    """Form of the metadata, or empty: most archives hold exported copies that lost theirs."""
    if style in FORMS and rng.random() < 0.4:
        if style == "tescan" and rng.random() < 0.5:
            return "tescan_hdr"
        return FORMS[style]
    if style == "plain" and rng.random() < 0.4:
        return str(rng.choice(["zeiss", "fei", "hitachi", "jeol", "tescan", "phenom"]))
    return ""


def _resized(rng: np.random.Generator, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """One frame in five is made smaller or larger by somebody, with its tags left as they were."""
    if rng.random() > 0.2:
        return pixels, 1.0
    height, width = pixels.shape
    new_width = round(width * float(rng.choice([0.6, 0.75, 0.8, 1.25, 1.6])))
    factor = new_width / width
    how = Image.Resampling(
        int(rng.choice([Image.Resampling.BILINEAR, Image.Resampling.LANCZOS, Image.Resampling.BICUBIC]))
    )
    return np.asarray(Image.fromarray(pixels).resize((new_width, round(height * factor)), how)), factor


def _encoded(rng: np.random.Generator, pixels: NDArray[np.uint8], metadata: Metadata) -> tuple[str, bytes]:
    """File bytes: with tags always TIFF, else TIFF of 8 or 16 bits or RGB, JPEG of any quality, PNG."""
    buffer = io.BytesIO()
    how = "tif" if metadata.tags else str(rng.choice(["tif", "tif16", "tifrgb", "jpg", "jpg", "jpg", "png"]))
    if how == "jpg":
        Image.fromarray(pixels).save(buffer, "JPEG", quality=int(rng.integers(55, 96)))
        return ".jpg", buffer.getvalue()
    if how == "png":
        Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
        return ".png", buffer.getvalue()
    if how == "tif16":
        pixels = pixels.astype(np.uint16) * int(rng.choice([16, 257, 100]))  # type: ignore[assignment]
    if how == "tifrgb":
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    tags = [(code, 2, len(text) + 1, text + b"\0", True) for code, text in metadata.tags.items() if code != 270]
    description = metadata.tags.get(270, b"").decode() or None
    tifffile.imwrite(
        buffer,
        pixels,
        photometric="rgb" if how == "tifrgb" else "minisblack",
        description=description,
        extratags=tags,
        metadata=None,
        software=False,
    )
    return ".tif", buffer.getvalue()


def _scaled(box: Box, factor: float, width: int, height: int) -> Box:
    """A box in pixels of the resized file; whole pixels that it touches."""
    left, top, right, bottom = box
    return (
        max(0, int(np.floor(left * factor + 1e-6))),
        max(0, int(np.floor(top * factor + 1e-6))),
        min(width, int(np.ceil(right * factor - 1e-6))),
        min(height, int(np.ceil(bottom * factor - 1e-6))),
    )
