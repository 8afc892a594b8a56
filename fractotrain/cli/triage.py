"""`fracto triage`: the terminal's side of deciding which frames to answer."""

import dataclasses
import json
import math
import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from data_contracts.errors import ExitCode
from fractotrain.cli.options import DEFAULT_CATALOG, AsJson, CatalogPath, Quiet, training_packages
from fractotrain.cli.predict import Frames, Model
from fractotrain.cli.progress import bars_on

if TYPE_CHECKING:  # the records bring torch
    from fractotrain.triage import Advised, FrameAdvice

Alpha = Annotated[float, typer.Option("--alpha", min=0.001, max=0.5, help="Error rate that is guaranteed.")]


def triage(
    frames: Frames,
    model: Model = None,
    alpha: Alpha = 0.10,
    catalog: CatalogPath = DEFAULT_CATALOG,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Say which raw frames a model may answer, and which to take again at a higher magnification.

    At most a share ALPHA of the frames of each class is answered wrongly: calibrated on
    the out-of-fold answers of the model's run, per FOAN and class, at the frame's own
    magnification where enough FOANs were taken at it. That holds for frames of new
    FOANs; others are marked.

    Examples:
    fracto triage new_frames/ --alpha 0.05
    fracto triage a.tif b.tif --model train-2026 --json
    """
    with training_packages():
        from fractotrain.triage import triage_frames  # noqa: PLC0415 - the app must start without torch
    with bars_on(Console(stderr=True, quiet=quiet)) as bars:
        reading = bars.add_task("reading frames", total=None)
        advised = triage_frames(
            catalog, frames, model, alpha, lambda done, total: bars.update(reading, completed=done, total=total)
        )
    if as_json:
        sys.stdout.write(json.dumps(dataclasses.asdict(advised), indent=1) + "\n")
    elif not quiet:
        _show(Console(), advised)
    if advised.failures:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)


def _ground(frame: "FrameAdvice") -> str:
    ground = "all magnifications" if frame.calibrated_at is None else f"{frame.calibrated_at:g} x"
    return ground if frame.acquaintance == "new" else f"{ground}; no guarantee: trained on its FOAN"


def _show(console: Console, advised: "Advised") -> None:
    if advised.frames:
        _show_frames(console, advised)
    if advised.unanswerable:
        few = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in advised.unanswerable.items())
        line = f"No frame can be answered: {few} FOANs in the run, each class needs {math.ceil(1 / advised.alpha) - 1}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    for failure in advised.failures:
        line = f"failed {failure.item!r}: {failure.reason}: {failure.detail}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _show_frames(console: Console, advised: "Advised") -> None:
    title = f"Run {advised.run_id}: at most {advised.alpha:.0%} of the frames of a class are answered wrongly"
    table = Table(Column("frame", overflow="fold"), "advice", "class", "set", "rests on", title=title)
    for frame in advised.frames:
        table.add_row(
            escape(repr(frame.path)),
            frame.advice.replace("_", " "),
            f"{frame.predicted_class.replace('_', ' ')} {frame.probabilities[frame.predicted_class]:.2f}",
            ", ".join(frame.classes).replace("_", " ") or "none",
            _ground(frame),
        )
    console.print(table)
    counts = Counter(frame.advice.replace("_", " ") for frame in advised.frames)
    console.print(", ".join(f"{n} {advice}" for advice, n in counts.most_common()), markup=False, highlight=False)
