"""A linear head on frozen features: minutes on a CPU, and the yardstick that fine-tuning has to beat.

The features of every image are computed once, un-augmented, for all folds. The head is a softmax regression with a
ridge penalty: convex, so it has one solution, no epochs, no learning rate and nothing to choose on the validation fold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fractotrain.cache import Pixels
from fractotrain.drafts import draft_of
from fractotrain.errors import TrainingError
from fractotrain.metrics import N_CLASSES
from fractotrain.transforms import Normaliser, grey_batch

Features = NDArray[np.float32]
"""Shape (images, features)."""

_MAX_ITERATIONS = 500


@dataclass(frozen=True, slots=True)
class Head:
    """Linear map from features to logits."""

    weight: NDArray[np.float32]
    """Shape (classes, features)."""
    bias: NDArray[np.float32]

    def logits(self, features: Features) -> NDArray[np.float32]:
        """Shape (images, classes)."""
        return np.asarray(features @ self.weight.T + self.bias, np.float32)


def frozen_features(
    model: Any,  # noqa: ANN401 - timm has no types
    pixels: Pixels,
    normalise: Normaliser,
    batch_size: int,
    file: Path,
    on_features: Callable[[int, int], None] | None = None,
) -> Features:
    """What the network hands to its head, for each picture as it is; kept in ``file``, read from there if it exists.

    Raises:
        TrainingError: the file cannot be written.
    """
    if file.exists():
        return np.asarray(np.load(file), np.float32)
    features = features_of(model, pixels, np.arange(len(pixels)), normalise, batch_size, on_features)
    draft = draft_of(file)
    try:
        with draft.open("wb") as stream:
            np.save(stream, features)
        draft.replace(file)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise TrainingError(f"{file}: the features cannot be kept: {error.strerror or error}") from error
    return features


@torch.no_grad()
def features_of(
    model: Any,  # noqa: ANN401 - timm has no types
    pixels: Pixels,
    indices: NDArray[np.int64],
    normalise: Normaliser,
    batch_size: int,
    on_features: Callable[[int, int], None] | None = None,
) -> Features:
    """What the network hands to its head, for the named pictures as they are; shape (images, features)."""
    model.eval()
    parts: list[Features] = []
    for start in range(0, len(indices), batch_size):
        grey = grey_batch(pixels, indices[start : start + batch_size])
        outputs = model.forward_head(model.forward_features(normalise(grey)), pre_logits=True)
        parts.append(outputs.float().cpu().numpy())
        if on_features is not None:
            on_features(min(start + batch_size, len(indices)), len(indices))
    return np.concatenate(parts)


def head_of(model: Any) -> Head:  # noqa: ANN401 - timm has no types
    """The network's own head: of its features it makes the logits that the network gives."""
    linear = model.get_classifier()
    return Head(linear.weight.detach().float().cpu().numpy(), linear.bias.detach().float().cpu().numpy())


def fit_head(features: Features, labels: NDArray[np.int64], ridge: float, *, balanced: bool) -> Head:
    """Minimise the mean cross-entropy plus ``ridge / 2`` times the squared weights of standardised features.

    Args:
        features: Of the training images.
        labels: Theirs.
        ridge: Strength of the penalty; the bias is free.
        balanced: Weigh each image by 1 / (images of its class), the deterministic twin of the weighted sampler.
    """
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-8, scale, 1.0)  # a feature that never moves tells nothing
    inputs = torch.from_numpy((features - mean) / scale).double()
    targets = torch.from_numpy(labels)
    counts = np.bincount(labels, minlength=N_CLASSES)
    weights = torch.from_numpy(1 / counts[labels] if balanced else np.ones(len(labels)))
    weights = weights / weights.sum()
    parameters = torch.zeros(inputs.shape[1] + 1, N_CLASSES, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS(
        [parameters],
        max_iter=_MAX_ITERATIONS,
        tolerance_grad=1e-9,
        tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )

    def loss() -> torch.Tensor:
        solver.zero_grad()
        ce = torch.nn.functional.cross_entropy(inputs @ parameters[:-1] + parameters[-1], targets, reduction="none")
        total = (weights * ce).sum() + ridge / 2 * parameters[:-1].square().sum()
        total.backward()  # type: ignore[no-untyped-call] # torch's gap
        return total

    solver.step(loss)  # type: ignore[no-untyped-call] # torch's gap
    solved = parameters.detach().numpy()
    weight = solved[:-1].T / scale
    return Head(weight.astype(np.float32), (solved[-1] - weight @ mean).astype(np.float32))


def attach_head(model: Any, head: Head) -> None:  # noqa: ANN401 - timm has no types
    """Give the network this head: it then answers as head and features did."""
    linear = model.get_classifier()
    with torch.no_grad():
        linear.weight.copy_(torch.from_numpy(head.weight))
        linear.bias.copy_(torch.from_numpy(head.bias))
