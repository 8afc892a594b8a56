"""Grammars of several sites: what is read, what is repaired, what is refused."""

import itertools
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.identifiers import Grammar

YEARLY = Grammar("FOAN-{year}-{number:4}", aliases=("FOA", "FA"))
SLASHED = Grammar("BR/{year}/{number:5}")
LETTERED = Grammar("K{number:4..6}-{letters:1}")
SERIAL = Grammar("{number:5..8}")
SERIAL_WITH_LETTERS = Grammar("{letters:2}{number:6}")

SEPARATORS = st.sampled_from(["-", "_", " ", ".", "/", "", "--"])
YEARS = st.integers(1990, 2049)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("FOAN-2021-0417", "FOAN-2021-0417"),
        ("foan 2021.0417", "FOAN-2021-0417"),
        ("FOA20210417_x500", "FOAN-2021-0417"),
        ("x500_FA_21_0417_B1", "FOAN-2021-0417"),
        ("FOAN2O21-O4I7", "FOAN-2021-0417"),
        ("scan of 2021-0417, 500x", "FOAN-2021-0417"),
        ("F0AN-2021-0417", "FOAN-2021-0417"),
        ("FAON 2021 0417", "FOAN-2021-0417"),
        ("FOAM_21_0417", "FOAN-2021-0417"),
        ("Grünling_FOAN-2021-0417", "FOAN-2021-0417"),
    ],
)
def test_noisy_spellings_are_read(text: str, value: str) -> None:
    """Separators, case, aliases, short years, look-alikes and a misspelt prefix do not hide an identifier."""
    assert [found.value for found in YEARLY.find(text)] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "2021-04-17",  # a date
        "20210417",  # a date or a running number
        "FOAN-1989-0417",  # before the first year
        "FOAN-2021-04177",
        "FOAN-2021-041",
        "PROFOAN-2021-0417x",  # the prefix is part of a word, and a letter follows
        "IMG_2021041",
        "",
    ],
)
def test_what_is_no_identifier_is_not_read(text: str) -> None:
    """Dates, running numbers and numbers of another length are refused."""
    assert YEARLY.find(text) == []


def test_repairs_and_missing_prefixes_are_reported() -> None:
    """Whoever decides can tell a clean reading from a repaired one, and a prefixed one from a bare one."""
    (repaired,) = YEARLY.find("foan 2O2l-0417")
    assert repaired.repairs == ("O -> 0", "l -> 1")
    assert repaired.prefixed
    (misspelt,) = YEARLY.find("see FAON-2021-0417")
    assert misspelt.repairs == ("FAON -> FOAN",)
    assert misspelt.raw == "FAON-2021-0417"
    (bare,) = YEARLY.find("2021_0417")
    assert not bare.prefixed
    assert YEARLY.find("2021_0417", bare=False) == []


@pytest.mark.parametrize("text", ["102023-K-227", "1O2023-K-227", "l02023-K-227", "see 102023-K-227)"])
def test_a_prefix_whose_letters_were_read_as_digits_is_repaired(text: str) -> None:
    """IO and 10 look alike; only one identifier can be meant, and the repair is reported."""
    (found,) = Grammar("IO{year}-{letters:1}-{number:3}").find(text)
    assert found.value == "IO2023-K-227"
    assert found.repairs


def test_a_number_of_its_own_is_no_misread_prefix() -> None:
    """A month, a row number before a number, and a longer number are none."""
    assert Grammar("IO-{number:4}").find("10-2023", bare=False) == []
    assert Grammar("IO{number:7}").find("10 2023227", bare=False) == []
    assert Grammar("IO{year}-{letters:1}-{number:3}").find("7102023-K-227", bare=False) == []


def test_a_letter_that_begins_a_word_is_no_confused_digit() -> None:
    """A torn number directly followed by a word is not completed by the first letter of the word."""
    assert YEARLY.find("FOAN21-041BSE") == []
    assert YEARLY.find_malformed("FOAN21-041BSE")[0].key == "FOAN2021041"


@pytest.mark.parametrize(
    ("grammar", "text", "keys"),
    [
        (YEARLY, "FOAN-2021-417", ("FOAN2021417",)),
        (YEARLY, "foan_21_04177_x500", ("FOAN202104177",)),
        (YEARLY, "FOAN 2021.417_09", ("FOAN2021417", "FOAN202141709")),
        (YEARLY, "FOAN21-0417B_", ()),  # complete: the letter is another word's
        (SLASHED, "BR 21/0417", ("BR20210417",)),
        (SLASHED, "BR/2021/004177", ("BR2021004177",)),
        (LETTERED, "K123-B", ("K123B", "K123")),
        (LETTERED, "K1234567-B.tif", ("K1234567B", "K1234567")),
        (LETTERED, "K 123 B", ()),  # one letter apart from a number is a word, or a temperature
        (SERIAL, "SN 1234", ()),  # without a prefix nothing tells a torn number from another number
    ],
)
def test_torn_identifiers_are_found_as_malformed(grammar: Grammar, text: str, keys: tuple[str, ...]) -> None:
    """A digit too many or too few is no identifier, but its key can be compared with known ones."""
    found = grammar.find_malformed(text)
    assert tuple(key for malformed in found for key in malformed.keys) == keys


def test_a_malformed_reading_leaves_the_following_number_to_others() -> None:
    """A torn FOAN does not swallow the serial number behind it."""
    (malformed,) = YEARLY.find_malformed("FOAN21-00417_512064_50x")
    assert malformed.raw == "FOAN21-00417"


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("FOAN-2021-417", ("FOAN-2021-0417",)),
        ("FOAN-21-04417", ("FOAN-2021-0417",)),
        ("FOAN-2021-01177", ("FOAN-2021-0117", "FOAN-2021-0177")),
        ("FOAN2021417", ("FOAN-2021-0417",)),
        ("FOAN-2021-04317", ()),
        ("FOAN-221-0417", ()),  # the year is torn: no usual slip tells which one
    ],
)
def test_usual_slips_are_told(text: str, likely: tuple[str, ...]) -> None:
    """Left-out leading zeros and doubled characters say what was meant; other slips do not."""
    (malformed,) = YEARLY.find_malformed(text)
    assert malformed.likely == likely


def test_parse_takes_a_text_as_a_whole() -> None:
    """A cell that holds more than one identifier, or other words, is none."""
    found = YEARLY.parse(" FOA 21-0417 ")
    assert found is not None
    assert found.value == "FOAN-2021-0417"
    assert YEARLY.parse("FOAN-2021-0417 and FOAN-2021-0418") is None
    assert YEARLY.parse("FOAN-2021-0417 bis") is None


def test_is_valid_asks_for_the_canonical_form() -> None:
    """A tolerated spelling is not the canonical one."""
    assert YEARLY.is_valid("FOAN-2021-0417")
    assert not YEARLY.is_valid("FOA-2021-0417")
    assert not YEARLY.is_valid("FOAN-2021-041")


@pytest.mark.parametrize(
    "pattern", ["FOAN", "A-{digits:3}", "A-{number}", "A-{number:0}", "A-{number:5..3}", "A-{year"]
)
def test_a_pattern_that_cannot_be_read_is_refused(pattern: str) -> None:
    """The profile's author learns at once that a pattern is wrong."""
    with pytest.raises(ValueError, match=r"fields are|has no field"):
        Grammar(pattern).parse("A-1")


def test_a_range_of_years_of_a_century_is_refused() -> None:
    """Two digits could then mean two years."""
    with pytest.raises(ValueError, match="century"):
        Grammar("A-{year}-{number:3}", first_year=1950, last_year=2050)


@given(YEARS, st.integers(0, 9999), SEPARATORS, SEPARATORS, st.sampled_from(["FOAN", "foan", "Foa", "FA"]))
def test_yearly_identifiers_survive_every_spelling(year: int, number: int, first: str, second: str, name: str) -> None:
    """Canonical -> any separators, case, alias and surroundings -> the same canonical form."""
    canonical = f"FOAN-{year}-{number:04d}"
    text = f"x500_{name}{first}{year}{second}{number:04d}_B1"
    assert [found.value for found in YEARLY.find(text)] == [canonical]


@given(YEARS, st.integers(0, 99999), SEPARATORS, SEPARATORS)
def test_slashed_identifiers_survive_every_separator(year: int, number: int, first: str, second: str) -> None:
    """A file name cannot hold a slash; whatever stands in its place is accepted."""
    text = f"Bruch br{first}{year}{second}{number:05d} (2)"
    assert [found.value for found in SLASHED.find(text)] == [f"BR/{year}/{number:05d}"]


@given(st.integers(1000, 999999), st.sampled_from(string.ascii_uppercase), SEPARATORS)
def test_lettered_identifiers_survive_every_separator(number: int, letter: str, separator: str) -> None:
    """A grammar may end in letters and have no year."""
    text = f"k{number}{separator}{letter.lower()} 500x"
    assert [found.value for found in LETTERED.find(text)] == [f"K{number}-{letter}"]


@given(st.text(string.ascii_uppercase, min_size=2, max_size=2), st.integers(0, 999999))
def test_serials_with_letters_round_trip(letters: str, number: int) -> None:
    """Letters keep what they are even if they look like digits."""
    assert SERIAL_WITH_LETTERS.is_valid(f"{letters}{number:06d}")


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """Readings lie within the text, do not overlap, and are valid canonical forms."""
    for grammar in (YEARLY, SLASHED, LETTERED, SERIAL, SERIAL_WITH_LETTERS):
        spans = []
        for found in grammar.find(text):
            assert grammar.is_valid(found.value)
            spans.append((found.start, found.end))
        spans += [(malformed.start, malformed.end) for malformed in grammar.find_malformed(text)]
        spans.sort()
        assert all(0 <= start < end <= len(text) for start, end in spans)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))


def test_random_words_and_numbers_are_seldom_read() -> None:
    """Among random short names fewer than one in two hundred is taken for an identifier."""
    generator = random.Random(1)  # noqa: S311 - draws names, not keys
    alphabet = string.ascii_letters + string.digits * 3 + "_- ."
    names = ["".join(generator.choices(alphabet, k=generator.randint(4, 24))) for _ in range(4000)]
    read = [name for name in names if YEARLY.find(name) or YEARLY.find_malformed(name)]
    assert len(read) < len(names) / 200


@pytest.mark.parametrize(
    ("pattern", "text", "key"),
    [
        ("FOAN-{year}-{number:4}", "FOAN-2059-0123", "FOAN20590123"),
        ("FOAN-{year}-{number:4}", "FOAN-22005-0191", "FOAN220050191"),
        ("FOAN-{year}-{number:4}", "FOAN-21-041", "FOAN2021041"),
        ("BR/{year}/{letters:2}{number:3}", "BR-2010-CD1111 2kx", "BR2010CD1111"),
        ("BR/{year}/{letters:2}{number:3}", "BR-2010-CD11 2kx", "BR2010CD11"),
        ("K{number:5}-{letters:1}", "K144432-M", "K144432M"),
    ],
)
def test_a_slip_leaves_all_characters_in_the_key(pattern: str, text: str, key: str) -> None:
    """A mistyped year is not one of two digits, letters may stand between, and a digit too many is no letter."""
    grammar = Grammar(pattern, first_year=1990, last_year=2049)
    assert grammar.find(text) == []
    assert grammar.find_malformed(text)[0].key == key


def test_a_year_may_have_a_character_twice() -> None:
    """2012 with its 1 typed twice is one of the usual slips, 2011 with a 2 behind it is none."""
    assert Grammar("FOAN-{year}-{number:4}").find_malformed("FOAN-20112-0168")[0].likely == ("FOAN-2012-0168",)
