"""Random fields that can be evaluated at any place and any scale, so that a zoom shows the same field again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
TABLE_SIZE = 256


@dataclass(frozen=True, slots=True)
class View:
    """One field of view on a surface. The fracture origin of every surface lies at (0, 0) micrometres."""

    centre_x_um: float
    centre_y_um: float
    pixel_size_um: float
    width_px: int
    height_px: int

    @property
    def box_um(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the field, in micrometres; y points down as in the picture."""
        half_width_um = self.width_px * self.pixel_size_um / 2
        half_height_um = self.height_px * self.pixel_size_um / 2
        return (
            self.centre_x_um - half_width_um,
            self.centre_y_um - half_height_um,
            self.centre_x_um + half_width_um,
            self.centre_y_um + half_height_um,
        )

    def axes_um(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Coordinates of the pixel centres: x of shape (width,), y of shape (height,)."""
        left_um, top_um, _, _ = self.box_um
        across, down = (np.arange(n, dtype=np.float64) + 0.5 for n in (self.width_px, self.height_px))
        return left_um + across * self.pixel_size_um, top_um + down * self.pixel_size_um


@lru_cache(maxsize=96)
def random_table(seed: int, layer: int) -> Field:
    """A periodic lattice of uniform numbers in -1 ... 1, shape (256, 256), fixed by seed and layer."""
    rng = np.random.default_rng([seed, layer])
    table = rng.uniform(-1.0, 1.0, (TABLE_SIZE, TABLE_SIZE)).astype(np.float32)
    table.setflags(write=False)  # the cache hands out one array many times
    return table


def _spline_taps(position: NDArray[np.float64]) -> tuple[NDArray[np.int64], Sequence[NDArray[np.floating[Any]]]]:
    """Lattice index and the four weights of the cubic B-spline: rounder blobs than linear interpolation gives."""
    index = np.floor(position).astype(np.int64)
    t = (position - index).astype(np.float32)
    weights = [(1 - t) ** 3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6, (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6, t**3 / 6]
    return index - 1, weights


def smooth_noise(table: Field, u: NDArray[np.float64], v: NDArray[np.float64]) -> Field:
    """Smooth noise of shape (len(v), len(u)); u and v are coordinates in lattice cells."""
    column, column_weights = _spline_taps(u)
    row, row_weights = _spline_taps(v)
    along = np.zeros((table.shape[0], u.size), np.float32)
    for k in range(4):
        along += table[:, (column + k) % TABLE_SIZE] * column_weights[k]
    noise = np.zeros((v.size, u.size), np.float32)
    for k in range(4):
        noise += along[(row + k) % TABLE_SIZE] * row_weights[k][:, None]
    return noise * np.float32(2.0)


def line_noise(table: Field, s: Field) -> Field:
    """Noise of one coordinate, for parallel lines; ``s`` in lattice cells, any shape."""
    index = np.floor(s).astype(np.int64)
    t = (s - index).astype(np.float32)
    t = t * t * (3 - 2 * t)
    row = table.reshape(-1)
    return np.asarray(row[index % row.size] * (1 - t) + row[(index + 1) % row.size] * t)


def ray_noise(table: Field, angle_rad: Field, distance: Field, n_rays: int) -> Field:
    """Noise over angle and distance, periodic over the full circle with ``n_rays`` <= 256 lattice cells."""
    u = (angle_rad / (2 * np.pi) + 0.5) * n_rays
    iu, iv = np.floor(u).astype(np.int64), np.floor(distance).astype(np.int64)
    fu, fv = (u - iu).astype(np.float32), (distance - iv).astype(np.float32)
    fu, fv = fu * fu * (3 - 2 * fu), fv * fv * (3 - 2 * fv)
    left, right, upper, lower = iu % n_rays, (iu + 1) % n_rays, iv % TABLE_SIZE, (iv + 1) % TABLE_SIZE
    above = table[upper, left] * (1 - fu) + table[upper, right] * fu
    below = table[lower, left] * (1 - fu) + table[lower, right] * fu
    return np.asarray(above * (1 - fv) + below * fv)


@dataclass(frozen=True, slots=True)
class Cells:
    """A random tessellation, sampled: distances in cells, and one random number for each cell."""

    nearest: Field
    second: Field
    value: Field
    offset_x: Field
    """From the seed point of the cell, in cells."""
    offset_y: Field


def cells(seed: int, layer: int, u: NDArray[np.float64], v: NDArray[np.float64]) -> Cells:
    """Voronoi cells over the lattice coordinates u, v (one jittered seed point for each lattice cell)."""
    # Cells are drawn only where they are several pixels wide: half the resolution is enough and four times as quick.
    half_u, half_v = u[::2], v[::2]
    jitter_x, jitter_y = random_table(seed, layer) * 0.45 + 0.5, random_table(seed, layer + 1) * 0.45 + 0.5
    value_table = random_table(seed, layer + 2)
    column, row = np.floor(half_u).astype(np.int64), np.floor(half_v).astype(np.int64)
    fraction_u, fraction_v = (half_u - column).astype(np.float32), (half_v - row).astype(np.float32)
    shape = (len(half_v), len(half_u))
    nearest, second = np.full(shape, 9.0, np.float32), np.full(shape, 9.0, np.float32)
    value, offset_x, offset_y = (np.zeros(shape, np.float32) for _ in range(3))
    for step_v in (-1, 0, 1):
        for step_u in (-1, 0, 1):
            place = np.ix_((row + step_v) % TABLE_SIZE, (column + step_u) % TABLE_SIZE)
            dx = fraction_u[None, :] - step_u - jitter_x[place]
            dy = fraction_v[:, None] - step_v - jitter_y[place]
            squared = dx * dx + dy * dy
            closer = squared < nearest
            second = np.where(closer, nearest, np.minimum(second, squared))
            nearest = np.where(closer, squared, nearest)
            value = np.where(closer, value_table[place], value)
            offset_x, offset_y = np.where(closer, dx, offset_x), np.where(closer, dy, offset_y)
    full = (len(v), len(u))
    return Cells(
        _double(np.sqrt(nearest), full),
        _double(np.sqrt(second), full),
        _double(value, full),
        _double(offset_x, full),
        _double(offset_y, full),
    )


def _double(field: Field, shape: tuple[int, int]) -> Field:
    """Linear interpolation to twice as many rows and columns; sample k of ``field`` becomes pixel 2 k."""
    rows = np.empty((2 * field.shape[0], field.shape[1]), np.float32)
    rows[::2], rows[-1] = field, field[-1]
    rows[1:-1:2] = (field[:-1] + field[1:]) * np.float32(0.5)
    both = np.empty((rows.shape[0], 2 * rows.shape[1]), np.float32)
    both[:, ::2], both[:, -1] = rows, rows[:, -1]
    both[:, 1:-1:2] = (rows[:, :-1] + rows[:, 1:]) * np.float32(0.5)
    return both[: shape[0], : shape[1]]


def ramp(value: NDArray[np.floating[Any]] | float, low: float, high: float) -> Field:
    """0 below ``low``, 1 above ``high``, smooth between."""
    t = np.clip((np.asarray(value, np.float32) - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
