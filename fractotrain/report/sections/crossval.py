"""Cross-validation: the paper's Tables 2 and 3, and the confusion matrix of its Fig. 3."""

import numpy as np
import polars as pl

from fractotrain.evaluation.bootstrap import Estimate
from fractotrain.evaluation.shortcuts import majority_scores
from fractotrain.intervals import Interval, fold_interval
from fractotrain.metrics import OVERALL, confusion_matrix, figures_of_confusions, one_hot_confusions
from fractotrain.report.blocks import (
    Cell,
    Figure,
    Level,
    Measured,
    Section,
    Table,
    Verdict,
    counted,
    estimate_data,
    ranged,
    rounded,
    words,
)
from fractotrain.report.figures import confusion, intervals
from fractotrain.report.read import CLASS_NAMES
from fractotrain.report.sections.course import course
from fractotrain.report.sections.specimens import METRIC_NAMES, specimen_blocks
from fractotrain.report.study import Study

_FEW_FOANS = 30
_PARTS = ("train", "validation")


def cross_validation(study: Study) -> Section:
    """Figures over folds, per class, pooled; specimens beside frames."""
    scores, answers = study.scores, study.answers
    majority = majority_scores(answers.labels, answers.folds, study.draws)
    counts = confusion_matrix(answers.labels, answers.predicted)
    per_class: list[tuple[Cell, ...]] = [
        (words(name), *(scores[f"{metric}:{name}"] for metric in ("recall", "precision", "f1"))) for name in CLASS_NAMES
    ]
    names = [words(name) for name in CLASS_NAMES]
    curves, about_curves = course(study)
    tables, verdicts = specimen_blocks(study)
    return Section(
        "Cross-validation",
        " ".join(filter(None, (study.basis, _selection_words(study), about_curves))),
        (
            _over_folds(study),
            _each_fold(study),
            *curves,
            *_training_gap(study),
            Table("classes", "Per class, all folds pooled (the paper's Table 3); n: frames of it, called so, or either",
                  ("class", "recall", "precision", "F1"), tuple(per_class)),
            Figure("confusion", "Confusion matrix of all out-of-fold answers, frames and share of the true class",
                   confusion(counts.astype(float), names), _confusion_data(study, counts)),
            *tables,
        ),
        (*_verdicts(study, majority["macro_f1"]), *verdicts),
        study.record.split_words,
    )  # fmt: skip


def _selection_words(study: Study) -> str:
    return {
        "last": "The last epoch, whatever its figures.",
        "inner": "The epoch was chosen on training images that were held back for it.",
        "best_val": "The epoch was chosen on the fold that it is reported on.",
    }[study.record.selection]


def fold_figures(study: Study) -> dict[str, tuple[list[float], Interval]]:
    """Metric -> its value in each fold, and the intervals of the mean."""
    answers = study.answers
    folds, fold_of = np.unique(answers.folds, return_inverse=True)
    terms = one_hot_confusions(answers.labels, answers.predicted)
    counts = np.stack([terms[fold_of == k].sum(axis=0) for k in range(len(folds))])
    figures = figures_of_confusions(counts)
    values = {metric: [float(v) for v in figures[metric]] for metric in OVERALL}
    return {metric: (of_fold, fold_interval(of_fold, study.test_share)) for metric, of_fold in values.items()}


def _over_folds(study: Study) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for metric, (values, interval) in fold_figures(study).items():
        n = len(values)
        rows.append(
            (
                METRIC_NAMES[metric],
                Measured(interval.mean, interval.t_low, interval.t_high, n, "fold"),
                Measured(interval.mean, interval.corrected_low, interval.corrected_high, n, "fold"),
                interval.sd,
                study.scores[metric],
            )
        )
    columns = ("metric", "mean, t interval", "mean, corrected interval", "SD", "pooled, over FOANs")
    caption = (
        "Means over folds (the paper's Table 2). The t interval takes folds as independent, which they are not; the "
        "corrected resampled interval (Nadeau and Bengio 2003) does not; the pooled figure draws FOANs"
    )
    return Table("folds", caption, columns, tuple(rows))


def _each_fold(study: Study) -> Table:
    answers = study.answers
    rows: list[tuple[Cell, ...]] = []
    for fold in np.unique(answers.folds):
        scores = study.draws.scores(answers.labels, answers.predicted, answers.folds == fold)
        rows.append((str(fold), *(scores[metric] for metric in OVERALL)))
    columns = ("fold", *(METRIC_NAMES[metric] for metric in OVERALL))
    return Table("each_fold", "Each fold by itself, FOANs drawn with replacement", columns, tuple(rows))


def _training_gap(study: Study) -> tuple[Figure, ...]:
    """Training against validation in each fold: how much is learnt by heart. Nothing if no such figures are stored."""
    metrics = study.record.fold_metrics.filter(
        (pl.col("metric") == "macro_f1") & (pl.col("fold") >= 0) & (pl.col("selection") == study.record.selection)
    )
    if metrics.is_empty():
        return ()
    of = {(fold, part): value for fold, part, value in metrics.select("fold", "part", "value").iter_rows()}
    folds = sorted(metrics["fold"].unique().to_list())
    series = {part: [_of_part(study, fold, part, of.get((fold, part))) for fold in folds] for part in _PARTS}
    data = pl.DataFrame(
        [
            {"fold": fold, "part": part, "macro_f1": estimate.value} | estimate_data(estimate)
            for part, estimates in series.items()
            for fold, estimate in zip(folds, estimates, strict=True)
        ],
        infer_schema_length=None,
    )
    svg = intervals([f"fold {fold}" for fold in folds], series, "macro-F1")
    caption = (
        "Macro-F1 on training and validation images of each fold; of training images only the figure is stored, so it "
        f"has no interval. {_gap_words(study, folds, of)}"
    )
    return (Figure("training_gap", caption, svg, data),)


def _of_part(study: Study, fold: int, part: str, value: float | None) -> Estimate:
    """The stored figure; of validation images with the interval of the fold's answers."""
    is_held = study.answers.folds == fold
    where = is_held if part == "validation" else ~is_held
    low = high = None
    if part == "validation" and is_held.any():
        scored = study.draws.scores(study.answers.labels, study.answers.predicted, is_held)["macro_f1"]
        low, high = scored.low, scored.high
    return Estimate(value, low, high, int(where.sum()), study.draws.n_groups(where))


def _gap_words(study: Study, folds: list[int], of: dict[tuple[int, str], float]) -> str:
    """The mean paired difference with its interval over folds; it tells how much is learnt by heart."""
    sizes = {fold: int((study.answers.folds == fold).sum()) for fold in folds}
    known = [f for f in folds if sizes[f] and (f, "train") in of and (f, "validation") in of]
    if len(known) < 2:
        return "With one fold the gap has no interval"
    gaps = [of[f, "train"] - of[f, "validation"] for f in known]
    n_frames = sum(sizes.values())
    gap = fold_interval(gaps, float(np.mean([sizes[f] / (n_frames - sizes[f]) for f in known])))
    return (
        f"Training less validation: {rounded(gap.mean)} in the mean over {len(known)} folds, corrected resampled "
        f"interval {_range(gap.corrected_low, gap.corrected_high)}"
    )


def _confusion_data(study: Study, counts: np.ndarray) -> pl.DataFrame:
    """Counts, and the share of the true class with its interval."""
    labels, predicted = study.answers.labels, study.answers.predicted
    rows = []
    for (true, answered), n in np.ndenumerate(counts):
        share = study.draws.mean((predicted == answered).astype(float), labels == true)
        facts = {"true": CLASS_NAMES[true], "predicted": CLASS_NAMES[answered], "frames": int(n), "share": share.value}
        rows.append(facts | estimate_data(share))
    return pl.DataFrame(rows, infer_schema_length=None)


def _verdicts(study: Study, majority: Estimate) -> tuple[Verdict, ...]:
    macro_f1, recall, record = study.scores["macro_f1"], study.scores["macro_recall"], study.record
    # Guessing has a higher macro-F1 than the majority rule; balanced accuracy is 1 / classes for both.
    beats = study.is_better_than_chance
    level = Level.DO_NOT if record.is_optimistic or not beats else Level.BELIEVE
    sentence = (
        f"Macro-F1 {ranged(macro_f1)} ({study.sample(macro_f1)}); "
        f"always saying the most frequent class reaches {ranged(majority)}. Balanced accuracy {ranged(recall)}, "
        f"chance {study.chance:.3f}."
    )
    if not beats:
        sentence += " The model is not shown to be better than chance."
    verdicts = [Verdict(level, sentence)]
    if record.selection == "best_val":
        verdicts.append(
            Verdict(Level.DO_NOT, "Optimistic: the epoch was chosen on the very fold that it is reported on.")
        )
    absent = [words(name) for name, n in study.foans_of_class.items() if not n]
    if absent:
        sentence = f"No frame of {', '.join(absent)} was answered: nothing here is about such frames."
        verdicts.append(Verdict(Level.DO_NOT, sentence))
    if lacking := _lacking(study):
        sentence = (
            f"Some folds hold no frame of a class ({lacking}): an answer of that class counts 0 there, and means over "
            "folds are of unequal tasks."
        )
        verdicts.append(Verdict(Level.CAUTION, sentence))
    few = [f"{words(name)} {n}" for name, n in study.foans_of_class.items() if 0 < n < _FEW_FOANS]
    if few:
        sentence = f"Few FOANs in some classes ({', '.join(few)}): intervals are themselves rough below {_FEW_FOANS}."
        verdicts.append(Verdict(Level.CAUTION, sentence))
    if record.is_dataset_changed:
        sentence = "The dataset has changed since this run: labels are those of then, all else is as it is now."
        if record.n_lost_foans:
            sentence += (
                f" {counted(record.n_lost_foans, 'frame')} no longer linked to a FOAN: what the split kept together "
                "is drawn in its place."
            )
        verdicts.append(Verdict(Level.CAUTION, sentence))
    return tuple(verdicts)


def _lacking(study: Study) -> str:
    """Classes that the run answered, but that some folds do not hold."""
    labels, folds = study.answers.labels, study.answers.folds
    found = []
    for i, name in enumerate(CLASS_NAMES):
        without = sorted(set(folds.tolist()) - set(folds[labels == i].tolist()))
        if without and study.foans_of_class[name]:
            found.append(f"{words(name)} is not in {', '.join(str(fold) for fold in without)}")
    return "; ".join(found)


def _range(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"[{rounded(low)}, {rounded(high)}]"
