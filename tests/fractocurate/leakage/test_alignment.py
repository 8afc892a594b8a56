"""The transform between two frames, and what they look like where they overlap."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fractocurate.leakage.alignment import Alignment, align, match_features
from fractocurate.leakage.candidates import hashes_from_hex
from fractocurate.leakage.common_region import compare_common_region
from fractocurate.leakage.fingerprints import GreyFrame, phash
from fractocurate.leakage.local_features import find_features
from fractocurate.leakage.symmetries import SYMMETRIES, alignment_by_symmetry, find_symmetric_pairs, symmetric_hashes
from fractocurate.leakage.views import View

NUMBERS = st.complex_numbers(min_magnitude=0.1, max_magnitude=8, allow_nan=False, allow_infinity=False)


@given(NUMBERS, NUMBERS, NUMBERS, st.booleans())
def test_the_inverse_brings_every_place_back(
    factor: complex,
    offset: complex,
    place: complex,
    is_mirrored: bool,  # noqa: FBT001 - drawn
) -> None:
    """For any similarity, mirrored or not."""
    alignment = Alignment(factor, offset, is_mirrored, 0)
    assert alignment.inverse().at(alignment.at(place)) == pytest.approx(place, abs=1e-6)
    assert alignment(np.array([place]))[0] == pytest.approx(alignment.at(place))


@pytest.mark.parametrize("factor", [1.5, 2.0, 3.0])
def test_a_planted_zoom_is_measured(texture: Callable[..., GreyFrame], factor: float) -> None:
    """Scale and place of a window that was enlarged to the whole frame are found, and both frames agree on it."""
    frame = texture(3, 640, 480)
    height, width = round(480 / factor), round(640 / factor)
    window = Image.fromarray(frame[100 : 100 + height, 150 : 150 + width])
    close = np.asarray(window.resize((640, 480), Image.Resampling.BICUBIC))
    a, b = find_features(frame), find_features(close)
    (best, *_) = align(a, b)
    assert best.n_inliers >= 6
    assert best.scale == pytest.approx(factor, rel=0.02)
    assert best.at((100 + 150j) / 640) == pytest.approx(0, abs=0.01)
    region = compare_common_region(View(a.view), View(b.view), best)
    assert region is not None
    assert region.ssim > 0.85
    assert region.share_a == pytest.approx(1 / factor**2, rel=0.1)
    assert region.share_b > 0.95
    back = compare_common_region(View(b.view), View(a.view), best.inverse())
    assert back is not None
    assert (back.ssim, back.share_b) == pytest.approx((region.ssim, region.share_a), abs=1e-6)


def test_strangers_have_few_common_witnesses(texture: Callable[..., GreyFrame]) -> None:
    """Fields that have nothing to do with each other agree on no transform by more than four marks."""
    features = [find_features(texture(seed)) for seed in range(8)]
    counts = [
        found.n_inliers
        for n, a in enumerate(features)
        for b in features[:n]
        for is_mirrored in (False, True)
        for found in align(a, b, is_mirrored=is_mirrored)
    ]
    assert len(counts) > 20
    assert max(counts) <= 4


def test_matches_are_mutual_and_near() -> None:
    """Each descriptor meets its planted copy, though bits were flipped; one without a copy meets none."""
    rng = np.random.default_rng(4)
    bits = rng.integers(0, 256, (40, 16), dtype=np.uint8)
    copies = bits[:39].copy()
    copies[:, 0] ^= 0b10000001
    first, second = match_features(bits, copies[::-1])
    assert dict(zip(first.tolist(), second.tolist(), strict=True)) == {n: 38 - n for n in range(39)}
    assert all(len(found) == 0 for found in match_features(bits, bits[:0]))


def test_a_blank_common_region_is_no_evidence(texture: Callable[..., GreyFrame]) -> None:
    """Two frames that share a flat corner, or nothing, are not compared."""
    a, b = texture(5, 256, 192), texture(6, 256, 192)
    a[:, 128:] = 90
    b[:, :128] = 90
    half_over = Alignment(1 + 0j, -0.5j, is_mirrored=False, n_inliers=9)
    assert compare_common_region(View(a), View(b), half_over) is None
    assert compare_common_region(View(a), View(b), Alignment(1 + 0j, 5 + 0j, is_mirrored=False, n_inliers=9)) is None


@pytest.mark.parametrize("symmetry", range(8))
def test_each_symmetry_is_recognised_by_hash_and_undone_by_its_alignment(
    texture: Callable[..., GreyFrame], symmetry: int
) -> None:
    """A turned or mirrored frame has, up to rounding, the pHash foretold, and lies where its alignment says."""
    frame = texture(7, 256, 192)
    is_transposed, are_rows_reversed, are_columns_reversed = SYMMETRIES[symmetry]
    turned = frame.T if is_transposed else frame
    turned = turned[::-1] if are_rows_reversed else turned
    turned = np.ascontiguousarray(turned[:, ::-1] if are_columns_reversed else turned)
    hashes = np.stack([symmetric_hashes(frame), symmetric_hashes(turned), symmetric_hashes(texture(8, 256, 192))])
    own = hashes_from_hex([phash(Image.fromarray(f)) for f in (frame, turned)])
    assert int(hashes[0, symmetry] ^ own[1]).bit_count() <= 4
    region = compare_common_region(View(frame), View(turned), alignment_by_symmetry(frame.shape, symmetry))
    assert region is not None
    assert region.ssim > 0.99
    plain = np.append(own, hashes[2, :1])
    for is_new in ([True, True, True], [True, False, False], [False, True, False]):
        found = find_symmetric_pairs(hashes, plain, np.array(is_new), 10)
        pairs = {tuple(sorted((first, second))) for first, second, _ in found}
        assert pairs == ({(0, 1)} if symmetry else set())
    assert not list(find_symmetric_pairs(hashes, plain, np.array([False, False, True]), 10))
