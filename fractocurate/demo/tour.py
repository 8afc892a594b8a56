"""The commands that `fracto demo` shows, in the order in which one would type them."""

import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from data_contracts.errors import ExitCode


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the tour.

    Attributes:
        title: What it does, for people.
        arguments: What follows `fracto`.
        may_fail_items: Exit code 6 is expected: broken files are planted, and a small model leaves some maps empty.
    """

    title: str
    arguments: tuple[str, ...]
    may_fail_items: bool = False

    def accepts(self, exit_code: int) -> bool:
        """Whether the tour goes on after this exit code."""
        listed = self.may_fail_items and exit_code == ExitCode.FINISHED_WITH_FAILED_ITEMS
        return exit_code == ExitCode.CLEAN or listed


def can_train() -> bool:
    """Whether the training wing can run here: it is installed with `pip install 'fracto[train]'`."""
    return all(find_spec(name) is not None for name in ("fractotrain", "torch", "timm", "hydra"))


def steps(folder: Path, catalog: Path, *, train: bool) -> tuple[Step, ...]:
    """The tour through an archive below ``folder``; without ``train`` it ends with the audited dataset."""
    at = ("--catalog", str(catalog))
    curation = (
        Step(
            "Read the archive into the catalog; the broken files planted in it are listed",
            ("ingest", f"{folder}/reports", f"{folder}/images", "--profile", f"{folder}/site.yaml", *at),
            may_fail_items=True,
        ),
        Step("Check the contracts of every table", ("validate", *at)),
        Step(
            "Make folds that do not leak, and measure how much the usual ones do",
            ("audit", "--folds", "5", "--html", f"{folder}/audit.html", *at),
        ),
        Step("Write the dataset as a table", ("export", f"{folder}/dataset.csv", *at)),
    )
    training = (
        Step(
            "Cross-validate a small model for a few epochs",
            ("train", *at, "recipe=fast", "optim.epochs=12"),
        ),
        Step(
            "Show where it looked, for 12 images",
            ("explain", "--sample", "12", "--output", f"{folder}/explained", *at),
            may_fail_items=True,
        ),
        Step("Write the page about the run", ("report", "--output", f"{folder}/report.html", *at)),
    )
    return curation + training if train else curation


def written(folder: Path, catalog: Path) -> tuple[Path, ...]:
    """Everything that the tour leaves beside the archive; what a second tour has to replace."""
    beside = tuple(
        catalog.with_suffix(suffix) for suffix in (".duckdb.wal", ".attributions", ".cache", ".checkpoints", ".models")
    )
    pages = tuple(folder / name for name in ("audit.html", "dataset.csv", "explained", "report.html", "report.files"))
    return (catalog, *beside, *pages)


def run(step: Step, *, quiet: bool) -> int:
    """Run one command as a process of its own, its output going where ours goes; its exit code."""
    command = [sys.executable, "-m", "fractocurate", *step.arguments, *(["--quiet"] if quiet else [])]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - our own commands
