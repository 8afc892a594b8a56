"""The attention of every block of a vision transformer, and which row of it the answer is read from."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from fractotrain.attribution.asked import AskedModel


@contextmanager
def attention_of(module: Any) -> Iterator[list[torch.Tensor]]:  # noqa: ANN401 - timm has no types
    """Collect the attention of every block, each (batch, heads, tokens, tokens), the first block first.

    The fused kernel never forms it, so it is switched off meanwhile.
    """
    layers = [block.attn for block in module.blocks]
    fused = [layer.fused_attn for layer in layers]
    found: list[torch.Tensor] = []
    handles = [layer.attn_drop.register_forward_pre_hook(lambda _, inputs: found.append(inputs[0])) for layer in layers]
    try:
        for layer in layers:
            layer.fused_attn = False
        yield found
    finally:
        for layer, was_fused, handle in zip(layers, fused, handles, strict=True):
            layer.fused_attn = was_fused
            handle.remove()


def read_row(model: AskedModel, flow: torch.Tensor) -> torch.Tensor:
    """What flows into what the head reads, class token or mean of the patches: (batch, tokens, tokens) -> its row."""
    return flow[:, 0] if model.module.global_pool == "token" else model.grid.of_patches(flow).mean(dim=1)
