"""Search for settings by Optuna, inside the training images of one fold: its validation images are never looked at.

Each trial is fitted on a part of the groups outside the fold and judged on the part held back (see ``inner_split``).
The study lies in a journal beside the catalog: several processes and machines that share the disk work on it together,
and one that was killed goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.storages.journal import JournalFileBackend

from data_contracts.errors import UsageError
from fractotrain.cache import Pixels
from fractotrain.checkpoint import fingerprint
from fractotrain.crossval import training_parts
from fractotrain.data import TrainingSet
from fractotrain.errors import TrainingError
from fractotrain.hpo import HpoSettings, Value
from fractotrain.loop import NOBODY, Bench, Images, Indices, count_updates, fit
from fractotrain.model import build_model
from fractotrain.seeds import Purpose, derive_seed
from fractotrain.settings import Settings, check_settings
from fractotrain.train import Plan, decode, plan_run
from fractotrain.transforms import Normaliser
from fractotrain.watch import Epoch, Watch

_ENDED = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED, optuna.trial.TrialState.FAIL)
"""Trials that count; one whose process was killed never ends, and another is run for it."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """Where a study stands."""

    study: str
    journal: Path
    fold: int
    n_complete: int
    n_pruned: int
    n_failed: int
    best_macro_f1: float
    """Of the held-back training images, at the best epoch of the best trial: optimistic by the choice among trials."""
    best: dict[str, Value]
    """Setting -> value of the best trial."""
    importances: dict[str, float]
    """Setting -> share of the variance over trials that it explains (fANOVA); empty below two complete trials."""


@dataclass(frozen=True, slots=True)
class _Arena:
    """What every trial shares."""

    plan: Plan
    training_set: TrainingSet
    pixels: Pixels
    fitted: Indices
    held_back: Indices
    fold: int
    hpo: HpoSettings


class _Reporter(Watch):
    """Tells the pruner of each epoch, and ends the fit if it says so."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def on_epoch(self, epoch: Epoch) -> None:
        """Report the held-back images' figure."""
        self._trial.report(epoch.inner_macro_f1 or 0.0, epoch.epoch + 1)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def tune(
    settings: Settings,
    hpo: HpoSettings,
    catalog_path: Path,
    fold: int,
    on_trial: Callable[[int, float | None], None] = lambda _number, _value: None,
) -> Tuned:
    """Bring the study of these settings up to ``hpo.trials`` ended trials, over all processes, whoever ran them.

    Args:
        settings: What is not tuned, and the epochs of a trial.
        hpo: What is tried, and how.
        catalog_path: The catalog.
        fold: Its validation images stay unseen; the settings found are judged on it without bias.
        on_trial: Told of every trial of this process, with its figure if it was not pruned.

    Raises:
        UsageError: nothing to tune, no such fold, or no trial came to an end.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)  # on_trial tells what there is to tell
    if settings.model.frozen:
        raise UsageError("model.frozen=true fits a linear head, which has none of these settings to tune")
    settings = check_settings(
        settings.model_dump(mode="json"),
        {
            "cv.selection": "inner",
            "cv.folds": (fold,),
            "cv.cross_validate": True,
            "cv.final_model": False,
            "cv.parallel": 1,  # several processes may share a study instead
            "optim.warmup_updates": 0,  # each trial has its own
        },
    )
    plan = plan_run(settings, catalog_path)
    training_set, pixels, _ = decode(plan, Watch())
    fitted, held_back = training_parts(training_set, settings, fold)
    arena = _Arena(plan, training_set, pixels, fitted, held_back, fold, hpo)
    journal = catalog_path.with_suffix(".tune.jsonl")
    study = _open_study(arena, journal)
    if len(study.get_trials(deepcopy=False, states=_ENDED)) < hpo.trials:
        study.optimize(
            lambda trial: _try(arena, trial),
            callbacks=[
                lambda _study, trial: on_trial(trial.number, trial.value),
                optuna.study.MaxTrialsCallback(hpo.trials, states=_ENDED),
            ],
            catch=(TrainingError,),  # numbers that are none: a failed trial, not a failed study
        )
    return _standing(study, journal, fold)


def suggest(trial: optuna.Trial, hpo: HpoSettings, max_warmup_updates: int) -> dict[str, Value]:
    """Values of one trial; the warm-up never outlasts half of the fit."""
    return {
        name: span.suggest(trial, name, max_warmup_updates if name == "optim.warmup_updates" else None)
        for name, span in hpo.spans.items()
    }


def _try(arena: _Arena, trial: optuna.Trial) -> float:
    """Fit one trial; the best epoch's macro-F1 of the held-back images."""
    plan = arena.plan
    trial.study.sampler = _sampler(arena, trial.number)
    given = suggest(trial, arena.hpo, count_updates(len(arena.fitted), plan.settings.optim) // 2)
    settings = check_settings(plan.settings.model_dump(mode="json"), given)
    model = build_model(settings.model, plan.weights, derive_seed(settings.seed, Purpose.MODEL, arena.fold))
    shape = plan.input_format
    normalise = Normaliser(shape.mean, shape.std, settings.model.in_chans, plan.machine.device)
    bench = Bench(Images(arena.pixels, arena.training_set.labels), settings, normalise, plan.machine)
    standing = fit(model, bench, arena.fitted, NOBODY, arena.fold, _Reporter(trial), None, arena.held_back)
    return standing.choices["inner"].macro_f1


def _open_study(arena: _Arena, journal: Path) -> optuna.Study:
    """The study of these settings, images and space; another one of the same journal stays as it is."""
    settings, training_set = arena.plan.settings, arena.training_set
    name = "tune-" + fingerprint(
        settings=settings.what_decides(),
        dataset=training_set.dataset_hash,
        split=training_set.split.split_id,
        fold=arena.fold,
        search=arena.hpo.model_dump(mode="json", exclude={"trials"}),
    )
    return optuna.create_study(
        storage=optuna.storages.JournalStorage(JournalFileBackend(str(journal))),
        study_name=name,
        direction="maximize",
        load_if_exists=True,
        pruner=_pruner(arena.hpo),
    )


def _sampler(arena: _Arena, number: int) -> optuna.samplers.BaseSampler:
    """Of one trial: processes that start together draw nothing twice, for no two trials bear one number."""
    seed = derive_seed(arena.plan.settings.seed, Purpose.TUNE, arena.fold, number) % 2**32
    if arena.hpo.sampler == "random":
        return optuna.samplers.RandomSampler(seed)
    return optuna.samplers.TPESampler(seed=seed)


def _pruner(hpo: HpoSettings) -> optuna.pruners.BasePruner:
    if hpo.pruner == "none":
        return optuna.pruners.NopPruner()
    return optuna.pruners.SuccessiveHalvingPruner(min_resource=hpo.min_resource, reduction_factor=hpo.reduction)


def _standing(study: optuna.Study, journal: Path, fold: int) -> Tuned:
    complete, pruned, failed = (study.get_trials(deepcopy=False, states=(state,)) for state in _ENDED)
    if not complete:
        raise UsageError(f"{journal}: no trial of {study.study_name} came to an end; raise --trials")
    differ = len({trial.value for trial in complete}) > 1  # fANOVA needs trials that differ in their figure
    return Tuned(
        study.study_name,
        journal,
        fold,
        len(complete),
        len(pruned),
        len(failed),
        study.best_value,
        dict(study.best_params),
        dict(optuna.importance.get_param_importances(study)) if differ else {},
    )
