"""What is handed on is what the catalog holds."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.vocabulary import DefectClass
from fractocurate.export import ExportFormat, export
from fractocurate.label_table import read_label_table, resolve_files
from fractocurate.profile import load_profile
from fractocurate.progress import Silent

Plot = Any
_NAMES = {"a b.png": "material", "a_b.png": "material", "x/c\nd.png": "green_body", "x/ü.png": "unknown"}


@pytest.fixture
def frames(plot: Plot, grains: Callable[..., Any]) -> Plot:
    """Two copies whose names differ in a space, a name with a line end, one of unknown cause, and one unmatched."""
    for number, (path, defect_class) in enumerate(_NAMES.items()):
        plot.add_image(path, grains(max(number, 1)), bar_px=8, magnification=50.0 + number, magnification_source="ocr")
        plot.match(path, plot.add_instance(f"F-{max(number, 1)}", None, defect_class))
    plot.add_image("open.png", grains(9), bar_px=8)
    plot.match("open.png")
    # The copies are one picture of one instance.
    plot.rows["fracture_instances"].pop(1)
    plot.rows["matches"][1]["instance_id"] = plot.rows["matches"][0]["instance_id"]
    return plot


@pytest.mark.parametrize("style", [ExportFormat.CSV, ExportFormat.PARQUET])
def test_tables_hold_every_row_of_the_dataset(style: ExportFormat, frames: Plot, tmp_path: Path) -> None:
    """What is read back is the view, whatever became of an image."""
    target = tmp_path / "new" / "folder" / f"dataset.{style}"
    with Catalog.open_read_only(frames.write()) as catalog:
        dataset = catalog.read("dataset")
        summary = export(catalog, target, style, Silent())
    if style is ExportFormat.CSV:
        read = pl.read_csv(target, schema=dataset.schema)
    else:
        read = pl.read_parquet(target)
    assert read.equals(dataset)
    assert (summary.target, summary.n_rows, summary.failures) == (target, 5, ())


def test_images_are_the_exact_pixels_of_the_crop_by_class(frames: Plot, tmp_path: Path) -> None:
    """One picture for every matched file of a trainable class, named in dataset.csv; copies do not overwrite."""
    target = tmp_path / "by_class"
    with Catalog.open_read_only(frames.write()) as catalog:
        summary = export(catalog, target, ExportFormat.IMAGES, Silent())
    listed = pl.read_csv(target / "dataset.csv")
    assert sorted(listed["path"]) == ["a b.png", "a_b.png", "x/c\nd.png"]
    assert (summary.n_rows, summary.failures) == (3, ())
    written = {str(p.relative_to(target)) for p in target.rglob("*.png")}
    assert set(listed["exported_as"]) == written
    assert len(written) == 3
    for path, defect_class, name in listed.select("path", "defect_class", "exported_as").iter_rows():
        assert name.startswith(f"{defect_class}/")
        with Image.open(frames.images / path) as original, Image.open(target / name) as crop:
            assert np.array_equal(np.asarray(crop), np.asarray(original)[:-8])


def test_image_that_is_gone_is_a_failure_and_the_rest_is_written(frames: Plot, tmp_path: Path) -> None:
    """It is listed with its path, and dataset.csv names no picture for it."""
    path = frames.write()
    (frames.images / "a b.png").unlink()
    with Catalog.open_read_only(path) as catalog:
        summary = export(catalog, tmp_path / "out", ExportFormat.IMAGES, Silent())
    assert [f.item for f in summary.failures] == ["a b.png"]
    listed = dict(pl.read_csv(tmp_path / "out" / "dataset.csv").select("path", "exported_as").iter_rows())
    assert [path for path, name in listed.items() if name is None] == ["a b.png"]


def test_images_may_have_moved(frames: Plot, tmp_path: Path) -> None:
    """Without their folder the user is asked for it; with it the export goes on."""
    path = frames.write()
    moved = Path(shutil.move(frames.images, tmp_path / "moved"))
    with Catalog.open_read_only(path) as catalog:
        with pytest.raises(BadInputError, match="name their folder with --images"):
            export(catalog, tmp_path / "out", ExportFormat.IMAGES, Silent())
        assert export(catalog, tmp_path / "out", ExportFormat.IMAGES, Silent(), moved).failures == ()


def test_csv_of_the_authors_loader_comes_in_again_as_labels(frames: Plot, tmp_path: Path) -> None:
    """Every row finds its file, with the same class and magnification."""
    target = tmp_path / "labels.csv"
    with Catalog.open_read_only(frames.write()) as catalog:
        export(catalog, target, ExportFormat.FRACTOVIT, Silent())
        matched = catalog.query("SELECT path, defect_class, magnification FROM dataset WHERE status = 'matched'").rows()
        paths = [row["path"] for row in frames.rows["files"]]
    rows = read_label_table(target, load_profile(None))
    meant = resolve_files(rows, paths)
    assert {(meant[r.row][0], r.defect_class, r.magnification) for r in rows} == {
        (path, DefectClass(name), magnification) for path, name, magnification in matched if name != "unknown"
    }
    assert all(len(files) == 1 for files in meant.values())


@pytest.mark.parametrize("style", ExportFormat)
def test_nothing_is_overwritten(style: ExportFormat, frames: Plot, tmp_path: Path) -> None:
    """An existing target is a usage error and keeps its bytes; a target that cannot be is bad input."""
    target = tmp_path / "target"
    target.write_text("mine")
    with Catalog.open_read_only(frames.write()) as catalog:
        with pytest.raises(UsageError, match="exists already"):
            export(catalog, target, style, Silent())
        with pytest.raises(BadInputError, match="cannot be written"):
            export(catalog, target / "below", style, Silent())
    assert target.read_text() == "mine"
