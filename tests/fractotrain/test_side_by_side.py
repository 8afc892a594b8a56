"""Folds in processes of their own give what one process gives; one that dies is named.

This module imports no torch: each worker imports the module of the function that it is handed.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from fractotrain.errors import TrainingError
from fractotrain.side_by_side import fit_side_by_side
from fractotrain.watch import Epoch, Watch


@pytest.fixture(scope="module")
def unlucky() -> Iterator[ModuleType]:
    """The functions that workers are to run; their processes must be able to import them by name."""
    folder = str(Path(__file__).parent)
    sys.path.insert(0, folder)
    try:
        yield __import__("unlucky")
    finally:
        sys.path.remove(folder)


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


def test_results_come_in_the_order_of_the_folds(unlucky: ModuleType) -> None:
    """Five folds over two workers: each fitted once, each heard of here."""
    heard = Heard()
    assert fit_side_by_side(unlucky.begin, (3, 0, 4, 1, 2), 2, heard) == [30, 0, 40, 10, 20]
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
def test_fold_that_fails_ends_the_run_and_is_named(unlucky: ModuleType, fold: int, said: str) -> None:
    """What a worker raises is raised here; a worker that died cannot say which fold it had, so this process does."""
    with pytest.raises(TrainingError, match=said):
        fit_side_by_side(unlucky.begin, (1, fold, 2), 2, Watch())


def test_worker_that_dies_before_it_takes_its_fold_is_named(unlucky: ModuleType) -> None:
    """The fold lies unread in the pipe, so the other end is reset and not closed."""
    with pytest.raises(TrainingError, match=r"fold [78]: its process ended by itself, with exit code 4"):
        fit_side_by_side(unlucky.begin_badly, (7, 8), 2, Watch())
