"""The order in which an epoch shows the training images."""

from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray


def epoch_order(
    labels: NDArray[np.int64],
    sampler: Literal["weighted", "shuffled"],
    seed: int,
) -> NDArray[np.int64]:
    """Positions into ``labels``, as many as there are.

    ``weighted`` draws with replacement, each image with weight 1 / (images of its class), as the paper; ``shuffled``
    shows each image once. The draw comes from a generator of its own: no other random step moves it.
    """
    generator = torch.Generator().manual_seed(seed)
    if sampler == "shuffled":
        return torch.randperm(len(labels), generator=generator).numpy()
    weights = 1.0 / np.bincount(labels)[labels]
    drawn = torch.multinomial(torch.from_numpy(weights), len(labels), replacement=True, generator=generator)
    return drawn.numpy()
