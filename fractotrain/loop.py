"""Fit one model: the loop over epochs, updates and batches, from top to bottom."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from data_contracts.errors import UsageError
from fractotrain.cache import Pixels
from fractotrain.checkpoint import Choice, Keeper, Standing
from fractotrain.device import Machine
from fractotrain.errors import TrainingError
from fractotrain.losses import focal_loss
from fractotrain.metrics import N_CLASSES, score
from fractotrain.mixing import mix
from fractotrain.model import build_optimiser
from fractotrain.sampler import epoch_order
from fractotrain.schedule import lr_factor, set_learning_rates
from fractotrain.seeds import FINAL_MODEL, Purpose, derive_seed
from fractotrain.settings import OptimSettings, Selection, Settings
from fractotrain.transforms import Augmentation, Normaliser, augmentation, grey_batch
from fractotrain.watch import Epoch, Update, Watch

Indices = NDArray[np.int64]
Logits = NDArray[np.float32]
"""Shape (images, classes)."""

NOBODY: Indices = np.zeros(0, np.int64)
"""No images."""


@dataclass(frozen=True, slots=True)
class Images:
    """Pixels and labels of the whole dataset; folds are positions into it."""

    pixels: Pixels
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bench:
    """What every fit of a run shares."""

    images: Images
    settings: Settings
    normalise: Normaliser
    machine: Machine


def count_updates(n_training: int, settings: OptimSettings) -> int:
    """Updates of a whole fit; the last update of an epoch may hold fewer images.

    Raises:
        UsageError: the warm-up would outlast the fit.
    """
    total = settings.epochs * math.ceil(n_training / settings.images_per_update)
    if settings.warmup_updates >= total:
        raise UsageError(
            f"optim.warmup_updates={settings.warmup_updates}, but {settings.epochs} epochs of {n_training} images make "
            f"only {total} updates; lower it, or raise optim.epochs"
        )
    return total


def fit(
    model: torch.nn.Module,
    bench: Bench,
    training: Indices,
    validation: Indices,
    fold: int = FINAL_MODEL,
    watch: Watch | None = None,
    keeper: Keeper | None = None,
    inner: Indices = NOBODY,
) -> Standing:
    """Fit ``model`` in place on the ``training`` images; watch the ``validation`` images, which decide nothing.

    The ``inner`` images, if any, choose an epoch; they are in neither of the others.

    With a ``keeper`` the fit goes on where its checkpoint stands, and keeps a checkpoint itself.

    Raises:
        TrainingError: the loss or an output is no longer a number, or a checkpoint cannot be read or written.
    """
    watch = watch or Watch()
    work = _prepare(model, bench, training, validation, inner, fold)
    standing = Standing([], np.zeros((len(validation), 0), np.float32), {}, None)
    if keeper is not None and (kept := keeper.restore(model, work.optimiser, work.scaler)) is not None:
        standing = kept
        watch.on_resumed(fold, len(standing.epochs))
    n_epochs = bench.settings.optim.epochs
    for epoch in range(len(standing.epochs), n_epochs):
        training_loss = _train_epoch(work, epoch, watch)
        if not math.isfinite(training_loss):
            raise TrainingError(_not_a_number("the training loss", fold, epoch))
        figures = _validate(work, epoch, standing)
        seen = Epoch(fold, epoch, n_epochs, training_loss, figures.get("best_val"), figures.get("inner"))
        standing.epochs.append(seen)
        if keeper is not None and bench.machine.team.leads:
            keeper.save(model, work.optimiser, work.scaler, standing, last=epoch + 1 == n_epochs)
        watch.on_epoch(standing.epochs[-1])
    return standing


@dataclass(frozen=True, slots=True)
class _Work:
    """What the epochs of one fit share."""

    model: torch.nn.Module
    bench: Bench
    training: Indices
    validation: Indices
    inner: Indices
    fold: int
    optimiser: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    augmentation: Augmentation | None
    labels: torch.Tensor
    """Of all images, on the device."""
    total_updates: int


def _prepare(
    model: torch.nn.Module, bench: Bench, training: Indices, validation: Indices, inner: Indices, fold: int
) -> _Work:
    settings, device = bench.settings, bench.machine.device
    model.to(device)
    if settings.optim.compile:
        model.compile()  # in place: names of weights, and so checkpoints, stay as they are
    return _Work(
        model,
        bench,
        training,
        validation,
        inner,
        fold,
        build_optimiser(model, settings.optim),
        torch.amp.GradScaler(device.type, enabled=bench.machine.precision == "fp16"),
        augmentation(settings.data.randaugment_ops, settings.data.randaugment_magnitude, flips=settings.data.flips),
        torch.from_numpy(bench.images.labels).to(device),
        count_updates(len(training), settings.optim),
    )


def _train_epoch(work: _Work, epoch: int, watch: Watch) -> float:
    """All updates of one epoch; the mean loss over its images, as drawn and varied."""
    settings, bench = work.bench.settings, work.bench
    optim, team = settings.optim, bench.machine.team
    work.model.train()
    torch.manual_seed(derive_seed(settings.seed, Purpose.NOISE, work.fold, epoch) + team.rank)
    order_seed = derive_seed(settings.seed, Purpose.ORDER, work.fold, epoch)
    order = work.training[epoch_order(bench.images.labels[work.training], settings.data.sampler, order_seed)]
    groups = np.split(order, range(optim.images_per_update, len(order), optim.images_per_update))
    loss_sum = torch.zeros((), device=bench.machine.device)
    for update, group in enumerate(groups, start=epoch * len(groups)):
        factor = lr_factor(update, work.total_updates, optim.warmup_updates, optim.warmup_start)
        learning_rates = set_learning_rates(work.optimiser, optim.lr * factor)
        own = team.share(group)
        for batch in np.split(own, range(optim.batch_size, len(own), optim.batch_size)) if len(own) else ():
            grey = grey_batch(bench.images.pixels, batch, work.augmentation)
            images, labels = bench.normalise(grey), work.labels[batch]
            if settings.data.mixup_alpha or settings.data.cutmix_alpha:
                images, labels = mix(images, labels, N_CLASSES, settings.data.mixup_alpha, settings.data.cutmix_alpha)
            with bench.machine.autocast():
                outputs = work.model(images)
            losses = focal_loss(outputs, labels, optim.focal_gamma, optim.label_smoothing)
            # Divided by the images of the update, not of the batch: the last, smaller batch weighs what it holds.
            work.scaler.scale(losses.sum() / len(group)).backward()  # type: ignore[no-untyped-call] # torch's gap
            loss_sum += losses.detach().sum()
        team.sum_gradients(work.model)
        if optim.clip_norm is not None:
            work.scaler.unscale_(work.optimiser)
            torch.nn.utils.clip_grad_norm_(work.model.parameters(), optim.clip_norm)
        work.scaler.step(work.optimiser)
        work.scaler.update()
        work.optimiser.zero_grad(set_to_none=True)
        watch.on_update(Update(work.fold, epoch, update, work.total_updates, learning_rates))
    return team.sum(loss_sum).item() / len(order)


def _validate(work: _Work, epoch: int, standing: Standing) -> dict[Selection, float]:
    """Macro-F1 of the images that each way of selecting looks at; ``standing`` learns what each would select."""
    bench = work.bench
    judges: dict[Selection, Indices] = {"best_val": work.validation, "inner": work.inner}
    figures: dict[Selection, float] = {}
    for selection, images in judges.items():
        if len(images) == 0:
            continue
        logits = predict(work.model, bench.images.pixels, images, bench.normalise, bench.settings.optim.eval_batch_size)
        if not np.isfinite(logits).all():
            raise TrainingError(_not_a_number("an output on a validation image", work.fold, epoch))
        if selection == "best_val":
            standing.logits = logits
        figures[selection] = score(bench.images.labels[images], logits.argmax(axis=1)).overall["macro_f1"]
    for selection, macro_f1 in figures.items():
        if selection not in standing.choices or macro_f1 > standing.choices[selection].macro_f1:
            standing.choices[selection] = Choice(epoch, macro_f1, standing.logits)
            if bench.settings.cv.selection == selection:
                standing.state = {k: v.detach().cpu().clone() for k, v in work.model.state_dict().items()}
    return figures


@torch.no_grad()
def predict(model: torch.nn.Module, pixels: Pixels, indices: Indices, normalise: Normaliser, batch_size: int) -> Logits:
    """Outputs for the named pictures as they are, in fp32 and evaluation mode; shape (images, classes)."""
    model.eval()
    parts = [
        model(normalise(grey_batch(pixels, indices[start : start + batch_size]))).float().cpu().numpy()
        for start in range(0, len(indices), batch_size)
    ]
    return np.concatenate(parts).astype(np.float32)


def _not_a_number(what: str, fold: int, epoch: int) -> str:
    where = "the final model" if fold == FINAL_MODEL else f"fold {fold}"
    return (
        f"{where}, epoch {epoch + 1}: {what} is no longer a number. Nothing of this run was stored. Lower optim.lr, "
        "set optim.clip_norm=1.0, or take optim.precision=bf16 or fp32 instead of fp16"
    )
