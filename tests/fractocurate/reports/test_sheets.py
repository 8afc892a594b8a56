"""Several images in one call of Tesseract: each has its own words, and one that fails loses no other."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from fractocurate.profile import Profile
from fractocurate.reports.sheets import Sheet, recognise, save_sheet
from fractocurate.tesseract import OcrError


def _sheet(text: str, file: Path, dpi: int = 200) -> Sheet:
    image = Image.new("L", (900, 300), 255)
    ImageDraw.Draw(image).text((60, 100), text, fill=0, font=ImageFont.load_default(size=40))
    return save_sheet(np.asarray(image), dpi, file)


def test_sheets_of_one_call_keep_their_own_words_in_points(profile: Profile, tmp_path: Path) -> None:
    """Each image has its words, scaled by its own resolution."""
    sheets = [_sheet("first 512345", tmp_path / "1.bmp"), _sheet("second 67.8", tmp_path / "2.bmp", dpi=100)]
    first, second = recognise(sheets, profile.ocr)
    assert not isinstance(first, OcrError)
    assert not isinstance(second, OcrError)
    assert [w.text for w in first] == ["first", "512345"]
    assert [w.text for w in second] == ["second", "67.8"]
    assert first[0].box.left == pytest.approx(60 * 72 / 200, abs=2)
    assert second[0].box.left == pytest.approx(60 * 72 / 100, abs=3)
    assert min(w.confidence for w in (*first, *second)) > 0.5


def test_a_sheet_that_fails_does_not_lose_the_others(profile: Profile, tmp_path: Path) -> None:
    """The call for all fails; each is then read alone."""
    (tmp_path / "2.bmp").write_bytes(b"no picture")
    sheets = [_sheet("first", tmp_path / "1.bmp"), Sheet(tmp_path / "2.bmp", 200), _sheet("third", tmp_path / "3.bmp")]
    first, second, third = recognise(sheets, profile.ocr)
    assert isinstance(second, OcrError)
    assert not second.timed_out
    assert not isinstance(first, OcrError)
    assert not isinstance(third, OcrError)
    assert [w.text for w in (*first, *third)] == ["first", "third"]


def test_a_sheet_that_hangs_is_ended(profile: Profile, tmp_path: Path) -> None:
    """The error names the limit."""
    settings = profile.ocr.model_copy(update={"timeout_s": 0.001})
    (error,) = recognise([_sheet("first", tmp_path / "1.bmp")], settings)
    assert isinstance(error, OcrError)
    assert error.timed_out
