"""Folds fitted side by side, each worker a process that fits whole folds; this process alone writes and reports.

Small batches leave a GPU, and a tiny model several cores, waiting for Python: another process fills the gaps. A worker
is handed what it can pickle in no time, paths instead of pixels, and finds the rest on disk.
"""

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import TypeVar

from data_contracts.errors import FractoError
from fractotrain.errors import TrainingError
from fractotrain.watch import Epoch, Update, Watch

R = TypeVar("R")

FitFold = Callable[[int, Watch], R]
"""Fold, and who is told -> its result, which can be pickled."""

_RESULT, _ERROR = "result", "error"


def fit_side_by_side(begin: Callable[[], FitFold[R]], folds: Sequence[int], n_processes: int, watch: Watch) -> list[R]:
    """The results of all folds, in their order; ``watch`` is told by each worker as it would be by a single process.

    Args:
        begin: Called once in each worker, where it makes ready; can be pickled.
        folds: Each goes to the first worker that is free.
        n_processes: Workers at once.
        watch: Told in this process.

    Raises:
        FractoError: what a worker raised; the others are ended, and go on from their checkpoints in the next run.
        TrainingError: a worker died.
    """
    waiting = list(reversed(folds))
    results: dict[int, R] = {}
    busy: dict[Connection, tuple[SpawnProcess, int]] = {}
    try:
        for _ in range(min(n_processes, len(folds))):
            connection, process = _start(begin)
            busy[connection] = process, _hand_over(waiting, connection)
        while busy:
            for ready in wait(list(busy)):
                connection = next(known for known in busy if known is ready)
                process, fold = busy[connection]
                try:
                    kind, content = connection.recv()
                except (EOFError, ConnectionResetError):  # the latter if it left something unread
                    raise TrainingError(_obituary(process, fold, n_processes)) from None
                if kind == _ERROR:
                    raise content
                if kind != _RESULT:
                    getattr(watch, kind)(*content)
                    continue
                results[fold] = content
                if waiting:
                    busy[connection] = process, _hand_over(waiting, connection)
                else:
                    _end(connection, busy.pop(connection)[0])
    finally:
        for connection, (process, _) in busy.items():
            _end(connection, process)
    return [results[fold] for fold in folds]


def _hand_over(waiting: list[int], connection: Connection) -> int:
    """The fold that is now the worker's; a worker that is dead by now says so when it is next listened to."""
    fold = waiting.pop()
    with contextlib.suppress(BrokenPipeError):
        connection.send(fold)
    return fold


class _Teller(Watch):
    """Tells the parent's watch, over the pipe."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def on_fit(self, fold: int, n_training: int, n_validation: int) -> None:
        self._connection.send(("on_fit", (fold, n_training, n_validation)))

    def on_resumed(self, fold: int, epochs_done: int) -> None:
        self._connection.send(("on_resumed", (fold, epochs_done)))

    def on_update(self, update: Update) -> None:
        self._connection.send(("on_update", (update,)))

    def on_epoch(self, epoch: Epoch) -> None:
        self._connection.send(("on_epoch", (epoch,)))


def _start(begin: Callable[[], FitFold[R]]) -> tuple[Connection, SpawnProcess]:
    ours, theirs = multiprocessing.Pipe()
    # spawn: CUDA and a parent's threads do not survive a fork.
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(begin, theirs), daemon=True)
    # Ctrl-C reaches every process of a terminal; a worker inherits that it is held back, and this process answers.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return ours, process


def _serve(begin: Callable[[], FitFold[R]], connection: Connection) -> None:
    """A worker's life: fit the folds that are named, until the parent hangs up."""
    try:
        fit = begin()
        while True:
            connection.send((_RESULT, fit(connection.recv(), _Teller(connection))))
    except FractoError as error:
        connection.send((_ERROR, error))
    except (EOFError, BrokenPipeError, ConnectionResetError):  # the parent is done, or gone
        return


def _end(connection: Connection, process: SpawnProcess) -> None:
    connection.close()
    process.terminate()
    process.join()


def _obituary(process: SpawnProcess, fold: int, n_processes: int) -> str:
    process.join()
    code = process.exitcode or 0
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended by itself, with exit code {code}"
    return (
        f"fold {fold}: its process {how}. Nothing of this run was stored; run again, and all folds go on from their "
        f"checkpoints. If memory ran out, lower cv.parallel={n_processes}"
    )
