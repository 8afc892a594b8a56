"""The main job on a generated archive, judged by the truth that was written with it."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from running import Ingested, Outcome, Site

from data_contracts.catalog import Catalog
from data_contracts.vocabulary import TRAINABLE_CLASSES

Command = Callable[..., Outcome]

REASON_OF = {
    "broken:truncated": "truncated",
    "broken:empty": "empty_file",
    "broken:not_an_image": "not_an_image",
    "broken:not_a_pdf": "not_a_pdf",
    "broken:encrypted": "encrypted",
}


@pytest.fixture(scope="module")
def dataset(ingested: Ingested) -> dict[str, dict[str, object]]:
    """Rows of the view ``dataset`` by path."""
    with Catalog.open_read_only(ingested.site.catalog) as catalog:
        return {str(row["path"]): row for row in catalog.read("dataset").iter_rows(named=True)}


@pytest.fixture
def catalog(ingested: Ingested) -> Iterator[Catalog]:
    """The catalog, open for reading."""
    with Catalog.open_read_only(ingested.site.catalog) as opened:
        yield opened


def test_each_planted_broken_file_is_a_failure_with_its_reason(ingested: Ingested) -> None:
    """Exit code 6, exactly the planted failures, and a line in the log for each."""
    planted = {
        (row["file"].split("/", 1)[1], REASON_OF[row["status"]])
        for table in ("images", "reports")
        for row in ingested.site.truth(table)
        if row["status"].startswith("broken")
    }
    assert len(planted) == 8
    assert ingested.outcome.code == 6
    assert {(f["item"], f["reason"]) for f in ingested.outcome.figures["failures"]} == planted
    for item, reason in planted:
        assert f"{item}: {reason}" in ingested.outcome.err


def test_every_other_file_is_there(ingested: Ingested, dataset: dict[str, dict[str, object]], catalog: Catalog) -> None:
    """One row for each image file; a readable one has a size, odd encodings included; each readable report is read."""
    truth = ingested.site.image_truth()
    assert set(dataset) == set(truth)
    failed = {path for path, row in dataset.items() if row["status"] == "failed"}
    assert failed == {path for path, row in truth.items() if row["expect"] == "failed"}
    odd = {row["status"] for row in truth.values() if row["status"].startswith("odd")}
    assert len(odd) == 5
    for path, row in truth.items():
        if path not in failed:
            assert (dataset[path]["width_px"], dataset[path]["height_px"]) == (
                int(row["width_px"]),
                int(row["height_px"]),
            ), path
    readable = {row["file"].removeprefix("reports/") for row in ingested.site.truth("reports") if row["foan"]}
    by_sha = dict(catalog.query("SELECT path, sha256 FROM files WHERE kind = 'report'").iter_rows())
    assert {by_sha[path] for path in readable} == set(catalog.read("reports")["sha256"])


def test_no_link_is_wrong_and_none_is_lost(
    ingested: Ingested, dataset: dict[str, dict[str, object]], catalog: Catalog
) -> None:
    """A link is the true one; what should be linked is linked or in review; what cannot be known is not linked."""
    n_matched = 0
    rule_of = dict(catalog.query("SELECT path, rule FROM matches").iter_rows())
    for path, row in ingested.site.image_truth().items():
        found = dataset[path]
        if found["status"] == "matched":
            n_matched += 1
            assert (found["foan"], found["serial_number"], found["defect_class"]) == (
                row["foan"],
                row["serial_number"],
                row["defect_class"],
            ), path
        expected = {
            "match": {"matched", "review"},
            "bar_only": {"matched", "review", "unmatched"},
            "foan_only": {"review"},
            "review": {"review"},
            "unmatched": {"unmatched"},
            "failed": {"failed"},
        }[row["expect"]]
        # The truth says what name, folder, bar and tag allow; a picture in a report may tell more.
        by_picture = found["status"] == "matched" and "picture" in rule_of[path]
        assert by_picture or found["status"] in expected, (path, found["status"], found["reason"])
    expectable = sum(row["expect"] == "match" for row in ingested.site.truth("images"))
    assert n_matched >= 0.75 * expectable


def test_labels_are_those_of_the_revision(ingested: Ingested, catalog: Catalog) -> None:
    """Of a revised report both issues are kept, and only the revision is in force."""
    revised = [row for row in ingested.site.truth("reports") if row["status"] == "superseded"]
    assert revised
    for row in revised:
        first, last = catalog.query(
            "SELECT r.path, i.defect_class, i.superseded_by FROM fracture_instances i JOIN reports r USING (report_id) "
            "WHERE i.foan = ? AND i.serial_number = ? ORDER BY i.superseded_by IS NULL",
            [row["foan"], row["serial_number"]],
        ).iter_rows()
        assert (f"reports/{first[0]}", first[1]) == (row["file"], row["defect_class"])
        assert first[2] is not None
        assert last[2] is None
        assert last[1] != first[1]


def test_pages_are_read_by_text_layer_and_by_tesseract(ingested: Ingested, catalog: Catalog) -> None:
    """The scan comes through Tesseract and still gives its true FOANs; every other page has a text layer."""
    scanned = {
        row["file"].removeprefix("reports/") for row in ingested.site.truth("reports") if row["scanned"] == "true"
    }
    assert len(scanned) == 1
    pages = catalog.query("SELECT r.path, p.* FROM report_pages p JOIN reports r USING (report_id)")
    for page in pages.iter_rows(named=True):
        by_ocr = page["path"] in scanned
        assert page["text_source"] == ("ocr" if by_ocr else "text_layer")
        assert (page["dpi"] is not None) == by_ocr
        assert page["mean_confidence"] < 1 if by_ocr else page["mean_confidence"] == 1
        assert page["n_words"] >= 10
    true_rows = {
        (row["foan"], row["serial_number"], row["defect_class"])
        for row in ingested.site.truth("reports")
        if row["scanned"] == "true"
    }
    found = catalog.query(
        "SELECT i.foan, i.serial_number, i.defect_class, i.method FROM fracture_instances i "
        "JOIN reports r USING (report_id) WHERE list_contains(?, r.path)",
        [sorted(scanned)],
    )
    assert set(found.select("foan", "serial_number", "defect_class").iter_rows()) == true_rows
    assert set(found["method"]) == {"ocr"}


def test_catalog_keeps_its_contracts(ingested: Ingested, command: Command) -> None:
    """`fracto validate` finds nothing, in every format."""
    for style in ("text", "json", "junit", "github"):
        outcome = command("validate", "-c", ingested.site.catalog, "--format", style)
        assert outcome.code == 0, outcome.out


def test_status_counts_what_is_there(
    ingested: Ingested, command: Command, dataset: dict[str, dict[str, object]]
) -> None:
    """The figures of `fracto status` are those of the view."""
    outcome = command("status", "-c", ingested.site.catalog, "--json")
    assert outcome.code == 0
    statuses = pl.Series([row["status"] for row in dataset.values()]).value_counts()
    assert outcome.figures["images_by_status"] == dict(statuses.iter_rows())
    assert sum(outcome.figures["failures"].values()) == 8
    assert "matched" in command("status", "-c", ingested.site.catalog).out


@pytest.mark.parametrize(
    ("status", "links"),
    [
        ("matched", ["File", "Frame", "Match", "Fracture instance", "Report"]),
        ("review", ["File", "Frame", "Match"]),
        ("unmatched", ["File", "Frame", "Match"]),
        ("failed", ["File", "Failed"]),
    ],
)
def test_why_shows_the_whole_chain(
    ingested: Ingested, command: Command, dataset: dict[str, dict[str, object]], status: str, links: list[str]
) -> None:
    """`fracto why` says of any image, whatever became of it, how that came about."""
    path = next(p for p, row in sorted(dataset.items()) if row["status"] == status)
    outcome = command("why", path, "-c", ingested.site.catalog, "--json")
    assert outcome.code == 0
    chain = {link["title"]: {str(name): str(value) for name, value in link["facts"]} for link in outcome.figures}
    lacking = [title for title in links if not any(title.lower() in found.lower() for found in chain)]
    assert not lacking, list(chain)
    said = " ".join(" ".join(facts.values()) for facts in chain.values())
    assert path in said
    for column in ("sha256", "reason", "foan", "serial_number", "defect_class", "report_path"):
        if dataset[path][column] is not None and (status == "matched" or column in {"sha256", "reason"}):
            assert str(dataset[path][column]) in said, column
    shown = command("why", path, "-c", ingested.site.catalog)
    assert shown.code == 0
    assert path in shown.out


def test_why_of_an_unknown_image_is_an_error(ingested: Ingested, command: Command) -> None:
    """A name that is nowhere in the archive, and one that many images share, end with exit code 3."""
    outcome = command("why", "nowhere.tif", "-c", ingested.site.catalog)
    assert (outcome.code, "no such image" in outcome.err) == (3, True)


def test_export_hands_everything_on(
    ingested: Ingested, command: Command, dataset: dict[str, dict[str, object]], tmp_path: Path
) -> None:
    """Tables hold every row; the image folder and the FractoViT table hold the matched frames, cropped and by class."""
    where = ["-c", ingested.site.catalog]
    for name, style in (("d.csv", "csv"), ("d.parquet", "parquet"), ("v.csv", "fractovit"), ("frames", "images")):
        assert command("export", tmp_path / name, "--format", style, *where).code == 0
        assert command("export", tmp_path / name, "--format", style, *where).code == 2  # never overwritten
    assert set(pl.read_csv(tmp_path / "d.csv")["path"]) == set(dataset)
    assert set(pl.read_parquet(tmp_path / "d.parquet")["path"]) == set(dataset)
    matched = {p: r for p, r in dataset.items() if r["defect_class"] in set(TRAINABLE_CLASSES)}
    with (tmp_path / "v.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["filename", "fractureType", "magnification_value"]
    assert {row["filename"]: row["fractureType"] for row in rows} == {
        path: f"{row['defect_class']}_defect" for path, row in matched.items()
    }
    frames = sorted((tmp_path / "frames").rglob("*.png"))
    assert len(frames) == len(matched)
    crops = {
        (r["defect_class"], r["crop_right_px"] - r["crop_left_px"], r["crop_bottom_px"] - r["crop_top_px"])
        for r in matched.values()
    }
    for frame in frames:
        with Image.open(frame) as image:
            assert image.mode == "L"
            assert (frame.parent.name, *image.size) in crops


def test_audit_measures_leakage_and_stores_it(copied: Site, command: Command) -> None:
    """Folds of every possible strategy and leakage at all thresholds; copies leak from the image split alone."""
    audit = ["audit", "-c", copied.catalog, "--folds", 2, "--images", copied.images, "--self-test", 2, "--jobs", 1]
    outcome = command(*audit, "--json")
    assert outcome.code == 0, outcome.err
    rates = outcome.figures["rates"]
    assert {r["threshold"] for r in rates} == {0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95}
    page = Path(outcome.figures["page"])
    assert "<html" in page.read_text(encoding="utf-8")[:500].lower()
    with Catalog.open_read_only(copied.catalog) as catalog:
        folds = catalog.read("folds")
        assert "image" in set(folds["strategy"])
        matched = catalog.query(
            "SELECT path FROM dataset WHERE status = 'matched' AND defect_class <> 'unknown'",
        )["path"]
        for (_,), split in folds.group_by("split_id"):
            assert sorted(split["path"]) == sorted(matched)
        assert not catalog.read("leakage").is_empty()
        pairs = catalog.query("SELECT path_a, path_b FROM pairs")
        planted = {
            tuple(sorted((row["file_a"].removeprefix("images/"), row["file_b"].removeprefix("images/"))))
            for row in copied.truth("pairs")
            if row["kind"] in {"same_bytes", "same_pixels"}
        }
        assert planted <= set(pairs.iter_rows())
    assert command("validate", "-c", copied.catalog).code == 0
    again = command(*audit, "--json")
    assert again.figures["fingerprints"]["n_done"] == 0
    assert again.figures["rates"] == rates


def test_no_split_has_an_empty_fold(copied: Site, command: Command) -> None:
    """Three FOANs in two folds: a split that leaves one fold without images would train on nothing."""
    assert (
        command("audit", "-c", copied.catalog, "--folds", 2, "--images", copied.images, "--self-test", 0, "-q").code
        == 0
    )
    with Catalog.open_read_only(copied.catalog) as catalog:
        used = catalog.query("SELECT strategy, count(DISTINCT fold) AS folds FROM folds GROUP BY strategy")
    assert set(used["folds"]) == {2}, used.rows()
