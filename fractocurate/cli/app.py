"""The commands of the curation wing; each reads its options, calls one function, and shows the result."""

import dataclasses
import os
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from data_contracts.catalog import Catalog
from data_contracts.errors import ExitCode, FractoError, UsageError
from data_contracts.validation import validate as find_violations
from data_contracts.violation_formats import ViolationFormat, render
from data_contracts.vocabulary import MatchingMode
from fractocurate.cli.audit import audit
from fractocurate.cli.common import existing, print_json
from fractocurate.cli.demo import demo
from fractocurate.cli.export import export
from fractocurate.cli.options import (
    DEFAULT_CATALOG,
    CatalogOption,
    JobsOption,
    JsonOption,
    ProfileOption,
    QuietOption,
)
from fractocurate.cli.progress import printable, progress_for
from fractocurate.cli.review import review
from fractocurate.cli.show import console, show_chain, show_ingest, show_status
from fractocurate.profile import load_profile
from fractocurate.status import status_of
from fractocurate.why import explain as explain_image
from fractocurate.why import find_image, find_report
from fractocurate.why_report import explain_report
from fractocurate.workers import default_jobs

_INTERRUPTED = 130
"""Exit code of typer after Ctrl-C, and of a shell."""
_INTERRUPTION = "\ninterrupted; what was recorded is kept, and the same command goes on from there\n"

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
            sys.stderr.write(_INTERRUPTION)
        raise
    except BrokenPipeError:  # the reader of a pipe (head, less) has left
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.CLEAN)
    except Exception as error:
        if not _is_of_interrupt(error):
            raise
        sys.stderr.write(_INTERRUPTION)
        sys.exit(_INTERRUPTED)


def _is_of_interrupt(error: BaseException | None) -> bool:
    """Whether an error arose from Ctrl-C, which a lock of the standard library may turn into another one."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__context__
    return False


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
        read_decisions(existing(catalog), decisions, quiet=quiet, as_json=as_json)
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
        print_json(dataclasses.asdict(summary))
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
        print_json(dataclasses.asdict(found))
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
        print_json([dataclasses.asdict(link) for link in chain])
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


app.command()(audit)
app.command()(export)
app.command()(review)
