"""What a training run came to, as tables for people."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table

if TYPE_CHECKING:  # the records of a run bring torch
    from fractotrain.record import Outcome

_SELECTION_NAMES = {
    "last": "Last epoch",
    "inner": "Epoch chosen on held-back training images",
    "best_val": "Best epoch",
}
_METRIC_NAMES = {"macro_f1": "macro-F1", "macro_precision": "precision", "macro_recall": "recall"}


def show_outcome(console: Console, outcome: "Outcome", catalog: Path) -> None:
    """The closing tables: what was reached, how sure that is, and where it lies."""
    settings, training_set = outcome.setup.bench.settings, outcome.setup.training_set
    where = (
        f"{len(outcome.folds)} folds, {training_set.split.strategy} split, {len(training_set)} images, "
        f"{len(set(training_set.foans))} FOANs"
    )
    for selection, folds in outcome.aggregates.items():
        main = selection == settings.cv.selection
        optimistic = ", optimistic: chosen on the fold it is reported on" if selection == "best_val" else ""
        name = "Linear head" if settings.model.frozen else _SELECTION_NAMES[selection]
        title = f"{name}{optimistic}\n({where})"
        columns = ["metric", "mean ± SD", "95 % interval", "corrected", *(["training"] if main else [])]
        table = Table(*(Column(name, no_wrap=True) for name in columns), title=title)
        for metric, interval in folds.figures.items():
            row = [
                _METRIC_NAMES.get(metric, metric),
                _mean_sd(interval.mean, interval.sd),
                _range(interval.t_low, interval.t_high),
                _range(interval.corrected_low, interval.corrected_high),
            ]
            if main:
                row.append(_mean_sd(folds.training_figures[metric].mean, folds.training_figures[metric].sd))
            table.add_row(*row)
        console.print(table)
    if settings.cv.selection in outcome.aggregates:
        _show_pooled(console, outcome)
    for failure in outcome.skipped:
        console.print(f"skipped {failure.item!r}: {failure.reason}", markup=False, soft_wrap=True)
    console.print(f"Run {outcome.run_id} is stored in {catalog}", markup=False, highlight=False, soft_wrap=True)
    if outcome.model_file is not None:
        console.print(f"Final model: {outcome.model_file}", markup=False, highlight=False, soft_wrap=True)


def _show_pooled(console: Console, outcome: "Outcome") -> None:
    """Per class and confusion matrix of all out-of-fold predictions."""
    folds = outcome.aggregates[outcome.setup.bench.settings.cv.selection]
    classes = list(folds.pooled.per_class)
    table = Table("class", "precision", "recall", "F1", "images", title="All out-of-fold predictions")
    for name, figures in folds.pooled.per_class.items():
        shown = ["-" if figures[m] is None else f"{figures[m]:.3f}" for m in ("precision", "recall", "f1")]
        table.add_row(name, *shown, f"{figures['support']:.0f}")
    console.print(table)
    confusion = Table("true \\ predicted", *classes, title="Confusion matrix (images)")
    for name, counts in zip(classes, folds.pooled.confusion, strict=True):
        confusion.add_row(name, *(str(int(n)) for n in counts))
    console.print(confusion)
    if folds.macro_f1_bootstrap is not None:
        low, high = folds.macro_f1_bootstrap
        macro_f1 = folds.pooled.overall["macro_f1"]
        line = f"Pooled macro-F1 {macro_f1:.3f} [{low:.3f}, {high:.3f}] (bootstrap over FOANs)"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _mean_sd(mean: float, sd: float | None) -> str:
    return f"{mean:.3f}" if sd is None else f"{mean:.3f} ± {sd:.3f}"


def _range(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"
