"""How long a worker may be at one item without a sign of life."""

import contextlib
import faulthandler
import os
import signal
from collections.abc import Iterator
from types import FrameType
from typing import TextIO

GRACE_S = 5.0
"""How long after its time limit an item may still come to its senses before its process is ended."""


class ItemTimedOutError(BaseException):
    """Not an ``Exception``, so that no handler in a library takes it for its own."""


_running: tuple[float, TextIO] | None = None
"""The limit in force in this process, and where its end would be reported."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise ``ItemTimedOutError`` inside after so many seconds without ``restart_time_limit``.

    Python's handlers wait for a library's C code to return. Where it never does, the process ends ``GRACE_S`` later.
    Windows has no such signal: programs called by the item have time limits of their own there.
    """
    global _running  # noqa: PLW0603 - a process has one alarm clock
    if not hasattr(signal, "setitimer"):
        yield
        return

    def expire(_signal: int, _frame: FrameType | None) -> None:
        raise ItemTimedOutError

    previous = signal.signal(signal.SIGALRM, expire)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - Path has no null device
        _running = (seconds, nowhere)
        restart_time_limit()
        try:
            yield
        finally:
            _running = None
            faulthandler.cancel_dump_traceback_later()
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)


def restart_time_limit() -> None:
    """Give the present item its whole time again: a part of it, such as a page, is done. Harmless elsewhere."""
    if _running is not None:
        seconds, nowhere = _running
        signal.setitimer(signal.ITIMER_REAL, seconds)
        faulthandler.dump_traceback_later(seconds + GRACE_S, exit=True, file=nowhere)
