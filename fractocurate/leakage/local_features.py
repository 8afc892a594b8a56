"""Local features of a micrograph: where its marks lie, how large they are, and 128 bits that describe each.

SIFT (Lowe, Int. J. Comput. Vis. 60, 2004, 91-110) finds marks that keep their place under rotation and zoom. Of each
descriptor one bit per component is kept, whether it exceeds the descriptor's median: a quarter of the memory for
nothing that the audit would notice, and two of them are compared by counting bits.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from fractocurate.leakage.candidates import count_bits
from fractocurate.leakage.fingerprints import GreyFrame

FEATURE_LONGEST_SIDE_PX = 512
"""Features are sought in the frame at this size. Smaller, and a 4x zoom leaves too few of the overview's marks."""
VIEW_LONGEST_SIDE_PX = 512
"""Size of the picture by which an alignment is judged: a 10x zoom still covers 51 px of it."""
MAX_FEATURES = 1000
"""Per frame. Beyond it the finest are thinned out evenly; the coarse ones are few and all that a zoom-out shares."""
_MIN_SIDE_PX = 32
"""A smaller frame has no octave to search."""
_JPEG_QUALITY = 75
_MIN_CONTRASTS = (0.024, 0.012, 0.006)
"""Of a mark against its surroundings, in OpenCV's measure, whose default is 0.04; less where that leaves few marks."""
_FEW_FEATURES = 800

MAX_LIKE_BITS = 22
"""Of 128. Features of one spot mostly differ in fewer bits."""
LIKE_SHARE = 0.7
"""A feature is like another one if they differ in less than this share of what tells it from the rest of its frame."""
_SAME_MARK = 0.03
"""Distance, as share of the longest side, below which two features are one mark seen twice."""
_ROWS_AT_ONCE = 64

_ROWS, _COLUMNS, _DIRECTIONS = 4, 4, 8
"""Layout of a SIFT descriptor."""

_NO_DESCRIPTORS = np.empty((0, _ROWS * _COLUMNS * _DIRECTIONS), np.float32)

_RECORD = np.dtype(
    [
        *((name, "<f4") for name in ("row", "column", "size", "angle")),
        ("bits", "u1", (_ROWS * _COLUMNS,)),
        ("limit", "u1"),
    ]
)


@dataclass(frozen=True, slots=True)
class LocalFeatures:
    """The features of one frame, n of them. Lengths are shares of the frame's longest side, whatever its pixels."""

    positions: npt.NDArray[np.complex64]
    """Row + i * column of each, from the frame's upper left corner; shape (n,)."""
    shapes: npt.NDArray[np.complex64]
    """Size times exp(i * angle) of each, angle from the row axis towards the column axis; shape (n,)."""
    bits: npt.NDArray[np.uint8]
    """Descriptors, shape (n, 16): 128 bits each."""
    limits: npt.NDArray[np.uint8]
    """Bits in which one like it may differ (``like_limits``), shape (n,)."""
    view_jpeg: bytes
    """The frame, grey, longest side 512 px."""

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def view(self) -> GreyFrame:
        """Grey levels of the view, shape (height, width)."""
        with Image.open(io.BytesIO(self.view_jpeg), formats=("JPEG",)) as picture:
            return np.array(picture)

    def to_bytes(self) -> bytes:
        """The features without the view, as the catalog stores them: 33 bytes each."""
        records = np.empty(len(self), _RECORD)
        records["row"], records["column"] = self.positions.real, self.positions.imag
        records["size"], records["angle"] = np.abs(self.shapes), np.angle(self.shapes)
        records["bits"], records["limit"] = self.bits, self.limits
        return records.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes, view_jpeg: bytes) -> "LocalFeatures":
        """The inverse of ``to_bytes``."""
        records = np.frombuffer(content, _RECORD)
        return cls(
            positions=(records["row"] + 1j * records["column"]).astype(np.complex64),
            shapes=(records["size"] * np.exp(1j * records["angle"])).astype(np.complex64),
            bits=records["bits"],
            limits=records["limit"],
            view_jpeg=view_jpeg,
        )


def find_features(grey: GreyFrame) -> LocalFeatures:
    """Find the local features of one cropped frame.

    Args:
        grey: uint8, shape (height_px, width_px).

    Returns:
        None at all (``len`` 0) for a frame without marks, or one thinner than 32 px.
    """
    picture = Image.fromarray(np.ascontiguousarray(grey))
    view = io.BytesIO()
    _shrunk(picture, VIEW_LONGEST_SIDE_PX).save(view, format="JPEG", quality=_JPEG_QUALITY)
    searched = _stretched(np.asarray(_shrunk(picture, FEATURE_LONGEST_SIDE_PX)))
    marks, descriptors = _described(searched) if min(searched.shape) >= _MIN_SIDE_PX else ((), _NO_DESCRIPTORS)
    longest = max(searched.shape)
    # OpenCV counts from the middle of the first pixel, and angles from the column axis towards the row axis.
    places = np.array([complex(mark.pt[1], mark.pt[0]) for mark in marks], np.complex128) + (0.5 + 0.5j)
    sizes = np.array([mark.size for mark in marks], np.float64)
    angles = np.deg2rad(np.array([mark.angle for mark in marks], np.float64))
    bits = descriptors > np.median(descriptors, axis=1, keepdims=True) if len(marks) else descriptors.astype(bool)
    positions, packed = (places / longest).astype(np.complex64), np.packbits(bits, axis=1)
    return LocalFeatures(
        positions=positions,
        shapes=(sizes / longest * 1j * np.exp(-1j * angles)).astype(np.complex64),
        bits=packed,
        limits=like_limits(positions, packed),
        view_jpeg=view.getvalue(),
    )


def like_limits(positions: npt.NDArray[np.complex64], bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """In how many bits a feature of another frame may differ and still be taken for the same mark.

    Lowe's test (2004, section 7.1), but within a frame: what the frame itself repeats identifies nothing. So it
    depends on no other frame, and whether two frames share features never changes when an archive grows.

    Args:
        positions: shape (n,).
        bits: shape (n, 16).

    Returns:
        Shape (n,), 0 to ``MAX_LIKE_BITS``.
    """
    words = np.ascontiguousarray(bits).view(np.uint64)
    nearest = np.full(len(words), 8 * bits.shape[1], np.uint8)
    for top in range(0, len(words), _ROWS_AT_ONCE):
        rows = slice(top, top + _ROWS_AT_ONCE)
        differing = count_bits(words[rows, 0, None] ^ words[None, :, 0])
        differing += count_bits(words[rows, 1, None] ^ words[None, :, 1])
        apart = positions[rows, None] - positions[None, :]
        differing[apart.real**2 + apart.imag**2 < _SAME_MARK**2] = 8 * bits.shape[1]
        nearest[rows] = differing.min(axis=1)
    return np.minimum((nearest * LIKE_SHARE).astype(np.uint8), MAX_LIKE_BITS)


def mirrored_bits(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Descriptors as they would be if the frame were mirrored left to right; shape (n, 16), as the argument.

    The rows of the patch change sides and each direction changes its sign; nothing is computed anew.
    """
    return _WITH_SIGNS_CHANGED[bits.reshape(-1, _ROWS, _COLUMNS)[:, ::-1]].reshape(bits.shape)


def _with_signs_changed() -> npt.NDArray[np.uint8]:
    """Of each byte, the directions of one cell of the patch: the byte with their signs changed; shape (256,)."""
    opposite = -np.arange(_DIRECTIONS) % _DIRECTIONS
    cells = np.unpackbits(np.arange(2**_DIRECTIONS, dtype=np.uint8)[:, None], axis=1)
    return np.packbits(cells[:, opposite], axis=1)[:, 0]


_WITH_SIGNS_CHANGED = _with_signs_changed()


def _described(searched: GreyFrame) -> tuple[Sequence[cv2.KeyPoint], npt.NDArray[np.float32]]:
    """Marks and their descriptors, shape (n, 128); both empty if the frame has no mark."""
    # One thread: frames are read in as many processes as there are processors.
    cv2.setNumThreads(1)
    for min_contrast in _MIN_CONTRASTS:
        detector = cv2.SIFT.create(contrastThreshold=min_contrast, enable_precise_upscale=True)
        found = detector.detect(searched, None)
        if len(found) >= _FEW_FEATURES:
            break
    kept = [found[index] for index in _spread(np.array([mark.size for mark in found])).tolist()]
    if not kept:
        return (), _NO_DESCRIPTORS
    marks, descriptors = detector.compute(searched, kept)
    return marks, np.asarray(descriptors, np.float32)


def _stretched(grey: GreyFrame) -> GreyFrame:
    """Grey levels from 0 to 255 over the frame's own range, so that a pale exposure shows the marks of a strong one."""
    low, high = np.percentile(grey, (1, 99))
    stretched: GreyFrame = ((grey - low) * (255 / max(high - low, 1.0))).clip(0, 255).astype(np.uint8)
    return stretched


def _spread(sizes: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Indices of the features to keep: the coarsest half of the allowance, and every n-th of the finer ones."""
    order = np.argsort(-sizes, kind="stable")
    if len(order) <= MAX_FEATURES:
        return order
    coarse, fine = order[: MAX_FEATURES // 2], order[MAX_FEATURES // 2 :]
    steps = np.linspace(0, len(fine) - 1, MAX_FEATURES - len(coarse)).astype(np.int64)
    return np.concatenate([coarse, fine[steps]])


def _shrunk(picture: Image.Image, longest_side_px: int) -> Image.Image:
    scale = longest_side_px / max(picture.size)
    if scale >= 1:
        return picture
    width_px, height_px = (max(round(side * scale), 1) for side in picture.size)
    return picture.resize((width_px, height_px), Image.Resampling.LANCZOS)
