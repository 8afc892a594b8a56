"""Rows about a run's out-of-fold answers: the answers, how each fold learnt, and the labels that they doubt."""

from collections.abc import Sequence

import numpy as np
from scipy.special import softmax

from data_contracts.vocabulary import TRAINABLE_CLASSES
from fractotrain.crossval import FoldResult
from fractotrain.data import TrainingSet
from fractotrain.evaluation.label_issues import find_label_issues

CLASS_NAMES = tuple(str(c) for c in TRAINABLE_CLASSES)

Row = dict[str, object]


def prediction_rows(run_id: str, folds: Sequence[FoldResult], training_set: TrainingSet) -> list[Row]:
    """Out-of-fold answers, with what attention pooling makes of them."""
    return [
        {
            "run_id": run_id,
            "path": training_set.paths[position],
            "fold": result.fold,
            "true_class": CLASS_NAMES[training_set.labels[position]],
            "predicted_class": CLASS_NAMES[int(logits.argmax())],
            **{f"logit_{name}": float(logit) for name, logit in zip(CLASS_NAMES, logits, strict=True)},
            "attention_score": float(attention_score),
        }
        for result in folds
        for position, logits, attention_score in zip(
            result.validation, result.logits, result.attention_scores, strict=True
        )
    ]


def epoch_rows(run_id: str, folds: Sequence[FoldResult]) -> list[Row]:
    """Learning curves; none of a linear head."""
    return [
        {
            "run_id": run_id,
            "fold": epoch.fold,
            "epoch": epoch.epoch + 1,
            "training_loss": epoch.training_loss,
            "validation_macro_f1": epoch.validation_macro_f1,
            "inner_macro_f1": epoch.inner_macro_f1,
        }
        for result in folds
        for epoch in result.epochs
    ]


def label_issue_rows(run_id: str, folds: Sequence[FoldResult], training_set: TrainingSet) -> list[Row]:
    """Labels that the out-of-fold answers doubt, the strongest suspicion first."""
    if not folds:
        return []
    order = np.concatenate([result.validation for result in folds])
    logits = np.concatenate([result.logits for result in folds]).astype(np.float64)
    labels = training_set.labels[order]
    issues = find_label_issues(logits, labels)
    probabilities = softmax(logits, axis=1)
    return [
        {
            "run_id": run_id,
            "path": training_set.paths[order[i]],
            "sha256": training_set.sha256[order[i]],
            "rank": rank,
            "given_class": CLASS_NAMES[labels[i]],
            "suggested_class": CLASS_NAMES[issues.suggested[i]],
            "given_probability": float(probabilities[i, labels[i]]),
            "suggested_probability": float(probabilities[i, issues.suggested[i]]),
        }
        for rank, i in enumerate(issues.ranked, start=1)
    ]
