"""Reports about one part, whose keys stand in several sections, drawn as pages."""

from collections.abc import Callable
from typing import Any

import pytest

from data_contracts.records import InstanceReading
from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret

REPORT = """
2     Item under test
2.1   Fracture analysis no.: FOAN-2021-0117
2.2   Serial number: 512345
2.3   Date of receipt: 12 March 2021

3     Test method
      Fractography according to ASTM C1322; strength according to EN 843-1.

4     Results
4.1   Failure load: 14.2 kN
4.2   Fracture origin: surface, 0.4 mm below the edge
4.3   Root cause: hard machining damage (grinding groove)
"""

Read = Callable[[str], list[InstanceReading]]


@pytest.fixture
def read(page_of: Callable[..., Any], profile: Profile) -> Read:
    """Instances of a drawn page."""

    def of_page(drawing: str) -> list[InstanceReading]:
        return list(interpret([page_of(drawing)], profile).instances)

    return of_page


def test_keys_of_all_sections_are_the_part_s(read: Read) -> None:
    """Of two keys for the cause the one counts that names a cause; a load far below the number is no longer lost."""
    (part,) = read(REPORT)
    assert (part.serial_number, part.defect_class.value, part.sub_type) == (
        "512345",
        "hard_machining",
        "grinding_groove",
    )
    assert (part.foan, part.fracture_load_kn, part.issues) == ("FOAN-2021-0117", 14.2, ())


def test_sections_may_be_numbered_with_letters(read: Read) -> None:
    """As the steps of an 8D report are."""
    drawing = REPORT.replace("4.1 ", "D4.1").replace("4.2 ", "D5  ").replace("4.3 ", "D6  ")
    assert read(drawing)[0].defect_class.value == "hard_machining"


@pytest.mark.parametrize(
    "more",
    ["4.4   Root cause: material defect", "4.4   Failure load: 9.8 kN"],
    ids=["cause", "load"],
)
def test_a_key_that_comes_twice_may_be_another_part_s(read: Read, more: str) -> None:
    """Whose number, or the rest of which, was lost: nothing is joined, and no silent value is wrong."""
    sure = [p for p in read(REPORT + more) if not p.issues]
    assert all(p.fracture_load_kn != 9.8 and p.defect_class.value != "material" for p in sure)
