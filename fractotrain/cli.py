"""`fracto train`: the terminal's side of training. Imports torch only when a run starts."""

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from data_contracts.catalog import Catalog
from data_contracts.errors import MissingToolError, UsageError
from data_contracts.records import Failure
from fractotrain.watch import Epoch, Update, Watch

if TYPE_CHECKING:
    from fractotrain.record import Outcome
    from fractotrain.settings import Settings
    from fractotrain.train import Plan

_TRAIN_HELP = """Cross-validate a vision transformer over the catalog's folds, then fit a final model on everything.

Takes the matched images of the catalog and the folds that `fracto audit` made; stores figures and out-of-fold
predictions in the catalog, and the final model beside it.

Settings are key=value. A recipe chooses many at once, and what follows it wins:

  recipe=fast    tiny ViT from scratch, minutes on a CPU: shows that all fits together (the default without a GPU)

  recipe=base    the paper's ViT-B and optimisation, over grouped folds, last epoch (the default with a GPU)

  recipe=probe   linear head on frozen features: minutes on a CPU, a yardstick (needs pretrained weights)

  recipe=paper   to the letter of the paper: folds over images, best epoch. Optimistic, and marked so

Examples:

  fracto train

  fracto train recipe=fast optim.epochs=20 cv.strategy=foan

  fracto train recipe=base --weights vit_base.safetensors --fold 0

  fracto train recipe=base optim.lr=5e-5 --print-config
"""

CatalogPath = Annotated[
    Path,
    typer.Option("--catalog", "-c", envvar="FRACTO_CATALOG", help="The catalog that ingest and audit made."),
]
Overrides = Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings; see above.")]
Folds = Annotated[list[int] | None, typer.Option("--fold", help="Only this fold (0-based); may be given again.")]
Images = Annotated[Path | None, typer.Option("--images", help="Folder of the images, if the archive moved.")]
WeightsFile = Annotated[Path | None, typer.Option("--weights", help="First weights: safetensors, or timm's .pth.")]
FromScratch = Annotated[bool, typer.Option("--from-scratch", help="Start from random weights, on purpose.")]
FoldsOnly = Annotated[bool, typer.Option("--folds-only", help="Cross-validate, but fit no final model.")]
FinalOnly = Annotated[bool, typer.Option("--final-only", help="Fit the final model without cross-validation.")]
Like = Annotated[str | None, typer.Option("--like", help="Repeat this training run, with its settings and split.")]
PrintConfig = Annotated[bool, typer.Option("--print-config", help="Show the resolved settings and stop.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the closing figures as JSON; progress goes to stderr.")]


_METRIC_NAMES = {"macro_f1": "macro-F1", "macro_precision": "precision", "macro_recall": "recall"}


def register(app: typer.Typer) -> None:
    """Add the commands of training to the `fracto` app; called through the entry point ``fracto.commands``."""
    app.command("train", help=_TRAIN_HELP)(train)


def train(
    overrides: Overrides = None,
    catalog: CatalogPath = Path("catalog.duckdb"),
    fold: Folds = None,
    images: Images = None,
    weights: WeightsFile = None,
    from_scratch: FromScratch = False,
    folds_only: FoldsOnly = False,
    final_only: FinalOnly = False,
    like: Like = None,
    print_config: PrintConfig = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Compose the settings, plan, run, and show what came out."""
    for first, second, contradict in (
        ("--weights", "--from-scratch", weights is not None and from_scratch),
        ("--folds-only", "--final-only", folds_only and final_only),
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
    settings = _compose(overrides or [], options) if like is None else _settings_like(like, catalog, options)
    if print_config:
        typer.echo(settings.to_yaml(), nl=False)
        return
    console = Console(stderr=as_json)
    _train(settings, catalog, console, quiet=quiet, as_json=as_json)


def _compose(overrides: list[str], options: dict[str, Any]) -> "Settings":
    try:
        from fractotrain.device import default_recipe  # noqa: PLC0415 - the app must start without torch
        from fractotrain.settings import compose_settings  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise MissingToolError(
            f"training needs the Python package {error.name}, which is not installed: pip install 'fracto[train]'"
        ) from error
    if not any(override.startswith("recipe=") for override in overrides):
        overrides = [f"recipe={default_recipe()}", *overrides]
    return compose_settings(overrides, options)


def _settings_like(run_id: str, catalog: Path, options: dict[str, Any]) -> "Settings":
    """Settings of an earlier run; refused if the dataset is no longer the one that it saw."""
    from fractotrain.data import settings_of_run  # noqa: PLC0415 - the app must start without the training packages
    from fractotrain.settings import check_settings  # noqa: PLC0415 - as above

    with Catalog.open_read_only(catalog) as opened:
        raw, dataset_hash = settings_of_run(opened, run_id)
        if opened.content_hash("dataset") != dataset_hash:
            raise UsageError(
                f"--like {run_id}: the dataset in {catalog} changed since that run, which cannot be repeated; train "
                "with its settings by naming them (`--print-config` of the run's recipe shows the keys)"
            )
    return check_settings(raw, options)


def _train(settings: "Settings", catalog: Path, console: Console, *, quiet: bool, as_json: bool) -> None:
    try:
        from fractotrain.record import summary  # noqa: PLC0415 - the app must start without torch
        from fractotrain.train import plan_run, run  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise MissingToolError(
            f"training needs the Python package {error.name}, which is not installed: pip install 'fracto[train]'"
        ) from error
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its retries say nothing that our error does not
    plan = plan_run(settings, catalog)
    if quiet:
        outcome = run(plan)
    else:
        _announce(console, plan)
        if console.is_terminal:
            with _bars(console) as bars:
                outcome = run(plan, BarWatch(bars, plan.total_updates))
        else:
            outcome = run(plan, LineWatch(console))
    if as_json:
        sys.stdout.write(json.dumps(summary(outcome), indent=1) + "\n")
    elif not quiet:
        show_outcome(console, outcome, catalog)


class LineWatch(Watch):
    """One line an epoch, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def on_decoded(self, done: int, total: int) -> None:
        """Say so every thousand images and at the end."""
        if done % 1000 == 0 or done == total:
            self._say(f"decoded {done} of {total} images")

    def on_features(self, done: int, total: int) -> None:
        """Say so at the end."""
        if done == total:
            self._say(f"features of {total} images")

    def on_skipped(self, failures: tuple[Failure, ...]) -> None:
        """Name each image that the run goes on without."""
        for failure in failures:
            self._say(f"skipped {failure.item!r}: {failure.reason}: {failure.detail}")

    def on_resumed(self, fold: int, epochs_done: int) -> None:
        """Say that work done before is used."""
        self._say(f"{_fit_name(fold)}: goes on after epoch {epochs_done}, from a checkpoint")

    def on_epoch(self, epoch: Epoch) -> None:
        """Loss and validation figure of the epoch."""
        self._say(_epoch_line(epoch))

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class BarWatch(Watch):
    """One bar over all updates of all fits, with what is left."""

    def __init__(self, bars: Progress, total_updates: int) -> None:
        self._bars = bars
        self._preparing: dict[str, TaskID] = {}
        self._finished = self._of_this_fit = 0
        self._training = bars.add_task("training", total=total_updates)

    def on_decoded(self, done: int, total: int) -> None:
        """Move the bar of the cache."""
        self._before("decoding images", done, total)

    def on_features(self, done: int, total: int) -> None:
        """Move the bar of the frozen network."""
        self._before("features", done, total)

    def _before(self, name: str, done: int, total: int) -> None:
        if name not in self._preparing:
            self._preparing[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._preparing[name], completed=done)

    def on_skipped(self, failures: tuple[Failure, ...]) -> None:
        """Name each image that the run goes on without."""
        for failure in failures:
            self._bars.console.print(f"skipped {failure.item!r}: {failure.reason}: {failure.detail}", markup=False)

    def on_resumed(self, fold: int, epochs_done: int) -> None:
        """Say that work done before is used."""
        self._bars.console.print(f"{_fit_name(fold)}: goes on after epoch {epochs_done}, from a checkpoint")

    def on_fit(self, fold: int, n_training: int, n_validation: int) -> None:
        """Say which fit the bar is in; what the fits before would have taken is done."""
        self._finished += self._of_this_fit
        self._of_this_fit = 0
        self._bars.update(
            self._training,
            completed=self._finished,
            description=f"{_fit_name(fold)}: {n_training} training, {n_validation} validation images",
        )

    def on_update(self, update: Update) -> None:
        """Move the bar of the run."""
        self._bars.update(self._training, completed=self._finished + update.update + 1)
        self._of_this_fit = update.total_updates

    def on_epoch(self, epoch: Epoch) -> None:
        """Show the latest figures beside the bar."""
        self._bars.update(self._training, description=_epoch_line(epoch))


def _bars(console: Console) -> Progress:
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _fit_name(fold: int) -> str:
    return "final model" if fold < 0 else f"fold {fold}"


def _epoch_line(epoch: Epoch) -> str:
    seen = "" if epoch.validation_macro_f1 is None else f", validation macro-F1 {epoch.validation_macro_f1:.3f}"
    return f"{_fit_name(epoch.fold)}, epoch {epoch.epoch + 1}/{epoch.n_epochs}: loss {epoch.training_loss:.4f}{seen}"


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


def show_outcome(console: Console, outcome: "Outcome", catalog: Path) -> None:
    """The closing tables: what was reached, how sure that is, and where it lies."""
    settings, training_set = outcome.setup.bench.settings, outcome.setup.training_set
    where = (
        f"{len(outcome.folds)} folds, {training_set.split.strategy} split, {len(training_set)} images, "
        f"{len(set(training_set.foans))} FOANs"
    )
    for selection, folds in outcome.aggregates.items():
        main = selection == settings.cv.selection
        optimistic = ", optimistic: chosen on the fold it is reported on" if selection == "best_val" else ""
        name = "Linear head" if settings.model.frozen else {"last": "Last epoch", "best_val": "Best epoch"}[selection]
        title = f"{name}{optimistic}\n({where})"
        columns = ["metric", "mean ± SD", "95 % interval", "corrected", *(["training"] if main else [])]
        table = Table(*(Column(name, no_wrap=True) for name in columns), title=title)
        for metric, interval in folds.figures.items():
            row = [
                _METRIC_NAMES.get(metric, metric),
                _mean_sd(interval.mean, interval.sd),
                _range(interval.t_low, interval.t_high),
                _range(interval.corrected_low, interval.corrected_high),
            ]
            if main:
                row.append(_mean_sd(folds.training_figures[metric].mean, folds.training_figures[metric].sd))
            table.add_row(*row)
        console.print(table)
    if settings.cv.selection in outcome.aggregates:
        _show_pooled(console, outcome)
    for failure in outcome.skipped:
        console.print(f"skipped {failure.item!r}: {failure.reason}", markup=False, soft_wrap=True)
    console.print(f"Run {outcome.run_id} is stored in {catalog}", markup=False, highlight=False, soft_wrap=True)
    if outcome.model_file is not None:
        console.print(f"Final model: {outcome.model_file}", markup=False, highlight=False, soft_wrap=True)


def _show_pooled(console: Console, outcome: "Outcome") -> None:
    """Per class and confusion matrix of all out-of-fold predictions."""
    folds = outcome.aggregates[outcome.setup.bench.settings.cv.selection]
    classes = list(folds.pooled.per_class)
    table = Table("class", "precision", "recall", "F1", "images", title="All out-of-fold predictions")
    for name, figures in folds.pooled.per_class.items():
        shown = ["-" if figures[m] is None else f"{figures[m]:.3f}" for m in ("precision", "recall", "f1")]
        table.add_row(name, *shown, f"{figures['support']:.0f}")
    console.print(table)
    confusion = Table("true \\ predicted", *classes, title="Confusion matrix (images)")
    for name, counts in zip(classes, folds.pooled.confusion, strict=True):
        confusion.add_row(name, *(str(int(n)) for n in counts))
    console.print(confusion)
    if folds.macro_f1_bootstrap is not None:
        low, high = folds.macro_f1_bootstrap
        macro_f1 = folds.pooled.overall["macro_f1"]
        line = f"Pooled macro-F1 {macro_f1:.3f} [{low:.3f}, {high:.3f}] (bootstrap over FOANs)"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _mean_sd(mean: float, sd: float | None) -> str:
    return f"{mean:.3f}" if sd is None else f"{mean:.3f} ± {sd:.3f}"


def _range(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"[{low:.3f}, {high:.3f}]"
