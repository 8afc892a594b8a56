"""Pixel sizes are cross-checked, chosen by rule, and never averaged."""

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod as M
from fractocurate.micrographs.pixel_size import choose_pixel_size


def size(value: float, method: M, confidence: float = 1.0) -> Reading:
    """A candidate."""
    return Reading("pixel_size_nm", "", f"{value}", method, confidence)


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
    assert chosen in candidates
