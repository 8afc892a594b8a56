"""How many images a second of processor time are explained, per model and method, on one thread."""

import time
from collections.abc import Callable

import numpy as np
import pytest
import timm
import torch

from fractotrain.attribution.asked import asked
from fractotrain.attribution.methods import Method
from fractotrain.attribution.together import ANSWER, attribute, attribute_by
from fractotrain.transforms import Normaliser

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

MODELS = {
    "test_vit": {"img_size": 64, "patch_size": 8, "in_chans": 1},
    "vit_small_patch16_224": {},
    "vit_base_patch16_224": {},
}
N_IMAGES = {"test_vit": 64, "vit_small_patch16_224": 16, "vit_base_patch16_224": 4}
TARGET = ("vit_small_patch16_224", Method.GRAD_CAM, 5.0)
"""Images a second that are asked for."""


def _rate(n_images: int, work: Callable[[], object]) -> float:
    """Images a second of processor time: what other processes do meanwhile does not count, or hardly."""
    began = time.process_time()
    work()
    return n_images / (time.process_time() - began)


@pytest.mark.parametrize("name", MODELS)
def test_images_a_second(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every method explains a batch; forward pass alone for comparison. Random weights cost what learnt ones do."""
    options = MODELS[name]
    network = timm.create_model(name, pretrained=False, num_classes=3, **options)
    normalise = Normaliser((0.5,) * 3, (0.5,) * 3, int(options.get("in_chans", 3)), torch.device("cpu"))
    model = asked(network, normalise, batch_size=8)
    side, n_images = int(options.get("img_size", 224)), N_IMAGES[name]
    pixels = np.random.default_rng(0).integers(0, 255, (n_images, side, side), np.uint8)
    targets = np.full(n_images, ANSWER)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    model.probabilities(pixels[:2])
    rates = {"answer alone": _rate(n_images, lambda: model.probabilities(pixels))}
    rates |= {m: _rate(n_images, lambda m=m: attribute(m, model, pixels, targets)) for m in Method}
    rates["all together"] = _rate(n_images, lambda: attribute_by(tuple(Method), model, pixels, targets))
    torch.set_num_threads(threads)
    with capsys.disabled():
        print(f"\n{name}, images a second of processor time, one thread")  # noqa: T201 - the result of a benchmark
        for what, rate in rates.items():
            print(f"  {what:<14} {rate:8.1f}")  # noqa: T201 - as above
    if name == TARGET[0]:
        assert rates[TARGET[1]] >= TARGET[2]
