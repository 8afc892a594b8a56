"""May the confidence be believed, and what can be answered with a stated error rate?"""

import math

import numpy as np
import polars as pl
from scipy.special import softmax

from fractotrain.evaluation.answers import Bools, Floats
from fractotrain.evaluation.calibration import ReliabilityBin, reliability, trust_figures
from fractotrain.evaluation.conformal import SetFigures, calibrate_sets, set_figures, sets_across_folds
from fractotrain.evaluation.selective import operating_points, risk_curve
from fractotrain.report.blocks import (
    Cell,
    Figure,
    Level,
    Section,
    Table,
    Verdict,
    estimate_data,
    percent,
    ranged,
    step_name,
    words,
)
from fractotrain.report.figures import curve, reliability_diagram
from fractotrain.report.read import CLASS_NAMES
from fractotrain.report.study import Study

_SMALL_ERROR = 0.10
"""Confidence that is off by less, at the upper end of the interval, is useful."""
_USEFUL_SHARE = 0.5
"""Sets that answer fewer frames keep their promise by hardly ever answering."""
_PRIOR_MOVES_ANSWERS = (
    ". The classes' frequencies move some answers, so the calibrated accuracy is that of other answers than those of "
    "cross-validation"
)


def trust(study: Study) -> Section:
    """Calibration, selective answers, conformal sets."""
    raw = np.asarray(softmax(study.answers.logits, axis=1))
    if study.calibrated is None:
        sentence = "Confidence cannot be judged: one fold only, so nothing could be fitted on other folds."
        return Section("Trust in the confidence", study.basis, (), (Verdict(Level.CAUTION, sentence),))
    calibrated, calibrators = study.calibrated
    temperatures = [c.temperature for c in calibrators.values()]
    prior = (
        " and the classes' frequencies, as training drew every class equally often" if study.record.is_balanced else ""
    )
    lead = (
        f"{study.basis} Calibration: a temperature{prior}, fitted for each fold on the other folds "
        f"(temperatures {min(temperatures):.2f} to {max(temperatures):.2f})."
    )
    conformal, verdict = _conformal(study)
    return Section(
        "Trust in the confidence",
        lead,
        (*_calibration(study, raw, calibrated), *_selective(study, calibrated), *conformal),
        (_calibration_verdict(study, raw, calibrated), verdict),
        study.record.split_words,
    )


def _calibration(study: Study, raw: Floats, calibrated: Floats) -> tuple[Table, Figure]:
    rows: list[tuple[Cell, ...]] = []
    labels = study.answers.labels
    bins: dict[str, list[ReliabilityBin]] = {}
    for name, probabilities in (("as the model says", raw), ("calibrated", calibrated)):
        figures = trust_figures(probabilities, labels, study.everywhere, study.draws)
        rows.append((name, *(figures[f] for f in ("ece", "brier", "nll", "accuracy", "mean_confidence"))))
        bins[name] = reliability(probabilities, labels, study.draws)
    columns = (
        "probabilities",
        "calibration error",
        "Brier score",
        "negative log-likelihood",
        "accuracy",
        "mean confidence",
    )
    caption = (
        "Expected calibration error (15 bins), Brier score (0 to 2), negative log-likelihood (nats). With few frames "
        "the calibration error is positive even for honest confidence"
        f"{_PRIOR_MOVES_ANSWERS if study.record.is_balanced else ''}"
    )
    points = {name: [(part.mean_confidence, part.accuracy) for part in parts] for name, parts in bins.items()}
    data = pl.DataFrame(
        [
            {"probabilities": name, "bin_low": b.low, "bin_high": b.high, "mean_confidence": b.mean_confidence,
             "accuracy": b.accuracy.value, **estimate_data(b.accuracy)}
            for name, parts in bins.items() for b in parts
        ]
    )  # fmt: skip
    figure = Figure(
        "reliability",
        "Reliability: confidence against accuracy; hollow: frames of one FOAN, no interval",
        reliability_diagram(points),
        data,
    )
    return Table("calibration", caption, columns, tuple(rows)), figure


def _selective(study: Study, calibrated: Floats) -> tuple[Figure, Table]:
    confidence = calibrated.max(axis=1)
    correct = calibrated.argmax(axis=1) == study.answers.labels
    found = risk_curve(confidence, correct, study.draws)
    data = pl.DataFrame(
        [
            {"coverage": p.coverage, "from_confidence": p.threshold, "risk": p.risk.value} | estimate_data(p.risk)
            for p in found.points
        ],
        infer_schema_length=None,
    )
    svg = curve(data["coverage"].to_numpy(), [p.risk for p in found.points], "share answered", "error rate")
    caption = (
        "Error among the answered frames, the most confident first, with pointwise 95 % intervals; area under the "
        f"curve {ranged(found.area)}"
    )
    points = operating_points(confidence, correct, study.draws)
    rows: list[tuple[Cell, ...]] = [(p.coverage, round(p.threshold, 4), p.risk) for p in points]
    return (
        Figure("risk_coverage", caption, svg, data),
        Table("operating_points", "Answering the most confident frames only; n counts the answered",
              ("share answered", "from confidence", "error rate"), tuple(rows)),
    )  # fmt: skip


def _conformal(study: Study) -> tuple[tuple[Table, ...], Verdict]:
    answers, alpha = study.answers, study.settings.alpha
    sets = sets_across_folds(answers.logits, answers.labels, study.fitting_folds, answers.foans, alpha)
    overall = set_figures(sets, answers.labels, study.everywhere, study.draws)
    rows = [_set_row("all frames", alpha, overall)]
    for i, name in enumerate(CLASS_NAMES):
        rows.append(_set_row(words(name), alpha, set_figures(sets, answers.labels, answers.labels == i, study.draws)))
    columns = ("frames", "guaranteed", "observed error", "answered", "answered wrongly", "wrong among answers")
    caption = (
        "Sets that hold the true class, calibrated per FOAN and per class on the other folds. A frame is answered if "
        "its set holds one class. Guaranteed: at most this share of frames misses the true class, hence at most this "
        "share is answered wrongly, on frames of new FOANs"
    )
    all_frames = Table("conformal", caption, columns, tuple(rows))
    by_step = [_set_row(step_name(step), alpha, _of_step(study, study.steps == step)) for step in _steps(study)]
    caption = (
        "Triage: answer these, send the others to a higher magnification. Calibrated on frames of the same "
        "magnification alone; where too few FOANs were there, nothing is answered"
    )
    triage = Table("triage", caption, columns, tuple(by_step))
    final = calibrate_sets(answers.logits, answers.labels, answers.foans, alpha)
    threshold_rows: list[tuple[Cell, ...]] = [
        (words(name), round(float(final.thresholds[i]), 4) if np.isfinite(final.thresholds[i]) else None,
         int(final.n_foans[i]))
        for i, name in enumerate(CLASS_NAMES)
    ]  # fmt: skip
    thresholds = Table(
        "conformal_thresholds",
        "Thresholds for new frames, from all out-of-fold answers: a class is in the set if one minus its probability "
        "(uncalibrated) is at most this; none where too few FOANs were there: the class is then in every set",
        ("class", "threshold", "FOANs"),
        tuple(threshold_rows),
    )
    return (all_frames, triage, thresholds) if by_step else (all_frames, thresholds), _set_verdict(study, overall)


def _steps(study: Study) -> list[float]:
    return [float(step) for step in np.unique(study.steps[np.isfinite(study.steps)])]


def _of_step(study: Study, where: Bools) -> SetFigures:
    answers = study.answers
    sets = sets_across_folds(
        answers.logits, answers.labels, study.fitting_folds, answers.foans, study.settings.alpha, where
    )
    return set_figures(sets, answers.labels, where, study.draws)


def _set_row(name: str, alpha: float, figures: SetFigures) -> tuple[Cell, ...]:
    return (
        name, alpha, figures.error, figures.answered, figures.wrong_answers, figures.error_when_answered
    )  # fmt: skip


def _calibration_verdict(study: Study, raw: Floats, calibrated: Floats) -> Verdict:
    before, after = (
        trust_figures(p, study.answers.labels, study.everywhere, study.draws)["ece"] for p in (raw, calibrated)
    )
    believable = after.high is not None and after.high <= _SMALL_ERROR
    sentence = (
        f"Calibrated confidence is off by {ranged(after)} in the mean (as the model says it: {ranged(before)}; "
        f"{study.sample(after)})."
    )
    return Verdict(Level.BELIEVE if believable else Level.CAUTION, sentence)


def _set_verdict(study: Study, figures: SetFigures) -> Verdict:
    alpha, labels, folds = study.settings.alpha, study.answers.labels, study.fitting_folds
    if not figures.answered.value:
        needed = math.ceil(1 / alpha) - 1
        outside = {
            name: min(study.draws.n_groups((labels == i) & (folds != fold)) for fold in np.unique(folds))
            for i, name in enumerate(CLASS_NAMES)
        }
        few = [f"{words(name)} {n}" for name, n in outside.items() if n < needed]
        why = "every set holds several classes or none: the model's confidence does not tell right from wrong answers"
        if few:
            why = f"every class needs {needed} FOANs outside each fold; {', '.join(few)}"
        sentence = (
            f"Nothing can be answered with a guaranteed error of {alpha:.0%} ({study.sample(figures.error)}): {why}."
        )
        return Verdict(Level.CAUTION, sentence)
    kept = figures.error.low is None or figures.error.low <= alpha
    sentence = (
        f"Conformal sets with a guaranteed error of {alpha:.0%} erred on {percent(figures.error)} of held-out frames; "
        f"{percent(figures.answered)} could be answered, {percent(figures.wrong_answers)} were answered wrongly "
        f"({study.sample(figures.error)})."
    )
    if not kept:
        sentence += " The guarantee does not hold here: FOANs are not alike from fold to fold."
        return Verdict(Level.DO_NOT, sentence)
    if not figures.answered.is_above(_USEFUL_SHARE):
        sentence += " The guarantee holds, but as it leaves too many frames unanswered it is of little use."
        return Verdict(Level.CAUTION, sentence)
    return Verdict(Level.BELIEVE, sentence)
