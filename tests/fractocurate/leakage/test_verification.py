"""Few features that agree are evidence only with a second witness: the overview searched as a whole."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from fractocurate.leakage.alignment import Alignment
from fractocurate.leakage.common_region import compare_common_region
from fractocurate.leakage.fingerprints import GreyFrame
from fractocurate.leakage.local_features import find_features
from fractocurate.leakage.verification import AuditedFrame, OpenFrame, verify

_WIDTH, _HEIGHT = 512, 384
_ZOOM = 4.0


def _opened(grey: GreyFrame) -> OpenFrame:
    return OpenFrame(AuditedFrame(find_features(grey), _WIDTH, _HEIGHT))


def _close_look(field: GreyFrame, left: float, top: float) -> GreyFrame:
    """A quarter of a field, wide and high; its corner in shares of the width."""
    picture = Image.fromarray(field)
    box = (left * picture.width, top * picture.width)
    box += (box[0] + picture.width / _ZOOM, box[1] + picture.height / _ZOOM)
    return np.asarray(picture.resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC, box))


def _overview(field: GreyFrame) -> GreyFrame:
    return np.asarray(Image.fromarray(field).resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS))


def _told_by_three_marks(left: float, top: float) -> Alignment:
    return Alignment(complex(_ZOOM), -_ZOOM * complex(top, left), is_mirrored=False, n_inliers=3)


def test_three_marks_count_where_the_search_ends_at_the_same_place(texture: Callable[..., GreyFrame]) -> None:
    """Between FOANs; in either order of the two frames."""
    field = texture(5, 2048, 1536)
    overview, close = _opened(_overview(field)), _opened(_close_look(field, 0.3, 0.2))
    told = _told_by_three_marks(0.3, 0.2)
    assert verify(overview, close, [told]) is not None
    assert verify(close, overview, [told.inverse()]) is not None


def test_three_marks_do_not_count_where_the_search_could_end_elsewhere(texture: Callable[..., GreyFrame]) -> None:
    """The close look's field is in the overview twice: equally alike at both places, so the search tells neither."""
    field = texture(5, 2048, 1536)
    height, width = (round(side / _ZOOM) for side in field.shape)
    row, column = round(0.2 * field.shape[1]), round(0.3 * field.shape[1])
    twice = field.copy()
    twice[-height:, -width:] = field[row : row + height, column : column + width]
    overview, close = _opened(_overview(twice)), _opened(_close_look(field, 0.3, 0.2))
    assert verify(overview, close, [_told_by_three_marks(0.3, 0.2)]) is None


def test_three_marks_do_not_count_at_another_place(texture: Callable[..., GreyFrame]) -> None:
    """The two show the same field, but not as the marks say."""
    field = texture(5, 2048, 1536)
    overview, close = _opened(_overview(field)), _opened(_close_look(field, 0.3, 0.2))
    assert verify(overview, close, [_told_by_three_marks(0.5, 0.4)]) is None


def test_faint_likeness_of_strangers_needs_more_marks_than_that_of_one_foan(texture: Callable[..., GreyFrame]) -> None:
    """Pairs of strangers are so many that some reach six marks and an SSIM of 0.5."""
    frame = texture(6, _WIDTH, _HEIGHT)
    noise = np.random.default_rng(1).normal(0, 1, frame.shape)
    likeness = {}
    for grey_levels in range(5, 80, 3):
        pair = _opened(frame), _opened((frame + noise * grey_levels).clip(0, 255).astype(np.uint8))
        region = compare_common_region(pair[0].view, pair[1].view, _told(6))
        assert region is not None
        likeness[region.ssim] = pair
    faint = next(likeness[ssim] for ssim in likeness if 0.51 < ssim < 0.59)
    assert verify(*faint, [_told(6)], is_same_foan=True) is not None
    assert verify(*faint, [_told(11)]) is None
    assert verify(*faint, [_told(12)]) is not None
    assert verify(*next(iter(likeness.values())), [_told(6)]) is not None


def _told(n_inliers: int) -> Alignment:
    return Alignment(1 + 0j, 0j, is_mirrored=False, n_inliers=n_inliers)
