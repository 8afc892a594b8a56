"""Real frames with truth made by eye: no bar invented, no bar left, no value wrong that was not flagged."""

import csv
import os
from pathlib import Path

import pytest

from data_contracts.records import MicrographReading
from fractocurate.micrographs.read import read_micrograph
from fractocurate.micrographs.settings import MicrographSettings

SHARED = Path(os.environ.get("FRACTO_SHARED", Path(__file__).resolve().parents[3] / "../shared"))
TRUTH = SHARED / "data/sem/truth.csv"


def _off(value: float | None, truth: str, tolerance: float) -> bool:
    return bool(truth) and value is not None and abs(value - float(truth)) > tolerance * float(truth)


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.skipif(not TRUTH.is_file(), reason="the shared frames are not beside this checkout")
def test_real_frames_hold_no_wrong_unflagged_value() -> None:
    """Missing is allowed, wrong is not; every solid bar goes, and no frame without one is cropped."""
    wrong = []
    with TRUTH.open(encoding="utf-8") as lines:
        for truth in csv.DictReader(lines):
            reading = read_micrograph(TRUTH.parent / "images" / truth["file"], truth["file"], (), MicrographSettings())
            assert isinstance(reading, MicrographReading)
            top, crop = truth["bar_top_y"], reading.crop_box
            whole = (crop.width, crop.height) == (reading.width_px, reading.height_px)
            if truth["bar_kind"] == "none" and not whole:
                wrong.append((truth["file"], "invented"))
            if truth["bar_kind"] == "bottom" and abs(crop.bottom - float(top)) > 3:
                wrong.append((truth["file"], "crop"))
            if not reading.issues and _off(reading.magnification, truth["magnification_printed"], 0.01):
                wrong.append((truth["file"], "magnification"))
            if not reading.issues and _off(reading.pixel_size_nm, truth["pixel_size_nm"], 0.05):
                wrong.append((truth["file"], "pixel size"))
    assert wrong == []
