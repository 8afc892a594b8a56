"""One sheet per FOAN, as the paper's Fig. 5: magnifications in a row; frame, heat-maps, answer, confidence, truth."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from PIL import Image

from data_contracts.pixels import GreyImage
from fractotrain.attribution.drawing import FAINT, FONT_PX, INK, PAPER, Box, Drawing, Mark, Picture, Words, text_width
from fractotrain.attribution.methods import Heat, Method
from fractotrain.attribution.overlay import Colours, legend, overlay
from fractotrain.attribution.subjects import Subject

PANEL_PX = 360
"""Width of a panel; its height follows the frame."""
MOST_COLUMNS = 6
"""Frames in a row; further ones go into a row below."""

_GAP_PX, _LINE_PX = 14, 21
_SCALE_STEPS, _SCALE_STEP_PX, _SCALE_TALL_PX = 40, 4, 16
_LONGEST_BAR = 0.3
"""Of the width of a panel."""

_SCALE = "speaks for the class (rollout: was looked at): nothing"

METHOD_NAMES: Mapping[Method, str] = {
    Method.GRAD_CAM: "Grad-CAM",
    Method.RELEVANCE: "attention relevance",
    Method.ROLLOUT: "attention rollout",
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One frame of a sheet."""

    subject: Subject
    picture: Image.Image
    """The cropped frame, ``PANEL_PX`` wide."""
    overlays: Mapping[Method, Image.Image]
    """As large; none of a method whose map is empty."""
    maps: Mapping[Method, Heat]
    """The values behind them, one per patch."""
    target_class: str
    target_probability: float
    predicted_class: str
    predicted_probability: float | None
    """None if it was not kept: only that of the explained class is stored."""

    @classmethod
    def of(
        cls, subject: Subject, cropped: GreyImage, maps: Mapping[Method, Heat], target: tuple[str, float],
        predicted: tuple[str, float | None],
    ) -> "Panel":  # fmt: skip
        """Reduce frame and overlays to the width of a panel; classes come with their probabilities."""
        overlays = {method: as_panel(overlay(cropped, heat)) for method, heat in maps.items()}
        return cls(subject, as_panel(cropped), overlays, maps, *target, *predicted)

    def lines(self) -> list[str]:
        """What stands below the pictures."""
        subject, other = self.subject, self.subject.out_of_fold
        truth = subject.true_class or "not known"
        mark = "" if not subject.labelled else ", right" if truth == self.predicted_class else ", WRONG"
        acquaintance = "new to the model"
        if subject.trained_on:
            acquaintance = "the model was TRAINED ON THIS IMAGE"
        elif subject.foan_trained_on:
            acquaintance = "the model was trained on this FOAN"
        unfolded = "out of fold: none"
        if other is not None:
            judged = "right" if other.predicted_class == truth else "WRONG"
            unfolded = f"out of fold {other.fold}: {other.predicted_class} {other.probability:.2f}, {judged}"
        sure = "" if self.predicted_probability is None else f" {self.predicted_probability:.2f}"
        lines = [
            f"answer: {self.predicted_class}{sure}{mark}",
            f"truth: {truth}",
            unfolded,
            acquaintance,
        ]
        if self.target_class != self.predicted_class:
            lines.append(f"explained: {self.target_class} {self.target_probability:.2f}")
        return [line.replace("_", " ") for line in lines]

    def heading(self) -> str:
        """Magnification and serial number."""
        scale = "magnification not known" if self.subject.magnification is None else f"{self.subject.magnification:g} x"
        return f"{scale}   {self.subject.serial_number or ''}".rstrip()


def as_panel(pixels: GreyImage | Colours) -> Image.Image:
    """A picture of any size as wide as a panel, its aspect ratio kept."""
    height_px, width_px = pixels.shape[:2]
    return Image.fromarray(pixels).resize(
        (PANEL_PX, max(1, round(PANEL_PX * height_px / width_px))), Image.Resampling.LANCZOS
    )


def draw_sheet(title: str, note: str, panels: Sequence[Panel], methods: Sequence[Method]) -> Drawing:
    """All frames of one FOAN: each broken part in a row of its own, or several, its lowest magnification left.

    Args:
        title: The FOAN.
        note: What a reader must know, in a sentence or two.
        panels: At least one.
        methods: Rows of heat-maps, from the top.
    """
    parts = [list(part) for _, part in itertools.groupby(in_order(panels), lambda p: p.subject.serial_number)]
    bands = [part[i : i + MOST_COLUMNS] for part in parts for i in range(0, len(part), MOST_COLUMNS)]
    width_px = max(2 * PANEL_PX + 3 * _GAP_PX, max(map(len, bands)) * (PANEL_PX + _GAP_PX) + _GAP_PX)
    marks, top = _head(title, note, width_px)
    for band in bands:
        drawn, height_px = _band(band, methods, top)
        marks += drawn
        top += height_px
    return Drawing(width_px, top, marks)


def in_order(panels: Sequence[Panel]) -> list[Panel]:
    """By serial number, and of a part the lowest magnification first."""
    return sorted(panels, key=lambda p: (p.subject.serial_number or "", p.subject.magnification or 0.0, p.subject.path))


def sheet_data(panels: Sequence[Panel]) -> pl.DataFrame:
    """Every value of every map, with the box of its patch in px of the cropped frame; one row per patch."""
    parts = []
    for panel in in_order(panels):
        subject = panel.subject
        left, top, right, bottom = subject.crop_box
        for method, heat in panel.maps.items():
            n_rows, n_columns = heat.shape
            row, column = (index.ravel() for index in np.indices(heat.shape))
            wide, tall = (right - left) / n_columns, (bottom - top) / n_rows
            cells = {
                "row": row, "column": column, "left_px": column * wide, "top_px": row * tall,
                "right_px": (column + 1) * wide, "bottom_px": (row + 1) * tall, "value": heat.ravel().astype(float),
            }  # fmt: skip
            other = subject.out_of_fold
            facts = {
                "image": subject.path, "foan": subject.foan, "magnification": subject.magnification,
                "truth": subject.true_class, "answer": panel.predicted_class,
                "answer_probability": panel.predicted_probability, "explained": panel.target_class,
                "explained_probability": panel.target_probability, "trained_on": subject.trained_on,
                "out_of_fold": other and other.predicted_class, "fold": other and other.fold, "method": str(method),
            }  # fmt: skip
            parts.append(pl.DataFrame(cells).select(*(pl.lit(v).alias(k) for k, v in facts.items()), pl.all()))
    return pl.concat(parts, how="vertical_relaxed") if parts else pl.DataFrame()


def _head(title: str, note: str, width_px: int) -> tuple[list[Mark], int]:
    """Title, note and the scale of colours; and where the next thing begins."""
    marks: list[Mark] = [Words(_GAP_PX, 8, title, size_px=24)]
    top = 44
    for line in _wrap(note, width_px - 2 * _GAP_PX):
        marks.append(Words(_GAP_PX, top, line, FAINT))
        top += _LINE_PX
    top += 8
    left = _GAP_PX + round(text_width(_SCALE)) + 8
    colours = legend(_SCALE_STEPS, 1)[0]
    marks.append(Words(_GAP_PX, top, _SCALE))
    marks += [
        Box(left + i * _SCALE_STEP_PX, top + 2, _SCALE_STEP_PX, _SCALE_TALL_PX, f"#{red:02x}{green:02x}{blue:02x}")
        for i, (red, green, blue) in enumerate(colours.tolist())
    ]
    marks.append(Words(left + _SCALE_STEPS * _SCALE_STEP_PX + 8, top, "most of this map"))
    return marks, top + 2 * _LINE_PX


def _band(panels: Sequence[Panel], methods: Sequence[Method], top: int) -> tuple[list[Mark], int]:
    """One row of frames with their maps and answers below, and its height."""
    tallest, n_lines = max(p.picture.height for p in panels), max(len(p.lines()) for p in panels)
    row_px = tallest + _LINE_PX + 4
    marks: list[Mark] = []
    for number, panel in enumerate(panels):
        left = _GAP_PX + number * (PANEL_PX + _GAP_PX)
        marks += [Words(left, top, panel.heading()), Picture(left, top + _LINE_PX, panel.picture)]
        marks += _scale_bar(panel, left, top + _LINE_PX)
        for row, method in enumerate(methods, start=1):
            line = top + row * row_px
            marks.append(Words(left, line, METHOD_NAMES[method], FAINT))
            if method in panel.overlays:
                marks.append(Picture(left, line + _LINE_PX, panel.overlays[method]))
            else:
                marks.append(Box(left, line + _LINE_PX, PANEL_PX, panel.picture.height, FAINT, is_filled=False))
                marks.append(Words(left + 10, line + _LINE_PX + 10, "empty: nothing speaks for the class"))
        below = top + (1 + len(methods)) * row_px
        marks += [Words(left, below + i * _LINE_PX, line) for i, line in enumerate(panel.lines())]
    return marks, (1 + len(methods)) * row_px + n_lines * _LINE_PX + 3 * _GAP_PX


def _scale_bar(panel: Panel, left: int, top: int) -> Iterator[Mark]:
    """A bar of a round length in the lower left corner; none where the size of a pixel is not known."""
    subject = panel.subject
    width_px = subject.crop_box[2] - subject.crop_box[0]
    if subject.pixel_size_nm is None or width_px <= 0:
        return
    panel_nm = subject.pixel_size_nm * width_px
    length_nm = round_length(_LONGEST_BAR * panel_nm)
    bar_px = max(1, round(PANEL_PX * length_nm / panel_nm))
    words = length_words(length_nm)
    wide, tall = max(bar_px, math.ceil(text_width(words, FONT_PX - 3))) + 12, 28
    bottom = top + panel.picture.height
    yield Box(left, bottom - tall, wide, tall, PAPER)
    yield Words(left + 6, bottom - tall + 2, words, size_px=FONT_PX - 3)
    yield Box(left + 6, bottom - 8, bar_px, 4, INK)


def round_length(most: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))


def length_words(length_nm: float) -> str:
    """``200 nm``, ``20 µm``, ``1 mm``."""
    for unit, nm in (("mm", 1e6), ("µm", 1e3)):
        if length_nm >= nm * (1 - 1e-9):
            return f"{length_nm / nm:g} {unit}"
    return f"{length_nm:g} nm"


def _wrap(text: str, width_px: int) -> list[str]:
    """Lines of words that fit; none of no text."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else ""
        if lines and text_width(longer) <= width_px:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
