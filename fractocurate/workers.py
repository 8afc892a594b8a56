"""Run a pure function over many items in worker processes, so that no item can stop or poison the run.

A function that returns hands on its record. One that raises, hangs, or takes its process down becomes a ``Failure``
of its item; a ``FractoError`` (a missing tool, say) concerns every item and ends the run.
"""

import contextlib
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Generic, Self, TypeVar

from data_contracts.errors import FractoError
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage

R = TypeVar("R")


@dataclass(frozen=True)
class Task(Generic[R]):
    """One call to make in a worker."""

    key: str
    """Identifies the result."""
    item: str
    """Path that a failure is charged to."""
    stage: Stage
    function: Callable[..., R | Failure]
    arguments: tuple[object, ...]
    timeout_s: float = 900.0


class _ItemTimedOutError(BaseException):
    """Not an ``Exception``, so that no handler in a library takes it for its own."""


class WorkerPool:
    """Worker processes that are started when first needed and replaced when one dies."""

    def __init__(self, jobs: int) -> None:
        self.jobs = max(1, jobs)
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop()

    def run(self, tasks: Sequence[Task[R]]) -> Iterator[tuple[Task[R], R | Failure]]:
        """Yield each task with its result, in order of completion."""
        waiting = list(reversed(tasks))
        running: dict[Future[R | Failure], Task[R]] = {}
        while waiting or running:
            while waiting and len(running) < 2 * self.jobs:
                task = waiting.pop()
                running[self._started().submit(_call, task)] = task
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            if any(isinstance(future.exception(), BrokenProcessPool) for future in done):
                # Some item killed its process and took the pool along: find it by trying each alone.
                suspects = list(running.values())
                running.clear()
                self._stop()
                for suspect in suspects:
                    alone: R | Failure = _call_alone(suspect)
                    yield suspect, alone
                continue
            for future in done:
                yield running.pop(future), future.result()

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._executor = _executor(self.jobs)
        return self._executor

    def _stop(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None


def default_jobs() -> int:
    """As many workers as this process may use processors."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _executor(jobs: int) -> ProcessPoolExecutor:
    # spawn: a fork would copy the parent's threads' locks and its open catalog.
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_worker)


def _prepare_worker() -> None:
    # One thread per process: there are as many processes as processors already.
    for variable in ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means


def _call_alone(task: Task[R]) -> R | Failure:
    with _executor(1) as executor:
        try:
            return executor.submit(_call, task).result()
        except BrokenProcessPool:
            detail = "the process that read it was killed (out of memory, or a crash in a library)"
            return Failure(task.item, task.stage, FailureReason.WORKER_CRASHED, detail)


def _call(task: Task[R]) -> R | Failure:
    try:
        with _time_limit(task.timeout_s):
            return task.function(*task.arguments)
    except FractoError:
        raise
    except _ItemTimedOutError:
        detail = f"gave no result within {task.timeout_s:.0f} s"
        return Failure(task.item, task.stage, FailureReason.TIMED_OUT, detail)
    except Exception as error:  # noqa: BLE001 - the wall between one bad item and the run; nothing is lost, see detail
        place = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"{type(error).__name__}: {error} ({os.path.basename(place.filename)}:{place.lineno})"  # noqa: PTH119
        return Failure(task.item, task.stage, FailureReason.UNEXPECTED, detail)


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer"):  # Windows: programs called by the item have time limits of their own
        yield
        return

    def expire(_signal: int, _frame: FrameType | None) -> None:
        raise _ItemTimedOutError

    previous = signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
