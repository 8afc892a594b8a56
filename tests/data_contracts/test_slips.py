"""Mirrors ``data_contracts/slips.py``."""

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.slips import DIGIT_FOR, one_slip_apart, repaired


@given(st.text("AB01", max_size=6), st.text("AB01", max_size=6))
def test_one_slip_agrees_with_its_definition(a: str, b: str) -> None:
    """Exactly the texts reached by one insertion, removal, replacement or swap of neighbours, and the text itself."""
    reached = {a}
    reached |= {a[:i] + a[i + 1 :] for i in range(len(a))}
    reached |= {a[:i] + c + a[i:] for i in range(len(a) + 1) for c in "AB01"}
    reached |= {a[:i] + c + a[i + 1 :] for i in range(len(a)) for c in "AB01"}
    reached |= {a[:i] + a[i + 1] + a[i] + a[i + 2 :] for i in range(len(a) - 1)}
    assert one_slip_apart(a, b) == (b in reached)


@given(st.text("0123456789", min_size=1, max_size=8), st.data())
def test_confused_digits_are_repaired_and_named(number: str, data: st.DataObject) -> None:
    """Whatever digits are written as their confusable letters, the number comes back, with one repair for each."""
    letters_for = {digit: [c for c, d in DIGIT_FOR.items() if d == digit] for digit in "0123456789"}
    confused = "".join(data.draw(st.sampled_from([digit, *letters_for[digit]])) for digit in number)
    read, repairs = repaired(confused, "number")
    assert read == number
    assert len(repairs) == sum(c.isalpha() or c == "|" for c in confused)


def test_letters_that_stand_for_nothing_are_left() -> None:
    """A repair is never invented."""
    assert repaired("X7", "number") == ("X7", [])
