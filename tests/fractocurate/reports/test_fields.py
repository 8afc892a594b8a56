"""Numbers, loads, dates and language."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fractocurate.reports.fields import decimal_mark_of, find_dates, is_blank, language_of, parse_load, parse_number

MONTHS_EN = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
MONTHS_DE = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]


@pytest.mark.parametrize(
    ("text", "unit", "mark", "kn"),
    [
        ("61.2", "kN", ".", 61.2),
        ("61,2", "kN", ",", 61.2),
        ("61,2 kN", "", ".", 61.2),
        ("54 800 N", "kN", ".", 54.8),
        ("54.800", "N", ",", 54.8),
        ("54,800 N", "", ".", 54.8),
        ("1.234", "kN", ",", 1234.0),
        ("1,234", "kN", ",", 1.234),
        ("0.061 MN", "", ".", 61.0),
        ("approx. 61 kN", "", ".", 61.0),
        ("61.2 ± 0.5", "kN", ".", 61.2),
        ("6O.2", "kN", ".", 60.2),
        ("30. O", "kN", ".", 30.0),
        ("14.2 kN (3190 lbf)", "", ".", 14.2),
        ("1448", "kgf", ".", 14.2),
        ("1420 daN", "", ".", 14.2),
        ("36, 9 kN", "", ",", 36.9),
    ],
)
def test_loads_are_read_in_both_notations(text: str, unit: str, mark: str, kn: float) -> None:
    """Decimal comma and point, thousands, and units in header or cell."""
    assert parse_load(text, unit, mark).kn == pytest.approx(kn, rel=1e-5)


@pytest.mark.parametrize("text", ["-", "n/a", "k. A.", "", "\u2013", "keine Angabe"])
def test_cells_that_state_nothing_are_no_problem(text: str) -> None:
    """A missing load is a value, not an error."""
    load = parse_load(text, "kN", ".")
    assert load.kn is None
    assert load.problem == ""
    assert is_blank(text)


@pytest.mark.parametrize("text", ["abc", "61.2 / 58.9", "14.2 kN (2190 lbf)", "54800 kN", "0", "0.0061"])
def test_loads_that_make_no_sense_are_reported(text: str) -> None:
    """Two numbers, no number, or an impossible load are not guessed at."""
    load = parse_load(text, "kN", ".")
    assert load.kn is None
    assert text in load.problem


@given(st.decimals(min_value="0.02", max_value=1999, places=2), st.sampled_from(".,"), st.sampled_from(["kN", "N"]))
def test_any_load_survives_writing_and_reading(value: object, mark: str, unit: str) -> None:
    """A load written with either decimal mark and unit is read back."""
    written = f"{float(str(value)) * (1 if unit == 'kN' else 1000):.2f}".replace(".", mark)
    assert parse_load(f"{written} {unit}", "", mark).kn == pytest.approx(float(str(value)), rel=1e-6)


@given(
    st.integers(min_value=1, max_value=999_999_999), st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")])
)
def test_thousands_are_parted_by_any_mark(value: int, marks: tuple[str, str]) -> None:
    """Marks that part thousands never become decimals where there are two groups or a decimal."""
    thousands, decimal = marks
    text = f"{value:,}".replace(",", thousands) + f"{decimal}5"
    assert parse_number(text, decimal) == value + 0.5


@given(st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2049, 12, 31)), st.integers(0, 5))
def test_any_date_is_read_from_six_notations(date: dt.date, notation: int) -> None:
    """English and German notations give the same ISO date."""
    texts = [
        date.isoformat(),
        f"{date.day}.{date.month}.{date.year}",
        f"{date.day:02}.{date.month:02}.{date.year}",
        f"{date.day} {MONTHS_EN[date.month - 1]} {date.year}",
        f"{MONTHS_EN[date.month - 1]} {date.day}, {date.year}",
        f"{date.day}. {MONTHS_DE[date.month - 1]} {date.year}",
    ]
    assert find_dates(f"Datum: {texts[notation]}, Seite 1") == [(date.isoformat(), texts[notation])]


def test_a_date_that_can_be_read_two_ways_is_left_out() -> None:
    """Nobody knows whether 03/04/2021 is in March or in April; 13/04/2021 is clear."""
    assert find_dates("03/04/2021") == []
    assert find_dates("13/04/2021") == [("2021-04-13", "13/04/2021")]
    assert find_dates("04/13/2021") == [("2021-04-13", "04/13/2021")]
    assert find_dates("31.02.2021") == []


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text: str) -> None:
    """Arbitrary text is read without an error, and a load found is positive."""
    kn = parse_load(text, "kN", ".").kn
    assert kn is None or 0 < kn <= 2000
    assert all(dt.date.fromisoformat(iso) for iso, _ in find_dates(text))


def test_language_and_decimal_mark_are_told_by_the_text() -> None:
    """Frequent words decide the language, unambiguous numbers the decimal mark, language where there are none."""
    assert language_of(["The", "origin", "of", "the", "fracture", "was", "found"]) == "en"
    assert language_of(["Der", "Ursprung", "des", "Bruchs", "wurde", "nicht", "gefunden"]) == "de"
    assert language_of(["FOAN-2021-0117", "512345"]) == ""
    assert decimal_mark_of(["61,2", "58,95"], "en") == ","
    assert decimal_mark_of(["1,234"], "de") == ","
    assert decimal_mark_of(["1,234"], "en") == "."


@pytest.mark.parametrize(
    ("text", "unit", "mark", "kn"),
    [
        ("5.410", "N", ".", 5.41),
        ("5,410 N", "", ",", 5.41),
        ("36.720", "N", ".", 36.72),
        ("5.410", "kN", ".", 5.41),
        ("5,410 kN", "", ".", 5.41),
    ],
)
def test_thousands_are_told_from_decimals_where_only_one_makes_sense(
    text: str, unit: str, mark: str, kn: float
) -> None:
    """Five newtons break no part, five thousand kilonewtons no machine gives, nobody weighs thousandths of a newton."""
    assert parse_load(text, unit, mark).kn == kn
