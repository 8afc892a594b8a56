"""Paragraphs of labels and values that wrap."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import Box, Word
from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret
from fractocurate.reports.key_values import find_pairs
from fractocurate.reports.lines import group_lines
from fractocurate.reports.run_in import n_item_words, without_separator
from fractocurate.reports.vocabulary import Vocabulary

FIELDS = (
    ("serial_number", "Serial number", "512345"),
    ("foan", "FOAN no.", "FOAN-2021-0117"),
    ("fracture_load_kn", "Load at fracture [kN]", "61.2"),
    ("defect_class", "Cause of fracture", "hard machining defect"),
    ("sub_type", "Finding", "grinding crack"),
)


def set_in_lines(text: str, width: float) -> list[Word]:
    """The words of a text, wrapped."""
    words: list[Word] = []
    x = y = 0.0
    for word in text.split():
        if x and x + 5 * len(word) > width:
            x, y = 0.0, y + 12
        words.append(Word(word, Box(x, y, x + 5 * len(word), y + 10), 1.0))
        x += 5 * len(word) + 3
    return words


@given(
    order=st.permutations(FIELDS),
    width=st.integers(300, 900),
    stop=st.sampled_from(["; ", " | ", ", "]),
    item=st.sampled_from(["", "1) ", "\u2022 "]),
)
def test_a_paragraph_of_keys_may_wrap_anywhere(
    profile: Profile, order: list[tuple[str, str, str]], width: int, stop: str, item: str
) -> None:
    """Between a key and its value, inside either: each value belongs to its key."""
    text = item + stop.join(f"{key}: {value}" for _, key, value in order)
    words = set_in_lines(text, width)
    words += [Word("margin", Box(width - 30.0, 300.0, width, 310.0), 1.0)]
    pairs = find_pairs(1, group_lines(words), Vocabulary(profile))
    assert {p.name: p.text for p in pairs} == {name: value for name, _, value in order}


@pytest.mark.parametrize("word", ["1)", "(2)", "3.1", "a)", "\u2022", "-", "2.", "3.1.2", "*"])
def test_items(word: str) -> None:
    """Numbers and points."""
    words = [Word(t, Box(0, 0, 1, 1), 1.0) for t in (word, "Cause:")]
    assert n_item_words(words) == 1


@pytest.mark.parametrize("word", ["Cause", "512345", "61.25", "kN", "FOAN-2021-0117"])
def test_words_and_values_are_no_items(word: str) -> None:
    """Nor is a word alone."""
    words = [Word(t, Box(0, 0, 1, 1), 1.0) for t in (word, "Cause:")]
    assert n_item_words(words) == int(word == "61.25")
    assert n_item_words(words[:1]) == 0


def test_separators_are_no_part_of_values(lines_of: Callable[[str], Any]) -> None:
    """A dash is: it says that there is no value."""
    for text, expected in (("61.2 kN;", "61.2 kN"), ("61.2 ;", "61.2"), ("- ;", "-"), ("-", "-"), ("P1", "P1")):
        assert " ".join(w.text for w in without_separator(lines_of(text)[0].words)) == expected


def test_a_line_of_keys_and_values_is_no_header(page_of: Callable[..., Any], profile: Profile) -> None:
    """In two languages each of them looks like one of which only a half was understood."""
    drawing = """
1)   FOAN / Analysis no.: FOAN-2021-0117   Seriennummer / Serial no.: 512345
     Bruch-Nr. / Fragment: F-01   Bauteil / Component: RB36.439   Bruchlast / Load [kN]: 24.4
     Bruchart / Cause of fracture: Pressfehler   Befund / Finding: Pore
"""
    (instance,) = interpret([page_of(drawing)], profile).instances
    assert (instance.serial_number, instance.defect_class, instance.sub_type, instance.fracture_load_kn) == (
        "512345",
        "green_body",
        "pore",
        24.4,
    )


def test_a_sentence_may_end_with_a_unit_or_a_letter(page_of: Callable[..., Any], profile: Profile) -> None:
    """What ends it is the value's and not the next key's; items that begin alike do not run into each other."""
    drawing = """
Analysis no.: FOAN-2021-0117.
Part 1: Serial no.: 512345. Component: A. Load: 12 900 N. Cause: pressing defect. Finding: pore
Part 2: Serial no.: 512346. Component: B. Load: 9 760 N. Cause: grinding damage. Finding: groove
"""
    found = interpret([page_of(drawing)], profile).instances
    assert [(i.serial_number, i.fracture_load_kn, i.defect_class.value, i.sub_type) for i in found] == [
        ("512345", 12.9, "green_body", "pore"),
        ("512346", 9.76, "hard_machining", "grinding_groove"),
    ]
    assert not any(i.issues or i.remarks for i in found)
