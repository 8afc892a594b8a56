"""What is drawn on a frame, as a whole: boxes of notes, pictograms, and files that are no micrographs."""

import io
from typing import Any

import numpy as np
import pytest
from hard_frames.bare import paint_bare
from PIL import Image, ImageDraw

from data_contracts.records import Box, Reading, Word
from data_contracts.vocabulary import DataBarKind, ReadingMethod
from fractocurate.micrographs.bar_text import BarText, Look, lines_of, read_text
from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.printed import look_at
from fractocurate.micrographs.settings import MicrographSettings
from fractocurate.micrographs.vendor_tags import VendorFacts
from fractocurate.tesseract import TableWord

SETTINGS = MicrographSettings()


def test_boxes_of_measurements_over_the_picture_are_all_covered(frames: Any) -> None:
    """One in the middle, which would cost half of the picture, and one at the border."""
    grey = frames.texture(1000, 600)
    boxes = ((600, 180, 760, 230), (40, 550, 200, 600))
    for number, box in enumerate(boxes, 1):
        grey = frames.block(grey, box, 0)
        grey = frames.write(grey, box[0] + 20, box[1] + 14, f"H {number} = 914.5 nm", 160)
    bar = look_at(grey, VendorFacts(), SETTINGS).bar
    left = np.zeros(grey.shape, np.bool_)
    for box in boxes:
        left[box[1] : box[3], box[0] : box[2]] = True
    kept = bar.crop.cut(left)
    for mask in bar.masks:
        mask.shifted(-bar.crop.left, -bar.crop.top).cut(kept)[:] = False
    assert not kept.any()
    assert bar.crop.area >= 0.85 * grey.size


def test_paper_of_a_label_is_cut_off_with_it(frames: Any) -> None:
    """A white box beside vacuum along the other border, which looks like a strip before."""
    grey = frames.texture(640, 480)
    grey[370:] = 0
    grey = frames.block(grey, (12, 14, 174, 61), 255)
    grey = frames.write(grey, 50, 18, "100 um", 0, 20)
    grey = frames.block(grey, (30, 50, 156, 53), 0)
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=60)
    sight = look_at(np.array(Image.open(file)), VendorFacts(), SETTINGS)
    assert sight.bar.box is not None
    assert sight.bar.box.sides == (12, 14, 174, 61)
    assert sight.bar.crop.sides == (0, 61, 640, 480)
    assert float(sight.sizes[0].reading.value or 0) == pytest.approx(100_000 / 126, rel=0.01)


def test_pictogram_before_the_magnification_is_not_shown_to_ocr(frames: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera, as newer instruments print it against their ``x550``, reads as a bracket and digits."""
    pages: list[np.ndarray] = []
    monkeypatch.setattr(
        "fractocurate.micrographs.bar_text.read_page", lambda page, *_: pages.append(np.array(page)) or []
    )
    grey = frames.strip(
        frames.texture(1280, 1024), (964, 1024), 0, 255, "SED   3.0 kV   WD 22.4 mm   HighVac.         x550"
    )
    image = Image.fromarray(grey)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((800, 985, 825, 1003), 3, outline=255, width=2)
    draw.ellipse((808, 990, 817, 999), outline=255, width=2)
    look_at(grey, VendorFacts(), SETTINGS)
    without = pages.copy()
    pages.clear()
    look_at(np.array(image), VendorFacts(), SETTINGS)
    n_ink, n_without = ((page[0] < 128).sum() for page in (pages, without))  # levels differ a little
    assert n_ink == pytest.approx(n_without, rel=0.005)


def test_pages_and_plots_stay_whole_and_are_said_to_be_none_of_ours(frames: Any) -> None:
    """A caption below a curve on white is legible, but no data bar."""
    grey = np.full((480, 640), 255, np.uint8)
    grey[300 - np.arange(500) // 3, 80 + np.arange(500)] = 0
    grey = frames.write(grey, 230, 440, "Feature importance", 0)
    sight = look_at(grey, VendorFacts(), SETTINGS)
    assert sight.bar.kind is DataBarKind.NONE
    assert sight.bar.crop.sides == (0, 0, 640, 480)
    assert not sight.readings
    assert any("drawing" in issue for issue in sight.issues)


@pytest.mark.parametrize(("words", "is_bar"), [(("Vy", "%,", "PN4"), False), (("x300", "15kV", "SED"), True)])
def test_a_frame_is_nothing_but_a_bar_only_if_it_says_something(
    words: tuple[str, ...],
    is_bar: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Particles on even ground, as in a segmented picture, stand in rows from top to bottom as well."""
    monkeypatch.setattr("fractocurate.micrographs.printed.read_text", lambda *_: [read, read])
    monkeypatch.setattr("fractocurate.micrographs.printed.find_overlay", lambda _: None)
    found = [Word(text, Box(60.0 * n, 10, 60.0 * n + 40, 30), 0.7) for n, text in enumerate(words)]
    read = BarText(lines_of(found))
    grey = np.zeros((300, 400), np.uint8)
    for top in range(10, 290, 40):
        for left in range(20, 380, 30):
            grey[top : top + 25, left : left + 9] = 255
    sight = look_at(grey, VendorFacts(), SETTINGS)
    assert (sight.bar.crop.area == 0) == is_bar
    assert (sight.bar.kind is DataBarKind.NONE) != is_bar


def test_a_grating_with_as_many_lines_as_a_ruler_has_ticks_stays_whole() -> None:
    """Its rows of blocks lie beside the ruler as a label does, but nothing in them can be read."""
    grey = paint_bare("grating", np.random.default_rng([101, 418]))
    sight = look_at(grey, VendorFacts(), SETTINGS)
    assert sight.bar.crop.sides == (0, 0, *grey.shape[::-1])
    assert any("cannot be read" in issue for issue in sight.issues)


def test_digits_that_touch_are_no_pictogram(frames: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A speck of JPEG lies within the nought of a joined ``50``."""
    pages: list[np.ndarray] = []
    monkeypatch.setattr(
        "fractocurate.micrographs.bar_text.read_page", lambda page, *_: pages.append(np.array(page)) or []
    )
    grey = frames.strip(frames.texture(1280, 1024), (964, 1024), 0, 255, "SED   3.0 kV   WD 22.4 mm   HighVac.")
    grey[985:1003, 800:826] = 255
    grey[988:1000, 815:823] = 0
    grey[992:995, 818:820] = 255
    look_at(grey, VendorFacts(), SETTINGS)
    width = pages[0].shape[1]
    assert (pages[0][:, round(0.6 * width) : round(0.7 * width)] < 128).sum() >= 300


@pytest.mark.parametrize(("level", "ink"), [(34, 0), (221, 255)])
def test_label_of_nearly_the_level_of_its_ground_is_read_beside_its_bar(frames: Any, level: int, ink: int) -> None:
    """Black on a dark picture, white on a bright one: no step of print, but the bar tells where it stands."""
    grey = frames.texture(640, 480)
    grey[:110] = np.clip(np.random.default_rng(3).normal(level, 2.5, (110, 640)), 0, 255)
    grey = frames.write(grey, 500, 12, "500 um", ink, 16)
    grey = frames.block(grey, (460, 34, 620, 39), ink)
    sight = look_at(grey, VendorFacts(), SETTINGS)
    assert sight.bar.crop.top >= 39
    assert [float(size.reading.value or 0) for size in sight.sizes] == [pytest.approx(500_000 / 160, rel=0.01)]


def test_letter_of_a_picture_in_its_corner_is_cut_off_with_the_scale_box(frames: Any) -> None:
    """Pictures for print: ``b)`` on a plate, and the scale on another of the same level, flush with the border."""
    grey = frames.texture(1024, 699)
    grey = frames.block(grey, (966, 0, 1024, 58), 255)
    grey = frames.write(grey, 978, 8, "b)", 0, 34)
    grey = frames.block(grey, (0, 629, 194, 699), 255)
    grey = frames.write(grey, 42, 632, "50 um", 0, 34)
    grey = frames.block(grey, (10, 682, 182, 690), 0)
    bar = look_at(grey, VendorFacts(), SETTINGS).bar
    left = np.zeros(grey.shape, np.bool_)
    left[:58, 966:] = left[629:, :194] = True
    kept = bar.crop.cut(left)
    for mask in bar.masks:
        mask.shifted(-bar.crop.left, -bar.crop.top).cut(kept)[:] = False
    assert not kept.any()
    assert bar.crop.area >= 0.85 * grey.size


@pytest.mark.parametrize(("tagged", "n_looks"), [("500", 1), ("5000", 2), ("", 2)])
def test_a_second_look_is_taken_only_where_the_first_does_not_confirm_the_metadata(
    tagged: str, n_looks: int, frames: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A magnification and a pixel size that the first look reads as well; and those of another picture."""
    shown: list[int] = []
    monkeypatch.setattr(
        "fractocurate.micrographs.printed.read_text",
        lambda looks, *rest: (shown.append(len(looks)), read_text(looks, *rest))[1],
    )
    grey = frames.strip(frames.texture(640, 540), (480, 540), 0, 255, "Mag = 500 X", 160)
    readings = [
        Reading("magnification", tagged, tagged, ReadingMethod.VENDOR_TAG, 1.0),
        Reading("pixel_size_nm", "62.5", "62.5", ReadingMethod.VENDOR_TAG, 1.0),
    ]
    facts = VendorFacts("zeiss", tuple(readings) if tagged else (), is_of_this_size=True)
    sight = look_at(grey, facts, SETTINGS)
    assert sum(shown) == n_looks
    assert any(r.field == "magnification" and r.value == "500" for r in sight.readings)


def test_hyphens_of_identifiers_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """OCR makes a tilde of them; one before a unit is something else."""
    seen = [TableWord(1, text, 0.9, 20 + 80 * n, 20, 60, 20) for n, text in enumerate(("AB~2022-0813", "2~um"))]
    monkeypatch.setattr("fractocurate.micrographs.bar_text.read_page", lambda *_: seen)
    (text,) = read_text((Look(Image.new("L", (200, 40), 255), 1.0),), PixelBox(0, 0, 200, 40), SETTINGS)
    assert [w.text for w in text.words] == ["AB-2022-0813", "2~um"]
