"""Lists of boxes on a page, and the instances that they decide."""

from collections.abc import Callable
from typing import Any

import pytest

from data_contracts.records import InstanceReading
from data_contracts.vocabulary import DefectClass
from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret
from fractocurate.reports.tick_lists import find_tick_lists
from fractocurate.reports.vocabulary import Vocabulary

Interpreted = Callable[..., list[InstanceReading]]


@pytest.fixture(scope="module")
def interpreted(page_of: Callable[..., Any], profile: Profile) -> Interpreted:
    """Instances of a drawn page."""
    return lambda drawing, confidence=None: list(interpret([page_of(drawing, 1, confidence)], profile).instances)


FORM = """
FOAN:          FOAN-2021-0117
Seriennummer:  512345
Bruchlast:     61,2 kN
Bruchursache:
  [ ] Grünkörper         [x] Hartbearbeitung
  [ ] Material           [ ] Sonstiges: ________
Untertyp:
  [ ] Schleifriss        [ ] Riefe       [x] Kratzer
"""


def test_lists_state_cause_and_sub_type(interpreted: Interpreted) -> None:
    """The label is the evidence: what it says and where it stands."""
    (instance,) = interpreted(FORM)
    assert (instance.serial_number, instance.defect_class, instance.sub_type) == (
        "512345",
        DefectClass.HARD_MACHINING,
        "scratch",
    )
    assert (instance.defect_class_raw, instance.issues, instance.remarks) == ("Hartbearbeitung", (), ())
    (cause,) = [r for r in instance.readings if r.field == "defect_class"]
    assert cause.box is not None
    assert cause.box.left == 50.0 + 5 * 29
    assert cause.confidence >= 0.95


def test_a_box_that_ocr_read_is_never_sure(interpreted: Interpreted) -> None:
    """An empty box may have been read as a ticked one."""
    (instance,) = interpreted(FORM, 0.96)
    (cause,) = [r for r in instance.readings if r.field == "defect_class"]
    assert (cause.value, cause.confidence) == ("hard_machining", 0.9)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[x] Hart", "[ ] Hart", "no box is ticked"),
        ("[ ] Material", "[x] Material", "several boxes are ticked"),
        ("[ ] Material", "LI  Material", "cannot be told ticked from empty"),
    ],
)
def test_what_is_not_ticked_once_goes_to_review(interpreted: Interpreted, old: str, new: str, problem: str) -> None:
    """And names no class that nobody ticked."""
    (instance,) = interpreted(FORM.replace(old, new))
    assert any(problem in issue for issue in instance.issues)
    (cause,) = [r for r in instance.readings if r.field == "defect_class"] or [None]
    assert cause is None or cause.confidence <= 0.9


def test_sub_types_may_stand_among_the_classes(interpreted: Interpreted) -> None:
    """One list in which the kinds of a class follow it."""
    drawing = """
Serial no.: 512345
FOAN: FOAN-2021-0117
Root cause (tick one):
[ ] material
    [ ] pore   [ ] inclusion
[x] green body
    [ ] press crack   [x] agglomerate
[ ] hard machining
    [ ] scratch
"""
    (instance,) = interpreted(drawing)
    assert (instance.defect_class, instance.sub_type, instance.issues) == (DefectClass.GREEN_BODY, "agglomerate", ())


def test_boxes_may_stand_in_the_line_of_their_key(interpreted: Interpreted) -> None:
    """Behind the key, with the rest of the list below."""
    drawing = """
Seriennummer:  512345      FOAN: FOAN-2021-0117
Bruchursache:  ☐ Grünkörper   ☐ Hartbearbeitung
               ☒ Material     ☐ unbekannt
"""
    (instance,) = interpreted(drawing)
    assert (instance.defect_class, instance.issues) == (DefectClass.MATERIAL, ())


def test_boxes_in_the_cells_of_a_table(interpreted: Interpreted) -> None:
    """Each row has its own."""
    drawing = """
FOAN             Serial no.   Cause
FOAN-2021-0117   512345       ☐ green body  ☒ material
FOAN-2021-0117   512346       ☒ green body  ☐ material
FOAN-2021-0117   512347       ☒ green body  ☒ material
FOAN-2021-0117   512348       ☐ green body  ☐ material
"""
    instances = interpreted(drawing)
    classes = [i.defect_class for i in instances]
    assert classes == [DefectClass.MATERIAL, DefectClass.GREEN_BODY, DefectClass.UNKNOWN, DefectClass.UNKNOWN]
    assert [bool(i.issues) for i in instances] == [False, False, True, True]


def test_a_cause_that_is_written_in_is_kept_as_it_stands(interpreted: Interpreted) -> None:
    """The vocabulary does not know it: it is no class."""
    (instance,) = interpreted(
        FORM.replace("[x] Hart", "[ ] Hart").replace("[ ] Sonstiges: ____", "[x] Sonstiges: Stoß")
    )
    assert (instance.defect_class, bool(instance.issues)) == (DefectClass.UNKNOWN, True)
    assert "Sonstiges: Stoß" in instance.defect_class_raw


@pytest.mark.parametrize(
    "drawing",
    [
        "[x] accepted   [ ] rejected\n",
        "Disposition:\n[x] scrap   [ ] rework   [ ] material\n",
        "Report [3] says: material\nand [4] says: green body\n",
        "512345   [x] green body   [ ] material\n",
    ],
    ids=["other questions", "one word in common", "references", "a row of a table"],
)
def test_other_boxes_decide_nothing(lines_of: Callable[[str], Any], profile: Profile, drawing: str) -> None:
    """Lists that no heading announces need two known labels; and a list has nothing else in its lines."""
    assert find_tick_lists(1, lines_of(drawing), Vocabulary(profile)) == ([], set())
