"""Hand the dataset on: as a table, as a folder of cropped frames by class, or as the CSV of the FractoViT loader."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

import polars as pl
from PIL import Image

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.masks import MaskBox, read_masks
from data_contracts.pixels import PixelError, decode_crop
from data_contracts.records import Failure
from data_contracts.vocabulary import TRAINABLE_CLASSES, DefectClass, MatchStatus, Stage
from fractocurate.progress import Progress


class ExportFormat(StrEnum):
    """What ``fracto export`` writes."""

    CSV = "csv"
    PARQUET = "parquet"
    IMAGES = "images"
    FRACTOVIT = "fractovit"


FRACTOVIT_NAMES: Mapping[DefectClass, str] = {
    DefectClass.GREEN_BODY: "green_body_defect",
    DefectClass.HARD_MACHINING: "hard_machining_defect",
    DefectClass.MATERIAL: "material_defect",
}
"""Values of ``fractureType`` by class, as the published FractoViT configuration (``dataset.label_map``) names them."""


@dataclass(frozen=True)
class ExportSummary:
    """What was written."""

    target: Path
    n_rows: int
    failures: tuple[Failure, ...]


def export(
    catalog: Catalog,
    target: Path,
    style: ExportFormat,
    progress: Progress,
    images_root: Path | None = None,
) -> ExportSummary:
    """Write the dataset to ``target``, a file (``csv``, ``parquet``, ``fractovit``) or a new folder (``images``).

    ``csv`` and ``parquet`` hold every row of the view ``dataset``; the others the matched frames of a trainable class.

    Raises:
        UsageError: the target exists already.
        BadInputError: the target cannot be written, or the images have moved.
    """
    if target.exists():
        raise UsageError(f"{target}: exists already; name another target or remove it")
    rows = catalog.read("dataset")
    trainable = rows.filter(
        (pl.col("status") == MatchStatus.MATCHED) & pl.col("defect_class").is_in([str(c) for c in TRAINABLE_CLASSES]),
    )
    failures: tuple[Failure, ...] = ()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if style is ExportFormat.CSV:
            rows.write_csv(target)
        elif style is ExportFormat.PARQUET:
            rows.write_parquet(target)
        elif style is ExportFormat.FRACTOVIT:
            rows = trainable
            _write_fractovit(trainable, target)
        else:
            rows = trainable
            root = images_root or Path(catalog.meta("images_root") or "")
            if not root.is_dir():
                raise BadInputError(f"{root}: the images are not there any more; name their folder with --images")
            failures = _write_images(trainable, read_masks(catalog), root, target, progress)
    except OSError as error:
        raise BadInputError(f"{target}: cannot be written: {error.strerror or error}") from error
    return ExportSummary(target, rows.height, failures)


def _write_fractovit(rows: pl.DataFrame, target: Path) -> None:
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["filename", "fractureType", "magnification_value"])
        for row in rows.iter_rows(named=True):
            magnification = "" if row["magnification"] is None else f"{row['magnification']:g}"
            writer.writerow([row["path"], FRACTOVIT_NAMES[DefectClass(row["defect_class"])], magnification])


def _write_images(
    rows: pl.DataFrame, masks: Mapping[str, tuple[MaskBox, ...]], root: Path, target: Path, progress: Progress
) -> tuple[Failure, ...]:
    """One PNG per file, 8-bit grey, at ``CLASS/ID_NAME.png``; ``dataset.csv`` names it in ``exported_as``."""
    failures: list[Failure] = []
    names: dict[str, str] = {}
    progress.start("export", rows.height)
    for defect_class in TRAINABLE_CLASSES:
        (target / defect_class).mkdir(parents=True)
    for row in rows.iter_rows(named=True):
        box = (row["crop_left_px"], row["crop_top_px"], row["crop_right_px"], row["crop_bottom_px"])
        # Two files of the same bytes are two rows: the path's own hash would say nothing to a reader.
        stem = re.sub(r"[^\w.-]+", "_", PurePosixPath(row["path"]).with_suffix("").as_posix())[-60:]
        name = f"{row['defect_class']}/{row['micrograph_id']}_{stem}.png"
        if name in names.values():  # equal bytes, and paths that differ in what no file name should hold
            name = f"{row['defect_class']}/{row['micrograph_id']}_{stem}_{len(names)}.png"
        try:
            grey = decode_crop(root / row["path"], box, masks.get(row["micrograph_id"], ()))
        except PixelError as error:
            failures.append(Failure(row["path"], Stage.MICROGRAPHS, error.reason, error.detail))
        else:
            Image.fromarray(grey).save(target / name)
            names[row["path"]] = name
        progress.advance()
    with (target / "dataset.csv").open("w", encoding="utf-8") as stream:
        rows.with_columns(pl.Series("exported_as", [names.get(path) for path in rows["path"]], pl.String)).write_csv(
            stream
        )
    return tuple(failures)
