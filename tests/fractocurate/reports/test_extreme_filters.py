"""Our filters against SciPy's, for any picture and window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from fractocurate.reports.extreme_filters import maximum_filter, minimum_filter


@pytest.mark.parametrize("is_mask", [False, True], ids=["grey", "mask"])
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
)
def test_they_are_what_scipy_says(seed: int, shape: tuple[int, int], size: tuple[int, int], *, is_mask: bool) -> None:
    """Even and odd windows, larger than the picture, too."""
    grey = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    image = grey > 200 if is_mask else grey
    # What scipy mirrors at an edge lies in the window anyway, unless the picture is smaller than it.
    near = {"mode": "constant"}
    assert np.array_equal(maximum_filter(image, size), ndimage.maximum_filter(image, size, **near, cval=0))
    full = 1 if is_mask else 255
    assert np.array_equal(minimum_filter(image, size), ndimage.minimum_filter(image, size, **near, cval=full))
    if min(shape) >= max(size):
        assert np.array_equal(maximum_filter(image, size), ndimage.maximum_filter(image, size))
        assert np.array_equal(minimum_filter(image, size), ndimage.minimum_filter(image, size))
