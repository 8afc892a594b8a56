"""Write the catalog's documentation from its contracts: ``python -m data_contracts.document docs/catalog.md``."""

import inspect
import sys
from pathlib import Path

from data_contracts.schema import DATASET_COLUMNS, LABEL_DECISIONS_COLUMNS, PAIRS_COLUMNS, SCHEMA_VERSION
from data_contracts.tables import TABLES, Table, key_columns

_TYPES = {"String": "text", "Int64": "integer", "Float64": "number", "Boolean": "true/false", "Binary": "bytes"}


def document() -> str:
    """The whole page, Markdown."""
    source = "`data_contracts/tables/` and `data_contracts/schema.py`"
    conventions = (
        "Units end the names of columns (`_px`, `_nm`, `_kn`, `_pt`, `_deg`); shares and confidences run from 0 to 1; "
        "boxes are half-open and measured from the top left. Two views are the public face, everything below is what "
        "they rest on."
    )
    parts = [
        "# The catalog",
        f"One DuckDB file, catalog version {SCHEMA_VERSION}. This page is generated from {source} (`make docs`).",
        conventions,
        "## View `dataset`\n\nOne row per image file, whatever became of it.\n\n" + _view(DATASET_COLUMNS),
        "## View `pairs`\n\nOne row per confirmed pair of image files.\n\n" + _view(PAIRS_COLUMNS),
        "## View `label_decisions`\n\nThe rows of `decisions` on which labels rest: links and exclusions, no answers "
        "of experts.\n\n" + _view(LABEL_DECISIONS_COLUMNS),
        *(_table(name, table) for name, table in TABLES.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _view(columns: dict[str, str]) -> str:
    lines = ["| column | meaning |", "|---|---|"]
    return "\n".join(lines + [f"| `{name}` | {text} |" for name, text in columns.items()])


def _table(name: str, table: type[Table]) -> str:
    key = ", ".join(f"`{column}`" for column in key_columns(table))
    lines = [
        f"## Table `{name}`",
        "",
        f"{inspect.cleandoc(table.__doc__ or '')} Key: {key}.",
        "",
        "| column | type | may be null | meaning |",
        "|---|---|---|---|",
    ]
    for column_name, column in table.to_schema().columns.items():
        allowed = [c.statistics["allowed_values"] for c in column.checks if "allowed_values" in (c.statistics or {})]
        values = f" One of {', '.join(f'`{v}`' for v in allowed[0])}." if allowed else ""
        kind = _TYPES[str(column.dtype.type)]
        null = "yes" if column.nullable else ""
        lines.append(f"| `{column_name}` | {kind} | {null} | {column.description}{values} |")
    return "\n".join(lines)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
