"""Options and errors that the commands of training share."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from data_contracts.errors import MissingToolError

CatalogPath = Annotated[
    Path,
    typer.Option("--catalog", "-c", envvar="FRACTO_CATALOG", help="The catalog that ingest and audit made."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON; progress goes to stderr.")]

DEFAULT_CATALOG = Path("catalog.duckdb")


@contextlib.contextmanager
def training_packages(extra: str = "train") -> Iterator[None]:
    """Around imports of torch and its like, which `fracto --help` does without and a machine for curation lacks."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingToolError(
            f"this command needs the Python package {error.name}, which is not installed: pip install 'fracto[{extra}]'"
        ) from error
