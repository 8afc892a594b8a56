"""Reasons to look at an image: links that are open, and pictures of one field that bear different names or labels."""

import json
from pathlib import Path
from typing import Any

import pytest

from data_contracts.catalog import Catalog
from fractocurate.doubts import (
    BAR_UNREAD,
    ONE_FIELD_TWO_CLASSES,
    ONE_FIELD_TWO_FOANS,
    VALUES_DISAGREE,
    Doubt,
    collect_doubts,
    conflicting_pairs,
    doubted_frames,
)
from fractocurate.review_sheet import write_review_sheet
from fractocurate.text_table import read_text_table

Plot = Any


def _pair(plot: Plot, a: str, b: str, **columns: object) -> None:
    plot.add(
        "similar_pairs",
        **{
            "micrograph_a": min(a, b),
            "micrograph_b": max(a, b),
            "kind": "near_duplicate",
            "source": "phash",
            "ssim": 0.9,
            "confirmed": True,
            **columns,
        },
    )


@pytest.fixture
def linked(plot: Plot) -> dict[str, str]:
    """Three parts and an image of each; the first two share a class. Returns micrograph ids by image."""
    ids = {}
    for n, defect_class in enumerate(("material", "material", "green_body"), start=1):
        instance = plot.add_instance(f"F-{n}", f"{n}{n}{n}", defect_class)
        ids[f"{n}.png"] = plot.add_image(f"{n}.png")
        plot.match(f"{n}.png", instance)
    return ids


def _conflicts(plot: Plot) -> list[Doubt]:
    with Catalog.open_read_only(plot.write()) as catalog:
        return list(conflicting_pairs(catalog))


def test_one_field_under_two_names_is_a_doubt_about_both(plot: Plot, linked: dict[str, str]) -> None:
    """Each side names the other and proposes its instance; other classes weigh more than other FOANs."""
    _pair(plot, linked["1.png"], linked["2.png"])
    zoom = {"kind": "containment", "source": "local_features", "field_ssim": 0.95, "ssim": 0.1}
    _pair(plot, linked["1.png"], linked["3.png"], **zoom)
    found = _conflicts(plot)
    assert [(d.path, d.partner, d.reason) for d in found] == [
        ("1.png", "3.png", ONE_FIELD_TWO_CLASSES),
        ("3.png", "1.png", ONE_FIELD_TWO_CLASSES),
        ("1.png", "2.png", ONE_FIELD_TWO_FOANS),
        ("2.png", "1.png", ONE_FIELD_TWO_FOANS),
    ]
    assert "bears F-1, material, but shows the field of 3.png, which bears F-3, green_body" in found[0].detail
    assert "containment, SSIM 0.95" in found[0].detail


@pytest.mark.parametrize(
    "columns",
    [
        {"ssim": 0.79},
        {"ssim": 0.9, "confirmed": False},
        {"ssim": 0.95, "source": "local_features"},
    ],
    ids=["not alike enough", "not confirmed", "thumbnails of what only aligned pictures could tell"],
)
def test_strangers_are_no_doubt(plot: Plot, linked: dict[str, str], columns: dict[str, object]) -> None:
    """Only what the audit takes for one field counts."""
    _pair(plot, linked["1.png"], linked["3.png"], **columns)
    assert _conflicts(plot) == []


def test_the_threshold_is_that_of_the_last_audit(plot: Plot, linked: dict[str, str]) -> None:
    """Who audits with another threshold sees its conflicts."""
    _pair(plot, linked["1.png"], linked["3.png"], ssim=0.75)
    for year, cluster_ssim in (("2025", 0.7), ("2024", 0.9)):
        settings = json.dumps({"cluster_ssim": cluster_ssim})
        plot.add("runs", run_id=year, command="audit", started_at=year, outcome="finished", settings=settings)
    assert [d.path for d in _conflicts(plot)] == ["1.png", "3.png"]


def test_what_a_person_decided_is_settled(plot: Plot, linked: dict[str, str]) -> None:
    """The other side stays open until it is decided, too."""
    _pair(plot, linked["1.png"], linked["3.png"])
    plot.rows["matches"][0]["method"] = "reviewed"
    assert [(d.path, d.partner) for d in _conflicts(plot)] == [("3.png", "1.png")]


def test_a_foan_without_a_report_speaks_too(plot: Plot, linked: dict[str, str]) -> None:
    """The picture of a FOAN that no report has, under the name of one that a report has."""
    _pair(plot, linked["1.png"], plot.add_image("4.png"))
    plot.match("4.png", None, reason="valid_foan_not_in_reports", foan="F-4")
    assert [(d.path, d.instance_ids != ()) for d in _conflicts(plot)] == [("1.png", False), ("4.png", True)]


def test_an_unknown_class_contradicts_none(plot: Plot) -> None:
    """Two instances of one FOAN, one of which has no cause yet."""
    ids = []
    for serial, defect_class in (("1", "material"), ("2", "unknown")):
        ids.append(plot.add_image(f"{serial}.png"))
        plot.match(f"{serial}.png", plot.add_instance("F-1", serial, defect_class))
    _pair(plot, *ids)
    assert _conflicts(plot) == []


def test_the_sheet_shows_conflicts_with_partner_and_both_candidates(
    plot: Plot, linked: dict[str, str], tmp_path: Path
) -> None:
    """One row per picture, whatever it is doubted for; the own link first, then what the partner bears."""
    _pair(plot, linked["1.png"], linked["3.png"])
    _pair(plot, linked["1.png"], linked["2.png"], ssim=0.85)
    plot.add("match_candidates", path="1.png", rank=1, instance_id=plot.rows["matches"][0]["instance_id"], foan="F-1")
    with Catalog.open_read_only(plot.write()) as catalog:
        assert {d.path for d in collect_doubts(catalog)} == {"1.png", "2.png", "3.png"}
        assert write_review_sheet(catalog, tmp_path / "review.csv") == 3
    rows = list(read_text_table(tmp_path / "review.csv", "review sheet").iter_rows(named=True))
    first = rows[0]
    assert (first["path"], first["reason"], first["known_foan"]) == ("1.png", ONE_FIELD_TWO_CLASSES, "F-1")
    assert first["partner"] == "3.png | 2.png"
    assert [first[f"candidate_{n}_foan"] for n in (1, 2, 3)] == ["F-1", "F-3", "F-2"]
    assert "; also one_field_two_foans: bears F-1" in first["evidence"]


def test_linked_frames_whose_picture_is_in_doubt_are_shown_until_a_person_decides(plot: Plot) -> None:
    """A bar that may be left in the crop, and sources that contradict each other; other remarks are no doubt."""
    instance = plot.add_instance("F-1", "111", "material")
    unread = "data bar: what looks like print at x 0 to 9, y 0 to 9 cannot be read; nothing was cropped, confirm it"
    disagree = "pixel size: sources disagree: vendor_tag 5 nm; scale_bar 7 nm"
    for path, issues in (
        ("a.png", unread),
        ("b.png", disagree),
        ("c.png", "data bar: 1 piece(s) of print inside the crop are masked"),
        ("d.png", disagree),
    ):
        plot.add_image(path, issues=issues)
        plot.match(path, instance, **({"method": "reviewed"} if path == "d.png" else {}))
    with Catalog.open_read_only(plot.write()) as catalog:
        found = list(doubted_frames(catalog))
    assert [(d.path, d.reason) for d in found] == [("a.png", BAR_UNREAD), ("b.png", VALUES_DISAGREE)]
    assert found[1].detail == disagree
