"""Rows of tables, on drawn pages with planted cells."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fractocurate.reports.lines import Ruling
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_rows import Row, find_rows

Sketch = Callable[[str], Any]

COLUMNS = (
    Column(("serial_number",), "Serial no.", "", 20.0, 107.5, 50.0),
    Column(("fracture_load_kn",), "Load", "kN", 107.5, 147.5, 110.0),
    Column(("defect_class",), "Cause", "", 147.5, 400.0, 150.0),
)
"""Boundaries at the characters 11.5 and 19.5 of a drawing."""


def is_value(name: str, text: str) -> bool:
    """The grammar of these tests."""
    patterns = {"serial_number": r"\d{6}", "fracture_load_kn": r"\d+[.,]\d", "defect_class": r"material|green body"}
    return name in patterns and re.fullmatch(patterns[name], text) is not None


def texts(rows: tuple[Row, ...]) -> list[list[str]]:
    """The cells of each row."""
    return [[row.text(k) for k in range(len(COLUMNS))] for row in rows]


def rows_of(drawn: Any) -> list[list[str]]:
    """Rows of a drawing that has no header."""
    return texts(find_rows(COLUMNS, drawn.lines, drawn.rulings, 98.0, is_value))


def test_one_line_makes_one_row(sketch: Sketch) -> None:
    """Empty cells stay empty."""
    assert rows_of(sketch("512345      61.2    material\n512346              green body\n512347      58.9")) == [
        ["512345", "61.2", "material"],
        ["512346", "", "green body"],
        ["512347", "58.9", ""],
    ]
    assert find_rows(COLUMNS, [], [], 98.0, is_value) == ()


@pytest.mark.parametrize(
    "drawing",
    [
        """
512345      61.2    material
                    (large
                    pore)
512346      58.9    green body
                    defect
""",
        """
                    material
512345      61.2    (large
                    pore)

                    green body
512346      58.9    defect
""",
    ],
    ids=["top", "middle"],
)
def test_continuation_lines_join_the_row_of_their_value(sketch: Sketch, drawing: str) -> None:
    """Cells of several lines, set to the top or to the middle of their row."""
    assert rows_of(sketch(drawing)) == [
        ["512345", "61.2", "material (large pore)"],
        ["512346", "58.9", "green body defect"],
    ]


def test_rulings_decide_even_where_no_cell_has_a_value(sketch: Sketch) -> None:
    """Between two rulings without any value all lines are one row."""
    drawn = sketch(
        """
----------------------------------
512345      61.2    material
                    (pore)
----------------------------------
5l23A6      n/a     moon
                    phase
----------------------------------
"""
    )
    assert rows_of(drawn) == [["512345", "61.2", "material (pore)"], ["5l23A6", "n/a", "moon phase"]]


def test_several_rows_between_two_rulings_are_parted_by_their_values(sketch: Sketch) -> None:
    """Rulings around groups of rows only: each value begins a row."""
    drawn = sketch(
        """
----------------------------------
512345      61.2    material
512346      58.9    green body
----------------------------------
512347      60.1    material
----------------------------------
"""
    )
    assert [row[0] for row in rows_of(drawn)] == ["512345", "512346", "512347"]


def test_a_merged_cell_counts_for_each_row_that_it_spans(sketch: Sketch) -> None:
    """Where the ruling between two rows leaves a column out, both rows have the words of its cell."""
    drawn = sketch(
        """
|----------+-------+--------------|
| 512345   | 61.2  | material     |
|----------+-------+              |
| 512346   | 58.9  |              |
|----------+-------+--------------|
| 512347   | 60.1  | green body   |
|----------+-------+--------------|
"""
    )
    assert [row[2] for row in rows_of(drawn)] == ["material", "material", "green body"]


def test_short_lines_are_no_rulings_of_rows(sketch: Sketch) -> None:
    """An underlined word parts nothing."""
    assert rows_of(sketch("512345      61.2    material\n                    --\n                    (pore)")) == [
        ["512345", "61.2", "material (pore)"]
    ]


def test_words_outside_all_columns_fall_to_the_nearest(sketch: Sketch) -> None:
    """Nothing is lost."""
    (row,) = find_rows(COLUMNS[1:], sketch("512345      61.2    material").lines, [], 98.0, is_value)
    assert [row.text(k) for k in range(2)] == ["512345 61.2", "material"]
    assert [w.text for w in row.words] == ["512345", "61.2", "material"]


@given(
    st.lists(
        st.tuples(
            st.integers(100000, 999999).map(str),
            st.one_of(st.just(""), st.integers(10, 999).map(lambda n: f"{n / 10:.1f}")),
            st.lists(st.sampled_from(["material", "(pore)", "green", "edge"]), min_size=1, max_size=3),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_planted_rows_come_back(sketch: Sketch, planted: list[tuple[str, str, list[str]]]) -> None:
    """Any rows with a serial number at the top of each are read back, however many lines their last cells have."""
    lines = []
    for serial, load, cause in planted:
        lines.append(f"{serial:12}{load:8}{cause[0]}")
        lines += [" " * 20 + part for part in cause[1:]]
    assert rows_of(sketch("\n".join(lines))) == [[s, load, " ".join(cause)] for s, load, cause in planted]


CENTRED = """
                 512345   material
FOAN-2021-0117   512346   green body
                 512347   material
"""


def test_a_foan_at_the_middle_of_its_rows_is_that_of_all(sketch: Sketch) -> None:
    """Rules part it from the rows of other FOANs; without them it stands in its own row, for what fills down below."""
    columns = (
        Column(("foan",), "FOAN", "", 20.0, 125.0, 50.0),
        Column(("serial_number",), "Serial no.", "", 125.0, 175.0, 135.0),
        Column(("defect_class",), "Cause", "", 175.0, 400.0, 180.0),
    )

    def holds(name: str, text: str) -> bool:
        return text.startswith("FOAN-") if name == "foan" else is_value(name, text)

    drawn = sketch(CENTRED)
    top, bottom = drawn.lines[0].box.top - 2, drawn.lines[-1].box.bottom + 2
    rules = [Ruling(40, y, 260, y) for y in (top, bottom)]
    own = ["FOAN-2021-0117"]
    rows = find_rows(columns, drawn.lines, rules, top, holds)
    assert [row.text(0) for row in rows] == own * 3
    rows = find_rows(columns, drawn.lines, [], top, holds)
    assert [row.text(0) for row in rows] == ["", *own, ""]
