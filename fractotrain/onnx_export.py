"""A stored model as ONNX, for tools that know neither torch nor Fracto.

The file gets its name only after onnxruntime gave it the same frames as torch and the answers agreed. Beside it lies a
JSON file that says how a frame becomes its input and its output an answer; the metadata of the model say the same.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import onnxscript
import polars as pl
import torch
from numpy.typing import NDArray

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.masks import read_masks
from data_contracts.records import Failure
from fractotrain.cache import Frame, Pixels, decode_frame
from fractotrain.data import find_images_root
from fractotrain.errors import TrainingError
from fractotrain.loop import Logits, predict
from fractotrain.record import versions
from fractotrain.stored_model import StoredModel, load_stored_model
from fractotrain.transforms import grey_batch

INPUT, OUTPUT = "images", "logits"
METADATA_KEY = "fracto"
"""Key of the ONNX metadata under which the facts stand as JSON."""
TOLERANCE = 1e-3
"""Largest difference of a logit that is taken for rounding."""
N_FRAMES = 16


@dataclass(frozen=True, slots=True)
class OnnxExport:
    """A written model and how far it is from the one it was made of."""

    run_id: str
    model_file: Path
    facts_file: Path
    n_frames: int
    """Frames of the catalog that both were asked about."""
    max_abs_difference: float
    """Of a logit."""
    tolerance: float


def export_onnx(
    catalog_path: Path,
    output: Path,
    run_id: str | None = None,
    images_root: Path | None = None,
    tolerance: float = TOLERANCE,
) -> OnnxExport:
    """Write the final model of a run to ``output``, and its facts to the same name with ``.json``.

    Raises:
        UsageError: no such model, or ``output`` exists.
        BadInputError: no frame of the catalog can be read to compare the two.
        TrainingError: the answers differ by more than ``tolerance``, or the disk takes no more; nothing is left behind.
    """
    facts_file = output.with_suffix(".json")
    for file in (output, facts_file):
        if file.exists():
            raise UsageError(f"{file}: exists already; name another target or remove it")
    if output.suffix != ".onnx" or not output.parent.is_dir():
        raise UsageError(f"{output}: name a file that ends in .onnx, in a folder that exists")
    with Catalog.open_read_only(catalog_path) as catalog:
        model = load_stored_model(catalog, run_id)
        frames = _frames(catalog, images_root)
    pixels, names = _decode_some(frames, model)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as draft:
            program = _program(model, pixels)
            facts = _facts(model, program.model.opset_imports[""])
            program.model.metadata_props[METADATA_KEY] = json.dumps(facts)
            program.save(Path(draft) / output.name, external_data=False)
            answers = _ask(Path(draft) / output.name, model, pixels)
            expected = predict(model.module, pixels, np.arange(len(pixels)), model.normalise, len(pixels))
            difference = _compare(answers, expected, names, tolerance)
            facts |= {
                "file": output.name,
                "sha256": hashlib.sha256((Path(draft) / output.name).read_bytes()).hexdigest(),
                "check": {
                    "frames": names,
                    "max_abs_difference": difference,
                    "tolerance": tolerance,
                    "onnxruntime": onnxruntime.__version__,
                },
            }
            (Path(draft) / facts_file.name).write_text(json.dumps(facts, indent=1))
            os.replace(Path(draft) / facts_file.name, facts_file)  # noqa: PTH105 - as everywhere a draft gets its name
            os.replace(Path(draft) / output.name, output)  # noqa: PTH105 - as above
    except OSError as error:
        raise TrainingError(f"{output}: the model cannot be written: {error.strerror or error}") from error
    return OnnxExport(model.run_id, output, facts_file, len(pixels), difference, tolerance)


def _frames(catalog: Catalog, images_root: Path | None) -> list[Frame]:
    """The frames of the catalog that have a crop, in an order that depends on nothing but their bytes."""
    root, masks = find_images_root(catalog, images_root), read_masks(catalog)
    rows = catalog.query(
        "SELECT path, sha256, crop_left_px, crop_top_px, crop_right_px, crop_bottom_px, micrograph_id FROM dataset "
        "WHERE crop_left_px IS NOT NULL ORDER BY sha256, path"
    ).unique("sha256", keep="first", maintain_order=True)
    boxes = rows.select(pl.col("^crop_.*_px$").cast(pl.Int64)).rows()
    return [
        Frame(root / row["path"], row["path"], row["sha256"], box, masks.get(row["micrograph_id"], ()))
        for row, box in zip(rows.to_dicts(), boxes, strict=True)
    ]


def _decode_some(frames: list[Frame], model: StoredModel) -> tuple[Pixels, list[str]]:
    """Up to ``N_FRAMES`` that can be read, and their paths."""
    pixels, names, failure = [], [], None
    for frame in frames:
        decoded = decode_frame(frame, model.input_format.size_px)
        if isinstance(decoded, Failure):
            failure = failure or decoded
        else:
            pixels.append(decoded)
            names.append(frame.name)
        if len(pixels) == N_FRAMES:
            break
    if not pixels:
        why = f" (first: {failure.item}: {failure.detail})" if failure else ""
        raise BadInputError(
            f"none of the {len(frames)} frames of the catalog can be read{why}, and a model is not exported without "
            "comparing its answers; name the folder of the images by --images DIR"
        )
    return np.stack(pixels), names


def _program(model: StoredModel, pixels: Pixels) -> torch.onnx.ONNXProgram:
    # An example of a single image would make the batch a constant.
    example = model.normalise(grey_batch(np.concatenate([pixels, pixels])[:2], np.arange(2)))
    program = torch.onnx.export(
        model.module,
        (example,),
        dynamo=True,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1)},),
        verbose=False,
    )
    if program is None:
        raise TrainingError(f"{model.settings.model.name}: torch gave no ONNX program for it")
    return program


def _ask(file: Path, model: StoredModel, pixels: Pixels) -> Logits:
    """What onnxruntime answers: to the first frame alone, and to the others at once."""
    onnx.checker.check_model(str(file), full_check=True)
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    inputs = model.normalise(grey_batch(pixels, np.arange(len(pixels)))).numpy()
    parts = [part for part in (inputs[:1], inputs[1:]) if len(part)]
    return np.concatenate([session.run([OUTPUT], {INPUT: part})[0] for part in parts]).astype(np.float32)


def _compare(answers: Logits, expected: Logits, names: list[str], tolerance: float) -> float:
    differences: NDArray[np.float32] = np.abs(answers - expected).max(axis=1)
    worst = int(differences.argmax())
    if not np.isfinite(answers).all() or differences[worst] > tolerance:
        raise TrainingError(
            f"{names[worst]}: the logits of onnxruntime and torch differ by {differences[worst]:.2g}, more than the "
            f"tolerance of {tolerance:g}; no model was written. Another version of torch or onnxruntime may agree; "
            "--tolerance takes a larger difference"
        )
    return float(differences[worst])


def _facts(model: StoredModel, opset: int | None) -> dict[str, Any]:
    """How a frame becomes the input, and the output an answer."""
    height_px, width_px = model.input_format.size_px
    channels = model.settings.model.in_chans
    mean, std = (np.asarray(getattr(model.input_format, part), float) for part in ("mean", "std"))
    if channels == 1:
        mean, std = mean.mean(keepdims=True), std.mean(keepdims=True)
    return {
        "format": "fracto-onnx-1",
        "run_id": model.run_id,
        "model": model.settings.model.name,
        "weights_sha256": model.weights_sha256,
        "opset": opset,
        "classes": [str(name) for name in model.classes],
        "input": {"name": INPUT, "dtype": "float32", "shape": ["batch", channels, height_px, width_px]},
        "output": {"name": OUTPUT, "dtype": "float32", "shape": ["batch", len(model.classes)]},
        "size_px": {"height": height_px, "width": width_px},
        "mean": mean.tolist(),
        "std": std.tolist(),
        "preprocessing": [
            (
                "Decode to grey, 8 bits: 0 black to 255 white; deeper pixels are scaled, never cut off "
                "(data_contracts.pixels.decode_grey)."
            ),
            (
                "Cut out the picture: the columns crop_left_px, crop_top_px, crop_right_px, crop_bottom_px of the view "
                "dataset, half-open; without data bar. `fracto predict --json` gives the box of a new frame (crop_box)."
            ),
            "Fill the boxes of the table overlay_masks, print inside the picture (data_contracts.masks.cut_picture).",
            (
                f"Resize to {height_px} x {width_px} px (height x width), bilinear with antialiasing as Pillow's, "
                "aspect ratio not kept; still 8 bits."
            ),
            f"x = (grey / 255 - mean) / std, the same grey in each of the {channels} channel(s).",
        ],
        "answer": {
            "rule": "softmax(logits / temperature + log_prior), the classes in the order of `classes`",
            "temperature": 1.0,
            "log_prior": [0.0] * len(model.classes),
            "calibrated": False,
            "foan": "the class of a FOAN is that of the mean logits of its frames, copies of a picture counted once",
        },
        "versions": versions() | {"onnx": onnx.__version__, "onnxscript": onnxscript.__version__},
    }
