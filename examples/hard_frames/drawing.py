"""The drawing board of a frame: text in several faces, scale bars of every kind, and a list of what was drawn."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hard_frames.truth import Box

FACES = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansCondensed.ttf",
    "DejaVuSansCondensed-Bold.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSansMono-Bold.ttf",
    "DejaVuSerif.ttf",
    "",
)
"""Faces in the manner of instruments' screens; the empty name is the face that comes with Pillow."""
_PLAIN = str.maketrans({"µ": "u", "ö": "oe", "ß": "ss"})
"""For the face that comes with Pillow, which has ASCII alone."""
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@cache
def font(face: str, size_px: int) -> Font:
    """A face at a size; Pillow's own where it is not installed."""
    try:
        return ImageFont.truetype(face, size_px) if face else ImageFont.load_default(size_px)
    except OSError:
        return ImageFont.load_default(size_px)


@dataclass
class Board:
    """A frame that is being drawn on; records the box of everything drawn."""

    image: Image.Image
    ink: int = 255
    face: str = ""
    size_px: int = 16
    smooth: bool = True
    """Whether letters are smoothed; instruments of the nineties do not."""
    outline: int | None = None
    """Grey level of a rim around letters; None without one."""
    drawn: list[Box] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._draw = ImageDraw.Draw(self.image)
        self._draw.fontmode = "L" if self.smooth else "1"

    @property
    def font(self) -> Font:
        """The face at its size."""
        return font(self.face, self.size_px)

    def width_of(self, text: str) -> int:
        """Width of a text in pixels."""
        return round(self._draw.textlength(self._printable(text), font=self.font))

    def _printable(self, text: str) -> str:
        return text if self.font.getname()[0].startswith("DejaVu") else text.translate(_PLAIN)  # type: ignore[union-attr]

    def text(self, x: float, y: float, text: str, anchor: str = "lm", ink: int | None = None) -> Box:
        """Write a text; its ink's box."""
        rim = (
            {"stroke_width": max(1, self.size_px // 12), "stroke_fill": self.outline}
            if self.outline is not None
            else {}
        )
        level, text = self.ink if ink is None else ink, self._printable(text)
        self._draw.text((x, y), text, fill=level, font=self.font, anchor=anchor, **rim)
        left, top, right, bottom = self._draw.textbbox((x, y), text, font=self.font, anchor=anchor)
        grow = rim.get("stroke_width", 0)
        return self._note(left - grow, top - grow, right + grow, bottom + grow)

    def block(self, left: float, top: float, right: float, bottom: float, ink: int | None = None) -> Box:
        """Fill a half-open box."""
        level = self.ink if ink is None else ink
        self._draw.rectangle((round(left), round(top), round(right) - 1, round(bottom) - 1), fill=level)
        return self._note(left, top, right, bottom)

    def pixels(self) -> NDArray[np.uint8]:
        """The frame, shape (height, width)."""
        return np.asarray(self.image, dtype=np.uint8).copy()

    def _note(self, left: float, top: float, right: float, bottom: float) -> Box:
        width, height = self.image.size
        box = (max(0, int(left)), max(0, int(top)), min(width, round(right + 0.49)), min(height, round(bottom + 0.49)))
        self.drawn.append(box)
        return box


def scale_bar(board: Board, kind: str, left: int, y: int, length: int, label: str) -> None:
    """Draw a scale bar from ``left`` on, ``length`` px long, with its label.

    Kinds: ``line`` (plain, label above), ``ticks`` (line with end ticks, label above), ``block`` (thick box, label
    below), ``split`` (line, label, line), ``ruler`` (eleven ticks, label below), ``beside`` (block, label behind it).
    """
    room = (length - board.width_of(label) - board.size_px) // 2
    if kind == "split" and room >= board.size_px:
        _split(board, left, y, length, room, label)
    elif kind == "ruler":
        _ruler(board, left, y, length, label)
    elif kind == "block":
        board.block(left, y - board.size_px // 2, left + length, y - board.size_px // 2 + max(3, board.size_px // 4))
        board.text(left + length / 2, y + board.size_px // 2, label, "mm")
    elif kind == "beside":
        board.block(left, y - 2, left + length, y + 2)
        board.text(left + length + board.size_px // 2, y, label, "lm")
    else:
        _line(board, left, y, length, label, ticks=kind != "line")


def _line(board: Board, left: int, y: int, length: int, label: str, *, ticks: bool) -> None:
    size, right, thick = board.size_px, left + length, max(1, board.size_px // 10)
    base = y + size // 2
    board.text((left + right) / 2, y - size // 2 - 1, label, "mm")
    board.block(left, base, right, base + thick)
    if ticks:
        for x in (left, right - thick):
            board.block(x, base - size // 4, x + thick, base + size // 4 + thick)


def _split(board: Board, left: int, y: int, length: int, side: int, label: str) -> None:
    size, right, thick = board.size_px, left + length, max(1, board.size_px // 10)
    for x0, x1, end in ((left, left + side, left), (right - side, right, right - thick)):
        board.block(x0, y - thick // 2, x1, y - thick // 2 + thick)
        board.block(end, y - size // 2, end + thick, y + size // 2)
    board.text((left + right) / 2, y, label, "mm")


def _ruler(board: Board, left: int, y: int, length: int, label: str) -> None:
    size = board.size_px
    for k in range(11):
        x = left + round(k * (length - 1) / 10)
        tall = size // 2 if k % 5 else round(0.8 * size)
        board.block(x, y - size, x + 1, y - size + tall)
    board.text(left + length, y + size // 2, label, "rm")
