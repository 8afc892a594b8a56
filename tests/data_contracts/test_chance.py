"""What answers reach by chance: against the majority rule, and against answers that were in fact dealt at random."""

from collections import Counter

import numpy as np
import pytest
from sklearn.metrics import f1_score

from data_contracts.chance import macro_f1_by_chance, may_doubt_labels


def test_saying_the_most_frequent_class_is_worth_what_it_is_worth() -> None:
    """Its macro-F1 by scikit-learn; no luck is in it."""
    true = ["a"] * 60 + ["b"] * 30 + ["c"] * 10
    said = ["a"] * 100
    counts = Counter(zip(true, said, strict=True))
    assert macro_f1_by_chance(counts) == pytest.approx(f1_score(true, said, average="macro", zero_division=0))


def test_it_is_the_mean_of_answers_dealt_at_random() -> None:
    """The same answers, shuffled: scikit-learn's macro-F1 in the mean."""
    rng = np.random.default_rng(3)
    true = rng.choice(list("abc"), 300, p=[0.6, 0.3, 0.1])
    said = np.where(rng.random(300) < 0.5, true, rng.choice(list("abc"), 300))
    counts = Counter(zip(true.tolist(), said.tolist(), strict=True))
    dealt = [f1_score(true, rng.permutation(said), average="macro") for _ in range(300)]
    assert macro_f1_by_chance(counts) == pytest.approx(np.mean(dealt), abs=0.005)
    assert f1_score(true, said, average="macro") > 0.2 + macro_f1_by_chance(counts)


def test_without_frames_or_interval_nothing_may_be_doubted() -> None:
    """And a class that is never true nor answered does not count."""
    assert macro_f1_by_chance({}) == 0
    assert macro_f1_by_chance({("a", "a"): 3, ("b", "c"): 0}) == 1
    assert not may_doubt_labels(None, {("a", "b"): 2})
