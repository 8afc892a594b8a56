"""What the catalog knows about one run: its answers, its figures, and the dataset behind them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from data_contracts.catalog import Catalog
from data_contracts.errors import ContractError, UsageError
from data_contracts.masks import MaskBox, read_masks
from data_contracts.vocabulary import TRAINABLE_CLASSES
from fractotrain.attribution.agreement import Agreement, agreements
from fractotrain.evaluation.answers import Answers, Names
from fractotrain.evaluation.magnification import nearest_step
from fractotrain.evaluation.shortcuts import bucketed
from fractotrain.report.surroundings import FramePlaces

CLASS_NAMES = tuple(str(c) for c in TRAINABLE_CLASSES)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Everything that the page shows, as read."""

    run_id: str
    started_at: str
    settings: dict[str, Any]
    versions: dict[str, str]
    summary: dict[str, Any]
    answers: Answers
    facts: dict[str, Names]
    """What is known about each frame without looking at the fracture."""
    places: tuple[FramePlaces, ...] | None
    """Where the pixels of each frame lie; None if nobody knows where the images are."""
    dataset: pl.DataFrame
    """Every image file: the columns of the view that the data card counts."""
    fold_metrics: pl.DataFrame
    epochs: pl.DataFrame
    """Learning curves; empty of a linear head, and of runs of an older Fracto."""
    leakage: pl.DataFrame
    attributions: pl.DataFrame
    attribution_tests: pl.DataFrame
    attribution_verdicts: dict[str, dict[str, Any]]
    """Method -> ``belief`` and ``reasons``, as the latest test of this run's heat-maps found them."""
    expert_agreement: tuple[Agreement, ...]
    """What experts said of the heat-maps; without raters, nobody was asked."""
    catalog: Path
    is_dataset_changed: bool
    """The dataset is no longer the one that the run saw."""
    n_lost_foans: int
    """Frames that have no FOAN any more; their group of the split stands in for it."""

    @property
    def strategy(self) -> str:
        """Split strategy of the run."""
        return str(self.summary["split"]["strategy"])

    @property
    def split_words(self) -> str:
        """The split, as every number is to carry it."""
        present = len(np.unique(self.answers.folds))
        folds = f"{self.n_folds} folds" if present == self.n_folds else f"{present} of {self.n_folds} folds"
        return f"{self.strategy} split, {folds}"

    @property
    def n_folds(self) -> int:
        """Folds of the split, whether the run answered all of them or not."""
        return int(self.summary["split"]["n_folds"])

    @property
    def is_balanced(self) -> bool:
        """Training drew every class equally often."""
        return bool(self.settings["data"]["sampler"] == "weighted")

    @property
    def is_optimistic(self) -> bool:
        """Components on both sides of the split, or an epoch chosen on the fold that it is reported on."""
        return self.strategy == "image" or self.selection == "best_val"

    @property
    def selection(self) -> str:
        """Which epoch the answers are of."""
        return str(self.settings["cv"]["selection"])


def read_run(catalog: Catalog, run_id: str | None) -> RunRecord:
    """Read one training run, named by its id or the start of it; the latest that has out-of-fold answers without one.

    Raises:
        UsageError: no such run, several, or none with out-of-fold answers.
    """
    run = _choose_run(catalog, run_id)
    summary = json.loads(run["summary"])
    rows = catalog.query(_ANSWERS, [summary["split"]["split_id"], run["run_id"]])
    logits = rows.select(f"logit_{c}" for c in CLASS_NAMES).to_numpy()
    if not np.isfinite(logits).all():
        raise ContractError(f"{catalog.path}: run {run['run_id']} has answers that are not numbers; train it again")
    answers = Answers(
        _names(rows["path"]),
        np.array([CLASS_NAMES.index(c) for c in rows["true_class"]], np.int64),
        logits,
        rows["fold"].to_numpy().astype(np.int64),
        _names(rows["unit"]),
        _names(rows["specimen"]),
        rows["magnification"].cast(pl.Float64).fill_null(np.nan).to_numpy(),
        _names(rows["match_method"]),
        None if rows["attention_score"].has_nulls() else rows["attention_score"].to_numpy(),
    )
    return RunRecord(
        run["run_id"],
        run["started_at"],
        json.loads(run["settings"]),
        json.loads(run["versions"]),
        summary,
        answers,
        _facts(rows, answers),
        _places(rows, catalog.meta("images_root"), read_masks(catalog)),
        catalog.query("SELECT status, reason, defect_class, sub_type, magnification, match_method, foan FROM dataset"),
        catalog.query("SELECT * FROM fold_metrics WHERE run_id = ? ORDER BY ALL", [run["run_id"]]),
        catalog.query("SELECT * FROM epochs WHERE run_id = ? ORDER BY fold, epoch", [run["run_id"]]),
        catalog.query(
            "SELECT * FROM leakage WHERE scope = 'all' AND subset IS NULL "
            "AND coalesce(audit, 'full') = 'full' ORDER BY ALL"
        ),
        catalog.query("SELECT * FROM attributions WHERE run_id = ? ORDER BY ALL", [run["run_id"]]),
        catalog.query("SELECT * FROM attribution_tests WHERE run_id = ? ORDER BY ALL", [run["run_id"]]),
        _attribution_verdicts(catalog, run["run_id"]),
        tuple(agreements(catalog, run["run_id"])),
        catalog.path,
        catalog.content_hash("dataset") != run["dataset_hash"],
        int(rows["has_lost_foan"].sum()),
    )


_ANSWERS = """
SELECT p.path, p.fold, p.true_class, p.logit_green_body, p.logit_hard_machining, p.logit_material, p.attention_score,
       coalesce(d.foan, d.instance_id, f.group_id, p.path) AS unit,
       coalesce(d.instance_id, d.foan, f.group_id, p.path) AS specimen, d.foan IS NULL AS has_lost_foan,
       d.magnification, d.pixel_size_nm, coalesce(d.match_method, 'no longer matched') AS match_method,
       d.vendor, d.data_bar_kind, d.width_px, d.height_px,
       d.crop_left_px, d.crop_top_px, d.crop_right_px, d.crop_bottom_px,
       d.micrograph_id, m.data_bar_left_px, m.data_bar_top_px, m.data_bar_right_px, m.data_bar_bottom_px,
       d.crop_right_px - d.crop_left_px AS crop_width_px, d.crop_bottom_px - d.crop_top_px AS crop_height_px
FROM predictions p LEFT JOIN dataset d USING (path) LEFT JOIN micrographs m USING (micrograph_id)
LEFT JOIN folds f ON f.path = p.path AND f.split_id = ?
WHERE p.run_id = ? ORDER BY p.path
"""


def _choose_run(catalog: Catalog, run_id: str | None) -> dict[str, Any]:
    runs = catalog.query(
        "SELECT run_id, started_at, settings, versions, summary, dataset_hash FROM runs WHERE command = 'train' "
        "AND run_id IN (SELECT DISTINCT run_id FROM predictions) ORDER BY started_at, run_id"
    )
    if runs.is_empty():
        others = catalog.query("SELECT run_id FROM runs WHERE command = 'train' ORDER BY started_at, run_id")
        why = f" ({others['run_id'][-1]} made a final model only)" if len(others) else ""
        raise UsageError(
            f"{catalog.path}: no training run with out-of-fold answers{why}; run `fracto train --catalog "
            f"{catalog.path}`. A run that was cut short is recorded when it has gone on to its end"
        )
    if run_id is None:
        return runs.tail(1).to_dicts()[0]
    named = runs.filter(pl.col("run_id").str.starts_with(run_id))
    if len(named) != 1:
        known = ", ".join(runs["run_id"].tail(5))
        raise UsageError(
            f"--run {run_id}: {len(named) or 'no'} such training runs with out-of-fold answers; the latest are {known}"
        )
    return named.to_dicts()[0]


def _attribution_verdicts(catalog: Catalog, run_id: str) -> dict[str, dict[str, Any]]:
    tests = catalog.query(
        "SELECT settings, summary FROM runs WHERE command = 'explain --test' ORDER BY started_at, run_id"
    )
    found: dict[str, dict[str, Any]] = {}
    for settings, summary in tests.iter_rows():
        if json.loads(settings)["run_id"] == run_id:
            found |= json.loads(summary)["verdicts"]
    return found


def _facts(rows: pl.DataFrame, answers: Answers) -> dict[str, Names]:
    """Facts with more than one value; one that all frames share can tell nothing."""
    folders = [path.rsplit("/", 1)[0] if "/" in path else "" for path in rows["path"]]
    steps = nearest_step(answers.magnifications)
    nm = rows["pixel_size_nm"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    facts = {
        "magnification": np.array(["unknown" if np.isnan(s) else f"{s:g}" for s in steps], object),
        "pixel size": bucketed(np.log10(nm), 0.25),
        "microscope": _names(rows["vendor"].fill_null("")),
        "data bar": _names(rows["data_bar_kind"].fill_null("")),
        "size of picture": _sizes(rows, "width_px", "height_px"),
        "size of crop": _sizes(rows, "crop_width_px", "crop_height_px"),
        "top folder": np.array([folder.split("/")[0] for folder in folders], object),
        "folder": np.array(folders, object),
    }
    return {name: values for name, values in facts.items() if len(set(values)) > 1}


def _places(
    rows: pl.DataFrame, images_root: str | None, masks: Mapping[str, tuple[MaskBox, ...]]
) -> tuple[FramePlaces, ...] | None:
    if images_root is None:
        return None
    crops = rows.select("crop_left_px", "crop_top_px", "crop_right_px", "crop_bottom_px").fill_null(0).rows()
    bars = rows.select("data_bar_left_px", "data_bar_top_px", "data_bar_right_px", "data_bar_bottom_px").rows()
    return tuple(
        FramePlaces(Path(images_root) / path, crop, None if None in bar else bar, masks.get(micrograph_id, ()), nm)
        for path, micrograph_id, crop, bar, nm in zip(
            rows["path"], rows["micrograph_id"], crops, bars, rows["pixel_size_nm"], strict=True
        )
    )


def _sizes(rows: pl.DataFrame, width: str, height: str) -> Names:
    return np.array([f"{w} x {h}" for w, h in rows.select(width, height).iter_rows()], object)


def _names(column: pl.Series) -> Names:
    return np.array(column.to_list(), object)
