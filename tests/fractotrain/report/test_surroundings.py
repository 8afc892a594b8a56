"""What lies around the fracture, in pixels."""

from pathlib import Path

import numpy as np
from PIL import Image

from fractotrain.evaluation.bootstrap import GroupBootstrap
from fractotrain.evaluation.shortcuts import Contest, Shortcut, probe_pixels
from fractotrain.report.surroundings import BAR_PX, FramePlaces, read_surroundings

CROP, BAR = (0, 0, 100, 80), (0, 80, 100, 92)


def _frame(folder: Path, name: str, bar: int, rim: int, seed: int) -> FramePlaces:
    """Noise, with a rim of one grey level and a bar of another."""
    grey = np.random.default_rng(seed).integers(0, 255, (92, 100)).astype(np.uint8)
    grey[:4], grey[76:80], grey[:80, :4], grey[:80, -4:] = rim, rim, rim, rim
    grey[80:] = bar
    Image.fromarray(grey).save(folder / name)
    return FramePlaces(folder / name, CROP, BAR)


def test_bar_and_rim_are_seen_and_the_fracture_is_not(tmp_path: Path) -> None:
    """Two frames that differ within alone look the same; bar and rim give their own grey levels."""
    seen = read_surroundings([_frame(tmp_path, "a.png", 255, 51, 1), _frame(tmp_path, "b.png", 255, 51, 2)])
    assert np.allclose(seen.data_bar, 1)
    assert np.allclose(seen.border, 0.2)
    assert seen.data_bar.shape == (2, BAR_PX[0] * BAR_PX[1])


def test_what_cannot_be_seen_is_zero_and_counted(tmp_path: Path) -> None:
    """A missing file, an empty crop and a frame without a bar do not stop the others."""
    whole = _frame(tmp_path, "a.png", 255, 51, 1)
    bare = FramePlaces(whole.path, CROP, None)
    empty = FramePlaces(whole.path, (0, 0, 0, 0), BAR)
    seen = read_surroundings([whole, bare, empty, FramePlaces(tmp_path / "missing.png", CROP, BAR)])
    assert list(seen.is_read) == [True, True, True, False]
    assert list(seen.data_bar.max(axis=1)) == [1, 0, 1, 0]
    assert list(seen.border.max(axis=1) > 0) == [True, True, False, False]


def test_a_bar_that_betrays_the_class_is_exposed(tmp_path: Path) -> None:
    """Bars of a brightness per class are a strong shortcut; rims of random brightness are none."""
    rng = np.random.default_rng(3)
    labels = np.arange(60) // 2 % 3
    foans = np.array([f"F{i // 2}" for i in range(60)], object)
    frames = [_frame(tmp_path, f"{i}.png", 80 * int(labels[i]), int(rng.integers(0, 255)), i) for i in range(60)]
    seen = read_surroundings(frames)
    contest = Contest(labels, (np.arange(60) // 2) % 5, GroupBootstrap.of(foans, 100, 0), labels, n_looks=2)
    pixels = {"bar": seen.data_bar, "rim": seen.border}
    bar, rim = probe_pixels(pixels, contest)
    assert (bar.verdict, rim.verdict) == (Shortcut.STRONG, Shortcut.NONE)
