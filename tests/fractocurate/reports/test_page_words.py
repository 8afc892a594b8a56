"""Per page: the text layer, OCR, or both, with planted truth."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from data_contracts.vocabulary import TextSource
from fractocurate.profile import Profile
from fractocurate.reports import ocr, page_words
from fractocurate.reports.layout import PageWords
from fractocurate.reports.page_words import read_pages
from fractocurate.tesseract import OcrError

PROSE = (
    "The components listed below broke during burst testing. The aim of the",
    "examination was to find and classify the fracture origin with the",
    "scanning electron microscope. The origin was found on the surface.",
)


def _read(path: Path, profile: Profile) -> list[PageWords]:
    document = pdfium.PdfDocument(path)
    try:
        return read_pages(document, profile, frozenset({"foan", "serial", "load"}))
    finally:
        document.close()


def _picture(pixels: Image.Image) -> ImageReader:
    buffer = io.BytesIO()
    pixels.save(buffer, "PNG")
    buffer.seek(0)
    return ImageReader(buffer)


def _prose(canvas: Canvas, top: float = 760) -> None:
    for number, line in enumerate(PROSE):
        canvas.drawString(60, top - 14 * number, line)


def _table() -> Image.Image:
    image = Image.new("L", (1200, 400), 250)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=34)
    for row, cells in enumerate([("FOAN", "Serial", "Load"), ("FOAN-2021-0117", "512345", "61.2"), ("", "", "")]):
        for column, cell in enumerate(cells):
            draw.text((30 + 420 * column, 40 + 110 * row), cell, fill=10, font=font)
    return image


def _micrograph() -> Image.Image:
    rng = np.random.default_rng(4)
    tones = Image.fromarray(rng.integers(30, 220, (30, 40), dtype=np.uint8)).resize((640, 480))
    return Image.fromarray(np.clip(np.asarray(tones) + rng.normal(0, 12, (480, 640)), 0, 255).astype(np.uint8))


def test_a_table_pasted_as_a_picture_is_read_beside_the_text_layer(tmp_path: Path, profile: Profile) -> None:
    """Its words stand where the picture stands, with their own confidences; the text layer's words stay certain."""
    canvas = Canvas(str(tmp_path / "mixed.pdf"), pagesize=(595, 842))
    _prose(canvas)
    canvas.drawImage(_picture(_table()), 60, 450, 450, 150)
    canvas.save()
    (page,) = _read(tmp_path / "mixed.pdf", profile)
    assert page.reading.text_source is TextSource.MIXED
    assert "picture" in page.reading.decision
    by_text = {w.text: w for w in page.words}
    assert by_text["components"].confidence == 1.0
    assert 0.5 < by_text["512345"].confidence < 1.0
    assert by_text["512345"].box.left == pytest.approx(60 + 450 * 450 / 1200, abs=3)
    assert by_text["512345"].box.top == pytest.approx(842 - 600 + 155 * 450 / 1200, abs=8)


def test_micrographs_cost_no_tesseract(tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of text and pictures is read by its text layer alone."""
    monkeypatch.setattr(ocr, "recognise", lambda sheets, _settings: pytest.fail("started") if sheets else [])
    canvas = Canvas(str(tmp_path / "text.pdf"), pagesize=(595, 842))
    _prose(canvas)
    canvas.drawImage(_picture(_micrograph()), 60, 350, 320, 240)
    canvas.save()
    (page,) = _read(tmp_path / "text.pdf", profile)
    assert page.reading.text_source is TextSource.TEXT_LAYER
    assert page.reading.decision == "readable text layer"
    assert len(page.words) == sum(len(line.split()) for line in PROSE)


def test_a_stamp_does_not_hide_the_scan_under_it(
    make_report: Callable[..., Path], tmp_path: Path, profile: Profile
) -> None:
    """One visible line is the only text layer: the page below is read by OCR."""
    document = pdfium.PdfDocument(make_report("REPORT", " ".join(PROSE)))
    scanned = document[0].render(scale=200 / 72, grayscale=True).to_pil()
    document.close()
    canvas = Canvas(str(tmp_path / "stamped.pdf"), pagesize=(595, 842))
    canvas.drawImage(_picture(scanned), 0, 0, 595, 842)
    canvas.drawString(60, 30, "This page was scanned by the archive of the company")
    canvas.save()
    (page,) = _read(tmp_path / "stamped.pdf", profile)
    assert page.reading.text_source in {TextSource.OCR, TextSource.MIXED}
    assert {"components", "examination", "scanned"} <= {w.text for w in page.words}
    assert "text layer lacks" in page.reading.decision


def test_a_background_picture_does_not_take_trust_from_visible_text(tmp_path: Path, profile: Profile) -> None:
    """Word processors put letterheads behind the whole page."""
    canvas = Canvas(str(tmp_path / "background.pdf"), pagesize=(595, 842))
    canvas.drawImage(_picture(Image.new("L", (600, 850), 245)), 0, 0, 595, 842)
    _prose(canvas)
    canvas.save()
    (page,) = _read(tmp_path / "background.pdf", profile)
    assert page.reading.text_source is TextSource.TEXT_LAYER


def test_words_that_nobody_sees_are_left_out(tmp_path: Path, profile: Profile) -> None:
    """White on white is no statement of the report; white on dark is."""
    canvas = Canvas(str(tmp_path / "white.pdf"), pagesize=(595, 842))
    _prose(canvas)
    canvas.rect(60, 600, 200, 20, fill=1)
    canvas.setFillGray(1.0)
    canvas.drawString(70, 606, "Header")
    canvas.drawString(70, 500, "SECRET-4711")
    canvas.save()
    (page,) = _read(tmp_path / "white.pdf", profile)
    texts = {w.text for w in page.words}
    assert "Header" in texts
    assert "SECRET-4711" not in texts
    assert "1 invisible" in page.reading.decision


def test_a_page_without_text_layer_is_read_by_ocr(
    make_report: Callable[..., Path], scan: Callable[..., Path], profile: Profile
) -> None:
    """The decision says why, and the resolution is the one that fits the page."""
    (page,) = _read(scan(make_report("REPORT", " ".join(PROSE))), profile)
    assert page.reading.text_source is TextSource.OCR
    assert page.reading.decision == "no text layer"
    assert page.reading.dpi == 300


def test_a_page_that_times_out_does_not_lose_the_others(
    make_report: Callable[..., Path], scan: Callable[..., Path], profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so; the scan after it is read."""
    real = page_words.read_prepared

    def first_fails(prepared: list[ocr.Prepared], settings: object) -> list[ocr.OcrPage | OcrError]:
        return [OcrError("Tesseract ran longer than 1 s", timed_out=True), *real(prepared[1:], settings)]

    monkeypatch.setattr(page_words, "read_prepared", first_fails)
    first, second = _read(scan(make_report("REPORT", "First page.", None, "Second page of it.")), profile)
    assert first.reading.problem == "timed_out: Tesseract ran longer than 1 s"
    assert [w.text for w in second.words] == ["Second", "page", "of", "it."]
