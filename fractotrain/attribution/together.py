"""Heat-maps of pictures: one forward and at most one backward pass serve the answer and every method."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from fractotrain.attribution.asked import AskedModel, Maps, Probabilities, Targets
from fractotrain.attribution.attention import attention_of, read_row
from fractotrain.attribution.grad_cam import cam
from fractotrain.attribution.methods import Method
from fractotrain.attribution.relevance import flow_to_class
from fractotrain.attribution.rollout import roll_out
from fractotrain.cache import Pixels
from fractotrain.errors import AttributionError

ANSWER = -1
"""As a target: whichever class the model answers."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """What a model answers to pictures, and where it looked for it."""

    probabilities: Probabilities
    targets: Targets
    """The explained class of each picture; never ``ANSWER``."""
    maps: Mapping[Method, Maps]


def attribute_by(methods: Sequence[Method], model: AskedModel, pixels: Pixels, targets: Targets) -> Attributed:
    """Answers and maps, one value per patch; the modules of the methods say what they mean.

    Args:
        methods: At least one.
        model: Asked in fp32.
        pixels: Grey, shape (images, height, width) of the model's input.
        targets: The class whose logit is explained, per image, or ``ANSWER``.

    Raises:
        AttributionError: not one class per picture, or a model that Grad-CAM cannot explain.
    """
    if len(pixels) != len(targets):
        raise AttributionError(f"{len(pixels)} pictures, but {len(targets)} classes to explain")
    size = model.batch_size
    parts = [
        _of_batch(methods, model, pixels[i : i + size], targets[i : i + size]) for i in range(0, len(pixels), size)
    ]
    return Attributed(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.targets for part in parts]),
        {method: np.concatenate([part.maps[method] for part in parts]) for method in methods},
    )


def attribute(method: Method, model: AskedModel, pixels: Pixels, targets: Targets) -> Maps:
    """The maps of one method."""
    return attribute_by((method,), model, pixels, targets).maps[method]


def _of_batch(methods: Sequence[Method], model: AskedModel, pixels: Pixels, targets: Targets) -> Attributed:
    """Relevance needs the graph of all blocks; Grad-CAM alone that of the last, rollout none."""
    through_all = Method.RELEVANCE in methods
    tokens: list[torch.Tensor] = []

    def keep(_module: Any, _inputs: Any, output: torch.Tensor) -> torch.Tensor:  # noqa: ANN401 - torch's signature
        # Without relevance a leaf of its own: the gradient runs through the last block and the head alone.
        tokens.append(output if through_all else output.detach().requires_grad_())
        return tokens[-1]

    with contextlib.ExitStack() as stack:
        attentions: list[torch.Tensor] = []
        if through_all or Method.ROLLOUT in methods:
            attentions = stack.enter_context(attention_of(model.module))
        if Method.GRAD_CAM in methods:
            handle = model.module.blocks[-1].norm1.register_forward_hook(keep)
            stack.callback(handle.remove)
        stack.enter_context(torch.enable_grad())
        inputs = model.normalise(torch.from_numpy(np.array(pixels)))
        logits = model.module(inputs.requires_grad_() if through_all else inputs)
        probabilities = torch.softmax(logits.detach().double(), dim=1).cpu().numpy()
        chosen = np.where(targets == ANSWER, probabilities.argmax(axis=1), targets)
        asked_of = [*(attentions if through_all else ()), *tokens]
        gradients: Sequence[torch.Tensor] = ()
        if asked_of:
            wanted = torch.from_numpy(chosen).to(logits.device).unsqueeze(1)
            gradients = torch.autograd.grad(logits.gather(1, wanted).sum(), asked_of)
    return Attributed(probabilities, chosen, _maps(methods, model, attentions, tokens, gradients))


def _maps(
    methods: Sequence[Method],
    model: AskedModel,
    attentions: Sequence[torch.Tensor],
    tokens: Sequence[torch.Tensor],
    gradients: Sequence[torch.Tensor],
) -> dict[Method, Maps]:
    """Gradients are those of the attentions, if relevance is among the methods, then that of the tokens."""
    seen = [attention.detach() for attention in attentions]
    maps: dict[Method, Maps] = {}
    for method in methods:
        if method is Method.GRAD_CAM:
            maps[method] = cam(model, tokens[0].detach(), gradients[-1])
            continue
        flow = roll_out(seen) if method is Method.ROLLOUT else flow_to_class(seen, gradients[: len(seen)])
        maps[method] = model.grid.as_maps(model.grid.of_patches(read_row(model, flow)))
    return maps
