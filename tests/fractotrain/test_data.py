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


def _spoil(planted: Any, table: str, key: dict[str, object], values: dict[str, object]) -> None:
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        catalog.update(table, key, values)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("micrographs", {"crop_bottom_px": 79}),  # read anew with another crop
        ("fingerprints", {"micrograph_id": "0" * 16}),  # a picture that came after the audit
    ],
)
def test_folds_of_other_pictures_are_refused(
    planted: Any, cv: Callable[..., CvSettings], table: str, values: dict[str, object]
) -> None:
    """A picture or crop that the audit did not compare may leak unseen: train says so and asks for a new audit."""
    with Catalog.open_read_only(planted.catalog) as catalog:
        (micrograph,) = catalog.query("SELECT micrograph_id FROM dataset WHERE path = ?", [planted.paths[3]]).row(0)
    _spoil(planted, table, {"micrograph_id": micrograph}, values)
    with pytest.raises(UsageError, match=rf"1 of 36 images were not compared.*{planted.paths[3]}.*fracto audit"):
        _read(planted, cv())


def test_grouped_folds_that_no_longer_hold_a_foan_together_are_refused(
    planted: Any, cv: Callable[..., CvSettings]
) -> None:
    """A frame that was relinked to a component of another fold straddles two folds until the next audit."""
    other = next(i for i, fold in enumerate(planted.folds) if fold != planted.folds[0] and i < 12)
    with Catalog.open_read_only(planted.catalog) as catalog:
        (instance,) = catalog.query("SELECT instance_id FROM matches WHERE path = ?", [planted.paths[other]]).row(0)
    _spoil(planted, "matches", {"path": planted.paths[0]}, {"instance_id": instance})
    with pytest.raises(UsageError, match=r"belong to FOANs that now lie in several folds.*fracto audit"):
        _read(planted, cv())


def test_rows_carry_label_box_and_fold(planted: Any, cv: Callable[..., CvSettings]) -> None:
    """Every matched image with its planted label and fold, and the crop box that leaves the data bar out."""
    found = _read(planted, cv())
    truth = dict(zip(planted.paths, zip(planted.labels, planted.folds, strict=True), strict=True))
    assert list(found.paths) == sorted(planted.paths)
    assert [(CLASSES[y], k) for y, k in zip(found.labels, found.folds, strict=True)] == [truth[p] for p in found.paths]
    assert set(found.crop_boxes) == {(0, 0, 96, 80)}
    assert len(set(found.foans)) == 12
    assert found.split.split_id == planted.split_id


def test_masks_go_with_their_image(planted: Any, cv: Callable[..., CvSettings]) -> None:
    """Print inside a crop is handed on by path; a subset keeps only its own."""
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        name = catalog.query("SELECT micrograph_id FROM dataset WHERE path = ?", [planted.paths[0]]).item()
        boxes = [(1, 2, 9, 8), (20, 2, 30, 8)]
        rows = [
            {"micrograph_id": name, "number": k, "left_px": a, "top_px": b, "right_px": c, "bottom_px": d}
            for k, (a, b, c, d) in enumerate(boxes)
        ]
        catalog.append("overlay_masks", rows)
    found = _read(planted, cv())
    assert found.masks == {planted.paths[0]: tuple(boxes)}
    others = np.array([path != planted.paths[0] for path in found.paths])
    assert found.subset(others).masks == {}
    assert found.subset(~others).masks == found.masks


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


def test_images_that_the_audit_never_saw_are_refused_unless_allowed(
    planted: Any, cv: Callable[..., CvSettings]
) -> None:
    """Folds were judged by pictures; another crop since is told, and the user may insist."""
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        row = catalog.query("SELECT micrograph_id FROM dataset WHERE path = ?", [planted.paths[3]]).item()
        catalog.update("micrographs", {"micrograph_id": row}, {"crop_bottom_px": 70})
    with pytest.raises(UsageError, match=r"1 of 36 images .*cv.allow_unaudited=true"):
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
