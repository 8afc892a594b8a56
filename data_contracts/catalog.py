"""The only door to the catalog, one DuckDB file. The only file that imports duckdb.

One process writes, and nobody reads meanwhile (DuckDB locks the file); any number may read at once. All writes of a
batch are one transaction: a killed process leaves the catalog as it was after the last batch.
"""

import contextlib
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pandera.errors
import polars as pl

from data_contracts.errors import CatalogError, ContractError
from data_contracts.schema import SCHEMA_VERSION, VIEWS, statements
from data_contracts.tables import TABLES, polars_schema
from data_contracts.upgrade import upgrade_statements

Row = Mapping[str, object]


class Catalog:
    """An open catalog. Use it as a context manager, or call ``close``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open for writing; make it if it does not exist, bring it up to date if an older Fracto made it.

        Raises:
            CatalogError: not a catalog, of a newer version, busy, not writable, or the disk is full.
        """
        if not path.parent.is_dir():
            raise CatalogError(f"{path}: there is no folder {path.parent}; make it, or name another --catalog")
        if not path.exists():
            _create(path)
        _refuse_foreign(path)
        with _translated(path):
            connection = duckdb.connect(str(path), config=_CONFIG)
        catalog = cls(connection, path)
        try:
            if catalog._checked_version() < SCHEMA_VERSION:
                catalog._upgrade()
        except BaseException:
            catalog.close()
            raise
        return catalog

    @classmethod
    def open_read_only(cls, path: Path) -> Self:
        """Open for reading.

        Raises:
            CatalogError: missing, not a catalog, of another version, or being written.
        """
        if not path.exists():
            raise CatalogError(f"{path}: no such catalog; `fracto ingest REPORTS IMAGES --catalog {path}` makes it")
        _refuse_foreign(path)
        with _translated(path):
            connection = duckdb.connect(str(path), read_only=True, config=_CONFIG)
        catalog = cls(connection, path)
        try:
            catalog._refuse_older()
        except BaseException:
            catalog.close()
            raise
        return catalog

    def close(self) -> None:
        """Close the file; what was recorded is safe on disk."""
        with _translated(self.path):
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def read(self, name: str) -> pl.DataFrame:
        """A whole table or view, in the order of its key."""
        return self.query(f"SELECT * FROM {_checked(name)} ORDER BY ALL")

    def query(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> pl.DataFrame:
        """The answer to a SELECT, its parameters in order (``?``) or by name (``$name``)."""
        given = dict(parameters) if isinstance(parameters, Mapping) else list(parameters)
        with _translated(self.path):
            frame = pl.from_arrow(self._connection.sql(sql, params=given).to_arrow_table())
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table becomes a frame; polars types it more widely
        return frame

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen together or not at all."""
        with _translated(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                # A full disk may have ended the transaction already.
                with contextlib.suppress(duckdb.TransactionException):
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def append(self, table: str, rows: Sequence[Row]) -> None:
        """Add rows after checking them against the table's contract."""
        self.append_frame(table, pl.DataFrame(rows, schema=polars_schema(TABLES[table]), orient="row"))

    def append_frame(self, table: str, frame: pl.DataFrame) -> None:
        """As ``append``, for a frame with the table's columns."""
        if frame.is_empty():
            return
        try:
            TABLES[table].validate(frame)
        except pandera.errors.SchemaError as error:
            raise ContractError(f"{self.path}: {table}: {str(error).splitlines()[0]}") from error
        columns = ", ".join(f'"{c}"' for c in frame.columns)
        with _translated(self.path):
            self._connection.register("incoming", frame.to_arrow())
            self._connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming")
            self._connection.unregister("incoming")

    def delete(self, table: str, column: str, values: Sequence[object], **equal: object) -> None:
        """Delete the rows whose ``column`` is one of ``values`` and whose other columns equal what is given."""
        schema = polars_schema(TABLES[table])
        conditions = "".join(f' AND "{name}" = ?' for name in equal)
        doomed = pl.DataFrame({"value": list(values)}, schema={"value": schema[column]})
        with _translated(self.path):
            self._connection.register("doomed", doomed.to_arrow())
            sql = f'DELETE FROM {table} WHERE "{column}" IN (SELECT value FROM doomed){conditions}'
            self._connection.execute(sql, list(equal.values()))
            self._connection.unregister("doomed")

    def replace(self, table: str, rows: Sequence[Row], **equal: object) -> None:
        """Replace the rows whose columns equal what is given (all rows, if nothing is) by ``rows``."""
        conditions = " AND ".join(f'"{name}" = ?' for name in equal) or "TRUE"
        with _translated(self.path):
            self._connection.execute(f"DELETE FROM {_checked(table)} WHERE {conditions}", list(equal.values()))
        self.append(table, rows)

    def update(self, table: str, key: Row, values: Row) -> None:
        """Set columns of the rows whose columns equal ``key``."""
        settings = ", ".join(f'"{name}" = ?' for name in values)
        conditions = " AND ".join(f'"{name}" = ?' for name in key)
        with _translated(self.path):
            self._connection.execute(
                f"UPDATE {_checked(table)} SET {settings} WHERE {conditions}",
                [*values.values(), *key.values()],
            )

    def meta(self, key: str) -> str | None:
        """A fact about the whole catalog, such as the roots of its archive."""
        found = self.query("SELECT value FROM catalog_meta WHERE key = ?", [key])
        return None if found.is_empty() else str(found.item())

    def set_meta(self, key: str, value: str) -> None:
        """Keep a fact about the whole catalog."""
        with _translated(self.path):
            self._connection.execute("INSERT OR REPLACE INTO catalog_meta VALUES (?, ?)", [key, value])

    def content_hash(self, *names: str) -> str:
        """sha256 over tables or views, independent of the order of rows: equal content, equal hash."""
        digest = hashlib.sha256()
        for name in names:
            frame = self.read(name).with_columns(pl.selectors.binary().bin.encode("hex"))
            digest.update(f"{name}\n{frame.write_csv()}".encode())
        return digest.hexdigest()

    def _checked_version(self) -> int:
        """The catalog's version, if this is a catalog and no newer Fracto made it."""
        with _translated(self.path):
            columns = set(
                self.query("SELECT column_name FROM information_schema.columns WHERE table_name = 'catalog_meta'")[
                    "column_name"
                ],
            )
        if columns != {"key", "value"}:
            raise CatalogError(f"{self.path}: a DuckDB file, but not a Fracto catalog; name another --catalog")
        version = int(self.meta("schema_version") or 0)
        if version > SCHEMA_VERSION:
            raise CatalogError(
                f"{self.path}: made by a newer Fracto (catalog version {version}, this one reads up to "
                f"{SCHEMA_VERSION}); update Fracto",
            )
        return version

    def _refuse_older(self) -> None:
        if self._checked_version() < SCHEMA_VERSION:
            raise CatalogError(
                f"{self.path}: made by an older Fracto; run `fracto ingest` once to bring it up to date",
            )

    def _upgrade(self) -> None:
        columns = self.query("SELECT table_name, column_name FROM information_schema.columns ORDER BY ordinal_position")
        existing: dict[str, list[str]] = {}
        for table, column in columns.iter_rows():
            existing.setdefault(table, []).append(column)
        with self.transaction():
            for statement in upgrade_statements(existing):
                self._connection.execute(statement)
            self.set_meta("schema_version", str(SCHEMA_VERSION))


_FILE_ERRORS = (
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.InvalidInputException,
    duckdb.FatalException,
    duckdb.OutOfMemoryException,
)

_CONFIG: dict[str, Any] = {
    "autoinstall_known_extensions": False,  # a catalog never reaches out to the network
    "autoload_known_extensions": False,
    "storage_compatibility_version": "v1.0.0",  # catalogs travel: any DuckDB since 1.0 opens them
}


def _create(path: Path) -> None:
    """Make an empty catalog beside ``path`` and link it there: it is whole from the first moment that it exists."""
    with _translated(path):
        try:
            folder = tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent)
        except OSError as error:
            raise CatalogError(f"{path}: cannot make a catalog in {path.parent}: {error.strerror}") from error
        with folder:
            draft = Path(folder.name) / "new.duckdb"
            with duckdb.connect(str(draft), config=_CONFIG) as connection:
                connection.execute("BEGIN")
                for statement in statements():
                    connection.execute(statement)
                connection.execute("COMMIT")
                # Closing writes the file too, but keeps quiet about a full disk.
                connection.execute("CHECKPOINT")
            _put_in_place(draft, path)


def _put_in_place(draft: Path, path: Path) -> None:
    """A link, unlike a rename, never replaces a catalog that another process has made meanwhile: it is as good."""
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without hard links, such as exFAT
        if not path.exists():
            draft.rename(path)


def _refuse_foreign(path: Path) -> None:
    """DuckDB would fill an empty file and open a SQLite file; what is not its own stays as it is."""
    try:
        with path.open("rb") as stream:
            first = stream.read(12)
    except OSError:  # DuckDB says what is wrong
        return
    if first[8:] != b"DUCK":
        raise CatalogError(f"{path}: not a catalog (no DuckDB file); name another --catalog")


def _checked(name: str) -> str:
    if name not in TABLES and name not in VIEWS:
        raise ValueError(f"{name!r} is no table or view of a catalog")
    return name


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what DuckDB says about files into what the user can do."""
    try:
        yield
    except _FILE_ERRORS as error:
        raise CatalogError(f"{path}: {_remedy(str(error))}") from error
    except duckdb.TransactionException as error:
        # A commit for which the disk has no room. Any other one is a mistake in this package.
        if os.strerror(errno.ENOSPC) not in str(error):
            raise
        raise CatalogError(f"{path}: {_remedy(str(error))}") from error


def _remedy(message: str) -> str:
    """What the user can do about what DuckDB says; its own first line where nothing better is known."""
    first_line = message.splitlines()[0]
    if "lock" in message.lower() and (holder := re.search(r"PID (\d+)", message)):
        return f"another process ({holder[1]}) has the catalog open; wait for it to finish, or end it"
    remedies = {
        os.strerror(errno.ENOSPC): "the disk is full; free some space and run again: what was recorded before is kept",
        "not a valid DuckDB database": "not a catalog (no DuckDB file); name another --catalog",
        "newer version of DuckDB": f"written by a newer DuckDB; update Fracto ({first_line})",
        "Is a directory": "is a folder; name a file for --catalog",
        os.strerror(errno.EACCES): f"no permission to open or write it ({first_line})",
        os.strerror(errno.EROFS): f"it lies on a read-only file system ({first_line})",
    }
    return next((remedy for sign, remedy in remedies.items() if sign in message), first_line)
