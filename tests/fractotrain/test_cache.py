"""The pixel cache holds what the direct path gives, bit for bit, and nothing that is not whole."""

import dataclasses
import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data_contracts.pixels import decode_crop
from data_contracts.vocabulary import FailureReason
from fractotrain.cache import Frame, cached_pixels, decode_frame
from fractotrain.errors import TrainingError

SIZE_PX = (32, 24)


def _frame(folder: Path, name: str, picture: Image.Image, box: tuple[int, int, int, int] = (2, 1, 60, 40)) -> Frame:
    picture.save(folder / name)
    return Frame(folder / name, name, hashlib.sha256((folder / name).read_bytes()).hexdigest(), box)


@pytest.fixture
def frames(tmp_path: Path) -> list[Frame]:
    """Six noisy pictures of several modes."""
    rng = np.random.default_rng(3)
    noise = [rng.integers(0, 256, (50, 64, 3), np.uint8) for _ in range(6)]
    modes = ["L", "RGB", "P", "RGBA", "CMYK", "L"]
    return [
        _frame(tmp_path, f"{i}.tif", Image.fromarray(n).convert(mode))
        for i, (n, mode) in enumerate(zip(noise, modes, strict=True))
    ]


def test_cache_is_bit_exact(frames: list[Frame], tmp_path: Path) -> None:
    """Cached pixels equal file -> grey -> crop -> bilinear resize, written out here once more."""
    for n_threads in (1, 4):
        pixels, failures = cached_pixels(frames, SIZE_PX, tmp_path / f"cache{n_threads}", n_threads)
        assert not failures
        assert pixels is not None
        for frame, row in zip(frames, pixels, strict=True):
            grey = Image.fromarray(decode_crop(frame.path, frame.crop_box))
            direct = np.asarray(grey.resize((24, 32), Image.Resampling.BILINEAR))
            assert (row == direct).all()


def test_print_inside_a_crop_is_filled_before_the_resize(frames: list[Frame], tmp_path: Path) -> None:
    """A mask gives other pixels, those of the rule, and an entry of its own."""
    masked = dataclasses.replace(frames[0], masks=((10, 5, 30, 20),))
    assert masked.key(SIZE_PX) != frames[0].key(SIZE_PX)
    pixels, _ = cached_pixels([frames[0], masked], SIZE_PX, tmp_path / "cache")
    assert pixels is not None
    grey = Image.fromarray(decode_crop(masked.path, masked.crop_box, masked.masks))
    assert (pixels[1] == np.asarray(grey.resize((24, 32), Image.Resampling.BILINEAR))).all()
    assert (pixels[0] != pixels[1]).any()


def test_nothing_is_decoded_twice(frames: list[Frame], tmp_path: Path) -> None:
    """A second run decodes nothing; one more image decodes one; another crop box or size decodes anew."""
    decoded: list[int] = []

    def run(chosen: list[Frame], size_px: tuple[int, int] = SIZE_PX) -> int:
        decoded.clear()
        cached_pixels(chosen, size_px, tmp_path / "cache", 1, lambda done, _: decoded.append(done))
        return len(decoded)

    other_box = dataclasses.replace(frames[0], crop_box=(0, 0, 9, 9))
    assert run(frames[:5]) == 5
    assert run(frames[:5]) == 0
    assert run(frames) == 1
    assert run(frames[::-1]) == 0
    assert run([other_box, *frames[1:]]) == 1
    assert run(frames, (16, 16)) == 6


def test_contained_packs_are_removed(frames: list[Frame], tmp_path: Path) -> None:
    """The cache does not grow with every ingest: a pack that a newer one contains goes."""
    for n in (3, 4, 6):
        cached_pixels(frames[:n], SIZE_PX, tmp_path / "cache")
    assert sorted(path.suffix for path in (tmp_path / "cache").iterdir()) == [".json", ".npy"]


def test_failures_are_all_told_and_leave_no_pack(frames: list[Frame], tmp_path: Path) -> None:
    """Missing, changed, damaged and wrongly cropped images: one failure each, no pixels, no half file."""
    frames[0].path.unlink()
    frames[1].path.write_bytes(frames[2].path.read_bytes())
    broken = frames[2].path.read_bytes()[:300]
    (tmp_path / "broken.tif").write_bytes(broken)
    frames[2] = Frame(tmp_path / "broken.tif", "broken.tif", hashlib.sha256(broken).hexdigest(), (0, 0, 4, 4))
    frames[3] = dataclasses.replace(frames[3], crop_box=(0, 0, 65, 50))
    pixels, failures = cached_pixels(frames, SIZE_PX, tmp_path / "cache", 2)
    assert pixels is None
    assert [f.item for f in failures] == ["0.tif", "1.tif", "broken.tif", "3.tif"]
    assert failures[0].reason == FailureReason.VANISHED
    assert "changed" in failures[1].detail
    assert list((tmp_path / "cache").iterdir()) == []


def test_sixteen_bits_are_not_clipped(tmp_path: Path) -> None:
    """A 12-bit ramp in a 16-bit file keeps its whole range (the published loader made everything above 255 white)."""
    ramp = np.linspace(0, 4095, 64 * 64).reshape(64, 64).astype(np.uint16)
    frame = _frame(tmp_path, "ramp.tif", Image.fromarray(ramp), (0, 0, 64, 64))
    grey = decode_frame(frame, (64, 64))
    assert isinstance(grey, np.ndarray)
    assert (grey == 255).mean() < 0.02
    assert len(np.unique(grey)) > 200


def test_folder_that_cannot_be_made_is_said(frames: list[Frame], tmp_path: Path) -> None:
    """A cache folder under a file ends the run with the setting that names another one."""
    (tmp_path / "file").write_text("")
    with pytest.raises(TrainingError, match=r"data\.cache_dir"):
        cached_pixels(frames, SIZE_PX, tmp_path / "file" / "cache")


def test_full_disk_is_said_before_a_page_is_written(
    frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapped page without room on the disk would end the process without a word: room is taken first."""

    def no_room(_descriptor: int, _offset: int, size: int) -> None:
        assert size >= 6 * SIZE_PX[0] * SIZE_PX[1]
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", no_room)
    with pytest.raises(TrainingError, match="No space left"):
        cached_pixels(frames, SIZE_PX, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_pack_that_another_run_removes_is_made_again(
    frames: list[Frame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that writes a larger pack removes the smaller one, perhaps just when this run wants to map it."""
    expected, _ = cached_pixels(frames[:3], SIZE_PX, tmp_path / "cache")
    load, asked = np.load, list[Path]()

    def load_late(file: Path, **options: Any) -> Any:
        asked.append(file)
        if len(asked) == 1:
            cached_pixels(frames, SIZE_PX, tmp_path / "cache")
        return load(file, **options)

    monkeypatch.setattr(np, "load", load_late)
    pixels, _ = cached_pixels(frames[:3], SIZE_PX, tmp_path / "cache")
    assert pixels is not None
    assert expected is not None
    assert (pixels == expected).all()
