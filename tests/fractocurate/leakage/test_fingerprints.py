"""Fingerprints of frames."""

import hashlib
from collections.abc import Callable

import imagehash
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fractocurate.leakage.fingerprints import GreyFrame, fingerprint, thumbnail_size_px


def test_the_hash_is_the_64_bit_phash_of_imagehash(texture: Callable[..., GreyFrame]) -> None:
    """A small frame's to the bit, most significant bit first; a large frame's but for two bits."""
    assert int(fingerprint(texture(1, 180, 150)).phash, 16) == _bits_of_imagehash(texture(1, 180, 150))
    for seed in range(5):
        frame = texture(seed, 640, 480)
        assert (int(fingerprint(frame).phash, 16) ^ _bits_of_imagehash(frame)).bit_count() <= 2
    assert len(fingerprint(texture(1)).phash) == 16


def _bits_of_imagehash(frame: GreyFrame) -> int:
    bits = imagehash.phash(Image.fromarray(frame)).hash.ravel()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def test_the_thumbnail_keeps_the_shape_with_its_longest_side_at_128_px(texture: Callable[..., GreyFrame]) -> None:
    """SSIM is computed on greyscale pictures whose longest side is 128 px."""
    assert fingerprint(texture(1, 320, 240)).thumbnail.shape == (96, 128)
    assert fingerprint(texture(1, 200, 400)).thumbnail.shape == (128, 64)
    assert fingerprint(texture(1, 64, 32)).thumbnail.shape == (64, 128)
    assert fingerprint(texture(1)).thumbnail.dtype == np.uint8


@given(st.integers(1, 40_000), st.integers(1, 40_000))
def test_no_thumbnail_is_thinner_than_the_ssim_window(width_px: int, height_px: int) -> None:
    """Even a line scan has a thumbnail that SSIM accepts, and no side exceeds 128 px."""
    sides = thumbnail_size_px(width_px, height_px)
    assert max(sides) == 128
    assert min(sides) >= 7


def test_equal_pixels_share_a_digest_and_other_shapes_of_the_same_bytes_do_not(
    texture: Callable[..., GreyFrame],
) -> None:
    """The digest covers the shape: the same grey levels in rows of another length are another picture."""
    frame = texture(3, 40, 30)
    assert fingerprint(frame).pixel_sha256 == fingerprint(np.asfortranarray(frame)).pixel_sha256
    assert fingerprint(frame).pixel_sha256 == hashlib.sha256(b"40x30:" + frame.tobytes()).hexdigest()
    assert fingerprint(frame).pixel_sha256 != fingerprint(frame.reshape(40, 30)).pixel_sha256


@pytest.mark.parametrize("level", [0, 127, 255])
def test_a_flat_frame_is_featureless(level: int) -> None:
    """Blank, black and saturated frames carry nothing that could be compared."""
    assert fingerprint(np.full((60, 80), level, dtype=np.uint8)).is_featureless


def test_a_faint_texture_is_not_featureless(texture: Callable[..., GreyFrame]) -> None:
    """A dark, low-contrast frame still has a face."""
    assert not fingerprint(texture(1) // 16).is_featureless


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint16), np.zeros((0, 4), np.uint8)],
    ids=["colour", "16 bit", "empty"],
)
def test_what_is_no_grey_frame_is_refused(array: np.ndarray) -> None:
    """The caller decodes and crops; anything but a uint8 frame is its mistake and is named."""
    with pytest.raises(ValueError, match="grey frame is uint8"):
        fingerprint(array)
