"""Several methods on the same pictures: one forward and one backward pass serve them all."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from fractotrain.attribution import grad_cam
from fractotrain.attribution.asked import AskedModel, Maps, Targets, batches
from fractotrain.attribution.attention import attention_of, read_row
from fractotrain.attribution.methods import Method, attribute
from fractotrain.attribution.relevance import flow_to_class
from fractotrain.attribution.rollout import roll_out
from fractotrain.cache import Pixels


def attribute_by(methods: Sequence[Method], model: AskedModel, pixels: Pixels, targets: Targets) -> dict[Method, Maps]:
    """What ``attribute`` gives for each method, up to rounding of fp32.

    Relevance needs the backward pass through all blocks anyway; the gradient at Grad-CAM's hook lies on its way, and
    rollout only looks at the attention. Without relevance each method is cheaper by itself.
    """
    if Method.RELEVANCE not in methods or len(methods) == 1:
        return {method: attribute(method, model, pixels, targets) for method in methods}
    parts = [_of_batch(methods, model, grey, classes) for grey, classes in batches(pixels, targets, model.batch_size)]
    return {method: np.concatenate([part[method] for part in parts]) for method in methods}


def _of_batch(
    methods: Sequence[Method], model: AskedModel, grey: torch.Tensor, targets: torch.Tensor
) -> dict[Method, Maps]:
    tokens: list[torch.Tensor] = []

    def keep(_module: Any, _inputs: Any, output: torch.Tensor) -> None:  # noqa: ANN401 - torch's signature
        tokens.append(output)

    handle = model.module.blocks[-1].norm1.register_forward_hook(keep)
    try:
        with attention_of(model.module) as attentions, torch.enable_grad():
            logits = model.module(model.normalise(grey).requires_grad_())
            chosen = logits.gather(1, targets.to(logits.device).unsqueeze(1)).sum()
            *of_attention, of_tokens = torch.autograd.grad(chosen, [*attentions, tokens[0]])
    finally:
        handle.remove()
    seen = [attention.detach() for attention in attentions]
    flows = {Method.RELEVANCE: flow_to_class(seen, of_attention), Method.ROLLOUT: roll_out(seen)}
    maps = {
        method: model.grid.as_maps(model.grid.of_patches(read_row(model, flow)))
        for method, flow in flows.items()
        if method in methods
    }
    if Method.GRAD_CAM in methods:
        maps[Method.GRAD_CAM] = grad_cam.map_of(model, tokens[0].detach(), of_tokens)
    return maps
