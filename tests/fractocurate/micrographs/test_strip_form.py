"""Print is told from dust on a mount by its form: strokes on common base lines."""

from typing import Any

import numpy as np
import pytest
from hard_frames.bare import BARE, paint_bare

from data_contracts.vocabulary import DataBarKind
from fractocurate.micrographs.data_bar import find_data_bar
from fractocurate.micrographs.printed import look_at
from fractocurate.micrographs.settings import MicrographSettings
from fractocurate.micrographs.strip_form import is_printed_strip
from fractocurate.micrographs.vendor_tags import VendorFacts

TEXT = "Mag = 1.00 K X   PART 2047-B"


def test_strip_that_ocr_cannot_read_is_a_bar_by_its_form(frames: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one in another script: OCR makes nothing of it."""
    monkeypatch.setattr("fractocurate.micrographs.printed.read_text", lambda *_: [])
    grey = frames.strip(frames.texture(800, 640), (600, 640), 0, 255, TEXT)
    assert is_printed_strip(grey, find_data_bar(grey))
    sight = look_at(grey, VendorFacts(), MicrographSettings())
    assert sight.bar.kind is DataBarKind.BOTTOM
    assert sight.bar.crop.bottom == 600


@pytest.mark.parametrize("number", [2, 6, 23, 57, 79, 87, 90, 108, 125, 159, 193])
def test_dots_on_flat_strips_are_no_print(number: int) -> None:
    """Layers, charging bands, a mount, pillars in rows."""
    grey = paint_bare(tuple(BARE)[number % len(BARE)], np.random.default_rng([1, number]))
    bar = find_data_bar(grey)
    assert bar.box is not None
    assert not is_printed_strip(grey, bar)


def test_what_cannot_be_read_is_said(frames: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A strip that is neither legible nor set as print stays in the picture, and a person is asked."""
    monkeypatch.setattr("fractocurate.micrographs.printed.read_text", lambda *_: [])
    monkeypatch.setattr("fractocurate.micrographs.printed.is_printed_strip", lambda *_: False)
    grey = frames.strip(frames.texture(800, 640), (600, 640), 0, 255, TEXT)
    sight = look_at(grey, VendorFacts(), MicrographSettings())
    assert sight.bar.kind is DataBarKind.NONE
    assert sight.bar.crop.bottom == 640
    assert any("cannot be read" in issue for issue in sight.issues)
