"""How many images a second are explained, per model and method. It says more of the machine than of Fracto."""

import time

import numpy as np
import pytest
import timm
import torch

from fractotrain.attribution.asked import asked
from fractotrain.attribution.methods import Method, attribute
from fractotrain.attribution.together import attribute_by
from fractotrain.transforms import Normaliser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

MODELS = {
    "test_vit": {"img_size": 64, "patch_size": 8, "in_chans": 1},
    "vit_small_patch16_224": {},
    "vit_base_patch16_224": {},
}


@pytest.mark.parametrize("name", MODELS)
def test_images_a_second(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every method explains a batch; forward pass alone for comparison. Random weights cost what learnt ones do."""
    options = MODELS[name]
    network = timm.create_model(name, pretrained=False, num_classes=3, **options)
    normalise = Normaliser((0.5,) * 3, (0.5,) * 3, int(options.get("in_chans", 3)), torch.device("cpu"))
    model = asked(network, normalise, batch_size=8)
    side = int(options.get("img_size", 224))
    pixels = np.random.default_rng(0).integers(0, 255, (16, side, side), np.uint8)
    targets = np.zeros(len(pixels), np.int64)
    model.probabilities(pixels[:2])
    with capsys.disabled():
        print(f"\n{name}, {torch.get_num_threads()} thread(s)")  # noqa: T201 - the result of a benchmark
        began = time.perf_counter()
        model.probabilities(pixels)
        print(f"  {'answer alone':<14} {len(pixels) / (time.perf_counter() - began):8.1f} img/s")  # noqa: T201
        for method in Method:
            began = time.perf_counter()
            maps = attribute(method, model, pixels, targets)
            print(f"  {method:<14} {len(pixels) / (time.perf_counter() - began):8.1f} img/s")  # noqa: T201
            assert len(maps) == len(pixels)
        began = time.perf_counter()
        attribute_by(tuple(Method), model, pixels, targets)
        print(f"  {'all together':<14} {len(pixels) / (time.perf_counter() - began):8.1f} img/s")  # noqa: T201
