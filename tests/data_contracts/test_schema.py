"""The SQL of the catalog says what the contracts say."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from data_contracts.catalog import Catalog
from data_contracts.schema import DATASET_COLUMNS, PAIRS_COLUMNS, statements
from data_contracts.tables import TABLES, key_columns, polars_schema

_POLARS_TYPES = {
    "VARCHAR": pl.String(),
    "BIGINT": pl.Int64(),
    "DOUBLE": pl.Float64(),
    "BOOLEAN": pl.Boolean(),
    "BLOB": pl.Binary(),
}


def _columns(catalog: Catalog, relation: str) -> list[tuple[str, str, bool]]:
    rows = catalog.query(
        "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = ? "
        "ORDER BY ordinal_position",
        [relation],
    )
    return [(name, dtype, nullable == "YES") for name, dtype, nullable in rows.iter_rows()]


@pytest.mark.parametrize("table", TABLES)
def test_table_has_the_columns_types_and_nulls_of_its_contract(table: str, tmp_path: Path) -> None:
    """Names, order, types and nullability in the file follow the pandera model."""
    contract = TABLES[table].to_schema().columns
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        found = [(name, _POLARS_TYPES[dtype], nullable) for name, dtype, nullable in _columns(catalog, table)]
        assert catalog.read(table).schema == polars_schema(TABLES[table])
    expected = [(name, dtype, contract[name].nullable) for name, dtype in polars_schema(TABLES[table]).items()]
    assert found == expected


@pytest.mark.parametrize("table", TABLES)
def test_table_names_its_key_units_and_meanings(table: str) -> None:
    """Every table has a key of its own columns, and every column a description that ends as a sentence."""
    columns = TABLES[table].to_schema().columns
    key = key_columns(TABLES[table])
    assert key
    assert set(key) <= set(columns)
    assert all(str(column.description).endswith((".", ":", "...", "`")) for column in columns.values())
    assert TABLES[table].__doc__


@pytest.mark.parametrize(("view", "columns"), [("dataset", DATASET_COLUMNS), ("pairs", PAIRS_COLUMNS)])
def test_view_has_the_columns_that_are_documented(view: str, columns: dict[str, str], tmp_path: Path) -> None:
    """The public face is exactly what the documentation lists."""
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        assert [name for name, _, _ in _columns(catalog, view)] == list(columns)


def test_statements_can_run_on_a_catalog_that_exists() -> None:
    """Running the schema twice changes nothing."""
    with duckdb.connect() as connection:
        for statement in (*statements(), *statements()):
            connection.execute(statement)
        assert connection.execute("SELECT count(*) FROM catalog_meta").fetchone() == (1,)
