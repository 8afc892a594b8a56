"""The commands of the training wing: the only files here that know typer and rich."""

import typer

from fractotrain.cli.command import TRAIN_HELP, train
from fractotrain.cli.explain import explain
from fractotrain.cli.onnx import onnx
from fractotrain.cli.predict import predict
from fractotrain.cli.report import report
from fractotrain.cli.triage import triage
from fractotrain.cli.tune import tune


def register(app: typer.Typer) -> None:
    """Add the commands of training to the `fracto` app; called through the entry point ``fracto.commands``."""
    app.command("train", help=TRAIN_HELP)(train)
    app.command("predict")(predict)
    app.command("onnx")(onnx)
    app.command("report")(report)
    app.command("triage")(triage)
    app.command("tune")(tune)
    app.command("explain")(explain)
