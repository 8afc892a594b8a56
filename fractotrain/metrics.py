"""Figures of a classifier, all from one confusion matrix with fixed labels."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_contracts.vocabulary import TRAINABLE_CLASSES

N_CLASSES = len(TRAINABLE_CLASSES)

OVERALL = ("accuracy", "macro_f1", "macro_precision", "macro_recall")
"""Figures of a whole fold, in the order of the closing table."""

Confusion = NDArray[np.int64]
"""Shape (classes, classes): rows are true, columns predicted, both in the order of ``TRAINABLE_CLASSES``."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Every figure of one set of predictions. A figure without a definition is None, never 0."""

    confusion: Confusion
    overall: dict[str, float]
    """Metric -> figure."""
    per_class: dict[str, dict[str, float | None]]
    """Class -> metric -> figure; None for a class that is neither true nor predicted anywhere."""


def confusion_matrix(true: NDArray[np.int64], predicted: NDArray[np.int64]) -> Confusion:
    """Counts, always of all classes, whichever of them occur."""
    counts = np.bincount(true * N_CLASSES + predicted, minlength=N_CLASSES**2)
    return counts.reshape(N_CLASSES, N_CLASSES).astype(np.int64)


def score(true: NDArray[np.int64], predicted: NDArray[np.int64]) -> Scores:
    """Score predictions against labels; both hold indices into ``TRAINABLE_CLASSES``."""
    return score_confusion(confusion_matrix(true, predicted))


def score_confusion(confusion: Confusion) -> Scores:
    """Accuracy, and precision, recall and F1 per class and in the mean over the classes that occur (macro).

    A class that is true but never predicted (or the reverse) counts 0, as in scikit-learn with ``zero_division=0``.
    """
    hits, n_true, n_predicted = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    occurs = (n_true + n_predicted) > 0
    precision, recall = hits / np.maximum(n_predicted, 1), hits / np.maximum(n_true, 1)
    f1 = 2 * hits / np.maximum(n_true + n_predicted, 1)
    overall = {
        "accuracy": float(hits.sum() / max(confusion.sum(), 1)),
        "macro_f1": float(f1[occurs].mean()) if occurs.any() else 0.0,
        "macro_precision": float(precision[occurs].mean()) if occurs.any() else 0.0,
        "macro_recall": float(recall[occurs].mean()) if occurs.any() else 0.0,
    }
    per_class: dict[str, dict[str, float | None]] = {}
    for i, name in enumerate(TRAINABLE_CLASSES):
        figures = {"precision": float(precision[i]), "recall": float(recall[i]), "f1": float(f1[i])}
        known: dict[str, float | None] = {m: v if occurs[i] else None for m, v in figures.items()}
        per_class[str(name)] = known | {"support": float(n_true[i])}
    return Scores(confusion, overall, per_class)


def one_hot_confusions(true: NDArray[np.int64], predicted: NDArray[np.int64]) -> NDArray[np.float64]:
    """The confusion matrix of each answer alone, flat; shape (answers, classes squared). Sums of rows are counts."""
    return np.asarray(np.eye(N_CLASSES**2)[true * N_CLASSES + predicted])


def figures_of_confusions(flat: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """The figures of many confusion matrices at once, as ``score_confusion`` defines them; NaN without a definition.

    Args:
        flat: counts, shape (..., classes squared), rows true, columns predicted.

    Returns:
        Figure -> shape (...): those of ``OVERALL``, then ``precision:green_body`` and so on.
    """
    counts = flat.reshape(*flat.shape[:-1], N_CLASSES, N_CLASSES)
    hits, n_true, n_predicted = np.einsum("...ii->...i", counts), counts.sum(axis=-1), counts.sum(axis=-2)
    occurs = n_true + n_predicted > 0
    by_class = {
        "precision": np.where(occurs, hits / np.maximum(n_predicted, 1), np.nan),
        "recall": np.where(occurs, hits / np.maximum(n_true, 1), np.nan),
        "f1": np.where(occurs, 2 * hits / np.maximum(n_true + n_predicted, 1), np.nan),
    }
    n_classes, n = occurs.sum(axis=-1), counts.sum(axis=(-2, -1))
    figures = {"accuracy": np.where(n > 0, hits.sum(axis=-1) / np.maximum(n, 1), np.nan)}
    for name in ("f1", "precision", "recall"):
        total = np.nansum(by_class[name], axis=-1)
        figures[f"macro_{name}"] = np.where(n_classes > 0, total / np.maximum(n_classes, 1), np.nan)
    for i, defect_class in enumerate(TRAINABLE_CLASSES):
        figures |= {f"{name}:{defect_class}": values[..., i] for name, values in by_class.items()}
    return figures
