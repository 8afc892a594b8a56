"""What is gathered for matching: dates of all reports on a FOAN, captions, microscopes; and what makes it pending."""

from typing import Any

import pytest

from data_contracts.catalog import Catalog
from fractocurate.profile import load_profile
from fractocurate.stages.match_inputs import image_evidence, inputs_hash, instances

Plot = Any
_PROFILE = load_profile(None)
_A, _B = "a" * 16, "b" * 16


@pytest.fixture
def archive(plot: Plot) -> Plot:
    """A report, its revision, two captions, and an image with a tag."""
    texts = {_A: "REM Zeiss und JEOL", _B: "Seen in a ZEISS\nSupra 40, not in a Phenomenon."}
    for report_id, issued, path in ((_A, "2021-03-01", "r.pdf"), (_B, "2022-05-01", "rev.pdf")):
        plot.add("files", kind="report", path=path, sha256=report_id * 4)
        plot.add("reports", report_id=report_id, sha256=report_id * 4, path=path, report_date=issued)
        superseded = {"superseded_by": _B} if report_id == _A else {}
        stated = {"report_id": report_id, "label_source": None, "page": 1, "method": "text_layer", **superseded}
        plot.add_instance("FOAN-2020-0001", "11111", "material", **stated)
        plot.add("report_pages", report_id=report_id, page=1, width_pt=595.0, height_pt=842.0, text=texts[report_id])
    for number, magnification in enumerate((200.0, 50.0, 50.0, None), start=1):
        figure = {"figure_id": f"{_B}:1:{number}", "report_id": _B, "page": 1, "number": number}
        plot.add("report_figures", **figure, magnification=magnification, phash="0" * 16, thumbnail_png=b"")
    micrograph_id = plot.add_image("FOAN-2020-0001_500x.tif", vendor="jeol")
    for number, (field, value) in enumerate((("acquired_at", "2021-02-01T10:00:00"), ("instrument", "SEM 7"))):
        reading = {"field": field, "raw": value, "value": value, "method": "vendor_tag", "confidence": 1.0}
        plot.add("readings", subject="micrograph", subject_id=micrograph_id, number=number, **reading)
    return plot


def test_an_instance_knows_the_dates_of_all_reports_on_its_foan(archive: Plot) -> None:
    """From the first to the revision; magnifications and maker are those that its own report states."""
    with Catalog.open_read_only(archive.write()) as catalog:
        (instance,) = instances(catalog)
    assert instance.report_id == _B
    assert instance.issued == ("2021-03-01", "2022-05-01")
    assert instance.pictured == (50.0, 200.0)
    assert instance.maker == "zeiss"


def test_an_image_knows_its_time_microscope_and_magnification(archive: Plot) -> None:
    """The magnification is that of the name where the frame states none."""
    with Catalog.open_read_only(archive.write()) as catalog:
        (image,) = image_evidence(catalog, _PROFILE)
    assert (image.acquired_at, image.instrument, image.maker) == ("2021-02-01T10:00:00", "SEM 7", "jeol")
    assert image.magnification == 500.0


@pytest.mark.parametrize(
    ("table", "key", "change"),
    [
        ("reports", {"report_id": _A}, {"report_date": "2021-03-02"}),
        ("report_figures", {"figure_id": f"{_B}:1:1"}, {"magnification": 100.0}),
        ("readings", {"field": "instrument"}, {"value": "SEM 8"}),
        ("micrographs", {"vendor": "jeol"}, {"vendor": "fei"}),
        ("report_pages", {"report_id": _B}, {"text": "JEOL"}),
    ],
)
def test_whatever_is_gathered_makes_matching_pending(
    archive: Plot, table: str, key: dict[str, object], change: dict[str, object]
) -> None:
    """A change of any of it changes the hash; so does another version of matching; nothing else does."""
    with Catalog.open(archive.write()) as catalog:
        before = inputs_hash(catalog, _PROFILE, 6)
        assert inputs_hash(catalog, _PROFILE, 6) == before
        assert inputs_hash(catalog, _PROFILE, 7) != before
        catalog.update(table, key, change)
        assert inputs_hash(catalog, _PROFILE, 6) != before
