"""Mirrors ``fractocurate/stages/reading.py``."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from data_contracts.catalog import Catalog
from data_contracts.ledger import Work, input_hash
from data_contracts.vocabulary import FailureReason, Stage
from fractocurate.progress import Silent
from fractocurate.stages.reading import Store, failures_of, read_pending
from fractocurate.workers import Task, WorkerPool

WORK = Work(Stage.MICROGRAPHS, 1, "0" * 16)


def _tasks(*texts: str) -> list[Task[int]]:
    """Numbers to read; ``numbers_read`` is a module of its own because worker processes import it."""
    read_number = importlib.import_module("numbers_read").read_number
    return [Task(input_hash([text]), text, Stage.MICROGRAPHS, read_number, (text,)) for text in texts]


def _rows(key: str, number: int) -> Mapping[str, Sequence[Mapping[str, object]]]:
    return {"files": [{"kind": "image", "path": key, "sha256": None, "size_bytes": number, "modified_ns": 0}]}


def _forget(catalog: Catalog, keys: Sequence[str]) -> None:
    catalog.delete("files", "path", keys)


STORE: Store[int] = Store(("files",), _rows, _forget)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> WorkerPool:
    """One worker, which finds the module beside this file."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return WorkerPool(1)


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """An empty catalog, open for writing."""
    return Catalog.open(tmp_path / "catalog.duckdb")


def test_done_work_is_skipped_and_changed_settings_redo_it(catalog: Catalog, pool: WorkerPool) -> None:
    """The second run reads nothing; another fingerprint of the settings redoes all, and rows are replaced."""
    tasks = _tasks("1", "2")
    with pool:
        assert read_pending(catalog, WORK, tasks, STORE, pool, Silent()).n_done == 2
        again = read_pending(catalog, WORK, tasks, STORE, pool, Silent())
        assert (again.n_done, again.n_skipped) == (0, 2)
        other = Work(WORK.stage, WORK.version, "1" * 16)
        assert read_pending(catalog, other, tasks, STORE, pool, Silent()).n_done == 2
    assert sorted(catalog.read("files")["size_bytes"]) == [1, 2]


def test_a_record_that_breaks_its_contract_fails_alone(catalog: Catalog, pool: WorkerPool) -> None:
    """A negative size is refused by the catalog; the item becomes a failure, and the rest of its batch is written."""
    tasks = _tasks("1", "-5", "3")
    with pool:
        result = read_pending(catalog, WORK, tasks, STORE, pool, Silent())
    assert sorted(catalog.read("files")["size_bytes"]) == [1, 3]
    failures = failures_of(catalog, WORK, {task.key: [task.item] for task in tasks}, result)
    assert [(f.item, f.reason) for f in failures] == [("-5", FailureReason.BREAKS_CONTRACT)]


def test_failures_of_the_bytes_are_remembered_and_passing_ones_tried_again(catalog: Catalog, pool: WorkerPool) -> None:
    """Rubbish stays rubbish while its bytes are the same; a locked file may be open next time."""
    tasks = _tasks("rubbish", "locked")
    paths = {task.key: [task.item, f"copy of {task.item}"] for task in tasks}
    with pool:
        first = read_pending(catalog, WORK, tasks, STORE, pool, Silent())
        again = read_pending(catalog, WORK, tasks, STORE, pool, Silent())
    assert (first.n_done, again.n_done, again.n_skipped) == (2, 1, 1)
    failed = {f.item: f.reason for f in failures_of(catalog, WORK, paths, again)}
    assert failed == {
        "rubbish": FailureReason.NOT_AN_IMAGE,
        "copy of rubbish": FailureReason.NOT_AN_IMAGE,
        "locked": FailureReason.UNREADABLE,
        "copy of locked": FailureReason.UNREADABLE,
    }


def test_a_record_that_lacks_a_part_is_kept_and_read_again(catalog: Catalog, pool: WorkerPool) -> None:
    """What it has is in the catalog, once; the next run tries for the rest."""
    store = Store(("files",), _rows, _forget, lambda number: number != 2)
    with pool:
        first = read_pending(catalog, WORK, _tasks("1", "2"), store, pool, Silent())
        again = read_pending(catalog, WORK, _tasks("1", "2"), store, pool, Silent())
    assert (first.n_done, again.n_done, again.n_skipped) == (2, 1, 1)
    assert sorted(catalog.read("files")["size_bytes"]) == [1, 2]
