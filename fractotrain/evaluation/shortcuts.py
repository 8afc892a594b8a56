"""Can the class be told without looking at the fracture? Probes that see only what surrounds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from fractotrain.evaluation.answers import Floats, Ints, Names
from fractotrain.evaluation.bootstrap import LEVEL, Estimate, GroupBootstrap
from fractotrain.metrics import N_CLASSES

MAX_LEVELS = 50
"""Values of a fact beyond this number, the rarest, are taken together."""
N_COMPONENTS = 24
"""Of the pixels: layouts of bars and frames are few."""
STRONG_SHARE = 0.5
"""A probe that has half of the model's advantage over chance explains much of it."""


class Shortcut(StrEnum):
    """How far a fact betrays the class."""

    NONE = "not shown to be better than chance"
    SOME = "better than chance"
    STRONG = "much of what the model knows"


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one fact, or all of them together, says about the class."""

    name: str
    n_values: int
    chance: float
    """Balanced accuracy of whatever ignores the class."""
    scores: dict[str, Estimate]
    verdict: Shortcut
    share_of_model: float | None
    """The probe's advantage over chance in balanced accuracy over the model's; None if the model has none."""


def probe_facts(
    facts: Mapping[str, Names],
    labels: Ints,
    folds: Ints,
    draws: GroupBootstrap,
    model: dict[str, Estimate],
    n_looks: int | None = None,
) -> list[ProbeResult]:
    """Predict the class from each fact alone, then from all, over the folds of the run.

    One-hot values and a logistic regression with balanced classes, fitted on the other folds. Judged by balanced
    accuracy (mean recall over the classes): whatever ignores the class reaches 1 / classes, the majority rule included.

    Args:
        facts: name -> value of each frame.
        labels: class of each frame.
        folds: fold of each frame; fit them over FOANs, or a probe may recognise the component.
        draws: of FOANs.
        model: figures of the model on the same frames.
        n_looks: how many probes are judged together; as many as are here without.
    """
    columns = {name: _common_values(values) for name, values in facts.items()}
    tables = {name: values[:, None] for name, values in columns.items()}
    if len(columns) > 1:
        tables["all of these together"] = np.column_stack(list(columns.values()))
    results = []
    for name, table in tables.items():
        predicted = _predict_across_folds(table, labels, folds, _fact_probe)
        n_values = int(sum(len(set(column)) for column in table.T))
        results.append(_judged(name, n_values, labels, predicted, draws, model, n_looks or len(tables)))
    return results


def probe_pixels(
    pixels: Mapping[str, Floats],
    labels: Ints,
    folds: Ints,
    draws: GroupBootstrap,
    model: dict[str, Estimate],
    n_looks: int | None = None,
) -> list[ProbeResult]:
    """As ``probe_facts``, from grey levels of shape (frames, pixels) by their principal components."""
    results = []
    for name, grey in pixels.items():
        predicted = _predict_across_folds(grey, labels, folds, _pixel_probe)
        results.append(_judged(name, grey.shape[1], labels, predicted, draws, model, n_looks or len(pixels)))
    return results


def majority_scores(labels: Ints, folds: Ints, draws: GroupBootstrap) -> dict[str, Estimate]:
    """Always the most frequent class of the other folds: what any figure has to beat."""
    predicted = np.zeros(len(labels), np.int64)
    for fold in np.unique(folds):
        others = labels[folds != fold] if (folds != fold).any() else labels
        predicted[folds == fold] = np.bincount(others, minlength=N_CLASSES).argmax()
    return draws.scores(labels, predicted, np.ones(len(labels), bool))


def is_strong_possible(probe: ProbeResult, model: dict[str, Estimate]) -> bool:
    """The upper end of the probe's interval reaches half of the model's advantage: it cannot be excluded."""
    high, chance, of_model = probe.scores["macro_recall"].high, probe.chance, model["macro_recall"].value
    return high is None or of_model is None or high - chance >= STRONG_SHARE * (of_model - chance)


def _judged(
    name: str,
    n_values: int,
    labels: Ints,
    predicted: Ints,
    draws: GroupBootstrap,
    model: dict[str, Estimate],
    n_looks: int,
) -> ProbeResult:
    """One of twenty probes of nothing beats chance at 95 %: the interval that decides is widened (Bonferroni)."""
    chance = 1 / max(len(np.unique(labels)), 1)
    everywhere = np.ones(len(labels), bool)
    scores = draws.scores(labels, predicted, everywhere)
    decides = draws.scores(labels, predicted, everywhere, 1 - (1 - LEVEL) / n_looks)["macro_recall"]
    reached, of_model = decides.value, model["macro_recall"].value
    share = None
    if reached is not None and of_model is not None and of_model > chance:
        share = (reached - chance) / (of_model - chance)
    verdict = Shortcut.NONE
    if decides.is_above(chance):
        verdict = Shortcut.STRONG if share is None or share >= STRONG_SHARE else Shortcut.SOME
    return ProbeResult(name, n_values, chance, scores, verdict, share)


def _common_values(values: Names) -> Names:
    """Rare values beyond ``MAX_LEVELS`` become one: a fact that names each component apart teaches nothing."""
    different, position, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    kept = np.zeros(len(different), bool)
    kept[np.argsort(-counts, kind="stable")[:MAX_LEVELS]] = True
    return np.where(kept[position], different[position], "another").astype(object)


def _predict_across_folds(
    table: Names | Floats, labels: Ints, folds: Ints, make_probe: Callable[[int], Pipeline]
) -> Ints:
    predicted = np.zeros(len(labels), np.int64)
    for fold in np.unique(folds):
        held, others = folds == fold, folds != fold
        predicted[held] = _fit_and_predict(table[others], labels[others], table[held], make_probe)
    return predicted


def _fit_and_predict(
    table: Names | Floats, labels: Ints, new: Names | Floats, make_probe: Callable[[int], Pipeline]
) -> Ints:
    if len(np.unique(labels)) < 2:  # nothing to tell apart: also where there is one fold only
        return np.full(len(new), labels[0] if len(labels) else 0, np.int64)
    return np.asarray(make_probe(len(labels)).fit(table, labels).predict(new), np.int64)


def _regression() -> LogisticRegression:
    return LogisticRegression(class_weight="balanced", max_iter=1000)


def _fact_probe(_n_frames: int) -> Pipeline:
    return make_pipeline(OneHotEncoder(handle_unknown="ignore"), _regression())


def _pixel_probe(n_frames: int) -> Pipeline:
    components = PCA(min(N_COMPONENTS, n_frames - 1), svd_solver="full")
    return make_pipeline(components, _regression())  # unscaled: components without variance stay silent


def bucketed(values: Floats, width: float) -> Names:
    """Numbers rounded to a multiple of ``width``, as names; ``unknown`` where there is none."""
    return np.array(["unknown" if np.isnan(v) else f"{round(v / width) * width:g}" for v in values], object)
