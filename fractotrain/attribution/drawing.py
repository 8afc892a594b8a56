"""A drawing of texts, boxes and pictures, laid out once and written as pixels or as vectors."""

import base64
import functools
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

FONT_PX = 15
INK, FAINT, PAPER = "#141414", "#5f5f5f", "#ffffff"
_JPEG_QUALITY = 85


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; ``left`` and ``top`` of its line in px."""

    left: int
    top: int
    text: str
    colour: str = INK
    size_px: int = FONT_PX


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels, at their own size."""

    left: int
    top: int
    image: Image.Image


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled or outlined, px."""

    left: int
    top: int
    width: int
    height: int
    colour: str = INK
    is_filled: bool = True


Mark = Words | Picture | Box


@dataclass(frozen=True, slots=True)
class Drawing:
    """Marks, the later over the earlier, on white paper of ``width`` x ``height`` px."""

    width: int
    height: int
    marks: Sequence[Mark]

    def as_image(self) -> Image.Image:
        """Pixels, one per px."""
        image = Image.new("RGB", (self.width, self.height), PAPER)
        pen = ImageDraw.Draw(image)
        for mark in self.marks:
            if isinstance(mark, Words):
                # From the baseline, as in SVG.
                where = (mark.left, mark.top + mark.size_px)
                pen.text(where, mark.text, mark.colour, font(mark.size_px), anchor="ls")
            elif isinstance(mark, Picture):
                image.paste(mark.image, (mark.left, mark.top))
            else:
                corners = (mark.left, mark.top, mark.left + mark.width - 1, mark.top + mark.height - 1)
                pen.rectangle(corners, fill=mark.colour if mark.is_filled else None, outline=mark.colour)
        return image

    def as_svg(self) -> str:
        """A whole SVG document: text stays text, boxes are vectors, pictures are embedded."""
        parts = [_element(mark) for mark in self.marks]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}" '
            f'viewBox="0 0 {self.width} {self.height}" font-family="DejaVu Sans, Verdana, sans-serif">\n'
            f'<rect width="100%" height="100%" fill="{PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n"
        )


def _element(mark: Mark) -> str:
    if isinstance(mark, Words):
        # Letters of another font may be wider: what was laid out must still fit.
        length = f' textLength="{text_width(mark.text, mark.size_px):.0f}"' if mark.text else ""
        return (
            f'<text x="{mark.left}" y="{mark.top + mark.size_px}" font-size="{mark.size_px}" fill="{mark.colour}"'
            f"{length}>{html.escape(mark.text)}</text>"
        )
    if isinstance(mark, Picture):
        written = io.BytesIO()
        mark.image.save(written, "JPEG", quality=_JPEG_QUALITY)
        code = base64.b64encode(written.getvalue()).decode("ascii")
        return (
            f'<image x="{mark.left}" y="{mark.top}" width="{mark.image.width}" height="{mark.image.height}" '
            f'href="data:image/jpeg;base64,{code}"/>'
        )
    paint = f'fill="{mark.colour}"' if mark.is_filled else f'fill="none" stroke="{mark.colour}"'
    return (
        f'<rect x="{mark.left}" y="{mark.top}" width="{mark.width}" height="{mark.height}" '
        f'shape-rendering="crispEdges" {paint}/>'
    )


def text_width(text: str, size_px: int = FONT_PX) -> float:
    """Of one line, in px."""
    return font(size_px).getlength(text)


@functools.cache
def font(size_px: int = FONT_PX) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which matplotlib brings: Latin, Greek and Cyrillic, on every machine the same."""
    return ImageFont.truetype(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", size_px)
