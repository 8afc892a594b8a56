"""Answers of a simulated model whose truth is known."""

from collections.abc import Callable

import numpy as np
import pytest

from fractotrain.evaluation.answers import Answers

N_CLASSES = 3


def simulate(
    n_foans: int = 60,
    frames_per_foan: int = 8,
    seed: int = 0,
    strength: float = 2.0,
    foan_effect: float = 0.7,
    class_shares: tuple[float, float, float] = (0.4, 0.4, 0.2),
    n_folds: int = 5,
) -> Answers:
    """Frames of one FOAN share class and a random effect on their logits; the true class's logit is raised."""
    rng = np.random.default_rng(seed)
    foan_of = np.repeat(np.arange(n_foans), frames_per_foan)
    labels = rng.choice(N_CLASSES, n_foans, p=class_shares)[foan_of]
    logits = rng.normal(0, 1, (len(foan_of), N_CLASSES)) + foan_effect * rng.normal(0, 1, (n_foans, N_CLASSES))[foan_of]
    logits[np.arange(len(labels)), labels] += strength
    foans = np.array([f"F-{k:03d}" for k in foan_of], object)
    steps = np.array([50.0, 100.0, 1000.0, 10000.0])
    return Answers(
        np.array([f"{k:05d}.tif" for k in range(len(labels))], object),
        labels.astype(np.int64),
        logits,
        (foan_of % n_folds).astype(np.int64),
        foans,
        foans.copy(),
        steps[np.arange(len(labels)) % len(steps)],
        np.full(len(labels), "exact", object),
    )


@pytest.fixture(name="simulate")
def _simulate() -> Callable[..., Answers]:
    """The function that simulates answers."""
    return simulate
