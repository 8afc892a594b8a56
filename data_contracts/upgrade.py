"""SQL that brings the tables of an older catalog to the present contracts, without losing a row."""

from collections.abc import Mapping, Sequence

import polars as pl

from data_contracts.schema import create_table, statements
from data_contracts.tables import TABLES, Table, polars_schema

_EMPTY_VALUES: dict[pl.DataType, str] = {
    pl.String(): "''",
    pl.Int64(): "0",
    pl.Float64(): "0.0",
    pl.Boolean(): "FALSE",
    pl.Binary(): "''::BLOB",
}


_EXPERT_ANSWERS_TO_DECISIONS = [
    """
    INSERT INTO decisions BY NAME
    SELECT (SELECT coalesce(max(decision_id), 0) FROM decisions) + row_number() OVER (ORDER BY answer_id)
               AS decision_id, sha256, path, 'answer' AS action, run_id, method, question, answer,
           rater AS reviewer, note, answered_at AS decided_at
    FROM expert_answers
    """,
    "DROP TABLE expert_answers",
]
"""Up to version 5 what experts said of heat-maps had a table of its own."""


def upgrade_statements(existing: Mapping[str, Sequence[str]]) -> list[str]:
    """SQL for one transaction: tables and views become what ``statements`` makes, and rows are kept.

    A column that an older Fracto did not know is null where its contract allows that, else empty: the next ingest
    reads anew what the older one could not.

    Args:
        existing: columns of each table in the file.
    """
    outdated = {
        name: table for name, table in TABLES.items() if name in existing and set(existing[name]) != _columns(table)
    }
    rebuilt = [sql for name, table in outdated.items() for sql in _rebuild(name, table, existing[name])]
    moved = [] if "expert_answers" not in existing else _EXPERT_ANSWERS_TO_DECISIONS
    return [*rebuilt, *statements(), *moved]


def _columns(table: type[Table]) -> set[str]:
    return set(polars_schema(table))


def _rebuild(name: str, table: type[Table], existing: Sequence[str]) -> list[str]:
    """Copied rather than altered: columns keep the order of their contract, and with it the catalog its hash."""
    contract = table.to_schema().columns
    values = [
        f'"{column}"' if column in existing else "NULL" if contract[column].nullable else _EMPTY_VALUES[dtype]
        for column, dtype in polars_schema(table).items()
    ]
    draft = f"{name}_upgraded"
    return [
        create_table(draft, table),
        f"INSERT INTO {draft} SELECT {', '.join(values)} FROM {name}",
        f"DROP TABLE {name}",
        f"ALTER TABLE {draft} RENAME TO {name}",
    ]
