"""The chain of a report: how it was read, what it states, and which report replaces which."""

from typing import Any

from data_contracts.catalog import Catalog
from fractocurate.why import find_report
from fractocurate.why_report import explain_instance, explain_report

Plot = Any
REPORT, REVISION = "a" * 16, "9" * 16


def _facts(plot: Plot, path: str) -> dict[str, list[tuple[str, str]]]:
    with Catalog.open_read_only(plot.write()) as catalog:
        return {link.title: list(link.facts) for link in explain_report(catalog, find_report(catalog, path))}


def _add_revision(plot: Plot) -> None:
    """A second report whose rows replace those of the first."""
    plot.add("files", kind="report", path="new/r2.pdf", sha256="9" * 64)
    plot.add(
        "reports",
        report_id=REVISION,
        sha256="9" * 64,
        path="new/r2.pdf",
        n_pages=1,
        is_revision=True,
        supersedes_raw="R-1",
    )
    plot.add("report_pages", report_id=REVISION, page=1, width_pt=595.0, height_pt=842.0)
    for row in plot.rows["fracture_instances"]:
        row["superseded_by"] = REVISION


def test_a_report_tells_its_pages_instances_and_pictures(sound: Plot) -> None:
    """Each page with the decision behind it, each value with its evidence, each picture with its caption."""
    sound.rows["report_pages"][0].update(
        text_source="ocr", dpi=200, rotation_deg=90, skew_deg=0.7, n_words=12, decision="no text layer"
    )
    sound.rows["report_figures"][0].update(caption="Fig. 1: origin", magnification=500.0, width_px=640, height_px=480)
    one = sound.rows["fracture_instances"][0]["instance_id"]
    sound.add(
        "readings", subject="instance", subject_id=one, number=0, field="serial_number", raw="SN 11111", value="11111",
        method="ocr", confidence=0.91, page=1,
    )  # fmt: skip
    facts = _facts(sound, "r.pdf")
    turned = "turned by 90 degrees, straightened by 0.7 degrees"
    how = f"ocr (text layer score 0), 12 words, 200 dpi, {turned}, no text layer"
    assert facts["Pages"] == [("page 1", how)]
    read = [fact for title, values in facts.items() if title == "Fracture instance" for fact in values]
    assert ("serial number", "22222  <- '22222'") in read
    assert [said for _, said in facts["Pictures"]] == ["'Fig. 1: origin', 640 x 480 px, 500x"]
    with Catalog.open_read_only(sound.path) as catalog:
        links = {link.title: dict(link.facts) for link in explain_instance(catalog, one)}
    assert links["Read from the report"] == {"serial_number": "11111  <- 'SN 11111' (ocr, page 1, confidence 0.91)"}


def test_both_ends_of_a_supersession_say_so(sound: Plot) -> None:
    """The old report names the new one, the new one the old; so does the chain of an old instance."""
    _add_revision(sound)
    old = _facts(sound, "r.pdf")
    assert ("superseded by", "new/r2.pdf") in old["Report"]
    assert ("superseded", "a later report replaces this row; it labels nothing") in old["Fracture instance"]
    with Catalog.open_read_only(sound.path) as catalog:
        new = dict(explain_report(catalog, "new/r2.pdf")[0].facts)
    assert (new["supersedes"], new["revision"]) == ("r.pdf", "replaces R-1")


def test_copies_of_a_report_are_told(sound: Plot) -> None:
    """Equal bytes are one report."""
    sound.add("files", kind="report", path="z/copy.pdf", sha256="a" * 64)
    assert ("same bytes", "z/copy.pdf") in _facts(sound, "z/copy.pdf")["Report"]


def test_a_report_that_could_not_be_read_says_why(sound: Plot) -> None:
    """Its failure is the end of its chain; one that was never read is told apart."""
    for path, digit in (("locked.pdf", "7"), ("new.pdf", "8")):
        sound.add("files", kind="report", path=path, sha256=digit * 64)
    sound.add("failures", stage="reports", item="locked.pdf", reason="encrypted", detail="needs a password")
    assert _facts(sound, "locked.pdf")["Failed"] == [("encrypted", "needs a password")]
    with Catalog.open_read_only(sound.path) as catalog:
        assert "run `fracto ingest` again" in explain_report(catalog, "new.pdf")[-1].facts[0][1]
