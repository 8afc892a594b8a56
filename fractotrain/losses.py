"""The loss of the paper: focal, on the probability that the model gives the true class."""

import torch
from torch.nn import functional


def focal_loss(
    logits: torch.Tensor,
    labels: torch.Tensor,
    gamma: float = 2.0,
    label_smoothing: float = 0.0,
) -> torch.Tensor:
    """``(1 - pt)^gamma * ce`` per image, shape (batch,), in fp32.

    ``labels`` are classes, shape (batch,), or shares of classes, shape (batch, classes).

    ``ce`` is the cross-entropy (of the smoothed label, if asked for) and ``pt = exp(-ce)``, from the unweighted loss:
    a class weight inside ``pt`` would make it no probability (Lin et al. 2017; the paper has no class weights).
    """
    ce = functional.cross_entropy(logits.float(), labels, reduction="none", label_smoothing=label_smoothing)
    if gamma == 0:
        return ce
    pt = torch.exp(-ce)
    return (1 - pt) ** gamma * ce
