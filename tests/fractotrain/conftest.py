"""Small catalogs with planted textures, made through the catalog's own door."""

import dataclasses
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from data_contracts.catalog import Catalog
from data_contracts.tables import TABLES, polars_schema
from data_contracts.vocabulary import TRAINABLE_CLASSES
from fractotrain.settings import Settings, compose_settings

CLASSES = tuple(str(c) for c in TRAINABLE_CLASSES)
WIDTH_PX, HEIGHT_PX, BAR_PX = 96, 88, 8

Draw = Callable[[int, str, np.random.Generator], NDArray[np.uint8]]
"""Label, FOAN and source of chance -> a frame with its data bar."""


@dataclass
class Planted:
    """A catalog on disk and what was planted in it."""

    catalog: Path
    images: Path
    paths: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    folds: list[int] = field(default_factory=list)
    split_id: str = "c1" * 8


def texture(label: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Stripes across, stripes along, or grains: a class each, at a random phase, over noise."""
    y, x = np.mgrid[:HEIGHT_PX, :WIDTH_PX]
    phase = rng.uniform(0, 2 * np.pi)
    waves = (np.sin(x / 2.5 + phase), np.sin(y / 2.5 + phase), np.sin(x / 5 + phase) * np.sin(y / 5 + phase))
    grey = 128 + 70 * waves[label] + rng.normal(0, 20, x.shape)
    grey[-BAR_PX:] = 255  # a data bar, which the crop box leaves out
    return np.clip(grey, 0, 255).astype(np.uint8)


def plant(
    folder: Path,
    n_per_class: Sequence[int] = (12, 12, 12),
    n_folds: int = 3,
    strategy: str = "cluster",
    *,
    with_folds: bool = True,
    images_per_foan: int = 3,
    draw: Draw = lambda label, _foan, rng: texture(label, rng),
) -> Planted:
    """An archive of textures, and the catalog that an ingest and an audit would make of it.

    Folds keep a FOAN together, but for the strategy ``image``, which deals out its images to the folds in turn.
    """
    planted = Planted(folder / "catalog.duckdb", folder / "images")
    planted.images.mkdir(parents=True)
    rng = np.random.default_rng(7)
    tables: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("files", "micrographs", "fracture_instances", "matches", "fingerprints", "folds")
    }
    for label, count in enumerate(n_per_class):
        for i in range(count):
            path = f"{CLASSES[label]}_{i:03d}.png"
            foan = f"F-{label}-{i // images_per_foan}"
            Image.fromarray(draw(label, foan, rng)).save(planted.images / path)
            fold = (i if strategy == "image" else i // images_per_foan) % n_folds
            planted.folds.append(fold)
            _add_rows(tables, planted, path, label, foan, {"fold": fold, "strategy": strategy, "n_folds": n_folds})
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        catalog.set_meta("images_root", str(planted.images.resolve()))
        for name, rows in tables.items():
            if name != "folds" or with_folds:
                catalog.append(name, [complete(name, row) for row in rows])
    return planted


def complete(table: str, row: dict[str, object]) -> dict[str, object]:
    """Fill columns that say nothing about training: null where the contract allows it, else empty."""
    empty = {pl.String(): "", pl.Int64(): 1, pl.Float64(): 1.0, pl.Boolean(): False, pl.Binary(): b""}
    columns = TABLES[table].to_schema().columns
    blank = {
        name: None if columns[name].nullable else empty[dtype] for name, dtype in polars_schema(TABLES[table]).items()
    }
    return blank | row


def _add_rows(
    tables: dict[str, list[dict[str, object]]],
    planted: Planted,
    path: str,
    label: int,
    foan: str,
    assignment: dict[str, object],
) -> None:
    content = (planted.images / path).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    instance = hashlib.sha256(foan.encode()).hexdigest()[:16]
    tables["files"].append(
        {"kind": "image", "path": path, "sha256": sha256, "size_bytes": len(content), "modified_ns": 0}
    )
    tables["micrographs"].append(
        {
            "micrograph_id": sha256[:16], "sha256": sha256, "width_px": WIDTH_PX, "height_px": HEIGHT_PX,
            "file_format": "PNG", "colour_mode": "L", "bit_depth": 8, "n_frames": 1, "pixel_sha256": sha256,
            "data_bar_kind": "bottom", "crop_left_px": 0, "crop_top_px": 0, "crop_right_px": WIDTH_PX,
            "crop_bottom_px": HEIGHT_PX - BAR_PX,
        }
    )  # fmt: skip
    tables["fingerprints"].append(
        {
            "micrograph_id": sha256[:16], "phash": sha256[:16], "pixel_sha256": sha256, "width_px": WIDTH_PX,
            "height_px": HEIGHT_PX - BAR_PX, "thumbnail_png": b"",
        }
    )  # fmt: skip
    if instance not in {row["instance_id"] for row in tables["fracture_instances"]}:
        tables["fracture_instances"].append(
            {
                "instance_id": instance, "label_source": f"labels.csv:{instance}", "foan": foan, "foan_raw": foan,
                "specimen_uid": f"{foan}|{CLASSES[label]}",
                "defect_class": CLASSES[label], "defect_class_raw": CLASSES[label], "method": "label_table",
                "is_current": True,
            }
        )  # fmt: skip
    tables["matches"].append(
        {
            "path": path, "micrograph_id": sha256[:16], "status": "matched", "instance_id": instance,
            "foan": foan, "method": "label_table", "rule": "table", "evidence": "planted",
        }
    )  # fmt: skip
    tables["folds"].append(
        {
            "split_id": planted.split_id, "seed": 42, "path": path, "group_id": foan, **assignment,
        }
    )  # fmt: skip
    planted.paths.append(path)
    planted.labels.append(CLASSES[label])


@pytest.fixture(name="plant")
def _plant() -> Callable[..., Planted]:
    """The function that plants a catalog of another shape."""
    return plant


@pytest.fixture(name="complete", scope="session")
def _complete() -> Callable[[str, dict[str, object]], dict[str, object]]:
    """The function that fills a row's silent columns."""
    return complete


@pytest.fixture(name="texture", scope="session")
def _texture() -> Callable[[int, np.random.Generator], NDArray[np.uint8]]:
    """The function that draws a texture of a class."""
    return texture


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """Planted once; each test works on a copy."""
    return plant(tmp_path_factory.mktemp("template"))


@pytest.fixture
def planted(_template: Planted, tmp_path: Path) -> Planted:
    """36 textures of 12 FOANs, three classes, three folds."""
    shutil.copytree(_template.images, tmp_path / "images")
    shutil.copy(_template.catalog, tmp_path / "catalog.duckdb")
    copy = dataclasses.replace(_template, catalog=tmp_path / "catalog.duckdb", images=tmp_path / "images")
    with Catalog.open(copy.catalog) as catalog:
        catalog.set_meta("images_root", str(copy.images.resolve()))
    return copy


@pytest.fixture
def quick() -> Callable[..., Settings]:
    """Settings of a run that takes a second: the tiny model at 32 px for two epochs."""

    def compose(*overrides: str) -> Settings:
        small = ["recipe=fast", "model.img_size=32", "optim.epochs=2", "optim.warmup_updates=1", "threads=1"]
        return compose_settings([*small, "cv.bootstrap_samples=50", *overrides])

    return compose


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Results must not hang on the number of cores, and tests run side by side."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def shown_without() -> Callable[[Sequence[str], str, str], str]:
    """Run a call in a Python that lacks some packages, after a setup; gives type and message of the error it raises."""

    def run(packages: Sequence[str], setup: str, call: str) -> str:
        script = (
            "import sys\n"
            f"for name in {tuple(packages)!r}: sys.modules[name] = None\n"
            f"{setup}\n"
            f"try: {call}\n"
            "except Exception as error: print(type(error).__name__, error)\n"
        )
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", script]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    return run
