"""A frame's picture while it is compared with others: decoded once, and each size of it made once."""

import cv2
import numpy as np
import numpy.typing as npt

from fractocurate.leakage.fingerprints import GreyFrame

_SHADING_PX = 19
"""Side of the window that the local brightness and contrast are taken from."""
_NOISE_VARIANCE = 4.0
"""Grey levels squared: what is flatter than this is not stretched to look like a picture."""

Picture = npt.NDArray[np.float32]


class View:
    """A grey picture and what was computed of it so far: up to a megabyte, to be kept for a batch of pairs only."""

    def __init__(self, grey: GreyFrame) -> None:
        """``grey`` is uint8, shape (height, width)."""
        self.grey = grey
        self._shrunk: dict[int, GreyFrame] = {}
        self._flattened: dict[int, Picture] = {}
        self._turned: dict[tuple[int, float, float], Picture] = {}

    @property
    def longest_px(self) -> int:
        """Longest side."""
        return int(max(self.grey.shape))

    def shrunk(self, longest_px: int) -> GreyFrame:
        """The picture with a longest side of so many pixels, or as it is if it has no more."""
        if longest_px >= self.longest_px:
            return self.grey
        if longest_px not in self._shrunk:
            factor = longest_px / self.longest_px
            size = tuple(max(round(side * factor), 1) for side in self.grey.shape[::-1])
            self._shrunk[longest_px] = np.asarray(cv2.resize(self.grey, size, interpolation=cv2.INTER_AREA))
        return self._shrunk[longest_px]

    def flattened(self, longest_px: int) -> Picture:
        """The shrunk picture without shading: deviation from the local mean, in local standard deviations."""
        if longest_px not in self._flattened:
            self._flattened[longest_px] = _without_shading(self.shrunk(longest_px))
        return self._flattened[longest_px]

    def turned(self, longest_px: int, turn_deg: float, scale: float) -> Picture:
        """The shrunk picture, turned and made smaller by a scale, without shading and without the empty margin."""
        key = (longest_px, turn_deg, scale)
        if key not in self._turned:
            self._turned[key] = _turned(self.shrunk(longest_px), turn_deg, scale)
        return self._turned[key]


def _turned(grey: GreyFrame, turn_deg: float, scale: float) -> Picture:
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), turn_deg, 1 / scale)
    turned = cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    sine, shrinkage = abs(np.sin(np.deg2rad(turn_deg))), max(1 - 1 / scale, 0.0)
    rows = max(int(np.ceil(sine * width / 2 + shrinkage * height / 2)), 1)
    columns = max(int(np.ceil(sine * height / 2 + shrinkage * width / 2)), 1)
    return _without_shading(np.asarray(turned, np.uint8))[rows : height - rows, columns : width - columns]


def _without_shading(frame: GreyFrame) -> Picture:
    smooth = cv2.GaussianBlur(frame.astype(np.float32), (0, 0), 0.7)
    deviation = smooth - cv2.blur(smooth, (_SHADING_PX, _SHADING_PX))
    variance = cv2.blur(deviation * deviation, (_SHADING_PX, _SHADING_PX))
    flattened: Picture = np.asarray(deviation / np.sqrt(variance + _NOISE_VARIANCE), np.float32)
    return flattened
