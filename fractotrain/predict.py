"""Raw frames -> classes: through the crop that curation finds and the pixels that training saw, to a stored model."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import softmax

from data_contracts.catalog import Catalog
from data_contracts.errors import MissingToolError
from data_contracts.frames import FRAME_READER_GROUP, FrameReader, FrameReading
from data_contracts.masks import read_masks
from data_contracts.records import Box, Failure
from fractotrain.cache import Frame, decode_frame
from fractotrain.loop import Logits, predict
from fractotrain.stored_model import StoredModel, load_stored_model

CropBox = tuple[int, int, int, int]

Acquaintance = Literal["training_image", "training_foan", "new"]
"""Whether the model was fitted on this very picture, on other frames of this FOAN, or on neither: only answers of the
last kind say how good it is."""


@dataclass(frozen=True, slots=True)
class FrameAnswer:
    """What the model says of one frame."""

    path: str
    sha256: str
    predicted_class: str
    probabilities: dict[str, float]
    """Class -> softmax of the logits, as the model gives it: not calibrated."""
    logits: dict[str, float]
    foan: str | None
    magnification: float | None
    magnification_source: str | None
    pixel_size_nm: float | None
    crop_box: CropBox
    """Left, top, right, bottom in pixels, half-open."""
    acquaintance: Acquaintance
    catalog_path: str | None
    """A file of the catalog with the same bytes or pixels; crop, FOAN and magnification are then the catalog's."""
    issues: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FoanAnswer:
    """What the model says of one component: the mean of the logits of its frames."""

    foan: str
    predicted_class: str
    probabilities: dict[str, float]
    n_frames: int
    n_agreeing: int
    """Frames whose own class is this one."""
    acquaintance: Acquaintance


@dataclass(frozen=True, slots=True)
class Answers:
    """All that one call gave."""

    run_id: str
    """The run whose final model answered."""
    model: str
    frames: tuple[FrameAnswer, ...]
    foans: tuple[FoanAnswer, ...]
    failures: tuple[Failure, ...]


def load_frame_reader() -> FrameReader:
    """The reader of raw frames that the curation wing offers.

    Raises:
        MissingToolError: none is installed.
    """
    for entry in metadata.entry_points(group=FRAME_READER_GROUP):
        reader: FrameReader = entry.load()
        return reader
    raise MissingToolError(
        f"no package offers a reader of raw frames (entry point {FRAME_READER_GROUP}); the curation wing of Fracto "
        "does: pip install --force-reinstall fracto"
    )


def predict_frames(
    catalog_path: Path,
    paths: Sequence[Path],
    run_id: str | None = None,
    on_read: Callable[[int, int], None] = lambda _done, _total: None,
) -> Answers:
    """Ask the final model of a run about raw frames; what cannot be read is a failure, and the others are answered.

    Raises:
        FractoError: no such model, no reader of frames, or no image at all.
    """
    reader = load_frame_reader()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with Catalog.open_read_only(catalog_path) as catalog:
        model = load_stored_model(catalog, run_id, device)
        profile = _profile_of_last_ingest(catalog)
        known = _known_frames(catalog, model)
    readings = reader(paths, profile, _processors(), on_read)
    frames: list[FrameAnswer] = []
    failures: list[Failure] = []
    batch_size = model.settings.optim.eval_batch_size
    for start in range(0, len(readings), batch_size):
        batch = readings[start : start + batch_size]
        failures += [item for item in batch if isinstance(item, Failure)]
        decoded = []
        for reading in (item for item in batch if isinstance(item, FrameReading)):
            frame = _frame(reading, known)
            pixels = decode_frame(frame, model.input_format.size_px)
            if isinstance(pixels, Failure):
                failures.append(pixels)
            else:
                decoded.append((reading, frame, pixels))
        if decoded:
            stack = np.stack([pixels for _, _, pixels in decoded])
            logits = predict(model.module, stack, np.arange(len(stack)), model.normalise, batch_size)
            frames += [
                _answer(model, reading, frame.crop_box, known, row)
                for (reading, frame, _), row in zip(decoded, logits, strict=True)
            ]
    return Answers(model.run_id, model.settings.model.name, tuple(frames), _by_foan(frames), tuple(failures))


def _profile_of_last_ingest(catalog: Catalog) -> Mapping[str, Any] | None:
    runs = catalog.query("SELECT settings FROM runs WHERE command = 'ingest' ORDER BY started_at DESC LIMIT 1")
    profile: Mapping[str, Any] | None = json.loads(runs.item()).get("profile") if len(runs) else None
    return profile


def _known_frames(catalog: Catalog, model: StoredModel) -> dict[str, dict[str, Any]]:
    """sha256 of bytes or of pixels -> what the catalog knows of the first file that has them, training images first."""
    rows = catalog.query(
        "SELECT d.path, d.sha256, m.pixel_sha256, d.foan, d.magnification, d.magnification_source, d.pixel_size_nm, "
        "d.crop_left_px, d.crop_top_px, d.crop_right_px, d.crop_bottom_px, m.micrograph_id "
        "FROM dataset d JOIN micrographs m USING (micrograph_id) ORDER BY d.path DESC"
    ).to_dicts()
    masks = read_masks(catalog)
    for row in rows:
        row["masks"] = masks.get(row["micrograph_id"], ())
    rows.sort(key=lambda row: row["sha256"] in model.training_images)  # the last one under a key stays
    return {row["pixel_sha256"]: row for row in rows} | {row["sha256"]: row for row in rows}


def _known(reading: FrameReading, known: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return known.get(reading.sha256) or known.get(reading.pixel_sha256)


def _frame(reading: FrameReading, known: Mapping[str, Mapping[str, Any]]) -> Frame:
    path, name, sha256 = reading.path, str(reading.path), reading.sha256
    if (row := _known(reading, known)) is None:
        return Frame(path, name, sha256, _pixel_box(reading.crop_box), tuple(map(_pixel_box, reading.masks)))
    box = (row["crop_left_px"], row["crop_top_px"], row["crop_right_px"], row["crop_bottom_px"])
    return Frame(path, name, sha256, box, row["masks"])


def _pixel_box(box: Box) -> CropBox:
    return round(box.left), round(box.top), round(box.right), round(box.bottom)


def _answer(
    model: StoredModel,
    reading: FrameReading,
    crop_box: CropBox,
    known: Mapping[str, Mapping[str, Any]],
    logits: NDArray[np.float32],
) -> FrameAnswer:
    row = _known(reading, known)
    facts: Mapping[str, Any] = row or {
        "foan": reading.foan,
        "magnification": reading.magnification,
        "magnification_source": reading.magnification_source and str(reading.magnification_source),
        "pixel_size_nm": reading.pixel_size_nm,
    }
    acquaintance: Acquaintance = "new"
    if row is not None and row["sha256"] in model.training_images:
        acquaintance = "training_image"
    elif facts["foan"] in model.training_foans:
        acquaintance = "training_foan"
    names = [str(name) for name in model.classes]
    return FrameAnswer(
        str(reading.path),
        reading.sha256,
        names[int(logits.argmax())],
        dict(zip(names, softmax(logits.astype(float)).tolist(), strict=True)),
        dict(zip(names, logits.tolist(), strict=True)),
        facts["foan"],
        facts["magnification"],
        facts["magnification_source"],
        facts["pixel_size_nm"],
        crop_box,
        acquaintance,
        row["path"] if row else None,
        reading.issues,
    )


def _by_foan(frames: Sequence[FrameAnswer]) -> tuple[FoanAnswer, ...]:
    """One answer per FOAN that is known, in the order of the FOANs."""
    frames_of: dict[str, list[FrameAnswer]] = defaultdict(list)
    for frame in frames:
        if frame.foan is not None:
            frames_of[frame.foan].append(frame)
    answers = []
    for foan, own in sorted(frames_of.items()):
        names = list(own[0].logits)
        mean: Logits = np.mean([list(frame.logits.values()) for frame in own], axis=0)
        predicted = names[int(mean.argmax())]
        order: tuple[Acquaintance, ...] = ("training_image", "training_foan", "new")
        answers.append(
            FoanAnswer(
                foan,
                predicted,
                dict(zip(names, softmax(mean).tolist(), strict=True)),
                len(own),
                sum(frame.predicted_class == predicted for frame in own),
                min((frame.acquaintance for frame in own), key=order.index),
            )
        )
    return tuple(answers)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
