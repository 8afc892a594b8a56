"""Local features of a micrograph: where its marks lie, how large they are, and 128 bits that describe each.

SIFT (Lowe, Int. J. Comput. Vis. 60, 2004, 91-110) finds marks that keep their place under rotation and zoom. Of each
descriptor one bit per component is kept, whether it exceeds the descriptor's median: a quarter of the memory for
nothing that the audit would notice, and two of them are compared by counting bits.
"""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage.feature import SIFT

from fractocurate.leakage.fingerprints import GreyFrame

FEATURE_LONGEST_SIDE_PX = 512
"""Features are sought in the frame at this size. Smaller, and a 4x zoom leaves too few of the overview's marks."""
VIEW_LONGEST_SIDE_PX = 256
"""Size of the picture by which an alignment is judged: an 8x zoom still covers 32 px of it."""
MAX_FEATURES = 1000
"""Per frame. Beyond it the finest are thinned out evenly; the coarse ones are few and all that a zoom-out shares."""
_MIN_SIDE_PX = 32
"""A smaller frame has no octave to search."""
_JPEG_QUALITY = 85
_MIN_CONTRAST = 0.008
"""Of a mark against its surroundings, as share of the frame's range of grey levels; scikit-image's default is 0.013."""
_ANGLE_BIAS_RAD = np.pi / 36
"""scikit-image gives angles half a bin of its histogram (of 36) too large; a mirror would double the error."""

_ROWS, _COLUMNS, _DIRECTIONS = 4, 4, 8
"""Layout of a SIFT descriptor."""

_RECORD = np.dtype(
    [("row", "<f4"), ("column", "<f4"), ("size", "<f4"), ("angle", "<f4"), ("bits", "u1", (_ROWS * _COLUMNS,))]
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
    view_jpeg: bytes
    """The frame, grey, longest side 256 px."""

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def view(self) -> GreyFrame:
        """Grey levels of the view, shape (height, width)."""
        with Image.open(io.BytesIO(self.view_jpeg), formats=("JPEG",)) as picture:
            return np.array(picture)

    def to_bytes(self) -> bytes:
        """The features without the view, as the catalog stores them: 32 bytes each."""
        records = np.empty(len(self), _RECORD)
        records["row"], records["column"] = self.positions.real, self.positions.imag
        records["size"], records["angle"] = np.abs(self.shapes), np.angle(self.shapes)
        records["bits"] = self.bits
        return records.tobytes()

    @classmethod
    def from_bytes(cls, content: bytes, view_jpeg: bytes) -> "LocalFeatures":
        """The inverse of ``to_bytes``."""
        records = np.frombuffer(content, _RECORD)
        return cls(
            positions=(records["row"] + 1j * records["column"]).astype(np.complex64),
            shapes=(records["size"] * np.exp(1j * records["angle"])).astype(np.complex64),
            bits=records["bits"],
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
    searched = np.asarray(_shrunk(picture, FEATURE_LONGEST_SIDE_PX))
    # scikit-image ships no types.
    detector: Any = SIFT(upsampling=1, c_dog=_MIN_CONTRAST)  # type: ignore[no-untyped-call]
    if min(searched.shape) < _MIN_SIDE_PX or not _detected(detector, _stretched(searched)):
        return LocalFeatures(
            np.empty(0, np.complex64), np.empty(0, np.complex64), np.empty((0, 16), np.uint8), view.getvalue()
        )
    longest = max(searched.shape)
    bits = detector.descriptors > np.median(detector.descriptors, axis=1, keepdims=True)
    centres = detector.positions + 0.5
    return LocalFeatures(
        positions=((centres[:, 0] + 1j * centres[:, 1]) / longest).astype(np.complex64),
        shapes=(detector.sigmas / longest * np.exp(1j * detector.orientations)).astype(np.complex64),
        bits=np.packbits(bits, axis=1),
        view_jpeg=view.getvalue(),
    )


def mirrored_bits(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Descriptors as they would be if the frame were mirrored left to right; shape (n, 16), as the argument.

    The columns of the patch change sides and each direction changes its sign; nothing is computed anew.
    """
    cells = np.unpackbits(bits, axis=1).reshape(-1, _ROWS, _COLUMNS, _DIRECTIONS)
    opposite = -np.arange(_DIRECTIONS) % _DIRECTIONS
    return np.packbits(cells[:, :, ::-1, opposite].reshape(len(bits), 8 * bits.shape[1]), axis=1)


def _detected(detector: Any, searched: npt.NDArray[np.float32]) -> bool:  # noqa: ANN401 - ships no types
    """Detect and describe; false if the frame has no feature."""
    try:
        detector.detect(searched)
    except RuntimeError:  # scikit-image's word for a frame without any feature
        return False
    kept = _spread(detector.sigmas)
    for name in ("positions", "scales", "sigmas", "octaves", "orientations"):
        setattr(detector, name, getattr(detector, name)[kept])
    detector.orientations -= _ANGLE_BIAS_RAD
    detector.extract(searched)
    return len(kept) > 0


def _stretched(grey: GreyFrame) -> npt.NDArray[np.float32]:
    """Grey levels from 0 to 1 over the frame's own range, so that a pale exposure shows the marks of a strong one."""
    low, high = np.percentile(grey, (1, 99))
    stretched: npt.NDArray[np.float32] = ((grey - low) / max(high - low, 1.0)).clip(-0.5, 1.5).astype(np.float32)
    return stretched


def _spread(sigmas: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Indices of the features to keep: the coarsest half of the allowance, and every n-th of the finer ones."""
    order = np.argsort(-sigmas, kind="stable")
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
