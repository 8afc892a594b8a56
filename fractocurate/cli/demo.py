"""`fracto demo`: an invented archive, and the whole job on it, command by command."""

import json
import re
import shlex
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data_contracts.errors import BadInputError, UsageError
from fractocurate.cli.options import JsonOption, QuietOption

if TYPE_CHECKING:  # the generator brings numerics that `fracto --help` can do without
    from fractocurate.demo.archive import Truth

MIN_SIZE_PX = (320, 160)
"""Smallest picture that leaves the data bars of all invented microscopes readable."""


def size_px(text: str) -> tuple[int, int]:
    """``384x320`` as (384, 320)."""
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if not found or int(found[1]) < MIN_SIZE_PX[0] or int(found[2]) < MIN_SIZE_PX[1]:
        raise UsageError(f"--size {text}: give WIDTHxHEIGHT of at least 320x160 pixels, for example 512x384")
    return int(found[1]), int(found[2])


def demo(
    folder: Annotated[Path, typer.Argument(help="Where to put it; made if it does not exist.")] = Path("fracto-demo"),
    archive_only: Annotated[
        bool, typer.Option("--archive-only", help="Write the archive and stop: to try the commands yourself.")
    ] = False,
    foans: Annotated[
        int, typer.Option(min=4, max=120, help="FOANs with a report; two more have frames but no readable report.")
    ] = 24,
    size: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WxH", help="Picture size without data bar; several are taken in turn. [default: 512x384]"
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 7,
    clean: Annotated[bool, typer.Option("--clean", help="Leave out the broken files.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace what an earlier demo wrote into FOLDER.")
    ] = False,
    catalog: Annotated[
        Path | None,
        typer.Option("--catalog", "-c", help="The catalog. [default: FOLDER/catalog.duckdb]", show_default=False),
    ] = None,
    quiet: QuietOption = False,
    as_json: JsonOption = False,
) -> None:
    """Draw a small archive and do the whole job on it: some minutes on two cores.

    The archive is invented: English and German reports (one scan, one revision, broken files among them), frames of
    seven microscopes under names as people give them, and in `truth/` what a perfect reader would find. Each command is
    shown before it runs, so that you can type it for your own archive. Training is left out where it is not installed.
    """
    from fractocurate.demo.archive import PARTS, make_archive
    from fractocurate.demo.tour import can_train, run, steps, written

    sizes = [size_px(text) for text in size or ["512x384"]]
    catalog = catalog or folder / "catalog.duckdb"
    _make_room([*(folder / part for part in PARTS), *written(folder, catalog)], overwrite=overwrite)

    def say(line: str) -> None:
        if not (quiet or as_json):
            typer.echo(line)

    started = time.perf_counter()
    truth = make_archive(folder, seed=seed, n_foans=foans, sizes=sizes, clean=clean, say=say)
    say(f"{summary(truth)}\narchive written to {folder} in {time.perf_counter() - started:.0f} s")
    train = can_train()
    done: list[dict[str, object]] = []
    for step in () if archive_only else steps(folder, catalog, train=train):
        say(f"\n== {step.title}\n$ fracto {shlex.join(step.arguments)}")
        exit_code = run(step, quiet=quiet or as_json)
        done.append({"command": ["fracto", *step.arguments], "exit_code": exit_code})
        if not step.accepts(exit_code):
            raise typer.Exit(exit_code)  # the command has said why
    if as_json:
        typer.echo(json.dumps({"archive": str(folder), "catalog": str(catalog), "steps": done}, indent=2))
    if not archive_only:
        say(_last_words(folder, catalog, train=train))


def summary(truth: "Truth") -> str:
    """A few lines that say what was made."""
    counts = (
        ("frames by class", Counter(row.defect_class for row in truth.images if row.defect_class)),
        ("frames by expected outcome", Counter(row.expect for row in truth.images)),
        ("pairs by kind", Counter(pair.kind for pair in truth.pairs)),
    )
    return "\n".join(f"{title}: " + ", ".join(f"{k} {v}" for k, v in sorted(c.items())) for title, c in counts)


def _make_room(paths: list[Path], *, overwrite: bool) -> None:
    """Remove what an earlier demo wrote, if that was asked for."""
    present = [path for path in paths if path.exists()]
    if present and not overwrite:
        names = ", ".join(path.name for path in present)
        raise BadInputError(f"{present[0].parent}: already holds {names}; name an empty folder or give --overwrite")
    for path in present:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _last_words(folder: Path, catalog: Path, *, train: bool) -> str:
    """Where to look now."""
    lines = [
        "\n== Done",
        f"dataset table     {folder}/dataset.csv",
        f"leakage page      {folder}/audit.html",
        *([f"training report   {folder}/report.html", f"heat-maps         {folder}/explained/sheets"] if train else []),
        f"look further      fracto status --catalog {catalog}",
        f"                  fracto why IMAGE --catalog {catalog}",
    ]
    if not train:
        lines.append("for the training  pip install 'fracto[train]', then run this again with --overwrite")
    return "\n".join(lines)
