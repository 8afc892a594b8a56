"""The out-of-fold answers of one run, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Names = NDArray[np.object_]
"""Strings, one per frame."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One entry per frame in every field; each frame was answered by the model that never saw its fold."""

    paths: Names
    labels: Ints
    """Index into ``TRAINABLE_CLASSES``."""
    logits: Floats
    """Shape (frames, classes)."""
    folds: Ints
    foans: Names
    """What is drawn in a bootstrap: frames of one component are not independent, its FOAN is."""
    specimens: Names
    """The fracture instance; its frames show one fracture and make one answer."""
    magnifications: Floats
    """NaN where unknown."""
    match_methods: Names
    """How the label came to the frame."""
    attention: Floats | None = None
    """Within a specimen, attention pooling weighs frames by the softmax of this; None if the run fitted none."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def predicted(self) -> Ints:
        """Class of the largest logit."""
        return np.asarray(self.logits.argmax(axis=1), np.int64)


def one_number_per_name(names: Names) -> tuple[Names, Ints]:
    """The different names, sorted, and for each entry the position of its name among them."""
    different, position = np.unique(names.astype(str), return_inverse=True)
    return different.astype(object), position.astype(np.int64)


def folds_over_foans(folds: Ints, foans: Names) -> Ints:
    """Folds that no FOAN straddles: each FOAN takes the fold of one of its frames.

    Leaves grouped folds as they are. What is fitted across image folds (a calibrator, a probe) must not meet its own
    components again, even where the model did. Image folds may deal the first frames of all FOANs to one fold, so the
    k-th FOAN takes the fold of its k-th frame, counted round.
    """
    names, position = one_number_per_name(foans)
    order = np.argsort(position, kind="stable")
    sizes = np.bincount(position, minlength=len(names))
    chosen = np.cumsum(sizes) - sizes + np.arange(len(names)) % np.maximum(sizes, 1)
    return np.asarray(folds[order[chosen]][position], np.int64)
