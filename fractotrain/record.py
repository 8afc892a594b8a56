"""What a run leaves behind: rows in the catalog, and the final model beside it."""

import dataclasses
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from data_contracts.catalog import Catalog
from data_contracts.errors import CatalogError
from data_contracts.records import Failure
from data_contracts.vocabulary import TRAINABLE_CLASSES, Stage
from fractotrain.answer_rows import epoch_rows, label_issue_rows, prediction_rows
from fractotrain.crossval import Aggregate, FoldResult, Setup
from fractotrain.errors import TrainingError
from fractotrain.metrics import Scores
from fractotrain.settings import Reported
from fractotrain.stored_model import FACTS_FILE, WEIGHTS_FILE, file_hashes, model_folder

CLASS_NAMES = tuple(str(c) for c in TRAINABLE_CLASSES)
ALL_FOLDS = -1
BUSY_WAIT_S = 60.0
"""How long a finished run waits for a catalog that another process has open."""

Row = dict[str, object]
_PACKAGES = ("fracto", "torch", "torchvision", "timm", "numpy", "pillow", "hydra-core", "safetensors")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished run."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    setup: Setup
    n_parameters: int
    folds: tuple[FoldResult, ...]
    aggregates: dict[Reported, Aggregate]
    """Empty if there was no cross-validation."""
    skipped: tuple[Failure, ...]
    model_file: Path | None
    """The final model; None if there is none."""
    model_sha256: dict[str, str] | None = None
    """Name -> sha256 of the files of the final model."""


def record_failures(failures: Sequence[Failure], catalog_path: Path) -> None:
    """Put the images that stopped a run in the place of those of the run before.

    Raises:
        CatalogError: the catalog cannot be written.
    """
    with Catalog.open(catalog_path) as catalog, catalog.transaction():
        catalog.replace("failures", _failure_rows(failures), stage=str(Stage.TRAINING))


def record_run(outcome: Outcome, catalog_path: Path) -> None:
    """Write run, metrics, out-of-fold predictions and skipped images in one transaction.

    Raises:
        CatalogError: the catalog cannot be written; the summary then lies in a file that the message names.
    """
    try:
        catalog = open_patiently(catalog_path)
    except CatalogError as error:
        rescue = catalog_path.with_suffix(f".{outcome.run_id}.json")
        rescue.write_text(json.dumps(summary(outcome), indent=1))
        raise CatalogError(f"{error}. The figures of the finished run are kept in {rescue}") from error
    training_set = outcome.setup.training_set
    with catalog, catalog.transaction():
        catalog.append("runs", [_run_row(outcome)])
        catalog.append("fold_metrics", _metric_rows(outcome))
        catalog.append("predictions", prediction_rows(outcome.run_id, outcome.folds, training_set))
        catalog.append("epochs", epoch_rows(outcome.run_id, outcome.folds))
        catalog.append("label_issues", label_issue_rows(outcome.run_id, outcome.folds, training_set))
        catalog.replace("failures", _failure_rows(outcome.skipped), stage=str(Stage.TRAINING))


def store_model(outcome: Outcome, model: torch.nn.Module, catalog_path: Path) -> Outcome:
    """Write the weights (safetensors) and all that is needed to use them (JSON) to ``<catalog>.models/<run>/``.

    Raises:
        TrainingError: the folder cannot be written.
    """
    setup = outcome.setup
    facts = {
        "run_id": outcome.run_id,
        "classes": CLASS_NAMES,
        "size_px": setup.input_format.size_px,
        "mean": setup.input_format.mean,
        "std": setup.input_format.std,
        "settings": setup.bench.settings.model_dump(mode="json"),
        "weights": _weights(setup),
        "dataset_hash": setup.training_set.dataset_hash,
        "split_id": setup.training_set.split.split_id,
        "training_images": dict(zip(setup.training_set.sha256, setup.training_set.foans, strict=True)),
        "versions": versions(),
    }
    target = model_folder(catalog_path, outcome.run_id)
    folder = target.parent
    draft = None
    try:
        folder.mkdir(exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{outcome.run_id}.", dir=folder))
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
        save_file(tensors, draft / WEIGHTS_FILE, metadata={"format": "pt"})
        (draft / FACTS_FILE).write_text(json.dumps(facts, indent=1))
        draft.chmod(0o755)  # drafts are private; a model is as public as its catalog's folder
        (draft / WEIGHTS_FILE).chmod(0o644)
        hashes = file_hashes(draft)
        os.replace(draft, target)  # noqa: PTH105 - as everywhere a draft gets its name
    except (OSError, SafetensorError) as error:  # safetensors wraps what the file system says
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        raise TrainingError(
            f"{folder}: the model cannot be stored: {error}; free some space and run again: training goes on from its "
            "checkpoints"
        ) from error
    return dataclasses.replace(outcome, model_file=target / WEIGHTS_FILE, model_sha256=hashes)


def summary(outcome: Outcome) -> dict[str, Any]:
    """The closing figures, as ``--json`` prints them and the run's row holds them."""
    setup, training_set = outcome.setup, outcome.setup.training_set
    main = outcome.aggregates.get(setup.bench.settings.cv.selection)
    counts = {name: int((training_set.labels == i).sum()) for i, name in enumerate(CLASS_NAMES)}
    return {
        "run_id": outcome.run_id,
        "recipe": setup.bench.settings.recipe,
        "model": setup.bench.settings.model.name,
        "weights": _weights(setup),
        "split": dataclasses.asdict(training_set.split),
        "folds": [r.fold for r in outcome.folds],
        "n_images": len(training_set),
        "n_images_of_class": counts,
        "n_foans": len(set(training_set.foans)),
        "n_skipped": len(outcome.skipped),
        "selection": setup.bench.settings.cv.selection,
        "validation": {s: _figures(a.figures) for s, a in outcome.aggregates.items()},
        "training": {s: _figures(a.training_figures) for s, a in outcome.aggregates.items() if _is_main(outcome, s)},
        "optimistic": [s for s in outcome.aggregates if s == "best_val"],
        "pooled": {s: _scores(a.pooled) for s, a in outcome.aggregates.items()},
        "macro_f1_bootstrap": main.macro_f1_bootstrap if main else None,
        "device": setup.bench.machine.name,
        "precision": setup.bench.machine.precision,
        "seconds": round((outcome.finished_at - outcome.started_at).total_seconds(), 2),
        "model_file": None if outcome.model_file is None else str(Path(*outcome.model_file.parts[-3:])),
        "model_sha256": outcome.model_sha256,
    }


def closing_figures(outcome: Outcome) -> dict[str, float]:
    """Name -> value of the figures over all folds, as trackers show them; ``optimistic`` stands in the name."""
    found = {}
    for selection, folds in outcome.aggregates.items():
        mark = "_optimistic" if selection == "best_val" else ""
        for metric, interval in folds.figures.items():
            found[f"crossval_{selection}{mark}/{metric}_mean"] = interval.mean
            if interval.sd is not None:
                found[f"crossval_{selection}{mark}/{metric}_sd"] = interval.sd
    return found


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that results depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"  # run from a source tree
    return found


def open_patiently(catalog_path: Path) -> Catalog:
    """Open for writing, waiting a while: hours of work must not be lost because somebody looks at the catalog now."""
    deadline = time.monotonic() + BUSY_WAIT_S
    while True:
        try:
            return Catalog.open(catalog_path)
        except CatalogError as error:
            if "another process" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(1.0)


def _run_row(outcome: Outcome) -> Row:
    setup = outcome.setup
    settings = setup.bench.settings.model_dump(mode="json")
    return {
        "run_id": outcome.run_id,
        "command": "train",
        "started_at": outcome.started_at.isoformat(),
        "finished_at": outcome.finished_at.isoformat(),
        "outcome": "finished",
        "settings": json.dumps(settings),
        "versions": json.dumps(versions()),
        "dataset_hash": setup.training_set.dataset_hash,
        "split_id": setup.training_set.split.split_id,
        "summary": json.dumps(summary(outcome)),
    }


def _failure_rows(failures: Sequence[Failure]) -> list[Row]:
    return [{"stage": str(f.stage), "item": f.item, "reason": str(f.reason), "detail": f.detail} for f in failures]


def _metric_rows(outcome: Outcome) -> list[Row]:
    main = outcome.setup.bench.settings.cv.selection
    rows: list[Row] = []
    for result in outcome.folds:
        for selection, scores in result.validation_scores.items():
            rows += _score_rows(outcome.run_id, result.fold, "validation", selection, scores)
        rows += _score_rows(outcome.run_id, result.fold, "train", main, result.training_scores)
        for chosen, epoch in result.chosen_epochs.items():
            rows.append(_row(outcome.run_id, result.fold, "validation", chosen, "epoch", "all", epoch + 1))
    for selection, folds in outcome.aggregates.items():
        rows += _score_rows(outcome.run_id, ALL_FOLDS, "validation", selection, folds.pooled)
        parts = {"validation": folds.figures} | ({"train": folds.training_figures} if selection == main else {})
        for part, figures in parts.items():
            for metric, interval in figures.items():
                for name, value in dataclasses.asdict(interval).items():
                    rows.append(_row(outcome.run_id, ALL_FOLDS, part, selection, f"{metric}:{name}", "all", value))
        if folds.macro_f1_bootstrap is not None:
            for name, value in zip(("low", "high"), folds.macro_f1_bootstrap, strict=True):
                metric = f"macro_f1:bootstrap_{name}"
                rows.append(_row(outcome.run_id, ALL_FOLDS, "validation", selection, metric, "all", value))
    return rows


def _score_rows(run_id: str, fold: int, part: str, selection: str, scores: Scores) -> list[Row]:
    rows = [_row(run_id, fold, part, selection, metric, "all", value) for metric, value in scores.overall.items()]
    for name, figures in scores.per_class.items():
        rows += [_row(run_id, fold, part, selection, metric, name, value) for metric, value in figures.items()]
    for true, counts in zip(CLASS_NAMES, scores.confusion, strict=True):
        for predicted, count in zip(CLASS_NAMES, counts, strict=True):
            rows.append(_row(run_id, fold, part, selection, f"confusion:{predicted}", true, float(count)))
    return rows


def _row(run_id: str, fold: int, part: str, selection: str, metric: str, defect_class: str, value: float | None) -> Row:
    return {
        "run_id": run_id,
        "fold": fold,
        "part": part,
        "selection": selection,
        "metric": metric,
        "defect_class": defect_class,
        "value": None if value is None else float(value),
    }


def _is_main(outcome: Outcome, selection: Reported) -> bool:
    return selection == outcome.setup.bench.settings.cv.selection


def _weights(setup: Setup) -> dict[str, str | None]:
    return {"source": setup.weights.source, "sha256": setup.weights.sha256}


def _figures(figures: dict[str, Any]) -> dict[str, Any]:
    return {metric: dataclasses.asdict(interval) for metric, interval in figures.items()}


def _scores(scores: Scores) -> dict[str, Any]:
    return {**scores.overall, "classes": scores.per_class, "confusion": scores.confusion.tolist()}
