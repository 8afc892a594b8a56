"""Local features: where marks lie, and that a mirror changes nothing but the order of bits."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.ndimage import gaussian_filter

from fractocurate.leakage.fingerprints import GreyFrame
from fractocurate.leakage.local_features import (
    MAX_FEATURES,
    MAX_LIKE_BITS,
    LocalFeatures,
    find_features,
    like_limits,
    mirrored_bits,
)


def test_features_survive_the_catalog(texture: Callable[..., GreyFrame]) -> None:
    """Bytes and back: the same places, shapes and bits; the view keeps the frame's shape."""
    found = find_features(texture(1))
    again = LocalFeatures.from_bytes(found.to_bytes(), found.view_jpeg)
    assert len(again) == len(found) > 50
    np.testing.assert_allclose(again.positions, found.positions)
    np.testing.assert_allclose(again.shapes, found.shapes, rtol=1e-5)
    np.testing.assert_array_equal(again.bits, found.bits)
    np.testing.assert_array_equal(again.limits, found.limits)
    assert found.view.shape == (240, 320)


def test_features_of_a_mirrored_frame_are_the_mirrored_features(texture: Callable[..., GreyFrame]) -> None:
    """Marks of the mirrored frame lie at mirrored places and have the bits that ``mirrored_bits`` foretells."""
    frame = texture(2)
    found, mirrored = find_features(frame), find_features(frame[:, ::-1])
    foretold = found.positions.conj() + 1j  # the frame's width is the unit of length
    nearest = np.abs(foretold[:, None] - mirrored.positions).argmin(axis=1)
    same_turn = np.abs(mirrored.shapes[nearest] / found.shapes.conj() - 1) < 0.05
    assert same_turn.mean() > 0.6  # a mark with two directions is listed twice
    differing = np.unpackbits(mirrored_bits(found.bits) ^ mirrored.bits[nearest], axis=1).sum(axis=1)
    assert np.median(differing[same_turn]) <= 4


def test_a_mark_that_its_frame_repeats_may_differ_in_few_bits_only() -> None:
    """The limit is a share of what tells a mark from the likest other one; one mark seen twice is no other one."""
    bits = np.random.default_rng(1).integers(0, 256, (4, 16), dtype=np.uint8)
    bits[2] = bits[3] = bits[1]
    bits[2, 0] ^= 0b111  # three bits off, elsewhere in the frame
    positions = np.array([0.1 + 0.1j, 0.5 + 0.5j, 0.7 + 0.1j, 0.5 + 0.51j], np.complex64)
    assert like_limits(positions, bits).tolist() == [MAX_LIKE_BITS, 2, 2, 2]
    assert like_limits(positions[:1], bits[:1]).tolist() == [MAX_LIKE_BITS]


def test_pale_frames_have_marks_too() -> None:
    """Where the usual contrast leaves few, less is asked."""
    smooth = gaussian_filter(np.random.default_rng(4).standard_normal((240, 320)), 12)
    frame = np.full((240, 320), 40.0)
    frame[60:90, 200:260] = 200  # fixes the range of grey levels
    frame += 8 * smooth / smooth.std()
    assert len(find_features(frame.clip(0, 255).astype(np.uint8))) > 40


@given(arrays.arrays(np.uint8, st.tuples(st.integers(0, 5), st.just(16))))
def test_two_mirrors_undo_each_other(bits: np.ndarray) -> None:
    """For any descriptors, none included."""
    np.testing.assert_array_equal(mirrored_bits(mirrored_bits(bits)), bits)


@pytest.mark.parametrize("shape", [(60, 80), (5, 400), (1, 1)])
def test_blank_or_thin_frames_have_no_features(shape: tuple[int, int]) -> None:
    """Nothing to find is no error."""
    found = find_features(np.full(shape, 90, np.uint8))
    assert len(found) == 0
    assert len(LocalFeatures.from_bytes(found.to_bytes(), found.view_jpeg)) == 0


def test_many_marks_are_thinned_but_the_coarsest_stay() -> None:
    """The number is bounded, and what a zoom-out shares is kept."""
    fine = gaussian_filter(np.random.default_rng(3).standard_normal((384, 512)), 1.5)
    found = find_features((np.clip(fine / fine.std() + 3, 0, 6) * 40).astype(np.uint8))
    assert len(found) == MAX_FEATURES
    assert np.abs(found.shapes).max() > 0.01
