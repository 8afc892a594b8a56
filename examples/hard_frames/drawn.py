"""A frame with its drawing: what was drawn where, and what it says; and strips to draw a data bar on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hard_frames.drawing import FACES, Board
from hard_frames.truth import Box

Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A frame with its drawing."""

    pixels: Grey
    bar_kind: str
    solid_box: Box | None
    ink_boxes: tuple[Box, ...]
    magnification: float | None
    """As printed."""
    scale_nm: float | None
    """Length that the scale bar is labelled with; None without one."""
    scale_px: float | None
    field_nm: float | None
    """Printed width of the field; None if it is not printed."""
    printed_notes: tuple[str, ...] = ()


def with_strip(
    rng: np.random.Generator, picture: Grey, height: int, paper: int, *, top: bool = False, below: int = 0
) -> tuple[Board, Box]:
    """The frame with an empty strip, and ``below`` rows of picture under it."""
    rows, columns = picture.shape
    at = 0 if top else rows - below
    frame = np.insert(picture, [at] * height, np.uint8(paper), axis=0)
    faces = FACES if height > 40 else FACES[:5]
    board = Board(Image.fromarray(frame), ink=255 - paper if paper in (0, 255) else (235 if paper < 128 else 10))
    board.face = str(rng.choice(faces))
    if rng.random() < 0.25:
        board = Board(board.image, board.ink, board.face, smooth=False)
    return board, (0, at, columns, at + height)


def solid(
    board: Board,
    box: Box,
    kind: str,
    magnification: float | None,
    scale: tuple[float, float],
    *,
    field_nm: float | None = None,
    note: str = "",
) -> Drawn:
    """The frame with a solid bar in a box; ``scale`` is the length that its scale bar states, and its pixels."""
    pixels = board.pixels()
    is_seen = _shows(pixels, box)
    boxes = (box,) if is_seen else tuple(board.drawn)
    notes = (note,) if note else ()
    return Drawn(pixels, kind, box if is_seen else None, boxes, magnification, *scale, field_nm, notes)


def _shows(pixels: Grey, box: Box) -> bool:
    """Whether the edges of a box can be seen: the picture along each of them differs from it, for a tenth at least."""
    left, top, right, bottom = box
    height, width = pixels.shape
    level = int(np.median(pixels[top:bottom, left:right]))
    beside = []
    if top > 0:
        beside.append(pixels[top - 1, left:right])
    if bottom < height:
        beside.append(pixels[bottom, left:right])
    if left > 0:
        beside.append(pixels[top:bottom, left - 1])
    if right < width:
        beside.append(pixels[top:bottom, right])
    return all(float((np.abs(row.astype(int) - level) > 12).mean()) >= 0.1 for row in beside)


def fit(board: Board, text: str, room: float) -> None:
    """Make the letters so small that a text fits its room."""
    while board.size_px > 9 and board.width_of(text) > room:
        board.size_px -= 1
