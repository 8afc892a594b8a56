"""One Tesseract serves many pages, and what it cannot do falls back to calls of their own."""

import pytest
from PIL import Image, ImageDraw, ImageFont

from data_contracts.errors import MissingToolError
from fractocurate.micrographs import tesseract
from fractocurate.micrographs.tesseract import OcrError, PageWord, read_page


def page(text: str) -> Image.Image:
    """Black print on white."""
    image = Image.new("L", (500, 80), 255)
    ImageDraw.Draw(image).text((20, 20), text, fill=0, font=ImageFont.load_default(34))
    return image


def said(words: list[PageWord]) -> str:
    """The words of a page, without blanks."""
    return "".join(w.text for w in words)


def test_pages_are_read_one_after_the_other() -> None:
    """Each page gets its own words, as a call of its own would give them, and an empty one gets none."""
    for text in ("Mag500X", "WD12mm"):
        words = read_page(page(text), "eng", 30)
        assert said(words) == text
        rows = tesseract._one_call(page(text), "eng", 30)
        assert tesseract._words(rows) == words
    assert read_page(Image.new("L", (60, 40), 255), "eng", 30) == []


def test_a_killed_tesseract_is_replaced_by_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame is read all the same."""
    monkeypatch.setattr(tesseract, "_residents", [])
    monkeypatch.setattr(tesseract, "_unusable", set())
    resident = tesseract._resident("eng")
    if resident is None:
        pytest.skip("no stdbuf here, so that each page is a call anyway")
    resident._process.kill()
    resident._process.wait()
    assert said(read_page(page("Mag500X"), "eng", 30)) == "Mag500X"
    assert tesseract._residents == []


def test_an_answer_that_takes_too_long_is_an_item_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the one that stays nor the call may hold up a run."""
    monkeypatch.setattr(tesseract, "_residents", [])
    monkeypatch.setattr(tesseract, "_unusable", set())
    with pytest.raises(OcrError, match="took longer"):
        read_page(page("Mag500X"), "eng", 0.001)


def test_missing_language_and_program_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setattr(tesseract, "_residents", [])
    monkeypatch.setattr(tesseract, "_unusable", set())
    with pytest.raises(MissingToolError, match="lacks a language"):
        read_page(page("x"), "xx_nowhere", 30)
    monkeypatch.setattr("pytesseract.pytesseract.tesseract_cmd", "no-such-program")
    with pytest.raises(MissingToolError, match="not installed"):
        read_page(page("x"), "eng", 30)
