"""OpenCV's components and openings are those that scipy gives."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import ndimage

from fractocurate.micrographs.components import boxes_of, components_of, long_runs


def masks(seed: int) -> list[np.ndarray]:
    """Masks of every size and density, blank and full ones too."""
    rng = np.random.default_rng(seed)
    shapes = [(1, 1), (1, 40), (40, 1), (23, 37)]
    return [rng.random(shape) < share for shape in shapes for share in (0, 0.02, 0.04, 0.3, 0.7, 1)]


@pytest.mark.parametrize("diagonals", [True, False])
def test_boxes_and_areas_are_those_of_scipy(diagonals: bool) -> None:  # noqa: FBT001
    """Of sparse masks and of dense ones, whose components are measured by different means."""
    for mask in masks(1):
        labels, _ = ndimage.label(mask, np.ones((3, 3)) if diagonals else None)
        wanted = sorted(
            (c.start, r.start, c.stop, r.stop, int((labels[r, c] == n).sum()))
            for n, (r, c) in enumerate(ndimage.find_objects(labels), 1)
        )
        boxes, areas = boxes_of(mask, diagonals=diagonals)
        assert sorted((*box, area) for box, area in zip(boxes.tolist(), areas.tolist(), strict=True)) == wanted


def test_numbers_of_pixels_are_those_of_the_boxes() -> None:
    """Component n is the one of the n-th box, and no pixel outside of the mask has a number."""
    for mask in (*masks(2), np.zeros((0, 5), np.bool_)):
        labels, boxes, areas = components_of(mask)
        assert ((labels > 0) == mask).all()
        for n, ((left, top, right, bottom), area) in enumerate(zip(boxes.tolist(), areas.tolist(), strict=True), 1):
            rows, columns = np.nonzero(labels == n)
            assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (left, top, right, bottom)
            assert len(rows) == area


@pytest.mark.parametrize("length", [1, 2, 3, 8, 39, 50])
def test_long_runs_are_all_runs_of_that_length_and_no_others(length: int) -> None:
    """Those that end at the border of the mask too."""
    for mask in masks(3):
        wanted = np.zeros(mask.shape, np.bool_)
        for row, kept in zip(mask, wanted, strict=True):
            ends = np.flatnonzero(np.diff(row, prepend=False, append=False))
            for start, end in list(pairwise(ends.tolist()))[::2]:
                kept[start:end] = end - start >= length
        assert np.array_equal(long_runs(mask, length), wanted)
