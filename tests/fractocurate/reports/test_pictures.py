"""Pictures of a page come out once, upright, whole, at the resolution at which they are stored."""

import io
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from data_contracts.records import Box
from fractocurate.reports.pages import _upright
from fractocurate.reports.pictures import PagePicture, embedded_pictures

Grey = npt.NDArray[np.uint8]
Grains = Callable[..., Grey]

PAGE = (600.0, 800.0)


def pictures_of(content: bytes, angle: int = 0) -> list[PagePicture]:
    """Pictures of the first page, for text that runs at an angle."""
    with pdfium.PdfDocument(content) as document:
        page = document[0]
        return embedded_pictures(page, _upright(page.get_cropbox(), angle))


def drawn(draw: Callable[[Canvas], Any]) -> bytes:
    """A PDF of one page."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=PAGE)
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def reader(grey: Grey) -> ImageReader:
    """For reportlab's drawImage."""
    return ImageReader(Image.fromarray(grey))


def raw_pdf(image: bytes, data: bytes, content: bytes = b"300 0 0 240 100 400 cm /I Do", form: bytes = b"") -> bytes:
    """A PDF with one image object, written by hand; PDFium makes up for the missing cross-reference table."""
    resources = b"<< /XObject << /I 5 0 R /F 6 0 R >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources " + resources + b" >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /XObject /Subtype /Image %s /Length %d >>\nstream\n%s\nendstream" % (image, len(data), data),
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 1000 1000] %s /Resources %s /Length %d >>\nstream\n%s\nendstream"
        % (b"/Matrix [0.5 0 0 0.5 10 20]", resources, len(form), form),
    ]
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, o) for n, o in enumerate(objects, start=1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R /Size 7 >>\n%%EOF\n"


def flat(width: int, height: int, entries: bytes, pixels: bytes) -> tuple[bytes, bytes]:
    """Dictionary and data of an image whose pixels are deflated."""
    size = b"/Width %d /Height %d /Filter /FlateDecode " % (width, height)
    return size + entries, zlib.compress(pixels)


def is_near(box: Box, sides: Sequence[float], tolerance_pt: float = 0.5) -> bool:
    """Whether a box has these sides: left, top, right, bottom."""
    return np.allclose((box.left, box.top, box.right, box.bottom), sides, atol=tolerance_pt)


def test_picture_has_its_box_and_its_pixels(grains: Grains) -> None:
    """The box is measured from the top left of the page, the pixels are those that were put in."""
    grey = grains(1, 320, 240)
    (picture,) = pictures_of(drawn(lambda c: c.drawImage(reader(grey), 100, 400, 200, 150)))
    assert is_near(picture.box, (100, 250, 300, 400))
    assert np.array_equal(picture.grey, grey)


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_page_that_lies_on_its_side_gives_an_upright_picture(angle: int, grains: Grains) -> None:
    """Text that runs at an angle says what is up, for the pictures beside it too."""
    grey = grains(2, 320, 240)

    def draw(canvas: Canvas) -> None:
        canvas.translate(300, 400)
        canvas.rotate(angle)
        canvas.drawImage(reader(grey), -100, -75, 200, 150)

    (picture,) = pictures_of(drawn(draw), angle)
    assert np.array_equal(picture.grey, grey)
    assert (round(picture.box.width), round(picture.box.height)) == (200, 150)


@pytest.mark.parametrize(
    ("matrix", "shown"),
    [
        ((200, 0, 0, 150, 100, 400), lambda g: g),
        ((-200, 0, 0, 150, 300, 400), np.fliplr),
        ((200, 0, 0, -150, 100, 550), np.flipud),
        ((0, 200, -150, 0, 250, 400), lambda g: np.rot90(g, 1)),
        ((0, -200, 150, 0, 100, 600), lambda g: np.rot90(g, -1)),
        ((0, 200, 150, 0, 100, 400), lambda g: np.rot90(g.T, 2)),
    ],
    ids=["plain", "mirrored", "upside down", "turned left", "turned right", "transposed"],
)
def test_pixels_are_turned_as_the_page_shows_them(
    matrix: tuple[float, ...], shown: Callable[[Grey], Grey], grains: Grains
) -> None:
    """Programs store pictures bottom up or on their side and right that by the matrix."""
    grey = grains(3, 160, 120)
    operators = " ".join(map(str, matrix)).encode() + b" cm /I Do"
    image, data = flat(160, 120, b"/ColorSpace /DeviceGray /BitsPerComponent 8", grey.tobytes())
    (picture,) = pictures_of(raw_pdf(image, data, operators))
    assert np.array_equal(picture.grey, shown(grey))


def test_picture_inside_nested_forms_is_found_where_it_is_seen(grains: Grains) -> None:
    """Matrices of forms and of what draws them add up."""
    grey = grains(4, 160, 120)
    image, data = flat(160, 120, b"/ColorSpace /DeviceGray /BitsPerComponent 8", grey.tobytes())
    form = b"q 400 0 0 300 200 400 cm /I Do Q"
    (picture,) = pictures_of(raw_pdf(image, data, b"q 1 0 0 1 50 100 cm /F Do Q", form))
    left, bottom = 0.5 * 200 + 10 + 50, 0.5 * 400 + 20 + 100
    assert is_near(picture.box, (left, 800 - bottom - 150, left + 200, 800 - bottom))
    assert np.array_equal(picture.grey, grey)


def test_form_that_draws_itself_ends(grains: Grains) -> None:
    """A broken PDF cannot make a reader go round in circles."""
    image, data = flat(160, 120, b"/ColorSpace /DeviceGray /BitsPerComponent 8", grains(5, 160, 120).tobytes())
    assert pictures_of(raw_pdf(image, data, b"/F Do", b"/F Do")) == []


def _deflated(kind: str, grey: Grey) -> tuple[bytes, bytes]:
    table = bytes(v for level in range(256) for v in (255 - level,) * 3).hex().encode()
    black = Image.merge("CMYK", [Image.new("L", (grey.shape[1], grey.shape[0]))] * 3 + [Image.fromarray(255 - grey)])
    space, bits, pixels = {
        "rgb": (b"/DeviceRGB", 8, np.repeat(grey, 3).tobytes()),
        "cmyk": (b"/DeviceCMYK", 8, black.tobytes()),
        "16 bit": (b"/DeviceGray", 16, (grey.astype(">u2") * 257).tobytes()),
        "indexed": (b"[/Indexed /DeviceRGB 255 <" + table + b">]", 8, (255 - grey).tobytes()),
        "inverted": (b"/DeviceGray /Decode [1 0]", 8, (255 - grey).tobytes()),
    }[kind]
    return flat(grey.shape[1], grey.shape[0], b"/ColorSpace %s /BitsPerComponent %d" % (space, bits), pixels)


def _compressed(kind: str, grey: Grey) -> tuple[bytes, bytes]:
    name, filter_ = {"jpeg": ("JPEG", b"/DCTDecode"), "jpeg 2000": ("JPEG2000", b"/JPXDecode")}[kind]
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, name)
    size = b"/Width %d /Height %d " % (grey.shape[1], grey.shape[0])
    return size + b"/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter " + filter_, buffer.getvalue()


@pytest.mark.parametrize("kind", ["rgb", "16 bit", "indexed", "inverted", "jpeg", "jpeg 2000", "cmyk"])
def test_every_encoding_gives_the_same_grey(kind: str, grains: Grains) -> None:
    """How a program stored the pixels does not matter; CMYK black is not full black, but tones keep order."""
    grey = grains(6, 160, 120)
    encode = _compressed if kind.startswith("jpeg") else _deflated
    (picture,) = pictures_of(raw_pdf(*encode(kind, grey)))
    assert np.abs(picture.grey.astype(int) - grey).max() <= (40 if kind == "cmyk" else 12)
    assert np.corrcoef(picture.grey.ravel(), grey.ravel())[0, 1] > 0.99


def test_black_and_white_picture_is_found(grains: Grains) -> None:
    """One bit a pixel is a picture too; whether it shows anything is judged later."""
    dots = np.asarray(Image.fromarray(grains(7, 160, 120)).convert("1"))
    packed = np.packbits(dots, axis=1).tobytes()
    (picture,) = pictures_of(raw_pdf(*flat(160, 120, b"/ColorSpace /DeviceGray /BitsPerComponent 1", packed)))
    assert np.array_equal(picture.grey, dots * np.uint8(255))


def test_colours_under_a_mask_are_kept(grains: Grains) -> None:
    """Transparency is no part of what a microscope saw."""
    alpha = np.full((120, 160), 40, np.uint8)
    masked = Image.merge("RGBA", [Image.fromarray(grains(8, 160, 120))] * 3 + [Image.fromarray(alpha)])
    (picture,) = pictures_of(drawn(lambda c: c.drawImage(ImageReader(masked), 100, 400, 200, 150, mask="auto")))
    assert np.array_equal(picture.grey, grains(8, 160, 120))


@pytest.mark.parametrize(("rows", "columns"), [(10, 1), (1, 7), (4, 5)])
def test_strips_and_tiles_are_one_picture(rows: int, columns: int, grains: Grains) -> None:
    """Some programs cut pictures into pieces; the reader puts them together again."""
    grey = grains(9, 350, 240)
    height, width = grey.shape[0] // rows, grey.shape[1] // columns

    def draw(canvas: Canvas) -> None:
        for row in range(rows):
            for column in range(columns):
                piece = grey[row * height : (row + 1) * height, column * width : (column + 1) * width]
                x, y = 100 + column * width * 0.6, 700 - (row + 1) * height * 0.6
                canvas.drawImage(reader(piece), x, y, width * 0.6, height * 0.6)

    (picture,) = pictures_of(drawn(draw))
    assert is_near(picture.box, (100, 100, 100 + 350 * 0.6, 100 + 240 * 0.6), 1.0)
    assert np.array_equal(picture.grey, grey)


def test_micrographs_mounted_without_a_gap_stay_apart(grains: Grains) -> None:
    """Two frames side by side do not continue each other."""

    def draw(canvas: Canvas) -> None:
        for column, row in ((0, 0), (1, 0), (0, 1), (1, 1)):
            grey = grains(10 + column + 2 * row, 320, 240)
            canvas.drawImage(reader(grey), 100 + 160 * column, 300 + 120 * row, 160, 120)

    pictures = pictures_of(drawn(draw))
    assert sorted((round(p.box.left), round(p.box.top)) for p in pictures) == [
        (100, 260), (100, 380), (260, 260), (260, 380)
    ]  # fmt: skip


def test_background_and_icons_are_no_pictures_of_a_page_and_hide_none(grains: Grains) -> None:
    """Letter paper lies under all of a page; bullets and marks are smaller than half an inch."""

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(reader(grains(20, 300, 400)), 0, 0, *PAGE)
        canvas.drawImage(reader(grains(21, 100, 100)), 50, 50, 20, 20)
        canvas.drawImage(reader(grains(22, 320, 240)), 100, 400, 200, 150)
        canvas.drawImage(reader(grains(23, 200, 200)), -300, 400, 200, 150)

    (picture,) = pictures_of(drawn(draw))
    assert np.array_equal(picture.grey, grains(22, 320, 240))


def test_scan_of_a_page_in_strips_is_its_background(grains: Grains) -> None:
    """Pieces that together cover the page are a scan of it."""
    grey = grains(24, 300, 400)

    def draw(canvas: Canvas) -> None:
        for row in range(8):
            canvas.drawImage(reader(grey[row * 50 : (row + 1) * 50]), 0, 800 - (row + 1) * 100, 600, 100)

    assert pictures_of(drawn(draw)) == []


def test_picture_painted_over_its_equal_counts_once(grains: Grains) -> None:
    """Of two pictures in one place the reader of a report sees the last."""

    def draw(canvas: Canvas) -> None:
        for seed in (25, 26):
            canvas.drawImage(reader(grains(seed, 320, 240)), 100, 400, 200, 150)

    (picture,) = pictures_of(drawn(draw))
    assert np.array_equal(picture.grey, grains(26, 320, 240))


def test_damaged_picture_costs_no_other(grains: Grains) -> None:
    """What cannot be decoded is left out."""
    good = grains(27, 160, 120)
    image, data = flat(160, 120, b"/ColorSpace /DeviceGray /BitsPerComponent 8", good.tobytes())
    broken = raw_pdf(b"/Width 160 /Height 120 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode", b"junk")
    assert pictures_of(broken) == []
    assert len(pictures_of(raw_pdf(image, data))) == 1


def test_page_of_many_large_pictures_is_reduced_to_a_bounded_size(
    grains: Grains, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory stays bounded however large the pictures of a page are; their shape stays the same."""
    monkeypatch.setattr("fractocurate.reports.pictures._MOST_PAGE_PX", 100_000)

    def draw(canvas: Canvas) -> None:
        for row in range(3):
            canvas.drawImage(reader(grains(30 + row, 640, 480)), 100, 100 + 200 * row, 200, 150)

    pictures = pictures_of(drawn(draw))
    assert len(pictures) == 3
    assert sum(p.grey.size for p in pictures) <= 100_000
    assert all(p.grey.shape == (120, 160) for p in pictures)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_what_is_clipped_off_is_no_part_of_the_picture(scale: float, grains: Grains) -> None:
    """Writers crop pictures without taking the rest out of the file; whoever reads the page does not see it."""
    grey = grains(40, 400, 300)

    def draw(canvas: Canvas) -> None:
        canvas.scale(scale, scale)
        path = canvas.beginPath()
        path.rect(140, 420, 100, 90)
        canvas.clipPath(path, stroke=0, fill=0)
        canvas.drawImage(reader(grey), 100, 400, 200, 150)

    (picture,) = pictures_of(drawn(draw))
    top = 800 - 510 * scale
    assert is_near(picture.box, (140 * scale, top, 240 * scale, top + 90 * scale))
    assert np.array_equal(picture.grey, grey[80:260, 80:280])


def test_picture_that_is_clipped_off_altogether_is_none(grains: Grains) -> None:
    """It is in the file, but not on the page."""

    def draw(canvas: Canvas) -> None:
        path = canvas.beginPath()
        path.rect(400, 100, 100, 90)
        canvas.clipPath(path, stroke=0, fill=0)
        canvas.drawImage(reader(grains(41, 400, 300)), 100, 400, 200, 150)

    assert pictures_of(drawn(draw)) == []


def test_page_without_pictures_has_none() -> None:
    """Text and lines are no pictures."""
    assert pictures_of(drawn(lambda c: (c.drawString(100, 100, "text"), c.line(0, 0, 100, 100)))) == []
