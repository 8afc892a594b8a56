"""Synthetic SEM textures and hand-made splits for the tests of this room."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from fractocurate.leakage.fingerprints import GreyFrame
from fractocurate.leakage.pairs import ImageFile


@pytest.fixture
def texture() -> Callable[..., GreyFrame]:
    """Maker of a fracture-like texture: smooth relief with fine grain; another seed, another field."""

    def make(seed: int, width_px: int = 320, height_px: int = 240) -> GreyFrame:
        noise = np.random.default_rng(seed).standard_normal((height_px, width_px))
        relief = sum(gaussian_filter(noise, sigma) * sigma for sigma in (2.0, 6.0, 20.0))
        low, high = np.percentile(relief, (1, 99))
        return (np.clip((relief - low) / (high - low), 0, 1) * 220 + 15).astype(np.uint8)

    return make


@pytest.fixture
def as_jpeg() -> Callable[[GreyFrame, int], GreyFrame]:
    """A frame written as JPEG of some quality and read back."""

    def reencode(frame: GreyFrame, quality: int) -> GreyFrame:
        file = io.BytesIO()
        Image.fromarray(frame).save(file, format="JPEG", quality=quality)
        return np.array(Image.open(file))

    return reencode


@pytest.fixture
def image_file() -> Callable[..., ImageFile]:
    """Maker of one file; its micrograph is its own unless another is given."""

    def make(
        path: str, foan: str | None = "F-1", defect_class: str = "material", micrograph_id: str | None = None
    ) -> ImageFile:
        return ImageFile(path, micrograph_id or f"id of {path}", foan, defect_class)

    return make
