"""Heat-maps of vision transformers: where they point, and when they refuse."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import timm
import torch

from data_contracts.errors import UsageError
from fractotrain.attribution.asked import AskedModel, asked
from fractotrain.attribution.attention import attention_of
from fractotrain.attribution.methods import Method, enlarge
from fractotrain.attribution.rollout import roll_out
from fractotrain.attribution.together import ANSWER, attribute, attribute_by
from fractotrain.errors import AttributionError
from fractotrain.transforms import Normaliser

Patches = Any


@pytest.mark.parametrize(("method", "least"), [(Method.GRAD_CAM, 0.6), (Method.RELEVANCE, 0.8), (Method.ROLLOUT, 0.8)])
def test_map_points_into_the_patch_that_decides_the_class(
    method: Method, least: float, trained: AskedModel, patches: Patches
) -> None:
    """Of 16 patches the hottest is the planted one, ten times as often as by chance."""
    marked = patches.labels < 2
    maps = attribute(method, trained, patches.pixels, patches.labels)
    hottest = maps.reshape(len(maps), -1).argmax(axis=1)
    planted = patches.cells[:, 0] * 4 + patches.cells[:, 1]
    assert (hottest == planted)[marked].mean() >= least


def test_grad_cam_is_the_formula_on_the_whole_gradient(trained: AskedModel, patches: Patches) -> None:
    """Cutting the graph at the hook changes nothing: backpropagation through the whole network gives the same."""
    kept: list[torch.Tensor] = []

    def keep(_module: object, _inputs: object, output: torch.Tensor) -> None:
        output.retain_grad()
        kept.append(output)

    handle = trained.module.blocks[-1].norm1.register_forward_hook(keep)
    try:
        inputs = trained.normalise(torch.from_numpy(patches.pixels[:6])).requires_grad_()
        logits = trained.module(inputs)
        logits.gather(1, torch.from_numpy(patches.labels[:6]).unsqueeze(1)).sum().backward()
    finally:
        handle.remove()
    (values,) = kept
    assert values.grad is not None
    weights = values.grad[:, 1:].mean(dim=1, keepdim=True)
    expected = torch.relu((weights * values[:, 1:]).sum(dim=2)).detach().reshape(6, 4, 4).numpy()
    found = attribute(Method.GRAD_CAM, trained, patches.pixels[:6], patches.labels[:6])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_gradient_behind_the_last_block_is_exactly_zero(trained: AskedModel, patches: Patches) -> None:
    """Why the hook is where it is: the class token alone is read at the end."""
    kept: list[torch.Tensor] = []

    def keep(_module: object, _inputs: object, output: torch.Tensor) -> torch.Tensor:
        kept.append(output.detach().requires_grad_())
        return kept[-1]

    handle = trained.module.blocks[-1].register_forward_hook(keep)
    try:
        logits = trained.module(trained.normalise(torch.from_numpy(patches.pixels[:3])))
    finally:
        handle.remove()
    (gradient,) = torch.autograd.grad(logits.sum(), kept[0])
    assert not gradient[:, 1:].any()
    assert gradient[:, 0].any()


def test_zero_gradient_is_an_error(tiny_vit: Callable[..., Any], normaliser: Normaliser, patches: Patches) -> None:
    """A head of zeros answers without looking: no map is better than a map of nothing."""
    model = tiny_vit()
    torch.nn.init.zeros_(model.head.weight)
    with pytest.raises(AttributionError, match=r"at blocks\[-1\].norm1 is exactly zero"):
        attribute(Method.GRAD_CAM, asked(model, normaliser), patches.pixels[:2], patches.labels[:2])


def test_maps_do_not_depend_on_the_batch(trained: AskedModel, patches: Patches) -> None:
    """An image has the same map alone as among others, for each method."""
    for method in Method:
        together = attribute(method, trained, patches.pixels[:20], patches.labels[:20])
        alone = attribute(method, trained, patches.pixels[17:18], patches.labels[17:18])
        np.testing.assert_allclose(together[17], alone[0], atol=1e-5)


@pytest.mark.parametrize("pool", ["token", "avg"])
def test_methods_together_give_what_each_gives_alone(pool: str) -> None:
    """One forward and one backward pass for all, over several batches; so do two methods, with relevance or without."""
    torch.manual_seed(3)
    options: Any = {"img_size": 16, "patch_size": 4, "in_chans": 1, "global_pool": pool}
    network = timm.create_model("test_vit", pretrained=False, num_classes=3, class_token=pool == "token", **options)
    model = asked(network, Normaliser((0.5,) * 3, (0.5,) * 3, 1, torch.device("cpu")), batch_size=3)
    pixels = np.random.default_rng(1).integers(0, 255, (7, 16, 16), np.uint8)
    targets = np.arange(7) % 3
    forwards: list[int] = []
    handle = model.module.register_forward_hook(lambda *_: forwards.append(1))
    everything = attribute_by(tuple(Method), model, pixels, targets).maps
    assert len(forwards) == 3
    of_answer = attribute_by(tuple(Method), model, pixels, np.full(7, ANSWER))
    assert len(forwards) == 6
    handle.remove()
    np.testing.assert_allclose(of_answer.probabilities, model.probabilities(pixels), atol=1e-6)
    assert (of_answer.targets == of_answer.probabilities.argmax(axis=1)).all()
    again = attribute_by(tuple(Method), model, pixels, of_answer.targets).maps
    assert all((of_answer.maps[method] == again[method]).all() for method in Method)
    for method in Method:
        alone = attribute(method, model, pixels, targets)
        assert alone.any()
        np.testing.assert_allclose(everything[method], alone, rtol=1e-3, atol=1e-5 * alone.max())
    pairs = [(Method.GRAD_CAM, Method.ROLLOUT), (Method.RELEVANCE, Method.GRAD_CAM)]
    for pair in pairs:
        found = attribute_by(pair, model, pixels, targets).maps
        assert set(found) == set(pair)
        for method in pair:
            np.testing.assert_allclose(found[method], everything[method], rtol=1e-3, atol=1e-5 * found[method].max())


def test_class_specific_methods_tell_classes_apart(trained: AskedModel, patches: Patches) -> None:
    """Grad-CAM and relevance explain the class that is asked for; rollout has one map for all classes."""
    other = (patches.labels + 1) % 3
    for method in Method:
        own = attribute(method, trained, patches.pixels, patches.labels)
        same = np.allclose(own, attribute(method, trained, patches.pixels, other))
        assert same == (method == Method.ROLLOUT)


def test_rollout_equals_the_product_written_out() -> None:
    """Two blocks, two heads: ((A2 + I) / 2) ((A1 + I) / 2), by numpy; rows stay distributions."""
    rng = np.random.default_rng(0)
    attentions = rng.dirichlet(np.ones(5), size=(2, 3, 2, 5))  # blocks, batch, heads, tokens; the last sums to 1
    found = roll_out([torch.from_numpy(a) for a in attentions]).numpy()
    for item in range(3):
        first, second = ((attentions[block, item].mean(axis=0) + np.eye(5)) / 2 for block in (0, 1))
        np.testing.assert_allclose(found[item], second @ first)
    np.testing.assert_allclose(found.sum(axis=-1), 1)


def test_attention_is_what_the_model_computes(trained: AskedModel, patches: Patches) -> None:
    """Unfused for a moment, the answers are the same, and the fused kernel is back afterwards."""
    inputs = trained.normalise(torch.from_numpy(patches.pixels[:4]))
    before = [block.attn.fused_attn for block in trained.module.blocks]
    with torch.no_grad():
        plain = trained.module(inputs)
        with attention_of(trained.module) as attentions:
            unfused = trained.module(inputs)
    assert torch.allclose(plain, unfused, atol=1e-5)
    assert [tuple(a.shape) for a in attentions] == [(4, 3, 17, 17)] * 2
    assert [block.attn.fused_attn for block in trained.module.blocks] == before


@pytest.mark.parametrize(
    "options",
    [
        {"patch_size": 4},
        {"img_size": (32, 48)},
        {"reg_tokens": 4},
        {"class_token": False, "global_pool": "avg"},
        {"patch_drop_rate": 0.5},
    ],
)
def test_every_shape_of_vision_transformer_has_a_map_per_patch(
    options: dict[str, Any], tiny_vit: Callable[..., Any], normaliser: Normaliser
) -> None:
    """Patch size, oblong pictures, registers, no class token, patch drop: grid and prefix are the model's own."""
    model = asked(tiny_vit(**options).train(), normaliser)
    height_px, width_px = options.get("img_size", (32, 32))
    side = options.get("patch_size", 8)
    pixels = np.random.default_rng(0).integers(0, 255, (3, height_px, width_px), np.uint8)
    for method in Method:
        maps = attribute(method, model, pixels, np.array([0, 1, 2]))
        assert maps.shape == (3, height_px // side, width_px // side)
        assert (maps >= 0).all()
        assert maps.any()


def test_model_of_the_recipe_can_be_explained(normaliser: Normaliser) -> None:
    """The test_vit of timm at 64 px and 8 px patches, as recipe=fast makes it."""
    model = asked(timm.create_model("test_vit", img_size=64, patch_size=8, in_chans=1, num_classes=3), normaliser)
    pixels = np.random.default_rng(0).integers(0, 255, (2, 64, 64), np.uint8)
    assert attribute(Method.GRAD_CAM, model, pixels, np.array([0, 2])).shape == (2, 8, 8)


def test_other_networks_are_refused(normaliser: Normaliser) -> None:
    """A network without patch tokens is a usage error, not a crash."""
    with pytest.raises(UsageError, match="only vision transformers"):
        asked(torch.nn.Linear(3, 3), normaliser)


def test_enlarged_map_keeps_place_and_range() -> None:
    """A hot patch stays in its corner, whatever the shape of the frame, and nothing overshoots."""
    heat = np.zeros((4, 4), np.float32)
    heat[0, 3] = 2.0
    large = enlarge(heat, (60, 100))
    assert large.shape == (60, 100)
    row, column = np.unravel_index(large.argmax(), large.shape)
    assert row < 15
    assert column >= 75
    assert large.min() == 0
    assert large.max() == pytest.approx(2.0)
