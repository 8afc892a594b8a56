"""Random state as a function of what is done, never of what was done before.

Each fold and each epoch draws from its own seed, so that a fold gives the same model whether it runs alone, first or
after others, and an epoch the same batches whether the run was interrupted before it or not.
"""

from enum import IntEnum

import numpy as np

FINAL_MODEL = -1
"""Stands for the fold number of the model that is fitted on everything."""


class Purpose(IntEnum):
    """What a seed is for; one number per purpose keeps the streams apart."""

    MODEL = 0
    ORDER = 1
    NOISE = 2
    BOOTSTRAP = 3
    INNER = 4
    TUNE = 5
    POOLING = 6


def derive_seed(seed: int, purpose: Purpose, fold: int = FINAL_MODEL, epoch: int = 0) -> int:
    """A seed in ``0 .. 2**63 - 1``, made from the run's seed, the purpose, the fold and the epoch (both 0-based)."""
    sequence = np.random.SeedSequence([seed, int(purpose), fold + 1, epoch])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))
