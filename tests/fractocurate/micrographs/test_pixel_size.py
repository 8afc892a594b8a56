"""Pixel sizes are cross-checked, chosen by rule, and never averaged."""

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod as M
from fractocurate.micrographs.pixel_size import (
    SizeCandidate,
    choose_pixel_size,
    precision_of_bar,
    precision_of_print,
    proved_by_print_width,
)


def size(value: float, method: M, confidence: float = 1.0) -> SizeCandidate:
    """A candidate that is good to two per cent."""
    return SizeCandidate(Reading("pixel_size_nm", "", f"{value}", method, confidence), 0.02)


def test_agreeing_sources_give_the_most_exact() -> None:
    """A tag with six digits before a drawn bar that agrees."""
    chosen, issues = choose_pixel_size([size(102, M.SCALE_BAR), size(100, M.VENDOR_TAG)], 1000, 1000, 0.05, 0.5)
    assert chosen is not None
    assert (chosen.value, issues) == ("100", ())


def test_frame_outranks_a_contradicting_tag_and_all_values_are_listed() -> None:
    """A tag that contradicts the drawn bar is not believed, and both values stand in the issue."""
    chosen, issues = choose_pixel_size([size(200, M.SCALE_BAR), size(100, M.VENDOR_TAG)], 1000, 1000, 0.05, 0.5)
    assert chosen is not None
    assert chosen.value == "200"
    assert "200" in issues[0]
    assert "100" in issues[0]


def test_two_that_agree_outvote_one() -> None:
    """Tag and field width against a drawn bar."""
    candidates = [size(200, M.SCALE_BAR), size(100, M.VENDOR_TAG), size(101, M.FIELD_WIDTH)]
    chosen, issues = choose_pixel_size(candidates, 1000, 1000, 0.05, 0.5)
    assert chosen is not None
    assert chosen.value == "100"
    assert issues


def test_impossible_sizes_are_flagged_not_chosen() -> None:
    """At 1000x a field of 1 m would need a display of 1 km."""
    chosen, issues = choose_pixel_size([size(1e6, M.SCALE_BAR)], 1000, 1000, 0.05, 0.5)
    assert chosen is None
    assert issues


def test_doubtful_readings_may_confirm_but_not_decide() -> None:
    """A size below the least confidence is not chosen."""
    assert choose_pixel_size([size(100, M.SCALE_BAR, 0.3)], 1000, None, 0.05, 0.5) == (None, ())


@given(
    st.lists(
        st.tuples(st.floats(0.5, 9000), st.sampled_from([M.VENDOR_TAG, M.SIDECAR, M.SCALE_BAR, M.FIELD_WIDTH])),
        min_size=1,
        max_size=4,
    )
)
def test_chosen_value_is_always_one_that_was_read(pairs: list[tuple[float, M]]) -> None:
    """Never an average, whatever the sources say."""
    candidates = [size(value, method) for value, method in pairs]
    chosen, _ = choose_pixel_size(candidates, 1000, None, 0.05, 0.5)
    assert chosen is not None
    assert chosen.value in [c.reading.value for c in candidates]


def test_agreement_raises_the_confidence() -> None:
    """Two sources of 0.8 would both have to be wrong: 0.96. One that contradicts does not add to it."""
    agreeing = [size(100, M.SCALE_BAR, 0.8), size(101, M.FIELD_WIDTH, 0.8)]
    chosen, issues = choose_pixel_size(agreeing, 1000, 1000, 0.05, 0.5)
    assert chosen is not None
    assert (chosen.confidence, issues) == (0.96, ())


def test_sources_agree_only_as_far_as_they_are_exact() -> None:
    """Three per cent are nothing to a bar of 40 px and a contradiction to one of 400 px and a printed width."""
    width = Reading("pixel_size_nm", "7.64 mm", "103", M.FIELD_WIDTH, 0.9)
    for length_px, n_issues in ((40, 0), (400, 1)):
        bar = SizeCandidate(Reading("pixel_size_nm", "", "100", M.SCALE_BAR, 0.9), precision_of_bar(length_px))
        candidates = [bar, SizeCandidate(width, precision_of_print(width.raw))]
        assert len(choose_pixel_size(candidates, 1000, 1000, 0.05, 0.5)[1]) == n_issues


def test_a_bar_that_makes_film_width_of_the_printed_magnification_is_proved() -> None:
    """127 mm for 1000x over 1280 px at 99.2 nm; a label with another digit does not make it, nor is a tag one."""
    bars = [size(99.2063, M.SCALE_BAR, 0.45), size(119.05, M.SCALE_BAR, 0.45), size(99.2063, M.VENDOR_TAG, 0.45)]
    printed = Reading("magnification", "x1.00k", "1000", M.DATA_BAR, 0.8)
    assert [c.reading.confidence for c in proved_by_print_width(bars, 1280, printed)] == [0.89, 0.45, 0.45]
    for told in (None, Reading("magnification", "1000", "1000", M.VENDOR_TAG, 1.0)):
        assert proved_by_print_width(bars, 1280, told) == bars
