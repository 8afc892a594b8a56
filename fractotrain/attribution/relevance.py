"""Attention relevance (Chefer, Gur and Wolf 2021): rollout that asks for a class, and follows only what speaks for it.

In every block each attention weight counts by how much it raises the class's logit. Unlike Grad-CAM at the last block
this also sees what reached the class token earlier; unlike rollout it tells classes apart.
"""

from collections.abc import Sequence

import torch


def flow_to_class(attentions: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor]) -> torch.Tensor:
    """``R <- R + mean_h(relu(dlogit/dA * A)) R`` from the first block to the last.

    Args:
        attentions: First block first, each (batch, heads, tokens, tokens).
        gradients: Of the class's logit on them.

    Returns:
        Shape (batch, tokens, tokens).
    """
    flow = torch.eye(attentions[0].shape[-1], device=attentions[0].device)
    for attention, gradient in zip(attentions, gradients, strict=True):
        flow = flow + torch.relu(gradient * attention.detach()).mean(dim=1) @ flow
    return flow
