"""Print in a level that the picture never has is cut out pixel by pixel; print that shares its level is not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from data_contracts.pixels import GreyImage
from data_contracts.records import MicrographReading
from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.own_level import ink_of_own_level
from fractocurate.micrographs.read import read_micrograph
from fractocurate.micrographs.settings import MicrographSettings

_BOX = PixelBox(10, 440, 400, 476)
_TEXT = "15.0kV 12.1mm x2.00k SE"


def _crisp(grey: GreyImage, ink: int) -> GreyImage:
    """The frame with a line of text without softened rims."""
    image = Image.fromarray(grey)
    drawing = ImageDraw.Draw(image)
    drawing.fontmode = "1"
    drawing.text((20, 445), _TEXT, fill=ink, font=ImageFont.load_default(24))
    return np.array(image)


def _bright(frames: Any) -> GreyImage:
    """A charged picture: much of it is all but white, and none is white."""
    return np.asarray(np.minimum(frames.texture(640, 480, mean=225, spread=40), 254), np.uint8)


@pytest.mark.parametrize("ink", [255, 0])
def test_the_print_and_nothing_else_is_ink(frames: Any, ink: int) -> None:
    """White print over an all but white picture, and black print over an all but black one."""
    picture = _bright(frames) if ink else np.asarray(255 - _bright(frames), np.uint8)
    grey = _crisp(picture, ink)
    found = ink_of_own_level(grey, [_BOX], white=ink == 255)
    assert found is not None
    assert np.array_equal(found, grey != picture)


def test_a_level_that_the_picture_has_too_is_not_of_print(frames: Any) -> None:
    """Where the picture is saturated it cannot be told from white print."""
    grey = _crisp(frames.texture(640, 480, mean=225, spread=40), 255)
    assert ink_of_own_level(grey, [_BOX], white=True) is None


def test_letters_with_soft_rims_are_not_cut_at_their_core(frames: Any) -> None:
    """The rims belong to the letters, too."""
    grey = frames.write(frames.texture(640, 480, mean=90, spread=20), 20, 445, _TEXT, 255, 24)
    assert ink_of_own_level(grey, [_BOX], white=True) is None


def test_a_few_white_pixels_are_no_print(frames: Any) -> None:
    """Hot pixels."""
    grey = np.minimum(frames.texture(640, 480), 254)
    grey[450:452, 20:24] = 255
    assert ink_of_own_level(grey, [_BOX], white=True) is None


def test_print_all_over_a_frame_is_no_proof(frames: Any) -> None:
    """Where its rows are most of the frame, the level of a saturated picture lies on them as well."""
    grey = _crisp(frames.texture(640, 480, mean=225, spread=40), 255)
    assert ink_of_own_level(grey, [PixelBox(0, 0, 640, 300), _BOX], white=True) is None


def test_white_print_over_charging_is_read(frames: Any, tmp_path: Path) -> None:
    """Bright fibres run behind the letters and end below them: magnification and pixel size are read all the same."""
    picture = np.minimum(frames.texture(1280, 960, mean=110, spread=25), 200)
    drawn = ImageDraw.Draw(canvas := Image.fromarray(picture))
    rng = np.random.default_rng(4)
    for _ in range(40):
        x, y, dx, dy = (int(rng.integers(*span)) for span in ((0, 1280), (820, 950), (-120, 120), (-90, 90)))
        drawn.line([(x, y), (x + dx, y + dy)], fill=int(rng.integers(235, 255)), width=4)
    drawn.fontmode = "1"
    drawn.text((14, 912), _TEXT, fill=255, font=ImageFont.load_default(32))
    for n in range(11):
        drawn.rectangle((740 + 50 * n, 890, 742 + 50 * n, 904), fill=255)
    drawn.text((1060, 912), "20.0um", fill=255, font=ImageFont.load_default(32))
    canvas.save(tmp_path / "frame.tif")
    reading = read_micrograph(tmp_path / "frame.tif", "frame.tif", [], MicrographSettings())
    assert isinstance(reading, MicrographReading)
    values = {r.field: float(r.value) for r in reading.readings if r.field in {"magnification", "pixel_size_nm"}}
    assert values == {"magnification": 2000, "pixel_size_nm": pytest.approx(40, rel=0.01)}
