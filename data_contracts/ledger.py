"""What is done, pending and failed: work is keyed by (sha256 of its input, stage, stage version, settings)."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from data_contracts.vocabulary import FailureReason, Stage

RETRIED_REASONS: frozenset[FailureReason] = frozenset(
    {
        FailureReason.UNREADABLE,
        FailureReason.VANISHED,
        FailureReason.TIMED_OUT,
        FailureReason.WORKER_CRASHED,
        FailureReason.UNEXPECTED,
    },
)
"""Failures that may be gone at the next run though the bytes are the same; they are never remembered."""


@dataclass(frozen=True, slots=True)
class Work:
    """One kind of work under one set of settings."""

    stage: Stage
    version: int
    """Raised when the code changes its results."""
    settings: str
    """Fingerprint of the settings that the results depend on."""


def input_hash(parts: Iterable[str]) -> str:
    """sha256 of everything that one piece of work reads, given as hashes or texts in a fixed order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()


def finished(ledger: pl.DataFrame, work: Work) -> set[str]:
    """Inputs whose work is done (or has failed for good) under these settings."""
    return set(
        ledger.filter(
            (pl.col("stage") == work.stage)
            & (pl.col("stage_version") == work.version)
            & (pl.col("settings") == work.settings),
        )["input_sha256"],
    )


def outcome_row(work: Work, input_sha256: str, failure: tuple[FailureReason, str] | None) -> dict[str, object]:
    """The ledger's row for finished work."""
    reason, detail = failure or (None, None)
    return {
        "stage": str(work.stage),
        "input_sha256": input_sha256,
        "stage_version": work.version,
        "settings": work.settings,
        "failure_reason": reason and str(reason),
        "failure_detail": detail,
    }


def stale(ledger: pl.DataFrame, present: Mapping[Stage, Sequence[str]]) -> dict[Stage, list[str]]:
    """Inputs in the ledger that the archive no longer holds, by stage; stages that are not named are left alone."""
    return {
        stage: sorted(set(ledger.filter(pl.col("stage") == stage)["input_sha256"]) - set(inputs))
        for stage, inputs in present.items()
    }
