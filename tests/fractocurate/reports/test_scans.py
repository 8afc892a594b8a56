"""Scans made ready for OCR: planted turns, pictures and rulings are found."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from fractocurate.reports.scans import clean_page

DPI = 150
TEXT = "The fracture of the part began at the surface, where the hackle lines converge and the mirror is found. "


def _page() -> Image.Image:
    page = Image.new("L", (1240, 1754), 235)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=24)
    for number in range(30):
        draw.text((100, 100 + 40 * number), (TEXT * 2)[number * 7 % 90 :][:70], fill=20, font=font)
    return page


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [-2.0, 0.7])
def test_turn_and_skew_are_found_and_undone(turn: int, skew: float) -> None:
    """The page comes out upright and straight."""
    lying = _page().rotate(skew, fillcolor=235, resample=Image.Resampling.BICUBIC).rotate(turn, expand=True)
    clean = clean_page(np.asarray(lying), DPI)
    assert clean.rotation_deg == turn
    assert clean.skew_deg == pytest.approx(-skew, abs=0.15)
    assert clean.grey.shape == (1754, 1240)
    assert clean.is_direction_sure


def test_pictures_and_rulings_are_wiped_and_rulings_kept() -> None:
    """A noisy picture and a drawn line become white; the line is handed on in points."""
    page = _page()
    draw = ImageDraw.Draw(page)
    draw.line((100, 1330, 1100, 1330), fill=0, width=3)
    pixels = np.array(page)
    pixels[1380:1680, 300:800] = np.random.default_rng(3).integers(20, 220, (300, 500))
    clean = clean_page(pixels, DPI)
    assert clean.grey[1400:1660, 320:780].min() > 200
    line = [r for r in clean.rulings if r.is_horizontal and abs(r.y0 - 1330 * 72 / DPI) < 2]
    assert len(line) == 1
    assert line[0].x1 - line[0].x0 == pytest.approx(1000 * 72 / DPI, abs=6)


def test_an_empty_sheet_is_blank() -> None:
    """Grain alone is no text."""
    grain = np.random.default_rng(5).normal(230, 4, (1754, 1240))
    assert clean_page(np.clip(grain, 0, 255).astype(np.uint8), DPI).is_blank
