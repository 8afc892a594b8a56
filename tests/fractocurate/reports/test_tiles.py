"""Pieces of a picture find each other, and only they."""

import itertools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import Box
from fractocurate.reports.tiles import Piece, joined

Grey = npt.NDArray[np.uint8]
Grains = Callable[..., Grey]


def _cut(grey: Grey, rows: list[int], columns: list[int]) -> list[Piece]:
    ys, xs = [0, *sorted(rows), grey.shape[0]], [0, *sorted(columns), grey.shape[1]]
    return [
        (Box(x0, y0, x1, y1), grey[y0:y1, x0:x1])
        for y0, y1 in itertools.pairwise(ys)
        for x0, x1 in itertools.pairwise(xs)
    ]


@given(
    seed=st.integers(0, 1000),
    rows=st.sets(st.integers(1, 11), max_size=5),
    columns=st.sets(st.integers(1, 15), max_size=5),
    order=st.randoms(use_true_random=False),
)
def test_pieces_of_any_grid_become_the_picture_again(
    seed: int, rows: set[int], columns: set[int], order: object, grains: Grains
) -> None:
    """However a smooth picture is cut, in whatever order the pieces come."""
    grey = grains(seed, 320, 240)
    pieces = _cut(grey, [20 * r for r in rows], [20 * c for c in columns])
    order.shuffle(pieces)  # type: ignore[attr-defined]
    ((box, whole),) = joined(pieces)
    assert box == Box(0, 0, 320, 240)
    assert np.array_equal(whole, grey)


def test_frames_side_by_side_stay_two(grains: Grains) -> None:
    """Where the picture jumps, another one begins."""
    one, other = grains(1, 160, 120), grains(2, 160, 120)
    pieces = [(Box(0, 0, 160, 120), one), (Box(160, 0, 320, 120), other)]
    assert len(joined(pieces)) == 2


def test_grain_of_a_noisy_picture_is_no_edge() -> None:
    """Two halves of a picture of pure noise belong together."""
    grey = np.random.default_rng(1).normal(120, 30, (240, 320)).clip(0, 255).astype(np.uint8)
    assert len(joined(_cut(grey, [120], []))) == 1


def test_data_bar_beneath_its_frame_is_part_of_the_picture(grains: Grains) -> None:
    """A strip is no picture of its own, whatever it shows."""
    pieces = [(Box(0, 0, 320, 240), grains(3, 320, 240)), (Box(0, 240, 320, 262), np.zeros((22, 320), np.uint8))]
    ((box, grey),) = joined(pieces)
    assert (box.bottom, grey.shape) == (262, (262, 320))


def test_neighbours_of_another_width_stay_apart(grains: Grains) -> None:
    """Pieces of one picture have one resolution."""
    pieces = [(Box(0, 0, 320, 40), grains(4, 320, 40)), (Box(0, 40, 320, 80), grains(4, 160, 40))]
    assert len(joined(pieces)) == 2
