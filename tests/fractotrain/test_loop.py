"""The loop does what the settings say, and every setting does something."""

import functools
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from data_contracts.errors import UsageError
from fractotrain.checkpoint import Keeper, Standing
from fractotrain.device import Machine
from fractotrain.errors import TrainingError
from fractotrain.loop import Bench, Images, count_updates, fit, predict
from fractotrain.metrics import score
from fractotrain.model import Weights, build_model
from fractotrain.settings import Settings
from fractotrain.transforms import Normaliser
from fractotrain.watch import Epoch, Update, Watch

CPU = Machine(torch.device("cpu"), "fp32", 1, "CPU")
NORMALISE = Normaliser((0.5,), (0.5,), 1, torch.device("cpu"))
TRAINING, VALIDATION = np.arange(21), np.arange(21, 30)


@pytest.fixture(scope="module")
def images(texture: Callable[[int, np.random.Generator], NDArray[np.uint8]]) -> Images:
    """30 textures of three classes, 32 px."""
    rng = np.random.default_rng(0)
    labels = np.arange(30) % 3
    return Images(np.stack([texture(y, rng)[:32, :32] for y in labels]), labels)


class Trace(Watch):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.updates: list[Update] = []
        self.epochs: list[Epoch] = []

    def on_update(self, update: Update) -> None:
        """Keep it."""
        self.updates.append(update)

    def on_epoch(self, epoch: Epoch) -> None:
        """Keep it."""
        self.epochs.append(epoch)


def _fit(
    images: Images, settings: Settings, watch: Watch | None = None, training: NDArray[np.int64] = TRAINING
) -> tuple[torch.nn.Module, Standing]:
    model = build_model(settings.model, Weights("scratch", None, None), 0)
    bench = Bench(images, settings, NORMALISE, CPU)
    return model, fit(model, bench, training, VALIDATION, 0, watch)


def test_accumulation_equals_the_big_batch(images: Images, quick: Callable[..., Settings]) -> None:
    """8 images at once or 4 x 2 give the same weights, although the last update of an epoch holds 5 images."""
    # AdamW divides by the gradient's size: a large eps keeps rounding errors of gradients near 0 from growing.
    plain = ("data.randaugment_ops=0", "optim.clip_norm=null", "optim.eps=1e-3")
    at_once, _ = _fit(images, quick(*plain, "optim.batch_size=8", "optim.accumulate=1"))
    in_parts, _ = _fit(images, quick(*plain, "optim.batch_size=2", "optim.accumulate=4"))
    for one, other in zip(at_once.parameters(), in_parts.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_effective_learning_rate_of_each_layer(images: Images, quick: Callable[..., Settings]) -> None:
    """Every group's rate moves at every update: up the warm-up, down to almost 0, always at its layer's scale."""
    trace = Trace()
    settings = quick("optim.layer_decay=0.5", "optim.epochs=4", "optim.warmup_updates=3", "optim.batch_size=8")
    _fit(images, settings, trace)
    rates = np.array([update.learning_rates for update in trace.updates])
    assert len(rates) == 4 * 3
    assert rates[0].max() == pytest.approx(0.1 * settings.optim.lr)
    assert rates.max() == pytest.approx(settings.optim.lr)
    assert rates.max(axis=1).argmax() == 3
    assert (np.diff(rates.max(axis=1)) != 0).all()
    assert rates[-1].max() < 0.05 * settings.optim.lr
    levels = np.unique(np.round(rates[5] / rates[5].max(), 9))
    assert levels == pytest.approx(0.5 ** np.arange(4, -1, -1))  # patch embedding, three blocks, head
    assert np.allclose(rates / rates.max(axis=1, keepdims=True), rates[5] / rates[5].max())


@pytest.mark.parametrize("accumulate", [1, 4])
def test_warmup_means_the_same_with_accumulation(
    images: Images, quick: Callable[..., Settings], accumulate: int
) -> None:
    """The trace of the learning rate counts updates: splitting a batch does not change it."""
    trace = Trace()
    settings = quick(f"optim.batch_size={8 // accumulate}", f"optim.accumulate={accumulate}", "optim.warmup_updates=2")
    _fit(images, settings, trace)
    factors = [max(update.learning_rates) / settings.optim.lr for update in trace.updates]
    assert factors == pytest.approx([0.1, 0.55, 1.0, 0.8535534, 0.5, 0.1464466])


INERT_CHECK = [
    "optim.lr=3e-4",
    "optim.weight_decay=0.3",
    "optim.layer_decay=0.7",
    "optim.beta1=0.8",
    "optim.beta2=0.95",
    "optim.warmup_updates=3",
    "optim.warmup_start=0.5",
    "optim.clip_norm=0.01",
    "optim.focal_gamma=0",
    "optim.label_smoothing=0.1",
    "optim.batch_size=4",
    "optim.accumulate=2",
    "optim.epochs=3",
    "optim.eps=1e-4",
    "model.drop_path=0.2",
    "model.patch_drop=0.2",
    "data.sampler=shuffled",
    "data.randaugment_ops=2",
    "data.randaugment_magnitude=15",
    "data.flips=false",
    "data.mixup_alpha=0.4",
    "data.cutmix_alpha=1.0",
    "seed=43",
]


def test_no_setting_is_inert(images: Images, quick: Callable[..., Settings]) -> None:
    """Each tuned setting changes the outputs of the model (the published tuner had five that changed nothing)."""

    def outputs(*overrides: str) -> NDArray[np.float32]:
        always = ("optim.batch_size=3", "optim.warmup_updates=2", "data.randaugment_ops=1")
        settings = quick(*always, *overrides)
        return _fit(images, settings, training=TRAINING[:12])[1].logits

    reference = outputs()
    assert (outputs() == reference).all()
    inert = [override for override in INERT_CHECK if (outputs(override) == reference).all()]
    assert inert == []


def test_odd_last_batch_and_single_image(images: Images, quick: Callable[..., Settings]) -> None:
    """21 images in batches of 4 x 5: the last update has one image, and counts."""
    trace = Trace()
    settings = quick("optim.batch_size=4", "optim.accumulate=5", "model.patch_drop=0.1", "model.drop_path=0.1")
    _fit(images, settings, trace)
    assert len(trace.updates) == 4
    assert trace.updates[-1].total_updates == count_updates(21, settings.optim) == 4


def test_numbers_that_are_none_end_the_run(images: Images, quick: Callable[..., Settings]) -> None:
    """A fold that diverges says which fold and epoch; no checkpoint of any other fold stands in for it."""
    model = build_model(quick().model, Weights("scratch", None, None), 0)
    with torch.no_grad():
        next(model.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="fold 2, epoch 1: the training loss is no longer a number"):
        fit(model, Bench(images, quick(), NORMALISE, CPU), TRAINING, VALIDATION, 2)


def test_warmup_longer_than_the_run_is_refused(quick: Callable[..., Settings]) -> None:
    """A schedule that would never leave its warm-up is a usage error, not a run at a tenth of the rate."""
    with pytest.raises(UsageError, match="warmup_updates"):
        count_updates(20, quick("optim.warmup_updates=500").optim)


def test_best_epoch_is_kept_beside_the_last(images: Images, quick: Callable[..., Settings]) -> None:
    """The outputs of the best epoch are those that scored best; its weights give them again."""
    settings = quick("optim.epochs=5", "optim.batch_size=8", "cv.selection=best_val", "optim.lr=2e-3")
    trace = Trace()
    model, result = _fit(images, settings, trace)
    scores = [epoch.validation_macro_f1 or 0.0 for epoch in trace.epochs]
    best = result.choices["best_val"]
    assert best.epoch == int(np.argmax(scores))
    assert (predict(model, images.pixels, VALIDATION, NORMALISE, 9) == result.logits).all()
    assert result.state is not None
    model.load_state_dict(result.state)
    assert np.allclose(predict(model, images.pixels, VALIDATION, NORMALISE, 9), best.logits)


def test_inner_images_choose_the_epoch(images: Images, quick: Callable[..., Settings]) -> None:
    """The epoch is the best of the held-back images, with the weights and outputs of just that epoch."""
    settings = quick("optim.epochs=5", "optim.batch_size=8", "cv.selection=inner", "optim.lr=2e-3")
    model = build_model(settings.model, Weights("scratch", None, None), 0)
    bench, trace = Bench(images, settings, NORMALISE, CPU), Trace()
    fitted, held_back = TRAINING[:15], TRAINING[15:]
    result = fit(model, bench, fitted, VALIDATION, 0, trace, inner=held_back)
    scores = [epoch.inner_macro_f1 or 0.0 for epoch in trace.epochs]
    chosen = result.choices["inner"]
    assert (chosen.epoch, chosen.macro_f1) == (int(np.argmax(scores)), max(scores))
    assert result.state is not None
    model.load_state_dict(result.state)
    assert np.allclose(predict(model, images.pixels, VALIDATION, NORMALISE, 9), chosen.logits)
    seen = predict(model, images.pixels, held_back, NORMALISE, 9)
    assert score(images.labels[held_back], seen.argmax(axis=1)).overall["macro_f1"] == chosen.macro_f1


def test_validation_decides_nothing(images: Images, quick: Callable[..., Settings]) -> None:
    """The same weights to the bit, whichever images validate."""
    settings = quick("model.drop_path=0.1", "optim.batch_size=8")
    bench = Bench(images, settings, NORMALISE, CPU)
    states = []
    for validation in (VALIDATION, np.zeros(0, np.int64)):
        model = build_model(settings.model, Weights("scratch", None, None), 0)
        fit(model, bench, TRAINING, validation, 0)
        states.append(model.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_bf16_training_stays_near_fp32(images: Images, quick: Callable[..., Settings]) -> None:
    """Autocast changes the step a little and the validation not at all: outputs stay fp32 and near."""
    settings = quick("data.randaugment_ops=0", "optim.batch_size=8", "optim.epochs=1")
    _, exact = _fit(images, settings)
    model = build_model(settings.model, Weights("scratch", None, None), 0)
    machine = Machine(torch.device("cpu"), "bf16", 1, "CPU")
    near = fit(model, Bench(images, settings, NORMALISE, machine), TRAINING, VALIDATION, 0)
    assert near.logits.dtype == np.float32
    assert not (near.logits == exact.logits).all()
    assert np.allclose(near.logits, exact.logits, atol=0.1)


class Killer(Watch):
    """Ends the process, as it were, in the middle of an epoch."""

    def __init__(self, at_update: int) -> None:
        self.at_update = at_update
        self.resumed_after: int | None = None

    def on_resumed(self, fold: int, epochs_done: int) -> None:
        """Keep it."""
        assert fold == 0
        self.resumed_after = epochs_done

    def on_update(self, update: Update) -> None:
        """End at the chosen update."""
        if update.update == self.at_update:
            raise KeyboardInterrupt


@pytest.mark.parametrize(("at_update", "epochs_done"), [(1, None), (4, 1), (8, 2), (11, 3)])
def test_killed_fit_goes_on_to_the_same_weights(
    images: Images, quick: Callable[..., Settings], tmp_path: Path, at_update: int, epochs_done: int | None
) -> None:
    """Ended in any epoch and started again: the same weights and outputs, to the bit, as without the end."""
    settings = quick("optim.epochs=4", "optim.batch_size=8", "model.drop_path=0.1", "cv.selection=best_val")
    bench = Bench(images, settings, NORMALISE, CPU)

    def run(watch: Watch, keeper: Keeper | None) -> tuple[torch.nn.Module, Standing]:
        model = build_model(settings.model, Weights("scratch", None, None), 0)
        return model, fit(model, bench, TRAINING, VALIDATION, 0, watch, keeper)

    undisturbed, expected = run(Watch(), None)
    keeper = Keeper(tmp_path / "a.safetensors", "a", 0)
    with pytest.raises(KeyboardInterrupt):
        run(Killer(at_update), keeper)
    watch = Killer(-1)
    resumed, found = run(watch, keeper)
    assert watch.resumed_after == epochs_done
    states = (undisturbed.state_dict(), resumed.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert (found.logits == expected.logits).all()
    assert (found.choices["best_val"].logits == expected.choices["best_val"].logits).all()
    assert found.epochs == expected.epochs
    assert found.state is not None
    assert expected.state is not None
    assert all(torch.equal(found.state[k], v) for k, v in expected.state.items())


@pytest.mark.slow
def test_compiled_model_is_the_model(
    images: Images, quick: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The graph that torch.compile takes of the model gives what it gives, under the same names of weights.

    Taken as it is, not translated into C++: the next test does.
    """
    as_it_is = functools.partialmethod(torch.nn.Module.compile, backend="eager")
    monkeypatch.setattr(torch.nn.Module, "compile", as_it_is)
    plain, compiled = (_fit(images, quick("optim.eps=1e-3", f"optim.compile={c}")) for c in ("false", "true"))
    assert plain[0].state_dict().keys() == compiled[0].state_dict().keys()
    assert np.allclose(plain[1].logits, compiled[1].logits, atol=1e-2)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_compiled_code_is_the_model(
    images: Images, quick: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The C++ that Inductor writes, forward and backward, trains the model as it trains without."""
    if shutil.which(os.environ.get("CXX", "g++")) is None:
        pytest.skip("no C++ compiler here, which torch.compile needs on a CPU")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))  # nothing compiled before
    torch.compiler.reset()
    plain, compiled = (_fit(images, quick("optim.eps=1e-3", f"optim.compile={c}")) for c in ("false", "true"))
    assert any(tmp_path.rglob("*.so"))
    assert np.allclose(plain[1].logits, compiled[1].logits, atol=1e-2)
    losses = [[epoch.training_loss for epoch in standing.epochs] for _, standing in (plain, compiled)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
