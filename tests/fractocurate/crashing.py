"""Functions that behave as badly as an item can; a module of its own, which worker processes can import."""

import os
import signal
import sys
import time
from pathlib import Path

from data_contracts.errors import MissingToolError
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage
from fractocurate.time_limit import restart_time_limit


def double(number: int) -> int:
    """Work."""
    return 2 * number


def refuse(item: str) -> Failure:
    """Find the item bad."""
    return Failure(item, Stage.REPORTS, FailureReason.ENCRYPTED, "needs a password")


def divide(number: int) -> float:
    """Raise."""
    return number / 0


def leave() -> None:
    """Try to end the program."""
    sys.exit("a library that thinks it is a program")


def sleep(seconds: float) -> None:
    """Take long."""
    time.sleep(seconds)


def take_long_in_parts(n_parts: int, seconds: float) -> int:
    """Take long, with a sign of life after each part."""
    for _ in range(n_parts):
        time.sleep(seconds)
        restart_time_limit()
    return n_parts


def hang_in_c() -> None:
    """As a loop in a library's C code: no Python handler ever runs."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(60)


def exit_at_once() -> None:
    """End the process as a library may."""
    os._exit(3)


def be_killed() -> None:
    """End the process as the system does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


def lack_a_tool() -> None:
    """Say that no item can be read."""
    raise MissingToolError("tesseract is not installed; install it")


def leave_a_mark(folder: Path, number: int) -> int:
    """Work, and leave a trace of it."""
    (folder / str(number)).touch()
    return number


def threads() -> str:
    """How many threads a library may start."""
    return os.environ["OMP_THREAD_LIMIT"]
