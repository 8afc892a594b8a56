"""Folds in processes of their own give what one process gives; one that dies is named.

This module imports no torch: each worker imports the module of the function that it is handed.
"""

import os
import signal
from collections.abc import Callable

import pytest

from fractotrain.errors import TrainingError
from fractotrain.side_by_side import fit_side_by_side
from fractotrain.watch import Epoch, Watch


class Heard(Watch):
    """Remembers which folds began, with their images, and which had epochs."""

    def __init__(self) -> None:
        self.began: list[tuple[int, int, int]] = []
        self.epochs: list[int] = []

    def on_fit(self, fold: int, n_training: int, n_validation: int) -> None:
        """A fold begins."""
        self.began.append((fold, n_training, n_validation))

    def on_epoch(self, epoch: Epoch) -> None:
        """An epoch ended."""
        self.epochs.append(epoch.fold)


def _fit(fold: int, watch: Watch) -> int:
    watch.on_fit(fold, 8, 2)
    watch.on_epoch(Epoch(fold, 0, 1, 0.0, None))
    if fold == 13:
        raise TrainingError("thirteen brings bad luck")
    if fold == 14:
        os.kill(os.getpid(), signal.SIGKILL)
    if fold == 15:
        os._exit(3)
    return 10 * fold


def _begin() -> Callable[[int, Watch], int]:
    return _fit


def test_results_come_in_the_order_of_the_folds() -> None:
    """Five folds over two workers: each fitted once, each heard of here."""
    heard = Heard()
    assert fit_side_by_side(_begin, (3, 0, 4, 1, 2), 2, heard) == [30, 0, 40, 10, 20]
    assert sorted(heard.began) == [(fold, 8, 2) for fold in range(5)]
    assert sorted(heard.epochs) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("fold", "said"),
    [
        (13, "^thirteen brings bad luck$"),
        (14, r"fold 14: its process was killed by SIGKILL.*lower cv\.parallel=2"),
        (15, "fold 15: its process ended by itself, with exit code 3"),
    ],
)
def test_fold_that_fails_ends_the_run_and_is_named(fold: int, said: str) -> None:
    """What a worker raises is raised here; a worker that died cannot say which fold it had, so this process does."""
    with pytest.raises(TrainingError, match=said):
        fit_side_by_side(_begin, (1, fold, 2), 2, Watch())
