"""`fracto export`."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from data_contracts.catalog import Catalog
from data_contracts.errors import ExitCode, UsageError
from fractocurate.cli.common import print_json
from fractocurate.cli.options import DEFAULT_CATALOG, CatalogOption, ImagesOption, JsonOption, QuietOption
from fractocurate.cli.progress import progress_for
from fractocurate.export import ExportFormat
from fractocurate.export import export as write_export


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
        print_json(dataclasses.asdict(summary))
    elif not quiet:
        typer.echo(f"{summary.n_rows - len(summary.failures)} images written to {summary.target}")
    if summary.failures:
        raise typer.Exit(ExitCode.FINISHED_WITH_FAILED_ITEMS)
