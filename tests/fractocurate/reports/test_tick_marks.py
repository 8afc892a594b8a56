"""Which of the labels beside boxes is ticked."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import Box, Word
from fractocurate.profile import Profile
from fractocurate.reports.lines import Line
from fractocurate.reports.tick_marks import Choice, Tick, choose, marks_of, plain_symbol, read_options, set_apart
from fractocurate.reports.vocabulary import Vocabulary

Choose = Callable[[str], Choice]


@pytest.fixture(scope="module")
def vocabulary(profile: Profile) -> Vocabulary:
    """The default site's."""
    return Vocabulary(profile)


@pytest.fixture(scope="module")
def chosen(lines_of: Callable[[str], list[Line]], vocabulary: Vocabulary) -> Choose:
    """What is ticked in a drawing."""

    def chosen(drawing: str) -> Choice:
        options, rest = read_options([w for line in lines_of(drawing) for w in line.words], vocabulary)
        assert not rest
        return choose(options, "defect class")

    return chosen


def text_of(choice: Choice) -> str:
    """Its words."""
    return " ".join(w.text for w in choice.words)


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("[x] Grünkörper  [ ] Hartbearbeitung  [ ] Material", "Grünkörper"),
        ("[ ]Grünkörper  [X]Hartbearbeitung  [ ]Material", "Hartbearbeitung"),
        ("( ) green body\n(x) hard machining\n    defect\n( ) material", "hard machining defect"),
        ("☐ green body   ☐ hard machining   ☒ material", "material"),
        ("□ green body   ✓ hard machining   □ material", "hard machining"),
        ("○ green body   ● hard machining   ○ material", "hard machining"),
        ("__ green body  _X_ hard machining  __ material", "hard machining"),
        ("green body [ ]    hard machining [ ]    material [x]", "material"),
        ("Material      ☑\nGrünkörper    ☐\nunklar        ☐", "Material"),
        ("[ ] Material   [x] Sonstiges: Thermoschock\n[ ] Grünkörper", "Sonstiges: Thermoschock"),
        ("[x] Material   [ ] Sonstiges: ______\n[ ] Grünkörper", "Material"),
        ("[x] pressing defect   [x] green machining defect   [ ] material", "pressing defect green machining defect"),
    ],
)
def test_the_label_of_the_ticked_box_is_chosen(chosen: Choose, drawing: str, expected: str) -> None:
    """Before or behind its label, in a line or a list, whatever the shape of the box."""
    choice = chosen(drawing)
    assert (text_of(choice), choice.problem) == (expected, "")


@pytest.mark.parametrize(
    ("drawing", "problem"),
    [
        ("[ ] Grünkörper  [ ] Hartbearbeitung", "no box is ticked"),
        ("[x] Grünkörper  [x] Hartbearbeitung", "several boxes are ticked"),
        ("[x] Grünkörper  L] Hartbearbeitung  [ ] Material", "cannot be told ticked from empty"),
        ("[x] Grünkörper\n    Hartbearbeitung\n[ ] Material", "cannot be told ticked from empty"),
        ("[x] Material  [ ] Grünkörper\n[ ] Material  [ ] Grünkörper", "both ticked and empty"),
        ("✓ Grünkörper   ✗ Hartbearbeitung   ✗ Material", "several boxes are ticked"),
    ],
    ids=["none", "two", "a broken box", "a lost box", "two lists", "ticks and crosses"],
)
def test_what_is_not_ticked_once_and_clearly_is_a_problem(chosen: Choose, drawing: str, problem: str) -> None:
    """Boxes that cannot be told apart are no choice, and ticks beside crosses have two meanings."""
    assert problem in chosen(drawing).problem


def test_boxes_that_may_stand_on_either_side_are_unclear(
    lines_of: Callable[[str], list[Line]], vocabulary: Vocabulary
) -> None:
    """As many labels are understood either way, and another one would be ticked."""
    words = lines_of("Sonstige [ ] Grünkörper [x] Hartbearbeitung [ ] Andere")[0].words
    options, _ = read_options(words, vocabulary)
    assert all(o.state is Tick.UNCLEAR for o in options)
    assert choose(options, "defect class").problem


@pytest.mark.parametrize("text", ["(1) first", "see [3] and [4]", "x 500", "50 x", "N = 3 O", "● point"])
def test_numbers_in_brackets_and_bullets_are_no_boxes(lines_of: Callable[[str], list[Line]], text: str) -> None:
    """References, magnifications and bullets."""
    assert not marks_of(set_apart(lines_of(text)[0].words))


@pytest.mark.parametrize(
    ("code", "symbol"), [(0xF0FE, "☒"), (0xF0A8, "☐"), (0x41, "A"), (0x2610, "☐"), (0x110000, "\ufffd")]
)
def test_boxes_of_symbol_fonts_are_boxes(code: int, symbol: str) -> None:
    """Their code points mean nothing elsewhere, and would make a page look garbled."""
    assert plain_symbol(code) == symbol


LABELS = ("green body defect", "grinding damage", "material flaw", "not determined")


@given(ticked=st.sets(st.integers(0, 3)), columns=st.integers(1, 4), shape=st.sampled_from(["[] [x]", "() (X)", "☐ ☒"]))
def test_any_number_of_ticks_in_any_arrangement(
    vocabulary: Vocabulary, ticked: set[int], columns: int, shape: str
) -> None:
    """One tick is a choice without a problem; none or several are a problem."""
    words = []
    for k, label in enumerate(LABELS):
        x, y = 200.0 * (k % columns), 14.0 * (k // columns)
        for word in (shape.split()[k in ticked], *label.split()):
            words.append(Word(word, Box(x, y, x + 5 * len(word), y + 10), 1.0))
            x += 5 * len(word) + 3
    options, rest = read_options(words, vocabulary)
    assert not rest
    assert {o.meaning for o in options if o.state is Tick.TICKED} == {
        o.meaning for o in options if o.text in {LABELS[k] for k in ticked}
    }
    assert (choose(options, "defect class").problem == "") == (len(ticked) == 1)
