"""`fracto explain`: the terminal's side of heat-maps, of their tests, and of the expert's form."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from data_contracts.catalog import Catalog
from data_contracts.errors import ExitCode, UsageError
from fractotrain.cli.options import DEFAULT_CATALOG, AsJson, CatalogPath, Quiet, training_packages
from fractotrain.cli.progress import bars_on
from fractotrain.cli.show_explain import (
    agreement_facts,
    explained_facts,
    show_agreements,
    show_explained,
    show_tests,
    tests_facts,
)

if TYPE_CHECKING:  # the plan brings torch
    from fractotrain.attribution.explain import Explained, Plan


class MethodChoice(StrEnum):
    """What ``--method`` takes."""

    GRAD_CAM = "grad_cam"
    RELEVANCE = "relevance"
    ROLLOUT = "rollout"
    BOTH = "both"
    ALL = "all"


_METHODS_OF = {MethodChoice.BOTH: ("grad_cam", "rollout"), MethodChoice.ALL: ("grad_cam", "relevance", "rollout")}

Images = Annotated[
    list[str] | None,
    typer.Argument(metavar="[IMAGE]...", help="Images of the catalog, by path or the end of it."),
]
OfFoan = Annotated[str | None, typer.Option("--foan", help="All images of this FOAN.")]
Errors = Annotated[bool, typer.Option("--errors", help="Images whose out-of-fold answer is wrong.")]
HeldOut = Annotated[bool, typer.Option("--held-out", help="Labelled images of FOANs that the model has never seen.")]
SampleSize = Annotated[
    int | None, typer.Option("--sample", min=1, help="At most N images, spread over classes and magnifications.")
]
TheMethod = Annotated[
    MethodChoice, typer.Option("--method", help="Heat-maps to make; both: Grad-CAM and rollout.", show_default=True)
]
Run = Annotated[
    str | None, typer.Option("--run", help="Run whose final model is asked, or its start. [default: the latest]")
]
Target = Annotated[str, typer.Option(help="Class to explain: predicted, true, or the name of a class.")]
ImagesRoot = Annotated[Path | None, typer.Option("--images", help="Folder of the images, if the archive moved.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Folder for sheets and overlays. [default: beside the catalog]"),
]
Test = Annotated[
    bool, typer.Option("--test", help="Put the heat-maps to the test, on --sample 60 if nothing is named.")
]
RegionsFile = Annotated[
    Path | None,
    typer.Option("--regions", help="CSV of marked origins (file, left_px, top_px, right_px, bottom_px), for --test."),
]
Form = Annotated[Path | None, typer.Option("--form", help="Write sheets and a form for experts into this folder.")]
AnswersFile = Annotated[Path | None, typer.Option("--answers", help="Import a filled form.")]
Rater = Annotated[str | None, typer.Option("--rater", help="Who filled it.")]
Seed = Annotated[int, typer.Option(help="Of the sample, and of what is random in --test.")]


def explain(
    images: Images = None,
    foan: OfFoan = None,
    errors: Errors = False,
    held_out: HeldOut = False,
    sample: SampleSize = None,
    method: TheMethod = MethodChoice.ALL,
    run: Run = None,
    target: Target = "predicted",
    images_root: ImagesRoot = None,
    output: Output = None,
    test: Test = False,
    regions: RegionsFile = None,
    form: Form = None,
    answers: AnswersFile = None,
    rater: Rater = None,
    seed: Seed = 0,
    catalog: CatalogPath = DEFAULT_CATALOG,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Show where the final model of a run looked: heat-maps over the frames, a sheet per FOAN.

    Grad-CAM and attention relevance ask for a class, attention rollout shows what was
    looked at whatever the class. The final model was fitted on all labelled images, so
    each sheet also shows the out-of-fold answer, and says what the model was trained on.
    Maps and overlays lie beside the catalog, in <catalog>.attributions.

    --test measures whether the heat-maps deserve belief: do they change when the model
    forgets what it learnt, do the patches they name carry the answer, are they stable,
    do they agree, do they hit marked regions (--regions)?

    --form writes the questions of a consensus session for experts; --answers with
    --rater imports a filled form (CSV or .xlsx), and prints how far the raters agree.

    An image that cannot be read, or whose map is zero throughout, is listed with the
    reason; the exit code is then 6.

    Examples:
    fracto explain --foan FA-2021-0417
    fracto explain --errors --sample 20 --method relevance
    fracto explain --test --regions origins.csv
    fracto explain --sample 30 --form session/
    fracto explain --answers session/anna.xlsx --rater Anna
    """
    if (answers is None) != (rater is None):
        raise UsageError("--answers FILE and --rater NAME belong together")
    if answers is not None and (test or form is not None):
        raise UsageError("--answers imports a form; --test and --form make something else: run them apart")
    if test and form is not None:
        raise UsageError("--test and --form contradict each other; give one of them")
    if form is not None and output is not None:
        raise UsageError("--form DIR is the folder of the sheets too; leave out --output")
    if regions is not None and not test:
        raise UsageError("--regions is for --test")
    if answers is not None and rater is not None:
        _import(catalog, answers, rater, quiet=quiet, as_json=as_json)
        return
    with training_packages():
        from fractotrain.attribution.examine import DEFAULT_SAMPLE  # noqa: PLC0415 - the app must start without torch
        from fractotrain.attribution.explain import plan_explanation  # noqa: PLC0415 - as above
        from fractotrain.attribution.methods import Method  # noqa: PLC0415 - as above
        from fractotrain.attribution.subjects import Choice  # noqa: PLC0415 - as above

    named = bool(images or foan or errors or held_out or sample)
    choice = Choice(tuple(images or ()), foan, errors, held_out, DEFAULT_SAMPLE if test and not named else sample, seed)
    methods = [Method(name) for name in _METHODS_OF.get(method, (str(method),))]
    plan = plan_explanation(catalog, choice, methods, run, target, images_root, form or output)
    if test:
        _test(plan, regions, seed, quiet=quiet, as_json=as_json)
    else:
        _explain(plan, form, quiet=quiet, as_json=as_json)


def _explain(plan: "Plan", form: Path | None, *, quiet: bool, as_json: bool) -> None:
    from fractotrain.attribution.expert_form import write_form  # noqa: PLC0415 - the app must start without torch
    from fractotrain.attribution.explain import explain as make_explanations  # noqa: PLC0415 - as above
    from fractotrain.attribution.record import record_explanations  # noqa: PLC0415 - as above

    with bars_on(Console(stderr=True, quiet=quiet)) as bars:
        task = bars.add_task("heat-maps", total=len(plan.subjects))
        explained: Explained = make_explanations(plan, lambda done, _: bars.update(task, completed=done))
    form_file = write_form(plan, explained, form) if form is not None else None
    record_explanations(plan, explained)
    if as_json:
        _print(explained_facts(plan, explained, form_file))
    elif not quiet:
        show_explained(Console(), plan, explained, form_file)
    if explained.failures:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)


def _test(plan: "Plan", regions: Path | None, seed: int, *, quiet: bool, as_json: bool) -> None:
    from fractotrain.attribution.examine import examine  # noqa: PLC0415 - the app must start without torch
    from fractotrain.attribution.pointing import read_regions  # noqa: PLC0415 - as above
    from fractotrain.attribution.record import record_tests  # noqa: PLC0415 - as above

    marked = None if regions is None else read_regions(regions)
    with bars_on(Console(stderr=True, quiet=quiet)) as bars:
        task = bars.add_task("testing", total=None)
        examined = examine(plan, marked, seed, lambda trial: bars.update(task, description=trial))
    record_tests(plan, examined.started_at, examined.figures, examined.verdicts, examined.failures)
    if as_json:
        _print(tests_facts(plan, examined))
    elif not quiet:
        show_tests(Console(), plan, examined)
    if examined.failures:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)


def _import(catalog: Path, file: Path, rater: str, *, quiet: bool, as_json: bool) -> None:
    with training_packages():
        from fractotrain.attribution.agreement import agreements  # noqa: PLC0415 - the app must start without torch
        from fractotrain.attribution.expert_answers import import_answers, read_answers  # noqa: PLC0415 - as above

    rows = read_answers(file)
    Catalog.open_read_only(catalog).close()  # only `ingest` makes a catalog
    with Catalog.open(catalog) as opened:
        imported = import_answers(opened, rows, rater)
        found = agreements(opened)
    if as_json:
        _print(agreement_facts(imported, found))
    elif not quiet:
        show_agreements(Console(), imported, found)


def _print(facts: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(facts, indent=1) + "\n")
