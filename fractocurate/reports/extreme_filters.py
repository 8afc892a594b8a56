"""Largest and smallest value in a window around each pixel: as SciPy's filters, in a fraction of their time."""

from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

P = TypeVar("P", np.uint8, np.bool_)


def maximum_filter(image: npt.NDArray[P], size: int | tuple[int, int]) -> npt.NDArray[P]:
    """Largest value in a window of (rows, columns) around each pixel; at the edges, of what of it lies inside.

    Args:
        image: (height, width).
        size: of the window; the middle of an even one is the pixel after its half.
    """
    kernel = _window(size)
    result = cv2.dilate(image.view(np.uint8), kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return result.view(image.dtype)


def minimum_filter(
    image: npt.NDArray[P], size: int | tuple[int, int], *, is_dark_outside: bool = False
) -> npt.NDArray[P]:
    """Smallest value in a window of (rows, columns) around each pixel; see ``maximum_filter``.

    Args:
        image: (height, width).
        size: of the window.
        is_dark_outside: a window that reaches over the edge has 0 in it.
    """
    outside = 0 if is_dark_outside else 255
    result = cv2.erode(image.view(np.uint8), _window(size), borderType=cv2.BORDER_CONSTANT, borderValue=outside)
    return result.view(image.dtype)


def _window(size: int | tuple[int, int]) -> npt.NDArray[np.uint8]:
    return np.ones((size, size) if isinstance(size, int) else size, np.uint8)
