"""Mixup and CutMix: two pictures of a batch in one, and a label that says how much of each.

The partners are the batch in another order, so batches of any size will do, odd ones and single pictures too.
"""

import math

import torch
from torch.nn import functional

MixedBatch = tuple[torch.Tensor, torch.Tensor]
"""Pictures, shape (batch, channels, height, width), and the share of each class, shape (batch, classes)."""


def mix(
    images: torch.Tensor, labels: torch.Tensor, n_classes: int, mixup_alpha: float, cutmix_alpha: float
) -> MixedBatch:
    """Mix a batch by one of the two ways whose alpha is above 0, chosen by the toss of a coin where both are.

    Draws from torch's global generator of the CPU, which the loop seeds per fold and epoch.

    Args:
        images: Shape (batch, channels, height, width).
        labels: Shape (batch,).
        n_classes: Columns of the shares.
        mixup_alpha: Parameter of the symmetric Beta distribution of the blend (Zhang et al. 2018); 0 for none.
        cutmix_alpha: The same for the area that is left of a picture (Yun et al. 2019); 0 for none.
    """
    partner = torch.randperm(len(images)).to(images.device)
    cut = cutmix_alpha > 0 and (mixup_alpha == 0 or torch.rand(()).item() < 0.5)
    alpha = cutmix_alpha if cut else mixup_alpha
    share = torch.distributions.Beta(alpha, alpha).sample().item()
    if cut:
        top, bottom, left, right = _box(images.shape[-2], images.shape[-1], share)
        mixed = images.clone()
        mixed[..., top:bottom, left:right] = images[partner, :, top:bottom, left:right]
        share = 1 - (bottom - top) * (right - left) / (images.shape[-2] * images.shape[-1])
    else:
        mixed = share * images + (1 - share) * images[partner]
    own = functional.one_hot(labels, n_classes).float()
    return mixed, share * own + (1 - share) * own[partner]


def _box(height_px: int, width_px: int, share: float) -> tuple[int, int, int, int]:
    """Top, bottom, left, right of a box of ``1 - share`` of the area around a random centre, cut off at the edges."""
    side = math.sqrt(1 - share)
    y, x = int(torch.randint(height_px, ())), int(torch.randint(width_px, ()))
    half_height, half_width = round(side * height_px) // 2, round(side * width_px) // 2
    return (
        max(y - half_height, 0),
        min(y + half_height, height_px),
        max(x - half_width, 0),
        min(x + half_width, width_px),
    )
