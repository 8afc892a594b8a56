"""Labels from a table instead of reports: CSV, Excel, parquet and the authors' own format, the same catalog."""

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from running import Ingested, Outcome, Site, fracto

from data_contracts.catalog import Catalog

Command = Callable[..., Outcome]


@pytest.fixture(scope="module")
def labelled_site(ingested: Ingested, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Eight labelled images of two classes, two without a label, and their table in three formats."""
    whole = ingested.site
    site = Site(tmp_path_factory.mktemp("labelled"))
    shutil.copy2(whole.profile, site.profile)
    table = pl.read_csv(whole.root / "labels.csv", infer_schema=False).sort("file")
    chosen = pl.concat([part.head(4) for _, part in table.group_by("fracture_cause", maintain_order=True)][:2])
    chosen.write_csv(site.root / "labels.csv")
    book = openpyxl.Workbook()
    for row in [chosen.columns, *chosen.rows()]:
        book.active.append(list(row))
    book.save(site.root / "labels.xlsx")
    chosen.write_parquet(site.root / "labels.parquet")
    others = [row["file"].removeprefix("images/") for row in whole.truth("images") if row["expect"] == "unmatched"][:2]
    for file in [*chosen["file"], *others]:
        target = site.images / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(whole.images / file, target)
    return site


def ingest_labels(site: Site, table: str, catalog: Path, *options: object) -> Outcome:
    """The door for laboratories that have a table."""
    arguments = ["ingest", "--labels", site.root / table, site.images, "--profile", site.profile, "-c", catalog]
    return fracto(*arguments, "--jobs", 2, "--json", *options)


@pytest.fixture(scope="module")
def by_csv(labelled_site: Site) -> Outcome:
    """The catalog made from the CSV."""
    return ingest_labels(labelled_site, "labels.csv", labelled_site.catalog)


def labels_of(catalog: Path) -> pl.DataFrame:
    """What the dataset says about labels."""
    with Catalog.open_read_only(catalog) as opened:
        return opened.query(
            "SELECT path, status, reason, foan, serial_number, defect_class, sub_type, magnification, match_method "
            "FROM dataset ORDER BY path",
        )


def test_table_labels_exactly_the_files_it_names(labelled_site: Site, by_csv: Outcome, command: Command) -> None:
    """Every named file has its row's label, every other is unmatched with a reason; the contracts hold."""
    assert by_csv.code == 0, by_csv.err
    table = {row["file"]: row for row in pl.read_csv(labelled_site.root / "labels.csv").iter_rows(named=True)}
    dataset = {row["path"]: row for row in labels_of(labelled_site.catalog).iter_rows(named=True)}
    assert len(dataset) == len(table) + 2
    for path, row in dataset.items():
        if path in table:
            said = table[path]
            assert (row["foan"], row["serial_number"], row["defect_class"], row["match_method"]) == (
                said["foan"],
                said["serial_number"],
                said["fracture_cause"],
                "label_table",
            )
        else:
            assert (row["status"], row["reason"]) == ("unmatched", "not_in_label_table")
    assert command("validate", "-c", labelled_site.catalog).code == 0
    status = command("status", "-c", labelled_site.catalog, "--json")
    assert status.figures["images_by_status"] == {"matched": len(table), "unmatched": 2}
    why = command("why", next(iter(table)), "-c", labelled_site.catalog)
    assert "labels.csv#" in why.out


@pytest.mark.parametrize("table", ["labels.xlsx", "labels.parquet"])
def test_every_format_gives_the_same_labels(labelled_site: Site, by_csv: Outcome, tmp_path: Path, table: str) -> None:
    """Excel and parquet say what the CSV says; the images are not read again for it."""
    catalog = Path(shutil.copy(labelled_site.catalog, tmp_path / "catalog.duckdb"))
    outcome = ingest_labels(labelled_site, table, catalog)
    assert outcome.code == by_csv.code == 0, outcome.err
    assert outcome.figures["micrographs"]["n_done"] == 0
    assert labels_of(catalog).equals(labels_of(labelled_site.catalog))


def test_table_of_the_authors_loader_works_as_it_is(
    labelled_site: Site, by_csv: Outcome, command: Command, tmp_path: Path
) -> None:
    """filename, fractureType, magnification_value, without a profile: what `fracto export` writes comes in again."""
    assert by_csv.code == 0
    table = tmp_path / "fractovit.csv"
    assert command("export", table, "--format", "fractovit", "-c", labelled_site.catalog).code == 0
    catalog = Path(shutil.copy(labelled_site.catalog, tmp_path / "catalog.duckdb"))
    outcome = fracto("ingest", "--labels", table, labelled_site.images, "-c", catalog, "--jobs", 1, "--json")
    assert outcome.code == 0, outcome.err
    columns = ["path", "status", "defect_class", "magnification"]
    assert labels_of(catalog)[columns].equals(labels_of(labelled_site.catalog)[columns])
    assert command("validate", "-c", catalog).code == 0


def test_audit_works_on_labels_from_a_table(
    labelled_site: Site, by_csv: Outcome, command: Command, tmp_path: Path
) -> None:
    """The same folds and leakage as for labels from reports."""
    assert by_csv.code == 0
    catalog = Path(shutil.copy(labelled_site.catalog, tmp_path / "catalog.duckdb"))
    outcome = command("audit", "-c", catalog, "--folds", 2, "--self-test", 0, "--jobs", 1, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.figures["n_files"] == 8
    assert command("validate", "-c", catalog).code == 0


def test_rows_that_name_no_file_are_failures(labelled_site: Site, by_csv: Outcome, tmp_path: Path) -> None:
    """A row about a file that is not there is listed with its number, and all others keep their labels."""
    assert by_csv.code == 0
    catalog = Path(shutil.copy(labelled_site.catalog, tmp_path / "catalog.duckdb"))
    table = tmp_path / "labels.csv"
    with (labelled_site.root / "labels.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    rows.insert(2, ["gone.tif", *rows[1][1:]])
    with table.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    outcome = fracto(
        "ingest", "--labels", table, labelled_site.images, "-p", labelled_site.profile, "-c", catalog, "--json"
    )
    assert outcome.code == 6
    assert [(f["item"], f["reason"]) for f in outcome.figures["failures"]] == [("labels.csv#2", "vanished")]
    assert labels_of(catalog).equals(labels_of(labelled_site.catalog))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("labels.csv", "a,b\n1,2\n", "has no column for file_name and defect_class"),
        ("labels.csv", "", "no rows"),
        ("labels.xlsx", "no workbook", "not a table"),
        ("labels.parquet", "no parquet", "not a table"),
        ("labels.json", "{}", ".csv, .xlsx or .parquet"),
    ],
)
def test_table_that_cannot_be_used_is_refused_before_any_reading(
    labelled_site: Site, command: Command, tmp_path: Path, name: str, content: str, said: str
) -> None:
    """Exit code 3 and a sentence, before a single image is read."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    catalog = tmp_path / "catalog.duckdb"
    outcome = command("ingest", "--labels", tmp_path / name, labelled_site.images, "-c", catalog)
    assert (outcome.code, said in outcome.err) == (3, True), outcome.err
    with Catalog.open_read_only(catalog) as opened:
        assert opened.read("micrographs").is_empty()


def test_catalog_of_one_door_is_closed_to_the_other(labelled_site: Site, by_csv: Outcome, command: Command) -> None:
    """Labels come from reports or from a table, never from both: usage error."""
    assert by_csv.code == 0
    outcome = command(
        "ingest", labelled_site.images, labelled_site.images, "-c", labelled_site.catalog, "-p", labelled_site.profile
    )
    assert (outcome.code, "name another --catalog" in outcome.err) == (2, True)
