"""Neighbouring FOANs are found without comparing all pairs, and all of them."""

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.identifiers import Grammar
from data_contracts.slips import one_slip_apart
from fractocurate.matching.neighbours import SlipIndex, neighbouring_foans

GRAMMAR = Grammar("FOAN-{year}-{number:4}")


def test_neighbours_are_one_edit_or_one_swap_away() -> None:
    """The collision report names both sides, and leaves out FOANs without neighbours."""
    foans = ["FOAN-2021-0417", "FOAN-2021-0418", "FOAN-2021-0471", "FOAN-2021-0999"]
    assert neighbouring_foans(foans, GRAMMAR) == {
        "FOAN-2021-0417": ("FOAN-2021-0418", "FOAN-2021-0471"),
        "FOAN-2021-0418": ("FOAN-2021-0417",),
        "FOAN-2021-0471": ("FOAN-2021-0417",),
    }


@given(st.sets(st.text("0123", max_size=5), max_size=30), st.text("0123", max_size=5))
def test_the_index_agrees_with_comparing_all_pairs(keys: set[str], key: str) -> None:
    """Brute force is the oracle."""
    assert SlipIndex(keys).within_one_slip(key) == sorted(k for k in keys if one_slip_apart(k, key))
