"""Pages and pictures made ready for Tesseract, and what becomes of its answers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from reportlab.pdfgen.canvas import Canvas

from data_contracts.records import Box, Word
from fractocurate.profile import Profile
from fractocurate.reports import ocr
from fractocurate.reports.ocr import OcrPage, prepare_image, prepare_page, read_prepared
from fractocurate.tesseract import OcrError

GOOD = (Word("Load", Box(72.0, 144.0, 108.0, 158.4), 0.96),)
BAD = (Word("peo7", Box(72.0, 144.0, 108.0, 158.4), 0.12),)


def _read(path: Path, profile: Profile, folder: Path, dpi: int = 150) -> OcrPage | OcrError:
    settings = profile.ocr.model_copy(update={"dpi": dpi})
    document = pdfium.PdfDocument(path)
    try:
        return read_prepared([prepare_page(document[0], settings, folder / "1.bmp")], settings)[0]
    finally:
        document.close()


def test_a_blank_page_costs_no_tesseract(
    make_report: Callable[..., Path], profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is written for it, and nothing is handed on."""
    monkeypatch.setattr(ocr, "recognise", lambda sheets, _settings: pytest.fail("started") if sheets else [])
    page = _read(make_report(" "), profile, tmp_path)
    assert isinstance(page, OcrPage)
    assert page.words == ()
    assert not (tmp_path / "1.bmp").exists()


def test_large_drawings_are_rendered_at_a_lower_resolution(tmp_path: Path, profile: Profile) -> None:
    """A sheet of two metres stays within the memory of a worker."""
    canvas = Canvas(str(tmp_path / "sheet.pdf"), pagesize=(5670, 5670))
    canvas.setFont("Helvetica", 200)
    canvas.drawString(500, 3000, "Drawing of the part")
    canvas.save()
    document = pdfium.PdfDocument(tmp_path / "sheet.pdf")
    prepared = prepare_page(document[0], profile.ocr, tmp_path / "1.bmp")
    document.close()
    assert prepared.dpi < 100
    assert prepared.clean.grey.size <= 40_500_000


@pytest.mark.parametrize(("width_pt", "expected"), [(595, 300), (420, 425), (210, 600), (1190, 200)])
def test_the_resolution_fits_the_page(tmp_path: Path, profile: Profile, width_pt: int, expected: int) -> None:
    """Small pages have small print; on large ones the usual resolution would only cost time."""
    canvas = Canvas(str(tmp_path / "page.pdf"), pagesize=(width_pt, 1.4 * width_pt))
    canvas.drawString(20, 100, "Drawing of the part")
    canvas.save()
    document = pdfium.PdfDocument(tmp_path / "page.pdf")
    assert prepare_page(document[0], profile.ocr, tmp_path / "1.bmp").dpi == pytest.approx(expected, abs=1)
    document.close()


@pytest.mark.parametrize(("dpi", "expected"), [(100, 300), (300, 300), (500, 500), (1500, 600)])
def test_a_pasted_picture_is_read_at_a_resolution_that_fits_print(tmp_path: Path, dpi: int, expected: int) -> None:
    """Coarse ones are enlarged; very fine ones would cost memory and time, and print so small is none."""
    grey = np.full((3 * dpi, 2 * dpi), 255, np.uint8)
    grey[dpi : dpi + dpi // 10, dpi // 2 : dpi] = 0
    prepared = prepare_image(grey, dpi, 300, tmp_path / "1.bmp")
    assert prepared.dpi == expected
    assert prepared.clean.grey.shape == (3 * expected, 2 * expected)


@pytest.mark.parametrize(("is_over", "text", "rotation"), [(True, "Load", 180), (False, "peo7", 0)])
def test_a_page_that_reads_badly_is_turned_over_where_tesseract_says_so(
    make_report: Callable[..., Path],
    profile: Profile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_over: bool,  # noqa: FBT001 - a case
    text: str,
    rotation: int,
) -> None:
    """The second reading counts, and the rotation says that the page stood on its head; else it stays."""
    answers = [BAD, GOOD]
    monkeypatch.setattr(ocr, "recognise", lambda _sheets, _settings: [answers.pop(0)])
    monkeypatch.setattr(ocr, "is_upside_down", lambda _sheet, _settings: is_over)
    page = _read(make_report("REPORT", "The origin was found."), profile, tmp_path)
    assert isinstance(page, OcrPage)
    assert [w.text for w in page.words] == [text]
    assert page.rotation_deg == rotation


def test_an_orientation_that_takes_too_long_is_a_time_limit(
    make_report: Callable[..., Path], profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page fails alone; nothing is raised."""

    def too_slow(*_arguments: object) -> bool:
        raise OcrError("Tesseract ran longer than 120 s", timed_out=True)

    monkeypatch.setattr(ocr, "recognise", lambda _sheets, _settings: [BAD])
    monkeypatch.setattr(ocr, "is_upside_down", too_slow)
    error = _read(make_report("REPORT", "The origin was found."), profile, tmp_path)
    assert isinstance(error, OcrError)
    assert error.timed_out
