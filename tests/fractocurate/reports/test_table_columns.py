"""Columns of tables: where they begin and end, on drawn pages."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.table_columns import (
    Column,
    columns_of,
    leaves_gutters_white,
    moved_columns,
    settle_gutters,
)
from fractocurate.reports.table_headers import Header, find_header
from fractocurate.reports.vocabulary import Vocabulary

GAP = 0.6
Sketch = Callable[[str], Any]


@pytest.fixture(scope="module")
def header_of(profile: Profile) -> Callable[[Any], Header]:
    """The header in the first lines of a drawing."""

    def find(drawn: Any) -> Header:
        header = find_header(drawn.lines, 0, drawn.rulings, Vocabulary(profile), GAP)
        assert header is not None
        return header

    return find


def at(position: int) -> float:
    """Where the character of a drawing at a position begins, in points."""
    return 50.0 + 5 * position


def test_columns_touch_and_keep_header_and_unit(sketch: Sketch, header_of: Callable[[Any], Header]) -> None:
    """Without rulings they meet half-way between their headers for the time being."""
    columns = columns_of(header_of(sketch("Serial no.   Load [kN]   Cause")), [])
    assert [c.header for c in columns] == ["Serial no.", "Load [kN]", "Cause"]
    assert [c.unit for c in columns] == ["", "kN", ""]
    assert [c.right for c in columns[:-1]] == [c.left for c in columns[1:]] == [at(10) + 7.5, at(22) + 7.5]
    assert columns[0].left < at(0)
    assert columns[-1].right > at(30)
    assert [c.header_left for c in columns] == [at(0), at(13), at(25)]


def test_rulings_fix_columns_and_the_outer_edges(sketch: Sketch, header_of: Callable[[Any], Header]) -> None:
    """Each column ends at the ruling, wherever in its cell the header stands."""
    drawn = sketch(
        """
+------------+----------------+--------+
| Serial no. |           Load | Cause  |
+------------+----------------+--------+
"""
    )
    columns = columns_of(header_of(drawn), drawn.rulings)
    edges = [at(k) + 2.5 for k in (0, 13, 30, 39)]
    assert [(c.left, c.right) for c in columns] == list(itertools.pairwise(edges))


def test_boundaries_move_into_the_gutter_of_the_body(sketch: Sketch, header_of: Callable[[Any], Header]) -> None:
    """Cells wider than their headers, on either side, stay whole."""
    drawn = sketch(
        """
Serial no.          Load          Cause
512345 bis 512399   61,2   Materialfehler
512446 bis 512400   58,9   Materialfehler
"""
    )
    header = header_of(drawn)
    columns = settle_gutters(columns_of(header, []), drawn.lines[1:], header, [])
    assert at(17) <= columns[0].right <= at(20)
    assert at(24) <= columns[1].right <= at(27)
    assert all(a.right == b.left for a, b in itertools.pairwise(columns))


def test_a_word_space_of_the_one_long_cell_is_no_gutter(sketch: Sketch, header_of: Callable[[Any], Header]) -> None:
    """It lies where the boundary was before, and is as white as the gutter."""
    drawn = sketch(
        """
Serial no.   Cause                  Load
512345       pressing defect        6.3 kN
512346       dirt in powder (grain) 11.6 kN
"""
    )
    header = header_of(drawn)
    columns = settle_gutters(columns_of(header, []), drawn.lines[1:], header, [])
    assert at(34) <= columns[1].right <= at(36)


def test_a_boundary_at_a_ruling_stays_there(sketch: Sketch, header_of: Callable[[Any], Header]) -> None:
    """White space beside a ruling tempts no boundary away."""
    drawn = sketch(
        """
+------------+------+---------------+
| Serial no. | Load | Cause         |
+------------+------+---------------+
| 512345     | 61.2 |       grinding|
+------------+------+---------------+
"""
    )
    header = header_of(drawn)
    columns = columns_of(header, drawn.rulings)
    assert settle_gutters(columns, drawn.lines[1:], header, drawn.rulings) == columns
    assert settle_gutters(columns, [], header, drawn.rulings) == columns


def test_columns_move_with_the_rulings_of_the_next_page(sketch: Sketch, header_of: Callable[[Any], Header]) -> None:
    """A table set elsewhere on the next page is found again; with other rulings, or none, the columns stay."""
    columns = columns_of(header_of(sketch("Serial no.   Load   Cause")), [])
    drawn = sketch(
        """
      +----------+------+----------+
      | 512345   | 61.2 | material |
      +----------+------+----------+
"""
    )
    moved = moved_columns(columns, drawn.lines, drawn.rulings)
    assert [(c.left, c.right) for c in moved] == list(itertools.pairwise(at(k) + 2.5 for k in (6, 17, 24, 35)))
    assert [c.fields for c in moved] == [c.fields for c in columns]
    assert moved_columns(columns, drawn.lines, drawn.rulings[:-1]) == columns
    assert moved_columns(columns, drawn.lines, []) == columns


@pytest.mark.parametrize(
    ("line", "is_row"),
    [
        ("512345      61.2      material", True),
        ("                      defect", True),
        ("512345                material", True),
        ("The three parts below broke in the same test.", False),
        ("512345 to 512399 broke  material", False),
    ],
)
def test_rows_leave_the_gutters_white_and_prose_does_not(sketch: Sketch, line: str, *, is_row: bool) -> None:
    """Empty cells and continuation lines are rows, too."""
    columns = [
        Column(("serial_number",), "Serial no.", "", at(-5), at(11), at(0)),
        Column(("fracture_load_kn",), "Load", "", at(11), at(20), at(12)),
        Column(("defect_class",), "Cause", "", at(20), at(60), at(22)),
    ]
    assert leaves_gutters_white(columns, sketch("  \n" + line).lines[0], GAP) is is_row
