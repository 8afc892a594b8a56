"""A table of labels fills the same tables as reports do, and never labels what it leaves open."""

from pathlib import Path
from typing import Any

import pytest

from data_contracts.catalog import Catalog
from data_contracts.validation import validate
from fractocurate.profile import load_profile
from fractocurate.progress import Silent
from fractocurate.stages.labels import record_labels
from fractocurate.stages.review import record_decision

Plot = Any
_PROFILE = load_profile(None)


def _record(catalog: Catalog, folder: Path, text: str) -> list[tuple[str, str]]:
    table = folder / "labels.csv"
    table.write_text(text, encoding="utf-8")
    return [(f.item, str(f.reason)) for f in record_labels(catalog, table, _PROFILE, Silent())]


def _dataset(catalog: Catalog) -> dict[str, dict[str, Any]]:
    assert validate(catalog) == []
    return {row["path"]: row for row in catalog.read("dataset").to_dicts()}


def _copy(plot: Plot, path: str, of: str) -> None:
    sha256 = next(row["sha256"] for row in plot.rows["files"] if row["path"] == of)
    plot.add("files", kind="image", path=path, sha256=sha256)


def test_lineslabel_the_files_they_name_and_no_others(plot: Plot, tmp_path: Path) -> None:
    """Unnamed files are unmatched, rows without a file or with several are failures, the rest is matched."""
    for path in ("x/a.tif", "y/a.tif", "b.tif", "c.tif"):
        plot.add_image(path)
    with Catalog.open(plot.write()) as catalog:
        lines = ["b,material,FOAN-2020-0001,12345,500", "a.tif,material,,,", "z.tif,material,,,", ",material,,,"]
        table = "\n".join(["filename,class,foan,serial,mag", *lines])
        assert _record(catalog, tmp_path, table) == [
            ("labels.csv#2", "ambiguous"), ("labels.csv#3", "vanished"), ("labels.csv#4", "vanished")
        ]  # fmt: skip
        rows = _dataset(catalog)
    assert {p: (r["status"], r["reason"]) for p, r in rows.items()} == {
        "b.tif": ("matched", None),
        **dict.fromkeys(("c.tif", "x/a.tif", "y/a.tif"), ("unmatched", "not_in_label_table")),
    }
    b = rows["b.tif"]
    assert (b["foan"], b["serial_number"], b["defect_class"], b["magnification"], b["match_method"]) == (
        "FOAN-2020-0001", "12345", "material", 500.0, "label_table"
    )  # fmt: skip
    assert b["report_path"] == "labels.csv#1"


@pytest.mark.parametrize(
    ("rows", "status", "reason"),
    [
        ("a.tif,material,,\nb.tif,material,,", "matched", None),
        ("a.tif,material,,\nb.tif,green body,,", "review", "conflicting_labels"),
        ("a.tif,material,FOAN-2020-0001,\nb.tif,material,FOAN-2020-0002,", "review", "conflicting_labels"),
        ("a.tif,material,FOAN-2020-0001,11111\nb.tif,material,FOAN-2020-0001,22222", "review", "conflicting_labels"),
        ("a.tif,material,,\nb.tif,material,FOAN-2020-0001,11111", "matched", None),
        ("a.tif,material,FOAN-2020-1,\nb.tif,material,,", "review", "label_not_understood"),
        ("a.tif,material,,\na.tif,material,,\nb.tif,material,,", "matched", None),
        ("a.tif,material,,\na.tif,hard machining,,\nb.tif,material,,", "review", "conflicting_labels"),
        ("a.tif,gremlins,,\nb.tif,gremlins,,", "review", "label_not_understood"),
    ],
)
def test_same_bytes_have_the_same_label_or_go_to_review(
    rows: str, status: str, reason: str | None, plot: Plot, tmp_path: Path
) -> None:
    """All rows about one picture must agree; a row that is silent about the FOAN contradicts none."""
    plot.add_image("a.tif")
    _copy(plot, "b.tif", "a.tif")
    with Catalog.open(plot.write()) as catalog:
        assert _record(catalog, tmp_path, f"filename,class,foan,serial\n{rows}\n") == []
        dataset = _dataset(catalog)
    assert {(r["status"], r["reason"]) for r in dataset.values()} == {(status, reason)}
    assert len({r["instance_id"] for r in dataset.values()}) == 1
    if status == "matched" and "FOAN" in rows:
        assert {r["foan"] for r in dataset.values()} == {"FOAN-2020-0001"}


def test_foan_in_the_file_name_groups_images_of_a_table_without_foans(plot: Plot, tmp_path: Path) -> None:
    """Images of one FOAN and class become one instance, the evidence says where the FOAN stands."""
    names = ["FOAN-2020-0001_a.tif", "FOAN-2020-0001_b.tif", "FOAN-2020-0002_a.tif", "plain.tif"]
    for name in names:
        plot.add_image(name)
    table = "filename,fractureType\n" + "".join(f"{name},material_defect\n" for name in names)
    with Catalog.open(plot.write()) as catalog:
        assert _record(catalog, tmp_path, table) == []
        rows = _dataset(catalog)
        evidence = dict(catalog.query("SELECT path, evidence FROM matches").iter_rows())
        raw = set(catalog.read("fracture_instances")["foan_raw"])
        readings = set(catalog.query("SELECT subject_id, method FROM readings WHERE field = 'foan'").iter_rows())
    assert [rows[n]["foan"] for n in names] == ["FOAN-2020-0001", "FOAN-2020-0001", "FOAN-2020-0002", None]
    assert rows[names[0]]["instance_id"] == rows[names[1]]["instance_id"]
    assert len({rows[n]["instance_id"] for n in names}) == 3
    assert "the FOAN stands in the file name" in evidence[names[0]]
    assert "file name" not in evidence["plain.tif"]
    assert raw == {"FOAN-2020-0001", "FOAN-2020-0002", ""}
    assert readings == {(name, "file_name") for name in names[:3]}


def test_what_a_person_decided_survives_the_next_table(plot: Plot, tmp_path: Path) -> None:
    """Human decisions overrule the table, at every later ingest."""
    for path in ("a.tif", "b.tif"):
        plot.add_image(path)
    table = "filename,class,foan\na.tif,material,FOAN-2020-0001\nb.tif,green body,FOAN-2020-0002\n"
    with Catalog.open(plot.write()) as catalog:
        _record(catalog, tmp_path, table)
        record_decision(catalog, "a.tif", "FOAN-2020-0002", None, "R", "seen")
        record_decision(catalog, "b.tif", None, None, "R", "blurred")
        for _ in range(2):
            rows = _dataset(catalog)
            assert (rows["a.tif"]["defect_class"], rows["a.tif"]["match_method"]) == ("green_body", "reviewed")
            assert (rows["b.tif"]["status"], rows["b.tif"]["reason"]) == ("unmatched", "excluded_by_reviewer")
            _record(catalog, tmp_path, table)
