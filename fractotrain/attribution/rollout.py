"""Attention rollout (Abnar and Zuidema 2020): how much of each patch flows into the answer, whatever the class.

Independent of Grad-CAM: it uses neither gradients nor the head. For the same reason it cannot tell classes apart.
"""

import numpy as np
import torch

from fractotrain.attribution.asked import AskedModel, Maps, Targets, batches
from fractotrain.attribution.attention import attention_of, read_row
from fractotrain.cache import Pixels


def rollout(model: AskedModel, pixels: Pixels, targets: Targets) -> Maps:
    """Product over the blocks of ``(A + I) / 2``, A the attention averaged over heads; the row of what the head reads.

    Args:
        model: Asked in fp32.
        pixels: Grey, shape (images, height, width) of the model's input.
        targets: Not used: all classes share this map. One per image, as for every method.
    """
    parts = []
    for grey, _ in batches(pixels, targets, model.batch_size):
        with attention_of(model.module) as attentions, torch.no_grad():
            model.module(model.normalise(grey))
        parts.append(model.grid.as_maps(model.grid.of_patches(read_row(model, roll_out(attentions)))))
    return np.concatenate(parts)


def roll_out(attentions: list[torch.Tensor]) -> torch.Tensor:
    """First block first, each (batch, heads, tokens, tokens) with rows that sum to 1 -> (batch, tokens, tokens)."""
    identity = torch.eye(attentions[0].shape[-1], device=attentions[0].device, dtype=attentions[0].dtype)
    flow = identity.expand(len(attentions[0]), -1, -1)
    for attention in attentions:
        flow = (attention.mean(dim=1) + identity) / 2 @ flow
    return flow
