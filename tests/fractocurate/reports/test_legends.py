"""Codes are read by the report's own legend, and a unit that a sentence gives for all forces."""

import pytest

from fractocurate.profile import load_profile
from fractocurate.reports.legends import find_legend, stated_unit
from fractocurate.reports.vocabulary import Vocabulary


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """The built-in words."""
    return Vocabulary(load_profile(None))


def test_a_legend_gives_each_code_its_wording(vocabulary: Vocabulary) -> None:
    """In one line or in several."""
    expected = {"G": "green body defect", "M": "material defect"}
    assert find_legend(["Key: G = green body defect; M = material defect"], vocabulary) == expected
    assert find_legend(["G: green body defect", "M: material defect."], vocabulary) == expected
    assert find_legend(["* G = green body defect, M = material defect"], vocabulary) == expected


def test_a_code_with_two_meanings_means_nothing(vocabulary: Vocabulary) -> None:
    """Nor does a single entry make a legend."""
    texts = ["G = green body defect; M = material defect; H = grinding damage", "G = material flaw"]
    assert set(find_legend(texts, vocabulary)) == {"M", "H"}
    assert find_legend(["G = green body defect"], vocabulary) == {}


def test_a_sentence_gives_the_unit_unless_another_gives_another() -> None:
    """``N`` is taken from words about forces only."""
    assert stated_unit(["All forces in N."]) == "N"
    assert stated_unit(["Alle Bruchlastwerte in kN."]) == "kN"
    assert stated_unit(["All forces in N.", "All loads in kN."]) == ""
    assert stated_unit(["The load was measured in 12 N steps."]) == ""
