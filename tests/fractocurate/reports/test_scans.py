"""Scans made ready for OCR: planted turns, pictures and rulings are found."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from fractocurate.reports.lines import Ruling
from fractocurate.reports.scans import CleanPage, clean_page, turned_over

DPI = 150
TEXT = "The fracture of the part began at the surface, where the hackle lines converge and the mirror is found. "


def _page() -> Image.Image:
    page = Image.new("L", (1240, 1754), 235)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=24)
    for number in range(30):
        draw.text((100, 100 + 40 * number), (TEXT * 2)[number * 7 % 90 :][:70], fill=20, font=font)
    return page


@pytest.mark.parametrize(
    ("turn", "skew"),
    [(90, -2.0), (180, 0.7)]
    + [
        pytest.param(turn, skew, marks=pytest.mark.slow)
        for turn in (0, 90, 180, 270)
        for skew in (-2.0, 0.7)
        if (turn, skew) not in {(90, -2.0), (180, 0.7)}
    ],
)
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


def test_a_page_without_ascenders_leaves_its_direction_open() -> None:
    """Columns of digits look the same from both sides: Tesseract has to say which is up."""
    page = Image.new("L", (1240, 1754), 235)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=24)
    for number in range(30):
        draw.text((100, 100 + 40 * number), "808 080 888 000 880 " * 3, fill=20, font=font)
    assert not clean_page(np.asarray(page), DPI).is_direction_sure


def test_a_page_turned_over_has_its_rulings_where_its_pixels_are() -> None:
    """Half a circle moves the top left corner to the bottom right; twice is the page itself."""
    grey = np.arange(60, dtype=np.uint8).reshape(6, 10)
    page = CleanPage(grey, 90, 0.5, is_direction_sure=False, rulings=(Ruling(0, 1, 10, 1),), is_blank=False)
    over = turned_over(page, 72.0)
    assert over.grey[0, 0] == 59
    assert over.rotation_deg == 270
    assert over.rulings == (Ruling(0, 5, 10, 5),)
    back = turned_over(over, 72.0)
    assert (back.grey == grey).all()
    assert (back.rotation_deg, back.rulings) == (page.rotation_deg, page.rulings)


@pytest.mark.parametrize("tone", [120, 235])
def test_paper_of_any_tone_becomes_white_and_text_stays_dark(tone: int) -> None:
    """Grey scans and shaded cells are evened out."""
    page = Image.new("L", (900, 900), tone)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=24)
    for number in range(12):
        draw.text((60, 60 + 60 * number), TEXT[:50], fill=tone // 6, font=font)
    grey = clean_page(np.asarray(page), DPI).grey
    assert np.median(grey) == 255
    assert (grey < 100).mean() > 0.01


def test_a_shaded_table_is_not_taken_for_a_picture() -> None:
    """An even shade under text stays; a micrograph's tones go."""
    page = _page()
    pixels = np.array(page)
    shaded = pixels[300:900, 80:1150]
    pixels[300:900, 80:1150] = (shaded * 0.75).astype(np.uint8)
    grey = clean_page(pixels, DPI).grey
    assert (grey[320:880, 100:1000] < 100).mean() > 0.01


@pytest.mark.parametrize("skew", [0.0, 2.4])
def test_paper_in_uneven_light_is_no_picture(skew: float) -> None:
    """From dark at the top to bright at the bottom, straightened or not: nothing is wiped but the micrograph."""
    pixels = np.array(_page())
    pixels[1380:1680, 300:800] = np.random.default_rng(3).integers(20, 160, (300, 500))
    light = np.linspace(0.5, 0.95, pixels.shape[0])[:, None] + np.linspace(0, 0.05, pixels.shape[1])[None, :]
    shaded = Image.fromarray((pixels * light).astype(np.uint8)).rotate(skew, fillcolor=30)
    clean = clean_page(np.asarray(shaded), DPI)
    assert len(clean.pictures) == 1
    box = clean.pictures[0].box
    assert (box.left, box.top) == (pytest.approx(300 * 72 / DPI, abs=12), pytest.approx(1380 * 72 / DPI, abs=12))
    assert (clean.grey[100:1300] < 128).mean() > 0.02


def test_a_streak_of_the_scanner_does_not_turn_a_page() -> None:
    """Dust on the glass leaves a broken line down the page: few lines of print are still what counts."""
    page = Image.new("L", (1240, 1754), 225)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=22)
    for number in range(24):
        draw.text((100, 100 + 60 * number), TEXT[number : number + 24], fill=40, font=font)
    for top in range(0, 1754, 60):
        draw.rectangle((800, top, 801, top + 52), fill=60)
    clean = clean_page(np.asarray(page.rotate(2, fillcolor=225)), DPI)
    assert clean.rotation_deg == 0
    assert clean.skew_deg == pytest.approx(-2, abs=0.3)
