"""`fracto tune`: the terminal's side of the search for settings."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
import yaml
from rich.console import Console
from rich.table import Table

from fractotrain.cli.command import Images, Overrides, PrintConfig, WeightsFile
from fractotrain.cli.options import DEFAULT_CATALOG, AsJson, CatalogPath, Quiet, training_packages

if TYPE_CHECKING:  # the records of a study bring torch
    from fractotrain.tune import Tuned

Fold = Annotated[int, typer.Option("--fold", min=0, help="Its validation images are never looked at.")]
Trials = Annotated[int | None, typer.Option("--trials", min=1, help="Ended trials of the whole study: hpo.trials.")]
Epochs = Annotated[int | None, typer.Option("--epochs", min=1, help="Epochs of a trial at most: hpo.epochs.")]


def tune(
    overrides: Overrides = None,
    catalog: CatalogPath = DEFAULT_CATALOG,
    fold: Fold = 0,
    trials: Trials = None,
    epochs: Epochs = None,
    images: Images = None,
    weights: WeightsFile = None,
    print_config: PrintConfig = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Search for better settings over the paper's space (Optuna, TPE, successive halving).

    Only the training images of one fold are used: a part is fitted, a part held back to judge. So that fold's figures
    with the settings found are free of bias; those of the other folds are not. Run it for each fold to compare all.

    The study lies beside the catalog. The same command on another GPU or machine joins it, and one that was killed goes
    on.

    Settings are key=value as for `fracto train`; the group hpo says what is tried, and how:

      fracto tune recipe=base --trials 100 --fold 0

      fracto tune recipe=base hpo.space.optim.lr.high=5e-5 hpo.sampler=random hpo.pruner=none

      fracto tune recipe=fast '~hpo.space.optim.layer_decay' '+hpo.space.optim.focal_gamma={low: 0, high: 3}'

      fracto tune recipe=base --print-config
    """
    with training_packages():
        from fractotrain.device import default_recipe  # noqa: PLC0415 - as below
        from fractotrain.hpo import compose_search  # noqa: PLC0415 - as below
        from fractotrain.report.figures import bars  # noqa: PLC0415 - the app must start without torch
        from fractotrain.tune import tune as run_tune  # noqa: PLC0415 - as above
    options = {
        **({"data.images_root": images} if images is not None else {}),
        **({"model.init": "file", "model.weights_file": weights} if weights is not None else {}),
        **({"hpo.trials": trials} if trials is not None else {}),
        **({"hpo.epochs": epochs} if epochs is not None else {}),
    }
    asked = overrides or []
    if not any(override.startswith("recipe=") for override in asked):
        asked = [f"recipe={default_recipe()}", *asked]
    settings, hpo = compose_search(asked, options)
    if print_config:
        both = settings.model_dump(mode="json") | {"hpo": hpo.model_dump(mode="json", exclude_defaults=True)}
        typer.echo(yaml.safe_dump(both, sort_keys=False), nl=False)
        return
    console = Console(stderr=True, quiet=quiet)

    def tell(number: int, value: float | None) -> None:
        figure = "cut short" if value is None else f"macro-F1 {value:.3f} of held-back training images"
        console.print(f"trial {number}: {figure}", markup=False, highlight=False)

    tuned = run_tune(settings, hpo, catalog, fold, tell)
    if tuned.importances:
        picture = catalog.with_suffix(".tune.svg")
        names = list(tuned.importances)
        picture.write_text(bars(names, {"importance": list(tuned.importances.values())}, "importance"))
    if as_json:
        facts = dataclasses.asdict(tuned) | {"journal": str(tuned.journal)}
        sys.stdout.write(json.dumps(facts, indent=1) + "\n")
    elif not quiet:
        _show(Console(), tuned, [o for o in overrides or [] if "hpo" not in o.partition("=")[0]], catalog)


def _show(console: Console, tuned: "Tuned", overrides: list[str], catalog: Path) -> None:
    """The best trial, what mattered, and the command that trains with it."""
    title = f"Best of {tuned.n_complete} trials ({tuned.n_pruned} cut short, {tuned.n_failed} failed)"
    table = Table("setting", "value", "importance", title=title)
    for name, value in sorted(tuned.best.items(), key=lambda item: -tuned.importances.get(item[0], 0.0)):
        importance = tuned.importances.get(name)
        table.add_row(name, f"{value:.4g}", "-" if importance is None else f"{importance:.2f}")
    console.print(table)
    settings = " ".join([*overrides, *(f"{name}={value:.6g}" for name, value in tuned.best.items())])
    lines = (
        f"macro-F1 {tuned.best_macro_f1:.3f} of held-back training images, chosen among trials: optimistic",
        "Without bias, on the fold that was not looked at:",
        f"  fracto train -c {catalog} --fold {tuned.fold} {settings}",
    )
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
