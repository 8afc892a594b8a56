"""Mirrors ``examples/query_catalog.py``."""

from pathlib import Path

import pytest
import query_catalog

from data_contracts.catalog import Catalog


def test_an_empty_catalog_can_be_queried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The script's SQL fits the public views; an empty catalog gives empty tables."""
    path = tmp_path / "catalog.duckdb"
    Catalog.open(path).close()
    query_catalog.main(str(path))
    printed = capsys.readouterr().out
    assert all(title in printed for title in ("Labels", "Not matched", "Similar pairs"))
    assert printed.count("0 rows") == 3
