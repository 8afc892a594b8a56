"""A line of JSON per epoch, written as it ends: for plots and dashboards while a run goes on."""

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path

from data_contracts.errors import UsageError
from data_contracts.records import Failure
from fractotrain.watch import Epoch, Update, Watch


class MetricsLog(Watch):
    """Tells another watch all that it is told, and appends every epoch to a file."""

    def __init__(self, file: Path, other: Watch) -> None:
        """Raise ``UsageError`` if the file cannot be written, before anything is computed."""
        self._file = file
        self._other = other
        self._learning_rate = 0.0
        self._append("")

    def on_decoded(self, done: int, total: int) -> None:
        """Hand it on."""
        self._other.on_decoded(done, total)

    def on_skipped(self, failures: tuple[Failure, ...]) -> None:
        """Hand it on."""
        self._other.on_skipped(failures)

    def on_fit(self, fold: int, n_training: int, n_validation: int) -> None:
        """Hand it on."""
        self._other.on_fit(fold, n_training, n_validation)

    def on_features(self, done: int, total: int) -> None:
        """Hand it on."""
        self._other.on_features(done, total)

    def on_resumed(self, fold: int, epochs_done: int) -> None:
        """Hand it on."""
        self._other.on_resumed(fold, epochs_done)

    def on_update(self, update: Update) -> None:
        """Remember the largest learning rate, and hand it on."""
        self._learning_rate = max(update.learning_rates)
        self._other.on_update(update)

    def on_epoch(self, epoch: Epoch) -> None:
        """Append a line, and hand it on."""
        facts = dataclasses.asdict(epoch) | {
            "learning_rate": self._learning_rate,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        self._append(json.dumps(facts) + "\n")
        self._other.on_epoch(epoch)

    def _append(self, text: str) -> None:
        try:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            raise UsageError(f"{self._file}: the metrics cannot be written there: {error.strerror}") from error
