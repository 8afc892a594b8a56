"""Words to columns, classes and sub-types."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.vocabulary import DefectClass
from fractocurate.profile import Profile
from fractocurate.reports.synonyms import Synonyms, fold
from fractocurate.reports.units import is_unit, strip_unit, unit_of
from fractocurate.reports.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def vocabulary(profile: Profile) -> Vocabulary:
    """The built-in vocabulary."""
    return Vocabulary(profile)


def test_every_listed_synonym_means_what_the_profile_says(profile: Profile, vocabulary: Vocabulary) -> None:
    """All words of the default profile are understood, in capitals and without umlauts too."""
    for defect_class, words in profile.vocabulary.defect_classes.items():
        for word in words:
            for form in (word, word.upper(), word.replace("ü", "ue").replace("ö", "oe")):
                meaning = vocabulary.defect_class(form)
                assert meaning is not None, form
                assert meaning.name == defect_class.value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Fehler im Grünkörper", "green_body"),
        ("Fehler aus der Hartbearbeitung", "hard_machining"),
        ("Griinkérperfehler", "green_body"),
        ("Grünkörper-\nfehler", "green_body"),
        ("hard machlning damage", "hard_machining"),
        ("defect in the green body", "green_body"),
        ("Ursprung unbekannt", "unknown"),
        ("material defect (pore)", "material"),
    ],
)
def test_wordings_and_reading_errors_are_understood(vocabulary: Vocabulary, text: str, name: str) -> None:
    """Filling words, hyphens at line ends and one or two misread letters change no meaning."""
    meaning = vocabulary.defect_class(text)
    assert meaning is not None
    assert meaning.name == name


@pytest.mark.parametrize(
    "text",
    [
        "no material defect",
        "machining",
        "kein Materialfehler",
        "green body or material",
        "defect",
        "moon",
        "",
        "-",
        "agglomerate",
    ],
)
def test_what_is_not_clear_is_not_guessed(vocabulary: Vocabulary, text: str) -> None:
    """Negations, alternatives and strange words are no class."""
    assert vocabulary.defect_class(text) is None


@given(st.data())
def test_one_misread_letter_never_changes_the_class(profile: Profile, data: st.DataObject) -> None:
    """A synonym with one letter replaced is understood as its own class or not at all."""
    words = [(c, w) for c, ws in profile.vocabulary.defect_classes.items() for w in ws if len(fold(w)) >= 9]
    defect_class, word = data.draw(st.sampled_from(words))
    position = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("abcdefghiklmnoprstuvz1"))
    meaning = Vocabulary(profile).defect_class(word[:position] + letter + word[position + 1 :])
    assert meaning is None or meaning.name == defect_class.value


def test_two_meanings_equally_near_are_none() -> None:
    """A misread word between two synonyms is left to a person."""
    synonyms = Synonyms({"a": ("surface flake",), "b": ("surface flaky",)})
    assert synonyms.near("surface flakx") is None
    assert synonyms.exact("Surface-Flake") == ["a"]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("Load [kN]", "fracture_load_kn"),
        ("Bruchlast (kN)", "fracture_load_kn"),
        ("Fracture load / N", "fracture_load_kn"),
        ("Bruchkraft in kN", "fracture_load_kn"),
        ("SERIEN-NR.:", "serial_number"),
        ("Serlal number", "serial_number"),
        ("Fracture cause", "defect_class"),
        ("Sub type", "sub_type"),
        ("FOAN", "foan"),
    ],
)
def test_headers_are_understood_with_their_units(vocabulary: Vocabulary, text: str, column: str) -> None:
    """Units, colons, case and single misread letters do not matter."""
    assert vocabulary.columns(text)[0][0] == column


def test_units_are_found_and_taken_off() -> None:
    """kN, N and MN; a word that ends in n is no unit."""
    assert [unit_of(t) for t in ("61 kN", "[N]", "MN", "Seriennummer", "SN 1")] == ["kN", "N", "MN", "", ""]
    assert strip_unit("Bruchlast [kN]:") == "Bruchlast"
    assert strip_unit("Serial no.") == "Serial no."


@given(st.text(st.characters(max_codepoint=0x052F), max_size=40))
def test_folding_keeps_only_what_carries_meaning(text: str) -> None:
    """Case, accents' form and spaces never matter, and any text can be asked for."""
    assert fold(text) == fold(unicodedata.normalize("NFD", text)) == fold(f" {text}. ")
    assert not any(c.isspace() or c.isupper() for c in fold(text))


def test_classes_named_in_the_profile_are_understood(other_site: Profile) -> None:
    """A site's own words add to the built-in ones."""
    vocabulary = Vocabulary(other_site)
    own = vocabulary.defect_class("Fremdphase")
    assert own is not None
    assert DefectClass(own.name) is DefectClass.MATERIAL
    assert vocabulary.columns("Body mark")[0] == ("serial_number",)
    assert vocabulary.columns("Vorgang")[0] == ("foan",)


@pytest.mark.parametrize(
    ("text", "name", "detail"),
    [
        ("hard machining damage (grinding crack)", "hard_machining", "grinding crack"),
        ("Schleifschaden (Kantenausbruch)", "hard_machining", "Kantenausbruch"),
        ("pressing defect: green machining groove", "green_body", "green machining groove"),
        ("material flaw, large pore.", "material", "large pore"),
    ],
)
def test_a_class_is_told_from_the_detail_behind_it(vocabulary: Vocabulary, text: str, name: str, detail: str) -> None:
    """The detail keeps its own words, also where they would name another class."""
    meaning = vocabulary.defect_class(text)
    assert meaning is not None
    assert (meaning.name, meaning.rest) == (name, detail)


@pytest.mark.parametrize("text", ["no material flaw (pore)", "material flaw (or not)", "(pore)"])
def test_a_detail_that_is_none_makes_no_class(vocabulary: Vocabulary, text: str) -> None:
    """A negation, an unknown remark, a detail alone."""
    assert vocabulary.defect_class(text) is None


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("S/N", "serial_number"),
        ("Bruchursache / fracture cause", "defect_class"),
        ("Bruchursache fracture cause", "defect_class"),
        ("Senen-Nx. / serial number", "serial_number"),
        ("Bruchlast / fracture load [kN]", "fracture_load_kn"),
    ],
)
def test_headers_in_two_languages_are_understood(vocabulary: Vocabulary, text: str, column: str) -> None:
    """Also where OCR lost the stroke or one half; the stroke of S/N is no unit."""
    assert vocabulary.columns(text)[0] == (column,)


def test_headers_of_two_columns_are_not_one(vocabulary: Vocabulary) -> None:
    """``Serial no. / load`` holds two values: whoever reads the header has to part them."""
    assert vocabulary.columns("serial no. / fracture load")[0] == ()


@pytest.mark.parametrize("text", ["Seriennummer / S/N", "S/N / Seriennummer", "Seriennummer / S/N:"])
def test_a_stroke_inside_a_word_parts_no_languages(profile: Profile, text: str) -> None:
    """Nor is the N behind it a unit of force."""
    assert Vocabulary(profile).columns(text) == (("serial_number",), 1.0)


@pytest.mark.parametrize(
    ("text", "expected"), [("[kN]", True), ("N", True), ("in kN", True), ("No", False), ("kN m", False)]
)
def test_a_unit_alone_is_told_from_words(text: str, *, expected: bool) -> None:
    """Only units of force are."""
    assert is_unit(text) == expected
