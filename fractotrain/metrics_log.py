"""What every epoch gave, as it ends: a line of JSON in a file, and whatever else is to be told."""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from data_contracts.errors import UsageError
from data_contracts.records import Failure
from fractotrain.watch import Epoch, Update, Watch

Facts = Mapping[str, Any]
"""The fields of an ``Epoch`` with ``learning_rate``, ``at`` (ISO 8601, UTC) and ``at_ms`` (since 1970)."""


class Sink(Protocol):
    """Takes figures, and may fail: training goes on without it."""

    name: str

    def epoch(self, facts: Facts) -> None:
        """One more epoch."""

    def finish(self, figures: Mapping[str, float]) -> None:
        """The run is recorded, with these closing figures."""


class JsonLines:
    """A line of JSON per epoch, appended to a file."""

    def __init__(self, file: Path) -> None:
        """Raise ``UsageError`` if the file cannot be written, before anything is computed."""
        self.name = str(file)
        self._file = file
        try:
            self._append("")
        except OSError as error:
            raise UsageError(f"{file}: the metrics cannot be written there: {error.strerror}") from error

    def epoch(self, facts: Facts) -> None:
        """Append a line."""
        self._append(json.dumps({key: value for key, value in facts.items() if key != "at_ms"}) + "\n")

    def finish(self, figures: Mapping[str, float]) -> None:
        """The closing figures stand in the catalog."""

    def _append(self, text: str) -> None:
        with self._file.open("a", encoding="utf-8") as stream:
            stream.write(text)


class MetricsLog(Watch):
    """Tells another watch all that it is told, and the sinks of every epoch. A sink that fails is told no more."""

    def __init__(self, sinks: Sequence[Sink], other: Watch, warn: Callable[[str], None]) -> None:
        """Call ``warn`` once for each sink that fails."""
        self._sinks = list(sinks)
        self._other = other
        self._warn = warn
        self._learning_rates: dict[int, float] = {}  # of each fold: several may be under way

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
        self._learning_rates[update.fold] = max(update.learning_rates)
        self._other.on_update(update)

    def on_epoch(self, epoch: Epoch) -> None:
        """Tell the sinks, and hand it on."""
        now = datetime.now(UTC)
        facts = dataclasses.asdict(epoch) | {
            "learning_rate": self._learning_rates[epoch.fold],
            "at": now.isoformat(timespec="milliseconds"),
            "at_ms": int(now.timestamp() * 1000),
        }
        self._tell(lambda sink: sink.epoch(facts))
        self._other.on_epoch(epoch)

    def finish(self, figures: Mapping[str, float]) -> None:
        """Tell the sinks that the run is recorded."""
        self._tell(lambda sink: sink.finish(figures))

    def _tell(self, what: Callable[[Sink], None]) -> None:
        for sink in tuple(self._sinks):
            try:
                what(sink)
            except Exception as error:  # noqa: BLE001 - whatever a tracker raises, hours of training are worth more
                self._sinks.remove(sink)
                self._warn(f"{sink.name}: takes no more figures ({error}); training goes on without it")
