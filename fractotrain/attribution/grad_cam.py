"""Grad-CAM (Selvaraju et al. 2017) for vision transformers: which patches raise the logit of a class.

The hook is the input of the last attention, ``blocks[-1].norm1``. At the *output* of the last block the answer is read
from the class token alone, so the gradient on every patch token is exactly zero there.
"""

import torch

from fractotrain.attribution.asked import AskedModel, Maps
from fractotrain.errors import AttributionError

HOOK = "blocks[-1].norm1"


def cam(model: AskedModel, tokens: torch.Tensor, gradient: torch.Tensor) -> Maps:
    """``relu(sum_c a_c A_c)``: A the tokens at the hook, ``a_c`` the mean gradient of the class's logit on channel c.

    A map may be zero throughout: then no patch speaks for the class, only against it.

    Args:
        model: Asked in fp32.
        tokens: At the hook, shape (batch, tokens, channels).
        gradient: Of the logit on them, as large.

    Raises:
        AttributionError: the gradient is exactly zero on all patches of a picture, so that the map would mean nothing.
    """
    values, gradient = model.grid.of_patches(tokens), model.grid.of_patches(gradient)
    if not gradient.flatten(1).any(dim=1).all():
        raise AttributionError(
            f"the gradient of the class's logit on the patch tokens at {HOOK} is exactly zero: the answer of this "
            "model does not come from its patches (a head of zeros?), so Grad-CAM cannot explain it"
        )
    weights = gradient.mean(dim=1, keepdim=True)
    return model.grid.as_maps(torch.relu((weights * values).sum(dim=2)))
