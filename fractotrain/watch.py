"""What a run tells while it goes on. Library code prints nothing; whoever wants to know derives from ``Watch``."""

from dataclasses import dataclass

from data_contracts.records import Failure


@dataclass(frozen=True, slots=True)
class Update:
    """What just happened to the weights."""

    fold: int
    """0-based; ``seeds.FINAL_MODEL`` for the model on everything."""
    epoch: int
    """0-based."""
    update: int
    """0-based, of the whole fit."""
    total_updates: int
    learning_rates: tuple[float, ...]
    """As the optimiser holds them, one per parameter group."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """How one epoch went."""

    fold: int
    epoch: int
    n_epochs: int
    training_loss: float
    """Mean over the images as the epoch drew and varied them."""
    validation_macro_f1: float | None
    """None if there are no validation images."""
    inner_macro_f1: float | None = None
    """Of the held-back training images; None if none are held back."""


class Watch:
    """Told, and does nothing."""

    def on_decoded(self, done: int, total: int) -> None:
        """One more image is decoded, of those that are not in the cache."""

    def on_skipped(self, failures: tuple[Failure, ...]) -> None:
        """The run goes on without these images, as asked."""

    def on_fit(self, fold: int, n_training: int, n_validation: int) -> None:
        """A fit begins."""

    def on_features(self, done: int, total: int) -> None:
        """Some more images have gone through the frozen network."""

    def on_resumed(self, fold: int, epochs_done: int) -> None:
        """The fit goes on after so many epochs, from a checkpoint."""

    def on_update(self, update: Update) -> None:
        """The weights changed."""

    def on_epoch(self, epoch: Epoch) -> None:
        """An epoch ended."""
