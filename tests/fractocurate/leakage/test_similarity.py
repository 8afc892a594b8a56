"""Structural similarity, held against scikit-image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import structural_similarity

from fractocurate.leakage.similarity import SSIM_WINDOW_PX, ssim, ssim_map


@given(st.integers(7, 60), st.integers(7, 60), st.integers(0, 2**32 - 1), st.floats(0, 80))
def test_it_is_scikit_images(height_px: int, width_px: int, seed: int, noise: float) -> None:
    """Of any two frames, alike or not, flat or not, the mean and the map."""
    rng = np.random.default_rng(seed)
    a = np.clip(rng.normal(rng.uniform(0, 255), rng.uniform(0, 60), (height_px, width_px)), 0, 255).astype(np.uint8)
    b = np.clip(a + rng.normal(0, noise, a.shape), 0, 255).astype(np.uint8)
    mean, every = structural_similarity(a, b, win_size=SSIM_WINDOW_PX, data_range=255, full=True)
    edge = SSIM_WINDOW_PX // 2
    assert ssim(a, b) == pytest.approx(mean, abs=1e-6)
    inner = (slice(edge, -edge), slice(edge, -edge))
    assert ssim_map(a, b)[inner] == pytest.approx(every[inner], abs=1e-6)
