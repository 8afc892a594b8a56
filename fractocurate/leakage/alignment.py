"""How one frame lies over another: the similarity transform on which the most of their features agree.

In the complex plane (row + i column) a similarity is ``z_b = factor * z_a + offset``, and one that mirrors is
``z_b = factor * conj(z_a) + offset``. Two matched features determine it. Instead of drawing pairs of matches at random
(RANSAC; Fischler and Bolles, Commun. ACM 24, 1981, 381-395) every pair is tried whose two features also agree with it
in size and direction: few do, so that the search is exhaustive, quick, and the same at every run.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fractocurate.leakage.candidates import count_bits
from fractocurate.leakage.local_features import LocalFeatures, mirrored_bits

MAX_DESCRIPTOR_BITS = 30
"""Of 128. Features of one spot mostly differ in fewer bits, those of two spots rarely."""
MAX_MATCHES = 120
"""The closest so many matches of two frames are looked at."""
TOLERANCE = 0.006
"""Distance at which a match agrees with a transform, as share of the longest side of the coarser frame: 3 px of 512."""
MAX_SCALE_MISFIT = 1.25
"""Factor by which a transform may miss the scale that the pixel sizes tell: cameras and readings are not exact."""
_MAX_SIZE_FACTOR = 1.6
_MAX_TURN_RAD = np.deg2rad(25)
"""A feature's own size and angle are rough."""
_MAX_HYPOTHESES = 3000
_ROWS_AT_ONCE = 32
"""Of a table of distances: 32 x 1000 words stay in a core's cache."""

Complex = npt.NDArray[np.complex128]
AnyComplex = npt.NDArray[np.complexfloating]


@dataclass(frozen=True, slots=True)
class Alignment:
    """A transform from frame a to frame b; lengths in shares of each frame's longest side."""

    factor: complex
    """Its modulus is the scale, its argument the turn."""
    offset: complex
    is_mirrored: bool
    n_inliers: int
    """Features at different places that agree."""

    def __call__(self, positions: Complex) -> Complex:
        """Positions in b of positions in a, any shape."""
        return self.factor * (positions.conj() if self.is_mirrored else positions) + self.offset

    def at(self, position: complex) -> complex:
        """The position in b of one position in a."""
        return self.factor * (position.conjugate() if self.is_mirrored else position) + self.offset

    @property
    def scale(self) -> float:
        """Length in b over length in a of one and the same thing: above 1 if b is the closer look."""
        return abs(self.factor)

    @property
    def turn_deg(self) -> float:
        """From the row axis towards the column axis, -180 to 180; of a mirrored frame, after the mirroring."""
        return float(np.rad2deg(np.angle(self.factor)))

    def inverse(self) -> "Alignment":
        """The transform from b to a."""
        factor, offset = 1 / self.factor, -self.offset / self.factor
        if self.is_mirrored:
            factor, offset = factor.conjugate(), offset.conjugate()
        return Alignment(factor, offset, self.is_mirrored, self.n_inliers)


def align(
    a: LocalFeatures, b: LocalFeatures, *, is_mirrored: bool = False, scale: float | None = None
) -> tuple[Alignment, ...]:
    """Find the similarity transform that most features of two frames agree on.

    Args:
        a: features of the first frame.
        b: features of the second.
        is_mirrored: look for transforms that mirror, and for no other.
        scale: length in b over length in a of one and the same thing, where the pixel sizes tell it.

    Returns:
        The best transform; if that one misses the known scale, also the best of those that do not. Empty if no two
        features agree on any.
    """
    matched_a, matched_b = match_features(mirrored_bits(a.bits) if is_mirrored else a.bits, b.bits)
    from_, to = a.positions[matched_a].astype(np.complex128), b.positions[matched_b].astype(np.complex128)
    shape_a = a.shapes[matched_a].astype(np.complex128)
    if is_mirrored:
        from_, shape_a = from_.conj(), shape_a.conj()
    factors, offsets = _hypotheses(from_, to, b.shapes[matched_b] / shape_a)
    if not len(factors):
        return ()
    n_agreeing = _agreement(factors[:, None], offsets[:, None], from_, to).sum(axis=1)
    winners = [int(n_agreeing.argmax())]
    if scale is not None:
        misfit = np.abs(np.log(np.abs(factors) / scale))
        if misfit[winners[0]] > np.log(MAX_SCALE_MISFIT) and misfit.min() <= np.log(MAX_SCALE_MISFIT):
            winners.append(int(np.where(misfit <= np.log(MAX_SCALE_MISFIT), n_agreeing, -1).argmax()))
    return tuple(
        _refined(complex(factors[w]), complex(offsets[w]), from_, to, is_mirrored=is_mirrored) for w in winners
    )


def _refined(factor: complex, offset: complex, from_: Complex, to: Complex, *, is_mirrored: bool) -> Alignment:
    """Least squares over the matches that agree, and again over those that agree then."""
    agrees = _agreement(factor, offset, from_, to)
    for _ in range(3):
        if agrees.sum() < 2:
            break
        factor, offset = _least_squares(from_[agrees], to[agrees])
        agrees = _agreement(factor, offset, from_, to)
    return Alignment(factor, offset, is_mirrored, _n_places(from_[agrees], to[agrees]))


def match_features(
    bits_a: npt.NDArray[np.uint8], bits_b: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pairs of descriptors that are each other's nearest and differ in few bits; the closest first.

    Args:
        bits_a: shape (n, 16).
        bits_b: shape (m, 16).

    Returns:
        Two index arrays of one length, at most ``MAX_MATCHES``.
    """
    if not len(bits_a) or not len(bits_b):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    distance, nearest_b = _distances(bits_a, bits_b)
    index = np.arange(len(bits_a))
    close = np.flatnonzero(distance[index, nearest_b] <= MAX_DESCRIPTOR_BITS)
    good = close[distance[:, nearest_b[close]].argmin(axis=0) == close]
    good = good[np.argsort(distance[good, nearest_b[good]], kind="stable")][:MAX_MATCHES]
    return good, nearest_b[good]


def _distances(
    bits_a: npt.NDArray[np.uint8], bits_b: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Differing bits of every two descriptors, shape (n, m), and the nearest of b to each of a, shape (n,)."""
    words_a = np.ascontiguousarray(bits_a).view(np.uint64)
    low, high = np.ascontiguousarray(np.ascontiguousarray(bits_b).view(np.uint64).T)
    distances = np.empty((len(words_a), len(low)), np.uint8)
    nearest = np.empty(len(words_a), np.int64)
    for start in range(0, len(words_a), _ROWS_AT_ONCE):
        block = slice(start, start + _ROWS_AT_ONCE)
        distances[block] = count_bits(words_a[block, :1] ^ low) + count_bits(words_a[block, 1:] ^ high)
        nearest[block] = distances[block].argmin(axis=1)
    return distances, nearest


def _hypotheses(from_: Complex, to: Complex, turns: Complex) -> tuple[Complex, Complex]:
    """Factor and offset of every two matches that agree with their features' own change of size and direction."""
    first, second = np.triu_indices(len(from_), 1)
    apart = from_[first] - from_[second]
    kept = np.flatnonzero(squared(apart) > (4 * TOLERANCE) ** 2)
    first, second = first[kept], second[kept]
    factors = (to[first] - to[second]) / apart[kept]
    fits = agrees_in_shape(factors, turns[first]) & agrees_in_shape(factors, turns[second])
    kept = np.flatnonzero(fits)
    if len(kept) > _MAX_HYPOTHESES:
        kept = kept[np.linspace(0, len(kept) - 1, _MAX_HYPOTHESES).astype(np.int64)]
    return factors[kept], to[first[kept]] - factors[kept] * from_[first[kept]]


def agrees_in_shape(factors: AnyComplex, turns: AnyComplex) -> npt.NDArray[np.bool_]:
    """Whether size and direction change as the features themselves do."""
    sizes, expected = squared(factors), squared(turns)
    is_of_size = (sizes <= expected * _MAX_SIZE_FACTOR**2) & (expected <= sizes * _MAX_SIZE_FACTOR**2)
    along = factors.real * turns.real + factors.imag * turns.imag
    agrees: npt.NDArray[np.bool_] = is_of_size & (along >= np.cos(_MAX_TURN_RAD) * np.sqrt(sizes * expected))
    return agrees & (sizes > 0)


def squared(values: AnyComplex) -> npt.NDArray[np.floating]:
    """Squared modulus: that of a complex number is slow, and nothing here needs its root."""
    modulus_squared: npt.NDArray[np.floating] = values.real**2 + values.imag**2
    return modulus_squared


def _agreement(
    factor: Complex | complex, offset: Complex | complex, from_: Complex, to: Complex
) -> npt.NDArray[np.bool_]:
    """Whether each match lies where the transform says, at the resolution of the coarser frame."""
    tolerance = TOLERANCE**2 * np.maximum(squared(np.asarray(factor)), 1)
    agrees: npt.NDArray[np.bool_] = squared(factor * from_ + offset - to) <= tolerance
    return agrees


def _least_squares(from_: Complex, to: Complex) -> tuple[complex, complex]:
    centre_from, centre_to = from_.mean(), to.mean()
    spread = from_ - centre_from
    factor = complex(np.vdot(spread, to - centre_to) / max(np.vdot(spread, spread).real, 1e-12))
    return factor, complex(centre_to - factor * centre_from)


def _n_places(from_: Complex, to: Complex) -> int:
    """Different places, seen in either frame: a mark with two directions, or of two sizes, is one witness."""
    return min(len(np.unique(np.round(z / TOLERANCE))) for z in (from_, to)) if len(from_) else 0
