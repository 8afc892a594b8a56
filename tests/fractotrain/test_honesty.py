"""Figures are high where there is something to learn that carries over to new components, and nowhere else."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fractotrain.settings import Settings
from fractotrain.train import plan_run, run

Grey = NDArray[np.uint8]
# Unmirrored: a mirrored stripe is no longer its component's own.
SETTINGS = ("optim.epochs=16", "optim.lr=2e-3", "cv.final_model=false", "data.flips=false")


def _macro_f1(planted: Any, settings: Settings) -> float:
    return run(plan_run(settings, planted.catalog)).aggregates["last"].pooled.overall["macro_f1"]


def test_permuted_labels_give_chance(
    tmp_path: Path, plant: Callable[..., Any], texture: Callable[..., Grey], quick: Callable[..., Settings]
) -> None:
    """Textures that are told apart with ease, but dealt out to the components by lot: a third, within its chance."""

    def draw(_label: int, foan: str, rng: np.random.Generator) -> Grey:
        return texture(zlib.crc32(foan.encode()) % 3, rng)

    planted = plant(tmp_path, (36, 36, 36), draw=draw)
    n_foans = 36
    deviation = np.sqrt(1 / 3 * 2 / 3 / n_foans)  # frames of a component are right or wrong together
    assert _macro_f1(planted, quick(*SETTINGS, "optim.epochs=10")) == pytest.approx(1 / 3, abs=3 * deviation)


def specimen_fingerprint(_label: int, foan: str, rng: np.random.Generator) -> Grey:
    """Stripes whose direction and width are the component's own and say nothing about its class."""
    own = np.random.default_rng(zlib.crc32(foan.encode()))
    angle, width_px = own.uniform(0, np.pi), own.uniform(1.5, 4)
    y, x = np.mgrid[:88, :96]
    wave = np.sin((x * np.cos(angle) + y * np.sin(angle)) / width_px + rng.uniform(0, 2 * np.pi))
    grey = 128 + 70 * wave + rng.normal(0, 20, x.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)


@pytest.mark.slow
def test_specimen_fingerprint_leaks_through_folds_over_images(
    tmp_path: Path, plant: Callable[..., Any], quick: Callable[..., Settings]
) -> None:
    """A model that knows components by their scratches looks good over image folds, and is unmasked by grouped ones."""
    figures = {}
    for strategy in ("image", "foan"):
        planted = plant(
            tmp_path / strategy, (48, 48, 48), strategy=strategy, images_per_foan=12, draw=specimen_fingerprint
        )
        figures[strategy] = _macro_f1(planted, quick(*SETTINGS, f"cv.strategy={strategy}"))
    assert figures["image"] > 0.8
    assert figures["image"] > figures["foan"] + 0.3
