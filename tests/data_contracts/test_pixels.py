"""Every bit depth and colour mode becomes 8-bit grey by one rule; what cannot be decoded says why."""

import contextlib
import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from data_contracts.pixels import PixelError, decode_crop, decode_grey, grey_from_deep, load_grey
from data_contracts.vocabulary import FailureReason


def ramp() -> np.ndarray:
    """A picture of 64 x 48 px with every grey level."""
    return np.asarray(np.arange(64 * 48).reshape(48, 64) * 255 // (64 * 48 - 1), dtype=np.uint8)


def encode(image: Image.Image, form: str, **options: object) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P"])
def test_grey_in_any_8_bit_mode_is_unchanged(mode: str) -> None:
    """A grey picture stored as colour, with alpha or with a palette gives the very same pixels."""
    image = Image.fromarray(ramp()).convert("L")
    stored = image.quantize(256) if mode == "P" else image.convert(mode)
    decoded = decode_grey(encode(stored, "PNG"))
    assert np.abs(decoded.grey.astype(int) - ramp()).max() <= (2 if mode == "P" else 0)
    assert (decoded.header.width_px, decoded.header.height_px) == (64, 48)


def test_cmyk_keeps_its_brightness_order() -> None:
    """A CMYK JPEG is neither inverted nor flattened."""
    decoded = decode_grey(encode(Image.fromarray(ramp()).convert("RGB").convert("CMYK"), "JPEG", quality=95))
    assert decoded.header.colour_mode == "CMYK"
    assert np.corrcoef(decoded.grey.ravel(), ramp().ravel())[0, 1] > 0.99


def test_one_bit_becomes_black_and_white() -> None:
    """Modes of 1 bit use both ends of the scale."""
    decoded = decode_grey(encode(Image.fromarray(ramp() > 127), "PNG"))
    assert set(np.unique(decoded.grey)) == {0, 255}
    assert decoded.header.bit_depth == 1


def test_12_bit_data_in_a_16_bit_file_keep_their_contrast() -> None:
    """Values up to 4095 of 65535 use the whole grey scale instead of its darkest sixteenth."""
    deep = (ramp().astype(np.uint16) << 4) + 7
    decoded = decode_grey(encode(Image.fromarray(deep), "TIFF"))
    assert decoded.header.bit_depth == 16
    assert (decoded.grey.min(), decoded.grey.max()) == (0, 255)
    assert np.abs(decoded.grey.astype(int) - ramp()).max() <= 3


def test_big_endian_and_float_files_follow_the_same_rule() -> None:
    """Byte order and number format do not change the picture."""
    deep = ramp().astype(np.uint16) * 100
    little = decode_grey(encode(Image.fromarray(deep), "TIFF")).grey
    big = decode_grey(encode(Image.fromarray(deep.astype(">u2")), "TIFF")).grey
    floating = decode_grey(encode(Image.fromarray(deep.astype(np.float32) / 25_500), "TIFF")).grey
    assert np.array_equal(little, big)
    assert np.abs(floating.astype(int) - little).max() <= 1


def test_first_page_is_the_picture() -> None:
    """Of a TIFF of several pages the first is read and the rest are counted."""
    pages = [Image.fromarray(ramp()), Image.fromarray(255 - ramp())]
    decoded = decode_grey(encode(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    assert decoded.header.n_frames == 2
    assert np.array_equal(decoded.grey, ramp())


def test_orientation_is_applied() -> None:
    """A picture that viewers show turned is read turned, sizes included."""
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode_grey(encode(Image.fromarray(ramp()), "PNG", exif=exif))
    assert (decoded.header.width_px, decoded.header.height_px) == (48, 64)
    assert np.array_equal(decoded.grey, np.rot90(ramp(), -1))


@given(st.integers(2, 65535), st.integers(0, 60000))
@settings(max_examples=50)
def test_stretch_keeps_order_and_uses_the_scale(span: int, offset: int) -> None:
    """Brighter stays brighter, and the darkest and brightest values reach black and white unless all fit 8 bits."""
    values = (np.linspace(0, span, 500) + offset).astype(np.uint32)
    grey = grey_from_deep(values)
    assert np.all(np.diff(grey.astype(int)) >= 0)
    if values.max() > 255:
        assert (grey[0], grey[-1]) == (0, 255)
    elif values.max() > 1:
        assert np.array_equal(grey, values)


def test_not_a_number_is_black() -> None:
    """Missing values of float pictures do not spread."""
    values = np.linspace(0, 1000, 100).astype(np.float32)
    values[50] = np.nan
    grey = grey_from_deep(values)
    assert grey[50] == 0
    assert grey[99] == 255


def _png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    data = b"IDAT" + zlib.compress(b"\x00")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk
        + struct.pack(">I", len(data) - 4)
        + data
        + struct.pack(">I", zlib.crc32(data))
        + b"\x00\x00\x00\x00IEND\xaeB`\x82"
    )


def test_bomb_is_refused_from_its_header() -> None:
    """900 million promised pixels are refused without decoding, in Pillow's own range of warnings and errors too."""
    for side in (10_000, 30_000):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(PixelError) as caught:
                decode_grey(_png_header(side, side), max_pixels=50_000_000)
        assert caught.value.reason is FailureReason.DECOMPRESSION_BOMB
    assert Image.MAX_IMAGE_PIXELS is not None, "Pillow's own limit is back in place"


@pytest.mark.parametrize("form", ["TIFF", "PNG", "JPEG", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_cut_files_are_truncated(form: str, share: float) -> None:
    """A file that ends before its pixels do is truncated, whatever its format."""
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 300)).astype(np.uint8))
    content = encode(noise, form)
    with pytest.raises(PixelError) as caught:
        decode_grey(content[: int(share * len(content))])
    assert caught.value.reason is FailureReason.TRUNCATED


def test_damaged_files_are_corrupt() -> None:
    """Right length, wrong bytes."""
    content = encode(Image.fromarray(ramp()), "TIFF", compression="tiff_lzw")
    content = content.replace(content[8:400], b"\x55" * 392, 1)
    with pytest.raises(PixelError) as caught:
        decode_grey(content)
    assert caught.value.reason is FailureReason.CORRUPT


@pytest.mark.parametrize("content", [b"%PDF-1.7\n%rest", b"just a note\n" * 20, b"\x00" * 500])
def test_other_files_are_not_images(content: bytes) -> None:
    """A PDF, a text or zeros under an image's name."""
    with pytest.raises(PixelError) as caught:
        decode_grey(content)
    assert caught.value.reason is FailureReason.NOT_AN_IMAGE


def test_absent_and_empty_files(tmp_path: Path) -> None:
    """Gone and empty are different reasons, and a folder is unreadable."""
    (tmp_path / "empty.tif").touch()
    for name, reason in (("gone.tif", "vanished"), ("empty.tif", "empty_file"), ("", "unreadable")):
        with pytest.raises(PixelError) as caught:
            load_grey(tmp_path / name)
        assert caught.value.reason == reason


@given(st.binary(max_size=300))
@settings(max_examples=80, deadline=None)
def test_no_bytes_break_the_decoder(content: bytes) -> None:
    """Whatever follows a TIFF or PNG signature, the outcome is pixels or a reason."""
    for head in (b"II*\x00\x08\x00\x00\x00", b"\x89PNG\r\n\x1a\n", b""):
        with contextlib.suppress(PixelError):
            assert decode_grey(head + content).grey.ndim == 2


def test_crop_is_the_part_of_the_whole(tmp_path: Path) -> None:
    """A crop of a 16-bit file has the grey levels of the whole, and boxes outside are refused."""
    deep = ramp().astype(np.uint16) * 100
    path = tmp_path / "deep.tif"
    Image.fromarray(deep).save(path)
    whole = load_grey(path).grey
    assert np.array_equal(decode_crop(path, (10, 5, 30, 25)), whole[5:25, 10:30])
    with pytest.raises(ValueError, match="leaves the picture"):
        decode_crop(path, (0, 0, 65, 48))


@pytest.mark.parametrize("kind", ["rgb16", "rgba16", "white is zero", "float64", "uint64", "float16"])
def test_deep_tiffs_that_pillow_misreads_keep_their_contrast(kind: str) -> None:
    """12-bit values in 16 bits a channel, inverted scales, and number formats that Pillow does not know."""
    values = ramp().astype(np.uint16) * 16
    options: dict[str, object] = {}
    stored = values
    if kind in ("rgb16", "rgba16"):
        stored, options = np.repeat(values[..., None], 3 if kind == "rgb16" else 4, axis=2), {"photometric": "rgb"}
    elif kind == "white is zero":
        stored, options = 65535 - values, {"photometric": "miniswhite"}
    else:
        stored = values.astype(kind)
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, stored, **options)
    decoded = decode_grey(buffer.getvalue())
    assert np.abs(decoded.grey.astype(int) - ramp()).max() <= 2
    assert (decoded.header.width_px, decoded.header.height_px) == (64, 48)
    assert decoded.header.bit_depth == {"float64": 64, "uint64": 64}.get(kind, 16)


@pytest.mark.parametrize("kind", ["deep colour", "8 bit"])
def test_tiffs_are_turned_upright_with_their_size(kind: str) -> None:
    """An orientation holds for any picture, and the stated size is that of the upright one."""
    buffer = io.BytesIO()
    if kind == "deep colour":
        stored = np.repeat(ramp().astype(np.uint16)[..., None] * 16, 3, axis=2)
        tifffile.imwrite(buffer, stored, photometric="rgb", extratags=[(274, 3, 1, 6, True)])
    else:
        tifffile.imwrite(buffer, ramp(), extratags=[(274, 3, 1, 6, True)])
    decoded = decode_grey(buffer.getvalue())
    assert decoded.grey.shape == (64, 48) == (decoded.header.height_px, decoded.header.width_px)
    assert np.abs(decoded.grey.astype(int) - np.rot90(ramp(), -1)).max() <= 2


def test_signed_values_of_8_bits_keep_their_order() -> None:
    """-128 is black and 127 white; taken for unsigned, the dark half would be the bright one."""
    picture = ramp()
    file = io.BytesIO()
    tifffile.imwrite(file, (picture.astype(np.int16) - 128).astype(np.int8))
    assert np.abs(decode_grey(file.getvalue()).grey.astype(int) - picture).max() <= 2
