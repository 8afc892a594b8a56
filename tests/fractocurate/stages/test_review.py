"""Mirrors ``fractocurate/stages/review.py``; what decisions do to matches is in ``test_matching``."""

import csv
from pathlib import Path
from typing import Any

import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from fractocurate.profile import load_profile
from fractocurate.progress import Silent
from fractocurate.review_sheet import COLUMNS
from fractocurate.stages.matching import match_images
from fractocurate.stages.review import DecisionSummary, record_decision, record_sheet
from fractocurate.why import explain

Plot = Any


def test_decision_moves_the_mark_of_the_accepted_candidate(sound: Plot) -> None:
    """Whoever looks at the candidates right after a review sees the one that the person chose, or none."""
    first, second = (row["instance_id"] for row in sound.rows["fracture_instances"])
    sound.add("match_candidates", path="a/1.png", rank=2, instance_id=second, foan="F-2", similarity=0.5)
    with Catalog.open(sound.write()) as catalog:
        for foan, accepted in (("F-2", second), ("F-1", first), (None, None)):
            record_decision(catalog, "a/1.png", foan, None, "R", "seen")
            marked = catalog.query("SELECT instance_id FROM match_candidates WHERE path = 'a/1.png' AND accepted")
            assert list(marked["instance_id"]) == ([accepted] if accepted else [])


def test_a_data_bar_alone_cannot_be_linked(sound: Plot) -> None:
    """There is no fracture surface on it; leaving it out is allowed."""
    sound.add_image("bar.png", crop_bottom_px=0)
    sound.match("bar.png", reason="nothing_but_a_data_bar")
    with Catalog.open(sound.write()) as catalog:
        with pytest.raises(BadInputError, match="data bar alone"):
            record_decision(catalog, "bar.png", "F-1", None, "R", "seen")
        record_decision(catalog, "bar.png", None, None, "R", "no picture")
        assert catalog.read("decisions").filter(path="bar.png").height == 1


@pytest.fixture
def doubtful(plot: Plot) -> Plot:
    """Three FOANs, one with two parts, and pictures in review; one picture lies in two files."""
    for foan, serial in (("F-1", "00123"), ("F-2", "22222"), ("F-2", "33333")):
        plot.add_instance(foan, serial, "material")
    for path in ("a.png", "b.png", "c.png"):
        plot.add_image(path)
        plot.match(path, status="review", reason="ambiguous_instance", guard="several")
    plot.add("files", kind="image", path="copy.png", sha256=plot.rows["files"][0]["sha256"])
    plot.match("copy.png", status="review", reason="ambiguous_instance", guard="several")
    return plot


def _sheet(plot: Plot, *rows: dict[str, str]) -> Path:
    """A filled-in sheet; a row names its file by ``path``, and its sha256 is looked up unless given."""
    sha_of = {row["path"]: str(row["sha256"]) for row in plot.rows["files"]}
    target = Path(plot.folder) / "filled.csv"
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for row in rows:
            writer.writerow({"reviewer": "R", "note": "seen", "sha256": sha_of.get(row["path"], "")} | row)
    return target


def _found(catalog: Catalog) -> dict[str, tuple[str, str | None, str | None]]:
    rows = catalog.query("SELECT path, status, foan, serial_number FROM dataset")
    return {path: tuple(rest) for path, *rest in rows.iter_rows()}  # type: ignore[misc]


def test_a_sheet_settles_pictures_at_once_and_for_good(doubtful: Plot) -> None:
    """All files with the same bytes follow, a renamed file keeps its decision, and the same sheet adds nothing."""
    sheet = _sheet(
        doubtful,
        {"path": "a.png", "decision": "link", "foan": "F-2", "serial_number": "33333"},
        {"path": "old name.png", "decision": "exclude", "sha256": str(doubtful.rows["files"][1]["sha256"])},
        {"path": "c.png", "note": "ask the laboratory"},
    )
    with Catalog.open(doubtful.write()) as catalog:
        assert record_sheet(catalog, sheet, Silent()) == DecisionSummary(2, 0)
        assert _found(catalog) == {
            "a.png": ("matched", "F-2", "33333"),
            "copy.png": ("matched", "F-2", "33333"),
            "b.png": ("unmatched", None, None),
            "c.png": ("review", None, None),
        }
        once = catalog.content_hash("decisions", "matches")
        assert record_sheet(catalog, sheet, Silent()) == DecisionSummary(0, 2)
        assert catalog.content_hash("decisions", "matches") == once
        record_decision(catalog, "a.png", "F-1", None, "S", "looked again")
        assert record_sheet(catalog, sheet, Silent()) == DecisionSummary(0, 2)
        assert _found(catalog)["a.png"] == ("matched", "F-1", "00123")
        match_images(catalog, load_profile(None), Silent())
        assert _found(catalog)["copy.png"] == ("matched", "F-1", "00123")
        said = [
            fact for link in explain(catalog, "copy.png") if link.title == "Decided by people" for fact in link.facts
        ]
        assert len(said) == 2


def test_every_problem_is_told_with_its_row_and_nothing_is_written(doubtful: Plot) -> None:
    """One bad row keeps the good ones out, and the message spares a second round."""
    sheet = _sheet(
        doubtful,
        {"path": "a.png", "decision": "link", "foan": "F-1"},
        {"path": "b.png", "decision": "link", "foan": "01.04.2021"},
        {"path": "b.png", "decision": "link", "foan": "F-1", "serial_number": "123"},
        {"path": "c.png", "decision": "link", "foan": "F-2"},
        {"path": "c.png", "decision": "maybe"},
        {"path": "c.png", "decision": "exclude", "sha256": "0" * 64},
        {"path": "a.png", "decision": "exclude", "sha256": str(doubtful.rows["files"][2]["sha256"])},
        {"path": "copy.png", "decision": "exclude"},
    )
    with Catalog.open(doubtful.write()) as catalog:
        before = catalog.content_hash("decisions", "matches")
        with pytest.raises(BadInputError) as error:
            record_sheet(catalog, sheet, Silent())
        assert catalog.content_hash("decisions", "matches") == before
    lines = str(error.value).splitlines()
    assert "nothing was recorded, because of 9 problem(s)" in lines[0]
    told = [
        ("row 2 ", "row(s) 9 decide otherwise"),
        ("row 3 ", "row(s) 4 decide otherwise"),
        ("row 3 ", "'01.04.2021'; a spreadsheet may have made a date"),
        ("row 4 ", "has lost its leading zeros; F-1 has 00123"),
        ("row 5 ", "F-2 has 2 instances; name its serial number"),
        ("row 6 ", "'maybe' is none of"),
        ("row 7 ", "no image of the catalog has this sha256"),
        ("row 8 ", "the file has other bytes now"),
    ]
    for row, problem in told:
        assert any(line.strip().startswith(row) and problem in line for line in lines[1:]), (row, problem, lines)
