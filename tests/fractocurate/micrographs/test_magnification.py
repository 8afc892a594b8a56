"""Magnifications are read in every form bars and names have, and from nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fractocurate.micrographs.magnification import (
    find_magnifications,
    number_of,
    parse_magnification,
    parse_magnification_from_name,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mag = 1.00 K X", 1000),
        ("Mag =     51 X", 51),
        ("Mag = 10.00 KX", 10_000),
        ("x1,000", 1000),
        ("X 37", 37),
        ("X  2,000", 2000),
        ("x4, 000", 4000),
        ("mag 10 000 x", 10_000),
        ("50kx", 50_000),
        ("x1.0k", 1000),
        ("SEM MAG: 4.00 kx", 4000),
        ("Vergr. 2000 x", 2000),
        ("Vergrößerung: 1.000:1", 1000),
        ("Vergr. 2,5 kx", 2500),
        ("5.00 kV  3.0  15000x  4.9", 15_000),
    ],
)
def test_printed_forms(text: str, expected: float) -> None:
    """English and German, with k, thousands separators, decimal commas and blanks."""
    assert parse_magnification(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EHT = 20.00 kV",
        "WD = 8.6 mm",
        "2019/10/15 12:38",
        "640x480",
        "1024 * 768",
        "Photo No. = 7905",
        "FOAN: 2019-0163",
    ],
)
def test_what_is_no_magnification(text: str) -> None:
    """Voltages, distances, dates, sizes of pictures and identifiers are none."""
    assert parse_magnification(text) is None


@given(st.integers(10, 999_999), st.sampled_from(["Mag = {} X", "x{}", "X {}", "{}x", "mag {} x", "Vergr. {}:1"]))
def test_every_magnification_is_read_back(value: int, form: str) -> None:
    """What a form prints without separators is read as that number."""
    assert parse_magnification(form.format(value)) == value


@given(st.integers(1000, 999_999), st.sampled_from([",", ".", " ", "'"]))
def test_thousands_separators_do_not_change_a_number(value: int, separator: str) -> None:
    """1,000 and 1.000 and 1 000 and 1'000 are one number."""
    text = f"{value:,}".replace(",", separator)
    assert number_of(text) == value
    assert parse_magnification(f"Mag {text} x") == value


@given(st.text(max_size=40))
def test_no_text_breaks_the_parsers(text: str) -> None:
    """Any text gives plausible magnifications or none."""
    assert all(3 <= value <= 2e6 for _, value, _ in find_magnifications(text))
    reading = parse_magnification_from_name(text)
    assert reading is None or reading.value is not None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("part7_x500_origin.tif", "500"),
        ("part7 1kX detail.jpg", "1000"),
        ("part7_V250_02.png", "250"),
        ("4000X-part7.tif", "4000"),
        ("part.7_1.048kx_b.JPG", "1048"),
        ("part7__2.5k__.tif", "2500"),
        ("500 x part7.tif", "500"),
    ],
)
def test_marked_numbers_in_names(name: str, expected: str) -> None:
    """A number with x, V or k is the magnification, with full confidence."""
    reading = parse_magnification_from_name(name)
    assert reading is not None
    assert (reading.value, reading.confidence) == (expected, 1.0)


@pytest.mark.parametrize(
    "name", ["IMG_0030.tif", "A-2019-0163_29.jpg", "SN 743968 (2).png", "2021_05_10.tif", "x500_x1000.tif", "b1_17.tif"]
)
def test_other_numbers_in_names(name: str) -> None:
    """Running numbers, dates, identifiers, serial numbers and contradictions give nothing."""
    assert parse_magnification_from_name(name) is None


def test_bare_steps_are_only_half_believed() -> None:
    """A number that stands alone and is a usual step is read with confidence 0.5."""
    reading = parse_magnification_from_name("part7_500_b.tif")
    assert reading is not None
    assert (reading.value, reading.confidence) == ("500", 0.5)


@pytest.mark.parametrize("name", ["X9-1_B_m02.tif", "x7-1_B.tif", "V3 sample.jpg", "4x repeated.png"])
def test_a_name_that_numbers_its_sample_states_no_magnification(name: str) -> None:
    """No fractograph is taken below 20x, so ``X9`` is a sample and not a magnification."""
    assert parse_magnification_from_name(name) is None


@pytest.mark.parametrize("text", ["S4800 30.0kV x25@ SE", "Mag = 5i X", "Mag 10.00 kV", "Mag: 15 kV"])
def test_numbers_that_lost_a_digit_or_mean_a_voltage_are_not_read(text: str) -> None:
    """What OCR makes of a last digit it cannot read, and voltages behind a header."""
    assert parse_magnification(text) is None


def test_noise_before_the_sign_is_passed_over() -> None:
    """Dashes and underscores that OCR sees before the x."""
    assert parse_magnification("15.0kV _X3,500 WD 10.0mm") == 3500
    assert parse_magnification("15.0kV -X3,500 WD 10.0mm") == 3500
