"""Print that Tesseract passed over is found again, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from data_contracts.records import Box, Word
from fractocurate.reports import unread_ink
from fractocurate.reports.unread_ink import Piece, find_pieces, tidy_strip, with_pieces

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


def seen(piece: Piece, text: str, confidence: float) -> Word:
    """What Tesseract says of a piece of the strip."""
    pt, box = 72 / DPI, piece.strip
    return Word(text, Box(box.left * pt, box.top * pt, box.right * pt, box.bottom * pt), confidence)


@pytest.fixture
def sheet() -> Sheet:
    """Five rows of words."""
    sheet = Sheet()
    for number in range(5):
        sheet.row(100 + 60 * number)
    return sheet


def test_lone_digits_of_a_column_are_found_and_put_back(sheet: Sheet) -> None:
    """One piece for each number; its text comes back where the number stands, beside all that was read before."""
    boxes = [sheet.write(680, 100 + 60 * k, f"{k + 4}", is_read=False) for k in range(5)]
    pieces, strip = find_pieces(sheet.grey, DPI, sheet.words)
    assert strip is not None
    assert [p.words for p in pieces] == [()] * 5
    read = [seen(p, f"{k}", 0.95) for k, p in enumerate(pieces)]
    words = with_pieces(sheet.words, pieces, read, DPI)
    assert words[: len(sheet.words)] == sheet.words
    found = words[len(sheet.words) :]
    assert [w.confidence for w in found] == [0.95] * 5
    pt = 72 / DPI
    tops = sorted(w.box.top / pt for w in found)
    assert tops == pytest.approx([b.top for b in boxes], abs=10)
    assert all(abs(w.box.left / pt - boxes[0].left) < 10 for w in found)


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
    assert with_pieces(sheet.words, pieces, [seen(pieces[0], "4", 0.6)], DPI) == sheet.words
    assert with_pieces(sheet.words, pieces, [seen(pieces[0], "|", 0.99)], DPI) == sheet.words
    assert with_pieces(sheet.words, pieces, [], DPI) == sheet.words
    assert with_pieces(sheet.words, pieces, [seen(pieces[0], "4", 0.96)], DPI)[-1].text == "4"


def test_a_letter_or_two_alone_may_be_an_edge_of_a_picture(sheet: Sheet) -> None:
    """However well they are read; a word or a number is none."""
    sheet.write(700, 100, "tl", is_read=False)
    (piece,), _ = find_pieces(sheet.grey, DPI, sheet.words)
    for text, is_believed in (("tl", False), ("pore", True), ("1", True)):
        found = with_pieces(sheet.words, [piece], [seen(piece, text, 0.96)], DPI)
        assert (text in {w.text for w in found}) == is_believed


def test_large_pages_are_searched_more_coarsely(sheet: Sheet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same pieces, a pixel or two off; labels of all pixels of a drawing would not fit a worker's memory."""
    sheet.write(700, 100, "5", is_read=False)
    (fine,), _ = find_pieces(sheet.grey, DPI, sheet.words)
    monkeypatch.setattr(unread_ink, "_LARGEST_PX", sheet.grey.size // 3)
    (coarse,), _ = find_pieces(sheet.grey, DPI, sheet.words)
    sides = ("left", "top", "right", "bottom")
    assert all(abs(getattr(fine.page, side) - getattr(coarse.page, side)) <= 2 for side in sides)


def test_a_piece_is_shown_with_the_words_beside_it(sheet: Sheet) -> None:
    """Of 5.3 kN only the 3 was read: the second look sees it whole, and its words stand for those before."""
    sheet.write(660, 160, "5.", is_read=False)
    sheet.write(684, 160, "3")
    pieces, _ = find_pieces(sheet.grey, DPI, sheet.words)
    (piece,) = pieces
    assert [sheet.words[k].text for k in piece.words] == ["3"]
    words = with_pieces(sheet.words, pieces, [seen(piece, "5.3", 0.93)], DPI)
    assert [w.text for w in words if w.text in {"3", "5.3"}] == ["5.3"]
    assert len(words) == len(sheet.words)


def test_numbers_beside_what_stays_unread_are_doubtful(sheet: Sheet) -> None:
    """Nobody knows what the other characters were: no number of which a part may be lost is sure."""
    sheet.write(660, 160, "5.", is_read=False)
    sheet.write(684, 160, "3")
    sheet.write(660, 220, "N", is_read=False)
    sheet.write(684, 220, "and")
    pieces, _ = find_pieces(sheet.grey, DPI, sheet.words)
    for read in ([], [seen(p, "3", 0.97) for p in pieces], [seen(p, "5.3", 0.4) for p in pieces]):
        sure = {w.text: w.confidence for w in with_pieces(sheet.words, pieces, read, DPI)}
        assert sure["3"] == 0.5
        assert sure["and"] == 0.9


@given(st.lists(st.tuples(st.integers(2, 9), st.integers(0, 4)), max_size=8, unique=True))
def test_no_word_is_lost_or_doubled(places: list[tuple[int, int]]) -> None:
    """Whatever was passed over, each word is there once: as it was, doubtful, or within what was seen again."""
    sheet = Sheet()
    for number in range(5):
        sheet.row(100 + 60 * number)
    for column, row in places:
        sheet.write(100 * column + 40, 100 + 60 * row, "8", is_read=False)
    pieces, _ = find_pieces(sheet.grey, DPI, sheet.words)
    shown = [k for p in pieces for k in p.words]
    assert len(shown) == len(set(shown))
    texts = [w.text for w in with_pieces(sheet.words, pieces, [], DPI)]
    assert sorted(texts) == sorted(w.text for w in sheet.words)


@pytest.mark.parametrize(
    ("text", "confidence", "is_kept"), [("x", 0.6, True), ("xX", 0.7, True), ("x", 0.4, False), ("z", 0.6, False)]
)
def test_a_lone_cross_is_believed_sooner_than_letters(
    sheet: Sheet, text: str, confidence: float, *, is_kept: bool
) -> None:
    """It marks a column, and Tesseract is never sure of it; its own confidence goes with it."""
    sheet.write(1000, 160, "x", is_read=False)
    pieces, strip = find_pieces(sheet.grey, DPI, sheet.words)
    assert strip is not None
    (piece,) = pieces
    found = [w for w in with_pieces(sheet.words, pieces, [seen(piece, text, confidence)], DPI) if w not in sheet.words]
    assert [(w.text, w.confidence) for w in found] == ([(text, confidence)] if is_kept else [])


@pytest.mark.parametrize(
    ("stroke", "texts"),
    [
        (Box(25, 10, 26, 18), ["5242", "1"]),
        (Box(25, 6, 26, 22), ["5242"]),
        (Box(45, 10, 46, 18), ["5242"]),
    ],
    ids=["as high as the number", "higher", "far from it"],
)
def test_a_stroke_that_stands_like_a_digit_behind_a_number_is_a_one(stroke: Box, texts: list[str]) -> None:
    """Never surer than what is repaired; a piece of a ruling is dropped. Tesseract's box of a stroke may be wide."""
    strip = np.full((40, 60), 255, np.uint8)
    strip[10:18, :20] = 0
    strip[int(stroke.top) : int(stroke.bottom), int(stroke.left) : int(stroke.right)] = 0
    around = Box(stroke.left, stroke.top - 1, stroke.right, stroke.bottom + 4)
    tidy = tidy_strip([Word("5242", Box(0, 10, 20, 18), 0.96), Word("|", around, 0.95)], strip, 72)
    assert [w.text for w in tidy] == texts
    assert all(w.confidence <= 0.9 for w in tidy if w.text == "1")
