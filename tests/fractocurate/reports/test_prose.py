"""Sentences that state a fracture, and those that only seem to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from data_contracts.records import InstanceReading, ReportReading
from data_contracts.vocabulary import DefectClass
from fractocurate.profile import Profile
from fractocurate.reports.read import read_report

HEADER = "FRACTURE ANALYSIS REPORT"
INTRO = "The parts were cleaned, sputtered and examined in the scanning electron microscope of the laboratory."
ENGLISH = (
    "The part with serial number 512345 (FOAN-2021-0117) failed at 22 690 N. "
    "The cause of fracture was found to be: material flaw (foreign particle)."
)
GERMAN = (
    "Unter FOAN-2021-0118 wurde das Teil mit der Seriennummer 512346 untersucht. Es brach bei 31,5 kN. "
    "Als Bruchursache wurde Schleifschaden festgestellt."
)
TABLE = [["FOAN", "Serial no.", "Cause"], ["FOAN-2021-0117", "512345", "material flaw"]]


@pytest.fixture
def read(make_report: Callable[..., Path], profile: Profile) -> Callable[..., list[InstanceReading]]:
    """The instances of a report made of these parts."""

    def read(*parts: object) -> list[InstanceReading]:
        reading = read_report(make_report(HEADER, INTRO, *parts), "x.pdf", profile)
        return list(reading.instances) if isinstance(reading, ReportReading) else []

    return read


def test_a_sentence_states_part_load_and_cause(read: Callable[..., list[InstanceReading]]) -> None:
    """In English, the cause behind its key with a sub-type in brackets; in German, between key and verb."""
    first, second = read(ENGLISH, GERMAN)
    assert (first.foan, first.serial_number, first.fracture_load_kn) == ("FOAN-2021-0117", "512345", 22.69)
    assert (first.defect_class, first.sub_type, first.issues) == (DefectClass.MATERIAL, "inclusion", ())
    assert (second.foan, second.serial_number, second.fracture_load_kn) == ("FOAN-2021-0118", "512346", 31.5)
    assert (second.defect_class, second.issues) == (DefectClass.HARD_MACHINING, ())
    assert {r.field for r in first.readings} >= {"foan", "serial_number", "defect_class", "fracture_load_kn"}


@pytest.mark.parametrize(
    "sentence",
    [
        "The cause of fracture of serial number 512345 was no material flaw.",
        "The cause of fracture of serial number 512345 was contact stress at the seat.",
        "The cause of fracture of serial number 512345 was material flaw or green body defect.",
    ],
    ids=["negated", "unknown to the vocabulary", "two causes"],
)
def test_a_cause_that_is_not_plain_goes_to_review(read: Callable[..., list[InstanceReading]], sentence: str) -> None:
    """The part is named; its class is not guessed."""
    (instance,) = read("FOAN: FOAN-2021-0117", sentence)
    assert instance.defect_class is DefectClass.UNKNOWN
    assert instance.issues


@pytest.mark.parametrize(
    "sentence",
    [
        "The parts with serial numbers 512345 and serial number 512346 broke; root cause: material flaw.",
        "Serial number 512345 was stored in a dry place.",
        "The most frequent cause of fracture is a material flaw.",
    ],
    ids=["two parts", "no cause", "no part"],
)
def test_a_paragraph_that_does_not_speak_of_one_part_and_its_cause_states_nothing(
    read: Callable[..., list[InstanceReading]], sentence: str
) -> None:
    """A missing label is better than a wrong one."""
    assert read("FOAN: FOAN-2021-0117", sentence) == []


def test_beside_a_table_sentences_only_confirm_or_contradict(read: Callable[..., list[InstanceReading]]) -> None:
    """Parts of earlier reports that a sentence recalls are no rows of this one."""
    (confirmed,) = read(TABLE, ENGLISH, GERMAN)
    assert (confirmed.serial_number, confirmed.issues, confirmed.fracture_load_kn) == ("512345", (), 22.69)
    (contradicted,) = read(TABLE, ENGLISH.replace("material flaw (foreign particle)", "grinding damage"))
    assert any("contradicting defect class" in issue for issue in contradicted.issues)


@pytest.mark.parametrize(
    "sentence",
    [
        "A material flaw was ruled out as the cause of fracture.",
        "At first a material flaw was suspected as root cause.",
        "Als Bruchursache kann ein Materialfehler ausgeschlossen werden.",
        "The suspected cause: material flaw.",
    ],
)
def test_a_cause_that_is_excluded_or_supposed_goes_to_review(
    read: Callable[..., list[InstanceReading]], sentence: str
) -> None:
    """It must not become the label, though a key announces it."""
    for instance in read(f"The part with serial number 512345 (FOAN-2021-0117) broke at 22 690 N. {sentence}"):
        assert instance.issues
        assert instance.defect_class is DefectClass.UNKNOWN or instance.confidence < 0.95


def test_a_conclusion_outweighs_the_hypotheses_before_it(read: Callable[..., list[InstanceReading]]) -> None:
    """The paragraph asserts one cause and supposes another."""
    text = (
        "The part with serial number 512345 (FOAN-2021-0117) broke at 22 690 N. At first a grinding damage was "
        "suspected as root cause. In conclusion, the cause of fracture is: material flaw."
    )
    (instance,) = read(text)
    assert instance.defect_class is DefectClass.MATERIAL
    assert instance.issues == ()
