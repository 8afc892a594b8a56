"""Speed of training as ratios within one run, printed as a table."""

import hashlib
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from timm import create_model
from timm.optim._param_groups import param_groups_layer_decay
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import RandAugment

from data_contracts.pixels import decode_grey
from fractotrain.cache import Frame, cached_pixels, decode_frame
from fractotrain.device import choose_machine
from fractotrain.loop import NOBODY, Bench, Images, fit
from fractotrain.model import Weights, build_model, input_format
from fractotrain.settings import Settings, compose_settings
from fractotrain.transforms import Normaliser, grey_batch

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

SIZE_PX = (224, 224)
FRAME_PX = (960, 1280)
"""Height and width of a frame as microscopes write them."""
N_FRAMES = 16


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[Frame]:
    """Noisy TIFF frames with a data bar of 64 px that the crop leaves out."""
    folder = tmp_path_factory.mktemp("frames")
    rng = np.random.default_rng(0)
    found = []
    for number in range(N_FRAMES):
        path = folder / f"{number:02d}.tif"
        grey = np.clip(rng.normal(128, 40, FRAME_PX), 0, 255).astype(np.uint8)
        Image.fromarray(grey).save(path, compression="tiff_lzw")
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        found.append(Frame(path, path.name, sha256, (0, 0, FRAME_PX[1], FRAME_PX[0] - 64)))
    return found


def seconds(work: Callable[[], object]) -> float:
    """What a call takes: time on a GPU; else processor time with that of its workers, which no neighbour changes."""
    if torch.cuda.is_available():
        began = time.perf_counter()
        work()
        torch.cuda.synchronize()
        return time.perf_counter() - began
    began = processor_s()
    work()
    return processor_s() - began


def processor_s() -> float:
    """Of this process and of the children that ended, user and system."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in spent)


def show(capsys: pytest.CaptureFixture[str], title: str, milliseconds: dict[str, float], ratio: float) -> None:
    """Print a table, past pytest's capture."""
    with capsys.disabled():
        print(f"\n{title}")  # noqa: T201 - the result of a benchmark
        for name, per_image in milliseconds.items():
            print(f"  {name:<40} {per_image:10.3f} ms an image")  # noqa: T201 - as above
        print(f"  {'ratio':<40} {ratio:10.1f}")  # noqa: T201 - as above


def test_cached_pixels_cost_a_twentieth_of_decoding(
    frames: list[Frame], tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an epoch pays for its pixels: mapped from the cache, against decoded, cropped and resized each time."""
    pixels, failures = cached_pixels(frames, SIZE_PX, tmp_path_factory.mktemp("cache"))
    assert pixels is not None, failures
    everything = np.arange(len(frames))
    direct_s = seconds(lambda: [decode_frame(frame, SIZE_PX) for frame in frames])
    cached_s = seconds(lambda: [grey_batch(pixels, everything) for _ in range(100)]) / 100
    ratio = direct_s / cached_s
    times = {"decode, crop, resize": direct_s, "cache": cached_s}
    show(capsys, "data path", {name: 1000 * t / len(frames) for name, t in times.items()}, ratio)
    assert ratio >= 20


class PlainImages(Dataset[tuple[torch.Tensor, int]]):
    """Decodes, crops, resizes and varies a frame each time it is asked for, as the published code does."""

    def __init__(self, frames: list[Frame], labels: NDArray[np.int64]) -> None:
        self.frames, self.labels = frames, labels
        self.vary = RandAugment(2, 12)

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        frame = self.frames[index]
        grey = Image.fromarray(decode_grey(frame.path.read_bytes()).grey).crop(frame.crop_box)
        varied = self.vary(grey.resize(SIZE_PX[::-1], Image.Resampling.BILINEAR).convert("RGB"))
        return (torch.from_numpy(np.array(varied)).permute(2, 0, 1).float() / 255 - 0.5) / 0.5, int(self.labels[index])


def plain_epoch(settings: Settings, frames: list[Frame], labels: NDArray[np.int64], device: torch.device) -> None:
    """One epoch as the recipe describes it: up to 4 workers, batch 8, accumulate 2, ``.item()`` at each step."""
    model: Any = create_model(settings.model.name, num_classes=3, drop_path_rate=0.1, patch_drop_rate=0.111).to(device)
    groups = param_groups_layer_decay(model, weight_decay=0.14, layer_decay=0.843)
    optimiser = torch.optim.AdamW(groups, lr=7.3e-5)
    scaler = torch.amp.GradScaler(device.type, enabled=device.type == "cuda")
    losses = []
    loader = DataLoader(PlainImages(frames, labels), 8, num_workers=min(4, torch.get_num_threads()))
    for step, (images, targets) in enumerate(loader, start=1):
        with torch.autocast(device.type, torch.float16, enabled=device.type == "cuda"):
            ce = torch.nn.functional.cross_entropy(model(images.to(device)), targets.to(device), reduction="none")
        loss = ((1 - torch.exp(-ce)) ** 2 * ce).mean()
        scaler.scale(loss / 2).backward()
        losses.append(loss.item())
        if step % 2 == 0:
            scaler.step(optimiser)
            scaler.update()
            optimiser.zero_grad()
    assert np.isfinite(losses).all()


def test_training_step_of_vit_b_against_a_plain_loop(
    frames: list[Frame], tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """An epoch of the paper's model: recipe=base as it runs here, against fp32 (fp16 on a GPU) with decoding."""
    settings = compose_settings(["recipe=base", "model.init=scratch", "optim.epochs=1", "optim.warmup_updates=0"])
    machine = choose_machine(settings)
    shape, labels = input_format(settings.model), np.arange(len(frames)) % 3
    pixels, _ = cached_pixels(frames, shape.size_px, tmp_path_factory.mktemp("cache"))
    assert pixels is not None
    model = build_model(settings.model, Weights("scratch", None, None), 0)
    normalise = Normaliser(shape.mean, shape.std, settings.model.in_chans, machine.device)
    bench = Bench(Images(pixels, labels), settings, normalise, machine)
    fit(model, bench, np.arange(8), NOBODY)  # kernels are chosen at the first step
    ours_s = seconds(lambda: fit(model, bench, np.arange(len(frames)), NOBODY))
    plain_s = seconds(lambda: plain_epoch(settings, frames, labels, machine.device))
    ratio = plain_s / ours_s
    times = {"plain loop": plain_s, "fracto train": ours_s}
    title = f"ViT-B on {machine.name}, {machine.precision}"
    show(capsys, title, {name: 1000 * t / len(frames) for name, t in times.items()}, ratio)
    if machine.device.type == "cuda":
        assert ratio >= 4
    elif machine.precision == "bf16":
        assert ratio >= 2
    else:
        assert ratio >= 0.9
