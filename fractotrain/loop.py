"""Fit one model: the loop over epochs, updates and batches, from top to bottom."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from data_contracts.errors import UsageError
from fractotrain.cache import Pixels
from fractotrain.checkpoint import Keeper, Standing
from fractotrain.device import Machine
from fractotrain.errors import TrainingError
from fractotrain.losses import focal_loss
from fractotrain.metrics import score
from fractotrain.model import build_optimiser
from fractotrain.sampler import epoch_order
from fractotrain.schedule import lr_factor, set_learning_rates
from fractotrain.seeds import FINAL_MODEL, Purpose, derive_seed
from fractotrain.settings import OptimSettings, Settings
from fractotrain.transforms import Normaliser, grey_batch, randaugment
from fractotrain.watch import Epoch, Update, Watch

Indices = NDArray[np.int64]
Logits = NDArray[np.float32]
"""Shape (images, classes)."""


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
) -> Standing:
    """Fit ``model`` in place on the ``training`` images; watch the ``validation`` images, which decide nothing.

    With a ``keeper`` the fit goes on where its checkpoint stands, and keeps a checkpoint itself.

    Raises:
        TrainingError: the loss or an output is no longer a number, or a checkpoint cannot be read or written.
    """
    images, settings, machine = bench.images, bench.settings, bench.machine
    optim, watch = settings.optim, watch or Watch()
    total_updates = count_updates(len(training), optim)
    model.to(machine.device)
    optimiser = build_optimiser(model, optim)
    scaler = torch.amp.GradScaler(machine.device.type, enabled=machine.precision == "fp16")
    augmentation = randaugment(settings.data.randaugment_ops, settings.data.randaugment_magnitude)
    labels = torch.from_numpy(images.labels).to(machine.device)
    nothing = np.zeros((len(validation), 0), np.float32)
    standing = Standing([], nothing, 0, -1.0, nothing, None)
    if keeper is not None and (kept := keeper.restore(model, optimiser, scaler)) is not None:
        standing = kept
        watch.on_resumed(fold, len(standing.epochs))
    update = len(standing.epochs) * (total_updates // optim.epochs)
    for epoch in range(len(standing.epochs), optim.epochs):
        model.train()
        torch.manual_seed(derive_seed(settings.seed, Purpose.NOISE, fold, epoch))
        order_seed = derive_seed(settings.seed, Purpose.ORDER, fold, epoch)
        order = training[epoch_order(images.labels[training], settings.data.sampler, order_seed)]
        loss_sum = torch.zeros((), device=machine.device)
        for start in range(0, len(order), optim.images_per_update):
            group = order[start : start + optim.images_per_update]
            factor = lr_factor(update, total_updates, optim.warmup_updates, optim.warmup_start)
            learning_rates = set_learning_rates(optimiser, optim.lr * factor)
            for batch in np.split(group, range(optim.batch_size, len(group), optim.batch_size)):
                grey = grey_batch(images.pixels, batch, augmentation)
                with machine.autocast():
                    outputs = model(bench.normalise(grey))
                losses = focal_loss(outputs, labels[batch], optim.focal_gamma, optim.label_smoothing)
                # Divided by the images of the update, not of the batch: the last, smaller batch weighs what it holds.
                scaler.scale(losses.sum() / len(group)).backward()  # type: ignore[no-untyped-call] # torch's gap
                loss_sum += losses.detach().sum()
            if optim.clip_norm is not None:
                scaler.unscale_(optimiser)
                torch.nn.utils.clip_grad_norm_(model.parameters(), optim.clip_norm)
            scaler.step(optimiser)
            scaler.update()
            optimiser.zero_grad(set_to_none=True)
            watch.on_update(Update(fold, epoch, update, total_updates, learning_rates))
            update += 1
        training_loss = loss_sum.item() / len(order)
        if not math.isfinite(training_loss):
            raise TrainingError(_not_a_number("the training loss", fold, epoch))
        macro_f1 = None
        if len(validation):
            standing.logits = predict(model, images.pixels, validation, bench.normalise, optim.eval_batch_size)
            if not np.isfinite(standing.logits).all():
                raise TrainingError(_not_a_number("an output on a validation image", fold, epoch))
            macro_f1 = score(images.labels[validation], standing.logits.argmax(axis=1)).overall["macro_f1"]
            if macro_f1 > standing.best_macro_f1:
                standing.best_epoch, standing.best_macro_f1, standing.best_logits = epoch, macro_f1, standing.logits
                if settings.cv.selection == "best_val":
                    standing.best_state = {k: v.detach().cpu().clone() for k, v in model.state_dict().items()}
        standing.epochs.append(Epoch(fold, epoch, optim.epochs, training_loss, macro_f1))
        if keeper is not None:
            keeper.save(model, optimiser, scaler, standing, last=epoch + 1 == optim.epochs)
        watch.on_epoch(standing.epochs[-1])
    return standing


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
