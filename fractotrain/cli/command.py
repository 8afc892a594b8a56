"""`fracto train`: the terminal's side of training. Imports torch only when a run starts."""

import contextlib
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from data_contracts.catalog import Catalog
from data_contracts.errors import ExitCode, UsageError
from fractotrain.cli.options import DEFAULT_CATALOG, AsJson, CatalogPath, Quiet, training_packages
from fractotrain.cli.progress import BarWatch, LineWatch, bars_on
from fractotrain.cli.show import show_outcome
from fractotrain.metrics_log import JsonLines, MetricsLog, Sink
from fractotrain.watch import Watch

if TYPE_CHECKING:
    from fractotrain.settings import Settings
    from fractotrain.train import Plan

TRAIN_HELP = """Cross-validate a vision transformer over the catalog's folds, then fit a final model on everything.

Takes the matched images of the catalog and the folds that `fracto audit` made; stores figures and out-of-fold
predictions in the catalog, and the final model beside it.

Settings are key=value. A recipe chooses many at once, and what follows it wins:

  recipe=fast    tiny ViT from scratch, half a minute a fold: shows that all fits together (the default without a GPU)

  recipe=base    the paper's ViT-B and optimisation, over grouped folds, last epoch (the default with a GPU)

  recipe=probe   linear head on frozen features: minutes on a CPU, a yardstick (needs pretrained weights)

  recipe=paper   to the letter of the paper: folds over images, best epoch. Optimistic, and marked so

Examples:

  fracto train

  fracto train recipe=fast cv.strategy=foan cv.parallel=2

  fracto train recipe=fast model.options.depth=6 optim.epochs=40

  fracto train recipe=base --weights vit_base.safetensors --fold 0

  fracto train recipe=base optim.lr=5e-5 --print-config

  fracto train log.tensorboard=runs log.mlflow=http://server:5000

Several folds at once on one machine, each in a process of its own: cv.parallel=N. Several GPUs may instead fit one
model together; the images of an update stay the same:

  torchrun --nproc-per-node 4 --no-python fracto train recipe=base
"""

Overrides = Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings; see above.")]
Folds = Annotated[list[int] | None, typer.Option("--fold", help="Only this fold (0-based); may be given again.")]
Images = Annotated[Path | None, typer.Option("--images", help="Folder of the images, if the archive moved.")]
WeightsFile = Annotated[Path | None, typer.Option("--weights", help="First weights: safetensors, or timm's .pth.")]
FromScratch = Annotated[bool, typer.Option("--from-scratch", help="Start from random weights, on purpose.")]
FoldsOnly = Annotated[bool, typer.Option("--folds-only", help="Cross-validate, but fit no final model.")]
FinalOnly = Annotated[bool, typer.Option("--final-only", help="Fit the final model without cross-validation.")]
Like = Annotated[str | None, typer.Option("--like", help="Repeat this training run, with its settings and split.")]
MetricsFile = Annotated[Path | None, typer.Option("--metrics", help="Append a line of JSON per epoch to this file.")]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Show the resolved settings and stop.")]


def train(
    overrides: Overrides = None,
    catalog: CatalogPath = DEFAULT_CATALOG,
    fold: Folds = None,
    images: Images = None,
    weights: WeightsFile = None,
    from_scratch: FromScratch = False,
    folds_only: FoldsOnly = False,
    final_only: FinalOnly = False,
    like: Like = None,
    print_config: PrintConfig = False,
    metrics: MetricsFile = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Compose the settings, plan, run, and show what came out."""
    for first, second, contradict in (
        ("--weights", "--from-scratch", weights is not None and from_scratch),
        ("--folds-only", "--final-only", folds_only and final_only),
        ("--fold", "--final-only", bool(fold) and final_only),
        ("--like", "key=value", like is not None and bool(overrides)),
    ):
        if contradict:
            raise UsageError(f"{first} and {second} contradict each other; give one of them")
    scratch = {"model.init": "scratch", "model.weights_file": None}
    options: dict[str, Any] = {
        **({"cv.folds": tuple(fold), "cv.final_model": False} if fold else {}),
        **({"data.images_root": images} if images is not None else {}),
        **({"model.init": "file", "model.weights_file": weights} if weights is not None else {}),
        **(scratch if from_scratch else {}),
        **({"cv.final_model": False} if folds_only else {}),
        **({"cv.cross_validate": False, "cv.final_model": True} if final_only else {}),
    }
    settings = compose(overrides or [], options) if like is None else _settings_like(like, catalog, options)
    if print_config:
        typer.echo(settings.to_yaml(), nl=False)
        return
    console = Console(stderr=as_json)
    _train(settings, catalog, metrics, console, quiet=quiet, as_json=as_json)


def compose(overrides: list[str], options: dict[str, Any]) -> "Settings":
    """Settings of the recipe asked for, else of the one that suits the machine."""
    with training_packages():
        from fractotrain.device import default_recipe  # noqa: PLC0415 - the app must start without torch
        from fractotrain.settings import compose_settings  # noqa: PLC0415 - as above
    if not any(override.startswith("recipe=") for override in overrides):
        overrides = [f"recipe={default_recipe()}", *overrides]
    return compose_settings(overrides, options)


def _settings_like(run_id: str, catalog: Path, options: dict[str, Any]) -> "Settings":
    """Settings of an earlier run; refused if the dataset or the first weights are no longer those that it saw."""
    with training_packages():
        from fractotrain.data import earlier_run  # noqa: PLC0415 - the app must start without torch
        from fractotrain.model import find_weights  # noqa: PLC0415 - as above
        from fractotrain.settings import check_stored_settings  # noqa: PLC0415 - as above
    with Catalog.open_read_only(catalog) as opened:
        earlier = earlier_run(opened, run_id)
        if opened.content_hash("dataset") != earlier.dataset_hash:
            raise UsageError(
                f"--like {run_id}: the dataset in {catalog} changed since that run, which cannot be repeated; train "
                "with its settings by naming them (`--print-config` of the run's recipe shows the keys)"
            )
    settings = check_stored_settings(earlier.settings, options)
    if "model.init" not in options and (weights := find_weights(settings.model)).sha256 != earlier.weights_sha256:
        raise UsageError(f"--like {run_id}: {weights.source} holds other weights than that run started from")
    return settings


def _train(
    settings: "Settings", catalog: Path, metrics: Path | None, console: Console, *, quiet: bool, as_json: bool
) -> None:
    with training_packages():
        from fractotrain.record import closing_figures, summary  # noqa: PLC0415 - the app must start without torch
        from fractotrain.trackers import open_trackers  # noqa: PLC0415 - as above
        from fractotrain.train import plan_run, run  # noqa: PLC0415 - as above
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its retries say nothing that our error does not
    plan = plan_run(settings, catalog)
    team = plan.machine.team
    shown = team.leads and not quiet
    if shown:
        _announce(console, plan)
    sinks: list[Sink] = []
    if team.leads:
        sinks = [*([JsonLines(metrics)] if metrics is not None else []), *open_trackers(plan)]
    with contextlib.ExitStack() as stack:
        watch = Watch()
        if shown and console.is_terminal:
            watch = BarWatch(stack.enter_context(bars_on(console)), plan.total_updates)
        elif shown:
            watch = LineWatch(console)
        log = MetricsLog(sinks, watch, lambda line: typer.echo(f"warning: {line}", err=True))
        outcome = run(plan, log)
        log.finish(closing_figures(outcome))
    team.leave()
    if not team.leads:
        return
    if as_json:
        sys.stdout.write(json.dumps(summary(outcome), indent=1) + "\n")
    elif not quiet:
        show_outcome(console, outcome, catalog)
    if outcome.skipped:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)


def _announce(console: Console, plan: "Plan") -> None:
    """What is about to be done, before it takes its time."""
    training_set, settings, split = plan.training_set, plan.settings, plan.training_set.split
    start = "from scratch, no pretrained weights" if plan.weights.file is None else f"weights {plan.weights.source}"
    final = ", then the final model" if settings.cv.final_model else ""
    work = "linear head on frozen features" if settings.model.frozen else f"{settings.optim.epochs} epochs"
    lines = (
        f"recipe {settings.recipe}: {settings.model.name}, {plan.n_parameters / 1e6:.2f} M parameters, {start}",
        f"{len(training_set)} images of {len(set(training_set.foans))} FOANs, {split.strategy} split {split.split_id}",
        f"folds: {', '.join(map(str, plan.folds)) or 'none'}{final}",
        f"{work} on {plan.machine.name}, {plan.machine.precision}",
    )
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
