"""Mirrors ``fractocurate/stages/rows.py``."""

import dataclasses

import polars as pl
import pytest

from data_contracts.records import Box, FigureReading, InstanceReading, Reading
from data_contracts.tables import FractureInstances, Readings, ReportFigures, polars_schema
from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.stages.rows import figure_rows, instance_rows, reading_rows, specimen_uid

REPORT = "0123456789abcdef"


@pytest.fixture
def instance() -> InstanceReading:
    """A row of a report."""
    return InstanceReading(
        foan="FA-2021-0417",
        foan_raw="FA 2021/0417",
        serial_number="12345",
        serial_number_raw="SN 12345",
        instance_tag="B1",
        component_id="",
        defect_class=DefectClass.MATERIAL,
        defect_class_raw="material defect",
        sub_type="pore",
        sub_type_raw="large pore",
        fracture_load_kn=77.1,
        fracture_load_raw="77,1",
        page=1,
        box=Box(10, 20, 30, 40),
        method=ReadingMethod.TEXT_LAYER,
        confidence=1.0,
    )


def test_instance_rows_satisfy_their_contract(instance: InstanceReading) -> None:
    """What a report states becomes rows that the catalog accepts, with and without box and issues."""
    doubtful = dataclasses.replace(instance, serial_number=None, box=None, issues=("serial number not read",))
    frame = pl.DataFrame(instance_rows([instance, doubtful], REPORT), schema=polars_schema(FractureInstances))
    FractureInstances.validate(frame)
    assert list(frame["in_review"]) == [False, True]


def test_equal_rows_of_one_report_keep_apart_and_ids_repeat_from_run_to_run(instance: InstanceReading) -> None:
    """Two rows that say the same are two instances; reading the report again gives them the same ids."""
    first, second = (row["instance_id"] for row in instance_rows([instance, instance], REPORT))
    assert first != second
    assert [row["instance_id"] for row in instance_rows([instance, instance], REPORT)] == [first, second]


def test_instances_of_different_reports_never_share_an_id(instance: InstanceReading) -> None:
    """A revision repeats the rows of the report that it replaces; both are kept."""
    (one,), (other,) = instance_rows([instance], REPORT), instance_rows([instance], REPORT[::-1])
    assert one["instance_id"] != other["instance_id"]


def test_reading_rows_number_the_readings_of_a_subject() -> None:
    """Readings keep their order, and one without a box has none in the catalog."""
    readings = [
        Reading("magnification", "x500", "500", ReadingMethod.DATA_BAR, 0.9, box=Box(1, 2, 3, 4)),
        Reading("magnification", "500", "500", ReadingMethod.VENDOR_TAG, 1.0),
    ]
    frame = pl.DataFrame(reading_rows("micrograph", REPORT, readings), schema=polars_schema(Readings))
    Readings.validate(frame)
    assert list(frame["number"]) == [0, 1]
    assert list(frame["box_left"]) == [1.0, None]


def test_specimen_uid_names_what_is_missing() -> None:
    """The paper joins FOAN, serial number and class; an unknown part stays visible."""
    assert specimen_uid("FA-1", None, "material") == "FA-1_?_material"


def test_figure_rows_satisfy_their_contract() -> None:
    """A picture with a caption and one without become rows that the catalog accepts."""
    captioned = FigureReading(
        page=2,
        number=1,
        box=Box(10, 20, 30, 40),
        width_px=640,
        height_px=480,
        caption="Fig. 1: origin, 500x",
        caption_box=Box(10, 42, 30, 50),
        caption_confidence=0.9,
        magnification=500.0,
        foan="FA-2021-0417",
        serial_number=None,
        phash="0123456789abcdef",
        contrast=41.5,
        thumbnail_png=b"png",
    )
    bare = dataclasses.replace(
        captioned, number=2, caption="", caption_box=None, caption_confidence=None, magnification=None, foan=None
    )
    frame = pl.DataFrame(figure_rows([captioned, bare], REPORT), schema=polars_schema(ReportFigures))
    ReportFigures.validate(frame)
    assert list(frame["caption_box_top_pt"]) == [42.0, None]
