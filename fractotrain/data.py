"""Which images a run trains on: rows of the catalog, with label, crop box and fold. Nothing else is asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.masks import MaskBox, read_masks
from data_contracts.vocabulary import TRAINABLE_CLASSES, MatchStatus, SplitStrategy
from fractotrain.settings import CvSettings

LABEL_OF_CLASS = {str(c): label for label, c in enumerate(TRAINABLE_CLASSES)}


@dataclass(frozen=True, slots=True)
class Split:
    """One assignment of images to folds."""

    split_id: str
    strategy: str
    n_folds: int
    seed: int


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """The images of a run, sorted by path. All sequences have one entry per image."""

    paths: tuple[str, ...]
    """Relative to the image root."""
    sha256: tuple[str, ...]
    crop_boxes: tuple[tuple[int, int, int, int], ...]
    """Left, top, right, bottom in pixels, half-open."""
    labels: NDArray[np.int64]
    """Index into ``TRAINABLE_CLASSES``."""
    folds: NDArray[np.int64]
    """0-based fold in which the image validates."""
    groups: tuple[str, ...]
    """What the split keeps together: the image, its FOAN or its cluster."""
    foans: tuple[str, ...]
    """The FOAN, or the instance where none is known: what a bootstrap may draw."""
    split: Split
    dataset_hash: str
    """sha256 of the view ``dataset``."""
    masks: Mapping[str, tuple[MaskBox, ...]] = field(default_factory=dict)
    """Path -> print inside its crop; only of images that have any."""
    specimens: tuple[str, ...] = ()
    """The fracture instance that each image shows, or the FOAN where none is known: its frames make one answer."""

    def __len__(self) -> int:
        return len(self.paths)

    def subset(self, keep: NDArray[np.bool_]) -> "TrainingSet":
        """The images where ``keep`` is true."""
        indices = np.flatnonzero(keep)
        kept = {self.paths[i] for i in indices}
        return TrainingSet(
            tuple(self.paths[i] for i in indices),
            tuple(self.sha256[i] for i in indices),
            tuple(self.crop_boxes[i] for i in indices),
            self.labels[indices],
            self.folds[indices],
            tuple(self.groups[i] for i in indices),
            tuple(self.foans[i] for i in indices),
            self.split,
            self.dataset_hash,
            {path: boxes for path, boxes in self.masks.items() if path in kept},
            tuple(self.specimens[i] for i in indices),
        )


def read_training_set(catalog: Catalog, cv: CvSettings) -> TrainingSet:
    """Matched images of a trainable class, joined with the folds of the split that ``cv`` asks for.

    Raises:
        UsageError: nothing to train on, no such split, or a split that is older than the dataset.
        BadInputError: fewer than two classes.
    """
    dataset = catalog.query(
        "SELECT path, sha256, micrograph_id, crop_left_px, crop_top_px, crop_right_px, crop_bottom_px, defect_class, "
        "coalesce(foan, instance_id, path) AS foan, coalesce(instance_id, foan, path) AS specimen FROM dataset "
        "WHERE status = ? AND list_contains(?, defect_class) ORDER BY path",
        [str(MatchStatus.MATCHED), list(LABEL_OF_CLASS)],
    )
    if dataset.is_empty():
        raise UsageError(
            f"{catalog.path}: no matched image of a trainable class ({', '.join(LABEL_OF_CLASS)}); "
            "`fracto status` says what became of the images"
        )
    split = choose_split(catalog, cv)
    folds = catalog.query("SELECT path, fold, group_id FROM folds WHERE split_id = ?", [split.split_id])
    joined = dataset.join(folds, on="path", how="left", maintain_order="left")
    without_fold = joined.filter(pl.col("fold").is_null())
    if not without_fold.is_empty():
        raise UsageError(
            f"{catalog.path}: {len(without_fold)} of {len(joined)} images have no fold in split {split.split_id} "
            f"(first: {without_fold['path'][0]}); it is older than the last ingest: run `fracto audit --folds "
            f"{split.n_folds}` again"
        )
    if not cv.allow_unaudited:
        _refuse_changed(catalog, joined, split)
    if joined["defect_class"].n_unique() < 2:
        raise BadInputError(
            f"{catalog.path}: all {len(joined)} images are of class {joined['defect_class'][0]}; a classifier needs "
            "at least two classes"
        )
    if cv.folds is not None and (unknown := [k for k in cv.folds if k >= split.n_folds]):
        raise UsageError(f"fold {unknown[0]}: split {split.split_id} has the folds 0 to {split.n_folds - 1}")
    masks = read_masks(catalog)
    boxes = joined.select("crop_left_px", "crop_top_px", "crop_right_px", "crop_bottom_px").rows()
    return TrainingSet(
        tuple(joined["path"]),
        tuple(joined["sha256"]),
        tuple((int(left), int(top), int(right), int(bottom)) for left, top, right, bottom in boxes),
        np.array([LABEL_OF_CLASS[c] for c in joined["defect_class"]], np.int64),
        joined["fold"].to_numpy().astype(np.int64),
        tuple(joined["group_id"]),
        tuple(joined["foan"]),
        split,
        catalog.content_hash("dataset"),
        {path: masks[name] for path, name in joined.select("path", "micrograph_id").iter_rows() if name in masks},
        tuple(joined["specimen"]),
    )


def _refuse_changed(catalog: Catalog, joined: pl.DataFrame, split: Split) -> None:
    """Folds hold for the pictures and FOANs that the audit compared; others may leak without anybody having looked."""
    audited = catalog.query(
        "SELECT d.path FROM dataset d JOIN fingerprints p USING (micrograph_id) "
        "WHERE p.width_px = d.crop_right_px - d.crop_left_px AND p.height_px = d.crop_bottom_px - d.crop_top_px"
    )
    changed = joined.join(audited, on="path", how="anti")["path"].to_list()
    what = "were not compared by the audit, or have another picture or crop since"
    if not changed and split.strategy != SplitStrategy.IMAGE:
        straddling = joined.filter(pl.col("fold").n_unique().over("foan") > 1)
        changed, what = straddling["path"].to_list(), "belong to FOANs that now lie in several folds"
    if changed:
        raise UsageError(
            f"{catalog.path}: {len(changed)} of {len(joined)} images {what} (first: {min(changed)}): the archive "
            f"changed since the folds of split {split.split_id} were made; run `fracto audit --folds {split.n_folds}` "
            "again, or train all the same by cv.allow_unaudited=true"
        )


def choose_split(catalog: Catalog, cv: CvSettings) -> Split:
    """The split named by id, else the one of the strategy; of several, the one that the latest audit names.

    Raises:
        UsageError: there is none, or several and no way to tell which is the latest.
    """
    known = [
        Split(str(i), str(strategy), int(n), int(seed))
        for i, strategy, n, seed in catalog.query(
            "SELECT DISTINCT split_id, strategy, n_folds, seed FROM folds ORDER BY ALL"
        ).iter_rows()
    ]
    if not known:
        raise UsageError(f"{catalog.path}: it has no folds yet; run `fracto audit --folds 5 --catalog {catalog.path}`")
    listing = "; ".join(f"{s.split_id} ({s.strategy}, {s.n_folds} folds, seed {s.seed})" for s in known)
    if cv.split_id is not None:
        named = [s for s in known if s.split_id == cv.split_id]
        if not named:
            raise UsageError(f"cv.split_id={cv.split_id}: the catalog has no such split; it has {listing}")
        return named[0]
    fitting = [s for s in known if s.strategy == cv.strategy]
    if not fitting:
        raise UsageError(
            f"{catalog.path}: no folds of strategy {cv.strategy}; take one of {listing} by cv.strategy=..., "
            f"or run `fracto audit --folds 5`"
        )
    if len(fitting) == 1:
        return fitting[0]
    audits = catalog.query(
        "SELECT settings, summary FROM runs WHERE command = 'audit' AND outcome = 'finished' ORDER BY finished_at DESC"
    )
    for settings, summary in audits.iter_rows():
        latest = [s for s in fitting if s.split_id in settings or s.split_id in summary]
        if len(latest) == 1:
            return latest[0]
    raise UsageError(f"{catalog.path}: several {cv.strategy} splits; say which by cv.split_id=...: {listing}")


def find_images_root(catalog: Catalog, images_root: Path | None) -> Path:
    """The folder that the image paths start from: as given, else as the catalog remembers it.

    Raises:
        UsageError: not known, or not there.
    """
    remembered = catalog.meta("images_root")
    if images_root is None and remembered is None:
        raise UsageError(f"{catalog.path} does not say where the images lie; name their folder by --images DIR")
    root = images_root or Path(str(remembered))
    if not root.is_dir():
        said = "--images" if images_root else "the folder that the catalog remembers"
        raise UsageError(f"{root}: {said} is not there; name the folder of the images by --images DIR")
    return root


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """What a run that is to be repeated rested on."""

    settings: Mapping[str, Any]
    dataset_hash: str
    weights_sha256: str | None
    """Of the file that it started from; None if it started from scratch."""


def earlier_run(catalog: Catalog, run_id: str) -> EarlierRun:
    """A training run of the catalog, named by its id or the start of it.

    Raises:
        UsageError: no such run, or several.
    """
    runs = catalog.query(
        "SELECT run_id, settings, dataset_hash, split_id, summary FROM runs WHERE command = 'train' ORDER BY started_at"
    )
    named = runs.filter(pl.col("run_id").str.starts_with(run_id))
    if len(named) != 1:
        known = ", ".join(runs["run_id"].tail(5)) or "none"
        raise UsageError(f"--like {run_id}: {len(named) or 'no'} such training runs; the latest are {known}")
    (row,) = named.to_dicts()
    settings: dict[str, Any] = json.loads(row["settings"])
    settings["cv"]["split_id"] = row["split_id"]
    settings["cv"].setdefault("allow_unaudited", False)  # runs of an older Fracto do not say
    summary = json.loads(row["summary"])
    if settings["optim"]["precision"] == "auto":  # the machine that repeats it may choose otherwise
        settings["optim"]["precision"] = summary["precision"]
    return EarlierRun(settings, str(row["dataset_hash"]), summary["weights"]["sha256"])
