"""Cross-validation: one model per fold, judged on the fold that it never saw; then one model on everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import timm
import torch
from numpy.typing import NDArray

from fractotrain.checkpoint import Keeper, fingerprint
from fractotrain.data import TrainingSet
from fractotrain.inner_split import inner_split
from fractotrain.intervals import Interval, bootstrap_macro_f1, fold_interval
from fractotrain.loop import NOBODY, Bench, Indices, Logits, fit
from fractotrain.metrics import OVERALL, Scores, score, score_confusion
from fractotrain.model import InputFormat, Weights, build_model
from fractotrain.pooling import fit_attention
from fractotrain.probe import Features, Head, attach_head, features_of, fit_head, head_of
from fractotrain.seeds import FINAL_MODEL, Purpose, derive_seed
from fractotrain.settings import Reported, Selection, Settings
from fractotrain.watch import Epoch, Watch


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What one fold gave."""

    fold: int
    n_training: int
    """Images that it was fitted on, without those held back to choose the epoch."""
    validation: NDArray[np.int64]
    """Positions of its validation images in the training set."""
    logits: Logits
    """Of the validation images, at the epoch that the settings select."""
    validation_scores: dict[Reported, Scores]
    training_scores: Scores
    """On the training images as they are, un-augmented and each once, at the epoch that the settings select."""
    chosen_epochs: dict[Selection, int]
    """0-based; empty for a linear head, which has none."""
    epochs: tuple[Epoch, ...]
    attention_scores: NDArray[np.float64]
    """Of the validation images: how much attention pooling listens to each, among the frames of its specimen."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """All folds together."""

    figures: dict[str, Interval]
    """Overall metric -> mean over folds with its intervals."""
    training_figures: dict[str, Interval]
    pooled: Scores
    """Of all out-of-fold predictions as one set."""
    macro_f1_bootstrap: tuple[float, float] | None
    """95 % interval of the pooled macro-F1, FOANs drawn with replacement."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that the folds of a run share."""

    bench: Bench
    training_set: TrainingSet
    weights: Weights
    input_format: InputFormat
    checkpoint_dir: Path
    features: Features | None = None
    """Of all images, by the network as it starts, if a linear head is fitted: because it is frozen, or beside."""

    def keeper(self, fold: int) -> Keeper | None:
        """What keeps the checkpoint of a fold's fit; None if the settings want none."""
        settings, machine = self.bench.settings, self.bench.machine
        if settings.checkpoint_every_s is None:
            return None
        decisive = settings.what_decides()
        for name in ("folds", "parallel", "cross_validate", "final_model", "bootstrap_samples"):
            del decisive["cv"][name]  # which fits there are, not what one of them computes
        name = fingerprint(
            settings=decisive,
            paths=self.training_set.paths,
            sha256=self.training_set.sha256,
            crop_boxes=self.training_set.crop_boxes,
            masks=self.training_set.masks,
            labels=self.training_set.labels.tolist(),
            folds=self.training_set.folds.tolist(),
            groups=self.training_set.groups,
            weights=self.weights.sha256,
            machine=[machine.name, machine.precision, machine.team.size, torch.__version__, timm.__version__],
            fold=fold,
        )
        return Keeper(self.checkpoint_dir / f"{name}.safetensors", name, settings.checkpoint_every_s)


def folds_to_run(training_set: TrainingSet, settings: Settings) -> tuple[int, ...]:
    """The folds asked for, else all; without those that hold no image."""
    asked = settings.cv.folds if settings.cv.folds is not None else range(training_set.split.n_folds)
    return tuple(fold for fold in asked if (training_set.folds == fold).any())


def training_parts(training_set: TrainingSet, settings: Settings, fold: int) -> tuple[Indices, Indices]:
    """Positions that a fold (or the final model) is fitted on, and those held back to choose its epoch, often none.

    Raises:
        UsageError: the settings ask for an inner split, and the groups do not allow it.
    """
    outside = np.flatnonzero(training_set.folds != fold)
    if settings.cv.selection != "inner" or len(outside) == 0:
        return outside, NOBODY
    groups = [training_set.groups[i] for i in outside]
    seed = derive_seed(settings.seed, Purpose.INNER, fold)
    fitted, held_back = inner_split(training_set.labels[outside], groups, settings.cv.inner_parts, seed)
    return outside[fitted], outside[held_back]


def cross_validate_fold(setup: Setup, fold: int, watch: Watch) -> FoldResult:
    """Fit one fold. Its result does not depend on which folds ran before."""
    bench, settings, labels = setup.bench, setup.bench.settings, setup.bench.images.labels
    training, inner = training_parts(setup.training_set, settings, fold)
    validation = np.flatnonzero(setup.training_set.folds == fold)
    watch.on_fit(fold, len(training), len(validation))
    if setup.features is not None and settings.model.frozen:
        return _probe_fold(setup, setup.features, fold, training, validation)
    model = build_model(settings.model, setup.weights, derive_seed(settings.seed, Purpose.MODEL, fold))
    fitted = fit(model, bench, training, validation, fold, watch, setup.keeper(fold), inner)
    logits_of: dict[Selection, Logits] = {"last": fitted.logits}
    logits_of |= {selection: choice.logits for selection, choice in fitted.choices.items()}
    chosen_epochs: dict[Selection, int] = {"last": len(fitted.epochs) - 1}
    chosen_epochs |= {selection: choice.epoch for selection, choice in fitted.choices.items()}
    if fitted.state is not None:
        model.load_state_dict(fitted.state)
    scores_of: dict[Reported, Scores] = {
        selection: score(labels[validation], logits.argmax(axis=1)) for selection, logits in logits_of.items()
    }
    if setup.features is not None:
        probe = _probe_fold(setup, setup.features, fold, np.union1d(training, inner), validation)
        scores_of["probe"] = probe.validation_scores["last"]
    everything = np.concatenate([training, inner, validation])
    features = features_of(model, bench.images.pixels, everything, bench.normalise, settings.optim.eval_batch_size)
    of_training, of_inner, of_validation = np.split(features, np.cumsum([len(training), len(inner)]))
    head = head_of(model)
    # The network is too sure of what it was fitted on: which frames to listen to is learnt elsewhere, where it can be.
    listened, heard = (inner, of_inner) if len(inner) else (training, of_training)
    return FoldResult(
        fold,
        len(training),
        validation,
        logits_of[settings.cv.selection],
        scores_of,
        score(labels[training], head.logits(of_training).argmax(axis=1)),
        chosen_epochs,
        tuple(fitted.epochs),
        _attention_scores(setup, head, fold, listened, heard, of_validation),
    )


def _probe_fold(
    setup: Setup, features: Features, fold: int, training: NDArray[np.int64], validation: NDArray[np.int64]
) -> FoldResult:
    labels = setup.bench.images.labels
    head = _head(setup, features, training)
    logits = head.logits(features[validation])
    return FoldResult(
        fold,
        len(training),
        validation,
        logits,
        {"last": score(labels[validation], logits.argmax(axis=1))},
        score(labels[training], head.logits(features[training]).argmax(axis=1)),
        {},
        (),
        _attention_scores(setup, head, fold, training, features[training], features[validation]),
    )


def _attention_scores(
    setup: Setup, head: Head, fold: int, learnt_on: Indices, its_features: Features, validation_features: Features
) -> NDArray[np.float64]:
    """Fit the pooling on frames outside the fold, by the fold's own features; ask it about the fold."""
    settings = setup.bench.settings
    attention = fit_attention(
        its_features,
        head.logits(its_features),
        setup.bench.images.labels[learnt_on],
        np.unique([setup.training_set.specimens[i] for i in learnt_on], return_inverse=True)[1],
        derive_seed(settings.seed, Purpose.POOLING, fold),
        balanced=settings.data.sampler == "weighted",
    )
    return attention.scores(validation_features)


def _head(setup: Setup, features: Features, training: NDArray[np.int64]) -> Head:
    settings = setup.bench.settings
    balanced = settings.data.sampler == "weighted"
    labels = setup.bench.images.labels[training]
    return fit_head(features[training], labels, settings.optim.head_ridge, balanced=balanced)


def fit_final(setup: Setup, watch: Watch) -> torch.nn.Module:
    """One model on every image, as the folds were trained: the same number of epochs.

    Of them the last, or the one that an inner split of all images chooses; best_val has no validation images here.
    """
    settings = setup.bench.settings
    model = build_model(settings.model, setup.weights, derive_seed(settings.seed, Purpose.MODEL, FINAL_MODEL))
    training, inner = training_parts(setup.training_set, settings, FINAL_MODEL)
    watch.on_fit(FINAL_MODEL, len(training), 0)
    if setup.features is not None and settings.model.frozen:
        attach_head(model, _head(setup, setup.features, training))
        return model.eval()
    fitted = fit(model, setup.bench, training, NOBODY, FINAL_MODEL, watch, setup.keeper(FINAL_MODEL), inner)
    if fitted.state is not None:
        model.load_state_dict(fitted.state)
    return model.eval()


def aggregate(
    results: Sequence[FoldResult], training_set: TrainingSet, settings: Settings, selection: Reported
) -> Aggregate:
    """Means and intervals over folds of what is reported; the bootstrap for the epoch that the settings select."""
    test_share = float(np.mean([len(r.validation) / r.n_training for r in results]))
    validation = [r.validation_scores[selection] for r in results]
    pooled = score_pooled(validation)
    bootstrap = None
    if selection == settings.cv.selection:
        order = np.concatenate([r.validation for r in results])
        bootstrap = bootstrap_macro_f1(
            training_set.labels[order],
            np.concatenate([r.logits for r in results]).argmax(axis=1),
            [training_set.foans[i] for i in order],
            settings.cv.bootstrap_samples,
            derive_seed(settings.seed, Purpose.BOOTSTRAP),
        )
    return Aggregate(
        {m: fold_interval([s.overall[m] for s in validation], test_share) for m in OVERALL},
        {m: fold_interval([r.training_scores.overall[m] for r in results], test_share) for m in OVERALL},
        pooled,
        bootstrap,
    )


def score_pooled(parts: Sequence[Scores]) -> Scores:
    """Scores of all parts as one set: counts are added, rates never averaged."""
    return score_confusion(np.sum([s.confusion for s in parts], axis=0))
