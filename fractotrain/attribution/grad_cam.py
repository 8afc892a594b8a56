"""Grad-CAM (Selvaraju et al. 2017) for vision transformers: which patches raise the logit of a class.

The hook is the input of the last attention, ``blocks[-1].norm1``. At the *output* of the last block the answer is read
from the class token alone, so the gradient on every patch token is exactly zero there.
"""

from typing import Any

import numpy as np
import torch

from fractotrain.attribution.asked import AskedModel, Maps, Targets, batches
from fractotrain.cache import Pixels
from fractotrain.errors import AttributionError

HOOK = "blocks[-1].norm1"


def grad_cam(model: AskedModel, pixels: Pixels, targets: Targets) -> Maps:
    """``relu(sum_c a_c A_c)``: A the tokens at the hook, ``a_c`` the mean gradient of the target's logit on channel c.

    A map may be zero throughout: then no patch speaks for the class, only against it.

    Args:
        model: Asked in fp32.
        pixels: Grey, shape (images, height, width) of the model's input.
        targets: The class whose logit is explained, per image.

    Raises:
        AttributionError: the gradient at the hook is exactly zero, so that the map would mean nothing.
    """
    return np.concatenate(
        [_of_batch(model, grey, classes) for grey, classes in batches(pixels, targets, model.batch_size)]
    )


def _of_batch(model: AskedModel, grey: torch.Tensor, targets: torch.Tensor) -> Maps:
    tokens: list[torch.Tensor] = []

    def keep(_module: Any, _inputs: Any, output: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 - torch's signature
        # A leaf of its own: the gradient runs through the last block and the head alone, which is what makes it cheap.
        tokens.append(output.detach().requires_grad_())
        return tokens[-1]

    handle = model.module.blocks[-1].norm1.register_forward_hook(keep)
    try:
        with torch.enable_grad():
            logits = model.module(model.normalise(grey))
            chosen = logits.gather(1, targets.to(logits.device).unsqueeze(1)).sum()
            (gradient,) = torch.autograd.grad(chosen, tokens[0])
    finally:
        handle.remove()
    return map_of(model, tokens[0].detach(), gradient)


def map_of(model: AskedModel, tokens: torch.Tensor, gradient: torch.Tensor) -> Maps:
    """The map from the tokens at the hook, shape (batch, tokens, channels), and the gradient on them.

    Raises:
        AttributionError: the gradient is exactly zero on all patches of a picture.
    """
    values, gradient = model.grid.of_patches(tokens), model.grid.of_patches(gradient)
    if not gradient.flatten(1).any(dim=1).all():
        raise AttributionError(
            f"the gradient of the class's logit on the patch tokens at {HOOK} is exactly zero: the answer of this "
            "model does not come from its patches (a head of zeros?), so Grad-CAM cannot explain it"
        )
    weights = gradient.mean(dim=1, keepdim=True)
    return model.grid.as_maps(torch.relu((weights * values).sum(dim=2)))
