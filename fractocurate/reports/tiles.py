"""Pictures that a PDF holds in strips or tiles, put together again."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from data_contracts.records import Box

Grey = npt.NDArray[np.uint8]
Piece = tuple[Box, Grey]

SEAM_PT = 1.0
"""Farthest that two pieces of one picture lie apart, or overlap."""
_STRIP_SHAPE = 4.0
"""A piece so many times longer than high is a strip and no picture of its own, whatever lies beside it."""
_SEAM_WINDOW_PX = 9
"""Pixels along a seam that are averaged, so that the grain of a micrograph does not look like an edge."""
_ROUGHEST_SEAM = 2.0
_SEAM_GREY_LEVELS = 4.0


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces that continue each other become one; other neighbours, such as micrographs mounted side by side, stay.

    Args:
        pieces: boxes in points of the page, and the upright grey pixels of each.
    """
    if len(pieces) == 1:
        return list(pieces)
    columns = _stacked(pieces)
    turned = [(_turned(box), grey.T) for box, grey in columns]
    rows = [(_turned(box), grey.T) for box, grey in _stacked(turned)]
    return [(box, np.ascontiguousarray(grey)) for box, grey in _stacked(rows)]


def _turned(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right)


def _stacked(pieces: Sequence[Piece]) -> list[Piece]:
    """Join what continues downwards."""
    runs: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: p[0].top):
        run = next((r for r in runs if _continues(r[-1], piece)), None)
        if run is None:
            runs.append([piece])
        else:
            run.append(piece)
    return [_merged(run) for run in runs]


def _merged(run: Sequence[Piece]) -> Piece:
    first, last = run[0][0], run[-1][0]
    return Box(first.left, first.top, first.right, last.bottom), np.concatenate([grey for _, grey in run])


def _continues(above: Piece, below: Piece) -> bool:
    (a, upper), (b, lower) = above, below
    aligned = abs(a.left - b.left) <= SEAM_PT and abs(a.right - b.right) <= SEAM_PT
    if not aligned or abs(b.top - a.bottom) > SEAM_PT or upper.shape[1] != lower.shape[1]:
        return False
    return min(a.height, b.height) * _STRIP_SHAPE < a.width or _is_smooth_seam(upper, lower)


def _is_smooth_seam(upper: Grey, lower: Grey) -> bool:
    """Whether two pictures differ across their seam about as much as each does from row to row."""
    if min(len(upper), len(lower)) < 2:
        return True
    rows = np.stack([upper[-2], upper[-1], lower[0], lower[1]]).astype(np.float64)
    rows = ndimage.uniform_filter1d(rows, _SEAM_WINDOW_PX, axis=1)
    within_upper, across, within_lower = np.abs(np.diff(rows, axis=0)).mean(axis=1)
    return bool(across <= _ROUGHEST_SEAM * max(within_upper, within_lower) + _SEAM_GREY_LEVELS)
