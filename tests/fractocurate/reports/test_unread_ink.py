"""Print that Tesseract passed over is found again, and nothing else is."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from data_contracts.records import Box, Word
from fractocurate.reports.unread_ink import find_pieces, placed

DPI = 150.0
FONT = ImageFont.load_default(size=28)


class Sheet:
    """A page of which some words were read and others passed over."""

    def __init__(self) -> None:
        self.image = Image.new("L", (1200, 800), 255)
        self.draw = ImageDraw.Draw(self.image)
        self.words: list[Word] = []

    def write(self, x: int, y: int, text: str, *, is_read: bool = True) -> Box:
        """Print; its box in pixels."""
        self.draw.text((x, y), text, fill=0, font=FONT)
        box = Box(*self.draw.textbbox((x, y), text, font=FONT))
        if is_read:
            pt = 72 / DPI
            self.words.append(Word(text, Box(box.left * pt, box.top * pt, box.right * pt, box.bottom * pt), 0.9))
        return box

    def row(self, y: int) -> None:
        """Three words that were read."""
        for x, text in ((100, "FA-2020"), (400, "204690"), (800, "Material")):
            self.write(x, y, text)

    @property
    def grey(self) -> np.ndarray:
        """Its pixels."""
        return np.asarray(self.image)


@pytest.fixture
def sheet() -> Sheet:
    """Five rows of words."""
    sheet = Sheet()
    for number in range(5):
        sheet.row(100 + 60 * number)
    return sheet


def test_lone_digits_of_a_column_are_found_and_put_back(sheet: Sheet) -> None:
    """One piece for each number; its text comes back where the number stands."""
    boxes = [sheet.write(680, 100 + 60 * k, f"{k + 7}", is_read=False) for k in range(5)]
    pieces, strip = find_pieces(sheet.grey, DPI, sheet.words)
    assert strip is not None
    assert len(pieces) == 5
    pt = 72 / DPI
    read = [
        Word(f"{k}", Box(p.strip.left * pt, p.strip.top * pt, p.strip.right * pt, p.strip.bottom * pt), 0.95)
        for k, p in enumerate(pieces)
    ]
    by_text = {w.text: w.box for w in placed(pieces, read, DPI)}
    for k, piece in enumerate(pieces):
        box = by_text[f"{k}"]
        assert (box.left / pt, box.top / pt) == pytest.approx((piece.page.left, piece.page.top))
        assert any(abs(piece.page.left - b.left) < 5 and abs(piece.page.bottom - b.bottom) < 5 for b in boxes)


def test_the_strip_shows_what_the_page_shows(sheet: Sheet) -> None:
    """Each piece has as much ink on the strip as on the page."""
    sheet.write(680, 160, "12", is_read=False)
    sheet.write(300, 220, "X", is_read=False)
    grey = sheet.grey
    pieces, strip = find_pieces(grey, DPI, sheet.words)
    assert strip is not None
    assert len(pieces) == 2
    for piece in pieces:
        page = grey[int(piece.page.top) : int(piece.page.bottom), int(piece.page.left) : int(piece.page.right)]
        there = strip[int(piece.strip.top) : int(piece.strip.bottom), int(piece.strip.left) : int(piece.strip.right)]
        assert (page < 128).sum() == (there < 128).sum() > 0


def test_dirt_and_signatures_are_left_alone(sheet: Sheet) -> None:
    """Specks, a stroke through several rows, and print that stands beside no words."""
    for x in range(150, 1100, 90):
        sheet.draw.ellipse((x, 145, x + 3, 148), fill=0)
    sheet.draw.line((600, 90, 640, 330), fill=0, width=3)
    sheet.write(500, 600, "7", is_read=False)
    assert find_pieces(sheet.grey, DPI, sheet.words) == ([], None)


def test_a_page_that_was_read_whole_has_no_pieces(sheet: Sheet) -> None:
    """And so has one without words."""
    assert find_pieces(sheet.grey, DPI, sheet.words) == ([], None)
    assert find_pieces(sheet.grey, DPI, ()) == ([], None)


def test_what_is_unsure_or_no_character_is_not_put_back(sheet: Sheet) -> None:
    """A second look that gives a doubtful letter, or a sign, has seen dirt."""
    sheet.write(680, 160, "4", is_read=False)
    pieces, _ = find_pieces(sheet.grey, DPI, sheet.words)
    pt = 72 / DPI
    place = pieces[0].strip
    box = Box(place.left * pt, place.top * pt, place.right * pt, place.bottom * pt)
    assert placed(pieces, [Word("4", box, 0.6)], DPI) == []
    assert placed(pieces, [Word("|", box, 0.99)], DPI) == []
    assert [w.text for w in placed(pieces, [Word("4", box, 0.96)], DPI)] == ["4"]
