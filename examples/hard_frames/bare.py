"""Pictures on which nothing is drawn, and which have something of a data bar or of print nevertheless.

Flat levels with straight level edges, marks in rows, ticks, ruled lines: what scanning, polishing, detectors, stitching
and processing make, without a letter. Every one has to be kept whole.
"""

import io
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from hard_frames.pictures import fractal, rough

Picture = NDArray[np.float32]
Rng = np.random.Generator
SIZES = ((640, 480), (800, 600), (1024, 768), (1280, 960), (768, 512))


def paint_bare(name: str, rng: Rng) -> NDArray[np.uint8]:
    """One bare picture by the name of its painter, uint8; a third of them went through JPEG."""
    width, height = SIZES[int(rng.integers(len(SIZES)))]
    values = BARE[name](rng, width, height)
    noise = float(rng.choice([0, 1, 4, 10]))
    values = values + rng.standard_normal(values.shape, dtype=np.float32) * np.float32(noise)
    pixels = np.asarray(np.clip(values, 0, 255), dtype=np.uint8)
    if rng.random() < 0.33:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "JPEG", quality=int(rng.integers(40, 96)))
        pixels = np.asarray(Image.open(buffer), dtype=np.uint8)
    return pixels


def _grid(width: int, height: int) -> tuple[Picture, Picture]:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return y, x


def _fibres(rng: Rng, width: int, height: int) -> Picture:
    """Straight fibres across each other, many of them upright or level: strokes."""
    y, x = _grid(width, height)
    picture = np.full((height, width), rng.uniform(0, 40), np.float32)
    n, lean = int(rng.integers(20, 90)), rng.choice([0.02, 0.15, 3.2])
    for _ in range(n):
        angle = rng.choice([0, np.pi / 2]) + rng.uniform(-lean, lean)
        away = np.abs((x - rng.uniform(0, width)) * np.sin(angle) - (y - rng.uniform(0, height)) * np.cos(angle))
        radius = rng.uniform(1, 7)
        inside = away < radius
        picture[inside] = (rng.uniform(120, 255) * (0.6 + 0.4 * (away / radius) ** 2))[inside]
    return picture


def _cracks(rng: Rng, width: int, height: int) -> Picture:
    """Straight white and black lines from border to border, some of them exactly level, short ones below."""
    picture = rough(rng, width, height)
    y, x = _grid(width, height)
    for _ in range(int(rng.integers(3, 12))):
        slope = float(rng.choice([0, 0, rng.uniform(-0.4, 0.4), rng.uniform(-20, 20)]))
        at_x, at_y = rng.uniform(0, width), rng.uniform(0, 1.1) * height
        away = np.abs(y - at_y - slope * (x - at_x)) / np.hypot(1, slope)
        reach = rng.uniform(0.05, 1.2) * width
        inside = (away < rng.uniform(0.6, 6)) & (np.hypot(x - at_x, y - at_y) < reach)
        picture[inside] = rng.choice([-60, 320])
    return picture


def _layers(rng: Rng, width: int, height: int) -> Picture:
    """A coating in section: level layers of one grey each, pores in rows, the mount above or below in flat black."""
    picture = np.zeros((height, width), np.float32)
    edges = np.sort(rng.uniform(0, height, int(rng.integers(2, 7)))).astype(int)
    for top, bottom in zip([0, *edges], [*edges, height], strict=True):
        picture[top:bottom] = float(rng.choice([0, 255, rng.uniform(20, 235)]))
        radius = rng.uniform(1, 8)
        level = float(rng.choice([-40, 300]))
        for row in range(top + int(2 * radius), bottom - int(2 * radius), int(5 * radius) + 4):
            if rng.random() < 0.5:
                _dots(rng, picture, row, radius, level)
    return picture


def _dots(rng: Rng, picture: Picture, row: float, radius: float, level: float) -> None:
    """Pores or grains one beside the other on a row: round, or as high as they are not wide."""
    height, width = picture.shape
    x = rng.uniform(0, width / 2)
    step = radius * rng.uniform(2.2, 6)
    end = x + rng.uniform(4, 40) * step
    y0 = row
    while x < min(end, width):
        r = radius * rng.uniform(0.85, 1.15)
        w = r * rng.choice([1, 1, 0.4, 1.4])
        top, bottom, left, right = int(y0 - r), int(y0 + r) + 1, int(x - w), int(x + w) + 1
        if top >= 0 and bottom <= height and left >= 0 and right <= width:
            yy, xx = np.mgrid[top:bottom, left:right]
            inside = ((yy - y0) / r) ** 2 + ((xx - x) / w) ** 2 <= 1
            picture[top:bottom, left:right][inside] = level
        x += step
        y0 = row + rng.choice([0, 0.3, 2]) * rng.standard_normal()


def _pore_rows(rng: Rng, width: int, height: int) -> Picture:
    """Black or white pores in rows on grey, near the borders: no layer, no edge."""
    picture = np.full((height, width), rng.uniform(70, 180), np.float32) + 8 * fractal(rng, width, height)
    for _ in range(int(rng.integers(2, 10))):
        at = rng.choice([rng.uniform(0.02, 0.2), rng.uniform(0.7, 0.98)]) * height
        _dots(rng, picture, at, rng.uniform(3, 11), float(rng.choice([-40, 300])))
    return picture


def _grooves(rng: Rng, width: int, height: int) -> Picture:
    """Exactly level grooves of machining or drawing, black and white, of one level along the whole row."""
    rows = rng.choice([0, 40, 128, 200, 255], size=height).astype(np.float32)
    rows = np.repeat(rows[: height // 3 + 1], 3)[:height] if rng.random() < 0.5 else rows
    smooth = ndimage.gaussian_filter1d(rows, float(rng.choice([0.01, 1, 4])))
    return np.asarray(smooth[:, None] + rng.uniform(0, 12) * fractal(rng, width, height), dtype=np.float32)


def _mount(rng: Rng, width: int, height: int) -> Picture:
    """A specimen's straight edge, level or tilted, above black or white mounting that carries dust in rows."""
    picture = rough(rng, width, height)
    y, x = _grid(width, height)
    slope = float(rng.choice([0, 0, rng.uniform(-0.08, 0.08)]))
    at = rng.uniform(0.55, 0.95) * height
    level = float(rng.choice([-60, 320, 128]))
    below = y > at + slope * (x - width / 2)
    picture[below] = level
    if rng.random() < 0.5:  # the edge effect
        picture[np.abs(y - at - slope * (x - width / 2)) < 2] = 300
    for _ in range(int(rng.integers(0, 4))):
        dust = 320.0 if level < 100 else -60.0
        _dots(rng, picture, rng.uniform(at + 8, height), rng.uniform(2, 7), dust)
    n = int(rng.integers(0, 40))  # dust anywhere
    for cy, cx in zip(rng.uniform(at, height - 8, n), rng.uniform(8, width - 8, n), strict=True):
        r = rng.uniform(1, 6)
        picture[(y - cy) ** 2 + (x - cx) ** 2 < r * r] = 320 if level < 100 else -60
    return picture if rng.random() < 0.6 else picture[::-1].copy()


def _bands(rng: Rng, width: int, height: int) -> Picture:
    """Charging: bands over the whole width, saturated or black, that begin and end with a row."""
    picture = rough(rng, width, height)
    for _ in range(int(rng.integers(1, 6))):
        top = int(rng.uniform(0, height))
        picture[top : top + int(rng.uniform(2, 0.15 * height))] += float(rng.choice([-300, 300, 150, -150]))
    if rng.random() < 0.5:
        top = int(rng.uniform(0.8, 0.95) * height)
        picture[top:] = float(rng.choice([-50, 300]))
        dots = 300.0 if picture[-1, 0] < 0 else -50.0
        for row in range(top + 8, height - 8, 14):
            _dots(rng, picture, row, rng.uniform(2, 6), dots)
    return picture


def _vignette(rng: Rng, width: int, height: int) -> Picture:
    """Low magnification: the final aperture leaves a round field in truly black corners."""
    picture = rough(rng, width, height)
    y, x = _grid(width, height)
    away = np.hypot(x - width * rng.uniform(0.4, 0.6), y - height * rng.uniform(0.4, 0.6))
    picture[away > rng.uniform(0.42, 0.62) * width] = -40
    return picture


def _mosaic(rng: Rng, width: int, height: int) -> Picture:
    """Tiles of one mosaic, each of a brightness of its own, with black or white seams and missing tiles."""
    picture = rough(rng, width, height)
    rows, columns = int(rng.integers(2, 6)), int(rng.integers(2, 6))
    seam = int(rng.integers(0, 5))
    for i in range(rows):
        for k in range(columns):
            tile = np.s_[
                i * height // rows : (i + 1) * height // rows, k * width // columns : (k + 1) * width // columns
            ]
            picture[tile] += rng.uniform(-40, 40)
            if rng.random() < 0.15:
                picture[tile] = float(rng.choice([-90, 400]))
            if seam:
                picture[tile][:seam] = picture[tile][:, :seam] = -90 if rng.random() < 0.9 else 400
    return picture


def _ebsd(rng: Rng, width: int, height: int) -> Picture:
    """A map of grains, each of exactly one level, with single unindexed black or white pixels, in blocks."""
    block = int(rng.choice([1, 2, 3, 6]))
    w, h = width // block + 1, height // block + 1
    n = int(rng.integers(15, 200))
    points = rng.uniform(0, 1, (n, 2)) * (h, w)
    y, x = np.mgrid[:h, :w].astype(np.float32)
    owner = np.argmin(
        np.stack([np.maximum(np.abs(y - py), np.abs(x - px)) if rng.random() < 0.3 else np.hypot(y - py, x - px)
                  for py, px in points]), axis=0
    )  # fmt: skip
    levels = rng.choice([0, 255, 30, 76, 105, 150, 179, 226], size=n).astype(np.float32)
    picture = levels[owner]
    lost = ndimage.gaussian_filter(rng.standard_normal((h, w)), rng.choice([0.01, 0.7, 1.5]))
    picture[lost > np.quantile(lost, 1 - rng.uniform(0.001, 0.06))] = float(rng.choice([0, 255]))
    return np.asarray(np.kron(picture, np.ones((block, block), np.float32))[:height, :width])


def _grating(rng: Rng, width: int, height: int) -> Picture:
    """A calibration grating or mask: like bars in even rows, white on black, and their pads."""
    picture = np.full((height, width), float(rng.choice([0, 255, 60])), np.float32)
    ink = 255.0 if picture[0, 0] < 100 else 0.0
    pitch_x, pitch_y = int(rng.integers(6, 60)), int(rng.integers(16, 120))
    wide, tall = max(2, int(pitch_x * rng.uniform(0.3, 0.7))), max(5, int(pitch_y * rng.uniform(0.3, 0.8)))
    rows = range(int(rng.integers(0, pitch_y)), height, pitch_y)
    for top in rows if rng.random() < 0.5 else [height - tall - 12, height - 2 * tall - 30]:
        longest = int(rng.uniform(0.1, 1) * width)
        for left in range(int(rng.integers(2, 60)), longest, pitch_x):
            picture[top : top + int(tall * rng.choice([1, 1, 0.5])), left : left + wide] = ink
    return picture


def _pillars(rng: Rng, width: int, height: int) -> Picture:
    """An even array of round pillars or holes with bright rims."""
    y, x = _grid(width, height)
    pitch, shift = rng.uniform(9, 60), rng.uniform(0, 60)
    turn = float(rng.choice([0, 0, rng.uniform(-0.1, 0.1)]))
    u, v = x * np.cos(turn) + y * np.sin(turn) + shift, y * np.cos(turn) - x * np.sin(turn) + shift
    if rng.random() < 0.5:
        u = u + pitch / 2 * (np.floor(v / pitch) % 2)
    away = np.hypot(u % pitch - pitch / 2, v % pitch - pitch / 2) / pitch
    radius = rng.uniform(0.2, 0.45)
    inner, outer = rng.permutation([rng.uniform(0, 60), rng.uniform(120, 255)])
    picture = np.where(away < radius, inner, outer).astype(np.float32)
    picture[np.abs(away - radius) < 0.05] = 255
    return np.asarray(picture, dtype=np.float32)


def _balls(rng: Rng, width: int, height: int) -> Picture:
    """Powder on a flat black or white pad, balls of one size touching each other, bright-rimmed."""
    picture = np.full((height, width), float(rng.choice([0, 8, 255])), np.float32)
    y, x = _grid(width, height)
    radius = rng.uniform(3, 20)
    for _ in range(int(min(700, rng.uniform(0.05, 0.3) * width * height / radius**2))):
        cx, cy, r = rng.uniform(0, width), rng.uniform(0, height), radius * rng.uniform(0.9, 1.1)
        if rng.random() < 0.5:
            cy = radius * 2.1 * np.floor(cy / (radius * 2.1))
        y0, y1, x0, x1 = (int(max(0, v)) for v in (cy - r, cy + r + 1, cx - r, cx + r + 1))
        d = np.hypot(y[y0:y1, x0:x1] - cy, x[y0:y1, x0:x1] - cx) / r
        picture[y0:y1, x0:x1][d < 1] = 90 + 165 * d[d < 1] ** 2
    return picture


def _segmented(rng: Rng, width: int, height: int) -> Picture:
    """A picture that somebody turned into black and white, or into a few levels."""
    picture = fractal(rng, width, height) if rng.random() < 0.5 else rough(rng, width, height) / 30 - 4
    levels = int(rng.integers(2, 6))
    edges: NDArray[np.float64] = np.quantile(
        picture.astype(np.float64), np.linspace(0, 1, levels + 1)[1:-1] ** rng.uniform(0.4, 2.5)
    )
    return np.asarray(np.digitize(picture, edges) * (255 / (levels - 1)), dtype=np.float32)


def _dendrites(rng: Rng, width: int, height: int) -> Picture:
    """White trunks with even side arms on black: combs, like the ticks of rulers and the strokes of letters."""
    picture = np.full((height, width), rng.uniform(0, 50), np.float32)
    for _ in range(int(rng.integers(3, 14))):
        top, left = int(rng.uniform(0, height)), int(rng.uniform(-0.2, 0.9) * width)
        long, step = int(rng.uniform(0.1, 0.6) * width), int(rng.uniform(5, 24))
        arm, thick = int(rng.uniform(4, 40)), int(rng.integers(1, 5))
        level = rng.uniform(170, 255)
        picture[top : top + thick, max(0, left) : max(0, left + long)] = level
        for x in range(left, left + long, step):
            grown = int(arm * rng.uniform(0.8, 1))
            if x >= 0:
                picture[max(0, top - grown) : top + grown * int(rng.integers(0, 2)) + 1, x : x + thick] = level
    return picture


def _empty_below(rng: Rng, width: int, height: int) -> Picture:
    """A picture whose lower or upper part is blank: the scan was stopped, or the sheet was filled up."""
    picture = rough(rng, width, height)
    top = int(rng.uniform(0.55, 0.97) * height)
    picture[top:] = float(rng.choice([0, 255, 128, 17]))
    if rng.random() < 0.3:
        picture[top - 2 : top] = 255
    return picture if rng.random() < 0.7 else picture[::-1].copy()


def _noise_only(rng: Rng, width: int, height: int) -> Picture:
    """Nothing at all, or specks on nothing."""
    picture = np.full((height, width), float(rng.choice([0, 255, 100])), np.float32)
    specks = ndimage.gaussian_filter(rng.standard_normal((height, width)), float(rng.choice([0.8, 1.6, 2.5])))
    picture[specks > np.quantile(specks, 1 - rng.uniform(0.001, 0.03))] = float(rng.choice([0, 255]))
    return picture


BARE: dict[str, Callable[[Rng, int, int], Picture]] = {
    "fibres": _fibres,
    "cracks": _cracks,
    "layers": _layers,
    "pore_rows": _pore_rows,
    "grooves": _grooves,
    "mount": _mount,
    "bands": _bands,
    "vignette": _vignette,
    "mosaic": _mosaic,
    "ebsd": _ebsd,
    "grating": _grating,
    "pillars": _pillars,
    "balls": _balls,
    "segmented": _segmented,
    "dendrites": _dendrites,
    "empty_below": _empty_below,
    "noise_only": _noise_only,
}
"""Name -> painter; grey values before noise and JPEG."""
