"""Catalogs with a training run in them, planted without training."""

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data_contracts.catalog import Catalog
from fractotrain.report.read import RunRecord, read_run

CLASSES = ("green_body", "hard_machining", "material")
RUN = "train-20260101T000000Z-planted"
SPLIT = "c1" * 8
HOSTILE = "<script>alert('x')</script>\n\u202egpj.tif"
STEPS = (50.0, 100.0, 1000.0, 10000.0)


@dataclass
class PlantedRun:
    """A catalog, and what was planted."""

    catalog: Path
    labels: np.ndarray
    logits: np.ndarray
    n_foans: int
    run_id: str = RUN


def plant_run(
    folder: Path,
    complete: Callable[[str, dict[str, object]], dict[str, object]],
    *,
    n_foans: int = 60,
    frames_per_foan: int = 6,
    strategy: str = "cluster",
    selection: str = "last",
    vendor_tells_the_class: bool = False,
    strength: float = 2.5,
    n_folds: int = 5,
) -> PlantedRun:
    """Frames of FOANs at four magnifications, one with a hostile name, and out-of-fold answers of a simulated model."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    foan_of = np.repeat(np.arange(n_foans), frames_per_foan)
    n = len(foan_of)
    labels = np.arange(n_foans)[foan_of] % 3
    logits = rng.normal(0, 1, (n, 3)) + 0.5 * rng.normal(0, 1, (n_foans, 3))[foan_of]
    logits[np.arange(n), labels] += strength
    folds = foan_of % n_folds if strategy != "image" else np.arange(n) % n_folds
    paths = [f"site/F-{foan:04d}/{i:05d}.tif" for i, foan in enumerate(foan_of)]
    paths[0] = HOSTILE
    tables: dict[str, list[dict[str, object]]] = {
        name: [] for name in ("files", "micrographs", "fracture_instances", "matches", "folds", "predictions")
    }
    for i, path in enumerate(paths):
        sha256 = hashlib.sha256(path.encode()).hexdigest()
        foan = f"F-{foan_of[i]:04d}"
        instance = hashlib.sha256(foan.encode()).hexdigest()[:16]
        name = CLASSES[labels[i]]
        vendor = f"maker {labels[i]}" if vendor_tells_the_class else f"maker {rng.integers(0, 3)}"
        if i % frames_per_foan == 0:
            tables["fracture_instances"].append(
                {
                    "instance_id": instance, "label_source": f"labels.csv:{foan}", "foan": foan, "foan_raw": foan,
                    "specimen_uid": f"{foan}|{name}", "defect_class": name, "defect_class_raw": name,
                    "sub_type": "pore" if name == "material" else "", "method": "label_table",
                }
            )  # fmt: skip
        tables["files"].append({"kind": "image", "path": path, "sha256": sha256, "size_bytes": 1, "modified_ns": 0})
        tables["micrographs"].append(
            {
                "micrograph_id": sha256[:16], "sha256": sha256, "width_px": 1024, "height_px": 768,
                "file_format": "TIFF", "colour_mode": "L", "bit_depth": 8, "n_frames": 1, "pixel_sha256": sha256,
                "vendor": vendor, "data_bar_kind": "bottom", "crop_left_px": 0, "crop_top_px": 0, "crop_right_px": 1024,
                "crop_bottom_px": 700, "magnification": STEPS[i % 4], "magnification_source": "vendor_tag",
            }
        )  # fmt: skip
        tables["matches"].append(
            {
                "path": path, "micrograph_id": sha256[:16], "status": "matched", "instance_id": instance, "foan": foan,
                "method": "fuzzy" if i % 5 == 0 else "exact", "rule": "planted", "evidence": "planted",
            }
        )  # fmt: skip
        tables["folds"].append(
            {
                "split_id": SPLIT, "strategy": strategy, "n_folds": n_folds, "seed": 42, "path": path, "group_id": foan,
                "fold": int(folds[i]),
            }
        )  # fmt: skip
        tables["predictions"].append(
            {
                "run_id": RUN, "path": path, "fold": int(folds[i]), "true_class": name,
                "predicted_class": CLASSES[int(logits[i].argmax())],
                **{f"logit_{c}": float(v) for c, v in zip(CLASSES, logits[i], strict=True)},
            }
        )  # fmt: skip
    planted = PlantedRun(folder / "catalog.duckdb", labels, logits, n_foans)
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        catalog.set_meta("images_root", str(folder / "images"))
        for table, rows in tables.items():
            catalog.append(table, [complete(table, row) for row in rows])
        catalog.append("leakage", [_leakage(fold, n, strategy) for fold in (-1, 0)])
        catalog.append(
            "fold_metrics",
            [_metric(fold, part, selection) for fold in range(n_folds) for part in ("train", "validation")],
        )
        catalog.append("attributions", [_map(folder, paths[1]), _map(folder, HOSTILE, is_there=False)])
        settings: dict[str, Any] = {
            "recipe": "base", "model": {"name": "test_vit"}, "data": {"sampler": "weighted"},
            "cv": {"selection": selection},
        }  # fmt: skip
        split = {"split_id": SPLIT, "strategy": strategy, "n_folds": n_folds, "seed": 42}
        run = {
            "run_id": RUN, "command": "train", "started_at": "2026-01-01", "finished_at": "2026-01-01",
            "outcome": "finished", "settings": json.dumps(settings), "versions": json.dumps({"fracto": "0.1.0"}),
            "dataset_hash": catalog.content_hash("dataset"), "split_id": SPLIT,
            "summary": json.dumps({"split": split, "n_images": n}),
        }  # fmt: skip
        catalog.append("runs", [run])
    return planted


def _leakage(fold: int, n: int, strategy: str) -> dict[str, object]:
    n_leaking = 12 if strategy == "image" else 0
    return {
        "split_id": SPLIT, "strategy": strategy, "fold": fold, "ssim_threshold": 0.85, "n_validation": n,
        "n_leaking": n_leaking, "share": n_leaking / n, "share_low": 0.0, "share_high": 0.1, "max_hamming": 10,
        "k": None, "scope": "all",
    }  # fmt: skip


def _metric(fold: int, part: str, selection: str) -> dict[str, object]:
    value = 0.99 if part == "train" else 0.8 + fold / 100
    return {
        "run_id": RUN, "fold": fold, "part": part, "selection": selection, "metric": "macro_f1", "defect_class": "all",
        "value": value,
    }  # fmt: skip


def _map(folder: Path, path: str, *, is_there: bool = True) -> dict[str, object]:
    """A map of 4 x 4 patches, and its image; or a map whose file is missing."""
    written = io.BytesIO()
    np.save(written, np.arange(16, dtype=np.float32).reshape(4, 4))
    name = f"map_{int(is_there)}.npy"
    if is_there:
        (folder / name).write_bytes(written.getvalue())
        image = folder / "images" / path
        image.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((768, 1024), 99, np.uint8)).save(image, "TIFF")
    return {
        "run_id": RUN, "path": path, "method": "grad_cam", "target_class": "material", "target_probability": 0.7,
        "predicted_class": "material", "trained_on": True, "map_path": name,
        "map_sha256": hashlib.sha256(written.getvalue()).hexdigest(),
    }  # fmt: skip


@pytest.fixture(name="plant_run", scope="session")
def _plant_run() -> Callable[..., PlantedRun]:
    """The function that plants a run; give it a folder and the fixture ``complete``."""
    return plant_run


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory, complete: Callable[..., dict[str, object]]) -> RunRecord:
    """What a report reads of 360 frames of 60 FOANs, cluster folds, a good model."""
    with Catalog.open_read_only(plant_run(tmp_path_factory.mktemp("record"), complete).catalog) as catalog:
        return read_run(catalog, None)


def only(record: RunRecord, where: np.ndarray) -> RunRecord:
    """The same run as if it had answered these frames alone."""
    answers = replace(
        record.answers,
        **{
            name: getattr(record.answers, name)[where]
            for name in ("paths", "labels", "logits", "folds", "foans", "specimens", "magnifications", "match_methods")
        },
    )
    facts = {name: values[where] for name, values in record.facts.items()}
    places = record.places and tuple(place for place, is_left in zip(record.places, where, strict=True) if is_left)
    return replace(record, answers=answers, facts=facts, places=places)


@pytest.fixture(name="only", scope="session")
def _only() -> Callable[[RunRecord, np.ndarray], RunRecord]:
    """The function that leaves some frames of a run."""
    return only


@pytest.fixture
def planted_run(tmp_path: Path, complete: Callable[..., dict[str, object]]) -> PlantedRun:
    """360 frames of 60 FOANs, cluster folds, a good model."""
    return plant_run(tmp_path, complete)
