"""The inner split holds back whole groups of every class."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import UsageError
from fractotrain.inner_split import inner_split


@given(sizes=st.lists(st.integers(1, 6), min_size=12, max_size=30), n_parts=st.integers(2, 4), seed=st.integers(0, 9))
def test_no_group_on_both_sides_and_nobody_lost(sizes: list[int], n_parts: int, seed: int) -> None:
    """Every image on one side, every group too, every class on both; the same seed parts alike."""
    group_of = np.repeat(np.arange(len(sizes)), sizes)
    labels = group_of % 3  # four groups of each class, at least
    groups = [f"g{g}" for g in group_of]
    fitted, held_back = inner_split(labels, groups, n_parts, seed)
    assert sorted([*fitted, *held_back]) == list(range(len(labels)))
    assert set(group_of[fitted]).isdisjoint(group_of[held_back])
    assert set(labels[fitted]) == set(labels[held_back]) == {0, 1, 2}
    assert (inner_split(labels, groups, n_parts, seed)[1] == held_back).all()


def test_shares_are_near_what_was_asked() -> None:
    """Of 100 groups of equal size in two classes, a fifth of each class is held back."""
    labels = np.repeat(np.arange(100) % 2, 4)
    _, held_back = inner_split(labels, [str(i // 4) for i in range(400)], 5, 3)
    assert np.bincount(labels[held_back]).tolist() == [40, 40]


def test_impossible_splits_are_refused() -> None:
    """Fewer groups than parts, or a class that is one group: said, with the way out."""
    with pytest.raises(UsageError, match="3 groups"):
        inner_split(np.array([0, 1, 2]), ["a", "b", "c"], 5, 0)
    with pytest.raises(UsageError, match="all its training images in one group"):
        inner_split(np.array([0, 0, 0, 1, 1]), ["a", "b", "c", "d", "d"], 2, 0)
