"""Lines of print over a picture are found by how they are set."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.lettering import extended, find_letter_lines, labels_near

WHOLE = PixelBox(0, 0, 640, 480)


def test_a_line_of_print_is_found_in_either_polarity(frames: Any) -> None:
    """Its box holds all of it, commas included, and nothing far from it."""
    for ink, white in ((255, True), (0, False)):
        grey = frames.write(frames.texture(640, 480, spread=15), 40, 430, "20KV  X1,000  4711", ink, 22)
        line = find_letter_lines(grey, WHOLE)[0]
        assert (line.is_strong, line.white) == (True, white)
        box = extended(grey, line).box
        drawn = np.argwhere(grey != frames.texture(640, 480, spread=15))
        assert box.top <= drawn[:, 0].min() + 1
        assert box.bottom >= drawn[:, 0].max()
        assert abs(box.left - drawn[:, 1].min()) <= 3
        assert abs(box.right - drawn[:, 1].max()) <= 3


def test_a_label_is_found_by_its_place(frames: Any) -> None:
    """Three letters prove nothing by themselves, beside a bar they are its label."""
    grey = frames.write(frames.texture(640, 480, spread=15), 520, 430, "5 um", 255, 20)
    grey = frames.block(grey, (500, 460, 600, 465), 255)
    (label,) = labels_near(grey, PixelBox(500, 460, 600, 465), white=True)
    assert 425 <= label.box.top <= 445
    assert label.box.bottom <= 460
    assert labels_near(grey, PixelBox(100, 100, 200, 105), white=True) == []


@given(st.integers(0, 10_000))
@settings(max_examples=10, deadline=None)
def test_specks_of_noise_make_no_line(seed: int) -> None:
    """Bright specks at random places."""
    rng = np.random.default_rng(seed)
    grey = rng.integers(60, 140, (240, 320)).astype(np.uint8)
    for x, y in zip(rng.integers(0, 310, 40), rng.integers(0, 225, 40), strict=True):
        grey[y : y + rng.integers(3, 15), x : x + rng.integers(2, 10)] = 255
    assert not any(line.n_alike >= 5 for line in find_letter_lines(grey, PixelBox(0, 0, 320, 240)))
