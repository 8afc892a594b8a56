"""Printed lengths become nanometres."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fractocurate.micrographs.lengths import find_lengths, is_scale_label, length_nm


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 µm", 10_000),
        ("10 μm", 10_000),
        ("500nm", 500),
        ("2.5um", 2_500),
        ("2,5 um", 2_500),
        ("0.1 mm", 100_000),
        ("10 pm", 10_000),
        ("1 cm", 10_000_000),
    ],
)
def test_lengths_of_all_units(text: str, expected: float) -> None:
    """All units, both decimal signs, and the common misreadings of the micro sign."""
    ((_, value, _),) = find_lengths(text)
    assert value == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "10 kV", "mm", "2019/10/15", "FOAN-2019-0163", "0 mm", "12:30"])
def test_what_is_no_length(text: str) -> None:
    """Voltages, dates, identifiers and a bare unit are no lengths."""
    assert find_lengths(text) == []


@given(
    st.integers(1, 999),
    st.sampled_from([("nm", 1.0), ("um", 1e3), ("µm", 1e3), ("mm", 1e6)]),
    st.sampled_from(["", " "]),
)
def test_every_printed_length_is_read_back(number: int, unit: tuple[str, float], gap: str) -> None:
    """A number and a unit -> nanometres, with and without a blank."""
    ((_, value, _),) = find_lengths(f"WD{'  '}{number}{gap}{unit[0]}")
    assert value == pytest.approx(number * unit[1])


@given(st.text(max_size=30))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Any text gives positive lengths or none."""
    assert all(value > 0 for _, value, _ in find_lengths(text))


def test_scale_labels_have_short_mantissas() -> None:
    """20 µm is put beside a bar, 104 µm and 3.54 mm are not."""
    assert is_scale_label(20_000)
    assert is_scale_label(500)
    assert not is_scale_label(104_000)
    assert not is_scale_label(3.54e6)
    assert length_nm("1", "kV") is None
