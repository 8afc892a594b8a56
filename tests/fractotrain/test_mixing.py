"""Mixed pictures and their labels belong together."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fractotrain.losses import focal_loss
from fractotrain.mixing import mix


def _flat(batch: int, size_px: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures that show nothing but their own class: level 1 in the channel of the class, 0 in the others."""
    labels = torch.arange(batch) % 3
    images = torch.zeros(batch, 3, size_px, size_px)
    images[torch.arange(batch), labels] = 1.0
    return images, labels


@pytest.mark.parametrize(("mixup_alpha", "cutmix_alpha"), [(0.8, 0.0), (0.0, 1.0), (0.4, 1.0)])
@given(batch=st.integers(1, 9), seed=st.integers(0, 2**31))
def test_label_is_what_the_picture_shows(mixup_alpha: float, cutmix_alpha: float, batch: int, seed: int) -> None:
    """The mean level of each channel is the share of its class, for any size of batch, odd ones and one included."""
    torch.manual_seed(seed)
    images, labels = _flat(batch)
    mixed, shares = mix(images, labels, 3, mixup_alpha, cutmix_alpha)
    assert mixed.shape == images.shape
    assert torch.allclose(mixed.mean(dim=(2, 3)), shares, atol=1e-5)
    assert torch.allclose(shares.sum(dim=1), torch.ones(batch))


def test_cutmix_cuts_and_mixup_blends() -> None:
    """Patches keep the levels of their source; blends do not. Neither changes the batch that it was given."""
    images, labels = _flat(6)
    before = images.clone()
    levels = {0.0: set(), 1.0: set()}  # type: dict[float, set[float]]
    for seed in range(20):
        torch.manual_seed(seed)
        for alpha, (mixup_alpha, cutmix_alpha) in {0.0: (1.0, 0.0), 1.0: (0.0, 1.0)}.items():
            levels[alpha] |= set(mix(images, labels, 3, mixup_alpha, cutmix_alpha)[0].flatten().tolist())
    assert levels[1.0] == {0.0, 1.0}
    assert len(levels[0.0]) > 10
    assert torch.equal(images, before)


def test_pure_shares_lose_as_their_label_does() -> None:
    """A share of one whole class is that class, with focus and smoothing, too."""
    logits = torch.tensor([[2.0, -1.0, 0.5], [0.0, 1.0, 0.0]])
    labels = torch.tensor([0, 2])
    pure = torch.nn.functional.one_hot(labels, 3).float()
    for smoothing in (0.0, 0.1):
        assert torch.allclose(focal_loss(logits, pure, 2.0, smoothing), focal_loss(logits, labels, 2.0, smoothing))
