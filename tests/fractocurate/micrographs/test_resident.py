"""One Tesseract serves many pages, and what it cannot do falls back to calls of their own."""

from collections import Counter
from dataclasses import replace

import pytest
from PIL import Image, ImageDraw, ImageFont

from data_contracts.errors import MissingToolError
from fractocurate.micrographs import resident
from fractocurate.micrographs.resident import read_page
from fractocurate.tesseract import OcrError, TableWord, words_of_table


def page(text: str) -> Image.Image:
    """Black print on white."""
    image = Image.new("L", (500, 80), 255)
    ImageDraw.Draw(image).text((20, 20), text, fill=0, font=ImageFont.load_default(34))
    return image


def said(words: list[TableWord]) -> str:
    """The words of a page, without blanks."""
    return "".join(w.text for w in words)


def test_pages_are_read_one_after_the_other() -> None:
    """Each page gets its own words, as a call of its own would give them, and an empty one gets none."""
    for text in ("Mag500X", "WD12mm"):
        words = read_page(page(text), "eng", 30)
        assert said(words) == text
        rows = resident._one_call(page(text), "eng", 30)
        assert list(words_of_table(rows)) == [replace(w, page=1) for w in words]
    assert read_page(Image.new("L", (60, 40), 255), "eng", 30) == []


def test_a_killed_tesseract_is_replaced_by_a_call_and_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frame is read all the same; one that fails again and again is given up."""
    monkeypatch.setattr(resident, "_residents", [])
    monkeypatch.setattr(resident, "_failures", Counter())
    running = resident._resident("eng")
    if running is None:
        pytest.skip("no stdbuf here, so that each page is a call anyway")
    running._process.kill()
    running._process.wait()
    assert said(read_page(page("Mag500X"), "eng", 30)) == "Mag500X"
    assert resident._residents == []
    anew = resident._resident("eng")
    assert anew is not None
    assert anew is not running
    resident._failures[anew.key] = resident._MOST_FAILURES
    resident._forget(anew)
    assert resident._resident("eng") is None


def test_an_answer_that_takes_too_long_is_an_item_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the one that stays nor the call may hold up a run."""
    monkeypatch.setattr(resident, "_residents", [])
    monkeypatch.setattr(resident, "_failures", Counter())
    with pytest.raises(OcrError, match="ran longer"):
        read_page(page("Mag500X"), "eng", 0.001)


def test_missing_language_and_program_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    monkeypatch.setattr(resident, "_residents", [])
    monkeypatch.setattr(resident, "_failures", Counter())
    with pytest.raises(MissingToolError, match="lacks a language"):
        read_page(page("x"), "xx_nowhere", 30)
    monkeypatch.setattr("pytesseract.pytesseract.tesseract_cmd", "no-such-program")
    with pytest.raises(MissingToolError, match="not installed"):
        read_page(page("x"), "eng", 30)
