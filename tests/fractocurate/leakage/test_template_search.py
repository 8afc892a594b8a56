"""A close look is found where it was taken, and nowhere in a stranger."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from fractocurate.leakage.fingerprints import GreyFrame, fingerprint
from fractocurate.leakage.full_search import find_all_pairs
from fractocurate.leakage.local_features import find_features
from fractocurate.leakage.template_search import MAX_SCALE, find_place
from fractocurate.leakage.verification import SIGHTING_EVIDENCE, AuditedFrame
from fractocurate.leakage.views import View

_WIDTH, _HEIGHT = 512, 384


def _zoomed(
    field: GreyFrame, zoom: float, left: float, top: float, turn_deg: float = 0.0
) -> tuple[GreyFrame, GreyFrame]:
    """Overview and close look of a field, exposed differently; left and top in shares of the width."""
    picture = Image.fromarray(field)
    box = (left * picture.width, top * picture.width)
    box += (box[0] + picture.width / zoom, box[1] + picture.height / zoom)
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    turned = picture.rotate(turn_deg, Image.Resampling.BICUBIC, center=centre)
    rng = np.random.default_rng(7)
    close = np.asarray(turned.resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC, box)) * 0.7 + 40
    overview = np.asarray(picture.resize((_WIDTH, _HEIGHT), Image.Resampling.LANCZOS)).astype(float)
    noisy = [np.clip(x + rng.normal(0, 5, x.shape), 0, 255).astype(np.uint8) for x in (overview, close)]
    return noisy[0], noisy[1]


@pytest.mark.parametrize("zoom", [2.0, 5.0, 9.0])
@pytest.mark.parametrize("turn_deg", [0.0, 5.0])
def test_a_close_look_is_found_where_it_was_taken(
    texture: Callable[..., GreyFrame], zoom: float, turn_deg: float
) -> None:
    """To a hundredth of the overview, with another exposure, noise and a slight turn."""
    overview, close = _zoomed(texture(5, 2048, 1536), zoom, 0.3, 0.2, turn_deg)
    sighting = find_place(View(overview), View(close), zoom * 1.01)
    assert sighting is not None
    middle = sighting.alignment.inverse().at(complex(_HEIGHT, _WIDTH) / (2 * _WIDTH))
    assert abs(middle - complex(0.2 + 0.375 / zoom, 0.3 + 0.5 / zoom)) < 0.01
    assert any(sighting.residual_ratio <= r and sighting.correlation >= c for r, c in SIGHTING_EVIDENCE)
    assert abs(abs(sighting.alignment.turn_deg) - turn_deg) < 2.0


@pytest.mark.parametrize("zoom", [2.0, 5.0, 9.0])
def test_a_stranger_has_no_place(texture: Callable[..., GreyFrame], zoom: float) -> None:
    """The best place in another field is hardly better than the second best."""
    overview, _ = _zoomed(texture(5, 1024, 768), zoom, 0.3, 0.2)
    _, close = _zoomed(texture(6, 1024, 768), zoom, 0.3, 0.2)
    sighting = find_place(View(overview), View(close), zoom)
    assert sighting is not None
    assert not any(sighting.residual_ratio <= r and sighting.correlation >= c for r, c in SIGHTING_EVIDENCE)


@pytest.mark.parametrize("scale", [0.5, 1.0, MAX_SCALE * 1.1])
def test_scales_that_tell_nothing_are_refused(texture: Callable[..., GreyFrame], scale: float) -> None:
    """Neither one magnification nor a zoom that leaves a stamp of the overview."""
    assert find_place(View(texture(1)), View(texture(2)), scale) is None


def test_zooms_are_sought_within_one_foan(texture: Callable[..., GreyFrame]) -> None:
    """A 9x zoom is confirmed where FOAN and pixel sizes point to it."""
    frames = dict(zip("ab", _zoomed(texture(5, 2048, 1536), 9.0, 0.3, 0.2), strict=True))
    prints = {i: fingerprint(grey) for i, grey in frames.items()}
    audited = {
        i: AuditedFrame(find_features(grey), _WIDTH, _HEIGHT, size_nm)
        for (i, grey), size_nm in zip(frames.items(), (900.0, 100.0), strict=True)
    }
    (pair,) = find_all_pairs(prints, audited, foan_of={"a": "F-1", "b": "F-1"}).pairs
    assert pair.is_confirmed
    assert pair.kind == "containment"
    assert pair.scale_ratio == pytest.approx(1 / 9, rel=0.05)
