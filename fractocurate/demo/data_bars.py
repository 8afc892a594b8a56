"""Burnt-in data bars in several styles: strips below or above the picture, text on the picture, or nothing."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

GREY = int


@dataclass(frozen=True, slots=True)
class Microscope:
    """An invented instrument: how it prints its frames and what it writes beside the pixels."""

    name: str
    style: str
    """``strip_black``, ``strip_white``, ``strip_top``, ``overlay`` or ``none``."""
    display_width_mm: float
    """Width of the display that the printed magnification refers to."""
    metadata: str = ""
    """``zeiss_tag``, ``hitachi_sidecar`` or empty."""
    vendor: str = ""
    foan_in_bar: bool = False

    @property
    def bar_kind(self) -> str:
        """The vocabulary's word for where the bar lies."""
        return {"strip_black": "bottom", "strip_white": "bottom", "strip_top": "top"}.get(self.style, self.style)

    def pixel_size_nm(self, magnification: float, width_px: int) -> float:
        """Magnification = display width / field width."""
        return self.display_width_mm * 1e6 / (magnification * width_px)


MICROSCOPES: tuple[Microscope, ...] = (
    Microscope("Orion", "strip_black", 127.0),
    Microscope("Lyra", "strip_white", 118.0, foan_in_bar=True),
    Microscope("Vega", "strip_top", 132.0),
    Microscope("Corvus", "overlay", 127.0),
    Microscope("Pavo", "none", 120.0),
    Microscope("Zefir", "strip_white", 115.0, metadata="zeiss_tag", vendor="zeiss"),
    Microscope("Hydra", "strip_black", 127.0, metadata="hitachi_sidecar", vendor="hitachi"),
)


@dataclass(frozen=True, slots=True)
class BarFacts:
    """What a data bar has to say about one frame."""

    magnification: int
    pixel_size_nm: float
    voltage_kv: float
    working_distance_mm: float
    label: str
    """FOAN or remark printed in the bar; may be empty."""
    date: str
    running_number: int


@dataclass(frozen=True, slots=True)
class DrawnFrame:
    """A frame with its bar burnt in, and the truth about both. Boxes are half-open: left, top, right, bottom."""

    pixels: np.ndarray
    """uint8, shape (height, width)."""
    bar_box_px: tuple[int, int, int, int] | None
    picture_box_px: tuple[int, int, int, int]
    scale_label: str
    scale_bar_px: int
    """Outer edge to outer edge; 0 where no scale bar is drawn."""


def load_font(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """DejaVu Sans where it is installed, otherwise the scalable font that comes with Pillow."""
    try:
        return ImageFont.truetype("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf", size_px)
    except OSError:
        return ImageFont.load_default(size_px)


def scale_bar(pixel_size_nm: float, width_px: int) -> tuple[str, int]:
    """The longest 1-2-5 length that takes at most a quarter of the width, as its label and its length in pixels."""
    limit_nm = 0.25 * width_px * pixel_size_nm
    steps_nm = [factor * 10.0**power for power in range(1, 8) for factor in (1, 2, 5)]
    length_nm = max(step for step in steps_nm if step <= limit_nm)
    if length_nm >= 1e6:
        label = f"{length_nm / 1e6:g} mm"
    elif length_nm >= 1e3:
        label = f"{length_nm / 1e3:g} µm"
    else:
        label = f"{length_nm:g} nm"
    return label, round(length_nm / pixel_size_nm)


def draw_frame(picture: np.ndarray, microscope: Microscope, facts: BarFacts) -> DrawnFrame:
    """Burn the data bar of a microscope into a picture (uint8, height x width)."""
    painter = {
        "strip_black": _strip_black,
        "strip_white": _strip_white,
        "strip_top": _strip_top,
        "overlay": _overlay,
        "none": _no_bar,
    }[microscope.style]
    return painter(picture, facts)


def _bar_height(width_px: int) -> int:
    return max(34, round(width_px * 0.08))


def _text_size(width_px: int) -> int:
    return max(12, round(width_px * 0.028))


def _strip(picture: np.ndarray, *, grey: GREY, above: bool) -> tuple[Image.Image, int, tuple[int, int, int, int]]:
    height_px, width_px = picture.shape
    bar_px = _bar_height(width_px)
    frame = np.full((height_px + bar_px, width_px), grey, np.uint8)
    top = bar_px if above else 0
    frame[top : top + height_px] = picture
    bar_top = 0 if above else height_px
    return Image.fromarray(frame), bar_top, (0, top, width_px, top + height_px)


def _finish(
    image: Image.Image,
    bar: tuple[int, int, int, int] | None,
    picture: tuple[int, int, int, int],
    label: str,
    length: int,
) -> DrawnFrame:
    return DrawnFrame(np.asarray(image).copy(), bar, picture, label, length)


def _strip_black(picture: np.ndarray, facts: BarFacts) -> DrawnFrame:
    """One line of white text on black; a ruler of eleven ticks whose first and last tick span the label."""
    image, top, picture_box = _strip(picture, grey=0, above=False)
    width_px, bottom = image.size
    draw, font = ImageDraw.Draw(image), load_font(_text_size(width_px))
    middle = (top + bottom) // 2
    text = f"{facts.voltage_kv:.1f}kV {facts.working_distance_mm:.1f}mm x{_short(facts.magnification)} SE"
    draw.text((8, middle), text, fill=255, font=font, anchor="lm")
    label, length = scale_bar(facts.pixel_size_nm, width_px)
    right = width_px - 9
    left = right - length + 1
    for k in range(11):
        tick = left + round(k * (length - 1) / 10)
        draw.line((tick, top + 5, tick, top + 12), fill=255)
    draw.text(((left + right) // 2, bottom - 4), label, fill=255, font=font, anchor="mb")
    return _finish(image, (0, top, width_px, bottom), picture_box, label, length)


def _strip_white(picture: np.ndarray, facts: BarFacts) -> DrawnFrame:
    """Two lines of black text in framed columns on white; a solid scale line with end marks."""
    image, top, picture_box = _strip(picture, grey=255, above=False)
    width_px, bottom = image.size
    draw, font = ImageDraw.Draw(image), load_font(max(11, _text_size(width_px) - 2))
    draw.rectangle((0, top, width_px - 1, bottom - 1), outline=0)
    upper, lower = top + (bottom - top) * 0.3, top + (bottom - top) * 0.73
    label, length = scale_bar(facts.pixel_size_nm, width_px)
    left = 10
    draw.text((left + length // 2, upper), label, fill=0, font=font, anchor="mm")
    draw.rectangle((left, int(lower) - 1, left + length - 1, int(lower) + 1), fill=0)
    for end in (left, left + length - 1):
        draw.line((end, int(lower) - 5, end, int(lower) + 5), fill=0)
    column = round(width_px * 0.3)
    draw.line((column - 8, top, column - 8, bottom), fill=0)
    draw.text((column, upper), f"Mag = {_long(facts.magnification)}", fill=0, font=font, anchor="lm")
    draw.text((column, lower), f"EHT = {facts.voltage_kv:.2f} kV", fill=0, font=font, anchor="lm")
    second = round(width_px * 0.62)
    draw.text((second, upper), f"WD = {facts.working_distance_mm:.1f} mm", fill=0, font=font, anchor="lm")
    draw.text((second, lower), facts.label or "Signal A = SE2", fill=0, font=font, anchor="lm")
    return _finish(image, (0, top, width_px, bottom), picture_box, label, length)


def _strip_top(picture: np.ndarray, facts: BarFacts) -> DrawnFrame:
    """A dark strip above the picture; a filled scale bar with the label to its right."""
    image, top, picture_box = _strip(picture, grey=24, above=True)
    width_px, bottom = image.size[0], _bar_height(picture.shape[1])
    draw, font = ImageDraw.Draw(image), load_font(_text_size(width_px))
    middle = bottom // 2
    draw.text((8, middle), f"MAG {facts.magnification} X", fill=235, font=font, anchor="lm")
    draw.text((round(width_px * 0.29), middle), f"HV {facts.voltage_kv:.0f} kV", fill=235, font=font, anchor="lm")
    draw.text((round(width_px * 0.45), middle), facts.date, fill=235, font=font, anchor="lm")
    label, length = scale_bar(facts.pixel_size_nm, round(width_px * 0.7))
    left = width_px - length - round(6.2 * _text_size(width_px) * 0.7) - 6
    draw.rectangle((left, middle - 3, left + length - 1, middle + 3), fill=255)
    draw.text((left + length + 5, middle), label, fill=235, font=font, anchor="lm")
    return _finish(image, (0, top, width_px, bottom), picture_box, label, length)


def _overlay(picture: np.ndarray, facts: BarFacts) -> DrawnFrame:
    """White text with a dark outline straight on the picture, at its lower rim."""
    height_px, width_px = picture.shape
    image = Image.fromarray(picture.copy())
    draw, font = ImageDraw.Draw(image), load_font(_text_size(width_px) + 1, bold=True)
    line = height_px - 14
    text = f"{facts.voltage_kv:.0f} kV   X{facts.magnification}"
    draw.text((10, line), text, anchor="lm", fill=255, font=font, stroke_width=2, stroke_fill=0)
    label, length = scale_bar(facts.pixel_size_nm, width_px)
    right = width_px - 12
    left = right - length + 1
    draw.rectangle((left - 2, line + 1, right + 2, line + 7), fill=0)
    draw.rectangle((left, line + 3, right, line + 5), fill=255)
    above = ((left + right) // 2, line - 1)
    draw.text(above, label, anchor="mb", fill=255, font=font, stroke_width=2, stroke_fill=0)
    box = (8, line - round(1.6 * _text_size(width_px)), width_px - 8, height_px - 4)
    return _finish(image, box, (0, 0, width_px, height_px), label, length)


def _no_bar(picture: np.ndarray, facts: BarFacts) -> DrawnFrame:  # noqa: ARG001 - one signature for all painters
    """Nothing is burnt in."""
    height_px, width_px = picture.shape
    return DrawnFrame(picture.copy(), None, (0, 0, width_px, height_px), "", 0)


def _short(magnification: int) -> str:
    return f"{magnification / 1000:g}k" if magnification >= 1000 else str(magnification)


def _long(magnification: int) -> str:
    return f"{magnification / 1000:.2f} K X" if magnification >= 1000 else f"{magnification} X"
