"""What goes wrong around Tesseract, and scans of unusual kinds: no page is lost silently, nor with others."""

import errno
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pypdfium2 as pdfium
import pytesseract
import pytest
from PIL import Image, ImageDraw, ImageFont

from data_contracts.errors import FractoError, MissingToolError
from data_contracts.vocabulary import TextSource
from fractocurate.profile import Profile
from fractocurate.reports.layout import PageWords
from fractocurate.reports.page_words import read_pages

LINES = ("The part failed at the surface", "FOAN-2021-0117  512345  61.2", "Bruchursprung im Werkstoff gefunden")
UseTesseract = Callable[[str], None]


@pytest.fixture
def use_tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> UseTesseract:
    """Puts a shell script in Tesseract's place; ``$REAL`` in it is the true one."""

    def use(script: str) -> None:
        program = tmp_path / "tesseract"
        program.write_text(f"#!/bin/sh\nREAL={shutil.which('tesseract')}\n{script}\n", "utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", str(program))

    return use


def _page(mode: str = "L") -> Image.Image:
    image = Image.new("L", (1240, 1754), 255)
    font = ImageFont.load_default(size=40)
    for number in range(8):
        ImageDraw.Draw(image).text((120, 150 + 110 * number), LINES[number % 3], fill=0, font=font)
    return image.convert(mode)


def _pdf(*images: Image.Image) -> bytes:
    buffer = io.BytesIO()
    images[0].save(buffer, "PDF", resolution=150, save_all=True, append_images=images[1:])
    return buffer.getvalue()


def _read(content: bytes, profile: Profile) -> list[PageWords]:
    document = pdfium.PdfDocument(content)
    try:
        return read_pages(document, profile, frozenset({"foan", "part"}))
    finally:
        document.close()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("kill -9 $$", "ocr_failed"),
        ("exec sleep 60", "timed_out"),
        ("exit 0", "ocr_failed"),
        # The disk is full: what fits is written, and no error told.
        ('"$REAL" "$@"; if [ -f "$2.tsv" ]; then head -c 700 "$2.tsv" > "$2.a"; mv "$2.a" "$2.tsv"; fi', "ocr_failed"),
    ],
    ids=["killed", "hangs", "writes nothing", "result cut short"],
)
def test_a_tesseract_that_fails_is_told(
    use_tesseract: UseTesseract, profile: Profile, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    """No words, and the reason."""
    monkeypatch.setattr("fractocurate.tesseract._LONGEST_CHECK_S", 0.5)
    use_tesseract(script)
    settings = profile.ocr.model_copy(update={"timeout_s": 0.5 if reason == "timed_out" else 60.0})
    (page,) = _read(_pdf(_page()), profile.model_copy(update={"ocr": settings}))
    assert page.reading.problem.partition(":")[0] == reason
    assert not page.words


def test_a_tesseract_killed_once_loses_nothing(use_tesseract: UseTesseract, profile: Profile, tmp_path: Path) -> None:
    """The call for several pages fails, each is read alone."""
    use_tesseract(f'[ -e {tmp_path}/once ] || {{ touch {tmp_path}/once; kill -9 $$; }}\nexec "$REAL" "$@"')
    pages = _read(_pdf(_page(), _page()), profile)
    assert (tmp_path / "once").exists()
    assert all("FOAN-2021-0117" in {w.text for w in p.words} for p in pages)


def test_a_language_that_went_missing_ends_the_run(profile: Profile) -> None:
    """It concerns every scan: the message names the package."""
    settings = profile.ocr.model_copy(update={"languages": ("xyz",)})
    with pytest.raises(MissingToolError, match="tesseract-ocr-xyz"):
        _read(_pdf(_page()), profile.model_copy(update={"ocr": settings}))


def test_a_full_disk_ends_the_run(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no fault of the report, and would fail every one after it."""

    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    content = _pdf(_page())
    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(FractoError, match=r"No space left on device; .* TMPDIR"):
        _read(content, profile)


@pytest.mark.parametrize("mode", ["1", "CMYK"])
def test_scans_of_any_colour_space_are_read(mode: str, profile: Profile) -> None:
    """One bit with CCITT compression, and JPEG in four inks."""
    content = _pdf(_page(mode))
    assert {"1": b"/CCITTFaxDecode", "CMYK": b"/DCTDecode"}[mode] in content
    (page,) = _read(content, profile)
    assert page.reading.text_source is TextSource.OCR
    assert {"FOAN-2021-0117", "512345", "Bruchursprung"} <= {w.text for w in page.words}


@pytest.mark.parametrize("flag", [90, 180])
def test_a_rotation_flag_on_a_scan_does_not_matter(flag: int, profile: Profile) -> None:
    """The page is read the way it is shown, then turned upright."""
    document = pdfium.PdfDocument(_pdf(_page()))
    document[0].set_rotation(flag)
    buffer = io.BytesIO()
    document.save(buffer)
    document.close()
    (page,) = _read(buffer.getvalue(), profile)
    assert {"FOAN-2021-0117", "512345", "Bruchursprung"} <= {w.text for w in page.words}
    assert page.reading.rotation_deg == -flag % 360
