"""Learning curves: how each fold went, epoch by epoch."""

import polars as pl

from fractotrain.report.blocks import Figure
from fractotrain.report.figures import learning_curves
from fractotrain.report.study import Study

_PANELS = {
    "training_loss": "training loss",
    "validation_macro_f1": "macro-F1, validation",
    "inner_macro_f1": "macro-F1, inner",
}


def course(study: Study) -> tuple[tuple[Figure, ...], str]:
    """One curve per fold and their mean, and a sentence about what they show or why there are none."""
    epochs = study.record.epochs
    if epochs.is_empty():
        is_head = study.record.settings.get("model", {}).get("frozen", False)
        why = (
            "a linear head has no epochs"
            if is_head
            else "the catalog holds no epochs of this run (an older Fracto trained it); train again to see them"
        )
        return (), f"No learning curves: {why}."
    measured = [column for column in _PANELS if epochs[column].is_not_null().any()]
    means = epochs.group_by("epoch").agg(pl.col(measured).mean()).sort("epoch").with_columns(fold=pl.lit("mean"))
    data = pl.concat(
        [epochs.select(pl.col("fold").cast(pl.String), "epoch", *measured), means.select("fold", "epoch", *measured)]
    )
    curves = {
        _PANELS[column]: {
            str(fold): (rows["epoch"].to_numpy().astype(float), rows[column].to_numpy().astype(float))
            for (fold,), rows in data.group_by("fold", maintain_order=True)
        }
        for column in measured
    }
    n_folds = epochs["fold"].n_unique()
    inner = "; inner: training images held back to choose the epoch" if "inner_macro_f1" in measured else ""
    caption = (
        f"Learning curves of {n_folds} folds (thin) and their mean (thick){inner}. The loss is of images as drawn and "
        "varied for training, so it compares with no other figure; no interval: folds are shown one by one"
    )
    return (Figure("learning_curves", caption, learning_curves(curves), data),), ""
