"""Drawn frames with planted truth: a noisy picture, and bars, boxes and rulers at places the test knows."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Grey = NDArray[np.uint8]


class Frames:
    """Draws test frames."""

    def texture(self, width_px: int, height_px: int, seed: int = 1, mean: float = 120, spread: float = 30) -> Grey:
        """A picture with the noise and the slow variation of a scanned surface."""
        rng = np.random.default_rng(seed)
        slow = rng.normal(0, 1, (height_px // 16 + 2, width_px // 16 + 2))
        slow_px = np.kron(slow, np.ones((16, 16)))[:height_px, :width_px]
        values = mean + spread * slow_px + rng.normal(0, spread / 3, (height_px, width_px))
        return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)

    def write(self, grey: Grey, left: int, top: int, text: str, ink: int, font_px: int = 18) -> Grey:
        """The frame with a text whose line box begins at a place."""
        image = Image.fromarray(grey)
        ImageDraw.Draw(image).text((left, top), text, fill=ink, font=ImageFont.load_default(font_px))
        return np.array(image)

    def block(self, grey: Grey, box: tuple[int, int, int, int], level: int) -> Grey:
        """The frame with a filled half-open box."""
        left, top, right, bottom = box
        drawn = grey.copy()
        drawn[top:bottom, left:right] = level
        return drawn

    def strip(self, grey: Grey, rows: tuple[int, int], level: int, ink: int, text: str, bar_px: int = 0) -> Grey:
        """The frame with a strip across it, with text at its left and a scale bar over a label at its right."""
        top, bottom = rows
        width_px = grey.shape[1]
        drawn = self.block(grey, (0, top, width_px, bottom), level)
        drawn = self.write(drawn, 20, (top + bottom) // 2 - 9, text, ink)
        if bar_px:
            left = width_px - bar_px - 40
            drawn = self.block(drawn, (left, top + 5, left + bar_px, top + 8), ink)
            drawn = self.write(drawn, left, top + 12, "10 um", ink)
        return drawn


@pytest.fixture
def frames() -> Frames:
    """The drawing board."""
    return Frames()
