"""Folds that fail in the ways of real ones; processes started by tests import them by name."""

import os
import signal
from collections.abc import Callable

from fractotrain.errors import TrainingError
from fractotrain.watch import Epoch, Watch


def fit(fold: int, watch: Watch) -> int:
    """Ten times the fold, unless it is one of the unlucky."""
    watch.on_fit(fold, 8, 2)
    watch.on_epoch(Epoch(fold, 0, 1, 0.0, None))
    if fold == 13:
        raise TrainingError("thirteen brings bad luck")
    if fold == 14:
        os.kill(os.getpid(), signal.SIGKILL)
    if fold == 15:
        os._exit(3)
    return 10 * fold


def begin() -> Callable[[int, Watch], int]:
    """Nothing to make ready."""
    return fit


def begin_badly() -> Callable[[int, Watch], int]:
    """A worker that dies before it is asked for a fold."""
    os._exit(4)
