"""Quality facts tell blank, saturated, blurred and striped pictures from good ones."""

from typing import Any

import numpy as np
from scipy import ndimage

from fractocurate.micrographs.quality import measure_quality


def test_blank_and_empty_pictures() -> None:
    """One grey level is blank; an empty crop has no facts and breaks nothing."""
    assert measure_quality(np.full((48, 64), 128, np.uint8)).is_blank
    assert measure_quality(np.zeros((0, 64), np.uint8)).contrast == 0


def test_blur_lowers_the_sharpness_and_contrast_does_not(frames: Any) -> None:
    """Sharpness is independent of how bright or strong the picture is."""
    grey = frames.texture(320, 240)
    sharp = measure_quality(grey).sharpness
    assert measure_quality(ndimage.gaussian_filter(grey, 2)).sharpness < 0.2 * sharp
    assert abs(measure_quality((grey // 2).astype(np.uint8)).sharpness / sharp - 1) < 0.1


def test_saturation_and_black_are_shares_of_the_picture(frames: Any) -> None:
    """A quarter white, a quarter black."""
    grey = np.clip(frames.texture(320, 240), 1, 254)
    grey[:60], grey[60:120] = 255, 0
    quality = measure_quality(grey)
    assert (quality.white_share, quality.black_share) == (0.25, 0.25)


def test_rows_that_jump_are_stripes(frames: Any) -> None:
    """Two of 240 rows are brighter by 40 levels; slow changes from top to bottom are none."""
    grey = frames.texture(320, 240, spread=10)
    assert measure_quality(grey).stripe_share == 0
    striped = grey.copy()
    striped[[50, 130]] = np.clip(striped[[50, 130]].astype(int) + 40, 0, 255)
    assert measure_quality(striped).stripe_share == round(2 / 240, 6)
