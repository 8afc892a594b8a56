"""Similar pairs of micrographs and of files."""

import csv
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from skimage.metrics import structural_similarity

from data_contracts.pixels import load_grey
from data_contracts.vocabulary import PairKind
from fractocurate.leakage.fingerprints import Fingerprint, GreyFrame, fingerprint
from fractocurate.leakage.pairs import (
    ImageFile,
    SimilarPair,
    find_similar_pairs,
    pairs_between_files,
    ssim_of_thumbnails,
)


@pytest.fixture
def planted(
    texture: Callable[..., GreyFrame], as_jpeg: Callable[[GreyFrame, int], GreyFrame]
) -> dict[str, Fingerprint]:
    """One field in several guises among strangers."""
    field = texture(100)
    frames = {f"stranger {seed}": texture(seed) for seed in range(30)}
    frames |= {
        "field": field,
        "same pixels": field.copy(),
        "re-encoded": as_jpeg(field, 60),
        "brighter": np.clip(field.astype(int) + 25, 0, 255).astype(np.uint8),
        "half size": np.array(Image.fromarray(field).resize((160, 120), Image.Resampling.LANCZOS)),
        "shifted": np.roll(field, (2, 3), axis=(0, 1)),
    }
    return {name: fingerprint(frame) for name, frame in frames.items()}


def test_guises_of_one_field_are_found_and_confirmed(planted: Mapping[str, Fingerprint]) -> None:
    """Same pixels, JPEG re-encoding, brightness, an export at half size and a small shift are near-duplicates."""
    confirmed = {(pair.micrograph_a, pair.micrograph_b): pair for pair in find_similar_pairs(planted)}
    for guise in ("same pixels", "re-encoded", "brighter", "half size", "shifted"):
        pair = confirmed[min(guise, "field"), max(guise, "field")]
        assert pair.is_confirmed, guise
        assert pair.kind is (PairKind.SAME_PIXELS if guise == "same pixels" else PairKind.NEAR_DUPLICATE)
    assert confirmed["field", "same pixels"].ssim == 1.0
    assert confirmed["field", "same pixels"].hamming == 0
    assert confirmed["field", "re-encoded"].ssim > 0.95
    assert confirmed["field", "half size"].scale_ratio == 2.0


def test_strangers_are_not_confirmed(planted: Mapping[str, Fingerprint]) -> None:
    """Different fields of the same kind of texture are no near-duplicates."""
    confirmed = [pair for pair in find_similar_pairs(planted) if pair.is_confirmed]
    assert confirmed
    assert not [pair for pair in confirmed if "stranger" in pair.micrograph_a + pair.micrograph_b]


def test_pairs_do_not_depend_on_the_order_of_the_micrographs(planted: Mapping[str, Fingerprint]) -> None:
    """The same micrographs in another order give the same pairs in the same order."""
    backwards = dict(reversed(planted.items()))
    pairs = find_similar_pairs(planted)
    assert find_similar_pairs(backwards) == pairs
    assert [(p.micrograph_a, p.micrograph_b) for p in pairs] == sorted((p.micrograph_a, p.micrograph_b) for p in pairs)
    assert all(pair.micrograph_a < pair.micrograph_b for pair in pairs)


@pytest.mark.parametrize("known", [["field", "shifted"], ["brighter", "stranger 3", "same pixels"], []])
def test_an_addition_finds_what_a_full_search_adds(planted: Mapping[str, Fingerprint], known: list[str]) -> None:
    """Pairs among known micrographs plus those an addition brings are the pairs of everything."""
    known_only = {name: planted[name] for name in known}
    by_steps = find_similar_pairs(known_only) + find_similar_pairs(planted, known=known)
    in_order = sorted(by_steps, key=lambda pair: (pair.micrograph_a, pair.micrograph_b))
    assert in_order == list(find_similar_pairs(planted))


def test_blank_frames_pair_by_equal_pixels_only() -> None:
    """Two flat frames of different grey are not near-duplicates, although nothing tells their hashes apart."""
    flat = {f"grey {level} {copy}": np.full((60, 80), level, np.uint8) for level in (0, 90, 255) for copy in "ab"}
    pairs = find_similar_pairs({name: fingerprint(frame) for name, frame in flat.items()})
    assert [(pair.micrograph_a, pair.micrograph_b, pair.kind) for pair in pairs] == [
        (f"grey {level} a", f"grey {level} b", PairKind.SAME_PIXELS) for level in (0, 255, 90)
    ]


def test_ssim_is_scikit_images_on_equal_shapes(
    texture: Callable[..., GreyFrame], as_jpeg: Callable[[GreyFrame, int], GreyFrame]
) -> None:
    """Equal shapes are compared as they are: greyscale, data range 255, scikit-image's defaults."""
    a, b = fingerprint(texture(1)), fingerprint(as_jpeg(texture(1), 20))
    expected = structural_similarity(a.thumbnail, b.thumbnail, data_range=255)
    assert ssim_of_thumbnails(a, b) == pytest.approx(expected, abs=1e-9)
    assert 0.5 < expected < 1


@given(st.integers(20, 200), st.integers(20, 200), st.integers(0, 5))
def test_ssim_is_symmetric_whatever_the_shapes(width_px: int, height_px: int, seed: int) -> None:
    """Frames of different shape are compared, and swapping them changes nothing."""
    random = np.random.default_rng(seed)
    a = fingerprint(random.integers(0, 256, (90, 120), dtype=np.uint8))
    b = fingerprint(random.integers(0, 256, (height_px, width_px), dtype=np.uint8))
    assert ssim_of_thumbnails(a, b) == pytest.approx(ssim_of_thumbnails(b, a), abs=1e-12)
    assert -1 <= ssim_of_thumbnails(a, b) <= 1


def test_a_crop_that_is_a_few_rows_taller_is_still_recognised(texture: Callable[..., GreyFrame]) -> None:
    """A data bar found a few rows higher in one copy does not unconfirm the pair, whereas strangers stay far below."""
    field = texture(7)
    assert ssim_of_thumbnails(fingerprint(field), fingerprint(field[:-6])) > 0.6
    assert ssim_of_thumbnails(fingerprint(field), fingerprint(texture(8)[:-6])) < 0.3


def test_files_with_the_same_bytes_make_pairs_and_inherit_those_of_their_micrograph() -> None:
    """Each copy of a micrograph leaks by itself, so pairs are carried over to every file that holds it."""
    files = [
        ImageFile("z.tif", "m1", "F-1", "material"),
        ImageFile("a.tif", "m1", "F-2", "material"),
        ImageFile("m.tif", "m2", None, "green_body"),
        ImageFile("alone.tif", "m3", "F-1", "material"),
    ]
    pair = SimilarPair("m1", "m2", PairKind.NEAR_DUPLICATE, 4, 0.9, 2.0)
    not_among_the_files = SimilarPair("m2", "m9", PairKind.NEAR_DUPLICATE, 4, 0.9, 1.0)
    between = pairs_between_files(files, [pair, not_among_the_files])
    assert [(p.path_a, p.path_b, p.kind) for p in between] == [
        ("a.tif", "m.tif", PairKind.NEAR_DUPLICATE),
        ("a.tif", "z.tif", PairKind.SAME_BYTES),
        ("m.tif", "z.tif", PairKind.NEAR_DUPLICATE),
    ]
    assert [(p.same_foan, p.same_class) for p in between] == [(None, False), (False, True), (None, False)]
    assert [p.scale_ratio for p in between] == [2.0, 1.0, 0.5]
    assert (between[1].hamming, between[1].ssim) == (0, 1.0)


SHARED = Path(os.environ.get("FRACTO_SHARED") or Path(__file__).resolve().parents[3] / "../shared")
PLANTED_PAIRS = SHARED / "data/archive/truth/pairs.csv"


@pytest.mark.shared
@pytest.mark.skipif(not PLANTED_PAIRS.is_file(), reason=f"no shared archive at {SHARED}")
def test_planted_duplicates_of_the_shared_archive_are_all_found() -> None:
    """Every planted duplicate is confirmed, and no pair is invented; bars are cut by the archive's own truth."""
    archive = PLANTED_PAIRS.parents[1]
    fingerprints = {}
    with (archive / "truth/images.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            if row["status"].startswith("broken"):
                continue
            frame = load_grey(archive / row["file"]).grey
            top = int(float(row["bar_y0"])) if row["bar_kind"] == "strip_bottom" else len(frame)
            fingerprints[row["file"]] = fingerprint(frame[:top])
    with PLANTED_PAIRS.open(encoding="utf-8") as table:
        kind_of = {tuple(sorted((row["a"], row["b"]))): row["kind"] for row in csv.DictReader(table)}
    duplicates = {pair for pair, kind in kind_of.items() if kind.startswith("duplicate")}
    found = {(p.micrograph_a, p.micrograph_b) for p in find_similar_pairs(fingerprints) if p.is_confirmed}
    assert duplicates <= found
    assert found <= kind_of.keys()
