"""From grey bytes to what the network sees: RandAugment on grey pictures; channels only at the last moment."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.transforms import Compose, InterpolationMode, RandAugment, RandomHorizontalFlip, RandomVerticalFlip

from fractotrain.cache import Pixels

Augmentation = Callable[[Image.Image], Image.Image]

N_BINS = 31
"""Steps of RandAugment's magnitude (torchvision's default, the paper's value)."""


def augmentation(n_ops: int, magnitude: int, *, flips: bool) -> Augmentation | None:
    """RandAugment as in the paper: nearest neighbour, black fill; then mirrored or not. None if nothing is to be done.

    It draws from torch's global generator, which the loop seeds per fold and epoch.
    """
    steps: list[Augmentation] = []
    if n_ops:
        steps.append(RandAugment(n_ops, magnitude, N_BINS, InterpolationMode.NEAREST, fill=None))
    if flips:
        steps += [RandomHorizontalFlip(), RandomVerticalFlip()]
    return Compose(steps) if steps else None


def grey_batch(pixels: Pixels, indices: NDArray[np.int64], augmentation: Augmentation | None = None) -> torch.Tensor:
    """The named pictures as uint8, shape (batch, height, width), each varied by ``augmentation``."""
    if augmentation is None:
        return torch.from_numpy(np.array(pixels[indices]))
    varied = [np.asarray(augmentation(Image.fromarray(np.array(pixels[i])))) for i in indices]
    return torch.from_numpy(np.stack(varied))


class Normaliser:
    """uint8 grey -> float in the model's own units, with as many equal channels as it has."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...], in_chans: int, device: torch.device) -> None:
        if in_chans == 1:  # a grey model sees the mean of what the colours would be
            mean, std = (sum(mean) / len(mean),), (sum(std) / len(std),)
        self._mean = torch.tensor(mean, device=device).view(1, -1, 1, 1)
        self._std = torch.tensor(std, device=device).view(1, -1, 1, 1)
        self._device = device

    def __call__(self, grey: torch.Tensor) -> torch.Tensor:
        """Shape (batch, height, width) -> (batch, channels, height, width)."""
        if self._device.type == "cuda":  # only pinned memory is copied while the GPU computes
            grey = grey.pin_memory()
        scaled = grey.to(self._device, non_blocking=True).unsqueeze(1).float() / 255
        return (scaled - self._mean) / self._std
