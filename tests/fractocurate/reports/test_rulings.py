"""Ruling lines, drawn in PDFs and in pixels."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from fractocurate.reports.lines import Ruling
from fractocurate.reports.rulings import broken_lines, drawn_rulings, merged, pixel_rulings

DPI = 150.0
HEIGHT_PT = 800.0


def drawn(path: Path, draw: Callable[[Canvas], None]) -> list[Ruling]:
    """Rulings of a page, rounded to a point."""
    canvas = Canvas(str(path), pagesize=(600, HEIGHT_PT))
    draw(canvas)
    canvas.save()
    document = pdfium.PdfDocument(path)
    page = document[0]
    found = drawn_rulings(page, lambda x, y: (x, HEIGHT_PT - y))
    page.close()
    document.close()
    return sorted(
        (Ruling(round(r.x0), round(r.y0), round(r.x1), round(r.y1)) for r in found), key=lambda r: (r.x0, r.y0, r.x1)
    )


def test_lines_and_boxes_are_rulings(tmp_path: Path) -> None:
    """Each edge of a box counts; slanted and short strokes do not."""

    def draw(canvas: Canvas) -> None:
        canvas.line(50, 700, 400, 700)
        canvas.line(50, 600, 400, 650)
        canvas.line(50, 500, 55, 500)
        canvas.rect(100, 200, 300, 100)

    assert drawn(tmp_path / "a.pdf", draw) == [
        Ruling(50, 100, 400, 100),
        Ruling(100, 500, 100, 600),
        Ruling(100, 500, 400, 500),
        Ruling(100, 600, 400, 600),
        Ruling(400, 500, 400, 600),
    ]


def test_a_thin_filled_box_is_one_ruling(tmp_path: Path) -> None:
    """Some programs draw lines as boxes half a point high."""
    found = drawn(tmp_path / "a.pdf", lambda canvas: canvas.rect(50, 700, 350, 0.5, stroke=0, fill=1))
    assert found == [Ruling(50, 100, 400, 100)]


def test_transformed_drawings_are_where_they_are_seen(tmp_path: Path) -> None:
    """Shifted, scaled and turned coordinates."""

    def draw(canvas: Canvas) -> None:
        canvas.translate(100, 200)
        canvas.rotate(90)
        canvas.scale(2, 2)
        canvas.line(0, 0, 150, 0)

    assert drawn(tmp_path / "a.pdf", draw) == [Ruling(100, 300, 100, 600)]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.sampled_from(["across", "down"]))
def test_pieces_that_touch_make_one_line(lengths: list[int], direction: str) -> None:
    """However a line is cut, it comes out whole, in either direction; a line beside it stays apart."""
    edges = list(itertools.accumulate(lengths, initial=0))

    def ruling(level: float, low: float, high: float) -> Ruling:
        return Ruling(low, level, high, level) if direction == "across" else Ruling(level, low, level, high)

    pieces = [ruling(30, a, b) for a, b in itertools.pairwise(edges)]
    assert merged([ruling(99, 0, 50), *pieces]) == [ruling(30, 0, edges[-1]), ruling(99, 0, 50)]


@pytest.fixture(scope="module")
def scanned_table() -> np.ndarray:
    """Ink of a scanned table of 2 by 2 cells with bold text, at 150 dpi."""
    page = Image.new("L", (1200, 800), 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=40)
    for x in (100, 500, 1000):
        draw.line((x, 100, x, 500), fill=0, width=3)
    for y in (100, 300, 500):
        draw.line((100, y, 1000, y + 1), fill=0, width=3)
    for x, y in ((120, 160), (520, 160), (120, 360), (520, 360)):
        draw.text((x, y), "MATERIAL HHHEEE", fill=0, font=font, stroke_width=2)
    return np.asarray(page) < 128


def test_rulings_of_a_scan_are_found_and_its_text_is_not(scanned_table: np.ndarray) -> None:
    """Three lines each way, in points, though they climb by a pixel; bold capitals are no lines."""
    rulings, mask = pixel_rulings(scanned_table, DPI)
    pt = 72 / DPI
    across = [r for r in rulings if r.is_horizontal]
    down = [r for r in rulings if not r.is_horizontal]
    assert [r.y0 / pt for r in across] == pytest.approx([100, 300, 500], abs=4)
    assert [r.x0 / pt for r in down] == pytest.approx([100, 500, 1000], abs=4)
    assert all((r.x0 / pt, r.x1 / pt) == pytest.approx((100, 1000), abs=6) for r in across)
    assert mask[100:500, 100].mean() > 0.9
    assert mask[165:290, 120:480].sum() == 0


def test_an_empty_page_has_no_rulings() -> None:
    """And an empty mask."""
    rulings, mask = pixel_rulings(np.zeros((300, 300), dtype=bool), DPI)
    assert rulings == []
    assert not mask.any()


def test_stems_of_large_characters_are_no_rulings() -> None:
    """Print as large as on posters and drawings has upright strokes as long as the side of a table's cell."""
    font = ImageFont.load_default(size=72)
    page = Image.new("L", (900, 400), 255)
    draw = ImageDraw.Draw(page)
    draw.text((60, 40), "204 HtfN 0", fill=0, font=font)
    draw.rectangle((40, 200, 800, 320), outline=0, width=2)
    draw.line((400, 200, 400, 320), fill=0, width=2)
    rulings, mask = pixel_rulings(np.asarray(page) < 128, DPI)
    upright = [r for r in rulings if not r.is_horizontal]
    assert len(upright) == 3
    assert not mask[30:150].any()


def test_leaders_and_lines_of_dashes_are_found_and_print_is_not() -> None:
    """Dots between a label and its value, and dashes as a printer rules tables; words, hyphens and full stops stay."""
    font = ImageFont.load_default(size=24)
    page = Image.new("L", (1200, 500), 255)
    draw = ImageDraw.Draw(page)
    draw.text((60, 40), "Root cause", fill=0, font=font)
    for x in range(190, 700, 9):
        draw.rectangle((x, 58, x + 2, 60), fill=0)
    draw.text((700, 40), "Spec 3", fill=0, font=font)
    for x in range(60, 900, 16):
        draw.rectangle((x, 130, x + 10, 131), fill=0)
    text = "The origin - a pore, 12.5 um - is shown in fig. 3 ... and in fig. 4; pygg yjpq"
    draw.text((60, 200), text, fill=0, font=font)
    ink = np.asarray(page) < 128
    mask = broken_lines(ink, DPI)
    assert mask[55:64, 195:695].sum() > 0.9 * ink[55:64, 195:695].sum()
    assert mask[128:134].sum() > 0.99 * ink[128:134].sum()
    assert not mask[:100, 700:].any()
    assert not mask[:100, :180].any()
    assert not mask[190:].any()
    assert not broken_lines(np.zeros((300, 300), dtype=bool), DPI).any()


def _print(texts: list[tuple[int, int, str]], size: int) -> Image.Image:
    image = Image.new("L", (1200, 700), 255)
    font = ImageFont.load_default(size=size)
    for x, y, text in texts:
        ImageDraw.Draw(image).text((x, y), text, fill=0, font=font)
    return image


def _wiped(image: Image.Image) -> np.ndarray:
    ink = np.asarray(image) < 128
    _, mask = pixel_rulings(ink, DPI)
    return np.asarray(ink & ~mask & ~broken_lines(ink, DPI))


def test_letters_that_hang_together_with_a_grid_stay() -> None:
    """A streak joins the letters under it to the rules of a table: the rules go, the letters stay nearly whole."""
    image = _print([(200, 60 + 70 * k, "Materialfehler Pressfehler") for k in range(6)], 32)
    letters = np.asarray(image) < 128
    draw = ImageDraw.Draw(image)
    for k in range(7):
        draw.line((100, 45 + 70 * k, 900, 45 + 70 * k), fill=0, width=3)
    draw.line((310, 0, 310, 700), fill=0, width=2)
    left = _wiped(image)
    assert (left & letters).sum() > 0.9 * letters.sum()
    assert (left & ~letters).sum() < 0.05 * letters.sum()


def test_slim_letters_of_large_print_are_no_rulings() -> None:
    """Each ``l`` stands alone and is as tall as the shortest ruling of a page in usual type."""
    image = _print([(100, 100 + 130 * k, "l alle Fall feststellbar") for k in range(4)], 72)
    letters = np.asarray(image) < 128
    assert (_wiped(image) & letters).sum() > 0.98 * letters.sum()
