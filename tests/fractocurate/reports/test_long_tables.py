"""Exports of laboratory systems with a line for each result, drawn as pages."""

from collections.abc import Callable
from typing import Any

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.interpret import interpret

HEAD = """
Order: FOAN-2021-0117
Serial no.    Parameter        Result          Unit
"""
ROWS = (
    "512345        Fracture load    14.20           kN",
    "512345        Defect class     material",
    "512345        Humidity         45              %",
    "512345        Sub-type         inclusion",
    "512346        Fracture load    9.80            kN",
    "512346        Defect class     green body",
    "512346        Sub-type         press crack",
)
TRUE = [("512345", "material", "inclusion", 14.2), ("512346", "green_body", "press_crack", 9.8)]


@pytest.fixture
def said(page_of: Callable[..., Any], profile: Profile) -> Callable[[str], list[tuple[object, ...]]]:
    """What a drawn page says of its parts that no person has to look at."""

    def read(drawing: str) -> list[tuple[object, ...]]:
        found = interpret([page_of(drawing)], profile).instances
        return sorted(
            (i.serial_number or "", i.defect_class.value, i.sub_type, i.fracture_load_kn) for i in found if not i.issues
        )

    return read


@pytest.mark.parametrize("order", [range(7), [0, 4, 1, 5, 3, 6, 2]], ids=["by sample", "by parameter"])
def test_results_of_a_part_come_together(said: Callable[[str], list[tuple[object, ...]]], order: list[int]) -> None:
    """Whatever the order of the rows; parameters that nobody asked for are passed over."""
    assert said(HEAD + "\n".join(ROWS[k] for k in order)) == TRUE


def test_a_result_may_take_two_lines(said: Callable[[str], list[tuple[object, ...]]]) -> None:
    """Half of it would be another cause, or none."""
    rows = list(ROWS)
    rows[5:6] = ["512346        Defect class     green body", "                               defect"]
    assert said(HEAD + "\n".join(rows)) == TRUE


def test_a_part_whose_results_contradict_each_other_goes_to_review(
    said: Callable[[str], list[tuple[object, ...]]],
) -> None:
    """The other part is read all the same."""
    assert said(HEAD + "\n".join([*ROWS, "512346        Defect class     grinding damage"])) == TRUE[:1]
