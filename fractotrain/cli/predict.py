"""`fracto predict`: the terminal's side of asking a stored model."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data_contracts.errors import ExitCode
from fractotrain.cli.options import DEFAULT_CATALOG, AsJson, CatalogPath, Quiet, training_packages
from fractotrain.cli.progress import bars_on

if TYPE_CHECKING:  # the records of an answer bring torch
    from fractotrain.predict import Answers

_ACQUAINTANCES = {"training_image": "was trained on", "training_foan": "FOAN was trained on", "new": ""}

Frames = Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Raw frames, or folders of them.")]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Run whose final model is asked, or the start of its id. [default: the latest]"),
]


def predict(
    frames: Frames,
    model: Model = None,
    catalog: CatalogPath = DEFAULT_CATALOG,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Ask a trained model about raw frames: class and probabilities per frame, and per FOAN where names state it.

    Frames are read as `fracto ingest` reads them (with the profile of the catalog's last ingest) and prepared as for
    training. The answer for a FOAN is that of the mean logit of its frames. Answers about images that the model was
    trained on, or about their FOANs, are marked: they say nothing about how good the model is. Probabilities are the
    model's own and not calibrated.

    A file that cannot be read is listed with the reason, and the exit code is then 6.
    """
    with training_packages():
        from fractotrain.predict import predict_frames  # noqa: PLC0415 - the app must start without torch
    with bars_on(Console(stderr=True, quiet=quiet)) as bars:
        reading = bars.add_task("reading frames", total=None)
        answers = predict_frames(
            catalog, frames, model, lambda done, total: bars.update(reading, completed=done, total=total)
        )
    if as_json:
        sys.stdout.write(json.dumps(dataclasses.asdict(answers), indent=1) + "\n")
    elif not quiet:
        _show(Console(), answers)
    if answers.failures:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)


def _show(console: Console, answers: "Answers") -> None:
    """One line a frame, one a FOAN, and what could not be read."""
    if answers.frames:
        title = f"{answers.model} of run {answers.run_id}"
        table = Table("frame", "class", "probability", "magnification", "FOAN", "remarks", title=title)
        for frame in answers.frames:
            remarks = [_ACQUAINTANCES[frame.acquaintance], *frame.issues]
            table.add_row(
                escape(repr(frame.path)),
                frame.predicted_class,
                f"{frame.probabilities[frame.predicted_class]:.3f}",
                "-" if frame.magnification is None else f"{frame.magnification:g} x",
                frame.foan or "-",
                escape("; ".join(filter(None, remarks))),
            )
        console.print(table)
    if answers.foans:
        table = Table("FOAN", "class", "probability", "frames that agree", "remarks", title="By FOAN (mean logit)")
        for foan in answers.foans:
            table.add_row(
                foan.foan,
                foan.predicted_class,
                f"{foan.probabilities[foan.predicted_class]:.3f}",
                f"{foan.n_agreeing} of {foan.n_frames}",
                _ACQUAINTANCES[foan.acquaintance],
            )
        console.print(table)
    for failure in answers.failures:
        line = f"failed {failure.item!r}: {failure.reason}: {failure.detail}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
