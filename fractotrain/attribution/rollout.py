"""Attention rollout (Abnar and Zuidema 2020): how much of each patch flows into the answer, whatever the class.

Independent of Grad-CAM: it uses neither gradients nor the head. For the same reason it cannot tell classes apart.
"""

from collections.abc import Sequence

import torch


def roll_out(attentions: Sequence[torch.Tensor]) -> torch.Tensor:
    """Product over the blocks of ``(A + I) / 2``, A the attention averaged over heads.

    Args:
        attentions: First block first, each (batch, heads, tokens, tokens) with rows that sum to 1.

    Returns:
        Shape (batch, tokens, tokens).
    """
    identity = torch.eye(attentions[0].shape[-1], device=attentions[0].device, dtype=attentions[0].dtype)
    flow = identity.expand(len(attentions[0]), -1, -1)
    for attention in attentions:
        flow = (attention.mean(dim=1) + identity) / 2 @ flow
    return flow
