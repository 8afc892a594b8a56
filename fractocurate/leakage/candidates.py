"""All pairs of hashes within a Hamming distance, found at once and exactly."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data_contracts.errors import BadInputError

MAX_CANDIDATE_PAIRS = 20_000_000
"""More pairs than this (some 400 MB) means a distance at which everything resembles everything."""

_ROWS_AT_ONCE = 32
_COLUMNS_AT_ONCE = 4096
"""A block of 32 x 4096 exclusive-ors is 1 MB and stays in a core's cache: measured fastest, at 1 ns a pair."""

Hashes = npt.NDArray[np.uint64]
"""64-bit hashes, shape (n,)."""


@dataclass(frozen=True, slots=True)
class CandidatePairs:
    """Positions of hashes that lie close together, ``first < second``, sorted by (first, second). All of shape (n,)."""

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    hamming: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.first)


def hashes_from_hex(phashes: Iterable[str]) -> Hashes:
    """64-bit hashes from 16 hexadecimal digits each."""
    return np.array([int(phash, 16) for phash in phashes], dtype=np.uint64)


def find_candidates(
    hashes: Hashes, max_hamming: int, *, n_known: int = 0, max_pairs: int = MAX_CANDIDATE_PAIRS
) -> CandidatePairs:
    """Find every pair of hashes that differs in at most ``max_hamming`` of 64 bits.

    Exhaustive: n (n - 1) / 2 comparisons in blocks, so that memory is that of the result plus a few megabytes.

    Args:
        hashes: shape (n,).
        max_hamming: largest distance, inclusive.
        n_known: the first so many hashes were compared with each other before; their pairs are left out, and an
            addition to a large archive costs only what the addition costs.
        max_pairs: give up beyond this many.

    Raises:
        BadInputError: more than ``max_pairs`` pairs.
    """
    firsts: list[npt.NDArray[np.int64]] = []
    seconds: list[npt.NDArray[np.int64]] = []
    distances: list[npt.NDArray[np.uint8]] = []
    n_found = 0
    for top in range(0, len(hashes), _ROWS_AT_ONCE):
        rows = hashes[top : top + _ROWS_AT_ONCE, np.newaxis]
        for left in range(max(top, n_known), len(hashes), _COLUMNS_AT_ONCE):
            columns = hashes[np.newaxis, left : left + _COLUMNS_AT_ONCE]
            hamming = count_bits(rows ^ columns)
            close = np.flatnonzero(hamming <= max_hamming)
            if not close.size:
                continue
            row, column = np.divmod(close, columns.shape[1])
            first, second = row + top, column + left
            upper = first < second
            firsts.append(first[upper])
            seconds.append(second[upper])
            distances.append(hamming.ravel()[close[upper]])
            n_found += int(upper.sum())
            _check_number(n_found, len(hashes), max_hamming, max_pairs)
    if not firsts:
        empty = np.empty(0, dtype=np.int64)
        return CandidatePairs(empty, empty, np.empty(0, dtype=np.uint8))
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    order = np.lexsort((second, first))
    return CandidatePairs(first[order], second[order], np.concatenate(distances)[order])


def find_between(
    a: Hashes, b: Hashes, max_hamming: int, *, max_pairs: int = MAX_CANDIDATE_PAIRS
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Find every hash of ``a`` and hash of ``b`` that differ in at most ``max_hamming`` bits.

    Returns:
        Their positions, sorted by (position in a, position in b).

    Raises:
        BadInputError: more than ``max_pairs`` pairs.
    """
    firsts, seconds, n_found = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
    for top in range(0, len(a), _ROWS_AT_ONCE):
        row, column = np.nonzero(count_bits(a[top : top + _ROWS_AT_ONCE, np.newaxis] ^ b) <= max_hamming)
        firsts.append(row + top)
        seconds.append(column)
        n_found += len(row)
        _check_number(n_found, len(b), max_hamming, max_pairs)
    return np.concatenate(firsts), np.concatenate(seconds)


def _check_number(n_found: int, n_hashes: int, max_hamming: int, max_pairs: int) -> None:
    if n_found > max_pairs:
        raise BadInputError(
            f"more than {max_pairs:,} pairs among {n_hashes:,} micrographs lie within Hamming distance "
            f"{max_hamming}; choose a smaller distance, or crop data bars and blank frames away first"
        )


def count_bits(words: Hashes) -> npt.NDArray[np.uint8]:
    """Number of set bits of each 64-bit word, same shape."""
    if hasattr(np, "bitwise_count"):
        counted: npt.NDArray[np.uint8] = np.bitwise_count(words)
        return counted
    return count_bits_by_bytes(words)


def count_bits_by_bytes(words: Hashes) -> npt.NDArray[np.uint8]:
    """``count_bits`` for numpy 1, which has no ``bitwise_count``: a table look-up for each byte."""
    by_byte = _BITS_OF_BYTE[np.ascontiguousarray(words).view(np.uint8)]
    counted: npt.NDArray[np.uint8] = by_byte.reshape(*words.shape, 8).sum(axis=-1, dtype=np.uint8)
    return counted


_BITS_OF_BYTE = np.array([byte.bit_count() for byte in range(256)], dtype=np.uint8)
