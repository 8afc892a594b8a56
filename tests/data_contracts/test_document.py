"""The catalog's documentation follows from its contracts."""

from pathlib import Path

from data_contracts.document import document
from data_contracts.schema import DATASET_COLUMNS, PAIRS_COLUMNS
from data_contracts.tables import TABLES


def test_page_in_docs_is_current() -> None:
    """docs/catalog.md is what `make docs` writes now."""
    page = Path(__file__).resolve().parents[2] / "docs" / "catalog.md"
    assert page.read_text(encoding="utf-8") == document(), "run `make docs`"


def test_every_table_and_column_is_described() -> None:
    """No relation and no column is left out."""
    page = document()
    for name, table in TABLES.items():
        section = page.split(f"## Table `{name}`\n")[1].split("\n## ")[0]
        assert all(f"| `{column}` |" in section for column in table.to_schema().columns)
        assert "Key: `" in section
    for name, columns in (("dataset", DATASET_COLUMNS), ("pairs", PAIRS_COLUMNS)):
        section = page.split(f"## View `{name}`\n")[1].split("\n## ")[0]
        assert all(f"| `{column}` |" in section for column in columns)


def test_closed_vocabularies_are_spelt_out() -> None:
    """A reader sees which values a column may have."""
    assert "One of `green_body`, `hard_machining`, `material`, `unknown`." in document()
