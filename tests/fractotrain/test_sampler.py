"""The order of an epoch."""

import numpy as np
import pytest
import torch

from fractotrain.sampler import epoch_order

LABELS = np.repeat([0, 1, 2], [700, 250, 50])


def test_weighted_draws_give_each_class_its_third() -> None:
    """A minority of 5 % is drawn as often as the majority."""
    drawn = np.concatenate([epoch_order(LABELS, "weighted", seed) for seed in range(10)])
    shares = np.bincount(LABELS[drawn]) / len(drawn)
    assert shares == pytest.approx([1 / 3] * 3, abs=0.03)


def test_shuffled_shows_each_image_once() -> None:
    """Every position exactly once, in another order for another seed."""
    first, second = (epoch_order(LABELS, "shuffled", seed) for seed in (0, 1))
    assert sorted(first) == list(range(len(LABELS)))
    assert (first != second).any()


@pytest.mark.parametrize("sampler", ["weighted", "shuffled"])
def test_other_random_steps_do_not_move_it(sampler: str) -> None:
    """The order hangs on its seed alone, and takes nothing from the global generator."""
    torch.manual_seed(1)
    first = epoch_order(LABELS, sampler, 5)  # type: ignore[arg-type]
    state = torch.get_rng_state()
    torch.rand(17)
    assert (epoch_order(LABELS, sampler, 5) == first).all()  # type: ignore[arg-type]
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_class_that_is_absent_does_no_harm() -> None:
    """A fold whose training part lacks a class draws from the others."""
    labels = np.array([0, 0, 2, 2, 2])
    assert set(epoch_order(labels, "weighted", 0)) <= set(range(5))
