"""pHash under the eight symmetries of a rectangle: turned and mirrored copies are found by their hashes alone."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.fft import dctn

from fractocurate.leakage.alignment import Alignment
from fractocurate.leakage.candidates import Hashes, find_between
from fractocurate.leakage.fingerprints import PHASH_SIZE, GreyFrame

_SIDE_PX = 4 * PHASH_SIZE
"""Side of the square that the frequencies are taken of, as in ``imagehash.phash``."""

SYMMETRIES: tuple[tuple[bool, bool, bool], ...] = tuple((bool(n & 4), bool(n & 2), bool(n & 1)) for n in range(8))
"""Whether the axes change places, then whether rows and whether columns are reversed; the first changes nothing."""


def symmetric_hashes(thumbnail: GreyFrame) -> Hashes:
    """PHashes of a frame under each of ``SYMMETRIES``; shape (8,).

    Reversing an axis changes the sign of its odd frequencies, exchanging the axes transposes them: one cosine
    transform serves all eight (the principle of PDQ's dihedral hashes, Facebook ThreatExchange, 2019).
    """
    square = Image.fromarray(thumbnail).resize((_SIDE_PX, _SIDE_PX), Image.Resampling.LANCZOS)
    low = dctn(np.asarray(square, dtype=np.float64))[:PHASH_SIZE, :PHASH_SIZE]
    sign = (-1.0) ** np.arange(PHASH_SIZE)
    hashes = []
    for is_transposed, are_rows_reversed, are_columns_reversed in SYMMETRIES:
        turned = low.T if is_transposed else low
        turned = turned * sign[:, None] if are_rows_reversed else turned
        turned = turned * sign if are_columns_reversed else turned
        bits = np.packbits(turned > np.median(turned))
        hashes.append(int.from_bytes(bits.tobytes(), "big"))
    return np.array(hashes, dtype=np.uint64)


def find_symmetric_pairs(
    turned: Hashes, plain: Hashes, is_new: npt.NDArray[np.bool_], max_hamming: int
) -> Iterator[tuple[int, int, int]]:
    """Find frames that resemble a turned or mirrored other one.

    Args:
        turned: shape (n, 8), a row of ``symmetric_hashes`` for each frame.
        plain: shape (n,), pHashes of the same frames.
        is_new: shape (n,); the others were compared with each other before.
        max_hamming: largest distance, inclusive.

    Yields:
        Positions of two frames, and the index of the symmetry that makes the first like the second. Each of the two is
        turned in turn, because near the limit that makes a difference: so it is of no influence which one is new.
    """
    new, every = np.flatnonzero(is_new), np.arange(len(plain))
    known = np.flatnonzero(~is_new)
    for symmetry in range(1, len(SYMMETRIES)):
        for firsts, seconds in ((new, every), (known, new)):
            for a, b in zip(*find_between(turned[firsts, symmetry], plain[seconds], max_hamming), strict=True):
                if firsts[a] != seconds[b]:
                    yield int(firsts[a]), int(seconds[b]), symmetry


def alignment_by_symmetry(shape: Sequence[int], symmetry: int) -> Alignment:
    """The transform from a frame of this shape to its turned or mirrored copy."""
    height, width = shape[0] / max(shape), shape[1] / max(shape)
    is_transposed, are_rows_reversed, are_columns_reversed = SYMMETRIES[symmetry]
    # As a pair (factor, offset) that acts on z or on its conjugate.
    factor, offset, is_mirrored = 1 + 0j, 0j, False
    if is_transposed:
        factor, is_mirrored, height, width = 1j, True, width, height
    if are_rows_reversed:
        factor, offset, is_mirrored = -factor.conjugate(), height - offset.conjugate(), not is_mirrored
    if are_columns_reversed:
        factor, offset, is_mirrored = factor.conjugate(), offset.conjugate() + 1j * width, not is_mirrored
    return Alignment(factor, offset, is_mirrored, n_inliers=0)
