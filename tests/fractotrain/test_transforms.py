"""Pictures stay grey until the last moment."""

import numpy as np
import torch
from PIL import Image

from fractotrain.transforms import Normaliser, augmentation, grey_batch

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 20, 20), np.uint8)


def test_without_augmentation_pixels_are_untouched() -> None:
    """Validation sees the cached pixels, in the order asked for."""
    batch = grey_batch(PIXELS, np.array([2, 0]))
    assert torch.equal(batch, torch.from_numpy(PIXELS[[2, 0]]))


def test_augmentation_hangs_on_the_seed_alone_and_stays_grey_bytes() -> None:
    """The same seed varies alike, another one otherwise; the result is still uint8 of the same size."""
    vary = augmentation(2, 12, flips=True)
    runs = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        runs.append(grey_batch(PIXELS, np.arange(4), vary))
    assert runs[0].dtype == torch.uint8
    assert runs[0].shape == PIXELS.shape
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_new_corners_are_black() -> None:
    """What a rotation or shift uncovers is black, as the paper fills it."""
    vary = augmentation(3, 30, flips=False)
    assert vary is not None
    white = Image.new("L", (32, 32), 255)
    torch.manual_seed(0)
    uncovered = [np.asarray(vary(white)) for _ in range(60)]
    assert any((picture[0] == 0).all() or picture[0, 0] == 0 for picture in uncovered)


def test_no_operations_means_none() -> None:
    """Zero operations leave the pictures alone."""
    assert augmentation(0, 12, flips=False) is None


def test_flips_mirror_every_other_picture_each_way() -> None:
    """Alone they give the picture's four mirror images, each about as often, and nothing else."""
    vary = augmentation(0, 12, flips=True)
    assert vary is not None
    mirrored = [PIXELS[0], PIXELS[0][:, ::-1], PIXELS[0][::-1], PIXELS[0][::-1, ::-1]]
    torch.manual_seed(0)
    varied = [np.asarray(vary(Image.fromarray(PIXELS[0]))) for _ in range(200)]
    counts = [sum((picture == one).all() for picture in varied) for one in mirrored]
    assert sum(counts) == 200
    assert min(counts) > 30


def test_normaliser_repeats_grey_over_the_channels() -> None:
    """(x / 255 - mean) / std per channel; a one-channel model takes the mean of the three."""
    grey = torch.full((1, 2, 2), 51, dtype=torch.uint8)
    three = Normaliser((0.1, 0.2, 0.3), (0.5, 0.5, 0.5), 3, torch.device("cpu"))(grey)
    one = Normaliser((0.1, 0.2, 0.3), (0.5, 0.5, 0.5), 1, torch.device("cpu"))(grey)
    assert three.shape == (1, 3, 2, 2)
    assert torch.allclose(three[0, :, 0, 0], torch.tensor([0.2, 0.0, -0.2]), atol=1e-6)
    assert one.shape == (1, 1, 2, 2)
    assert torch.allclose(one, torch.zeros(1, 1, 2, 2), atol=1e-6)
