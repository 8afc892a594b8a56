"""Matching by name against a catalog: skipped when nothing changed, and always below what people decide."""

from typing import Any

import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from data_contracts.validation import validate
from fractocurate.doubts import odd_dates
from fractocurate.profile import load_profile
from fractocurate.progress import Silent
from fractocurate.stages import matching
from fractocurate.stages.matching import match_images
from fractocurate.stages.review import record_decision

Plot = Any
_PROFILE = load_profile(None)


@pytest.fixture
def archive(plot: Plot) -> Plot:
    """Two FOANs of one report, the second with two parts; an image of each FOAN, a copy, and one without a name."""
    plot.add("files", kind="report", path="r.pdf", sha256="a" * 64)
    plot.add("reports", report_id="a" * 16, sha256="a" * 64, path="r.pdf")
    stated = {"report_id": "a" * 16, "label_source": None, "page": 1, "method": "text_layer"}
    plot.add_instance("FOAN-2020-0001", "11111", "material", **stated)
    plot.add_instance("FOAN-2020-0002", "22222", "green_body", **stated)
    plot.add_instance("FOAN-2020-0002", "33333", "green_body", **stated)
    for path in ("FOAN-2020-0001_a.tif", "FOAN-2020-0002_SN22222.tif", "FOAN-2020-0002_x.tif", "noname.tif"):
        plot.add_image(path)
    plot.add("files", kind="image", path="copy/noname.tif", sha256=plot.rows["files"][-1]["sha256"])
    return plot


def _match(catalog: Catalog) -> dict[str, tuple[object, ...]]:
    match_images(catalog, _PROFILE, Silent())
    assert validate(catalog) == []
    rows = catalog.read("dataset").to_dicts()
    return {r["path"]: (r["status"], r["foan"], r["serial_number"], r["match_method"]) for r in rows}


def test_images_are_linked_by_their_names(archive: Plot) -> None:
    """The FOAN alone is enough where it has one part; otherwise the serial number decides, or nobody does."""
    with Catalog.open(archive.write()) as catalog:
        found = _match(catalog)
    assert found["FOAN-2020-0001_a.tif"][:3] == ("matched", "FOAN-2020-0001", "11111")
    assert found["FOAN-2020-0002_SN22222.tif"][:3] == ("matched", "FOAN-2020-0002", "22222")
    assert found["FOAN-2020-0002_x.tif"][0] == "review"
    assert found["noname.tif"][0] == found["copy/noname.tif"][0] == "unmatched"


def test_matching_is_skipped_when_nothing_changed(archive: Plot) -> None:
    """Its inputs are hashed: another word in the profile or another file runs it again."""
    told: list[str] = []

    class Listening(Silent):
        def start(self, label: str, total: int) -> None:
            told.append(f"{label} {total}")

    with Catalog.open(archive.write()) as catalog:
        for _ in range(2):
            match_images(catalog, _PROFILE, Listening())
        assert told == ["matching 5"]
        wider = _PROFILE.matching.model_copy(update={"margin": 0.1})
        match_images(catalog, _PROFILE.model_copy(update={"matching": wider}), Listening())
        assert told == ["matching 5"] * 2


def test_human_decisions_overrule_every_rule_for_all_copies(archive: Plot) -> None:
    """Link and exclusion hold at once and at every later run; the latest one on a picture counts."""
    with Catalog.open(archive.write()) as catalog:
        _match(catalog)
        record_decision(catalog, "noname.tif", "FOAN-2020-0002", "33333", "R", "first thought")
        record_decision(catalog, "noname.tif", "FOAN-2020-0001", None, "R", "second thought")
        record_decision(catalog, "FOAN-2020-0001_a.tif", None, None, "R", "blurred")
        at_once = {r["path"]: (r["status"], r["foan"]) for r in catalog.read("dataset").to_dicts()}
        later = _match(catalog)
        reasons = dict(catalog.query("SELECT path, reason FROM dataset").iter_rows())
    for path in ("noname.tif", "copy/noname.tif"):
        assert at_once[path] == later[path][:2] == ("matched", "FOAN-2020-0001")
        assert later[path][3] == "reviewed"
    assert later["FOAN-2020-0001_a.tif"][0] == "unmatched"
    assert reasons["FOAN-2020-0001_a.tif"] == "excluded_by_reviewer"


def test_no_label_rests_on_what_experts_say_of_heat_maps(archive: Plot) -> None:
    """Their answers stand in `decisions` too: after a person's link they do not undo it, and match nothing anew."""
    told: list[str] = []

    class Listening(Silent):
        def start(self, what: str, total: int) -> None:
            told.append(f"{what} {total}")

    with Catalog.open(archive.write()) as catalog:
        _match(catalog)
        record_decision(catalog, "noname.tif", "FOAN-2020-0001", None, "R", "seen")
        match_images(catalog, _PROFILE, Listening())
        told.clear()
        before = catalog.content_hash("matches", "dataset", "label_decisions")
        linked = catalog.read("decisions").row(0, named=True)
        answer = {"action": "answer", "question": "mechanistically_plausible", "answer": "no", "run_id": "train-1"}
        about = {"method": "relevance", "foan": None, "serial_number": None, "reviewer": "A", "note": "a pore is there"}
        catalog.append("decisions", [linked | answer | about | {"decision_id": 2}])
        match_images(catalog, _PROFILE, Listening())
        assert told == []
        wider = _PROFILE.matching.model_copy(update={"margin": 0.1})
        match_images(catalog, _PROFILE.model_copy(update={"matching": wider}), Listening())
        assert told
        assert catalog.content_hash("matches", "dataset", "label_decisions") == before


def test_decision_on_an_instance_that_vanished_goes_to_review(archive: Plot) -> None:
    """The decision is kept, the label is not invented."""
    with Catalog.open(archive.write()) as catalog:
        _match(catalog)
        record_decision(catalog, "noname.tif", "FOAN-2020-0001", None, "R", "seen")
        catalog.delete("fracture_instances", "foan", ["FOAN-2020-0001"])
        found = _match(catalog)
        evidence = catalog.query("SELECT evidence FROM matches WHERE path = 'noname.tif'").item()
        assert catalog.read("decisions").height == 1
    assert found["noname.tif"][0] == "review"
    assert "the reports now have 0 such instances" in evidence


@pytest.mark.parametrize(
    ("path", "foan", "serial", "complaint"),
    [
        ("noname.tif", "FOAN-2099-0001", None, "no report has the FOAN"),
        ("noname.tif", "FOAN-2020-0002", None, "has 2 instances; name its serial number"),
        ("noname.tif", "FOAN-2020-0002", "99999", "has no serial number '99999'"),
    ],
)
def test_decision_for_no_or_several_instances_is_refused(
    path: str, foan: str, serial: str | None, complaint: str, archive: Plot
) -> None:
    """Nothing is recorded, and the message says what is missing."""
    with Catalog.open(archive.write()) as catalog:
        _match(catalog)
        with pytest.raises(BadInputError, match=complaint):
            record_decision(catalog, path, foan, serial, "R", "")
        assert catalog.read("decisions").is_empty()


@pytest.fixture
def dated(plot: Plot) -> Plot:
    """Thirty reports, each issued ten days after the frames of its FOAN; the first FOAN has a frame of years later."""
    for n in range(30):
        report_id = f"{n:016d}"
        plot.add("files", kind="report", path=f"{n}.pdf", sha256=f"{n:064d}")
        issued = f"2021-{1 + n // 3:02d}-{11 + n % 3:02d}"
        plot.add("reports", report_id=report_id, sha256=f"{n:064d}", path=f"{n}.pdf", report_date=issued)
        stated = {"report_id": report_id, "label_source": None, "page": 1, "method": "text_layer"}
        plot.add_instance(f"FOAN-2021-{1000 + 111 * n}", f"{30000 + 7 * n}", "material", **stated)
        frames = [(f"a/FOAN-2021-{1000 + 111 * n}_1.tif", f"{issued[:8]}01T10:00:00")]
        frames += [("b/FOAN-2021-1000_2.tif", "2023-06-01T10:00:00")] if n == 0 else []
        for path, taken in frames:
            micrograph_id = plot.add_image(path)
            tag = {"field": "acquired_at", "raw": taken, "value": taken, "method": "vendor_tag", "confidence": 1.0}
            plot.add("readings", subject="micrograph", subject_id=micrograph_id, number=0, **tag)
    return plot


def test_a_link_at_an_odd_date_stands_and_is_put_before_a_curator(dated: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The doubt is a reading of the image, a row of the review sheet, and gone when the report bears another date."""
    monkeypatch.setattr(matching, "_BATCH", 7)  # so that rows are written in several batches
    with Catalog.open(dated.write()) as catalog:
        found = _match(catalog)
        (doubt,) = odd_dates(catalog)
        evidence = catalog.query("SELECT evidence FROM matches WHERE path = ?", [doubt.path]).item()
        assert catalog.read("match_candidates").filter(accepted=True).height == 31
        catalog.update("reports", {"report_id": f"{0:016d}"}, {"report_date": "2023-06-12"})
        _match(catalog)
        assert [d.path for d in odd_dates(catalog)] == ["a/FOAN-2021-1000_1.tif"]
    assert {status for status, *_ in found.values()} == {"matched"}
    assert doubt.path == "b/FOAN-2021-1000_2.tif"
    assert doubt.detail.startswith("it was taken on 2023-06-01, 871 days after the report of 2021-01-11")
    assert doubt.detail in evidence
