"""Every command that writes leaves a row in ``runs``: settings, versions, figures, and how it ended."""

import contextlib
import json
import platform
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib import metadata

from data_contracts.catalog import Catalog

_VERSIONED = (
    "fracto",
    "duckdb",
    "pillow",
    "pypdfium2",
    "pytesseract",
    "rapidfuzz",
    "imagehash",
    "scikit-image",
)


@contextlib.contextmanager
def logged_run(catalog: Catalog, command: str, settings: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Log a run; the block fills the dictionary that it is given with the run's closing figures.

    A run that was killed is marked as failed by the next one: the catalog has one writer, so it cannot be alive.
    """
    started = datetime.now(UTC)
    run_id = f"{command}-{started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    with catalog.transaction():
        catalog.update("runs", {"outcome": "running"}, {"outcome": "failed"})
        catalog.append(
            "runs",
            [
                {
                    "run_id": run_id,
                    "command": command,
                    "started_at": started.isoformat(timespec="seconds"),
                    "finished_at": None,
                    "outcome": "running",
                    "settings": json.dumps(settings, sort_keys=True, default=str),
                    "versions": json.dumps(_versions(), sort_keys=True),
                    "dataset_hash": None,
                    "split_id": None,
                    "summary": "{}",
                },
            ],
        )
    summary: dict[str, object] = {}
    outcome = "failed"
    try:
        yield summary
        outcome = "finished"
    finally:
        closing = {
            "outcome": outcome,
            "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "summary": json.dumps(summary, sort_keys=True, default=str),
        }
        catalog.update("runs", {"run_id": run_id}, closing)


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _VERSIONED:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[name] = metadata.version(name)
    return versions
