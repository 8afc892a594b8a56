"""What is cut off and what is masked; no picture without print has a mask."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hard_frames.pictures import BACKGROUNDS, paint
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from data_contracts.records import Box, MicrographReading
from data_contracts.vocabulary import DataBarKind
from fractocurate.micrographs.flatness import PixelBox, largest_free
from fractocurate.micrographs.masking import MOST_CROPPED, MOST_MASKED, crop_or_mask
from fractocurate.micrographs.read import read_micrograph
from fractocurate.micrographs.settings import MicrographSettings

WIDTH, HEIGHT = 640, 480


def read(grey: np.ndarray, folder: Path) -> MicrographReading:
    """The reading of a frame."""
    path = folder / "frame.png"
    Image.fromarray(grey).save(path)
    reading = read_micrograph(path, path.name, (), MicrographSettings())
    assert isinstance(reading, MicrographReading)
    return reading


@pytest.mark.parametrize(
    ("boxes", "crop", "masks"),
    [
        ([], PixelBox(0, 0, 640, 480), ()),
        ([PixelBox(10, 450, 630, 476)], PixelBox(0, 0, 640, 450), ()),
        ([PixelBox(300, 200, 400, 220)], PixelBox(0, 0, 640, 480), (PixelBox(300, 200, 400, 220),)),
        (
            [PixelBox(10, 450, 630, 476), PixelBox(20, 300, 120, 330)],
            PixelBox(0, 0, 640, 450),
            (PixelBox(20, 300, 120, 330),),
        ),
        ([PixelBox(0, 100, 640, 300)], PixelBox(0, 300, 640, 480), ()),
        ([PixelBox(10, 400, 100, 456), PixelBox(90, 450, 630, 476)], PixelBox(0, 0, 640, 400), ()),
    ],
    ids=["nothing", "a line at the border", "in the middle", "both", "too much to fill", "a torn block"],
)
def test_cheap_print_is_cut_off_and_the_rest_masked(
    boxes: list[PixelBox], crop: PixelBox, masks: tuple[PixelBox, ...]
) -> None:
    """Each piece of print by what it costs."""
    kept = crop_or_mask(boxes, WIDTH, HEIGHT)
    assert kept.masks == masks
    assert kept.crop.area == crop.area
    assert kept.crop == crop or not masks


@given(
    st.lists(
        st.builds(
            lambda x, y, w, h: PixelBox(x, y, min(WIDTH, x + w), min(HEIGHT, y + h)),
            st.integers(0, 600),
            st.integers(0, 460),
            st.integers(1, 300),
            st.integers(1, 60),
        ),
        max_size=7,
    )
)
def test_no_print_stays_uncovered(boxes: list[PixelBox]) -> None:
    """Whatever overlaps the crop is masked to the pixel; masks are few, and never cost a part of the picture."""
    kept = crop_or_mask(boxes, WIDTH, HEIGHT)
    for box in boxes:
        if box.overlaps(kept.crop):
            assert box in kept.masks
            assert box.intersected(kept.crop) == box
    assert sum(mask.area for mask in kept.masks) <= MOST_MASKED * kept.crop.area
    assert kept.crop.area >= largest_free(boxes, WIDTH, HEIGHT).area
    if kept.masks:
        assert kept.crop.area >= (1 - MOST_CROPPED) * WIDTH * HEIGHT


def test_print_far_from_the_border_is_masked_and_said(frames: Any, tmp_path: Path) -> None:
    """The crop keeps the picture around it, the check finds nothing left, and an issue says what was done."""
    grey = frames.texture(WIDTH, HEIGHT, mean=120, spread=20)
    grey = frames.write(grey, 60, 350, "50 um", 255, 18)
    grey = frames.block(grey, (40, 380, 160, 386), 255)
    reading = read(grey, tmp_path)
    assert reading.data_bar_kind is DataBarKind.OVERLAY
    assert reading.crop_box == Box(0, 0, WIDTH, HEIGHT)
    assert reading.leftover == ""
    assert any("masked" in issue for issue in reading.issues)
    covered = np.zeros(grey.shape, bool)
    for mask in reading.masks:
        covered[round(mask.top) : round(mask.bottom), round(mask.left) : round(mask.right)] = True
    assert covered[grey == 255].all()
    assert covered.mean() < MOST_MASKED


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("seed", [71, 72])
def test_pictures_without_print_have_no_mask(background: str, seed: int, tmp_path: Path) -> None:
    """Charging stripes, grains and cracks in a grid, vacuum: none of it is print."""
    grey = paint(background, np.random.default_rng(seed), WIDTH, HEIGHT)
    reading = read(grey, tmp_path)
    assert reading.masks == ()


def test_cracks_in_a_grid_have_no_mask(frames: Any, tmp_path: Path) -> None:
    """Straight dark lines of one level crossing at right angles, as in a glaze."""
    grey = frames.texture(WIDTH, HEIGHT, mean=150, spread=15)
    for x in range(40, WIDTH, 80):
        grey[:, x : x + 3] = 8
    for y in range(30, HEIGHT, 60):
        grey[y : y + 3] = 8
    reading = read(grey, tmp_path)
    assert reading.masks == ()
