"""Several frames of a specimen make one answer: an attention learns which frames to listen to.

A frame's weight is the gated attention of Ilse, Tomczak and Welling (2018), "Attention-based Deep Multiple Instance
Learning", equation 9: ``a_k = softmax_k(w^T (tanh(V h_k) * sigmoid(U h_k)))`` over the frames k of a specimen, h_k the
features of frame k. The answer is ``sum_k a_k logits_k`` with the logits of the fold's own head: a linear head makes of
the pooled features what pooling makes of its logits, so one number a frame is enough to pool any subset of frames.

``w`` starts at zero, where every frame weighs the same: what nothing speaks against stays the mean logit.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from fractotrain.metrics import N_CLASSES
from fractotrain.probe import Features

N_COMPONENTS = 16
"""Principal components of the features that the attention sees: specimens are few."""
N_HIDDEN = 8
_STEPS = 200
_LEARNING_RATE = 0.02
_RIDGE = 0.03
"""Of the squared weights: an attention that gains nothing goes back to the mean."""
_KEEP = 0.5
"""Share of a specimen's frames that a step sees: subsets of magnifications are pooled later."""


@dataclass(frozen=True, slots=True)
class AttentionPool:
    """A fitted attention; the zero attention if there was nothing to learn from."""

    mean: NDArray[np.float64]
    directions: NDArray[np.float64]
    """Shape (features, components): from features to whitened components."""
    value: NDArray[np.float64]
    """V, shape (components, hidden)."""
    gate: NDArray[np.float64]
    """U, shape (components, hidden)."""
    weight: NDArray[np.float64]
    """w, shape (hidden,)."""

    def scores(self, features: Features) -> NDArray[np.float64]:
        """What the softmax over a specimen's frames is taken of; shape (frames,)."""
        inputs = (features - self.mean) @ self.directions
        gate = 1 / (1 + np.exp(-np.clip(inputs @ self.gate, -50, 50)))
        return np.asarray((np.tanh(inputs @ self.value) * gate) @ self.weight)


def fit_attention(
    features: Features,
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    specimen_of: NDArray[np.int64],
    seed: int,
    *,
    balanced: bool,
) -> AttentionPool:
    """Minimise the cross-entropy of the pooled logits over specimens, on the CPU; the same seed gives the same fit.

    Args:
        features: Of the frames to learn from, shape (frames, features).
        logits: Of the fold's own head on them, shape (frames, classes).
        labels: Class of each frame; frames of one specimen share it.
        specimen_of: Specimen of each frame, 0-based and without gaps.
        seed: Of the start and of the frames that each step sees.
        balanced: Weigh each specimen by 1 / (specimens of its class).
    """
    mean, directions = _components(features)
    n_specimens = int(specimen_of.max()) + 1
    label_of = np.zeros(n_specimens, np.int64)
    label_of[specimen_of] = labels
    share = 1 / np.bincount(label_of, minlength=N_CLASSES)[label_of] if balanced else np.ones(n_specimens)
    importance = torch.from_numpy(share / share.sum())
    inputs = torch.from_numpy((features - mean) @ directions)
    answers, targets = torch.from_numpy(logits).double(), torch.from_numpy(label_of)
    member = torch.from_numpy(specimen_of)
    generator = torch.Generator().manual_seed(seed)
    shape = (inputs.shape[1], N_HIDDEN)
    value, gate = (
        (torch.randn(shape, generator=generator, dtype=torch.float64) / shape[0] ** 0.5).requires_grad_()
        for _ in range(2)
    )
    weight = torch.zeros(N_HIDDEN, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([value, gate, weight], lr=_LEARNING_RATE)
    with torch.enable_grad():
        for _ in range(_STEPS):
            scores = (torch.tanh(inputs @ value) * torch.sigmoid(inputs @ gate)) @ weight
            dropped = torch.rand(len(member), generator=generator) >= _KEEP
            pooled, seen = _pool(scores, answers, member, n_specimens, dropped)
            losses = torch.nn.functional.cross_entropy(pooled, targets, reduction="none")
            penalty = _RIDGE / 2 * sum(parameter.square().sum() for parameter in (value, gate, weight))
            optimiser.zero_grad()
            ((importance * seen * losses).sum() + penalty).backward()  # type: ignore[no-untyped-call] # torch's gap
            optimiser.step()
    fitted = (parameter.detach().numpy().copy() for parameter in (value, gate, weight))
    return AttentionPool(mean, directions, *fitted)


def _pool(
    scores: torch.Tensor, logits: torch.Tensor, member: torch.Tensor, n_specimens: int, dropped: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention-weighted logits of each specimen from the frames that are left, and 1 where any is left, else 0."""
    raised = torch.where(dropped, torch.zeros(()), torch.exp(scores - scores.max()))
    total = torch.zeros(n_specimens, dtype=scores.dtype).index_add(0, member, raised)
    pooled = torch.zeros(n_specimens, logits.shape[1], dtype=scores.dtype)
    pooled = pooled.index_add(0, member, raised[:, None] * logits)
    return pooled / total.clamp_min(torch.finfo(scores.dtype).tiny)[:, None], (total > 0).double()


def _components(features: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean, and the map to whitened principal components; components without variance are left out."""
    centre = features.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(np.cov(features - centre, rowvar=False).reshape(features.shape[1], -1))
    kept = np.argsort(variances)[::-1][:N_COMPONENTS]
    kept = kept[variances[kept] > 1e-12 * max(float(variances.max()), 1e-300)]
    axes = axes[:, kept] * np.sign(axes[np.abs(axes[:, kept]).argmax(axis=0), kept])  # eigenvectors have no sign
    return centre, axes / np.sqrt(variances[kept])
