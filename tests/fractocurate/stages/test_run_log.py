"""Mirrors ``fractocurate/stages/run_log.py``."""

import json
from pathlib import Path

import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from fractocurate.stages.run_log import logged_run


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """An empty catalog, open for writing."""
    return Catalog.open(tmp_path / "catalog.duckdb")


def test_a_finished_run_keeps_settings_versions_and_figures(catalog: Catalog) -> None:
    """Whoever opens the catalog later sees what was run, by which versions, and what came out."""
    with logged_run(catalog, "audit", {"n_folds": 5}) as figures:
        assert list(catalog.read("runs")["outcome"]) == ["running"]
        figures["n_pairs"] = 3
    run = catalog.read("runs").row(0, named=True)
    assert run["outcome"] == "finished"
    assert json.loads(run["settings"]) == {"n_folds": 5}
    assert json.loads(run["summary"]) == {"n_pairs": 3}
    assert "duckdb" in json.loads(run["versions"])
    assert run["finished_at"] >= run["started_at"]


def test_a_run_that_ends_with_an_error_is_marked_failed(catalog: Catalog) -> None:
    """The error goes on to the user; the log says that the run did not finish."""
    with pytest.raises(BadInputError), logged_run(catalog, "ingest", {}):
        raise BadInputError("no such folder")
    assert list(catalog.read("runs")["outcome"]) == ["failed"]


def test_a_run_that_was_killed_is_marked_failed_by_the_next(catalog: Catalog) -> None:
    """A process that was killed cannot say so itself; the catalog has one writer, so it is no longer alive."""
    with logged_run(catalog, "ingest", {}):
        pass
    killed = catalog.read("runs")["run_id"][0]
    catalog.update("runs", {"run_id": killed}, {"outcome": "running", "finished_at": None})
    with logged_run(catalog, "ingest", {}):
        pass
    outcomes = dict(catalog.query("SELECT run_id, outcome FROM runs").iter_rows())
    assert outcomes.pop(killed) == "failed"
    assert list(outcomes.values()) == ["finished"]
