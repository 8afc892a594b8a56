"""The text layer of a page, and the trust in it."""

from collections.abc import Callable
from pathlib import Path

import pdfplumber
import pypdfium2 as pdfium
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from fractocurate.reports.lines import group_lines
from fractocurate.reports.pages import SMALLEST_TRUSTED_SCORE, layer_score, read_text_layer

PROSE = (
    "The components listed below broke during burst testing. The aim of the examination was to find and classify "
    "the fracture origin with the scanning electron microscope."
)
TABLE = "FOAN Serial Load FOAN-2021-0117 512345 61.2 FOAN-2021-0118 512346 58.9"
KNOWN = frozenset({"foan", "serial", "load"})


@pytest.mark.parametrize("text", [PROSE, TABLE, "Der Bruch geht von einem Ursprung an der Oberfläche aus."])
def test_readable_text_is_trusted(text: str) -> None:
    """Prose in both languages, and bare tables in the site's words."""
    assert layer_score(text.split(), 0.0, KNOWN) >= 0.9


@given(st.integers(1, 25))
def test_shifted_letters_are_not_trusted(shift: int) -> None:
    """A wrong ToUnicode map gives letters of the wrong frequency."""
    text = "".join(chr((ord(c) - 97 + shift) % 26 + 97) if c.isalpha() else c for c in PROSE.lower())
    assert layer_score(text.split(), 0.0, KNOWN) < SMALLEST_TRUSTED_SCORE


@pytest.mark.parametrize(
    ("words", "unmapped"),
    [([], 0.0), (["(cid:12)(cid:7)(cid:33)"] * 20, 0.0), (["\ue001\ue002"] * 30, 0.0), (PROSE.split(), 0.8)],
)
def test_unmapped_characters_are_not_trusted(words: list[str], unmapped: float) -> None:
    """No text, (cid:..) codes, private characters, and characters that PDFium cannot map."""
    assert layer_score(words, unmapped, KNOWN) < SMALLEST_TRUSTED_SCORE


def test_hidden_text_loses_trust() -> None:
    """Good words under a scan are somebody else's OCR."""
    assert layer_score(PROSE.split(), 0.0, KNOWN, is_hidden=True) < SMALLEST_TRUSTED_SCORE


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
@pytest.mark.parametrize("page_rotation", [0, 90, 180, 270])
def test_words_come_out_upright_however_the_page_is_turned(tmp_path: Path, angle: int, page_rotation: int) -> None:
    """Text drawn at any quarter turn, on a page with any /Rotate entry, reads left to right, top to bottom."""
    path = tmp_path / "turned.pdf"
    canvas = Canvas(str(path), pagesize=(400, 600))
    canvas.setPageRotation(page_rotation)
    canvas.translate(200, 200)
    canvas.rotate(angle)
    canvas.drawString(-60, 20, "The origin of fracture")
    canvas.drawString(-60, 0, "was not found")
    canvas.save()
    document = pdfium.PdfDocument(path)
    layer = read_text_layer(document[0], KNOWN)
    document.close()
    assert [line.text for line in group_lines(layer.words)] == ["The origin of fracture", "was not found"]
    # reportlab swaps the sides of a page that /Rotate turns by a quarter.
    is_wide = (angle in {90, 270}) != (page_rotation in {90, 270})
    assert (layer.width_pt, layer.height_pt) == ((600, 400) if is_wide else (400, 600))
    assert all(0 <= w.box.left < w.box.right <= layer.width_pt for w in layer.words)


def test_words_agree_with_another_library(make_report: Callable[..., Path]) -> None:
    """pdfplumber, an independent reader, finds the same words in the same places."""
    path = make_report("REPORT", PROSE, [["FOAN", "Serial no."], ["FOAN-2021-0117", "512345"]])
    document = pdfium.PdfDocument(path)
    layer = read_text_layer(document[0], KNOWN)
    document.close()
    with pdfplumber.open(path) as other:
        expected = other.pages[0].extract_words(use_text_flow=True)
    assert [w.text for w in layer.words] == [w["text"] for w in expected]
    for word, reference in zip(layer.words, expected, strict=True):
        assert word.box.left == pytest.approx(reference["x0"], abs=1.5)
        assert word.box.right == pytest.approx(reference["x1"], abs=1.5)
        assert (word.box.top + word.box.bottom) / 2 == pytest.approx(
            (reference["top"] + reference["bottom"]) / 2, abs=3
        )


def test_rulings_of_a_table_are_found_once(make_report: Callable[..., Path]) -> None:
    """A grid of 2 x 3 cells has three horizontal and four vertical lines."""
    path = make_report([["FOAN", "Serial no.", "Load"], ["FOAN-2021-0117", "512345", "61.2"]], widths=[90, 80, 70])
    document = pdfium.PdfDocument(path)
    layer = read_text_layer(document[0], KNOWN)
    document.close()
    assert sum(r.is_horizontal for r in layer.rulings) == 3
    assert sum(not r.is_horizontal for r in layer.rulings) == 4
