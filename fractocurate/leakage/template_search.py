"""Where a close look lies within an overview, when the pixel sizes tell how much closer it is.

A zoom of 5x or more leaves few marks in common, but shrunk to the pixels of the overview it is a small picture that
lies somewhere in it: the place is where their normalised correlation is highest (J. P. Lewis, Vision Interface 1995).
Both are freed of slow shading and of local contrast first, because magnifications are exposed anew and a bright defect
would outweigh everything else. The coarse search tries every place and some turns; the best places are looked at again
at twice the resolution, and there the best must beat the second best.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fractocurate.leakage.alignment import Alignment
from fractocurate.leakage.views import Picture, View

MIN_SCALE = 1.3
"""Closer to one magnification, local features are many, and a frame may stick out of the other by half."""
MAX_SCALE = 15.0
"""Beyond it, less than 34 px of the view are left of the overview."""
COARSE_PX, FINE_PX, FINEST_PX = 32, 64, 128
"""Longest side of the shrunk close look in the three searches; the last only makes the place exact."""
_MIN_SIDE_PX = 16
_COARSE_TURNS_DEG = (-4.0, 0.0, 4.0)
"""A specimen that was not taken out of the chamber turns little between two magnifications."""
_FINE_TURNS_DEG = (-3.0, -1.5, 0.0, 1.5, 3.0)
_FINE_SCALES = (0.97, 1.0, 1.03)
_FINEST_TURNS_DEG = (-0.7, 0.0, 0.7)
_FINEST_SCALES = (0.985, 1.0, 1.015)
_N_PLACES = 6
"""Of the coarse search."""
_N_REFINED = 2
_ELSEWHERE_PX = 6
"""Of two places in the fine search: nearer ones are the same summit seen twice."""
_MAX_RATIO_TO_REFINE = 0.85
_APART_PX = 4
"""Of two places in the coarse search."""
_WINDOW_PX = 5
"""Of the fine search, around each place."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The likeliest place of a close look within an overview."""

    alignment: Alignment
    """From the overview to the close look."""
    correlation: float
    """Of the two there, -1 to 1."""
    residual_ratio: float
    """What the best place leaves unexplained (1 - correlation) over what the second best leaves: 1 says nothing."""


def find_place(overview: View, close_look: View, scale: float) -> Sighting | None:
    """Find the place of a close look within an overview.

    Args:
        overview: view of the coarser frame.
        close_look: view of the finer frame, the whole of which lies within the overview if anything does.
        scale: length in the close look over length in the overview of one thing, in shares of the longest sides.

    Returns:
        The likeliest place, whatever it is worth; None where the close look would be too small or too large to tell.
    """
    if not MIN_SCALE <= scale <= MAX_SCALE:
        return None
    cv2.setNumThreads(1)
    coarse = _Pair.of(overview, close_look, scale, COARSE_PX)
    if coarse is None:
        return None
    places = coarse.best_places()
    fine = _Pair.of(overview, close_look, scale, FINE_PX)
    if fine is None or not places:
        return None
    seen = [fine.looked_at(place.times(fine.length_px / coarse.length_px), (0.0,), (1.0,)) for place in places]
    refined = [
        fine.looked_at(place, _FINE_TURNS_DEG, _FINE_SCALES)
        for place in sorted(filter(None, seen), key=lambda place: -place.correlation)[:_N_REFINED]
    ]
    ranked = sorted(filter(None, [*refined, *seen]), key=lambda place: -place.correlation)
    if not ranked:
        return None
    best = ranked[0]
    second = max((p.correlation for p in ranked[1:] if p.distance_px(best) > _ELSEWHERE_PX), default=0.0)
    residual_ratio = (1 - best.correlation) / max(1 - second, 1e-6)
    finest = _Pair.of(overview, close_look, scale, FINEST_PX)
    if finest is not None and residual_ratio <= _MAX_RATIO_TO_REFINE:
        at = best.times(finest.length_px / fine.length_px)
        exact = finest.looked_at(at, _FINEST_TURNS_DEG, _FINEST_SCALES)
        if exact is not None:
            return Sighting(finest.alignment(exact), best.correlation, residual_ratio)
    return Sighting(fine.alignment(best), best.correlation, residual_ratio)


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the overview; the middle of the close look, in pixels from the overview's corner."""

    row: float
    column: float
    turn_deg: float
    scale: float
    correlation: float

    def distance_px(self, other: "_Place") -> float:
        """Between the two places."""
        return abs(complex(self.row - other.row, self.column - other.column))

    def times(self, growth: float) -> "_Place":
        """The same place where all lengths are so much larger."""
        return _Place(self.row * growth, self.column * growth, self.turn_deg, self.scale, self.correlation)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Both frames at one resolution."""

    overview: Picture
    """Without shading."""
    close_look: View
    close_px: int
    """Longest side of the close look here."""
    scale: float

    @classmethod
    def of(cls, overview: View, close_look: View, scale: float, longest_px: int) -> "_Pair | None":
        """Shrink both; None if too little is left of the close look."""
        length_px = min(overview.longest_px, round(longest_px * scale))
        close_px = round(length_px / scale)
        if close_px > close_look.longest_px or min(close_look.shrunk(close_px).shape) < _MIN_SIDE_PX:
            return None
        return cls(overview.flattened(length_px), close_look, close_px, scale)

    @property
    def length_px(self) -> int:
        return int(max(self.overview.shape))

    def best_places(self) -> list[_Place]:
        """The places of highest correlation over all turns, apart from each other; the best first."""
        maps, shapes = [], []
        for turn_deg in _COARSE_TURNS_DEG:
            template = self.close_look.turned(self.close_px, turn_deg, 1.0)
            if any(t > o for t, o in zip(template.shape, self.overview.shape, strict=True)):
                return []
            found = np.full(self.overview.shape, -1, np.float32)
            correlation = cv2.matchTemplate(self.overview, template, cv2.TM_CCOEFF_NORMED)
            top, left = template.shape[0] // 2, template.shape[1] // 2
            found[top : top + correlation.shape[0], left : left + correlation.shape[1]] = correlation
            maps.append(found)
            shapes.append(((template.shape[0] % 2) / 2, (template.shape[1] % 2) / 2))
        every = np.stack(maps)
        highest = every.max(axis=0)
        places = []
        for _ in range(_N_PLACES):
            row, column = np.unravel_index(int(highest.argmax()), highest.shape)
            if highest[row, column] <= 0:
                break
            turn = int(every[:, row, column].argmax())
            rows, columns = shapes[turn]
            places.append(
                _Place(row + rows, column + columns, _COARSE_TURNS_DEG[turn], 1.0, float(highest[row, column]))
            )
            around = (slice(max(at - _APART_PX, 0), at + _APART_PX + 1) for at in (int(row), int(column)))
            highest[tuple(around)] = -1
        return places

    def looked_at(self, place: _Place, turns_deg: tuple[float, ...], scales: tuple[float, ...]) -> _Place | None:
        """The best place near a given one, to a part of a pixel; None if the close look would stick out."""
        best: _Place | None = None
        for change in scales:
            for turn in turns_deg:
                turn_deg, scale = place.turn_deg + turn, place.scale * change
                template = self.close_look.turned(self.close_px, turn_deg, scale)
                height, width = template.shape
                top, left = round(place.row - height / 2) - _WINDOW_PX, round(place.column - width / 2) - _WINDOW_PX
                rows = slice(max(top, 0), max(top, 0) + height + 2 * _WINDOW_PX)
                columns = slice(max(left, 0), max(left, 0) + width + 2 * _WINDOW_PX)
                window = self.overview[rows, columns]
                if window.shape[0] < height or window.shape[1] < width:
                    continue
                correlation = cv2.matchTemplate(window, template, cv2.TM_CCOEFF_NORMED)
                row, column, highest = _summit(np.asarray(correlation, np.float32))
                if best is None or highest > best.correlation:
                    best = _Place(
                        rows.start + row + height / 2, columns.start + column + width / 2, turn_deg, scale, highest
                    )
        return best

    def alignment(self, place: _Place) -> Alignment:
        """From the overview to the close look."""
        factor = self.scale * place.scale * np.exp(-1j * np.deg2rad(place.turn_deg))
        at = complex(place.row, place.column) / self.length_px
        middle = complex(*self.close_look.grey.shape) / (2 * self.close_look.longest_px)
        return Alignment(complex(factor), middle - complex(factor) * at, is_mirrored=False, n_inliers=0)


def _summit(correlation: Picture) -> tuple[float, float, float]:
    """Row and column of the maximum, by a parabola through its neighbours, and its height."""
    row, column = (int(at) for at in np.unravel_index(int(correlation.argmax()), correlation.shape))
    return (
        row + _vertex(correlation[:, column], row),
        column + _vertex(correlation[row], column),
        float(correlation[row, column]),
    )


def _vertex(line: Picture, at: int) -> float:
    """Where the parabola through a value and its neighbours is highest, -0.5 to 0.5 from it."""
    if not 0 < at < len(line) - 1:
        return 0.0
    before, here, after = (float(value) for value in line[at - 1 : at + 2])
    curvature = before - 2 * here + after
    return float(np.clip(0.5 * (before - after) / curvature, -0.5, 0.5)) if curvature < 0 else 0.0
