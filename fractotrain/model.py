"""The network: made by timm, with weights from the hub, from a file, or from scratch on purpose. Never by accident."""

import hashlib
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import SafetensorError
from timm.models import adapt_input_conv, load_state_dict
from timm.optim._param_groups import param_groups_layer_decay

from data_contracts.errors import UsageError
from data_contracts.vocabulary import TRAINABLE_CLASSES
from fractotrain.errors import WeightsError
from fractotrain.settings import ModelSettings, OptimSettings


@dataclass(frozen=True, slots=True)
class Weights:
    """Where the first weights come from."""

    source: str
    """``scratch``, or the file or hub address."""
    file: Path | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class InputFormat:
    """What the model expects of its pictures."""

    size_px: tuple[int, int]
    """Height, width."""
    mean: tuple[float, ...]
    std: tuple[float, ...]


def input_format(settings: ModelSettings) -> InputFormat:
    """The model's own size, mean and std, from timm's table: known without the hub, the same from scratch.

    Raises:
        UsageError: timm has no such model.
    """
    config = _pretrained_config(settings)
    side = settings.img_size
    size = (side, side) if side else (int(config.input_size[-2]), int(config.input_size[-1]))
    if settings.patch_size and (size[0] % settings.patch_size or size[1] % settings.patch_size):
        raise UsageError(f"model.img_size {size[0]} is no multiple of model.patch_size {settings.patch_size}")
    return InputFormat(size, tuple(config.mean), tuple(config.std))


def find_weights(settings: ModelSettings) -> Weights:
    """The file that the weights are read from, fetched from the hub if need be, before any other work.

    Raises:
        WeightsError: not there; the message holds the command that fetches it on another machine.
    """
    if settings.init == "scratch":
        return Weights("scratch", None, None)
    if settings.init == "file" and settings.weights_file is not None:
        file, source = settings.weights_file, str(settings.weights_file)
        if not file.is_file():
            raise WeightsError(f"{file}: no such file of weights")
    else:
        file, source = _fetch(settings)
    with file.open("rb") as stream:
        return Weights(source, file, hashlib.file_digest(stream, "sha256").hexdigest())


def build_model(settings: ModelSettings, weights: Weights, seed: int) -> torch.nn.Module:
    """A network with one output per trainable class, its head (and all of it, if from scratch) drawn from ``seed``.

    Raises:
        UsageError: timm cannot make it of these settings.
        WeightsError: the file does not fit; a weight that is missing is an error, not a random start.
    """
    shape = {"img_size": settings.img_size, "patch_size": settings.patch_size}
    regularisation = {"drop_path_rate": settings.drop_path, "patch_drop_rate": settings.patch_drop}
    options: dict[str, Any] = {k: v for k, v in (shape | regularisation).items() if v} | dict(settings.options)
    torch.manual_seed(seed)
    try:
        model: torch.nn.Module = timm.create_model(
            settings.name, pretrained=False, num_classes=len(TRAINABLE_CLASSES), in_chans=settings.in_chans, **options
        )
    except (RuntimeError, TypeError, ValueError, AssertionError) as error:
        raise UsageError(f"model.name={settings.name}: timm cannot make it with {options}: {error}") from error
    if weights.file is not None:
        _load(model, settings, weights.file)
    return model


def build_optimiser(model: torch.nn.Module, settings: OptimSettings) -> torch.optim.AdamW:
    """AdamW; a layer's rate is ``layer_decay`` times that of the one above; no decay on biases, norms, embeddings."""
    no_weight_decay: Any = getattr(model, "no_weight_decay", set)
    groups = param_groups_layer_decay(
        model,
        weight_decay=settings.weight_decay,
        no_weight_decay_list=no_weight_decay(),
        layer_decay=settings.layer_decay,
    )
    # On a GPU one kernel moves all weights; on a CPU the fused one rounds otherwise than the sum of its steps.
    on_gpu = any(parameter.is_cuda for parameter in model.parameters())
    kernel = {"fused": True} if on_gpu else {"foreach": True}
    betas = (settings.beta1, settings.beta2)
    return torch.optim.AdamW(groups, lr=settings.lr, betas=betas, eps=settings.eps, **kernel)


def _pretrained_config(settings: ModelSettings) -> Any:  # noqa: ANN401 - timm has no types
    try:
        config = timm.get_pretrained_cfg(settings.name) if timm.is_model(settings.name) else None
    except RuntimeError:  # the architecture exists, but not the variant after the dot
        config = None
    if config is None:
        near = ", ".join(timm.list_models(f"*{settings.name.split('.')[0].split('_')[0]}*", pretrained=True)[:5])
        raise UsageError(f"model.name={settings.name}: timm has no such model{f'; it has {near} ...' if near else ''}")
    return config


def _fetch(settings: ModelSettings) -> tuple[Path, str]:
    from huggingface_hub import hf_hub_download  # noqa: PLC0415 - only this way of starting needs the hub

    config = _pretrained_config(settings)
    if not config.hf_hub_id:
        raise WeightsError(f"model.name={settings.name}: the hub has no weights for it; give --weights FILE")
    try:
        file = hf_hub_download(config.hf_hub_id, "model.safetensors")
    except OSError as error:  # every error of the hub's client is one
        raise WeightsError(
            f"the weights of {settings.name} are not in the local cache and the hub cannot be reached.\n"
            "On a machine that can reach it:\n"
            f"  hf download {config.hf_hub_id} model.safetensors --local-dir weights\n"
            "then here: --weights weights/model.safetensors. To start from random weights on purpose: --from-scratch"
        ) from error
    return Path(file), f"hub:{config.hf_hub_id}"


def _load(model: torch.nn.Module, settings: ModelSettings, file: Path) -> None:
    """Load all but the head; resize what timm knows how to resize (positions, patches, channels)."""
    try:
        state: dict[str, torch.Tensor] = load_state_dict(str(file), weights_only=True)
    except (OSError, RuntimeError, SafetensorError, pickle.UnpicklingError, EOFError, KeyError) as error:
        said = str(error).partition(". ")[0]  # what follows is advice to read it all the same
        raise WeightsError(f"{file}: no weights that can be read without running code: {said}") from error
    if not isinstance(state, dict) or not all(isinstance(v, torch.Tensor) for v in state.values()):
        raise WeightsError(f"{file}: holds no table of tensors")
    adapt = getattr(sys.modules[type(model).__module__], "checkpoint_filter_fn", None)
    if adapt is not None:
        state = adapt(state, model)
    config = _pretrained_config(settings)
    for name in (config.first_conv,) if isinstance(config.first_conv, str) else config.first_conv or ():
        if (key := f"{name}.weight") in state:
            state[key] = adapt_input_conv(settings.in_chans, state[key])
    head = config.classifier
    state = {key: value for key, value in state.items() if not key.startswith(f"{head}.")}
    try:
        result = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise WeightsError(f"{file}: the weights do not fit {settings.name}: {error}") from error
    missing = [key for key in result.missing_keys if not key.startswith(f"{head}.")]
    if missing or result.unexpected_keys:
        raise WeightsError(
            f"{file}: not the weights of {settings.name}: {len(missing)} missing "
            f"({', '.join(missing[:3])} ...), {len(result.unexpected_keys)} unknown "
            f"({', '.join(result.unexpected_keys[:3])} ...)"
        )
