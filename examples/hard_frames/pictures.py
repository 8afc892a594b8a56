"""Pictures of the kind that are taken for data bars, or hide them: charging, pores, bright edges, stripes, vacuum."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Picture = NDArray[np.float32]
Painter = Callable[[np.random.Generator, int, int], Picture]


def paint(name: str, rng: np.random.Generator, width_px: int, height_px: int) -> NDArray[np.uint8]:
    """A picture without anything drawn on it, uint8, shape (height, width)."""
    values = BACKGROUNDS[name](rng, width_px, height_px)
    noise = rng.uniform(1.5, 9)
    values = values + rng.standard_normal(values.shape, dtype=np.float32) * np.float32(noise)
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)


def _smooth(rng: np.random.Generator, width_px: int, height_px: int, size_px: float) -> Picture:
    coarse = rng.standard_normal((int(height_px / size_px) + 3, int(width_px / size_px) + 3)).astype(np.float32)
    zoom = (height_px / (coarse.shape[0] - 1), width_px / (coarse.shape[1] - 1))
    return np.asarray(ndimage.zoom(coarse, (zoom[0] + 0.1, zoom[1] + 0.1), order=3)[:height_px, :width_px])


def fractal(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """Roughness of all sizes alike, mean 0 and spread 1."""
    layers = [_smooth(rng, width_px, height_px, size) * size**0.5 for size in (96, 48, 24, 12, 6)]
    total = np.sum(layers, axis=0)
    return np.asarray((total - total.mean()) / total.std(), dtype=np.float32)


def rough(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """A broken surface in middle grey."""
    return np.float32(rng.uniform(90, 150)) + np.float32(rng.uniform(20, 45)) * fractal(rng, width_px, height_px)


def _faint(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """Hardly any contrast."""
    return np.float32(rng.uniform(60, 190)) + np.float32(rng.uniform(2, 6)) * fractal(rng, width_px, height_px)


def _dark(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    return np.float32(rng.uniform(2, 25)) + np.float32(rng.uniform(5, 14)) * fractal(rng, width_px, height_px)


def _bright(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    return np.float32(rng.uniform(215, 250)) + np.float32(rng.uniform(8, 20)) * fractal(rng, width_px, height_px)


def _pores(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """Truly black holes, some of them at the lower border."""
    picture = rough(rng, width_px, height_px)
    y, x = np.mgrid[:height_px, :width_px]
    for _ in range(int(rng.integers(4, 14))):
        cx, cy = rng.uniform(0, width_px), rng.uniform(0.2, 1.05) * height_px
        rx, ry = rng.uniform(0.02, 0.2) * width_px, rng.uniform(0.02, 0.12) * height_px
        inside = ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2
        picture[inside < 1] = -40
        picture[(inside >= 1) & (inside < 1.15)] += 60
    return picture


def _charging(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """Saturated and blacked-out streaks along the scan lines, each line with ends of its own."""
    picture = rough(rng, width_px, height_px)
    for _ in range(int(rng.integers(3, 9))):
        top, rows = int(rng.uniform(0, height_px)), int(rng.uniform(1, 0.12 * height_px))
        left = rng.uniform(-0.3, 0.7) * width_px
        columns = rng.uniform(0.2, 1.2) * width_px
        step = rng.choice([-260, 260])
        for row in range(top, min(height_px, top + rows)):
            start, end = left + rng.normal(0, 12), left + columns + rng.normal(0, 12)
            picture[row, max(0, int(start)) : max(0, int(end))] += step
    return picture


def _stripes(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """Horizontal stripes of unsteady beam current."""
    rows = np.cumsum(rng.standard_normal(height_px)) * 4 + 40 * (rng.random(height_px) < 0.04)
    return np.asarray(rough(rng, width_px, height_px) + rows.astype(np.float32)[:, None], dtype=np.float32)


def _edges(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """Bright straight edges and thin bright lines, level or nearly so."""
    picture = rough(rng, width_px, height_px)
    y, x = np.mgrid[:height_px, :width_px].astype(np.float32)
    for _ in range(int(rng.integers(3, 9))):
        slope, at = rng.uniform(-0.15, 0.15), rng.uniform(0, height_px)
        thick = rng.uniform(0.8, 4)
        distance = np.abs(y - at - slope * x)
        picture += np.float32(rng.uniform(80, 220)) * np.exp(-((distance / thick) ** 2)).astype(np.float32)
    return picture


def _vacuum(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """Part of the field is the black chamber behind the specimen's edge, at the lower border or the upper one."""
    picture = rough(rng, width_px, height_px)
    edge = height_px * rng.uniform(0.1, 0.5) + 6 * np.cumsum(rng.standard_normal(width_px)) / 6
    y = np.arange(height_px)[:, None]
    if rng.random() < 0.5:
        y = height_px - y
    picture[y < edge[None, :]] = -30
    return picture


def _grains(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """Facets of one flat grey each, with bright boundaries."""
    n = int(rng.integers(20, 120))
    points = rng.uniform(0, 1, (n, 2)) * (height_px, width_px)
    y, x = np.mgrid[:height_px:2, :width_px:2]
    distance = np.full((2, *y.shape), np.inf, np.float32)
    owner = np.zeros(y.shape, int)
    for k, (py, px) in enumerate(points):
        d = np.hypot(y - py, x - px).astype(np.float32)
        nearer = d < distance[0]
        distance[1] = np.where(nearer, distance[0], np.minimum(distance[1], d))
        distance[0] = np.where(nearer, d, distance[0])
        owner[nearer] = k
    levels = rng.uniform(20, 235, n).astype(np.float32)
    picture = levels[owner]
    picture[distance[1] - distance[0] < rng.uniform(2, 6)] = rng.choice([250, 8])
    return np.asarray(np.kron(picture, np.ones((2, 2), np.float32))[:height_px, :width_px])


def _spheres(rng: np.random.Generator, width_px: int, height_px: int) -> Picture:
    """Bright balls on black: small round marks in rows, as letters are."""
    picture = np.full((height_px, width_px), rng.uniform(0, 30), np.float32)
    y, x = np.mgrid[:height_px, :width_px]
    radius = rng.uniform(4, 30)
    for _ in range(int(min(400, 0.25 * width_px * height_px / radius**2))):
        cx, cy, r = rng.uniform(0, width_px), rng.uniform(0, height_px), radius * rng.uniform(0.8, 1.2)
        y0, y1, x0, x1 = (int(max(0, v)) for v in (cy - r, cy + r + 1, cx - r, cx + r + 1))
        d = np.hypot(y[y0:y1, x0:x1] - cy, x[y0:y1, x0:x1] - cx) / r
        part = picture[y0:y1, x0:x1]
        part[d < 1] = 110 + 140 * d[d < 1] ** 3
    return picture


BACKGROUNDS: dict[str, Painter] = {
    "rough": rough,
    "faint": _faint,
    "dark": _dark,
    "bright": _bright,
    "pores": _pores,
    "charging": _charging,
    "stripes": _stripes,
    "edges": _edges,
    "vacuum": _vacuum,
    "grains": _grains,
    "spheres": _spheres,
}
"""Name -> painter; grey values before noise."""
