"""Dark cells with white print are inverted; micrographs and bold headings are not."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from data_contracts.pixels import GreyImage
from fractocurate.reports.white_on_dark import inverted_cells

FONT = ImageFont.load_default(size=32)


def _inverted(page: Image.Image) -> GreyImage:
    return inverted_cells(np.asarray(page), np.asarray(page.reduce(2)), 2, 100.0)


@pytest.mark.parametrize("tone", [10, 70])
def test_white_print_on_a_dark_row_becomes_dark_on_white(tone: int) -> None:
    """The row is as bright as the paper afterwards, its letters dark; the rest is untouched."""
    page = Image.new("L", (1600, 1200), 240)
    draw = ImageDraw.Draw(page)
    draw.rectangle((100, 200, 1400, 260), fill=tone)
    draw.text((120, 210), "FOAN    Serial no.    Cause    Load in kN", fill=240, font=FONT)
    draw.text((120, 300), "FOAN-2021-0117  512345  material", fill=20, font=FONT)
    grey = _inverted(page)
    assert np.median(grey[202:258, 102:1398]) == pytest.approx(240, abs=3)
    assert (grey[202:258, 102:700] < tone + 40).mean() > 0.05
    assert (grey[280:] == np.asarray(page)[280:]).all()


def test_other_dark_areas_stay() -> None:
    """A picture of many tones, a black bar without print, and bold letters."""
    page = Image.new("L", (1600, 1200), 240)
    draw = ImageDraw.Draw(page)
    draw.rectangle((100, 50, 1400, 100), fill=5)
    for shift in range(4):
        draw.text((120 + shift, 150), "FRACTURE ANALYSIS REPORT", fill=5, font=ImageFont.load_default(size=60))
    pixels = np.array(page)
    pixels[400:900, 200:900] = np.random.default_rng(1).integers(0, 140, (500, 700))
    grey = _inverted(Image.fromarray(pixels))
    assert (grey == pixels).all()
