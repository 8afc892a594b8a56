"""The review sheet goes out to a spreadsheet and comes back, whatever the spreadsheet does to it."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from fractocurate.review_sheet import COLUMNS, _as_meant, _as_text, read_review_sheet, write_review_sheet

Plot = Any


@pytest.fixture
def catalog(plot: Plot) -> Path:
    """Two pictures in review, one of them in two files whose names begin like formulas, and one that is matched."""
    first = plot.add_instance("F-1", "00123", "material")
    second = plot.add_instance("F-2", "22222", "green_body")
    for path in ("=a.png", 'b "x"\nü.png', "c.png"):
        plot.add_image(path)
    plot.add("files", kind="image", path="z.png", sha256=plot.rows["files"][0]["sha256"])
    doubt = {"status": "review", "reason": "ambiguous_foan", "guard": "two, or more", "evidence": "name; folder"}
    for path in ("=a.png", 'b "x"\nü.png', "z.png"):
        plot.match(path, **doubt)
    plot.match("c.png", first)
    plot.add("match_candidates", path="=a.png", rank=1, instance_id=second, foan="F-2")
    plot.add("match_candidates", path="z.png", rank=1, instance_id=first, foan="F-1")
    plot.add("match_candidates", path="z.png", rank=2, instance_id=second, foan="F-2")
    return Path(plot.write())


def _written(catalog: Path, target: Path) -> list[dict[str, str]]:
    with Catalog.open_read_only(catalog) as opened:
        assert write_review_sheet(opened, target) == 2
    with target.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_sheet_has_one_row_per_doubtful_picture(catalog: Path, tmp_path: Path) -> None:
    """What is known, the candidates of all its files in their order, its copies, and columns for the curator."""
    first, second = _written(catalog, tmp_path / "review.csv")
    assert first["reason"] == "ambiguous_foan"
    assert (first["guard"], first["evidence"], first["same_bytes"]) == ("two, or more", "name; folder", "z.png")
    assert [first[f"candidate_{n}_foan"] for n in (1, 2, 3)] == ["F-2", "F-1", ""]
    assert (first["candidate_2_serial_number"], first["candidate_2_class"]) == ("00123", "material")
    assert {first[name] for name in ("decision", "foan", "serial_number", "reviewer", "note")} == {""}
    assert second["path"] == 'b "x"\nü.png'


def test_nothing_in_a_sheet_is_taken_for_a_formula(catalog: Path, tmp_path: Path) -> None:
    """In CSV an apostrophe stands before it; in Excel every cell is text."""
    assert _written(catalog, tmp_path / "review.csv")[0]["path"] == "'=a.png"
    with Catalog.open_read_only(catalog) as opened:
        write_review_sheet(opened, tmp_path / "review.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "review.xlsx").active
    assert sheet["A2"].value == "=a.png"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} == {"s"}
    assert {cell.number_format for row in sheet.iter_rows() for cell in row} == {"@"}


@given(st.text())
def test_what_is_escaped_comes_back(text: str) -> None:
    """Reading undoes what writing did, but for white space around a cell."""
    assert _as_meant(_as_text(text.strip())) == text.strip()
    assert _as_text(text)[:1] not in {"=", "+", "-", "@"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_decisions_come_back_from_any_spreadsheet(catalog: Path, tmp_path: Path, delimiter: str, encoding: str) -> None:
    """Semicolons, marks of byte order, UTF-16, quoted line ends; a row without a decision stays open."""
    rows = _written(catalog, tmp_path / "review.csv")
    rows[0] |= {"decision": "2", "reviewer": "R. Müller", "note": "seen;\nboth, in fact"}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "back.csv").write_bytes(text.getvalue().encode(encoding))
    (decision,), problems = read_review_sheet(tmp_path / "back.csv")
    assert problems == []
    assert (decision.row, decision.path, decision.action) == (2, "=a.png", "link")
    assert (decision.foan, decision.serial_number) == ("F-1", "00123")
    assert (decision.reviewer, decision.note) == ("R. Müller", "seen;\nboth, in fact")


def test_decisions_come_back_from_excel(catalog: Path, tmp_path: Path) -> None:
    """Leading zeros survive, and a candidate's number may have become a number."""
    with Catalog.open_read_only(catalog) as opened:
        write_review_sheet(opened, tmp_path / "review.xlsx")
    book = openpyxl.load_workbook(tmp_path / "review.xlsx")
    for name, value in (("decision", 2), ("reviewer", "R"), ("note", "seen")):
        book.active.cell(2, COLUMNS.index(name) + 1).value = value
    book.save(tmp_path / "back.xlsx")
    (decision,), problems = read_review_sheet(tmp_path / "back.xlsx")
    assert (decision.foan, decision.serial_number, problems) == ("F-1", "00123", [])


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"decision": "4"}, "decision '4' is none of 1 to 3, link, exclude"),
        ({"decision": "3"}, "has no candidate 3"),
        ({"decision": "1", "foan": "F-1"}, "chooses candidate 1 and names a FOAN"),
        ({"decision": "link"}, "says link, but not to which FOAN"),
        ({"decision": "exclude", "serial_number": "1"}, "says exclude, but names"),
        ({"foan": "F-1"}, "its decision is empty"),
        ({"decision": "exclude", "reviewer": ""}, "reviewer is empty"),
        ({"decision": "exclude", "note": " "}, "note is empty"),
        ({"decision": "exclude", "sha256": "1,2E+63"}, "is no sha256"),
    ],
)
def test_rows_that_say_nothing_clear_are_problems(
    catalog: Path, tmp_path: Path, cells: dict[str, str], problem: str
) -> None:
    """Each names its row and file; nothing is guessed."""
    rows = _written(catalog, tmp_path / "review.csv")
    rows[0] |= {"reviewer": "R", "note": "n"} | cells
    with (tmp_path / "back.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    decisions, problems = read_review_sheet(tmp_path / "back.csv")
    assert decisions == []
    assert any(p.startswith("row 2 (=a.png): ") and problem in p for p in problems), problems


def test_other_tables_and_targets_are_refused(catalog: Path, tmp_path: Path) -> None:
    """A sheet needs its columns; an existing file is never overwritten."""
    (tmp_path / "other.csv").write_text("path,decision\na,1\n")
    with pytest.raises(BadInputError, match="has no column sha256, foan"):
        read_review_sheet(tmp_path / "other.csv")
    with Catalog.open_read_only(catalog) as opened:
        with pytest.raises(UsageError, match="exists already"):
            write_review_sheet(opened, tmp_path / "other.csv")
        with pytest.raises(UsageError, match=r"is a \.csv or an \.xlsx"):
            write_review_sheet(opened, tmp_path / "sheet.ods")
