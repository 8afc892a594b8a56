"""A tiny vision transformer that has learnt, in seconds, to tell classes by one planted patch; and one that has not."""

import dataclasses
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from timm.models.vision_transformer import VisionTransformer

from data_contracts.catalog import Catalog
from fractotrain.attribution.asked import AskedModel, asked
from fractotrain.attribution.scrutiny import Sample
from fractotrain.settings import compose_settings
from fractotrain.train import plan_run, run
from fractotrain.transforms import Normaliser

SIDE_PX, PATCH_PX = 32, 8
CLASSES = ("green_body", "hard_machining", "material")
LEVELS = (255, 0)
"""Grey of the patch that makes the first and the second class; the third has none."""


@dataclass(frozen=True)
class PlantedPatches:
    """Noise with a patch that decides the class."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    cells: NDArray[np.int64]
    """Row and column of the patch in the grid of the model."""

    def boxes(self) -> list[tuple[float, float, float, float] | None]:
        """The patch as shares of the picture; None for the class without one."""
        share = PATCH_PX / SIDE_PX
        return [
            (c * share, r * share, (c + 1) * share, (r + 1) * share) if label < 2 else None
            for (r, c), label in zip(self.cells, self.labels, strict=True)
        ]

    def sample(self) -> Sample:
        """Two pictures a FOAN, two magnifications."""
        n = len(self.labels)
        names = [CLASSES[label] for label in self.labels]
        return Sample(self.pixels, [f"F-{i // 2}" for i in range(n)], names, [50.0, 100.0] * (n // 2), self.boxes())


def plant_patches(n: int, seed: int) -> PlantedPatches:
    """``n`` pictures, classes in turn, the patch in any cell."""
    rng = np.random.default_rng(seed)
    pixels = rng.normal(128, 12, (n, SIDE_PX, SIDE_PX))
    labels = np.arange(n, dtype=np.int64) % 3
    cells = rng.integers(0, SIDE_PX // PATCH_PX, (n, 2))
    for picture, label, (row, column) in zip(pixels, labels, cells * PATCH_PX, strict=True):
        if label < 2:
            picture[row : row + PATCH_PX, column : column + PATCH_PX] = LEVELS[label]
    return PlantedPatches(np.clip(pixels, 0, 255).astype(np.uint8), labels, cells)


def tiny_vit(**options: object) -> VisionTransformer:
    """Two blocks, 16 patches; always the same first weights."""
    torch.manual_seed(0)
    shape = {"img_size": SIDE_PX, "patch_size": PATCH_PX, "in_chans": 1, "num_classes": 3}
    return VisionTransformer(**{**shape, "embed_dim": 48, "depth": 2, "num_heads": 3, **options})


def normaliser() -> Normaliser:
    """Grey to -1 .. 1."""
    return Normaliser((0.5,), (0.5,), 1, torch.device("cpu"))


@pytest.fixture(scope="session")
def patches() -> PlantedPatches:
    """Pictures that no model was trained on."""
    return plant_patches(30, seed=1)


@pytest.fixture(scope="session")
def trained() -> AskedModel:
    """Tells nearly every planted patch."""
    torch.set_num_threads(1)
    model, normalise, seen = tiny_vit(), normaliser(), plant_patches(384, seed=2)
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3)
    rng = np.random.default_rng(0)
    model.train()
    for _ in range(8):
        for batch in np.array_split(rng.permutation(len(seen.labels)), 12):
            outputs = model(normalise(torch.from_numpy(seen.pixels[batch])))
            loss = torch.nn.functional.cross_entropy(outputs, torch.from_numpy(seen.labels[batch]))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call] # torch's gap
            optimiser.step()
    return asked(model, normalise)


@pytest.fixture(scope="session")
def untrained() -> AskedModel:
    """Random weights."""
    return asked(tiny_vit(), normaliser())


@pytest.fixture(name="tiny_vit", scope="session")
def _tiny_vit() -> Callable[..., VisionTransformer]:
    """The function that makes the network."""
    return tiny_vit


@pytest.fixture(name="normaliser", scope="session")
def _normaliser() -> Normaliser:
    """What goes before the network."""
    return normaliser()


@pytest.fixture(scope="session")
def _trained_template(_template: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The planted catalog after a short training; each test works on a copy."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copytree(_template.images, folder / "images")
    shutil.copy(_template.catalog, folder / "catalog.duckdb")
    planted = dataclasses.replace(_template, catalog=folder / "catalog.duckdb", images=folder / "images")
    _point_to(planted)
    small = ["model.img_size=32", "optim.epochs=4", "optim.warmup_updates=1", "threads=1", "cv.bootstrap_samples=50"]
    run(plan_run(compose_settings(["recipe=fast", *small]), planted.catalog))
    return planted


@pytest.fixture
def trained_catalog(_trained_template: Any, tmp_path: Path) -> Any:
    """36 textures of 12 FOANs, and a run with its final model."""
    shutil.copytree(_trained_template.catalog.parent, tmp_path / "archive")
    folder = tmp_path / "archive"
    copy = dataclasses.replace(_trained_template, catalog=folder / "catalog.duckdb", images=folder / "images")
    _point_to(copy)
    return copy


def _point_to(planted: Any) -> None:
    with Catalog.open(planted.catalog) as catalog:
        catalog.set_meta("images_root", str(planted.images.resolve()))
