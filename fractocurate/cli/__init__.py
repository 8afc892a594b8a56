"""The `fracto` command line: the only files that know typer and rich."""

from fractocurate.cli.app import main

__all__ = ["main"]
