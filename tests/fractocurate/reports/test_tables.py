"""Tables on drawn pages: where they begin, where they end, and how they go on over pages."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.lines import Line
from fractocurate.reports.tables import Table, continue_table, find_tables
from fractocurate.reports.vocabulary import Vocabulary

Sketch = Callable[[str], Any]
Find = Callable[[str], tuple[list[Table], list[Line]]]


def is_value(name: str, text: str) -> bool:
    """The grammar of these tests."""
    patterns = {"serial_number": r"\d{6}", "fracture_load_kn": r"\d+[.,]\d", "foan": r"FOAN-\d{4}-\d{4}"}
    return name in patterns and re.fullmatch(patterns[name], text) is not None


def texts(table: Table) -> list[list[str]]:
    """The cells of a table."""
    return [[row.text(k) for k in range(len(table.columns))] for row in table.rows]


@pytest.fixture(scope="module")
def find(sketch: Sketch, profile: Profile) -> Find:
    """Tables and free lines of a drawing."""

    def find(drawing: str) -> tuple[list[Table], list[Line]]:
        drawn = sketch(drawing)
        return find_tables(1, drawn.lines, drawn.rulings, Vocabulary(profile), is_value)

    return find


RULED = """
Report on the fractures of the spring campaign

+----------------+----------+--------+----------------+
| FOAN           | Serial   | Load   | Cause          |
|                | no.      | [kN]   |                |
+----------------+----------+--------+----------------+
| FOAN-2021-0117 | 512345   | 61.2   | material       |
|                |          |        | (large pore)   |
+----------------+----------+--------+----------------+
| FOAN-2021-0118 | 512346   | 58.9   | green body     |
+----------------+----------+--------+----------------+

All parts were kept.
"""
BORDERLESS = """
Report on the fractures of the spring campaign

FOAN              Serial     Load     Cause
                  no.        [kN]

FOAN-2021-0117    512345     61.2     material
                                      (large pore)

FOAN-2021-0118    512346     58.9     green body



All parts of the spring campaign that are named above were kept in the archive of the works.
"""
BOOKTABS = """
Report on the fractures of the spring campaign
---------------------------------------------------
FOAN              Serial     Load     Cause
                  no.        [kN]
---------------------------------------------------
FOAN-2021-0117    512345     61.2     material
                                      (large pore)
FOAN-2021-0118    512346     58.9     green body
---------------------------------------------------
Note              kept       for      all
"""


@pytest.mark.parametrize("drawing", [RULED, BORDERLESS, BOOKTABS], ids=["ruled", "borderless", "three rules"])
def test_the_same_table_is_read_however_it_is_set(find: Find, drawing: str) -> None:
    """Full grid, white space alone, and rules above and below only; what stands around it stays free."""
    (table,), free = find(drawing)
    assert texts(table) == [
        ["FOAN-2021-0117", "512345", "61.2", "material (large pore)"],
        ["FOAN-2021-0118", "512346", "58.9", "green body"],
    ]
    assert [c.unit for c in table.columns] == ["", "", "kN", ""]
    assert len(free) == 2
    assert free[0].text.startswith("Report on")
    assert table.box.top > free[0].box.bottom


def test_a_second_header_begins_a_second_table(find: Find) -> None:
    """Two tables with their own columns, one right below the other."""
    (first, second), free = find(
        """
Serial no.     Load [kN]     Cause
512345         61.2          material
Serial no.     Cause         Bruchlast (N)
512346         green body    58900.0
"""
    )
    assert texts(first) == [["512345", "61.2", "material"]]
    assert texts(second) == [["512346", "green body", "58900.0"]]
    assert [c.unit for c in second.columns] == ["", "", "N"]
    assert free == []


def test_a_page_without_header_has_no_table(find: Find) -> None:
    """All its lines are free, in order."""
    tables, free = find("The fractures are described in the annex.\n512345   61.2   material")
    assert tables == []
    assert [line.text for line in free][1] == "512345 61.2 material"


def test_a_header_at_the_end_of_a_page_is_a_table_without_rows(find: Find) -> None:
    """Its rows may follow on the next page."""
    (table,), _ = find("Serial no.     Load [kN]     Cause")
    assert table.rows == ()
    assert len(table.columns) == 3


@pytest.fixture(scope="module")
def begun(find: Find) -> Table:
    """A table at the end of a page."""
    (table,), _ = find("Serial no.     Load [kN]     Cause\n512345         61.2          material")
    return table


def test_rows_go_on_on_the_next_page(sketch: Sketch, profile: Profile, begun: Table) -> None:
    """Below the page's own head, and up to the first line that is none."""
    drawn = sketch(
        """
Works archive, page 2 of 3 pages of the report

512346         58.9          green body
                             (press crack)
512347         60.1          material
The three parts of the campaign were kept.
"""
    )
    table, free = continue_table(begun, 2, drawn.lines, [], Vocabulary(profile), is_value)
    assert table is not None
    assert table.page == 2
    assert texts(table) == [["512346", "58.9", "green body (press crack)"], ["512347", "60.1", "material"]]
    assert [line.words[0].text for line in free] == ["Works", "The"]


def test_a_page_of_other_things_is_no_continuation(sketch: Sketch, profile: Profile, begun: Table) -> None:
    """Prose and tables of other values stay free: a row needs an identifier."""
    drawn = sketch(
        "Temperature    300.5         stable\nHumidity       41.5          stable\nAll was well on that day."
    )
    table, free = continue_table(begun, 2, drawn.lines, [], Vocabulary(profile), is_value)
    assert table is None
    assert free == drawn.lines


def test_foreign_rows_end_the_continuation(sketch: Sketch, profile: Profile, begun: Table) -> None:
    """What follows the last row with an identifier is not taken."""
    drawn = sketch("512346         58.9          green body\nmean           58.9          of 2")
    table, _ = continue_table(begun, 2, drawn.lines, [], Vocabulary(profile), is_value)
    assert table is not None
    assert texts(table) == [["512346", "58.9", "green body"]]


@pytest.mark.parametrize("ruled", [True, False])
def test_a_folded_table_is_read_part_by_part(find: Find, *, ruled: bool) -> None:
    """Its second half stands beside the first, under the same header; the last row may be half empty."""
    drawing = """
+----------+--------+-------------+----------+--------+-------------+
| Serial   | Load   | Cause       | Serial   | Load   | Cause       |
+----------+--------+-------------+----------+--------+-------------+
| 512345   | 61.2   | material    | 512348   | 58.2   | green body  |
+----------+--------+-------------+----------+--------+-------------+
| 512346   | 60.2   | grinding    | 512349   | 57.2   | unknown     |
+----------+--------+-------------+----------+--------+-------------+
| 512347   | 59.2   | green body  |          |        |             |
+----------+--------+-------------+----------+--------+-------------+
"""
    if not ruled:
        drawing = "\n".join(re.sub(r"[|]", " ", line) for line in drawing.split("\n") if "--" not in line)
    (left, right), _ = find(drawing)
    assert texts(left) == [
        ["512345", "61.2", "material"],
        ["512346", "60.2", "grinding"],
        ["512347", "59.2", "green body"],
    ]
    assert [row for row in texts(right) if any(row)] == [
        ["512348", "58.2", "green body"],
        ["512349", "57.2", "unknown"],
    ]
