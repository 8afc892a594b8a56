"""One sheet per FOAN, as the paper's Fig. 5: magnifications in a row; frame, heat-maps, answer, confidence, truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from data_contracts.pixels import GreyImage
from fractotrain.attribution.methods import Method
from fractotrain.attribution.overlay import Colours, legend
from fractotrain.attribution.subjects import Subject

PANEL_PX = 360
"""Width of a panel; its height follows the frame."""
MOST_COLUMNS = 6
"""Frames in a row; further ones go into a row below."""

_GAP_PX, _LINE_PX, _FONT_PX = 14, 21, 15
_INK, _FAINT, _PAPER = (20, 20, 20), (95, 95, 95), (255, 255, 255)

_SCALE = "speaks for the explained class (rollout: was looked at):  least"

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
    target_class: str
    target_probability: float
    predicted_class: str
    predicted_probability: float

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
        unfolded = "none" if other is None else f"{other.predicted_class} {other.probability:.2f} (fold {other.fold})"
        wrong = "" if other is None or other.predicted_class == truth else " WRONG"
        lines = [
            f"answer: {self.predicted_class} {self.predicted_probability:.2f}{mark}",
            f"truth: {truth}",
            f"out of fold: {unfolded}{wrong}",
            acquaintance,
        ]
        if self.target_class != self.predicted_class:
            lines.append(f"explained: {self.target_class} {self.target_probability:.2f}")
        return lines

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


def draw_sheet(title: str, note: str, panels: Sequence[Panel], methods: Sequence[Method]) -> Image.Image:
    """All frames of one FOAN, ordered by serial number and magnification.

    Args:
        title: The FOAN.
        note: What a reader must know, in a sentence or two.
        panels: At least one.
        methods: Rows of heat-maps, from the top.
    """
    ordered = sorted(
        panels, key=lambda p: (p.subject.serial_number or "", p.subject.magnification or 0.0, p.subject.path)
    )
    bands = [_draw_band(ordered[i : i + MOST_COLUMNS], methods) for i in range(0, len(ordered), MOST_COLUMNS)]
    width_px = max(2 * PANEL_PX + 3 * _GAP_PX, *(band.width for band in bands))
    head = _draw_head(title, note, width_px)
    sheet = Image.new("RGB", (width_px, head.height + sum(band.height for band in bands)), _PAPER)
    sheet.paste(head, (0, 0))
    top = head.height
    for band in bands:
        sheet.paste(band, (0, top))
        top += band.height
    return sheet


def _draw_head(title: str, note: str, width_px: int) -> Image.Image:
    wrapped = _wrap(note, width_px - 2 * _GAP_PX)
    head = Image.new("RGB", (width_px, 76 + _LINE_PX * (len(wrapped) + 1)), _PAPER)
    pen = ImageDraw.Draw(head)
    pen.text((_GAP_PX, 8), title, _INK, _font(24))
    for i, line in enumerate(wrapped):
        pen.text((_GAP_PX, 44 + i * _LINE_PX), line, _FAINT, _font())
    top = 52 + len(wrapped) * _LINE_PX
    pen.text((_GAP_PX, top), _SCALE, _INK, _font())
    left = _GAP_PX + round(_font().getlength(_SCALE)) + 8
    head.paste(Image.fromarray(legend(160, 16)), (left, top + 2))
    pen.text((left + 168, top), "most", _INK, _font())
    return head


def _draw_band(panels: Sequence[Panel], methods: Sequence[Method]) -> Image.Image:
    tallest, n_lines = max(p.picture.height for p in panels), max(len(p.lines()) for p in panels)
    row_px = tallest + _LINE_PX + 4
    height_px = (1 + len(methods)) * row_px + n_lines * _LINE_PX + 3 * _GAP_PX
    band = Image.new("RGB", (len(panels) * (PANEL_PX + _GAP_PX) + _GAP_PX, height_px), _PAPER)
    pen = ImageDraw.Draw(band)
    for column, panel in enumerate(panels):
        left = _GAP_PX + column * (PANEL_PX + _GAP_PX)
        pen.text((left, 0), panel.heading(), _INK, _font())
        band.paste(panel.picture, (left, _LINE_PX))
        for row, method in enumerate(methods, start=1):
            top = row * row_px
            pen.text((left, top), METHOD_NAMES[method], _FAINT, _font())
            if method in panel.overlays:
                band.paste(panel.overlays[method], (left, top + _LINE_PX))
            else:
                bottom = top + _LINE_PX + panel.picture.height - 1
                pen.rectangle((left, top + _LINE_PX, left + PANEL_PX - 1, bottom), outline=_FAINT)
                pen.text((left + 10, top + _LINE_PX + 10), "empty: nothing speaks for the class", _INK, _font())
        for i, line in enumerate(panel.lines()):
            pen.text((left, (1 + len(methods)) * row_px + i * _LINE_PX), line, _INK, _font())
    return band


def _wrap(text: str, width_px: int) -> list[str]:
    """Lines of words that fit."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _font().getlength(longer) > width_px:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _font(size_px: int = _FONT_PX) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101 - Pillow's wheels hold FreeType
    return font
