"""Cropped, resized grey frames, decoded once and kept as one uint8 array that training maps into memory.

An entry is named by what it is made from: the bytes of the file, the crop box with its masks, the size and the rule.
Crop and resize come before every random step, so their result is the same in every epoch, fold and run. A pack is one
``.npy`` file with a ``.json`` beside it that names its rows; it appears under its name only when it is whole.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data_contracts.masks import MASK_RULE_VERSION, MaskBox, cut_picture
from data_contracts.pixels import GreyImage, PixelError, decode_grey, read_bytes
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage
from fractotrain.drafts import draft_of, remove_abandoned
from fractotrain.errors import TrainingError

RULE_VERSION = 2
"""Raised when the same file would give other pixels."""

Pixels = NDArray[np.uint8]
"""Shape (images, height, width), 0 black to 255 white."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One file and the part of it that is used."""

    path: Path
    name: str
    """As the catalog names it."""
    sha256: str
    crop_box: MaskBox
    masks: tuple[MaskBox, ...] = ()
    """Print inside the crop, which is filled."""

    def key(self, size_px: tuple[int, int]) -> str:
        """Name of the entry: equal names, equal pixels."""
        facts = [self.sha256, self.crop_box, self.masks, size_px, RULE_VERSION, MASK_RULE_VERSION]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def decode_frame(frame: Frame, size_px: tuple[int, int]) -> GreyImage | Failure:
    """The direct path: bytes -> grey -> filled crop -> what the model sees, (height, width)."""
    cropped = crop_frame(frame)
    return cropped if isinstance(cropped, Failure) else as_model_sees(cropped, size_px)


def crop_frame(frame: Frame) -> GreyImage | Failure:
    """The used part of a file, grey, at full resolution, print inside it filled."""
    try:
        content = read_bytes(frame.path)
        if hashlib.sha256(content).hexdigest() != frame.sha256:
            return _failure(
                frame, FailureReason.UNREADABLE, "its content changed since the ingest; run `fracto ingest`"
            )
        grey = decode_grey(content).grey
    except PixelError as error:
        return _failure(frame, error.reason, error.detail)
    left, top, right, bottom = frame.crop_box
    height_px, width_px = grey.shape
    if not (0 <= left < right <= width_px and 0 <= top < bottom <= height_px):
        detail = f"the crop box {frame.crop_box} leaves the picture of {width_px} x {height_px} px"
        return _failure(frame, FailureReason.CORRUPT, detail)
    return cut_picture(grey, frame.crop_box, frame.masks)


def as_model_sees(cropped: GreyImage, size_px: tuple[int, int]) -> GreyImage:
    """Bilinear resize to (height, width), aspect ratio not kept."""
    height_px, width_px = size_px
    return np.asarray(Image.fromarray(cropped).resize((width_px, height_px), Image.Resampling.BILINEAR))


def cached_pixels(
    frames: Sequence[Frame],
    size_px: tuple[int, int],
    folder: Path,
    n_threads: int = 1,
    on_decoded: Callable[[int, int], None] | None = None,
) -> tuple[Pixels | None, tuple[Failure, ...]]:
    """Pixels of all frames, in their order, read-only and mapped from disk; or None and every failure.

    Only frames that no pack of the folder holds are decoded. Packs that the new one contains are removed.

    Raises:
        TrainingError: the folder cannot be written.
    """
    keys = [frame.key(size_px) for frame in frames]
    pack = folder / f"{hashlib.sha256(''.join(keys).encode()).hexdigest()[:32]}.npy"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # another run has just put a larger pack in the place of one
            return _packed(frames, keys, size_px, pack, n_threads, on_decoded)
        return _packed(frames, keys, size_px, pack, n_threads, on_decoded)
    except OSError as error:
        raise TrainingError(
            f"{folder}: the pixel cache cannot be written ({error.strerror or error}); free some space or name another "
            "folder by data.cache_dir=..."
        ) from error


def _packed(
    frames: Sequence[Frame],
    keys: Sequence[str],
    size_px: tuple[int, int],
    pack: Path,
    n_threads: int,
    on_decoded: Callable[[int, int], None] | None,
) -> tuple[Pixels | None, tuple[Failure, ...]]:
    if not pack.with_suffix(".json").exists():
        failures = _write_pack(frames, keys, size_px, pack, n_threads, on_decoded)
        if failures:
            return None, failures
    return np.load(pack, mmap_mode="r"), ()


def _write_pack(
    frames: Sequence[Frame],
    keys: Sequence[str],
    size_px: tuple[int, int],
    target: Path,
    n_threads: int,
    on_decoded: Callable[[int, int], None] | None,
) -> tuple[Failure, ...]:
    rows_of_pack = _known_packs(target.parent, size_px)
    known = {key: (pack, row) for pack, rows in rows_of_pack.items() for row, key in enumerate(rows)}
    failures: list[Failure] = []
    missing = [i for i, key in enumerate(keys) if key not in known]
    remove_abandoned(target)
    draft = draft_of(target)
    try:
        pixels = np.lib.format.open_memmap(draft, mode="w+", dtype=np.uint8, shape=(len(frames), *size_px))
        _reserve(draft)
        packs = {pack: np.load(pack, mmap_mode="r") for pack in rows_of_pack}
        for i, key in enumerate(keys):
            if key in known:
                pack, row = known[key]
                pixels[i] = packs[pack][row]
        with ThreadPoolExecutor(n_threads) as pool:  # Pillow's decoders release the interpreter lock
            decoded = pool.map(lambda i: decode_frame(frames[i], size_px), missing)
            for done, (i, result) in enumerate(zip(missing, decoded, strict=True), start=1):
                if isinstance(result, Failure):
                    failures.append(result)
                else:
                    pixels[i] = result
                if on_decoded is not None:
                    on_decoded(done, len(missing))
        pixels.flush()
        del pixels
        if failures:
            return tuple(failures)
        draft.replace(target)
        draft.write_text(json.dumps({"size_px": size_px, "keys": list(keys)}))
        draft.replace(target.with_suffix(".json"))
    finally:
        draft.unlink(missing_ok=True)
    for pack, rows in rows_of_pack.items():
        if set(rows) <= set(keys):
            pack.with_suffix(".json").unlink(missing_ok=True)
            pack.unlink(missing_ok=True)
    return ()


def _reserve(file: Path) -> None:
    """Take the disk's space now: a full disk is an error here, but ends the process (SIGBUS) in a mapped page."""
    with file.open("r+b") as stream:
        os.posix_fallocate(stream.fileno(), 0, file.stat().st_size)


def _known_packs(folder: Path, size_px: tuple[int, int]) -> dict[Path, list[str]]:
    """Packs of this size -> the keys of their rows."""
    packs: dict[Path, list[str]] = {}
    for index in sorted(folder.glob("*.json")):
        facts = json.loads(index.read_text())
        if tuple(facts["size_px"]) == size_px and index.with_suffix(".npy").exists():
            packs[index.with_suffix(".npy")] = list(facts["keys"])
    return packs


def _failure(frame: Frame, reason: FailureReason, detail: str) -> Failure:
    return Failure(frame.name, Stage.TRAINING, reason, detail)
