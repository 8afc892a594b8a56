"""`fracto review`."""

import dataclasses
from typing import Annotated

import typer

from data_contracts.catalog import Catalog
from data_contracts.errors import UsageError
from fractocurate.cli.common import existing, print_json
from fractocurate.cli.options import DEFAULT_CATALOG, CatalogOption, JsonOption, QuietOption
from fractocurate.cli.show import console, show_chain
from fractocurate.why import explain as explain_image
from fractocurate.why import find_image


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
    with Catalog.open(existing(catalog)) as opened:
        path = find_image(opened, image)
        record_decision(opened, path, foan, serial, by, note)
        chain = explain_image(opened, path)
    if as_json:
        print_json([dataclasses.asdict(link) for link in chain])
    elif not quiet:
        show_chain(chain, console())
