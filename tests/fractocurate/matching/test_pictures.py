"""Which frames a report shows: the same field is found through what printing and scanning do, strangers never are."""

import io
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter

from fractocurate.leakage.fingerprints import GreyFrame, fingerprint
from fractocurate.matching.pictures import CONFIRMED_FROM, Picture, link_figures, texture_correlation


def _surface(seed: int, height_px: int = 240, width_px: int = 320) -> GreyFrame:
    """A drawn fracture surface: grains of several sizes over shading that all of them share."""
    noise = np.random.default_rng(seed)
    levels = sum(gaussian_filter(noise.standard_normal((height_px, width_px)), s) * s for s in (2, 6, 18))
    rows, columns = np.mgrid[0:height_px, 0:width_px]
    mirror = -((rows - height_px / 2) ** 2 + (columns - width_px / 2) ** 2) / (0.3 * width_px) ** 2
    scaled = 110 + 22 * levels / np.std(levels) + 40 * np.exp(mirror)
    return np.clip(scaled, 0, 255).astype(np.uint8)


def _picture(key: str, grey: GreyFrame) -> Picture:
    seen = fingerprint(np.ascontiguousarray(grey))
    return Picture(key, seen.phash, seen.thumbnail_png)


def _printed(grey: GreyFrame, change: str, seed: int) -> GreyFrame:
    """What becomes of a frame on its way into a report."""
    noise = np.random.default_rng(seed)
    height_px, width_px = grey.shape
    if change == "jpeg":
        stream = io.BytesIO()
        Image.fromarray(grey).resize((width_px // 2, height_px // 2)).save(stream, "JPEG", quality=60)
        return np.asarray(Image.open(stream))
    if change == "brighter":
        return np.clip(grey * 0.8 + 40, 0, 255).astype(np.uint8)
    if change == "cropped":
        return grey[: round(height_px * 0.93)]
    if change == "stretched":
        return np.asarray(Image.fromarray(grey).resize((width_px, round(height_px * 1.05))))
    assert change == "scanned"
    lamp = np.linspace(0.85, 1.05, width_px)
    return np.clip(grey * lamp + noise.normal(0, 12, grey.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("change", ["jpeg", "brighter", "cropped", "stretched", "scanned"])
@pytest.mark.parametrize("seed", range(4))
def test_the_same_field_is_found(change: str, seed: int) -> None:
    """Through re-encoding, brightness, a cropped edge, a stretch and a scanner's noise; and no other frame is."""
    frames = [_picture(f"m{i}", _surface(i)) for i in range(8)]
    figure = _picture("f", _printed(_surface(seed), change, seed))
    assert [link.micrograph_id for link in link_figures([figure], frames)] == [f"m{seed}"]


@given(seeds=st.lists(st.integers(0, 10_000), min_size=2, max_size=2, unique=True))
@settings(max_examples=40, deadline=None)
def test_strangers_have_no_texture_in_common(seeds: list[int]) -> None:
    """However alike two surfaces are in grain and shading: their grains do not lie in the same places."""
    assert texture_correlation(_surface(seeds[0], 96, 128), _surface(seeds[1], 96, 128)) < CONFIRMED_FROM - 0.15


def test_shading_alone_is_no_likeness() -> None:
    """Two flat frames with the same vignette are no evidence for anything."""
    rows, columns = np.mgrid[0:96, 0:128]
    vignette = (200 - ((rows - 48) ** 2 + (columns - 64) ** 2) / 60).astype(np.uint8)
    assert texture_correlation(vignette, vignette) == 0.0


def test_copies_are_all_found_in_any_order() -> None:
    """A frame and its re-encoded copy both show the field; the order of the input plays no part."""
    frames = [_picture(f"m{i}", _surface(i)) for i in range(5)] + [_picture("copy", _printed(_surface(2), "jpeg", 0))]
    figures = [_picture(f"f{i}", _printed(_surface(i), "scanned", i)) for i in (2, 4)]
    expected = link_figures(figures, frames)
    assert [(link.figure_id, link.micrograph_id) for link in expected] == [("f2", "copy"), ("f2", "m2"), ("f4", "m4")]
    random.Random(1).shuffle(frames)  # noqa: S311 - shuffles rows, not keys
    assert link_figures(figures[::-1], frames) == expected


def test_an_archive_without_frames_shows_nothing() -> None:
    """No image read yet is no error."""
    assert link_figures([_picture("f", _surface(1))], []) == []
