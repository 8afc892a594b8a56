"""Progress for people: a bar on a terminal, plain lines in a log."""

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_SECONDS_BETWEEN_LINES = 10.0


class TerminalProgress:
    """One bar per part of the work, on standard error."""

    def __init__(self) -> None:
        self._bars = Progress(
            TextColumn("{task.description:<14}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._bars.stop()

    def start(self, label: str, total: int) -> None:
        """Add a bar."""
        self._task = self._bars.add_task(label, total=total)

    def advance(self, count: int = 1) -> None:
        """Move the last bar on."""
        if self._task is not None:
            self._bars.advance(self._task, count)

    def say(self, message: str) -> None:
        """Print above the bars."""
        self._bars.console.print(escape(printable(message)), style="yellow", highlight=False)


class LogProgress:
    """A line when a part begins and ends, and every ten seconds between, on standard error."""

    def __init__(self) -> None:
        self._label, self._total, self._done = "", 0, 0
        self._printed = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        pass

    def start(self, label: str, total: int) -> None:
        """Print what begins."""
        self._label, self._total, self._done = label, total, 0
        self._print(f"{label}: {total} to do")

    def advance(self, count: int = 1) -> None:
        """Print from time to time."""
        self._done += count
        if self._done == self._total or time.monotonic() - self._printed > _SECONDS_BETWEEN_LINES:
            self._print(f"{self._label}: {self._done} of {self._total}")

    def say(self, message: str) -> None:
        """Print a line."""
        self._print(printable(message))

    def _print(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
        self._printed = time.monotonic()


class NoProgress(LogProgress):
    """For ``--quiet``."""

    def _print(self, line: str) -> None:
        del line


def progress_for(*, quiet: bool) -> TerminalProgress | LogProgress:
    """What suits where standard error goes."""
    if quiet:
        return NoProgress()
    return TerminalProgress() if sys.stderr.isatty() else LogProgress()


def printable(text: str) -> str:
    """A text on one line: file names may hold line ends, control characters and what no encoding can print."""
    shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")
