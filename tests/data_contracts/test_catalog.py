"""The one door to the catalog: what goes in comes out, and nothing half-done or foreign gets in."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_contracts import catalog as catalog_module
from data_contracts.catalog import Catalog
from data_contracts.errors import CatalogError, ContractError, ExitCode
from data_contracts.schema import SCHEMA_VERSION
from data_contracts.tables import TABLES, key_columns, polars_schema

Row = dict[str, Any]
BlankRow = Callable[..., Row]

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def rows_of(table: str) -> st.SearchStrategy[list[Row]]:
    """Rows that satisfy a contract, made from the contract itself: nulls, ranges, patterns, vocabularies and keys."""
    contract = TABLES[table].to_schema().columns
    columns = {}
    for name, dtype in polars_schema(TABLES[table]).items():
        bounds = {key: value for check in contract[name].checks for key, value in (check.statistics or {}).items()}
        value = _values(dtype, bounds)
        columns[name] = st.none() | value if contract[name].nullable else value
    key = key_columns(TABLES[table])
    unique = [key, *((name,) for name, column in contract.items() if column.unique and (name,) != key)]
    by = tuple(_key_of(names) for names in unique)
    return st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=4, unique_by=by)


def _key_of(names: tuple[str, ...]) -> Callable[[Row], tuple[object, ...]]:
    return lambda row: tuple(row[name] for name in names)


def _values(dtype: pl.DataType, bounds: Row) -> st.SearchStrategy[Any]:
    low, high = bounds.get("min_value"), bounds.get("max_value")
    if "allowed_values" in bounds:
        return st.sampled_from(sorted(bounds["allowed_values"]))
    if dtype == pl.String():
        return st.from_regex(re.compile(bounds["pattern"], re.ASCII), fullmatch=True) if "pattern" in bounds else _TEXT
    if dtype == pl.Int64():
        return st.integers(-(2**63) if low is None else low + 1, 2**63 - 1 if high is None else high)
    if dtype == pl.Float64():
        inside = st.floats(low, high, allow_nan=False, allow_infinity=False)
        # Adding zero makes -0.0, which DuckDB does not tell from 0.0, the plain one.
        return inside.filter(lambda value: low is None or value > low).map(lambda value: value + 0.0)
    return {pl.Boolean(): st.booleans(), pl.Binary(): st.binary(max_size=20)}[dtype]


def _sorted(rows: list[Row]) -> list[str]:
    return sorted(repr(sorted(row.items())) for row in rows)


def _python(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


_HOLD = """
import sys
from pathlib import Path
from data_contracts.catalog import Catalog
with Catalog.open(Path(sys.argv[1])):
    print("open", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def reused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """One catalog for all examples, because making one takes longer than filling it."""
    with Catalog.open(tmp_path_factory.mktemp("reused") / "c.duckdb") as catalog:
        yield catalog


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=5)
@given(data=st.data())
def test_rows_that_satisfy_the_contract_come_out_as_they_went_in(
    table: str, reused: Catalog, data: st.DataObject
) -> None:
    """Every table keeps nulls, the whole range of its numbers, any text, and any bytes."""
    rows = data.draw(rows_of(table))
    reused.replace(table, rows)
    assert _sorted(reused.read(table).to_dicts()) == _sorted(rows)


@pytest.mark.parametrize("table", TABLES)
def test_row_that_breaks_the_contract_is_refused_and_changes_nothing(
    table: str, tmp_path: Path, blank_row: BlankRow
) -> None:
    """A batch with one bad row is refused as a whole."""
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        row = blank_row(table)
        with pytest.raises(ContractError, match=table):
            catalog.append(table, [row, row])
        assert catalog.read(table).is_empty()


def test_append_of_nothing_is_nothing(tmp_path: Path) -> None:
    """An empty batch is no error."""
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        catalog.append("failures", [])
        assert catalog.read("failures").is_empty()


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt, CatalogError])
def test_failed_transaction_leaves_the_catalog_as_it_was(
    error: type[BaseException], tmp_path: Path, blank_row: BlankRow
) -> None:
    """Whatever ends the block, deletes and inserts of it are undone, and the error goes on."""
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        kept = blank_row("failures", item="kept")
        catalog.append("failures", [kept])
        with pytest.raises(error), catalog.transaction():  # noqa: PT012 - the block is what is tested
            catalog.replace("failures", [blank_row("failures", item="lost")])
            catalog.set_meta("images_root", "lost")
            raise error("stop")
        assert catalog.read("failures").to_dicts() == [kept]
        assert catalog.meta("images_root") is None
        with catalog.transaction():
            catalog.append("failures", [blank_row("failures", item="next")])
    with Catalog.open_read_only(tmp_path / "c.duckdb") as catalog:
        assert sorted(catalog.read("failures")["item"]) == ["kept", "next"]


def test_what_was_recorded_survives_a_killed_process(tmp_path: Path) -> None:
    """A committed batch is on disk, a batch that was under way is not."""
    code = """
import os, signal, sys
from pathlib import Path
from data_contracts.catalog import Catalog
row = {"stage": "reports", "item": "", "reason": "corrupt", "detail": ""}
catalog = Catalog.open(Path(sys.argv[1]))
with catalog.transaction():
    catalog.append("failures", [row | {"item": "first"}])
with catalog.transaction():
    catalog.append("failures", [row | {"item": "second"}])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    with _python(code, str(tmp_path / "c.duckdb")) as process:
        assert process.wait() < 0
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        assert catalog.read("failures")["item"].to_list() == ["first"]


def test_replace_keeps_the_rows_it_is_not_about(tmp_path: Path, blank_row: BlankRow) -> None:
    """Only rows whose columns equal what is given are replaced."""
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        catalog.append("failures", [blank_row("failures", stage=stage, item="x") for stage in ("reports", "labels")])
        catalog.replace("failures", [blank_row("failures", stage="labels", item="y")], stage="labels")
        assert {(r["stage"], r["item"]) for r in catalog.read("failures").to_dicts()} == {
            ("reports", "x"),
            ("labels", "y"),
        }


def test_delete_takes_exactly_the_values_named(tmp_path: Path, blank_row: BlankRow) -> None:
    """Quotes and semicolons in a value are text, no value at all deletes nothing, and further columns narrow it."""
    names = ["plain", "it's; DROP TABLE failures", 'say "x"']
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        catalog.append("failures", [blank_row("failures", stage="reports", item=name) for name in names])
        catalog.delete("failures", "item", [])
        catalog.delete("failures", "item", names, stage="labels")
        assert catalog.read("failures").height == 3
        catalog.delete("failures", "item", names[1:], stage="reports")
        assert catalog.read("failures")["item"].to_list() == ["plain"]


def test_update_sets_columns_of_the_rows_named(tmp_path: Path, blank_row: BlankRow) -> None:
    """Other rows and other columns stay."""
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        catalog.append("runs", [blank_row("runs", run_id=name, outcome="running") for name in ("a", "b")])
        catalog.update("runs", {"run_id": "a"}, {"outcome": "failed", "finished_at": "now"})
        rows = {row["run_id"]: (row["outcome"], row["finished_at"]) for row in catalog.read("runs").to_dicts()}
        assert rows == {"a": ("failed", "now"), "b": ("running", None)}


def test_no_other_relation_can_be_read_or_written(tmp_path: Path) -> None:
    """A name that is no table of the catalog never reaches SQL."""
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        for call in (lambda: catalog.read("sqlite_master"), lambda: catalog.replace("x; DROP TABLE files", [])):
            with pytest.raises(ValueError, match="no table or view"):
                call()


@given(rows=rows_of("failures"), order=st.randoms(use_true_random=False))
@settings(max_examples=10)
def test_content_hash_does_not_depend_on_the_order_of_rows(reused: Catalog, rows: list[Row], order: Any) -> None:
    """Equal rows make equal hashes however they came in; one row less makes another."""
    shuffled = list(rows)
    order.shuffle(shuffled)
    hashes = []
    for batch in (rows, shuffled, rows[1:]):
        reused.replace("failures", [])
        for row in batch:
            reused.append("failures", [row])
        hashes.append(reused.content_hash("failures"))
    assert hashes[0] == hashes[1] != hashes[2]


def test_content_hash_tells_null_from_empty(tmp_path: Path, blank_row: BlankRow) -> None:
    """Unknown and empty are different contents, and so are equal rows of different tables."""
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        hashes = set()
        for foan in (None, "", "null"):
            catalog.replace("fracture_instances", [blank_row("fracture_instances", foan=foan)])
            hashes.add(catalog.content_hash("fracture_instances"))
        assert len(hashes) == 3
        assert catalog.content_hash("reports") != catalog.content_hash("runs")


def test_content_hash_covers_bytes(tmp_path: Path, blank_row: BlankRow) -> None:
    """A thumbnail that differs in one byte makes another hash."""
    with Catalog.open(tmp_path / "c.duckdb") as catalog:
        hashes = set()
        for content in (b"\x00\xff", b"\x00\xfe"):
            catalog.replace("fingerprints", [blank_row("fingerprints", thumbnail_png=content)])
            hashes.add(catalog.content_hash("fingerprints"))
        assert len(hashes) == 2


def test_second_writer_is_told_which_process_has_the_catalog(tmp_path: Path) -> None:
    """Neither a writer nor a reader gets in while another process writes; both are told its process id."""
    path = tmp_path / "c.duckdb"
    with _python(_HOLD, str(path)) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        for opening in (Catalog.open, Catalog.open_read_only):
            with pytest.raises(CatalogError, match=rf"another process \({holder.pid}\).*wait"):
                opening(path)
        holder.communicate("\n")
    with Catalog.open(path) as catalog:
        assert catalog.read("files").is_empty()


def test_readers_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Any number of readers may have the catalog open; none of them can write."""
    path = tmp_path / "c.duckdb"
    Catalog.open(path).close()
    with Catalog.open_read_only(path) as one, Catalog.open_read_only(path) as two:
        assert one.read("files").equals(two.read("files"))
        with pytest.raises(CatalogError, match=r"c\.duckdb"):
            one.set_meta("x", "y")


def test_missing_catalog_is_made_by_a_writer_only(tmp_path: Path) -> None:
    """A reader is told which command makes a catalog, and leaves nothing behind."""
    path = tmp_path / "c.duckdb"
    with pytest.raises(CatalogError, match=r"no such catalog; `fracto ingest"):
        Catalog.open_read_only(path)
    assert list(tmp_path.iterdir()) == []
    Catalog.open(path).close()
    assert [p.name for p in tmp_path.iterdir()] == ["c.duckdb"]


def test_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """A catalog is not made in a folder that is not there."""
    with pytest.raises(CatalogError, match="there is no folder"):
        Catalog.open(tmp_path / "missing" / "c.duckdb")


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00" * 8, b"%PDF-1.7\n" * 1000, b"x"])
@pytest.mark.parametrize("opening", [Catalog.open, Catalog.open_read_only])
def test_file_that_is_no_catalog_is_refused_and_left_alone(
    opening: Callable[[Path], Catalog], content: bytes, tmp_path: Path
) -> None:
    """Empty and foreign files keep every byte, and the message says what to do."""
    path = tmp_path / "notes.duckdb"
    path.write_bytes(content)
    with pytest.raises(CatalogError, match=r"not a catalog.*name another --catalog") as caught:
        opening(path)
    assert path.read_bytes() == content
    assert caught.value.exit_code == ExitCode.BAD_INPUT


@pytest.mark.parametrize("sql", ["CREATE TABLE mine (x INT)", "CREATE TABLE catalog_meta (x INT)"])
def test_foreign_database_is_refused(sql: str, tmp_path: Path) -> None:
    """A DuckDB file that somebody made for something else is not taken over, even if a table has our table's name."""
    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(sql)
    for opening in (Catalog.open, Catalog.open_read_only):
        with pytest.raises(CatalogError, match="not a Fracto catalog"):
            opening(path)


def test_folder_is_no_catalog(tmp_path: Path) -> None:
    """A folder in place of the file is named as such."""
    for opening in (Catalog.open, Catalog.open_read_only):
        with pytest.raises(CatalogError, match=r"is a folder"):
            opening(tmp_path)


def test_catalog_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """An older Fracto never guesses at a newer catalog."""
    path = tmp_path / "c.duckdb"
    with Catalog.open(path) as catalog:
        catalog.set_meta("schema_version", str(SCHEMA_VERSION + 1))
    for opening in (Catalog.open, Catalog.open_read_only):
        with pytest.raises(CatalogError, match=rf"newer Fracto \(catalog version {SCHEMA_VERSION + 1}.*update Fracto"):
            opening(path)


def test_catalog_cannot_be_made_in_a_read_only_folder(
    guarded_folder: Path, unprivileged: Callable[[], contextlib.AbstractContextManager[None]]
) -> None:
    """The message says which folder and why."""
    guarded_folder.chmod(0o555)
    with unprivileged(), pytest.raises(CatalogError, match=r"cannot make a catalog in .*: Permission denied"):
        Catalog.open(guarded_folder / "c.duckdb")


def test_read_only_catalog_can_be_read_but_not_opened_for_writing(
    guarded_folder: Path, unprivileged: Callable[[], contextlib.AbstractContextManager[None]]
) -> None:
    """Who may only read the file still gets `status` and `why`."""
    path = guarded_folder / "c.duckdb"
    Catalog.open(path).close()
    path.chmod(0o444)
    guarded_folder.chmod(0o555)
    with unprivileged():
        with Catalog.open_read_only(path) as catalog:
            assert catalog.read("files").is_empty()
        with pytest.raises(CatalogError, match="no permission"):
            Catalog.open(path)


def test_file_system_without_hard_links_holds_a_catalog_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ExFAT sticks and some network shares know no hard links; the catalog appears whole and alone all the same."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "c.duckdb"
    with Catalog.open(path) as catalog:
        catalog.set_meta("door", "reports")
    with Catalog.open(path) as catalog:
        assert catalog.meta("door") == "reports"
    assert [p.name for p in tmp_path.iterdir()] == ["c.duckdb"]


def test_catalog_made_meanwhile_by_another_process_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two processes that make the same catalog, the slower one takes what is there."""
    path = tmp_path / "c.duckdb"
    true_link = os.link

    def slower(source: Path, target: Path) -> None:
        monkeypatch.setattr(os, "link", true_link)
        with Catalog.open(target) as faster:
            faster.set_meta("door", "labels")
        true_link(source, target)

    monkeypatch.setattr(os, "link", slower)
    with Catalog.open(path) as catalog:
        assert catalog.meta("door") == "labels"


@pytest.mark.parametrize(
    ("message", "remedy"),
    [
        ('IO Error: Could not write file "c": No space left on device', "the disk is full; free some space"),
        ("IO Error: cannot open: Read-only file system", "read-only file system"),
        ("IO Error: ... newer version of DuckDB. The storage", "written by a newer DuckDB; update Fracto"),
        ("Something new\nand its details", "Something new"),
    ],
)
def test_errors_of_the_database_become_advice(message: str, remedy: str) -> None:
    """Known causes are named with their remedy; of others the first line is shown."""
    shown = catalog_module._remedy(message)
    assert remedy in shown
    assert "\n" not in shown


def test_no_memory_left_is_an_error_about_the_catalog(tmp_path: Path) -> None:
    """A full temporary disk comes from DuckDB as a lack of memory."""
    with pytest.raises(CatalogError, match=r"c\.duckdb: .*offload"), catalog_module._translated(tmp_path / "c.duckdb"):
        raise duckdb.OutOfMemoryException("Out of Memory Error: failed to offload data block")
