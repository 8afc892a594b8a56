"""Progress of training: one bar on a terminal, a line an epoch in a log."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from data_contracts.records import Failure
from fractotrain.watch import Epoch, Update, Watch


class LineWatch(Watch):
    """One line an epoch, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def on_decoded(self, done: int, total: int) -> None:
        """Say so every thousand images and at the end."""
        if done % 1000 == 0 or done == total:
            self._say(f"decoded {done} of {total} images")

    def on_features(self, done: int, total: int) -> None:
        """Say so at the end."""
        if done == total:
            self._say(f"features of {total} images")

    def on_skipped(self, failures: tuple[Failure, ...]) -> None:
        """Name each image that the run goes on without."""
        for failure in failures:
            self._say(f"skipped {failure.item!r}: {failure.reason}: {failure.detail}")

    def on_resumed(self, fold: int, epochs_done: int) -> None:
        """Say that work done before is used."""
        self._say(f"{_fit_name(fold)}: goes on after epoch {epochs_done}, from a checkpoint")

    def on_epoch(self, epoch: Epoch) -> None:
        """Loss and validation figure of the epoch."""
        self._say(_epoch_line(epoch))

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class BarWatch(Watch):
    """One bar over all updates of all fits, with what is left."""

    def __init__(self, bars: Progress, total_updates: int) -> None:
        self._bars = bars
        self._preparing: dict[str, TaskID] = {}
        self._updates_of_fold: dict[int, int] = {}
        self._training = bars.add_task("training", total=total_updates)

    def on_decoded(self, done: int, total: int) -> None:
        """Move the bar of the cache."""
        self._before("decoding images", done, total)

    def on_features(self, done: int, total: int) -> None:
        """Move the bar of the frozen network."""
        self._before("features", done, total)

    def _before(self, name: str, done: int, total: int) -> None:
        if name not in self._preparing:
            self._preparing[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._preparing[name], completed=done)

    def on_skipped(self, failures: tuple[Failure, ...]) -> None:
        """Name each image that the run goes on without."""
        for failure in failures:
            self._bars.console.print(f"skipped {failure.item!r}: {failure.reason}: {failure.detail}", markup=False)

    def on_resumed(self, fold: int, epochs_done: int) -> None:
        """Say that work done before is used."""
        self._bars.console.print(f"{_fit_name(fold)}: goes on after epoch {epochs_done}, from a checkpoint")

    def on_fit(self, fold: int, n_training: int, n_validation: int) -> None:
        """Say which fit begins."""
        description = f"{_fit_name(fold)}: {n_training} training, {n_validation} validation images"
        self._bars.update(self._training, description=description)

    def on_update(self, update: Update) -> None:
        """Move the bar of the run."""
        self._updates_of_fold[update.fold] = update.update + 1  # folds may go on side by side
        self._bars.update(self._training, completed=sum(self._updates_of_fold.values()))

    def on_epoch(self, epoch: Epoch) -> None:
        """Show the latest figures beside the bar."""
        self._bars.update(self._training, description=_epoch_line(epoch))


def bars_on(console: Console) -> Progress:
    """Bars that vanish when the work is done."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _fit_name(fold: int) -> str:
    return "final model" if fold < 0 else f"fold {fold}"


def _epoch_line(epoch: Epoch) -> str:
    seen = "" if epoch.validation_macro_f1 is None else f", validation macro-F1 {epoch.validation_macro_f1:.3f}"
    seen += "" if epoch.inner_macro_f1 is None else f", inner macro-F1 {epoch.inner_macro_f1:.3f}"
    return f"{_fit_name(epoch.fold)}, epoch {epoch.epoch + 1}/{epoch.n_epochs}: loss {epoch.training_loss:.4f}{seen}"
