"""Overlays and sheets: colours that everybody can read, places that stay where they are."""

import base64
import dataclasses
import io
import xml.etree.ElementTree as ET

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fractotrain.attribution.drawing import Box, Words, text_width
from fractotrain.attribution.methods import Method
from fractotrain.attribution.overlay import blend, legend, overlay, viridis
from fractotrain.attribution.sheet import MOST_COLUMNS, PANEL_PX, Panel, as_panel, draw_sheet, round_length, sheet_data
from fractotrain.attribution.subjects import OutOfFold, Subject

SVG = "{http://www.w3.org/2000/svg}"


def luma(colours: np.ndarray) -> np.ndarray:
    """Grey of a printer without colours."""
    return colours.astype(float) @ [0.299, 0.587, 0.114]


def test_scale_grows_lighter_throughout() -> None:
    """Printed in grey, a higher value is still the lighter one; the ends are those of viridis."""
    values = np.linspace(0, 1, 256, dtype=np.float32)
    colours = viridis(values)
    assert (np.diff(luma(colours)) > -0.6).all()  # rounding to whole grey levels
    assert luma(colours)[-1] - luma(colours)[0] > 150
    assert colours[0].tolist() == [68, 1, 84]
    assert colours[-1].tolist() == [253, 231, 37]


@given(st.integers(0, 255), st.integers(0, 255), st.floats(0, 1, width=16))
def test_structure_of_the_frame_stays_visible_under_the_map(first: int, second: int, value: float) -> None:
    """Of two pixels under the same value the brighter stays the brighter, with at least a third of the contrast."""
    both = blend(np.array([[first, second]], np.uint8), np.full((1, 2), value, np.float32))
    assert abs((luma(both)[0, 1] - luma(both)[0, 0]) - (second - first)) <= 0.61 * abs(second - first) + 1.5


def test_overlay_colours_the_hot_patch_and_spares_the_others() -> None:
    """The frame's own size; the yellow lies where the map is highest; an empty map gives the beginning of the scale."""
    frame = np.full((60, 80), 128, np.uint8)
    heat = np.zeros((4, 4), np.float32)
    heat[3, 0] = 7
    shown = overlay(frame, heat)
    assert shown.shape == (60, 80, 3)
    assert shown[57, 3, 0] - int(shown[57, 3, 2]) > 80  # yellow: red far above blue
    assert (overlay(frame, np.zeros((4, 4), np.float32)) == shown[3, 76]).all()
    assert (legend(100, 5)[:, 0] == shown[3, 76]).all()


def panel(number: int, true_class: str | None = "material", **changes: object) -> Panel:
    """A frame of one grey at a magnification of its own."""
    facts = {"trained_on": False, "foan_trained_on": False, "out_of_fold": None} | changes
    subject = Subject(f"{number}.png", "0" * 64, (0, 0, 8, 6), (), "F-1", "S1", 50.0 * number, true_class, **facts)
    grey = np.full((60, 80), 20 * number, np.uint8)
    heat = np.arange(4, dtype=np.float32).reshape(2, 2)
    return Panel(
        subject,
        as_panel(grey),
        {Method.ROLLOUT: as_panel(grey)},
        {Method.ROLLOUT: heat},
        "material",
        0.7,
        "material",
        0.7,
    )


def test_sheet_orders_frames_by_magnification_and_wraps() -> None:
    """Low magnification left; more frames than fit a row go below; a missing map leaves a framed, explained gap."""
    panels = [panel(n) for n in (3, 1, 2)]
    sheet = draw_sheet("F-1", "note", panels, [Method.GRAD_CAM, Method.ROLLOUT])
    pixels = np.asarray(sheet.as_image().convert("L"))
    row = next(y for y in range(pixels.shape[0]) if (pixels[y, 14 : 14 + PANEL_PX] == 20).all())
    middles = [int(pixels[row + 5, 14 + column * (PANEL_PX + 14) + 100]) for column in range(3)]
    assert middles == [20, 40, 60]
    many = draw_sheet("F-1", "note", [panel(n) for n in range(1, MOST_COLUMNS + 2)], [Method.ROLLOUT])
    assert many.width == MOST_COLUMNS * (PANEL_PX + 14) + 14
    assert many.height > 1.5 * draw_sheet("F-1", "note", panels, [Method.ROLLOUT]).height


def test_each_broken_part_begins_a_row() -> None:
    """Frames of two parts of one FOAN do not share a row, few as they are."""
    second = panel(2)
    second = dataclasses.replace(second, subject=dataclasses.replace(second.subject, serial_number="S2"))
    sheet = draw_sheet("F-1", "", [second, panel(1), panel(3)], [])
    tops = {mark.text: (mark.left, mark.top) for mark in sheet.marks if isinstance(mark, Words)}
    assert tops["50 x   S1"][1] == tops["150 x   S1"][1] < tops["100 x   S2"][1]
    assert tops["50 x   S1"][0] == tops["100 x   S2"][0]


def test_sheet_says_what_the_model_was_trained_on() -> None:
    """Answer, confidence, truth and out-of-fold answer in words, right and wrong not by colour alone."""
    assert panel(1).lines()[0] == "answer: material 0.70, right"
    assert panel(1, "green_body").lines()[0] == "answer: material 0.70, WRONG"
    assert panel(1, "unknown").lines()[0] == "answer: material 0.70"
    assert panel(1).lines()[3] == "new to the model"
    assert panel(1, trained_on=True).lines()[3] == "the model was TRAINED ON THIS IMAGE"
    assert panel(1, foan_trained_on=True).lines()[3] == "the model was trained on this FOAN"
    other = OutOfFold(2, "green_body", 0.51)
    assert panel(1, out_of_fold=other).lines()[2] == "out of fold 2: green body 0.51, WRONG"


def test_panel_keeps_the_aspect_ratio() -> None:
    """A frame is never stretched on a sheet."""
    assert as_panel(np.zeros((100, 200), np.uint8)).size == (PANEL_PX, PANEL_PX // 2)
    assert isinstance(as_panel(np.zeros((10, 10, 3), np.uint8)), Image.Image)


def test_sheet_as_vectors_says_what_its_pixels_show() -> None:
    """Well-formed, all lines as text, each frame and map embedded at its place; hostile names are text."""
    drawing = draw_sheet("<b>&", "a note", [panel(2), panel(1)], [Method.ROLLOUT])
    root = ET.fromstring(drawing.as_svg())  # noqa: S314 - made here
    said = [element.text for element in root.iter(f"{SVG}text")]
    assert said[0] == "<b>&"
    assert {"a note", "50 x   S1", "100 x   S1", "attention rollout", "truth: material"} <= set(said)
    pictures = list(root.iter(f"{SVG}image"))
    places = [(int(p.get("x", "")), int(p.get("y", ""))) for p in pictures]
    assert len(set(places)) == 4
    pixels = np.asarray(drawing.as_image())
    for picture, (left, top) in zip(pictures, places, strict=True):
        code = picture.get("href", "").removeprefix("data:image/jpeg;base64,")
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("RGB")).astype(int)
        assert np.abs(shown - pixels[top : top + shown.shape[0], left : left + shown.shape[1]]).mean() < 3
    assert all(
        text_width(line) <= PANEL_PX for line in panel(1, out_of_fold=OutOfFold(12, "hard_machining", 1)).lines()
    )


def test_values_of_a_sheet_are_those_of_its_maps() -> None:
    """One row per patch, its box in the frame, what was asked and answered."""
    data = sheet_data([panel(2), panel(1)])
    assert len(data) == 2 * 4
    assert data["value"].to_list() == [0, 1, 2, 3] * 2
    assert data["magnification"].to_list() == [50.0] * 4 + [100.0] * 4
    boxes = data.select("left_px", "top_px", "right_px", "bottom_px").rows()[:4]
    assert boxes == [(0, 0, 4, 3), (4, 0, 8, 3), (0, 3, 4, 6), (4, 3, 8, 6)]
    assert set(data["method"]) == {"rollout"}
    assert set(data["truth"]) == {"material"}


@given(st.floats(1e-1, 1e9))
def test_scale_bar_has_a_round_length_that_fits(most: float) -> None:
    """1, 2 or 5 times a power of ten, and more than two fifths of what fits."""
    length = round_length(most)
    assert 0.399 * most < length <= most * 1.0001
    assert f"{length:.6e}"[0] in "125"
    assert float(f"{length:.6e}"[1:8]) == 0


def test_scale_bar_is_as_long_as_it_says() -> None:
    """Eight pixels of 5 um are 40 um across; 10 um are a quarter of the panel."""
    drawing = draw_sheet("F", "", [panel(1, pixel_size_nm=5000.0)], [])
    words = next(mark for mark in drawing.marks if isinstance(mark, Words) and "µm" in mark.text)
    bar = next(mark for mark in drawing.marks if isinstance(mark, Box) and mark.height == 4)
    assert words.text == "10 µm"
    assert bar.width == PANEL_PX / 4
    assert not any(isinstance(m, Words) and "µm" in m.text for m in draw_sheet("F", "", [panel(1)], []).marks)
