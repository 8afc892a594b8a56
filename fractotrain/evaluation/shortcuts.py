"""Can the class be told without looking at the fracture? Probes that see only what surrounds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from fractotrain.evaluation.answers import Bools, Floats, Ints, Names
from fractotrain.evaluation.bootstrap import LEVEL, Estimate, GroupBootstrap, ratio
from fractotrain.metrics import N_CLASSES, figures_of_confusions, one_hot_confusions

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
    share_of_model: Estimate | None
    """The probe's advantage over chance in balanced accuracy over the model's; None if the model has none."""


@dataclass(frozen=True, slots=True)
class Contest:
    """What every probe is measured on: frames, folds, and the model that it is held against."""

    labels: Ints
    folds: Ints
    """No FOAN may straddle them, or a probe may recognise the component."""
    draws: GroupBootstrap
    predicted: Ints
    """The model's answers."""
    n_looks: int = 1
    """How many probes are judged together: one of twenty probes of nothing beats chance at 95 %."""
    where: Bools | None = None
    """Frames that count; None for all."""

    @property
    def counted(self) -> Bools:
        """Frames that count."""
        return np.ones(len(self.labels), bool) if self.where is None else self.where

    @property
    def chance(self) -> float:
        """Balanced accuracy of whatever ignores the class."""
        return 1 / max(len(np.unique(self.labels[self.counted])), 1)

    def judged(self, name: str, n_values: int, predicted: Ints) -> ProbeResult:
        """The interval that decides is widened by the number of looks (Bonferroni)."""
        scores = self.draws.scores(self.labels, predicted, self.counted)
        level = 1 - (1 - LEVEL) / self.n_looks
        decides = self.draws.scores(self.labels, predicted, self.counted, level)["macro_recall"]
        share = self._share_of_model(predicted)
        verdict = Shortcut.NONE
        if decides.is_above(self.chance):
            is_much = share is None or share.value is None or share.value >= STRONG_SHARE
            verdict = Shortcut.STRONG if is_much else Shortcut.SOME
        return ProbeResult(name, n_values, self.chance, scores, verdict, share)

    def is_strong_possible(self, probe: ProbeResult) -> bool:
        """The upper end of the probe's interval reaches half of the model's advantage: it cannot be excluded."""
        model = self.draws.scores(self.labels, self.predicted, self.counted)["macro_recall"].value
        high = probe.scores["macro_recall"].high
        return high is None or model is None or high - probe.chance >= STRONG_SHARE * (model - probe.chance)

    def _share_of_model(self, predicted: Ints) -> Estimate | None:
        """Paired: probe and model on the same draws; draws in which the model has no advantage are left out."""
        found = []
        for answers in (predicted, self.predicted):
            terms = one_hot_confusions(self.labels, answers) * self.counted[:, None]
            observed, drawn = terms.sum(axis=0, keepdims=True), self.draws.sums(terms)
            found.append([figures_of_confusions(sums)["macro_recall"] - self.chance for sums in (observed, drawn)])
        (probe, probe_drawn), (model, model_drawn) = found
        if not model[0] > 0:
            return None
        drawn_share = ratio(probe_drawn, np.where(model_drawn > 0, model_drawn, 0.0))
        return self.draws.estimate(float(probe[0] / model[0]), drawn_share, self.counted)

    def predict(self, table: Names | Floats, make_probe: Callable[[int], Pipeline]) -> Ints:
        """Each fold's frames by a probe that was fitted on the frames of the other folds."""
        predicted = np.zeros(len(self.labels), np.int64)
        for fold in np.unique(self.folds[self.counted]):
            held, others = self.counted & (self.folds == fold), self.counted & (self.folds != fold)
            predicted[held] = _fit_and_predict(table[others], self.labels[others], table[held], make_probe)
        return predicted


def probe_facts(facts: Mapping[str, Names], contest: Contest) -> list[ProbeResult]:
    """Predict the class from each fact alone, then from all, over the folds of the run.

    One-hot values and a logistic regression with balanced classes, fitted on the other folds. Judged by balanced
    accuracy (mean recall over the classes): whatever ignores the class reaches 1 / classes, the majority rule included.

    Args:
        facts: name -> value of each frame.
        contest: frames, folds and model.
    """
    columns = {name: _common_values(values) for name, values in facts.items()}
    tables = {name: values[:, None] for name, values in columns.items()}
    if len(columns) > 1:
        tables["all of these together"] = np.column_stack(list(columns.values()))
    return [
        contest.judged(name, sum(len(set(column)) for column in table.T), contest.predict(table, _fact_probe))
        for name, table in tables.items()
    ]


def probe_pixels(pixels: Mapping[str, Floats], contest: Contest) -> list[ProbeResult]:
    """As ``probe_facts``, from grey levels of shape (frames, pixels) by their principal components."""
    return [contest.judged(name, grey.shape[1], contest.predict(grey, _pixel_probe)) for name, grey in pixels.items()]


def majority_scores(labels: Ints, folds: Ints, draws: GroupBootstrap) -> dict[str, Estimate]:
    """Always the most frequent class of the other folds: what any figure has to beat."""
    predicted = np.zeros(len(labels), np.int64)
    for fold in np.unique(folds):
        others = labels[folds != fold] if (folds != fold).any() else labels
        predicted[folds == fold] = np.bincount(others, minlength=N_CLASSES).argmax()
    return draws.scores(labels, predicted, np.ones(len(labels), bool))


def _common_values(values: Names) -> Names:
    """Rare values beyond ``MAX_LEVELS`` become one: a fact that names each component apart teaches nothing."""
    different, position, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
    kept = np.zeros(len(different), bool)
    kept[np.argsort(-counts, kind="stable")[:MAX_LEVELS]] = True
    return np.where(kept[position], different[position], "another").astype(object)


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
