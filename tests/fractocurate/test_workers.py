"""No item can stop or poison a run, whatever it does to its worker process."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from data_contracts.errors import MissingToolError
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage
from fractocurate import workers
from fractocurate.workers import Task, WorkerPool, default_jobs


@pytest.fixture(scope="module")
def bad() -> Iterator[ModuleType]:
    """The functions that workers are to run; their processes must be able to import them by name."""
    folder = str(Path(__file__).parent)
    sys.path.insert(0, folder)
    try:
        yield __import__("crashing")
    finally:
        sys.path.remove(folder)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """Two workers, started once."""
    with WorkerPool(2) as pool:
        yield pool


def _task(name: str, function: Callable[..., Any], *arguments: object, timeout_s: float = 60.0) -> Task[Any]:
    return Task(name, f"{name}.tif", Stage.MICROGRAPHS, function, arguments, timeout_s)


def _results(pool: WorkerPool, tasks: list[Task[Any]]) -> dict[str, Any]:
    results = list(pool.run(tasks))
    assert len(results) == len(tasks)
    return {task.key: result for task, result in results}


def test_every_task_gets_its_own_result(pool: WorkerPool, bad: ModuleType) -> None:
    """More tasks than workers, in whatever order they end: none is lost, none doubled, none mixed up."""
    tasks = [_task(str(n), bad.double, n) for n in range(25)]
    assert _results(pool, tasks) == {str(n): 2 * n for n in range(25)}
    assert _results(pool, []) == {}


def test_failure_that_a_function_returns_is_its_result(pool: WorkerPool, bad: ModuleType) -> None:
    """The reason and the words of the function stand."""
    failure = Failure("x.pdf", Stage.REPORTS, FailureReason.ENCRYPTED, "needs a password")
    assert _results(pool, [_task("a", bad.refuse, "x.pdf")]) == {"a": failure}


def test_exception_becomes_a_failure_that_says_what_and_where(pool: WorkerPool, bad: ModuleType) -> None:
    """Even an attempt to leave the program concerns only its item."""
    results = _results(pool, [_task("a", bad.divide, 1), _task("b", bad.double, 2), _task("c", bad.leave)])
    assert results["b"] == 4
    for key, said in (("a", "ZeroDivisionError: division by zero (crashing.py:"), ("c", "SystemExit: a library that")):
        assert (results[key].item, results[key].stage) == (f"{key}.tif", Stage.MICROGRAPHS)
        assert results[key].reason is FailureReason.UNEXPECTED
        assert results[key].detail.startswith(said)


def test_hanging_item_is_given_up(pool: WorkerPool, bad: ModuleType) -> None:
    """After its time limit the worker goes on with the next one, whose limit starts anew."""
    tasks = [_task("slow", bad.sleep, 60, timeout_s=0.2), *(_task(str(n), bad.sleep, 0.15) for n in range(3))]
    results = _results(pool, tasks)
    assert results.pop("slow") == Failure(
        "slow.tif", Stage.MICROGRAPHS, FailureReason.TIMED_OUT, "gave no result within 0 s"
    )
    assert set(results.values()) == {None}


def test_long_item_that_gives_signs_of_life_is_read_to_its_end(pool: WorkerPool, bad: ModuleType) -> None:
    """The limit is for a part of it, such as a page: a report of a thousand pages is no hanging one."""
    assert _results(pool, [_task("long", bad.take_long_in_parts, 4, 0.2, timeout_s=0.5)]) == {"long": 4}


@pytest.mark.parametrize("function", ["exit_at_once", "be_killed"])
def test_item_that_takes_its_process_down_is_the_only_one_lost(function: str, bad: ModuleType) -> None:
    """Those that were in the same pool, and those that came later, are done as if nothing had happened."""
    tasks = [_task(str(n), bad.double, n) for n in range(8)]
    tasks.insert(3, _task("crash", getattr(bad, function)))
    with WorkerPool(2) as pool:
        results = _results(pool, tasks)
        crash = results.pop("crash")
        assert (crash.item, crash.reason) == ("crash.tif", FailureReason.WORKER_CRASHED)
        assert results == {str(n): 2 * n for n in range(8)}
        assert _results(pool, [_task("next", bad.double, 1)]) == {"next": 2}


def test_item_that_hangs_in_c_code_is_given_up(bad: ModuleType) -> None:
    """Where no Python handler runs, the process is ended some seconds later, and the reason is still the time."""
    outcome = workers._call_alone(_task("stuck", bad.hang_in_c, timeout_s=0.1))
    assert isinstance(outcome, Failure)
    assert outcome.reason is FailureReason.TIMED_OUT


def test_error_that_concerns_every_item_ends_the_run(bad: ModuleType, tmp_path: Path) -> None:
    """A missing tool is told once, and what waits is not begun."""
    tasks = [_task("tool", bad.lack_a_tool), *(_task(str(n), bad.leave_a_mark, tmp_path, n) for n in range(40))]
    with WorkerPool(1) as pool, pytest.raises(MissingToolError, match="tesseract is not installed; install it"):
        list(pool.run(tasks))
    assert len(list(tmp_path.iterdir())) < 40


def test_workers_leave_the_other_processors_alone(pool: WorkerPool, bad: ModuleType) -> None:
    """One thread for each process: there are as many processes as processors."""
    assert _results(pool, [_task("a", bad.threads)]) == {"a": "1"}
    assert default_jobs() >= 1
    assert WorkerPool(0).jobs == 1
