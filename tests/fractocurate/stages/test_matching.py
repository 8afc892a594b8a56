"""Matching by name against a catalog: skipped when nothing changed, and always below what people decide."""

from typing import Any

import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from data_contracts.validation import validate
from fractocurate.profile import load_profile
from fractocurate.progress import Silent
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
