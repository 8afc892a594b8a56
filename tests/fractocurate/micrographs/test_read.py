"""One frame is read from bytes to values; bad files become failures with their own reason."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hard_frames.bare import BARE, paint_bare
from PIL import Image, TiffImagePlugin

from data_contracts.errors import MissingToolError
from data_contracts.records import Failure, MicrographReading, Reading
from data_contracts.vocabulary import DataBarKind, FailureReason, ReadingMethod, Stage
from fractocurate.micrographs.choose_magnification import choose_magnification, snapped
from fractocurate.micrographs.read import read_micrograph
from fractocurate.micrographs.settings import MicrographSettings

SETTINGS = MicrographSettings()
ZEISS = (
    "DP_IMAGE_STORE\r\nStore resolution = 800 * 640\r\nAP_MAG\r\nMag = {mag}\r\n"
    "AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 100.0 nm\r\n"
)


def save(grey: np.ndarray, path: Path, zeiss: str = "") -> Path:
    """A TIFF, with a Zeiss tag if one is given."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    if zeiss:
        tags[34118] = zeiss
        tags.tagtype[34118] = 2
    Image.fromarray(grey).save(path, tiffinfo=tags)
    return path


def read(path: Path, *sidecars: Path) -> MicrographReading:
    """A reading, never a failure."""
    reading = read_micrograph(path, path.name, sidecars, SETTINGS)
    assert isinstance(reading, MicrographReading)
    return reading


def test_printed_values_of_a_bar_are_read(frames: Any, tmp_path: Path) -> None:
    """Magnification and scale of a drawn bar, the whole text as a reading, the crop above the bar."""
    grey = frames.strip(frames.texture(800, 640), (600, 640), 0, 255, "Mag = 1.00 K X   PART 2047-B", bar_px=100)
    reading = read(save(grey, tmp_path / "a.tif"))
    assert reading.data_bar_kind is DataBarKind.BOTTOM
    assert reading.crop_box.bottom == 600
    assert (reading.magnification, reading.magnification_source) == (1000, ReadingMethod.DATA_BAR)
    assert reading.pixel_size_nm == pytest.approx(100)
    text = next(r.raw for r in reading.readings if r.field == "bar_text")
    assert "2047" in text


def test_frame_without_bar_needs_no_tesseract(frames: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No bar, no OCR: it would fail here, because there is no Tesseract."""
    monkeypatch.setattr("pytesseract.pytesseract.tesseract_cmd", "no-such-program")
    reading = read(save(frames.texture(640, 480), tmp_path / "a.tif"))
    assert reading.data_bar_kind is DataBarKind.NONE
    assert (reading.crop_box.width, reading.crop_box.height) == (640, 480)


def test_missing_tesseract_ends_the_run_with_advice(
    frames: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says what to install."""
    monkeypatch.setattr("pytesseract.pytesseract.tesseract_cmd", "no-such-program")
    grey = frames.strip(frames.texture(800, 640), (600, 640), 0, 255, "Mag = 1.00 K X   PART 2047-B")
    with pytest.raises(MissingToolError, match="apt-get install tesseract-ocr"):
        read_micrograph(save(grey, tmp_path / "a.tif"), "a.tif", (), SETTINGS)


def test_missing_language_ends_the_run_with_advice(frames: Any, tmp_path: Path) -> None:
    """A language that is not installed is a matter of the run, not of the frame."""
    grey = frames.strip(frames.texture(800, 640), (600, 640), 0, 255, "Mag = 1.00 K X   PART 2047-B")
    with pytest.raises(MissingToolError, match="lacks a language"):
        read_micrograph(save(grey, tmp_path / "a.tif"), "a.tif", (), MicrographSettings(ocr_languages="xx_nowhere"))


def test_tag_against_print_is_flagged_with_all_values(frames: Any, tmp_path: Path) -> None:
    """The frame prints 1.00 K X, its tag says 5.00 K X: the print is believed and both are named."""
    grey = frames.strip(frames.texture(800, 640), (600, 640), 255, 0, "Mag = 1.00 K X   PART 2047-B", bar_px=100)
    reading = read(save(grey, tmp_path / "a.tif", ZEISS.format(mag="5.00 K X")))
    assert reading.magnification == 1000
    assert any("5000" in issue and "1000" in issue for issue in reading.issues)


def test_same_picture_in_other_files_has_the_same_pixel_hash(frames: Any, tmp_path: Path) -> None:
    """TIFF and PNG of one picture share it, another picture does not."""
    grey = frames.texture(320, 240)
    hashes = []
    for name, picture in (("a.tif", grey), ("b.png", grey), ("c.png", grey[::-1])):
        Image.fromarray(np.ascontiguousarray(picture)).save(tmp_path / name)
        hashes.append(read(tmp_path / name).pixel_sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_sidecar_that_is_gone_is_an_issue_not_a_failure(frames: Any, tmp_path: Path) -> None:
    """The frame is read without it."""
    reading = read(save(frames.texture(320, 240), tmp_path / "a.tif"), tmp_path / "a.txt")
    assert any("a.txt" in issue for issue in reading.issues)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", FailureReason.EMPTY_FILE),
        (b"%PDF-1.7 not a picture", FailureReason.NOT_AN_IMAGE),
        (b"II*\x00\xff\xff\xff\x00", FailureReason.TRUNCATED),
        (None, FailureReason.VANISHED),
    ],
)
def test_bad_files_are_failures(tmp_path: Path, content: bytes | None, reason: FailureReason) -> None:
    """Each with its own reason, under the name of the item."""
    path = tmp_path / "a.tif"
    if content is not None:
        path.write_bytes(content)
    failure = read_micrograph(path, "sub/a.tif", (), SETTINGS)
    assert isinstance(failure, Failure)
    assert (failure.item, failure.stage, failure.reason) == ("sub/a.tif", Stage.MICROGRAPHS, reason)


def test_magnification_of_a_tag_stands_where_the_print_is_doubtful() -> None:
    """A badly read print does not displace a tag, but is reported."""
    tag = Reading("magnification", "500", "500", ReadingMethod.VENDOR_TAG, 1.0)
    print_ = Reading("magnification", "x800", "800", ReadingMethod.DATA_BAR, 0.3)
    chosen, issues = choose_magnification([tag, print_], SETTINGS)
    assert chosen is tag
    assert issues


def test_magnifications_are_snapped_only_where_the_site_asks() -> None:
    """51 becomes 50 where 50 is a step; 60 does not, and without steps nothing changes. What was printed stays."""
    printed = Reading("magnification", "51 X", "51", ReadingMethod.DATA_BAR, 0.9)
    asked = MicrographSettings(nominal_magnifications=(50, 100, 250))
    assert snapped(printed, SETTINGS) is printed
    nominal = snapped(printed, asked)
    assert (nominal.value, nominal.raw) == ("50", "51 X")
    assert "51" in nominal.note
    assert snapped(Reading("magnification", "60 X", "60", ReadingMethod.DATA_BAR, 0.9), asked).value == "60"


@pytest.mark.parametrize("number", [0, 90, 108, 163, 180, 165])
def test_bare_pictures_that_resemble_bars_stay_whole(number: int, tmp_path: Path) -> None:
    """Fibres, dust on a black mount, charging bands, gratings, balls in rows: nothing is cropped, nothing is read."""
    grey = paint_bare(tuple(BARE)[number % len(BARE)], np.random.default_rng([1, number]))
    path = tmp_path / "bare.png"
    Image.fromarray(grey).save(path)
    reading = read(path)
    assert (reading.crop_box.width, reading.crop_box.height) == grey.shape[::-1]
    assert reading.magnification is None
    assert reading.pixel_size_nm is None
