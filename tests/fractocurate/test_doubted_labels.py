"""Labels that a model doubts come to the review sheet, and leave it once they are settled."""

from pathlib import Path
from typing import Any

import pytest

from data_contracts.catalog import Catalog
from fractocurate.doubts import LABEL_DOUBTED, Doubt, doubted_labels
from fractocurate.review_sheet import write_review_sheet
from fractocurate.text_table import read_text_table

Plot = Any


def _doubt(plot: Plot, path: str, run_id: str = "train-2", rank: int = 1, **columns: object) -> None:
    (sha256,) = (row["sha256"] for row in plot.rows["files"] if row["path"] == path)
    issue = {
        "given_class": "material",
        "suggested_class": "green_body",
        "given_probability": 0.04,
        "suggested_probability": 0.91,
    }
    plot.add("label_issues", run_id=run_id, path=path, sha256=sha256, rank=rank, **(issue | columns))


@pytest.fixture
def trained(plot: Plot) -> Plot:
    """Two images of one part, and two training runs with answers."""
    instance = plot.add_instance("F-1", "111", "material")
    for path in ("1.png", "2.png"):
        plot.add_image(path)
        plot.match(path, instance)
    for day in (1, 2):
        plot.add("runs", run_id=f"train-{day}", command="train", outcome="finished", started_at=f"2026-01-0{day}")
        plot.add(
            "predictions",
            run_id=f"train-{day}",
            path="1.png",
            true_class="material",
            predicted_class="green_body",
        )
    return plot


def _doubts(plot: Plot) -> list[Doubt]:
    with Catalog.open_read_only(plot.write()) as catalog:
        return list(doubted_labels(catalog))


def test_the_latest_run_speaks_strongest_suspicion_first(trained: Plot) -> None:
    """Label, how it came about, what the model says with which probability; an older run is silent."""
    _doubt(trained, "1.png", run_id="train-1")
    _doubt(trained, "1.png", rank=2)
    _doubt(trained, "2.png", rank=1)
    found = _doubts(trained)
    assert [(d.path, d.reason) for d in found] == [("2.png", LABEL_DOUBTED), ("1.png", LABEL_DOUBTED)]
    assert "is labelled material (link: " in found[0].detail
    assert "says green_body with probability 0.91, material with 0.04" in found[0].detail
    assert "suspicion 1 of train-2" in found[0].detail


def test_a_label_that_changed_or_was_decided_is_settled(trained: Plot) -> None:
    """The doubt was about another label, or a person has looked since."""
    _doubt(trained, "1.png", given_class="hard_machining")
    _doubt(trained, "2.png", rank=2)
    for row in trained.rows["matches"]:
        if row["path"] == "2.png":
            row["method"] = "reviewed"
    assert not _doubts(trained)


def test_a_renamed_file_keeps_its_doubt(trained: Plot) -> None:
    """The picture is known by its bytes."""
    _doubt(trained, "1.png")
    trained.rows["label_issues"][0]["path"] = "old name.png"
    assert [d.path for d in _doubts(trained)] == ["1.png"]


def test_sheet_lists_it_with_the_part_it_is_linked_to(trained: Plot, tmp_path: Path) -> None:
    """A row with reason and evidence, as any other doubt."""
    _doubt(trained, "1.png")
    with Catalog.open_read_only(trained.write()) as catalog:
        assert write_review_sheet(catalog, tmp_path / "sheet.csv") == 1
    (row,) = read_text_table(tmp_path / "sheet.csv", "review sheet").to_dicts()
    assert (row["path"], row["reason"], row["known_foan"]) == ("1.png", LABEL_DOUBTED, "F-1")
    assert "says green_body with probability 0.91" in row["evidence"]
