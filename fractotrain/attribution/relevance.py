"""Attention relevance (Chefer, Gur and Wolf 2021): rollout that asks for a class, and follows only what speaks for it.

In every block each attention weight counts by how much it raises the class's logit. Unlike Grad-CAM at the last block
this also sees what reached the class token earlier; unlike rollout it tells classes apart.
"""

from collections.abc import Sequence

import numpy as np
import torch

from fractotrain.attribution.asked import AskedModel, Maps, Targets, batches
from fractotrain.attribution.attention import attention_of, read_row
from fractotrain.cache import Pixels


def relevance(model: AskedModel, pixels: Pixels, targets: Targets) -> Maps:
    """``R <- R + mean_h(relu(dlogit/dA * A)) R`` from the first block to the last; the row of what the head reads.

    Args:
        model: Asked in fp32.
        pixels: Grey, shape (images, height, width) of the model's input.
        targets: The class whose logit is explained, per image.
    """
    parts = []
    for grey, classes in batches(pixels, targets, model.batch_size):
        with attention_of(model.module) as attentions, torch.enable_grad():
            logits = model.module(model.normalise(grey).requires_grad_())
            chosen = logits.gather(1, classes.to(logits.device).unsqueeze(1)).sum()
            gradients = torch.autograd.grad(chosen, attentions)
        flow = flow_to_class(attentions, gradients)
        parts.append(model.grid.as_maps(model.grid.of_patches(read_row(model, flow))))
    return np.concatenate(parts)


def flow_to_class(attentions: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor]) -> torch.Tensor:
    """First block first, each (batch, heads, tokens, tokens), and its gradient -> (batch, tokens, tokens)."""
    flow = torch.eye(attentions[0].shape[-1], device=attentions[0].device)
    for attention, gradient in zip(attentions, gradients, strict=True):
        flow = flow + torch.relu(gradient * attention.detach()).mean(dim=1) @ flow
    return flow
