"""Labels that a model doubts come to the review sheet, and leave it once they are settled."""

import json
from pathlib import Path
from typing import Any

import pytest

from data_contracts.catalog import Catalog
from data_contracts.chance import macro_f1_by_chance
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


def _train(plot: Plot, run_id: str, started_at: str, low: float | None = 0.6) -> None:
    """A run with answers right for five of six frames: by chance they would reach 0.49; ``low`` ends its interval."""
    settings = json.dumps({"cv": {"selection": "inner"}})
    plot.add("runs", run_id=run_id, command="train", outcome="finished", started_at=started_at, settings=settings)
    right = [("1.png", "material", "green_body")]
    right += [(f"{i}.tif", name, name) for i, name in enumerate(["material", "material", "material", "green_body"])]
    for path, true, answered in [*right, ("9.tif", "green_body", "green_body")]:
        plot.add("predictions", run_id=run_id, path=path, true_class=true, predicted_class=answered)
    figures = {"macro_f1": 0.83, "macro_f1:bootstrap_low": low, "macro_f1:bootstrap_high": 0.9}
    for metric, value in figures.items():
        if value is not None:
            _figure(plot, run_id, "inner", metric, value)
            _figure(plot, run_id, "last", metric, 0.1)


def _figure(plot: Plot, run_id: str, selection: str, metric: str, value: float) -> None:
    plot.add(
        "fold_metrics", run_id=run_id, fold=-1, part="validation", selection=selection, metric=metric,
        defect_class="all", value=value,
    )  # fmt: skip


@pytest.fixture
def trained(plot: Plot) -> Plot:
    """Two images of one part, and two training runs with answers."""
    instance = plot.add_instance("F-1", "111", "material")
    for path in ("1.png", "2.png"):
        plot.add_image(path)
        plot.match(path, instance)
    for day in (1, 2):
        _train(plot, f"train-{day}", f"2026-01-0{day}")
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
    assert "suspicion 1 of train-2, macro-F1 0.83 [0.60, 0.90]" in found[0].detail


@pytest.mark.parametrize("low", [0.48, None], ids=["within chance", "no interval"])
def test_a_run_that_does_not_clearly_beat_chance_doubts_nothing(trained: Plot, low: float | None) -> None:
    """It is the latest run and lists many labels, but a reviewer's time is not spent on guesses."""
    _train(trained, "train-3", "2026-01-03", low)
    _doubt(trained, "1.png", run_id="train-3")
    assert not _doubts(trained)


def test_the_level_of_chance_is_that_of_the_answers_at_hand(trained: Plot) -> None:
    """The run of the fixture: 3 of 4 materials and 2 of 2 green bodies found."""
    counts = {("material", "green_body"): 1, ("material", "material"): 3, ("green_body", "green_body"): 2}
    chance = macro_f1_by_chance(counts)
    assert chance == pytest.approx((2 * 4 * 3 / (6 * 7) + 2 * 2 * 3 / (6 * 5)) / 2)
    _doubt(trained, "1.png")
    for low, expected in ((chance - 1e-9, 0), (chance + 1e-9, 1)):
        for row in trained.rows["fold_metrics"]:
            if row["metric"] == "macro_f1:bootstrap_low" and row["selection"] == "inner":
                row["value"] = low
        assert len(_doubts(trained)) == expected


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
