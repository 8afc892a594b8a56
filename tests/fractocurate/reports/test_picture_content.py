"""Of a picture only what the microscope saw is fingerprinted, and what no microscope made is left out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont

from fractocurate.reports.picture_content import is_drawing, without_data_bar

Grey = npt.NDArray[np.uint8]
Grains = Callable[..., Grey]


def with_bar(grey: Grey, height: int, background: int = 0) -> Grey:
    """A frame with a data bar below it."""
    bar = Image.new("L", (grey.shape[1], height), background)
    draw = ImageDraw.Draw(bar)
    ink = 255 - background
    draw.text((10, height // 5), "HV 15.0 kV   Mag 500 x   WD 9.8 mm", ink, ImageFont.load_default(height // 2))
    draw.rectangle((grey.shape[1] - 120, height // 2, grey.shape[1] - 20, height // 2 + 3), fill=ink)
    return np.vstack([grey, np.asarray(bar)])


@pytest.mark.parametrize("background", [0, 255])
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_data_bar_is_cut_off(background: int, scale: int, grains: Grains) -> None:
    """At every resolution, to the row but for what the search at lower resolution rounds."""
    grey = grains(1, 640 * scale, 480 * scale)
    cropped = without_data_bar(with_bar(grey, 36 * scale, background))
    assert abs(cropped.shape[0] - 480 * scale) <= scale
    assert cropped.shape[1] == 640 * scale


def test_picture_without_a_bar_stays_whole(grains: Grains) -> None:
    """Nothing is cut off."""
    grey = np.clip(grains(2, 640, 480), 70, 200)
    assert np.array_equal(without_data_bar(grey), grey)


@pytest.mark.parametrize("tone", [3, 250])
def test_thin_rims_of_a_scanned_picture_are_cut_off(tone: int, grains: Grains) -> None:
    """Paper beside it and the rest of a bar are no part of the picture, noisy as a scanner makes them."""
    grey = np.clip(grains(3, 640, 480), 90, 180)
    rimmed = np.pad(grey, ((2, 9), (3, 0)), constant_values=tone).astype(np.float64)
    rimmed += np.random.default_rng(1).normal(0, 3, rimmed.shape)
    assert without_data_bar(rimmed.clip(0, 255).astype(np.uint8)).shape == (480, 640)


def test_black_vacuum_of_a_micrograph_is_no_rim(grains: Grains) -> None:
    """What is thicker than a rim belongs to the picture."""
    grey = np.clip(grains(4, 640, 480), 90, 180)
    grey[:100] = 0
    assert without_data_bar(grey).shape == (480, 640)


def test_picture_that_is_only_a_bar_is_kept_as_it_is(grains: Grains) -> None:
    """An empty picture has no fingerprint."""
    strip = with_bar(grains(5, 640, 480), 60)[480:]
    assert without_data_bar(strip).size > 0


def _text_page() -> Grey:
    page = Image.new("L", (400, 300), 250)
    draw = ImageDraw.Draw(page)
    for row in range(15):
        draw.text((10, 10 + 19 * row), "instance serial load cause sub-type remark", 20, ImageFont.load_default(12))
    return np.asarray(page)


def _signature() -> Grey:
    page = Image.new("L", (300, 100), 255)
    ImageDraw.Draw(page).line([(x, 50 + 30 * np.sin(x / 9)) for x in range(20, 280)], 40, 3)
    return np.asarray(page)


def _logo() -> Grey:
    page = Image.new("L", (200, 200), 60)
    draw = ImageDraw.Draw(page)
    draw.ellipse((40, 40, 160, 160), 230)
    draw.rectangle((90, 20, 110, 180), 120)
    return np.asarray(page)


def _plot() -> Grey:
    page = Image.new("L", (400, 300), 255)
    ImageDraw.Draw(page).rectangle((40, 20, 380, 260), outline=0)
    ImageDraw.Draw(page).line([(x, 200 - 100 * np.exp(-(((x - 200) / 20) ** 2))) for x in range(40, 380)], 0, 2)
    return np.asarray(page)


@pytest.mark.parametrize("draw", [_text_page, _signature, _logo, _plot, lambda: np.full((200, 300), 128, np.uint8)])
def test_what_no_microscope_made_is_left_out(draw: Callable[[], Grey]) -> None:
    """Text, signature, logo, plot and an empty frame, clean and as a scanner sees them."""
    assert is_drawing(draw())
    noisy = draw() * 0.92 + np.random.default_rng(1).normal(0, 4, draw().shape)
    assert is_drawing(noisy.clip(0, 255).astype(np.uint8)) or draw().std() == 0


def _micrographs(grains: Any) -> dict[str, Grey]:
    texture = grains(6, 640, 480)
    rng = np.random.default_rng(2)
    rows, columns = np.mgrid[:480, :640]
    in_vacuum = np.where((rows - 300) ** 2 + (columns - 320) ** 2 < 180**2, texture, 0).astype(np.uint8)
    charging = np.where(columns < 200, 255, texture).astype(np.uint8)
    return {
        "texture": texture,
        "in vacuum": in_vacuum,
        "charging": charging,
        "low contrast": (120 + texture / 32).astype(np.uint8),
        "noise": rng.normal(120, 30, (480, 640)).clip(0, 255).astype(np.uint8),
        "dithered": np.asarray(Image.fromarray(texture).convert("1")) * np.uint8(255),
        "bright": (200 + texture / 5).astype(np.uint8),
    }


@pytest.mark.parametrize("name", ["texture", "in vacuum", "charging", "low contrast", "noise", "dithered", "bright"])
def test_micrograph_is_kept(name: str, grains: Grains) -> None:
    """Black, saturated, flat, noisy and printed ones too: when in doubt a picture is kept."""
    assert not is_drawing(_micrographs(grains)[name])
