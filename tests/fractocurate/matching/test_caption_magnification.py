"""Captions fill gaps; they never overrule what the frame says itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod
from fractocurate.matching.caption_magnification import MOST_SURE, Caption, magnification_with_captions

MAGNIFICATIONS = st.sampled_from([50.0, 100.0, 500.0, 1000.0, 5000.0])


def caption(magnification: float, page: int = 3, confidence: float = 0.97) -> Caption:
    """A caption of one report."""
    return Caption("a/r.pdf", page, f"{magnification:g}x", magnification, confidence)


def printed(value: str, method: ReadingMethod = ReadingMethod.DATA_BAR) -> Reading:
    """The frame's own magnification."""
    return Reading("magnification", f"Mag = {value} X", value, method, 0.9)


def test_a_caption_fills_a_gap() -> None:
    """With its place as evidence, and less sure than it was read."""
    found, issues = magnification_with_captions(None, [caption(500)])
    assert found is not None
    assert (found.value, found.method, found.raw) == ("500", ReadingMethod.REPORT_CAPTION, "500x")
    assert found.confidence == MOST_SURE
    assert "page 3 of a/r.pdf" in found.note
    assert issues == ()


@pytest.mark.parametrize("method", [ReadingMethod.DATA_BAR, ReadingMethod.VENDOR_TAG, ReadingMethod.FILE_NAME])
def test_a_caption_that_disagrees_is_flagged_and_overrules_nothing(method: ReadingMethod) -> None:
    """All values stand in the issue."""
    own = printed("503", method)
    assert magnification_with_captions(own, [caption(500)]) == (own, ()), "a rounded value agrees"
    found, (issue,) = magnification_with_captions(own, [caption(500), caption(5000, page=4)])
    assert found is own
    assert all(text in issue for text in (str(method), "503", "500 in", "5000 in", "page 4 of a/r.pdf"))


def test_captions_that_contradict_each_other_give_nothing() -> None:
    """The same picture stands twice in a report, as an overview and as a detail."""
    found, (issue,) = magnification_with_captions(None, [caption(50), caption(500, page=5)])
    assert found is None
    assert "50 in the caption on page 3" in issue
    assert "500 in the caption on page 5" in issue


@given(own=st.none() | MAGNIFICATIONS, values=st.lists(MAGNIFICATIONS, max_size=3))
def test_a_value_is_the_frames_own_or_that_of_every_caption(own: float | None, values: list[float]) -> None:
    """Nothing is invented, averaged or silently preferred; the order of captions does not matter."""
    reading = None if own is None else printed(f"{own:g}")
    captions = [caption(value, page) for page, value in enumerate(values, start=1)]
    found, issues = magnification_with_captions(reading, captions)
    agree = len({*values, *([] if own is None else [own])}) <= 1
    assert bool(issues) != agree
    expected = own if own is not None else values[0] if values and agree else None
    assert (None if found is None else float(found.value or 0)) == expected
    again, _ = magnification_with_captions(reading, captions[::-1])
    assert (again and again.value) == (found and found.value)
