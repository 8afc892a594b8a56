"""The focal loss is the paper's formula."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fractotrain.losses import focal_loss

_logits = st.lists(st.floats(-8, 8, width=32), min_size=3, max_size=3)


@given(logits=_logits, label=st.integers(0, 2), gamma=st.floats(0, 4))
def test_equals_the_formula_in_double_precision(logits: list[float], label: int, gamma: float) -> None:
    """``(1 - p)^gamma * -log p`` with p the softmax probability of the true class."""
    probability = np.exp(logits[label]) / np.exp(logits).sum()
    expected = (1 - probability) ** gamma * -np.log(probability)
    found = focal_loss(torch.tensor([logits]), torch.tensor([label]), gamma)
    assert found.item() == pytest.approx(expected, rel=1e-3, abs=1e-5)


def test_pt_is_a_probability_of_the_unweighted_loss() -> None:
    """Two classes alike: pt is a third, so the loss is (2/3)^2 ln 3 for each class, however rare it is in the batch."""
    losses = focal_loss(torch.zeros(5, 3), torch.tensor([0, 0, 0, 0, 2]))
    assert losses.tolist() == pytest.approx([(2 / 3) ** 2 * np.log(3)] * 5)


def test_gamma_zero_is_cross_entropy_and_smoothing_raises_it() -> None:
    """Without focus the plain loss; a smoothed label makes a sure answer cost more."""
    logits, labels = torch.tensor([[9.0, 0.0, 0.0]]), torch.tensor([0])
    plain = torch.nn.functional.cross_entropy(logits, labels)
    assert focal_loss(logits, labels, gamma=0).item() == pytest.approx(plain.item())
    assert focal_loss(logits, labels, 0, 0.1) > focal_loss(logits, labels, 0, 0.0)


def test_half_precision_outputs_are_judged_in_fp32() -> None:
    """A confident fp16 output has a loss that fp16 could not tell from zero."""
    loss = focal_loss(torch.tensor([[12.0, 0.0, 0.0]], dtype=torch.float16), torch.tensor([0]), gamma=0)
    assert loss.dtype == torch.float32
    assert loss.item() > 0
