"""The pointing game (Zhang et al. 2018): does the hottest point lie in the region that an expert marked?"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_contracts.errors import BadInputError
from fractotrain.attribution.methods import enlarge

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, half-open, as shares of the cropped frame's width and height."""

LARGEST_SHARE = 0.5
"""A region that fills more of the frame than this is hit by almost anything, and tells nothing."""

_COLUMNS = ("file", "left_px", "top_px", "right_px", "bottom_px")


@dataclass(frozen=True, slots=True)
class Regions:
    """Marked regions by image file; pixels of the whole file."""

    boxes: Mapping[str, tuple[float, float, float, float]]

    def of(self, path: str) -> tuple[float, float, float, float] | None:
        """The region of an image that the catalog names so; a file may be named from further up."""
        if path in self.boxes:
            return self.boxes[path]
        return next((box for file, box in self.boxes.items() if file.endswith(f"/{path}")), None)


def read_regions(file: Path) -> Regions:
    """A CSV with the columns file, left_px, top_px, right_px, bottom_px; a row without numbers marks nothing.

    Raises:
        BadInputError: it cannot be read, or lacks a column.
    """
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            if lacking := [name for name in _COLUMNS if name not in (reader.fieldnames or ())]:
                raise BadInputError(f"{file}: no column {lacking[0]}; regions have the columns {', '.join(_COLUMNS)}")
            rows = [row for row in reader if row["left_px"]]
            edges = [tuple(float(row[name]) for name in _COLUMNS[1:]) for row in rows]
    except (OSError, ValueError) as error:
        raise BadInputError(f"{file}: cannot be read as a table of regions: {error}") from error
    return Regions({row["file"]: (box[0], box[1], box[2], box[3]) for row, box in zip(rows, edges, strict=True)})


def within_crop(region_px: tuple[float, float, float, float], crop_px: tuple[int, int, int, int]) -> Box | None:
    """The part of a region that the cropped frame shows; None if there is none, or if it fills too much of it."""
    left, top, right, bottom = crop_px
    width, height = right - left, bottom - top
    box = (
        max(0.0, (region_px[0] - left) / width),
        max(0.0, (region_px[1] - top) / height),
        min(1.0, (region_px[2] - left) / width),
        min(1.0, (region_px[3] - top) / height),
    )
    if box[0] >= box[2] or box[1] >= box[3] or area(box) > LARGEST_SHARE:
        return None
    return box


def area(box: Box) -> float:
    """Share of the frame that a region fills: the chance that a random point hits it."""
    return (box[2] - box[0]) * (box[3] - box[1])


def hits(heat: NDArray[np.float32], box: Box, size_px: tuple[int, int]) -> bool:
    """Whether the hottest point of the map, spread over (height, width) pixels, lies in the region."""
    large = enlarge(heat, size_px)
    row, column = np.unravel_index(int(large.argmax()), large.shape)
    y, x = (row + 0.5) / size_px[0], (column + 0.5) / size_px[1]
    return bool(box[0] <= x < box[2] and box[1] <= y < box[3])
