"""Options that commands share."""

from pathlib import Path
from typing import Annotated

import typer

CatalogOption = Annotated[
    Path,
    typer.Option("--catalog", "-c", help="The catalog, one DuckDB file.", envvar="FRACTO_CATALOG", show_default=True),
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
ProfileOption = Annotated[
    Path | None,
    typer.Option(
        "--profile",
        "-p",
        help="The site's profile, YAML: FOAN grammar, vocabulary, columns, languages. See docs/profile.md.",
    ),
]
JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, help="Worker processes. [default: one per processor]", show_default=False),
]
ImagesOption = Annotated[
    Path | None,
    typer.Option("--images", help="Folder of the images, if it has moved since the ingest.", show_default=False),
]

DEFAULT_CATALOG = Path("catalog.duckdb")
