"""Learning curves: how each fold went, epoch by epoch."""

import numpy as np
import polars as pl

from fractotrain.intervals import fold_interval
from fractotrain.report.blocks import Figure, counted
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
    data = pl.concat([_of_folds(study, measured), _means(study, measured)])
    curves = {
        _PANELS[column]: {
            str(fold): tuple(rows[name].to_numpy().astype(float) for name in ("epoch", column, *_ends(column)))
            for (fold,), rows in data.group_by("fold", maintain_order=True)
        }
        for column in measured
    }
    n_folds = epochs["fold"].n_unique()
    inner = "; inner: training images held back to choose the epoch" if "inner_macro_f1" in measured else ""
    caption = (
        f"Learning curves of {counted(n_folds, 'fold')} (thin) and their mean (thick) with its corrected resampled "
        f"interval (band, from two folds on){inner}. The loss is of images as drawn and varied for training, so it "
        "compares with no other figure"
    )
    return (Figure("learning_curves", caption, learning_curves(curves), data),), ""


def _of_folds(study: Study, measured: list[str]) -> pl.DataFrame:
    """One row per fold and epoch. Answers of single epochs are not stored, so a fold has no interval of its own."""
    n_frames = {int(fold): int((study.answers.folds == fold).sum()) for fold in study.record.epochs["fold"].unique()}
    return study.record.epochs.select(
        pl.col("fold").cast(pl.String), "epoch",
        *(pl.lit(None, pl.Float64).alias(end) if end not in measured else end for end in _columns(measured)),
        pl.col("fold").replace_strict(n_frames, return_dtype=pl.Int64).alias("validation_frames"),
        pl.lit(1, pl.Int64).alias("folds"),
    )  # fmt: skip


def _means(study: Study, measured: list[str]) -> pl.DataFrame:
    """One row per epoch: the mean over the folds that reached it."""
    rows: list[dict[str, object]] = []
    for (epoch,), part in study.record.epochs.sort("epoch").group_by("epoch", maintain_order=True):
        row: dict[str, object] = {"fold": "mean", "epoch": epoch}
        for column in measured:
            values = part[column].drop_nulls().to_list()
            mean = fold_interval(values, study.test_share) if values else None
            ends = (None, None, None) if mean is None else (mean.mean, mean.corrected_low, mean.corrected_high)
            row |= dict(zip((column, *_ends(column)), ends, strict=True))
        n_frames = int(np.isin(study.answers.folds, part["fold"].to_numpy()).sum())
        rows.append(row | {"validation_frames": n_frames, "folds": len(part)})
    kinds = dict.fromkeys(_columns(measured), pl.Float64)
    schema = {"fold": pl.String, "epoch": pl.Int64, **kinds, "validation_frames": pl.Int64, "folds": pl.Int64}
    return pl.DataFrame(rows, schema=schema)


def _columns(measured: list[str]) -> list[str]:
    return [name for column in measured for name in (column, *_ends(column))]


def _ends(column: str) -> tuple[str, str]:
    return f"{column}_low", f"{column}_high"
