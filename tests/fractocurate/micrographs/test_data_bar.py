"""Data bars are found wherever they are, to the pixel, and never invented."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts.vocabulary import DataBarKind
from fractocurate.micrographs.data_bar import find_data_bar
from fractocurate.micrographs.flatness import PixelBox

TEXT = "EHT = 5.00 kV   WD = 8.1 mm   Mag = 500 X"


@pytest.mark.parametrize(("level", "ink"), [(0, 255), (255, 0), (32, 220), (200, 10)])
@pytest.mark.parametrize("height", [24, 45, 90])
def test_solid_bottom_strip_is_found_to_the_row(frames: Any, level: int, ink: int, height: int) -> None:
    """A strip of any height and level at the bottom is found with its exact first row, and cropped there."""
    grey = frames.texture(640, 480 + height)
    bar = find_data_bar(frames.strip(grey, (480, 480 + height), level, ink, TEXT))
    assert bar.kind is DataBarKind.BOTTOM
    assert bar.box is not None
    assert (bar.box.top, bar.box.bottom) == (480, 480 + height)
    assert (bar.crop.left, bar.crop.top, bar.crop.right, bar.crop.bottom) == (0, 0, 640, 480)


def test_top_strip_leaves_the_picture_below_it(frames: Any) -> None:
    """A strip at the top is cropped from above."""
    bar = find_data_bar(frames.strip(frames.texture(640, 510), (0, 30), 0, 255, TEXT))
    assert bar.kind is DataBarKind.TOP
    assert (bar.crop.top, bar.crop.bottom) == (30, 510)


@pytest.mark.parametrize("thickness_px", [1, 2, 5])
@pytest.mark.parametrize("line", [0, 128])
@pytest.mark.parametrize("at_top", [False, True])
def test_line_between_picture_and_strip_belongs_to_the_strip(
    frames: Any,
    thickness_px: int,
    line: int,
    at_top: bool,  # noqa: FBT001
) -> None:
    """A white strip with a line along the picture: none of the line is left in the crop, and no row of picture lost."""
    grey = frames.strip(frames.texture(640, 520), (480, 520), 255, 0, TEXT)
    grey[480 : 480 + thickness_px] = line
    bar = find_data_bar(np.ascontiguousarray(grey[::-1]) if at_top else grey)
    assert bar.crop.sides == ((0, 40, 640, 520) if at_top else (0, 0, 640, 480))


def test_picture_rows_below_a_framed_strip_are_given_up_with_it(frames: Any) -> None:
    """A framed strip with a few rows of picture below it is removed with its frame line."""
    grey = frames.strip(frames.texture(640, 500), (440, 494), 255, 0, TEXT)
    grey[[440, 493]] = 40
    bar = find_data_bar(grey)
    assert bar.box is not None
    assert abs(bar.box.top - 440) <= 1
    assert bar.crop.bottom <= 441


def test_floating_box_has_its_own_four_sides(frames: Any) -> None:
    """A box with picture on all sides is found with its exact sides; the largest rest is the crop."""
    grey = frames.block(frames.texture(700, 480), (40, 420, 600, 460), 0)
    grey = frames.write(grey, 60, 428, TEXT, 255)
    bar = find_data_bar(grey)
    assert bar.kind is DataBarKind.BOX
    assert bar.box is not None
    assert (bar.box.left, bar.box.top, bar.box.right, bar.box.bottom) == (40, 420, 600, 460)
    assert bar.crop.bottom == 420


def test_jpeg_blocks_do_not_move_the_edge(frames: Any) -> None:
    """An edge in the middle of a JPEG block is still found to 2 rows."""
    import io  # noqa: PLC0415 - used by this test alone

    from PIL import Image  # noqa: PLC0415 - as above

    grey = frames.strip(frames.texture(640, 515), (475, 515), 0, 255, TEXT)
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, "JPEG", quality=75)
    bar = find_data_bar(np.array(Image.open(buffer)))
    assert bar.box is not None
    assert abs(bar.box.top - 475) <= 2


def test_strip_under_black_vacuum_is_cut_above_its_text(frames: Any) -> None:
    """Where the picture above a black bar is as black, the text is taken off, the vacuum kept, and an issue raised."""
    grey = frames.texture(640, 480)
    grey[300:] = 0
    bar = find_data_bar(frames.strip(grey, (440, 480), 0, 255, TEXT))
    assert bar.box is not None
    assert 420 <= bar.box.top <= 450
    assert any("invisible" in issue for issue in bar.issues)


def _no_bar_frames(frames: Any) -> dict[str, np.ndarray]:
    plain = frames.texture(640, 480)
    vacuum = plain.copy()
    vacuum[:200] = 0
    floor = plain.copy()
    floor[400:] = 0
    charging = plain.copy()
    charging[430:] = 255
    specks = floor.copy()
    specks[420:424, 100:160:12] = 255
    rng = np.random.default_rng(3)
    dark_noise = plain.copy()
    dark_noise[380:] = rng.normal(12, 4, (100, 640)).clip(0, 255)
    rows, columns = np.mgrid[:480, :640]
    defocused = np.asarray(90 + 40 * np.sin(rows / 90) + 20 * np.cos(columns / 150), dtype=np.uint8)
    blank = np.full((480, 640), 128, np.uint8)
    pores = plain.copy()
    pores[(rows - 440) ** 2 + (columns - 300) ** 2 < 150**2] = 0
    return {
        "plain": plain,
        "black vacuum above": vacuum,
        "black area below": floor,
        "saturated area below": charging,
        "black area with bright specks": specks,
        "dark and noisy below": dark_noise,
        "defocused": defocused,
        "blank": blank,
        "black pore at the border": pores,
    }


@pytest.mark.parametrize(
    "name",
    [
        "plain",
        "black vacuum above",
        "black area below",
        "saturated area below",
        "black area with bright specks",
        "dark and noisy below",
        "defocused",
        "blank",
        "black pore at the border",
    ],
)
def test_frames_without_a_bar_stay_whole(frames: Any, name: str) -> None:
    """Bright, dark, flat and noisy pictures are not bars: nothing is cropped."""
    grey = _no_bar_frames(frames)[name]
    bar = find_data_bar(grey)
    assert bar.kind is DataBarKind.NONE
    assert (bar.crop.width, bar.crop.height) == (640, 480)


@given(seed=st.integers(0, 10_000), mean=st.floats(20, 230), spread=st.floats(3, 60))
@settings(max_examples=25, deadline=None)
def test_no_texture_is_taken_for_a_bar(seed: int, mean: float, spread: float) -> None:
    """Whatever its brightness and contrast, noise holds no bar."""
    rng = np.random.default_rng(seed)
    grey = np.asarray(np.clip(rng.normal(mean, spread, (240, 320)), 0, 255), dtype=np.uint8)
    assert find_data_bar(grey).kind is DataBarKind.NONE


def test_strip_cut_out_of_a_frame_leaves_no_picture(frames: Any) -> None:
    """A file that is nothing but a data bar has an empty crop, and says so."""
    grey = frames.strip(frames.texture(640, 60), (0, 60), 255, 0, TEXT)
    bar = find_data_bar(grey)
    assert bar.crop.area == 0
    assert any("no picture" in issue for issue in bar.issues)


@pytest.mark.parametrize("at_top", [False, True])
def test_strip_beside_a_picture_that_is_half_of_its_level(frames: Any, at_top: bool) -> None:  # noqa: FBT001
    """Vacuum over more than half of the width meets the strip: the picture beside it is not given away."""
    grey = frames.texture(800, 640)
    grey[:, 330:] = 0
    rows = (0, 40) if at_top else (600, 640)
    grey = frames.strip(grey, rows, 0, 255, "Mag = 1.00 K X   PART 2047-B   WD 10 mm")
    box = find_data_bar(grey).box
    assert box is not None
    assert (box.top, box.bottom) == rows


def test_logo_at_the_end_belongs_to_the_strip(frames: Any) -> None:
    """A white block in a black strip."""
    grey = frames.strip(frames.texture(800, 640), (580, 640), 0, 255, "Mag = 1.00 K X   PART 2047-B")
    grey[580:, 730:] = 255
    grey[590:630:9, 740:790] = 0
    assert find_data_bar(grey).box == PixelBox(0, 580, 800, 640)


def test_strip_full_of_text_from_its_first_row_keeps_its_edge(frames: Any) -> None:
    """Small strips of JPEGs have text in nearly all of their rows, and a soft first row: the last rows are no edge."""
    grey = frames.strip(frames.texture(640, 480), (440, 480), 255, 0, "")
    for row, first in ((440, 10), (451, 23), (462, 10)):
        for left in range(first, 620, 26):
            grey[row : row + 12, left : left + 11] = 0
    grey[437, :190] = grey[438, :268] = grey[439, :281] = 255
    box = find_data_bar(grey).box
    assert box is not None
    assert abs(box.top - 440) <= 3


def test_framed_strip_under_a_picture_of_its_level_begins_at_its_line(frames: Any) -> None:
    """A saturated picture, with what is left of its grey here and there, above a white strip in a black frame."""
    grey = frames.texture(640, 540)
    grey[200:] = 255
    grey[330:345, 60:90] = 180
    grey = frames.strip(grey, (490, 540), 255, 0, "EHT = 5.00 kV  Mag = 150 X  PART 2047-B")
    grey = frames.block(grey, (0, 490, 640, 491), 0)
    bar = find_data_bar(grey)
    assert bar.box is not None
    assert bar.box.sides == (0, 490, 640, 540)
    assert bar.crop.sides == (0, 0, 640, 490)
