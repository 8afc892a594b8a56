"""The two views that users rely on: every file once, every confirmed pair once."""

from typing import Any

import pytest

from data_contracts.catalog import Catalog

Plot = Any


def _dataset(plot: Plot) -> dict[str, dict[str, Any]]:
    with Catalog.open_read_only(plot.write()) as catalog:
        rows = catalog.read("dataset").to_dicts()
    assert len({row["path"] for row in rows}) == len(rows)
    return {row["path"]: row for row in rows}


def test_every_image_file_has_one_row_whatever_became_of_it(sound: Plot) -> None:
    """Matched, unmatched and failed files all appear, copies each for itself; reports and sidecars do not."""
    sound.add_image("copy.png")
    sound.rows["files"][-1]["sha256"] = next(f["sha256"] for f in sound.rows["files"] if f["path"] == "a/1.png")
    sound.rows["micrographs"].pop()
    sound.add("files", kind="sidecar", path="a/1.txt")
    sound.add("files", kind="image", path="locked.png", sha256=None)
    rows = _dataset(sound)
    assert {path: row["status"] for path, row in rows.items()} == {
        "a/1.png": "matched",
        "a/2.png": "matched",
        "b/3.png": "unmatched",
        "broken.png": "failed",
        "copy.png": "unmatched",
        "locked.png": "failed",
    }
    assert rows["copy.png"]["micrograph_id"] == rows["a/1.png"]["micrograph_id"]
    assert rows["broken.png"]["reason"] == "truncated"


def test_matched_row_carries_label_and_source(sound: Plot) -> None:
    """Label, report and page come from the instance; a row without an instance has none of them."""
    rows = _dataset(sound)
    one = rows["a/1.png"]
    assert (one["defect_class"], one["foan"], one["serial_number"]) == ("material", "F-1", "11111")
    assert (one["report_path"], one["report_page"], one["match_method"]) == ("r.pdf", 1, "exact")
    assert rows["b/3.png"]["defect_class"] is None
    assert rows["b/3.png"]["instance_id"] is None


@pytest.mark.parametrize(
    ("printed", "named", "confidence", "expected"),
    [
        (500.0, "100", 1.0, (500.0, "vendor_tag")),
        (None, "100", 1.0, (100.0, "file_name")),
        (None, "100", 0.5, (None, None)),
        (None, None, 1.0, (None, None)),
        (None, "many", 1.0, (None, None)),
    ],
)
def test_magnification_of_the_name_stands_in_only_where_the_frame_has_none(
    plot: Plot,
    printed: float | None,
    named: str | None,
    confidence: float,
    expected: tuple[float | None, str | None],
) -> None:
    """A bare number in a name is too weak a statement, and tag or bar win over any name."""
    source = None if printed is None else "vendor_tag"
    plot.add_image("x.png", magnification=printed, magnification_source=source)
    plot.match("x.png")
    reading = {"field": "magnification", "method": "file_name", "confidence": confidence}
    plot.add("readings", subject="image_file", subject_id="x.png", number=0, raw="x", value=named, **reading)
    row = _dataset(plot)["x.png"]
    assert (row["magnification"], row["magnification_source"]) == expected


def test_pairs_are_listed_by_path_with_copies_and_without_unconfirmed_ones(plot: Plot) -> None:
    """Every confirmed pair of files stands once, the scale ratio following the order of the paths."""
    instance = plot.add_instance("F-1", None, "material")
    other = plot.add_instance("F-2", None, "material")
    for path, link in (("z.png", instance), ("b.png", other), ("c.png", None)):
        plot.add_image(path)
        plot.match(path, link)
    ids = {str(row["path"]): str(row["sha256"])[:16] for row in plot.rows["files"]}
    plot.add("files", kind="image", path="copy.png", sha256=plot.rows["files"][0]["sha256"])
    plot.match("copy.png", instance)
    for one, two, confirmed in (("z.png", "b.png", True), ("b.png", "c.png", False)):
        a, b = sorted((ids[one], ids[two]))
        ratio = 2.0 if a == ids[one] else 0.5
        plot.add(
            "similar_pairs",
            micrograph_a=a, micrograph_b=b, kind="near_duplicate", hamming=4, ssim=0.8,
            scale_ratio=ratio, confirmed=confirmed,
        )  # fmt: skip
    with Catalog.open_read_only(plot.write()) as catalog:
        found = catalog.read("pairs").to_dicts()
    shown = {(r["path_a"], r["path_b"]): (r["kind"], r["scale_ratio"], r["same_foan"]) for r in found}
    assert shown == {
        ("copy.png", "z.png"): ("same_bytes", 1.0, True),
        ("b.png", "z.png"): ("near_duplicate", 0.5, False),
        ("b.png", "copy.png"): ("near_duplicate", 0.5, False),
    }
