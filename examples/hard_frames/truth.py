"""What is planted in a hard frame."""

from dataclasses import dataclass

Box = tuple[int, int, int, int]
"""Half-open, in pixels of the file: left, top, right, bottom."""


@dataclass(frozen=True, slots=True)
class FrameTruth:
    """The truth about one frame; None where nothing on the frame or beside it tells."""

    style: str
    """Which maker's way of printing it imitates."""
    background: str
    """What the picture under it shows."""
    bar_kind: str
    """``none``, ``bottom``, ``top``, ``box`` or ``overlay``."""
    solid_box: Box | None
    """The drawn rectangle of a solid bar; None too where the picture beside it is of its very level, so that nothing
    shows where it begins."""
    ink_boxes: tuple[Box, ...]
    """Everything that is drawn: the rectangle, or each text and line over the picture."""
    best_crop: Box
    """The largest rectangle in which nothing is drawn."""
    magnification: float | None
    """As printed."""
    pixel_size_nm: float | None
    """Physical, of the file's pixels."""
    scale_bar_px: float | None
    """Length of the drawn scale bar in the file; None without one."""
    tag: str
    """``fits``, ``resized`` (written before the file was resized), ``foreign`` (of another picture) or empty."""
    notes: tuple[str, ...]
    """Identifiers and remarks that are printed or tagged."""


def largest_free_box(width_px: int, height_px: int, drawn: tuple[Box, ...]) -> Box:
    """The largest rectangle of a frame that touches none of some boxes."""
    xs = sorted({0, width_px, *(x for box in drawn for x in (box[0], box[2]))})
    ys = sorted({0, height_px, *(y for box in drawn for y in (box[1], box[3]))})
    best: Box = (0, 0, 0, 0)
    for i, left in enumerate(xs):
        for right in xs[i + 1 :]:
            across = [box for box in drawn if box[0] < right and box[2] > left]
            for k, top in enumerate(ys):
                for bottom in ys[k + 1 :]:
                    if (right - left) * (bottom - top) <= area(best):
                        continue
                    if all(box[1] >= bottom or box[3] <= top for box in across):
                        best = (left, top, right, bottom)
    return best


def area(box: Box) -> int:
    """Pixels of a box."""
    return max(0, box[2] - box[0]) * max(0, box[3] - box[1])
