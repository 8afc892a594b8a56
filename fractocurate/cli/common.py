"""What several commands do alike: open what is there, print JSON."""

import json
from collections.abc import Mapping
from pathlib import Path

import typer

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError


def images_root(opened: Catalog, given: Path | None) -> Path:
    """Where the images are: as given, or where they were at the last ingest."""
    root = given or Path(opened.meta("images_root") or "")
    if not root.is_dir():
        raise BadInputError(f"{root}: the images are not there any more; name their folder with --images")
    return root


def existing(catalog: Path) -> Path:
    """Only `ingest` makes a catalog."""
    if not catalog.exists():
        Catalog.open_read_only(catalog)  # says how to make it
    return catalog


def print_json(value: Mapping[str, object] | list[dict[str, object]]) -> None:
    """To standard output."""
    typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))
