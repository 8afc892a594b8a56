"""`fracto export --review` and `fracto ingest --decisions`: the review sheet goes out and comes back."""

import dataclasses
import json
from pathlib import Path

import typer

from data_contracts.catalog import Catalog
from fractocurate.cli.progress import progress_for
from fractocurate.review_sheet import write_review_sheet
from fractocurate.stages.review import record_sheet
from fractocurate.stages.run_log import logged_run


def write_sheet(catalog: Path, target: Path, *, quiet: bool, as_json: bool) -> None:
    """Write the images in doubt and say what to do with them."""
    with Catalog.open_read_only(catalog) as opened:
        n_rows = write_review_sheet(opened, target)
    if as_json:
        typer.echo(json.dumps({"target": str(target), "n_rows": n_rows}, indent=2))
    elif not quiet and not n_rows:
        typer.echo(f"No picture is in doubt; {target} holds nothing but its header.")
    elif not quiet:
        typer.echo(
            f"{n_rows} pictures in doubt written to {target}. In its column `decision`, write the number of a "
            "candidate, `link` with a FOAN, or `exclude`; then `fracto ingest --decisions`."
        )


def read_decisions(catalog: Path, sheet: Path, *, quiet: bool, as_json: bool) -> None:
    """Record the decisions of a sheet in a catalog that exists."""
    with (
        Catalog.open(catalog) as opened,
        progress_for(quiet=quiet) as progress,
        logged_run(opened, "decisions", {"sheet": sheet}) as figures,
    ):
        summary = record_sheet(opened, sheet, progress)
        figures.update(dataclasses.asdict(summary))
    if as_json:
        typer.echo(json.dumps({"decisions": dataclasses.asdict(summary)}, indent=2))
    elif not quiet:
        typer.echo(f"{summary.n_new} decision(s) recorded, {summary.n_known} known before. Next: `fracto status`.")
