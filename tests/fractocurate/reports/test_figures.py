"""Figures of a report: where they stand, what their captions say, and a fingerprint that finds the original again."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from data_contracts.records import Box, FigureReading
from fractocurate.leakage.fingerprints import fingerprint
from fractocurate.profile import Profile
from fractocurate.reports.figures import in_reading_order, read_figures, without_letterhead
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.lines import Line, group_lines
from fractocurate.reports.pages import _upright, read_text_layer
from fractocurate.reports.pictures import PagePicture, embedded_pictures

Grey = npt.NDArray[np.uint8]
Grains = Callable[..., Grey]

HEIGHT_PT = 800.0
CAPTIONS = (
    "Fig. 1: FOAN-2021-0417, fracture surface, 50x",
    "Fig. 2: Origin (SN 743970), magnification 500x",
    "Abb. 3: Übersicht, Vergrößerung 1.000-fach",
    "Abb. 4: Detail, V = 2000 : 1",
)
STATED = ((50.0, "FOAN-2021-0417", None), (500.0, None, "743970"), (1000.0, None, None), (2000.0, None, None))


@dataclass(frozen=True)
class Planted:
    """A report page with the frames that it shows, of which none has a data bar, and their boxes from the top left."""

    content: bytes
    frames: list[Grey]
    boxes: list[Box]


def frame_with_bar(grey: Grey) -> Image.Image:
    """A frame as the microscope saves it, with a data bar of a tenth of its height."""
    height, width = grey.shape
    picture = Image.new("L", (width, height + height // 10))
    picture.paste(Image.fromarray(grey))
    draw = ImageDraw.Draw(picture)
    draw.text((10, height + 5), "HV 15.0 kV  Mag 500 x  WD 9.8 mm", 255, ImageFont.load_default(height // 20))
    draw.rectangle((width - 120, height + 20, width - 20, height + 24), fill=255)
    return picture


@pytest.fixture
def planted(grains: Grains) -> Planted:
    """Two by two frames with data bars, reduced and compressed as report writers do, captions below them."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(600, HEIGHT_PT))
    canvas.setFont("Helvetica", 9)
    canvas.drawString(50, 760, "Fracture report of the laboratory with the origin and the cause of the fracture")
    frames, boxes = [], []
    for number, caption in enumerate(CAPTIONS):
        frame = np.clip(grains(50 + number, 1024, 768), 20, 235).astype(np.uint8)
        jpeg = io.BytesIO()
        picture = frame_with_bar(frame)
        picture.resize((640, 640 * picture.height // picture.width), Image.Resampling.BICUBIC).save(jpeg, "JPEG")
        x, y = 50 + 258 * (number % 2), 500 - 250 * (number // 2)
        height = 250 * picture.height / picture.width
        canvas.drawImage(ImageReader(jpeg), x, y, 250, height)
        canvas.drawString(x, y - 12, caption)
        frames.append(frame)
        boxes.append(Box(x, HEIGHT_PT - y - height, x + 250, HEIGHT_PT - y))
    canvas.showPage()
    canvas.save()
    return Planted(buffer.getvalue(), frames, boxes)


@pytest.fixture
def identifiers(profile: Profile) -> Identifiers:
    """Grammars of the default profile."""
    return Identifiers(profile)


def read(content: bytes, identifiers: Identifiers) -> tuple[FigureReading, ...]:
    """Figures of the first page by its text layer."""
    with pdfium.PdfDocument(content) as document:
        page = document[0]
        layer = read_text_layer(page, frozenset({"fracture", "report"}))
        angle = (layer.rotation_deg + page.get_rotation()) % 360
        pictures = embedded_pictures(page, _upright(page.get_cropbox(), angle))
        return read_figures(pictures, group_lines(layer.words), 1, identifiers)


def distance(phash: str, frame: Grey) -> int:
    """Bits between a figure's fingerprint and that of the cropped original."""
    return (int(phash, 16) ^ int(fingerprint(frame).phash, 16)).bit_count()


def check(figures: Sequence[FigureReading], planted: Planted) -> None:
    """All that was planted is read."""
    assert [f.caption for f in figures] == list(CAPTIONS)
    assert [(f.magnification, f.foan, f.serial_number) for f in figures] == list(STATED)
    assert [f.number for f in figures] == [1, 2, 3, 4]
    for figure, frame in zip(figures, planted.frames, strict=True):
        assert distance(figure.phash, frame) <= 4


def test_figures_of_a_text_layer_page(planted: Planted, identifiers: Identifiers) -> None:
    """Boxes to two points, captions and what they state, and a fingerprint within four bits of the original's."""
    figures = read(planted.content, identifiers)
    check(figures, planted)
    for figure, box in zip(figures, planted.boxes, strict=True):
        sides = [(getattr(figure.box, s), getattr(box, s)) for s in ("left", "top", "right", "bottom")]
        assert all(abs(found - true) < 2 for found, true in sides)
        assert figure.caption_box is not None
        assert 0 <= figure.caption_box.top - box.bottom < 8
        assert figure.caption_confidence == 1.0
        assert figure.width_px == 640


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_page_that_is_turned_reads_the_same(rotation: int, planted: Planted, identifiers: Identifiers) -> None:
    """A page on its side, righted by its /Rotate entry or not, gives the same figures."""
    with pdfium.PdfDocument(planted.content) as document:
        document[0].set_rotation(rotation)
        buffer = io.BytesIO()
        document.save(buffer)
    check(read(buffer.getvalue(), identifiers), planted)


@pytest.mark.parametrize("noise", [0.0, 4.0])
def test_pictures_cut_out_of_a_scan(noise: float, planted: Planted, identifiers: Identifiers) -> None:
    """What a scanner and OCR make of the page gives the same figures: paper around, grain, doubtful words."""
    with pdfium.PdfDocument(planted.content) as document:
        page = document[0]
        lines = [_doubtful(line) for line in group_lines(read_text_layer(page, frozenset()).words)]
        rendered = page.render(scale=200 / 72, grayscale=True).to_numpy()
        scan = rendered.squeeze() * 0.92 + np.random.default_rng(1).normal(0, noise, rendered.squeeze().shape)
    grey = scan.clip(0, 255).astype(np.uint8)
    pictures = []
    for box in planted.boxes:
        left, top, right, bottom = (round(side * 200 / 72) for side in (box.left, box.top, box.right, box.bottom))
        pictures.append(PagePicture(box, grey[top - 2 : bottom + 2, left - 2 : right + 2]))
    figures = read_figures(pictures, lines, 1, identifiers)
    check(figures, planted)
    assert [f.caption_confidence for f in figures] == [0.8] * 4


def _doubtful(line: Line) -> Line:
    return Line(tuple(replace(word, confidence=0.8) for word in line.words))


def test_fingerprint_is_that_of_the_audit(grains: Grains, identifiers: Identifiers) -> None:
    """Of a picture without a bar, embedded as it is, every bit, the thumbnail and the contrast are the original's."""
    frame = np.clip(grains(60, 640, 480), 70, 200).astype(np.uint8)
    (figure,) = read_figures([PagePicture(Box(0, 0, 200, 150), frame)], [], 3, identifiers)
    original = fingerprint(frame)
    assert (figure.phash, figure.contrast) == (original.phash, original.contrast)
    assert figure.thumbnail_png == original.thumbnail_png
    assert (figure.page, figure.caption, figure.caption_box, figure.caption_confidence) == (3, "", None, None)
    assert (figure.magnification, figure.foan, figure.serial_number) == (None, None, None)


def test_drawing_takes_no_caption_from_a_micrograph(grains: Grains, identifiers: Identifiers) -> None:
    """What is no micrograph is left out before captions are shared out, and not numbered."""
    plot = Image.new("L", (320, 240), 255)
    ImageDraw.Draw(plot).line((10, 200, 300, 20), 0, 2)
    pictures = [
        PagePicture(Box(50, 100, 250, 250), np.asarray(plot)),
        PagePicture(Box(300, 100, 500, 250), grains(61, 320, 240)),
    ]
    (figure,) = read_figures(pictures, [], 1, identifiers)
    assert (figure.number, figure.box.left) == (1, 300)
    assert read_figures(pictures[:1], [], 1, identifiers) == ()
    assert read_figures([], [], 1, identifiers) == ()


def test_reading_order_goes_row_by_row(grains: Grains) -> None:
    """Pictures of a row may differ a little in height."""
    grey = grains(62, 64, 64)
    boxes = [Box(300, 100, 500, 260), Box(50, 110, 250, 260), Box(50, 300, 250, 450), Box(300, 290, 500, 450)]
    ordered = in_reading_order([PagePicture(box, grey) for box in boxes])
    assert [p.box for p in ordered] == [boxes[1], boxes[0], boxes[2], boxes[3]]


def test_letterhead_is_left_out_and_a_repeated_micrograph_is_not(grains: Grains, identifiers: Identifiers) -> None:
    """A picture in one place of several pages is a logo, unless it has a caption or stands elsewhere."""
    grey = grains(63, 320, 240)
    (logo,) = read_figures([PagePicture(Box(450, 20, 550, 60), grey)], [], 1, identifiers)
    shown = replace(logo, box=Box(50, 100, 250, 250), caption="Fig. 1")
    moved = replace(logo, page=3, box=Box(50, 400, 150, 440))
    other = replace(logo, page=2, phash=fingerprint(grains(64, 320, 240)).phash)
    figures = (logo, replace(logo, page=2), shown, replace(shown, page=2), moved, other)
    assert without_letterhead(figures) == (shown, replace(shown, page=2), moved, other)
