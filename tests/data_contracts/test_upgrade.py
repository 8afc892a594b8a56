"""A catalog that an older Fracto made goes on with this one."""

from pathlib import Path

import duckdb
import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import CatalogError
from data_contracts.schema import SCHEMA_VERSION, statements
from data_contracts.tables import TABLES, polars_schema
from data_contracts.upgrade import upgrade_statements

_NEWER_COLUMNS = ("language", "superseded_by")
"""Columns that the old catalog lacks: one that may not be null, one that may."""


@pytest.fixture
def old_catalog(tmp_path: Path) -> Path:
    """A catalog of version 1: one table less, a table with fewer columns, one report in it, an old view."""
    path = tmp_path / "old.duckdb"
    with duckdb.connect(str(path)) as connection:
        for statement in statements():
            connection.execute(statement)
        connection.execute("UPDATE catalog_meta SET value = '1' WHERE key = 'schema_version'")
        connection.execute("DROP TABLE report_figures")
        connection.execute("DROP TABLE reports")
        connection.execute(
            "CREATE TABLE reports (report_id VARCHAR NOT NULL, sha256 VARCHAR NOT NULL, path VARCHAR NOT NULL, "
            "n_pages BIGINT NOT NULL, report_number VARCHAR NOT NULL, report_date VARCHAR NOT NULL, "
            "is_revision BOOLEAN NOT NULL, supersedes_raw VARCHAR NOT NULL)"
        )
        connection.execute(
            "INSERT INTO reports VALUES (repeat('a', 16), repeat('a', 64), 'r.pdf', 2, 'R-1', '', FALSE, '')"
        )
        connection.execute("CREATE OR REPLACE VIEW pairs AS SELECT 1 AS path_a")
    return path


def test_opening_for_writing_brings_an_old_catalog_up_to_date(old_catalog: Path) -> None:
    """Tables and columns appear, what cannot be known is null or empty, rows and facts stay, and it stays that way."""
    with Catalog.open(old_catalog) as catalog:
        assert catalog.meta("schema_version") == str(SCHEMA_VERSION)
    with Catalog.open_read_only(old_catalog) as catalog:
        for name, table in TABLES.items():
            assert catalog.read(name).schema == polars_schema(table)
        (report,) = catalog.read("reports").to_dicts()
        assert (report["path"], report["n_pages"], report["report_number"]) == ("r.pdf", 2, "R-1")
        assert [report[name] for name in _NEWER_COLUMNS] == ["", None]
        assert "ssim" in catalog.read("pairs").columns


def test_upgraded_catalog_equals_a_new_one_with_the_same_rows(old_catalog: Path, tmp_path: Path) -> None:
    """Order and nullability of columns follow the contract, so hashes agree."""
    with Catalog.open(old_catalog) as upgraded, Catalog.open(tmp_path / "new.duckdb") as new:
        new.append("reports", upgraded.read("reports").to_dicts())
        assert upgraded.content_hash(*TABLES) == new.content_hash(*TABLES)
        sql = (
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
            "ORDER BY table_name, ordinal_position"
        )
        assert upgraded.query(sql).rows() == new.query(sql).rows()


def test_answers_of_experts_move_to_the_decisions(old_catalog: Path) -> None:
    """Up to version 5 they had a table of their own: order, words and raters stay, after the decisions on labels."""
    with duckdb.connect(str(old_catalog)) as connection:
        connection.execute("DROP VIEW label_decisions")
        for column in ("run_id", "method", "question", "answer"):
            connection.execute(f"ALTER TABLE decisions DROP COLUMN {column}")
        connection.execute(
            "INSERT INTO decisions VALUES (4, repeat('a', 64), 'x.tif', 'link', 'F-1', NULL, 'R', 'seen', '2020')"
        )
        connection.execute(
            "CREATE TABLE expert_answers (answer_id BIGINT, run_id VARCHAR, method VARCHAR, sha256 VARCHAR, "
            "path VARCHAR, question VARCHAR, answer VARCHAR, rater VARCHAR, note VARCHAR, answered_at VARCHAR)"
        )
        insert = (
            "INSERT INTO expert_answers VALUES (?, 'train-1', 'rollout', repeat('a', 64), 'x.tif', "
            "'mechanistically_plausible', ?, ?, ?, ?)"
        )
        connection.execute(insert, [2, "no", "Ben", "", "2022"])
        connection.execute(insert, [1, "yes", "Anna", "a pore", "2021"])
    with Catalog.open(old_catalog) as catalog:
        rows = catalog.query(
            "SELECT decision_id, action, foan, method, question, answer, reviewer, note, decided_at FROM decisions "
            "ORDER BY decision_id"
        ).rows()
        labels = catalog.read("label_decisions")
        tables = set(catalog.query("SELECT table_name FROM information_schema.tables")["table_name"])
    asked = "mechanistically_plausible"
    assert rows == [
        (4, "link", "F-1", None, None, None, "R", "seen", "2020"),
        (5, "answer", None, "rollout", asked, "yes", "Anna", "a pore", "2021"),
        (6, "answer", None, "rollout", asked, "no", "Ben", "", "2022"),
    ]
    assert list(labels["decision_id"]) == [4]
    assert "expert_answers" not in tables


def test_old_catalog_is_not_read_as_it_is(old_catalog: Path) -> None:
    """A command that only reads says how to bring it up to date, and leaves it alone."""
    before = old_catalog.read_bytes()
    with pytest.raises(CatalogError, match="made by an older Fracto; run `fracto ingest` once to bring it up to date"):
        Catalog.open_read_only(old_catalog)
    assert old_catalog.read_bytes() == before


def test_upgrade_that_fails_changes_nothing(old_catalog: Path) -> None:
    """All of it happens or nothing: a catalog is never half old and half new."""
    with duckdb.connect(str(old_catalog)) as connection:
        connection.execute("CREATE TABLE reports_upgraded (in_the_way INT)")
    with pytest.raises(duckdb.Error):
        Catalog.open(old_catalog)
    with duckdb.connect(str(old_catalog)) as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
        assert "report_figures" not in tables
        found = connection.execute("SELECT value FROM catalog_meta WHERE key = 'schema_version'").fetchone()
        assert found == ("1",)


def test_current_tables_are_not_copied() -> None:
    """Only what differs is rebuilt: a large catalog is not rewritten for one new table."""
    existing = {name: list(polars_schema(table)) for name, table in TABLES.items()}
    del existing["report_figures"]
    assert upgrade_statements(existing) == statements()
