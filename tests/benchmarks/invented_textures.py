"""A small ViT pretrained on invented textures: what stands in for weights from the hub where there is no hub.

The textures are drawn here and have nothing to do with fractures: twelve kinds, each coarse or fine. Telling them apart
teaches a network edges, grain, direction and density, as photographs would teach it more. Same seed, same weights.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import timm
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from fractotrain.schedule import lr_factor

SIDE_PX = 96
ARCHITECTURE = "vit_tiny_patch16_224"
SHAPE = {"img_size": SIDE_PX, "patch_size": 12}
OPTIONS = {"embed_dim": 64, "num_heads": 2}
"""As deep as the paper's ViT-B, so that its layer-wise decay has the same 14 levels; 0.6 M parameters."""

Picture = NDArray[np.float64]
"""Shape (height, width), any range."""
Draw = Callable[[np.random.Generator, float], Picture]
"""From a generator and the size of the structure in pixels."""


def _noise(rng: np.random.Generator, size_px: float, stretch: float = 1.0) -> Picture:
    return gaussian_filter(rng.standard_normal((SIDE_PX, SIDE_PX)), (size_px, size_px * stretch), mode="wrap")


def _fractal(rng: np.random.Generator, size_px: float) -> Picture:
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE_PX), np.fft.fftfreq(SIDE_PX))) + 1 / SIDE_PX
    spectrum = np.fft.fft2(rng.standard_normal((SIDE_PX, SIDE_PX))) / frequency ** (0.6 + 0.1 * size_px)
    return np.real(np.fft.ifft2(spectrum))


def _axes(rng: np.random.Generator) -> tuple[Picture, Picture]:
    """Coordinates along a random direction and across it, bent a little."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX] - SIDE_PX / 2
    angle = rng.uniform(0, np.pi)
    bend = 8 * _noise(rng, 16) / _noise(rng, 16).std()
    return np.cos(angle) * x + np.sin(angle) * y + bend, np.cos(angle) * y - np.sin(angle) * x + bend


def _distances(rng: np.random.Generator, size_px: float) -> tuple[Picture, Picture, NDArray[np.int64]]:
    """To the nearest and the second of some random points, and which is the nearest."""
    points = rng.uniform(-size_px, SIDE_PX + size_px, (max(8, int(2 * (SIDE_PX / size_px) ** 2)), 2))
    found, which = cKDTree(points).query(np.stack(np.mgrid[:SIDE_PX, :SIDE_PX], axis=-1), k=2)
    return found[..., 0], found[..., 1], which[..., 0]


def _cells(rng: np.random.Generator, size_px: float) -> Picture:
    _, _, which = _distances(rng, 2 * size_px)
    return rng.uniform(-1, 1, which.max() + 1)[which]


def _borders(rng: np.random.Generator, size_px: float) -> Picture:
    nearest, second, _ = _distances(rng, 2 * size_px)
    return -np.exp(-((second - nearest) ** 2))


def _domes(rng: np.random.Generator, size_px: float) -> Picture:
    nearest, _, _ = _distances(rng, 2 * size_px)
    return np.sqrt(np.clip(1 - (nearest / size_px) ** 2, 0, None))


def _pits(rng: np.random.Generator, size_px: float) -> Picture:
    nearest, _, which = _distances(rng, 4 * size_px)
    outside = nearest > size_px * rng.uniform(0.3, 1.2, which.max() + 1)[which]
    return outside + 0.2 * _noise(rng, 1)


def _waves(rng: np.random.Generator, size_px: float) -> Picture:
    return np.sin(_axes(rng)[0] * np.pi / size_px)


def _lattice(rng: np.random.Generator, size_px: float) -> Picture:
    along, across = _axes(rng)
    return np.sin(along * np.pi / size_px) * np.sin(across * np.pi / size_px)


def _terraces(rng: np.random.Generator, size_px: float) -> Picture:
    field = _noise(rng, 4 * size_px)
    return np.mod(4 * field / field.std(), 1.0)


def _worms(rng: np.random.Generator, size_px: float) -> Picture:
    return np.tanh(8 * (_noise(rng, size_px / 2) - _noise(rng, size_px)) / _noise(rng, size_px / 2).std())


def _fibres(rng: np.random.Generator, size_px: float) -> Picture:
    along, _ = _axes(rng)
    table = rng.standard_normal(512)
    return np.interp(along / size_px * 2 + 256, np.arange(512), table)


def _rings(rng: np.random.Generator, size_px: float) -> Picture:
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX] - rng.uniform(0, SIDE_PX, (2, 1, 1))
    return np.sin(np.hypot(x, y) * np.pi / size_px + _noise(rng, 8) * 20)


def _rays(rng: np.random.Generator, size_px: float) -> Picture:
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX] - rng.uniform(0, SIDE_PX, (2, 1, 1))
    return np.sin(np.arctan2(y, x) * int(80 / size_px) + _noise(rng, 8) * 10)


KINDS: tuple[Draw, ...] = (
    _fractal, _cells, _borders, _domes, _pits, _waves, _lattice, _terraces, _worms, _fibres, _rings, _rays,
)  # fmt: skip
N_LABELS = 2 * len(KINDS)


def textures(n: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures, shape (n, side, side), in light and noise of a bad frame, and which kind each is, coarse or fine."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(N_LABELS, size=n)
    pictures = np.empty((n, SIDE_PX, SIDE_PX), np.uint8)
    for i, label in enumerate(labels):
        coarse, kind = divmod(int(label), len(KINDS))
        picture = KINDS[kind](rng, rng.uniform(5, 9) if coarse else rng.uniform(2, 4))
        picture = (picture - picture.mean()) / (picture.std() + 1e-9)
        lighting, grain = _noise(rng, 24), _noise(rng, rng.uniform(0, 0.7))
        picture = picture + rng.uniform(0, 0.6) * lighting / lighting.std() + rng.uniform(0, 0.5) * grain / grain.std()
        grey = rng.uniform(90, 150) + rng.uniform(20, 60) * rng.choice([-1, 1]) * picture
        pictures[i] = np.clip(grey, 0, 255).astype(np.uint8)
    return pictures, labels


def pretrain(file: Path, n_pictures: int = 12_000, epochs: int = 5, seed: int = 0) -> float:
    """Write weights as safetensors; the share of new textures that the network names rightly."""
    torch.manual_seed(seed)
    model = timm.create_model(ARCHITECTURE, num_classes=N_LABELS, in_chans=1, weight_init="jax", **SHAPE, **OPTIONS)
    pictures, labels = textures(n_pictures, seed)
    optimiser = torch.optim.AdamW(model.parameters(), weight_decay=0.05)
    order_rng = np.random.default_rng([seed, 1])
    batches = [b for _ in range(epochs) for b in np.split(order_rng.permutation(n_pictures), range(32, n_pictures, 32))]
    for update, batch in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * lr_factor(update, len(batches), 100, 0.1)
        loss = torch.nn.functional.cross_entropy(model(_scaled(pictures[batch])), torch.from_numpy(labels[batch]))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
    save_file(model.state_dict(), file)
    unseen, truth = textures(1_000, seed + 1)
    model.eval()
    with torch.no_grad():
        answers = torch.cat([model(_scaled(unseen[start : start + 100])) for start in range(0, 1_000, 100)]).argmax(1)
    return float((answers.numpy() == truth).mean())


def _scaled(grey: NDArray[np.uint8]) -> torch.Tensor:
    return (torch.from_numpy(grey).unsqueeze(1).float() / 255 - 0.5) / 0.5
