"""FOANs and serial numbers in cells and running text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fractocurate.profile import Profile
from fractocurate.reports.identify import Identifiers


@pytest.fixture(scope="module")
def identifiers(profile: Profile) -> Identifiers:
    """The default grammars."""
    return Identifiers(profile)


@pytest.mark.parametrize(
    ("text", "value", "rest"),
    [
        ("FOAN-2021-0117", "FOAN-2021-0117", ""),
        ("FOAN 2021/0117", "FOAN-2021-0117", ""),
        ("foan: 2021-0117", "FOAN-2021-0117", ""),
        ("FOAN-2021-0117 / B2", "FOAN-2021-0117", "B2"),
        ("FOAN-2021-0117 (FOAN-2021-0117)", "FOAN-2021-0117", "FOAN-2021-0117"),
    ],
)
def test_the_foan_of_a_cell_is_read_in_its_usual_spellings(
    identifiers: Identifiers, text: str, value: str, rest: str
) -> None:
    """Separators, case and labels are free; what else stands in the cell is handed on."""
    found = identifiers.foan(text)
    assert (found.value, found.raw, found.problem, found.rest) == (value, text, "", rest)


@pytest.mark.parametrize("text", ["SN 512345", "S/N: 512345", "Serien-Nr. 512345", "512 345", "SN512345", "512345"])
def test_labels_and_spaces_in_serial_numbers_do_not_matter(identifiers: Identifiers, text: str) -> None:
    """A label before the number, in either language, or a space that OCR put into it."""
    found = identifiers.serial_number(text)
    assert (found.value, found.problem) == ("512345", "")


def test_a_part_behind_the_serial_number_is_handed_on(identifiers: Identifiers) -> None:
    """``512345 / B1`` names the fracture, too."""
    assert identifiers.serial_number("SN 512345 / B1").rest == "B1"
    assert identifiers.serial_number("512345 [B2]").rest == "B2"


@pytest.mark.parametrize("text", ["", "-", "n/a", "keine Angabe"])
def test_a_cell_that_states_nothing_has_no_problem(identifiers: Identifiers, text: str) -> None:
    """Nothing stated is not the same as not understood."""
    for found in (identifiers.foan(text), identifiers.serial_number(text)):
        assert (found.value, found.problem) == (None, "")


@pytest.mark.parametrize("text", ["FOAN-2021-01177", "FOAN-1821-0117", "see above"])
def test_what_breaks_the_grammar_is_said(identifiers: Identifiers, text: str) -> None:
    """A digit too many, or an impossible year, is not cut to size."""
    found = identifiers.foan(text)
    assert found.value is None
    assert found.problem == f"foan breaks the grammar: {text}"


def test_two_numbers_in_one_cell_are_not_chosen_from(identifiers: Identifiers) -> None:
    """A person has to say which is meant."""
    found = identifiers.serial_number("512345 or 512346")
    assert found.value is None
    assert found.problem == "several readings of serial number: 512345 or 512346"


def test_a_repair_is_made_where_it_is_the_only_one_and_said(identifiers: Identifiers) -> None:
    """O for 0 in a year."""
    found = identifiers.foan("FOAN-2O21-0117")
    assert found.value == "FOAN-2021-0117"
    assert (found.problem, found.repairs, found.repaired_raw) == ("", ("O -> 0",), "FOAN-2O21-0117")


def test_running_text_needs_a_prefix_or_a_label(identifiers: Identifiers) -> None:
    """Bare numbers in prose are no identifiers: they may be anything."""
    text = "FOAN-2021-0117 and analysis 2021-0118; SN 512345 weighs 512346 grams, serial no. 512347"
    assert [f.value for f in identifiers.foans_in(text)] == ["FOAN-2021-0117"]
    found = identifiers.serial_numbers_in(text)
    assert [f.value for f in found] == ["512345", "512347"]
    assert [text[f.start : f.end] for f in found] == ["512345", "512347"]


def test_labels_of_the_profile_announce_foans_without_prefix(identifiers: Identifiers) -> None:
    """``Bruchanalyse 2021-0118`` counts, and so does the prefix, once."""
    found = identifiers.foans_in("Bruchanalyse 2021-0118, FOAN 2021-0119")
    assert [f.value for f in found] == ["FOAN-2021-0118", "FOAN-2021-0119"]


@given(
    st.integers(1990, 2049),
    st.integers(0, 9999),
    st.sampled_from(["-", " ", "/", "_"]),
    st.sampled_from(["FOAN", "foan"]),
)
def test_any_foan_survives_its_spelling(profile: Profile, year: int, number: int, mark: str, prefix: str) -> None:
    """Written with any separator and case, alone or in prose, it is read back in canonical form."""
    written = f"{prefix}{mark}{year}{mark}{number:04}"
    identifiers = Identifiers(profile)
    expected = f"FOAN-{year}-{number:04}"
    assert identifiers.foan(written).value == expected
    assert [f.value for f in identifiers.foans_in(f"As stated in {written}, the part broke.")] == [expected]


@given(st.text(max_size=50))
def test_any_text_can_be_asked(profile: Profile, text: str) -> None:
    """Nothing raises; a value is always valid, and no value without a problem means that nothing was stated."""
    identifiers = Identifiers(profile)
    for found, grammar in (
        (identifiers.foan(text), profile.foan.grammar),
        (identifiers.serial_number(text), profile.serial_number.grammar),
    ):
        assert found.value is None or grammar.is_valid(found.value)
        assert found.raw == text.strip()
    assert all(0 <= f.start < f.end <= len(text) for f in identifiers.serial_numbers_in(text))
