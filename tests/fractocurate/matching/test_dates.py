"""Days of frames and of reports: what is usual is learnt, what is far from it contradicts, wrong clocks say nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.vocabulary import ReadingMethod
from fractocurate.matching.dates import Dated, ReportDates, day_of
from fractocurate.matching.evidence import ImageEvidence, Instance

_FIRST = date(2021, 1, 4)
_FOANS = [f"FOAN-2021-{n:04d}" for n in range(40)]


def _day(n_days: int) -> date:
    return _FIRST + timedelta(days=n_days)


@pytest.fixture
def parts(instance: Callable[..., Instance]) -> list[Instance]:
    """One report every ten days."""
    days = [_day(10 * n + 20).isoformat() for n in range(len(_FOANS))]
    return [replace(instance(foan), issued=(day, day)) for foan, day in zip(_FOANS, days, strict=True)]


@pytest.fixture
def frames() -> list[Dated]:
    """Each FOAN is looked at 15 to 20 days before its report."""
    return [Dated(foan, _day(10 * n + n % 6), "A") for n, foan in enumerate(_FOANS)]


def test_a_frame_taken_long_after_its_report_is_contradicted(parts: list[Instance], frames: list[Dated]) -> None:
    """Learnt here: 15 to 20 days before, with a month of slack."""
    dates = ReportDates(frames, parts)
    assert dates.usual_days == (-15, 50)
    assert dates.against(Dated(_FOANS[0], _day(20 + 15), "A")) == ""
    assert dates.against(Dated(_FOANS[0], _day(20 + 16), "A")) == (
        "it was taken on 2021-02-09, 16 days after the report of 2021-01-24; here frames are taken between "
        "50 days before and 15 days after their reports"
    )
    assert "51 days before the report" in dates.against(Dated(_FOANS[30], _day(320 - 51), "A"))


def test_a_revision_widens_the_time_of_its_report(parts: list[Instance], frames: list[Dated]) -> None:
    """Between the first report and its revision nothing is late."""
    revised = replace(parts[0], issued=(_day(20).isoformat(), _day(300).isoformat()))
    early = [replace(frame, day=frame.day - timedelta(days=60)) for frame in frames]
    assert ReportDates(early, [revised, *parts[1:]]).against(Dated(_FOANS[0], _day(200), "A")) == ""
    dates = ReportDates(frames, [revised, *parts[1:]])
    assert dates.against(Dated(_FOANS[0], _day(200), "A")) == ""
    assert dates.against(Dated(_FOANS[0], _day(300 + 16), "A")) != ""


def test_a_clock_that_is_wrong_for_other_parts_too_says_nothing(parts: list[Instance], frames: list[Dated]) -> None:
    """Two parts in the year 2000; a frame of the same clock and time is believed no more than they."""
    reset = [Dated(foan, date(2000, 1, 1 + n), "A") for n, foan in enumerate(_FOANS[:2])]
    dates = ReportDates([*frames, *reset], parts)
    assert dates.against(Dated(_FOANS[9], date(2000, 1, 2), "A")) == ""
    assert dates.against(Dated(_FOANS[9], date(2000, 1, 2), "B")) != ""


def test_few_reports_show_no_custom(parts: list[Instance], frames: list[Dated]) -> None:
    """Nineteen dated FOANs are too few."""
    dates = ReportDates(frames[:19], parts)
    assert dates.usual_days is None
    assert dates.against(Dated(_FOANS[0], date(1990, 1, 1), "A")) == ""


def test_a_foan_fits_a_day_on_which_it_was_at_the_microscope(parts: list[Instance], frames: list[Dated]) -> None:
    """Its report alone is not enough: many FOANs are reported within any month."""
    dates = ReportDates(frames, parts)
    assert dates.fits(Dated(_FOANS[5], _day(55), "A"))
    assert not dates.fits(Dated(_FOANS[6], _day(55), "A"))
    assert dates.n_near(Dated(_FOANS[5], _day(55), "A")) == 1


@given(st.lists(st.integers(0, 40), min_size=40, max_size=40), st.integers(0, 40))
def test_no_more_than_one_frame_in_twenty_breaks_the_custom_it_was_learnt_from(days: list[int], shift: int) -> None:
    """Whatever the laboratory's habit, and wherever it begins."""
    parts = [
        Instance(f, f, None, "", "unknown", "r", in_review=False, issued=(_day(100 + shift).isoformat(),) * 2)  # type: ignore[arg-type]
        for f in _FOANS
    ]
    frames = [Dated(foan, _day(n), "A") for foan, n in zip(_FOANS, days, strict=True)]
    dates = ReportDates(frames, parts)
    assert sum(bool(dates.against(frame)) for frame in frames) <= 2


@pytest.mark.parametrize(
    ("path", "day", "method"),
    [
        ("FOAN-2021-0417_20210304_500x.tif", "2021-03-04", "file_name"),
        ("04.03.2021 FOAN-2021-0417.tif", "2021-03-04", "file_name"),
        ("2021_03_04/FOAN-2021-0417.tif", "2021-03-04", "folder_name"),
        ("20210305/FOAN-2021-0417 20210304.tif", "2021-03-04", "file_name"),
        ("FOAN20210417.tif", None, None),  # year and number of a FOAN
        ("2021-03-04 2021-03-05 FOAN-2021-0417.tif", None, None),
        ("20210231/FOAN-2021-0417.tif", None, None),  # no such day
        ("2021-03/FOAN-2021-0417.tif", None, None),
    ],
)
def test_the_day_in_a_name(image: Callable[..., ImageEvidence], path: str, day: str | None, method: str | None) -> None:
    """Outside the identifiers, and only if there is one."""
    found = day_of(image(path))
    assert (found and found.day.isoformat(), found and found.method) == (day, method)


def test_tag_before_bar_before_name(image: Callable[..., ImageEvidence]) -> None:
    """A tag is typed by nobody; a bar may be read wrongly; a name may be anything."""
    bare = image("20210304/a.tif", "Date: 06 May 2021")
    tagged = replace(bare, acquired_at="2021-05-07T10:00:00")
    assert [(d.day.isoformat(), d.method) for d in (day_of(bare), day_of(tagged)) if d] == [
        ("2021-05-06", ReadingMethod.DATA_BAR),
        ("2021-05-07", ReadingMethod.VENDOR_TAG),
    ]
    assert day_of(replace(bare, acquired_at="yesterday")) is None
