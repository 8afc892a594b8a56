"""`fracto onnx`: the terminal's side of handing a model to other tools."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from fractotrain.cli.command import Images
from fractotrain.cli.options import DEFAULT_CATALOG, AsJson, CatalogPath, Quiet, training_packages
from fractotrain.cli.predict import Model

Output = Annotated[Path, typer.Argument(metavar="MODEL.onnx", help="The file to write; its facts go to MODEL.json.")]
Tolerance = Annotated[
    float | None,
    typer.Option("--tolerance", min=0, help="Largest difference of a logit from torch's. [default: 0.001]"),
]


def onnx(
    output: Output,
    model: Model = None,
    images: Images = None,
    tolerance: Tolerance = None,
    catalog: CatalogPath = DEFAULT_CATALOG,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Write a trained model as ONNX, with a JSON file that says how to prepare a frame and read the answer.

    The model takes any number of pictures at once. Before the file gets its name, onnxruntime and torch are asked about
    frames of the catalog; where a logit differs by more than the tolerance, nothing is written.

    Examples:
      fracto onnx model.onnx

      fracto onnx model.onnx --model train-2026 --images /archive/images
    """
    with training_packages():
        import fractotrain.stored_model  # noqa: PLC0415, F401 - torch first, so that each error names its own extra
    with training_packages("onnx"):
        from fractotrain.onnx_export import TOLERANCE, export_onnx  # noqa: PLC0415 - needs packages of an extra
    written = export_onnx(catalog, output, model, images, TOLERANCE if tolerance is None else tolerance)
    if as_json:
        sys.stdout.write(json.dumps(dataclasses.asdict(written), default=str, indent=1) + "\n")
    elif not quiet:
        for line in (
            f"Model of run {written.run_id}: {written.model_file}, how to use it: {written.facts_file}",
            (
                f"onnxruntime and torch differ by {written.max_abs_difference:.2g} at most over the logits of "
                f"{written.n_frames} frames (tolerance {written.tolerance:g})"
            ),
        ):
            Console().print(line, markup=False, highlight=False, soft_wrap=True)
