"""Rows of cells for the tests of this folder."""

from collections.abc import Callable, Sequence

from data_contracts.records import Box, InstanceReading, Reading, Word
from data_contracts.vocabulary import ReadingMethod
from fractocurate.reports.row_values import Source
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_rows import Row
from fractocurate.reports.tables import Table

TEXT, OCR = Source(1, ReadingMethod.TEXT_LAYER), Source(1, ReadingMethod.OCR)
CELLS = {
    "foan": "FOAN-2021-0117",
    "serial_number": "SN 512345",
    "fracture_load_kn": "61.2",
    "defect_class": "material defect",
    "sub_type": "large pore",
}
Build = Callable[..., InstanceReading | None]


def cell(text: str, confidence: float = 1.0) -> tuple[Word, ...]:
    """A cell of one line."""
    return tuple(Word(t, Box(10.0 * k, 0.0, 10.0 * k + 9, 10.0), confidence) for k, t in enumerate(text.split()))


def built(instance: InstanceReading | None) -> InstanceReading:
    """An instance that must be there."""
    assert instance is not None
    return instance


def table_of(fields: Sequence[str], *rows: Sequence[str], headers: Sequence[str] | None = None) -> Table:
    """A table from its cells."""
    columns = [
        Column(tuple(f for f in field.split("+") if f), header, "kN", 0, 0, 0)
        for field, header in zip(fields, headers or fields, strict=True)
    ]
    made = tuple(Row(tuple(cell(text) for text in row)) for row in rows)
    return Table(1, tuple(columns), made, Box(0, 0, 1, 1))


def reading_of(instance: InstanceReading, name: str) -> Reading:
    """The reading of one value, which must be there."""
    (found,) = [r for r in instance.readings if r.field == name]
    return found
