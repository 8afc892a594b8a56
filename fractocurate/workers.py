"""Run a pure function over many items in worker processes, so that no item can stop or poison the run.

A function that returns hands on its record. One that raises, hangs, or takes its process down becomes a ``Failure``
of its item; a ``FractoError`` (a missing tool, say) concerns every item and ends the run.
"""

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from data_contracts.errors import FractoError
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage
from fractocurate.time_limit import GRACE_S, ItemTimedOutError, time_limit

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
    """Longest time without a sign of life; see ``time_limit.restart_time_limit``."""


class WorkerPool:
    """Worker processes that are started when first needed and replaced when one dies."""

    def __init__(self, jobs: int) -> None:
        self.jobs = max(1, jobs)
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop(at_once=error is not None)

    def run(self, tasks: Sequence[Task[R]]) -> Iterator[tuple[Task[R], R | Failure]]:
        """Yield each task with its result, in order of completion."""
        waiting = list(reversed(tasks))
        running: dict[Future[R | Failure], Task[R]] = {}
        while waiting or running:
            broken = False
            try:
                while waiting and len(running) < 2 * self.jobs:
                    executor = self._started()
                    with _interrupts_held_back():
                        running[executor.submit(_call, waiting[-1])] = waiting[-1]
                    waiting.pop()
            except BrokenProcessPool:
                broken = True
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            if broken or any(isinstance(future.exception(), BrokenProcessPool) for future in done):
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

    def _stop(self, *, at_once: bool = False) -> None:
        """End the workers; ``at_once`` gives up what they are reading, which may take many minutes."""
        if self._executor is None:
            return
        executor, self._executor = self._executor, None
        # Once it is told to shut down, an executor no longer names its processes; 3.14 brings `terminate_workers`.
        processes = list((executor._processes or {}).values())  # noqa: SLF001 - see above
        executor.shutdown(wait=not at_once, cancel_futures=True)
        if at_once:
            for process in processes:
                if process.pid is not None:
                    _end_group(process.pid)
                process.kill()
                process.join()


def default_jobs() -> int:
    """As many workers as this process may use processors."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _executor(jobs: int) -> ProcessPoolExecutor:
    # spawn: a fork would copy the parent's threads' locks and its open catalog.
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare_worker)


@contextlib.contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """A worker that is started inside never sees Ctrl-C, not even while it still imports; this process does, later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    previous = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, previous)


def _prepare_worker() -> None:
    # One thread per process: there are as many processes as processors already.
    for variable in ("OMP_THREAD_LIMIT", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    if hasattr(os, "setpgid"):  # a group of its own: the programs that it calls can then be ended with it
        os.setpgid(0, 0)
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for its next task for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        _end_group(os.getpid())
        os._exit(1)


def _end_group(leader: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)


def _call_alone(task: Task[R]) -> R | Failure:
    with _executor(1) as executor:
        started = time.monotonic()
        try:
            return executor.submit(_call, task).result()
        except BrokenProcessPool:
            if time.monotonic() - started >= task.timeout_s + GRACE_S:
                return _timed_out(task)
            detail = "the process that read it was killed (out of memory, or a crash in a library)"
            return Failure(task.item, task.stage, FailureReason.WORKER_CRASHED, detail)


def _call(task: Task[R]) -> R | Failure:
    try:
        with time_limit(task.timeout_s):
            return task.function(*task.arguments)
    except FractoError:
        raise
    except ItemTimedOutError:
        return _timed_out(task)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the wall between one bad item and the run; nothing is lost, see detail
        place = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"{type(error).__name__}: {error} ({os.path.basename(place.filename)}:{place.lineno})"  # noqa: PTH119
        return Failure(task.item, task.stage, FailureReason.UNEXPECTED, detail)


def _timed_out(task: Task[R]) -> Failure:
    detail = f"gave no result within {task.timeout_s:.0f} s"
    return Failure(task.item, task.stage, FailureReason.TIMED_OUT, detail)
