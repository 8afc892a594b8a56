"""The learning rate warms up in a straight line and falls along half a cosine."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fractotrain.schedule import lr_factor, set_learning_rates


def test_known_points() -> None:
    """A tenth at the first update, all of it when the warm-up ends, half in the middle of the cosine, 0 at its end."""
    points = [lr_factor(u, 110, 10, 0.1) for u in (0, 5, 10, 60, 110)]
    assert points == pytest.approx([0.1, 0.55, 1.0, 0.5, 0.0])


@given(total=st.integers(2, 500), data=st.data())
def test_rises_then_falls_and_never_leaves_the_range(total: int, data: st.DataObject) -> None:
    """Monotonous up to the end of the warm-up, monotonous after it, always above 0 and at most 1."""
    warmup = data.draw(st.integers(0, total - 1))
    trace = [lr_factor(u, total, warmup, 0.1) for u in range(total)]
    assert trace[: warmup + 1] == sorted(trace[: warmup + 1])
    assert trace[warmup:] == sorted(trace[warmup:], reverse=True)
    assert all(0 < factor <= 1 for factor in trace)
    assert max(trace) == trace[warmup] == 1


def test_layers_keep_their_scale() -> None:
    """Each group's own rate is what the optimiser really holds."""
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr_scale": scale} for scale in (0.25, 1.0)]
    optimiser = torch.optim.AdamW(groups, lr=1.0)
    assert set_learning_rates(optimiser, 0.4) == (0.1, 0.4)
    assert [group["lr"] for group in optimiser.param_groups] == [0.1, 0.4]
    assert math.isclose(sum(g["lr"] for g in optimiser.param_groups), 0.5)
