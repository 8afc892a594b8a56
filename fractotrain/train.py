"""`fracto train` without its terminal: plan (every problem found before any work), run, record."""

import contextlib
import dataclasses
import functools
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import numpy as np
import timm
import torch

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, CatalogError, UsageError
from data_contracts.masks import MASK_RULE_VERSION
from data_contracts.records import Failure
from fractotrain.cache import RULE_VERSION, Frame, Pixels, cached_pixels
from fractotrain.checkpoint import fingerprint
from fractotrain.crossval import (
    Aggregate,
    FoldResult,
    Setup,
    aggregate,
    cross_validate_fold,
    fit_final,
    folds_to_run,
    training_parts,
)
from fractotrain.data import TrainingSet, find_images_root, read_training_set
from fractotrain.device import Machine, choose_machine
from fractotrain.loop import Bench, Images, count_updates
from fractotrain.model import InputFormat, Weights, build_model, find_weights, input_format
from fractotrain.probe import Features, frozen_features
from fractotrain.record import Outcome, record_failures, record_run, store_model
from fractotrain.seeds import FINAL_MODEL, Purpose, derive_seed
from fractotrain.settings import Reported, Settings
from fractotrain.side_by_side import FitFold, fit_side_by_side
from fractotrain.transforms import Normaliser
from fractotrain.watch import Watch


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that can start: settings, rows, weights and machine have been checked against each other."""

    settings: Settings
    catalog_path: Path
    training_set: TrainingSet
    images_root: Path
    cache_dir: Path
    weights: Weights
    input_format: InputFormat
    machine: Machine
    folds: tuple[int, ...]
    n_parameters: int
    total_updates: int
    """Of all folds and the final model."""


def plan_run(settings: Settings, catalog_path: Path) -> Plan:
    """Read the catalog (and close it again), find images and weights, and try out the model.

    Raises:
        FractoError: the run could not be finished as asked.
    """
    machine = choose_machine(settings)
    if settings.cv.parallel > 1 and machine.team.size > 1:
        raise UsageError(
            f"cv.parallel={settings.cv.parallel} under torchrun: its processes fit each fold together; take either"
        )
    with Catalog.open_read_only(catalog_path) as catalog:
        training_set = read_training_set(catalog, settings.cv)
        images_root = find_images_root(catalog, settings.data.images_root)
    if not os.access(catalog_path, os.W_OK) or not os.access(catalog_path.parent, os.W_OK):
        raise UsageError(f"{catalog_path}: no permission to write; the results could not be stored")
    folds = folds_to_run(training_set, settings) if settings.cv.cross_validate else ()
    if settings.cv.cross_validate and not folds:
        raise UsageError(f"cv.folds={settings.cv.folds}: no image validates in these folds")
    shape = input_format(settings.model)
    weights = find_weights(settings.model)
    model = build_model(settings.model, weights, derive_seed(settings.seed, Purpose.MODEL))
    fits = (*folds, FINAL_MODEL) if settings.cv.final_model else folds
    sizes = [len(training_parts(training_set, settings, fold)[0]) for fold in fits]
    if min(sizes) == 0:
        raise UsageError(
            f"split {training_set.split.split_id}: all images lie in one fold; nothing is left to train on"
        )
    return Plan(
        settings,
        catalog_path,
        training_set,
        images_root,
        settings.data.cache_dir or catalog_path.with_suffix(".cache"),
        weights,
        shape,
        machine,
        folds,
        sum(p.numel() for p in model.parameters()),
        0 if settings.model.frozen else sum(count_updates(size, settings.optim) for size in sizes),
    )


def run(plan: Plan, watch: Watch | None = None) -> Outcome:
    """Decode, cross-validate, fit the final model, and record it all in the catalog at the end.

    Of several processes (torchrun) each comes to the same outcome, and the first one records it.

    Raises:
        FractoError: images that cannot be decoded, numbers that are none, or a catalog that cannot be written.
    """
    watch = watch or Watch()
    started_at = datetime.now(UTC)
    run_id = f"train-{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    settings, team = plan.settings, plan.machine.team
    setup, skipped = set_up(plan, watch)
    results = cross_validate(plan, setup, watch)
    aggregates: dict[Reported, Aggregate] = {}
    if results:
        aggregates = {s: aggregate(results, setup.training_set, settings, s) for s in results[0].validation_scores}
    final: torch.nn.Module | None = None
    if settings.cv.final_model:
        final = fit_final(setup, watch)
    outcome = Outcome(
        run_id, started_at, datetime.now(UTC), setup, plan.n_parameters, tuple(results), aggregates, skipped, None
    )
    if team.leads:
        if final is not None:
            outcome = store_model(outcome, final, plan.catalog_path)
        record_run(outcome, plan.catalog_path)
        _remove_checkpoints(setup, plan)
    return outcome


def set_up(plan: Plan, watch: Watch) -> tuple[Setup, tuple[Failure, ...]]:
    """Pixels and frozen features, computed or found in the cache; and the images that the run goes on without.

    Raises:
        FractoError: images that cannot be decoded, or a cache that cannot be written.
    """
    settings, team = plan.settings, plan.machine.team
    with team.leader_first():
        training_set, pixels, skipped = decode(plan, watch)
    normalise = Normaliser(plan.input_format.mean, plan.input_format.std, settings.model.in_chans, plan.machine.device)
    bench = Bench(Images(pixels, training_set.labels), settings, normalise, plan.machine)
    checkpoint_dir = plan.catalog_path.with_suffix(".checkpoints")
    setup = Setup(bench, training_set, plan.weights, plan.input_format, checkpoint_dir)
    if settings.model.frozen or (settings.cv.probe and plan.folds and plan.weights.file is not None):
        with team.leader_first():
            setup = dataclasses.replace(setup, features=_features(setup, plan, watch))
    return setup, skipped


def cross_validate(plan: Plan, setup: Setup, watch: Watch) -> list[FoldResult]:
    """One after the other, or as many at once as the settings allow: the same results to the bit on a CPU."""
    n_processes = min(plan.settings.cv.parallel, len(plan.folds))
    if n_processes <= 1 or plan.settings.model.frozen:  # a linear head is fitted before a process has started
        return [cross_validate_fold(setup, fold, watch) for fold in plan.folds]
    handed_over = dataclasses.replace(plan, training_set=setup.training_set)  # without the images that are skipped
    return fit_side_by_side(functools.partial(_begin_worker, handed_over), plan.folds, n_processes, watch)


def _begin_worker(plan: Plan) -> FitFold[FoldResult]:
    """What a worker does first: the parent has filled the cache, so that it only maps what is there."""
    torch.set_num_threads(plan.machine.n_threads)
    setup, _ = set_up(plan, Watch())
    return functools.partial(cross_validate_fold, setup)


def _features(setup: Setup, plan: Plan, watch: Watch) -> Features:
    """Of all images by the network as it starts: one start for all folds, since none of them changes it."""
    settings = plan.settings
    seed = derive_seed(settings.seed, Purpose.MODEL)
    name = fingerprint(
        model=settings.model.model_dump(mode="json", exclude={"weights_file"}),
        weights=plan.weights.sha256 or seed,
        sha256=setup.training_set.sha256,
        crop_boxes=setup.training_set.crop_boxes,
        masks=setup.training_set.masks,
        versions=[RULE_VERSION, MASK_RULE_VERSION, torch.__version__, timm.__version__, plan.machine.name],
    )
    model = build_model(settings.model, plan.weights, seed).to(plan.machine.device)
    return frozen_features(
        model,
        setup.bench.images.pixels,
        setup.bench.normalise,
        settings.optim.eval_batch_size,
        plan.cache_dir / f"features-{name}.npy",
        watch.on_features,
    )


def _remove_checkpoints(setup: Setup, plan: Plan) -> None:
    for fold in (*plan.folds, FINAL_MODEL):
        if (keeper := setup.keeper(fold)) is not None:
            keeper.remove()
    with contextlib.suppress(OSError):  # another run may keep its own checkpoints there
        setup.checkpoint_dir.rmdir()


def decode(plan: Plan, watch: Watch) -> tuple[TrainingSet, Pixels, tuple[Failure, ...]]:
    """Pixels of the training set; without the images that fail, if the settings allow it.

    Raises:
        BadInputError: images fail, and the settings do not allow it or too little is left; the catalog names them.
    """
    training_set = plan.training_set
    skipped: tuple[Failure, ...] = ()
    while True:
        frames = [
            Frame(plan.images_root / path, path, sha256, box, training_set.masks.get(path, ()))
            for path, sha256, box in zip(training_set.paths, training_set.sha256, training_set.crop_boxes, strict=True)
        ]
        pixels, failures = cached_pixels(
            frames, plan.input_format.size_px, plan.cache_dir, plan.machine.n_threads, watch.on_decoded
        )
        if pixels is not None:
            return training_set, pixels, skipped
        if not plan.settings.data.skip_failed or skipped:  # what fails only now changed while it was read
            _refuse(plan, failures, len(frames))
        skipped = failures
        failed = {failure.item for failure in failures}
        training_set = training_set.subset(np.array([path not in failed for path in training_set.paths]))
        if len(np.unique(training_set.labels)) < 2:
            _refuse(plan, failures, len(frames))
        watch.on_skipped(skipped)


def _refuse(plan: Plan, failures: tuple[Failure, ...], n_images: int) -> NoReturn:
    listing = "\n".join(f"  {failure.item}: {failure.reason}: {failure.detail}" for failure in failures[:20])
    more = f"\n  ... and {len(failures) - 20} more" if len(failures) > 20 else ""
    said = (
        f"{plan.images_root}: {len(failures)} of {n_images} images cannot be used:\n{listing}{more}\n"
        "`fracto ingest` takes note of what changed; `--images DIR` names the folder if the archive moved; "
        "data.skip_failed=true trains without them"
    )
    try:
        record_failures(failures, plan.catalog_path)
    except CatalogError as error:
        said += f"\nThey are not listed in the catalog: {error}"
    raise BadInputError(said)
