"""Random weights, from the head down (Adebayo et al. 2018, cascading randomisation).

A map that stays as it was although the model forgot what it had learnt shows the picture, not the model.
"""

import copy
import dataclasses
from collections.abc import Iterator

import torch

from fractotrain.attribution.asked import AskedModel

HEAD, EMBEDDING = "head", "embedding"
_OF_EMBEDDING = ("patch_embed.", "pos_embed", "cls_token", "reg_token", "norm_pre.")


def cascade(model: AskedModel, seed: int) -> Iterator[tuple[str, AskedModel]]:
    """Names of the parts, from the head over the blocks to the embedding, with all weights so far random.

    The same model is handed on each time, with one more part redrawn; the one given stays as it is.
    """
    forgetful = copy.deepcopy(model.module)
    generator = torch.Generator().manual_seed(seed)
    parameters = dict(forgetful.named_parameters())
    parts = [HEAD, *(f"blocks.{i}" for i in reversed(range(len(forgetful.blocks)))), EMBEDDING]
    for part in parts:
        for name, parameter in parameters.items():
            if _part_of(name) == part:
                _redraw(parameter, generator)
        yield part, dataclasses.replace(model, module=forgetful)


def _part_of(name: str) -> str:
    if name.startswith("blocks."):
        return ".".join(name.split(".")[:2])
    return EMBEDDING if name.startswith(_OF_EMBEDDING) else HEAD


def _redraw(parameter: torch.nn.Parameter, generator: torch.Generator) -> None:
    """Independent normal values with the mean and spread of the learnt ones, so that signals keep their size."""
    learnt = parameter.detach().float()
    drawn = torch.randn(learnt.shape, generator=generator).to(learnt.device)
    with torch.no_grad():
        parameter.copy_(learnt.mean() + learnt.std(unbiased=False) * drawn)
