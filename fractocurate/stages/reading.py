"""One reading stage: skip what the ledger knows, read the rest in workers, record in batches."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from data_contracts.catalog import Catalog
from data_contracts.errors import ContractError
from data_contracts.ledger import RETRIED_REASONS, Work, finished, outcome_row
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason
from fractocurate.progress import Progress
from fractocurate.stages.rows import Row
from fractocurate.workers import Task, WorkerPool

R = TypeVar("R")

_BATCH_ITEMS = 64
_BATCH_SECONDS = 5.0


@dataclass
class StageResult:
    """What one stage did."""

    n_done: int = 0
    n_skipped: int = 0
    passing_failures: dict[str, Failure] = field(default_factory=dict)
    """By input; failures that the ledger does not remember because the next run may not have them."""


@dataclass(frozen=True)
class Store(Generic[R]):
    """Where the records of a stage go."""

    tables: Sequence[str]
    rows: Callable[[str, R], Mapping[str, Sequence[Row]]]
    """Input and record -> rows by table."""
    forget: Callable[[Catalog, Sequence[str]], None]
    """Delete all rows that rest on these inputs."""
    is_final: Callable[[R], bool] = lambda _record: True
    """False for a record that lacks something which the next run may get, as a page that timed out."""


def read_pending(
    catalog: Catalog,
    work: Work,
    tasks: Sequence[Task[R]],
    store: Store[R],
    pool: WorkerPool,
    progress: Progress,
) -> StageResult:
    """Run the tasks whose input the ledger does not know under these settings; record results batch by batch."""
    known = finished(catalog.read("ledger"), work)
    pending = [task for task in tasks if task.key not in known]
    result = StageResult(n_skipped=len(tasks) - len(pending))
    progress.start(f"{work.stage}", len(pending))
    batch: list[tuple[Task[R], R | Failure]] = []
    flushed = time.monotonic()
    try:
        for task, outcome in pool.run(pending):
            batch.append((task, outcome))
            if isinstance(outcome, Failure):
                progress.say(f"{outcome.item}: {outcome.reason}: {outcome.detail}")
            progress.advance()
            if len(batch) >= _BATCH_ITEMS or time.monotonic() - flushed > _BATCH_SECONDS:
                _record(catalog, work, batch, store, result)
                batch, flushed = [], time.monotonic()
    finally:
        _record(catalog, work, batch, store, result)
    return result


def failures_of(
    catalog: Catalog,
    work: Work,
    paths_by_input: Mapping[str, Sequence[str]],
    result: StageResult,
) -> list[Failure]:
    """A failure for every path whose input failed, now or in a run before."""
    ledger = catalog.query(
        "SELECT input_sha256, failure_reason, failure_detail FROM ledger "
        "WHERE stage = ? AND failure_reason IS NOT NULL",
        [str(work.stage)],
    )
    failures = [
        Failure(path, work.stage, FailureReason(reason), detail)
        for key, reason, detail in ledger.iter_rows()
        for path in paths_by_input.get(key, ())
    ]
    failures += [
        Failure(path, f.stage, f.reason, f.detail)
        for key, f in result.passing_failures.items()
        for path in paths_by_input.get(key, ())
    ]
    return failures


def _record(
    catalog: Catalog,
    work: Work,
    batch: Sequence[tuple[Task[R], R | Failure]],
    store: Store[R],
    result: StageResult,
) -> None:
    if not batch:
        return
    try:
        _write(catalog, work, batch, store, result)
    except ContractError:
        # One record of the batch breaks its contract: find it by writing each alone, and fail it instead of the run.
        for task, outcome in batch:
            try:
                _write(catalog, work, [(task, outcome)], store, result)
            except ContractError as error:
                failure = Failure(task.item, work.stage, FailureReason.BREAKS_CONTRACT, str(error))
                _write(catalog, work, [(task, failure)], store, result)


def _write(
    catalog: Catalog,
    work: Work,
    batch: Sequence[tuple[Task[R], R | Failure]],
    store: Store[R],
    result: StageResult,
) -> None:
    rows: dict[str, list[Row]] = {table: [] for table in store.tables}
    ledger: list[Row] = []
    passing: dict[str, Failure] = {}
    for task, outcome in batch:
        if not isinstance(outcome, Failure):
            for table, new in store.rows(task.key, outcome).items():
                rows[table].extend(new)
            if store.is_final(outcome):
                ledger.append(outcome_row(work, task.key, None))
        elif outcome.reason in RETRIED_REASONS:
            passing[task.key] = outcome
        else:
            ledger.append(outcome_row(work, task.key, (outcome.reason, outcome.detail)))
    keys = [task.key for task, _ in batch]
    with catalog.transaction():
        store.forget(catalog, keys)
        catalog.delete("ledger", "input_sha256", keys, stage=str(work.stage))
        for table, new in rows.items():
            catalog.append(table, new)
        catalog.append("ledger", ledger)
    result.n_done += len(batch)
    result.passing_failures.update(passing)
