"""The commands of the curation wing; each reads its options, calls one function, and shows the result."""

import dataclasses
import json
import os
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, ExitCode, FractoError, UsageError
from data_contracts.validation import validate as find_violations
from data_contracts.violation_formats import ViolationFormat, render
from data_contracts.vocabulary import MatchingMode, SplitStrategy
from fractocurate.cli.demo import demo
from fractocurate.cli.options import (
    DEFAULT_CATALOG,
    CatalogOption,
    ImagesOption,
    JobsOption,
    JsonOption,
    ProfileOption,
    QuietOption,
)
from fractocurate.cli.progress import printable, progress_for
from fractocurate.cli.show import console, show_chain, show_ingest, show_status
from fractocurate.export import ExportFormat
from fractocurate.export import export as write_export
from fractocurate.leakage.settings import AuditSettings
from fractocurate.profile import load_profile
from fractocurate.status import status_of
from fractocurate.why import explain as explain_image
from fractocurate.why import find_image, find_report
from fractocurate.why_report import explain_report
from fractocurate.workers import default_jobs

_INTERRUPTED = 130
"""Exit code of typer after Ctrl-C, and of a shell."""

app = typer.Typer(
    name="fracto",
    help="From an archive of fracture reports and SEM micrographs to an audited dataset and an explained classifier.",
    epilog="Exit codes: 0 clean, 1 unexpected, 2 usage, 3 bad input, 4 missing tool, 5 contract violated, "
    "6 finished with failed items, 7 leakage above the limit asked for.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Entry point of `fracto`."""
    for entry in metadata.entry_points(group="fracto.commands"):
        entry.load()(app)
    try:
        app()
    except FractoError as error:
        Console(stderr=True).print(f"[bold red]error:[/bold red] {escape(printable_lines(str(error)))}", soft_wrap=True)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            sys.stderr.write("\ninterrupted; what was recorded is kept, and the same command goes on from there\n")
        raise
    except BrokenPipeError:  # the reader of a pipe (head, less) has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.CLEAN)


def printable_lines(text: str) -> str:
    """A message of several lines, each printable."""
    return "\n".join(map(printable, text.split("\n")))


def _version(show: bool) -> None:  # noqa: FBT001 - typer's signature of a flag's callback
    if show:
        typer.echo(f"fracto {metadata.version('fracto')}")
        raise typer.Exit


@app.callback()
def _fracto(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    pass


app.command()(demo)


@app.command()
def ingest(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[REPORTS] IMAGES", help="Folder of PDF reports, folder of images.", show_default=False),
    ] = None,
    catalog: CatalogOption = DEFAULT_CATALOG,
    profile: ProfileOption = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="A CSV, Excel or parquet table of labels instead of reports; then only IMAGES is given."),
    ] = None,
    decisions: Annotated[
        Path | None,
        typer.Option(
            help="A sheet of `fracto export --review`, filled in. Without folders, only the decisions are read.",
            show_default=False,
        ),
    ] = None,
    matching: Annotated[MatchingMode | None, typer.Option(help="Overrides the profile's matching mode.")] = None,
    jobs: JobsOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Read an archive into the catalog. Run it again at any time: only what is new or changed is read.

    Finds PDFs and images in nested folders, reads each report page by its text layer or by OCR, reads magnification and
    pixel size of every image, finds its data bar, and links images to fracture instances. Originals are never touched.

    A file that cannot be read is listed with the reason, and the exit code is then 6.

    Decisions are checked as a whole: if a row cannot be followed, none is recorded, and every problem is listed.
    """
    from fractocurate.cli.decisions import read_decisions
    from fractocurate.stages.ingest import ingest as run_ingest
    from fractocurate.tesseract import require_tesseract

    folders = folders or []
    if decisions and not folders and labels is None:
        read_decisions(_existing(catalog), decisions, quiet=quiet, as_json=as_json)
        return
    wanted = 1 if labels else 2
    if len(folders) != wanted:
        raise UsageError(
            "give `fracto ingest REPORTS IMAGES`, or `fracto ingest --labels TABLE IMAGES` "
            f"(found {len(folders)} folder(s){' beside --labels' if labels else ''})",
        )
    settings = load_profile(profile)
    if matching:
        settings = settings.model_copy(update={"matching": settings.matching.model_copy(update={"mode": matching})})
    require_tesseract((*settings.ocr.languages, *settings.ocr.data_bar_languages))
    reports = None if labels else folders[0]
    with Catalog.open(catalog) as opened, progress_for(quiet=quiet) as progress:
        summary = run_ingest(
            opened, reports, folders[-1], settings, jobs or default_jobs(), progress, labels, decisions
        )
    if as_json:
        _print_json(dataclasses.asdict(summary))
    elif not quiet:
        show_ingest(summary, console())
        typer.echo(f"Catalog: {catalog}. Next: `fracto status`, `fracto validate`, `fracto audit --folds 5`.")
    if summary.failures:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)


@app.command()
def status(
    catalog: CatalogOption = DEFAULT_CATALOG,
    matching: Annotated[
        bool,
        typer.Option(
            "--matching",
            help="Show instead how far the links can be trusted: paper beside guarded, collisions, a bound.",
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            help="With --matching: a new folder for the full lists, differences.csv and collisions.csv.",
            show_default=False,
        ),
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what the catalog holds: images by status and reason, labels, failures, splits and runs."""
    if matching:
        from fractocurate.cli.show_matching import show_matching_of

        show_matching_of(catalog, output, quiet=quiet, as_json=as_json)
        return
    if output is not None:
        raise UsageError("--output goes with --matching")
    with Catalog.open_read_only(catalog) as opened:
        found = status_of(opened)
    if as_json:
        _print_json(dataclasses.asdict(found))
    elif not quiet:
        show_status(found, console())


@app.command()
def why(
    item: Annotated[str, typer.Argument(metavar="IMAGE|REPORT", help="Path of an image or a PDF, or the end of it.")],
    catalog: CatalogOption = DEFAULT_CATALOG,
    crop: Annotated[
        Path | None,
        typer.Option(help="Write the places of the report that state it, marked, to this PNG.", show_default=False),
    ] = None,
    reports: Annotated[
        Path | None,
        typer.Option(help="Folder of the reports, if it has moved since the ingest.", show_default=False),
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show why an image has its label: the whole chain from its bytes over names and report to its fold.

    For a report: how each page was read, what it states with which confidence, and what it replaces or is replaced by.
    """
    from fractocurate.why_crop import crop_of_image, crop_of_report, save_picture

    is_report = Path(item).suffix.lower() == ".pdf"
    with Catalog.open_read_only(catalog) as opened:
        path = find_report(opened, item) if is_report else find_image(opened, item)
        chain = explain_report(opened, path) if is_report else explain_image(opened, path)
        if crop is not None:
            save_picture((crop_of_report if is_report else crop_of_image)(opened, path, reports), crop)
    if as_json:
        _print_json([dataclasses.asdict(link) for link in chain])
    elif not quiet:
        show_chain(chain, console())


@app.command()
def validate(
    catalog: CatalogOption = DEFAULT_CATALOG,
    style: Annotated[ViolationFormat, typer.Option("--format", help="How to print violations.")] = ViolationFormat.TEXT,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Check the catalog against its contracts: every table, and the rules between tables. Broken: exit code 5."""
    with Catalog.open_read_only(catalog) as opened:
        violations = find_violations(opened)
    if as_json or not quiet:
        typer.echo(render(violations, str(catalog), ViolationFormat.JSON if as_json else style))
    if violations:
        raise typer.Exit(ExitCode.CONTRACT_VIOLATED)


@app.command()
def audit(
    catalog: CatalogOption = DEFAULT_CATALOG,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds.")] = AuditSettings.n_folds,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the folds.")] = AuditSettings.seed,
    max_hamming: Annotated[
        int, typer.Option(min=0, max=64, help="pHash distance of candidates, bits of 64.")
    ] = AuditSettings.max_hamming,
    k: Annotated[int, typer.Option(min=1, help="Nearest candidates per image in the paper's audit.")] = AuditSettings.k,
    self_test: Annotated[
        int, typer.Option(min=0, help="Images to plant copies of, to see what the audit would miss; 0: none.")
    ] = AuditSettings.self_test_images,
    max_leakage: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Exit with 7 if a larger share of validation images leaks.", show_default=False
        ),
    ] = None,
    at: Annotated[float, typer.Option(min=0.5, max=1, help="SSIM from which --max-leakage counts a pair.")] = 0.80,
    gate: Annotated[SplitStrategy, typer.Option(help="Strategy that --max-leakage is about.")] = SplitStrategy.CLUSTER,
    html: Annotated[
        Path | None, typer.Option(help="The page. [default: CATALOG.audit.html]", show_default=False)
    ] = None,
    images: ImagesOption = None,
    jobs: JobsOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make folds by strategy and measure how much leaks from training to validation.

    Strategies: `image` (stratified over images, as in the paper), `foan` (a FOAN stays together) and `cluster` (FOANs
    joined by similar images stay together; what `fracto train` uses). Leakage is the share of validation images with at
    least one similar image in training. The paper's audit finds them by pHash and SSIM; the full one also finds turns,
    mirrors, crops, overlaps and zooms, and says by planted copies what it would miss.
    """
    from fractocurate.cli.show_audit import show_audit
    from fractocurate.stages.audit import audit as run_audit
    from fractocurate.stages.audit import check_gate

    target = html or catalog.with_suffix(".audit.html")
    settings = AuditSettings(folds, seed, max_hamming, k, self_test_images=self_test)
    with Catalog.open(_existing(catalog)) as opened, progress_for(quiet=quiet) as progress:
        summary = run_audit(opened, settings, images_root(opened, images), jobs or default_jobs(), progress)
    try:
        target.write_text(summary.html, encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{target}: cannot write the page: {error.strerror}; name another --html") from error
    if as_json:
        shown = dataclasses.asdict(dataclasses.replace(summary, html="", plans=()))
        _print_json({name: value for name, value in shown.items() if name not in {"html", "plans"}} | {"page": target})
    elif not quiet:
        show_audit(summary, console())
        typer.echo(f"Page with the pairs: {target}")
    if max_leakage is not None:
        check_gate(summary, max_leakage, at, gate)
    if summary.failures:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)


@app.command()
def export(
    target: Annotated[
        Path | None,
        typer.Argument(help="File or (for images) folder to make; must not exist.", show_default=False),
    ] = None,
    style: Annotated[ExportFormat, typer.Option("--format", "-f", help="What to write.")] = ExportFormat.CSV,
    catalog: CatalogOption = DEFAULT_CATALOG,
    review: Annotated[
        Path | None,
        typer.Option(
            help="Write instead the images in doubt to this .csv or .xlsx, for `fracto ingest --decisions`.",
            show_default=False,
        ),
    ] = None,
    images: ImagesOption = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hand the dataset on: csv or parquet (all rows), images (cropped, by class), or fractovit (its loader's CSV)."""
    if (target is None) == (review is None):
        raise UsageError("say either `fracto export TARGET` or `fracto export --review SHEET.csv`")
    if review is not None:
        from fractocurate.cli.decisions import write_sheet

        write_sheet(catalog, review, quiet=quiet, as_json=as_json)
        return
    assert target is not None  # noqa: S101 - one of both is given
    with Catalog.open_read_only(catalog) as opened, progress_for(quiet=quiet) as progress:
        summary = write_export(opened, target, style, progress, images)
    if as_json:
        _print_json(dataclasses.asdict(summary))
    elif not quiet:
        typer.echo(f"{summary.n_rows - len(summary.failures)} images written to {summary.target}")
    if summary.failures:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)


@app.command()
def review(
    image: Annotated[str, typer.Argument(help="Path of the image, or the end of it.")],
    by: Annotated[str, typer.Option(help="Who decides.")],
    note: Annotated[str, typer.Option(help="Why.")],
    foan: Annotated[str | None, typer.Option(help="Link the image to this FOAN.", show_default=False)] = None,
    serial: Annotated[
        str | None, typer.Option(help="Serial number, if the FOAN has several.", show_default=False)
    ] = None,
    exclude: Annotated[bool, typer.Option("--exclude", help="Leave the image out instead.")] = False,
    catalog: CatalogOption = DEFAULT_CATALOG,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Decide on an image yourself. Decisions are kept with name and reason, and hold at every later ingest."""
    from fractocurate.stages.review import record_decision

    if exclude == (foan is not None):
        raise UsageError("say either --foan FOAN [--serial NUMBER], or --exclude")
    with Catalog.open(_existing(catalog)) as opened:
        path = find_image(opened, image)
        record_decision(opened, path, foan, serial, by, note)
        chain = explain_image(opened, path)
    if as_json:
        _print_json([dataclasses.asdict(link) for link in chain])
    elif not quiet:
        show_chain(chain, console())


def images_root(opened: Catalog, given: Path | None) -> Path:
    """Where the images are: as given, or where they were at the last ingest."""
    root = given or Path(opened.meta("images_root") or "")
    if not root.is_dir():
        raise BadInputError(f"{root}: the images are not there any more; name their folder with --images")
    return root


def _existing(catalog: Path) -> Path:
    """Only `ingest` makes a catalog."""
    if not catalog.exists():
        Catalog.open_read_only(catalog)  # says how to make it
    return catalog


def _print_json(value: Mapping[str, object] | list[dict[str, object]]) -> None:
    typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))
