"""The `fracto` command line: the only files that know typer and rich."""

import sys


def main() -> None:
    """Entry point of `fracto`. The commands are imported here, so that worker processes need not load them."""
    try:
        from fractocurate.cli.app import main as run
    except KeyboardInterrupt:  # Ctrl-C before anything began
        sys.stderr.write("\ninterrupted\n")
        sys.exit(130)
    run()


__all__ = ["main"]
