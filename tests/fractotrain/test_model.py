"""Models are made as the recipe says, and their weights come from where the settings say, or not at all."""

import dataclasses
import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import huggingface_hub
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import save_file

from data_contracts.errors import UsageError
from fractotrain.errors import WeightsError
from fractotrain.model import Weights, build_model, build_optimiser, find_weights, input_format
from fractotrain.settings import ModelSettings, Settings, compose_settings

SCRATCH = Weights("scratch", None, None)


@pytest.fixture
def tiny(quick: Callable[..., Settings]) -> ModelSettings:
    """The tiny model at 32 px, its weights drawn as timm draws them: none of them zero."""
    return quick().model.model_copy(update={"options": {}})


def _from(settings: ModelSettings, file: Path) -> tuple[ModelSettings, Weights]:
    settings = settings.model_copy(update={"init": "file", "weights_file": file})
    return settings, find_weights(settings)


def test_paper_model_has_its_size_layers_and_input() -> None:
    """85.80 M parameters, 14 learning-rate levels from 0.1086 to 1, 224 px, mean and std 0.5: known without the hub."""
    settings = compose_settings(["recipe=paper"])
    with torch.device("meta"):
        model = build_model(settings.model, SCRATCH, 0)
    optimiser = build_optimiser(model, settings.optim)
    scales = sorted({round(group["lr_scale"], 4) for group in optimiser.param_groups})
    assert round(sum(p.numel() for p in model.parameters()) / 1e6, 2) == 85.80
    assert len(scales) == 14
    assert (scales[0], scales[-1]) == (0.1086, 1.0)
    shape = input_format(settings.model)
    assert (shape.size_px, shape.mean, shape.std) == ((224, 224), (0.5,) * 3, (0.5,) * 3)


def test_stochastic_depth_is_linear_and_patch_drop_is_for_training_only() -> None:
    """Drop path rises from 0 to 0.1 over the blocks; 175 tokens in training, 197 in evaluation."""
    settings = compose_settings(["recipe=paper", "model.name=vit_tiny_patch16_224.augreg_in21k"])
    model = build_model(settings.model, SCRATCH, 0)
    rates = [getattr(block.drop_path1, "drop_prob", 0.0) for block in model.blocks]
    assert rates == pytest.approx([0.1 * i / 11 for i in range(12)])
    tokens = []
    model.blocks[0].register_forward_hook(lambda _, inputs, __: tokens.append(inputs[0].shape[1]))
    for train in (True, False):
        model.train(train)
        with torch.no_grad():
            model(torch.zeros(1, 3, 224, 224))
    assert tokens == [175, 197]


def test_nothing_one_dimensional_and_no_embedding_is_decayed(tiny: ModelSettings) -> None:
    """Weight decay acts on matrices alone, not on biases, norms, position and class embedding."""
    model = build_model(tiny, SCRATCH, 0)
    optim = compose_settings(["recipe=paper"]).optim
    name_of = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed = {
        name_of[id(p)] for g in build_optimiser(model, optim).param_groups if g["weight_decay"] for p in g["params"]
    }
    expected = {n for n, p in model.named_parameters() if p.ndim > 1 and n not in {"pos_embed", "cls_token"}}
    assert decayed == expected


def test_random_start_is_the_seeds(tiny: ModelSettings) -> None:
    """The same seed draws the same network, whatever was drawn before."""
    first = build_model(tiny, SCRATCH, 3).state_dict()
    torch.rand(5)
    second, third = (build_model(tiny, SCRATCH, seed).state_dict() for seed in (3, 4))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(not torch.equal(first[name], third[name]) for name in first)


@pytest.mark.parametrize("suffix", ["safetensors", "pth"])
def test_weights_come_from_the_file(tiny: ModelSettings, tmp_path: Path, suffix: str) -> None:
    """All weights but the head are the file's; the file's hash is kept."""
    state = build_model(tiny, SCRATCH, 1).state_dict()
    file = tmp_path / f"weights.{suffix}"
    if suffix == "pth":
        torch.save({"state_dict": state}, file)
    else:
        save_file(state, file)
    settings, weights = _from(tiny, file)
    loaded = build_model(settings, weights, 2).state_dict()
    assert weights.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    for name, tensor in loaded.items():
        assert torch.equal(tensor, state[name]) != name.startswith("head.") or name == "head.bias"


def test_weights_of_another_size_and_channel_count_are_adapted(tiny: ModelSettings, tmp_path: Path) -> None:
    """Three colour channels are summed into grey, and position embeddings are resized, as timm does."""
    coloured = tiny.model_copy(update={"in_chans": 3, "img_size": 64})
    state = build_model(coloured, SCRATCH, 1).state_dict()
    save_file(state, tmp_path / "w.safetensors")
    settings, weights = _from(tiny, tmp_path / "w.safetensors")
    loaded = build_model(settings, weights, 2).state_dict()
    summed = state["patch_embed.proj.weight"].sum(dim=1, keepdim=True)
    assert torch.allclose(loaded["patch_embed.proj.weight"], summed, atol=1e-6)
    assert loaded["pos_embed"].shape[1] < state["pos_embed"].shape[1]


def test_incomplete_weights_are_no_random_start(tiny: ModelSettings, tmp_path: Path) -> None:
    """A file that lacks one layer, or has one too many, or another shape, is refused by name."""
    state = build_model(tiny, SCRATCH, 1).state_dict()
    lacking = {k: v for k, v in state.items() if k != "blocks.3.mlp.fc1.weight"}
    too_much = state | {"blocks.9.mlp.fc1.weight": torch.zeros(2)}
    misshapen = state | {"norm.weight": torch.zeros(5)}
    for damaged, said in ((lacking, "blocks.3.mlp.fc1.weight"), (too_much, "blocks.9"), (misshapen, "do not fit")):
        save_file(damaged, tmp_path / "w.safetensors")
        settings, weights = _from(tiny, tmp_path / "w.safetensors")
        with pytest.raises(WeightsError, match=said):
            build_model(settings, weights, 0)


class _Payload:
    """Leaves a file behind if it is unpickled by an interpreter that runs code."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[Path]]:
        return Path.touch, (self.trace,)


def test_files_that_would_run_code_or_are_cut_short_are_refused(tiny: ModelSettings, tmp_path: Path) -> None:
    """A pickle with code in it, a cut safetensors file and a text file are errors, and no code runs."""
    (tmp_path / "code.pth").write_bytes(pickle.dumps({"w": _Payload(tmp_path / "trace")}, protocol=2))
    save_file({"w": torch.zeros(100)}, tmp_path / "cut.safetensors")
    (tmp_path / "cut.safetensors").write_bytes((tmp_path / "cut.safetensors").read_bytes()[:150])
    (tmp_path / "text.pth").write_text("no weights")
    for name in ("code.pth", "cut.safetensors", "text.pth"):
        settings, weights = _from(tiny, tmp_path / name)
        with pytest.raises(WeightsError, match=name) as caught:
            build_model(settings, weights, 0)
        assert "weights_only=False" not in str(caught.value)  # no advice to run it all the same
    assert not (tmp_path / "trace").exists()


def test_unreachable_hub_says_how_to_fetch_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without hub and cache the message holds the command for another machine and the option for this one."""

    def unreachable(*_: object, **__: object) -> str:
        raise LocalEntryNotFoundError("no connection")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", unreachable)
    with pytest.raises(WeightsError, match="hf download timm/vit_base_patch16_224") as caught:
        find_weights(compose_settings(["recipe=base"]).model)
    assert "--weights weights/model.safetensors" in str(caught.value)
    assert "--from-scratch" in str(caught.value)


def test_unknown_model_and_missing_file_are_told(tiny: ModelSettings, tmp_path: Path) -> None:
    """A name that timm does not know, an unknown variant of one, a shape that cannot be, a file that is not there."""
    for name in ("vit_gigantic", "vit_tiny_patch16_224.nobody"):
        with pytest.raises(UsageError, match="no such model"):
            input_format(tiny.model_copy(update={"name": name}))
    with pytest.raises(UsageError, match="patch_size"):
        input_format(tiny.model_copy(update={"img_size": 30}))
    with pytest.raises(WeightsError, match="no such file"):
        _from(tiny, tmp_path / "nowhere.safetensors")


def test_weights_record_is_frozen() -> None:
    """What was loaded cannot be rewritten afterwards."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        SCRATCH.source = "hub"  # type: ignore[misc]


def test_options_reach_timm_but_not_what_is_decided_elsewhere(tiny: ModelSettings) -> None:
    """Depth is the model's own business; where weights come from and how many classes there are is not."""
    model = build_model(tiny.model_copy(update={"options": {"depth": 2}}), SCRATCH, 0)
    assert len(model.blocks) == 2
    with pytest.raises(UsageError, match=r"timm cannot make it with .*'deepness': 2"):
        build_model(tiny.model_copy(update={"options": {"deepness": 2}}), SCRATCH, 0)
    with pytest.raises(UsageError, match="options: num_classes, pretrained: decided by other settings"):
        compose_settings(["recipe=fast", "model.options.num_classes=7", "model.options.pretrained=true"])
