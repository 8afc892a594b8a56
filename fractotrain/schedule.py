"""The learning rate as a function of the update, written once for training, tuning and the tests."""

import math

import torch


def lr_factor(update: int, total_updates: int, warmup_updates: int, warmup_start: float) -> float:
    """Share of the base learning rate at ``update`` (0-based): a straight line up, then half a cosine down to 0.

    Counted in updates of the weights, so that accumulation does not change what a warm-up means.
    """
    if update < warmup_updates:
        return warmup_start + (1 - warmup_start) * update / warmup_updates
    progress = (update - warmup_updates) / (total_updates - warmup_updates)
    return 0.5 * (1 + math.cos(math.pi * progress))


def set_learning_rates(optimiser: torch.optim.Optimizer, learning_rate: float) -> tuple[float, ...]:
    """Give each group its own rate, ``learning_rate`` times the scale of its layer; return them as they now hold."""
    for group in optimiser.param_groups:
        group["lr"] = learning_rate * group.get("lr_scale", 1.0)
    return tuple(float(group["lr"]) for group in optimiser.param_groups)
