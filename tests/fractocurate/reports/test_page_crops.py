"""A value's place on its page, as the page was read: upright and straight."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data_contracts.records import ReportReading
from fractocurate.profile import Profile
from fractocurate.reports.page_crops import page_crop
from fractocurate.reports.read import read_report


@pytest.mark.slow
@pytest.mark.parametrize(("rotation_deg", "skew_deg"), [(0, 1.5), (90, 0.0), (180, -0.8), (270, 0.0)])
def test_boxes_of_a_turned_scan_frame_the_words(
    make_report: Callable[..., Path],
    scan: Callable[..., Path],
    profile: Profile,
    rotation_deg: int,
    skew_deg: float,
) -> None:
    """Inside the box of the serial number there is ink, just outside there is none."""
    rows = [["FOAN", "Serial no.", "Cause"], ["FOAN-2021-0117", "512345", "material"]]
    text = "The fracture origin of the part was found by following the hackle lines back to the mirror."
    source = make_report("REPORT", text, text, rows, text, ruled=False, widths=[140, 140, 140])
    path = scan(source, rotation_deg=rotation_deg, skew_deg=skew_deg)
    reading = read_report(path, "x.pdf", profile)
    assert isinstance(reading, ReportReading)
    (serial,) = [r for r in reading.instances[0].readings if r.field == "serial_number"]
    assert serial.box is not None
    page = reading.pages[0]
    crop = page_crop(path, 1, [serial.box], rotation_deg=page.rotation_deg, skew_deg=page.skew_deg)
    pixels = np.asarray(crop).astype(int)
    dark = pixels.max(axis=2) < 110
    red = (pixels[..., 0] > 150) & (pixels[..., 1] < 100)
    rows_px, columns_px = np.nonzero(red)
    inside = dark[rows_px.min() : rows_px.max(), columns_px.min() : columns_px.max()]
    beside = dark[rows_px.min() : rows_px.max(), max(0, columns_px.min() - 30) : columns_px.min() - 3]
    assert inside.mean() > 0.08
    assert beside.mean() < 0.02
