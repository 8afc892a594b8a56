"""A run trains on rows of the catalog and on nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.vocabulary import TRAINABLE_CLASSES
from fractotrain.data import TrainingSet, choose_split, find_images_root, read_training_set
from fractotrain.settings import CvSettings, Settings

CLASSES = tuple(str(c) for c in TRAINABLE_CLASSES)


@pytest.fixture
def cv(quick: Callable[..., Settings]) -> Callable[..., CvSettings]:
    """Settings of the cross-validation."""
    return lambda *overrides: quick(*overrides).cv


def _read(planted: Any, cv: CvSettings) -> TrainingSet:
    with Catalog.open_read_only(planted.catalog) as catalog:
        return read_training_set(catalog, cv)


def test_rows_carry_label_box_and_fold(planted: Any, cv: Callable[..., CvSettings]) -> None:
    """Every matched image with its planted label and fold, and the crop box that leaves the data bar out."""
    found = _read(planted, cv())
    truth = dict(zip(planted.paths, zip(planted.labels, planted.folds, strict=True), strict=True))
    assert list(found.paths) == sorted(planted.paths)
    assert [(CLASSES[y], k) for y, k in zip(found.labels, found.folds, strict=True)] == [truth[p] for p in found.paths]
    assert set(found.crop_boxes) == {(0, 0, 96, 80)}
    assert len(set(found.foans)) == 12
    assert found.split.split_id == planted.split_id


def test_only_matched_images_of_a_trainable_class(planted: Any, cv: Callable[..., CvSettings]) -> None:
    """Images in review and of unknown class are left out, whatever the folds say."""
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        catalog.update("matches", {"path": planted.paths[0]}, {"status": "review", "instance_id": None})
        catalog.update("fracture_instances", {"foan": "F-2-0"}, {"defect_class": "unknown"})
    found = _read(planted, cv())
    assert len(found) == 36 - 1 - 3
    assert planted.paths[0] not in found.paths


def test_no_folds_says_which_command_makes_them(
    tmp_path: Path, plant: Callable[..., Any], cv: Callable[..., CvSettings]
) -> None:
    """Without an audit there is nothing to cross-validate over."""
    planted = plant(tmp_path, with_folds=False)
    with pytest.raises(UsageError, match="fracto audit --folds 5"):
        _read(planted, cv())


def test_folds_older_than_the_ingest_are_refused(planted: Any, cv: Callable[..., CvSettings]) -> None:
    """A matched image without a fold is not dropped in silence."""
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        catalog.delete("folds", "path", [planted.paths[3]])
    with pytest.raises(UsageError, match=r"1 of 36 images have no fold .*fracto audit"):
        _read(planted, cv())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("micrographs", {"crop_bottom_px": 70}), r"1 of 36 images .*changed since the audit .*run `fracto audit"),
        (("folds", {"picture_key": None}), r"1 of 36 images .*were never audited .*cv.allow_unaudited=true"),
    ],
)
def test_images_that_the_audit_never_saw_are_refused_unless_allowed(
    planted: Any, cv: Callable[..., CvSettings], change: tuple[str, dict[str, object]], message: str
) -> None:
    """Folds were judged by pictures; another crop, or folds that no audit made, are told, and the user may insist."""
    table, columns = change
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        row = catalog.query("SELECT path, micrograph_id FROM dataset WHERE path = ?", [planted.paths[3]]).to_dicts()[0]
        key = "path" if table == "folds" else "micrograph_id"
        catalog.update(table, {key: row[key]}, columns)
    with pytest.raises(UsageError, match=message):
        _read(planted, cv())
    assert len(_read(planted, cv("cv.allow_unaudited=true"))) == 36


def test_strategy_that_was_not_audited_is_named_with_those_that_were(
    planted: Any, cv: Callable[..., CvSettings]
) -> None:
    """Asking for another strategy, split or fold says what there is."""
    for override, said in (
        ("cv.strategy=image", "cluster, 3 folds"),
        ("cv.split_id=0000000000000000", "no such split"),
        ("cv.folds=[3]", "folds 0 to 2"),
    ):
        with pytest.raises(UsageError, match=said):
            _read(planted, cv(override))


def test_of_several_splits_the_latest_audit_decides(
    planted: Any, complete: Callable[..., Any], cv: Callable[..., CvSettings]
) -> None:
    """Two cluster splits: an error that lists them, until a run of the audit names one; an id always wins."""
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        rows = catalog.read("folds").to_dicts()
        catalog.append("folds", [row | {"split_id": "d2" * 8, "n_folds": 5} for row in rows])
    with Catalog.open(planted.catalog) as catalog:
        with pytest.raises(UsageError, match=r"cv\.split_id"):
            choose_split(catalog, cv())
        assert choose_split(catalog, cv(f"cv.split_id={'c1' * 8}")).n_folds == 3
        for hour, split_id in ((9, "c1" * 8), (11, "d2" * 8), (10, "c1" * 8)):
            facts = {"run_id": str(hour), "command": "audit", "outcome": "finished", "summary": f'["{split_id}"]'}
            times = {"started_at": "2026-01-01", "finished_at": f"2026-01-01T{hour:02d}:00:00+00:00"}
            catalog.append("runs", [complete("runs", facts | times)])
        assert choose_split(catalog, cv()).split_id == "d2" * 8


def test_one_class_is_no_task(tmp_path: Path, plant: Callable[..., Any], cv: Callable[..., CvSettings]) -> None:
    """A catalog of a single class ends the run before any work."""
    with pytest.raises(BadInputError, match="two classes"):
        _read(plant(tmp_path, (6, 0, 0)), cv())


def test_nothing_matched_points_to_status(planted: Any, cv: Callable[..., CvSettings]) -> None:
    """No matched image at all: the user is sent to the command that says why."""
    with Catalog.open(planted.catalog) as catalog:
        catalog.replace("matches", [])
    with pytest.raises(UsageError, match="fracto status"):
        _read(planted, cv())


def test_image_root_as_remembered_or_as_given(planted: Any, tmp_path: Path) -> None:
    """The catalog's own folder, or the one given because the archive moved; a folder that is not there is said."""
    with Catalog.open(planted.catalog) as catalog:
        assert find_images_root(catalog, None) == planted.images.resolve()
        assert find_images_root(catalog, tmp_path) == tmp_path
        catalog.set_meta("images_root", str(tmp_path / "moved away"))
        with pytest.raises(UsageError, match="--images DIR"):
            find_images_root(catalog, None)


def test_subset_keeps_all_columns_together(planted: Any, cv: Callable[..., CvSettings]) -> None:
    """Leaving images out moves no label and no fold to another image."""
    whole = _read(planted, cv())
    keep = np.arange(len(whole)) % 3 != 1
    part = whole.subset(keep)
    facts = {p: (y, k, f) for p, y, k, f in zip(whole.paths, whole.labels, whole.folds, whole.foans, strict=True)}
    assert len(part) == 24
    for path, label, fold, foan in zip(part.paths, part.labels, part.folds, part.foans, strict=True):
        assert facts[path] == (label, fold, foan)
