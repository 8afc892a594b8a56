"""A class that is excluded, supposed or doubted never becomes the label; one beside such a clause does."""

import pytest

from fractocurate.profile import load_profile
from fractocurate.reports.assertion import begins_quotation, cause_in, is_asserted, speaks_of_another_case
from fractocurate.reports.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """The built-in words."""
    return Vocabulary(load_profile(None))


@pytest.mark.parametrize(
    "text",
    [
        "no material defect",
        "material defect: none",
        "Materialfehler: keiner",
        "Materialfehler ausgeschlossen",
        "kein Hinweis auf Materialfehler",
        "material defect?",
        "grinding damage (?)",
        "Verdacht auf Schleifschaden",
        "possibly grinding damage",
        "grinding damage or material defect",
        "Materialfehler, Schleifschaden ausgeschlossen",
        "no pressing defect, material defect",
        "The SEM shows neither a material defect nor anything else",
        "At first a material defect was suspected at the bore",
        "overload of the fixture; the material is alumina",
        "grinding damage at the bore and a material defect at the edge",
    ],
)
def test_a_class_that_is_not_asserted_alone_is_no_label(vocabulary: Vocabulary, text: str) -> None:
    """Excluded, supposed, doubted, or one of two."""
    assert cause_in(text, vocabulary) is None


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("grinding damage (no material defect)", "hard_machining", ""),
        ("grinding damage; material defect excluded", "hard_machining", ""),
        ("Schleifschaden, kein Materialfehler", "hard_machining", ""),
        ("Pressfehler (Materialfehler ausgeschlossen)", "green_body", ""),
        ("Im REM zeigt sich Materialfehler (Lunker) als Bruchausgang, siehe Bild.", "material", "Lunker"),
        ("The fracture started at the bore. Green body defect.", "green_body", ""),
    ],
)
def test_a_class_beside_other_words_is_read_less_surely(
    vocabulary: Vocabulary, text: str, name: str, rest: str
) -> None:
    """What else the cell says denies other classes, or describes."""
    meaning = cause_in(text, vocabulary)
    assert meaning is not None
    assert (meaning.name, meaning.rest) == (name, rest)
    assert meaning.similarity < 0.95


def test_a_class_alone_is_read_as_ever(vocabulary: Vocabulary) -> None:
    """The longer way changes nothing for the shorter one."""
    assert cause_in("grinding damage", vocabulary) == vocabulary.defect_class("grinding damage")


def test_sentences_that_suppose_or_exclude_assert_nothing() -> None:
    """In both languages."""
    assert is_asserted("The root cause is a grinding crack.")
    assert not is_asserted("A material defect was ruled out as root cause.")
    assert not is_asserted("Als Bruchursache scheidet ein Materialfehler aus: er wurde verworfen.")
    assert not is_asserted("Der Kunde nahm als Ursache einen Materialfehler an.")


def test_lines_about_other_cases_and_quotations_are_told() -> None:
    """They name FOANs and causes that are not this report's."""
    assert speaks_of_another_case("Vgl. FOAN-2019-0044")
    assert speaks_of_another_case("similar to FOAN-2019-0044")
    assert not speaks_of_another_case("FOAN-2019-0044")
    assert begins_quotation("-----Original Message-----")
    assert begins_quotation("-----Ursprüngliche Nachricht-----")
    assert not begins_quotation("The original message was lost.")


@pytest.mark.parametrize(
    "text", ["hard machining damage: none", "green body defect: none found", "material defect none"]
)
def test_a_class_of_which_there_is_none_is_not_stated(vocabulary: Vocabulary, text: str) -> None:
    """Four words are a sentence, and "none" denies what it names."""
    assert cause_in(text, vocabulary) is None
