"""Headers of tables, in the wordings and settings of several sites."""

from collections.abc import Callable
from typing import Any

import pytest

from fractocurate.profile import Profile
from fractocurate.reports.header_cells import is_running_number
from fractocurate.reports.table_headers import Header, find_header
from fractocurate.reports.vocabulary import Vocabulary

GAP = 0.6


@pytest.fixture(scope="module")
def header_of(sketch: Callable[[str], Any], profile: Profile) -> Callable[..., Header | None]:
    """The header that begins with a line of a drawing."""

    def find(drawing: str, first: int = 0) -> Header | None:
        drawn = sketch(drawing)
        return find_header(drawn.lines, first, drawn.rulings, Vocabulary(profile), GAP)

    return find


def fields_of(header: Header | None) -> list[tuple[str, ...]]:
    """What the cells of a header that must be there head."""
    assert header is not None
    return list(header.fields)


@pytest.mark.parametrize(
    ("drawing", "fields"),
    [
        (
            "FOAN   Serial no.   Fracture load [kN]   Defect class   Sub-type",
            ["foan", "serial_number", "fracture_load_kn", "defect_class", "sub_type"],
        ),
        (
            "Bruchursache   Bruchlast (N)   Seriennummer   Bruchanalyse",
            ["defect_class", "fracture_load_kn", "serial_number", "foan"],
        ),
        ("Nr.   Bauteil   Serien-Nr.   Ursache", ["instance_tag", "component_id", "serial_number", "defect_class"]),
        ("Serlal number   Fracture 1oad   Fracture cause", ["serial_number", "fracture_load_kn", "defect_class"]),
    ],
)
def test_headers_in_both_languages_and_any_order_are_understood(
    header_of: Callable[..., Header | None], drawing: str, fields: list[str]
) -> None:
    """Words, units and single misread letters; the order of columns is free."""
    assert fields_of(header_of(drawing)) == [(f,) for f in fields]


def test_a_header_of_several_lines_is_taken_whole(header_of: Callable[..., Header | None]) -> None:
    """Wrapped headers, and a unit in a line of its own."""
    header = header_of(
        """
Serial   Fracture   Cause of   Sub-
number   load       fracture   type
         [kN]
512345   61.2       material   pore
"""
    )
    assert fields_of(header) == [("serial_number",), ("fracture_load_kn",), ("defect_class",), ("sub_type",)]
    assert header is not None
    assert (header.first, header.last) == (0, 2)
    assert header.cells[1].text == "Fracture load [kN]"


def test_a_heading_right_above_is_no_part_of_the_header(header_of: Callable[..., Header | None]) -> None:
    """The title of a table is left to the text above it."""
    header = header_of("             Results\nSerial no.   Load   Cause")
    assert header is not None
    assert (header.first, header.last) == (1, 1)


def test_rulings_part_headers_that_stand_close(header_of: Callable[..., Header | None]) -> None:
    """Between rulings no white gap is needed, and a cell of two lines stays one."""
    header = header_of(
        """
+---------+----+-------------+
|Serial   |Load|Defect class |
|number   |    |             |
+---------+----+-------------+
"""
    )
    assert fields_of(header) == [("serial_number",), ("fracture_load_kn",), ("defect_class",)]


def test_headers_too_close_for_a_gap_are_cut_where_the_words_make_sense(
    header_of: Callable[..., Header | None],
) -> None:
    """The vocabulary parts what white space does not."""
    assert fields_of(header_of("FOAN   Serial no. Fracture load Cause")) == [
        ("foan",),
        ("serial_number",),
        ("fracture_load_kn",),
        ("defect_class",),
    ]


def test_a_composite_header_heads_two_columns(header_of: Callable[..., Header | None]) -> None:
    """``Serial no. / fracture`` holds both."""
    assert fields_of(header_of("Serial no. / fracture   Load   Cause"))[0] == ("serial_number", "instance_tag")


def test_ambiguous_words_take_what_is_left(header_of: Callable[..., Header | None]) -> None:
    """``Part`` is the fracture's tag, or, where another column is, the component; ``No.`` gives way to all."""
    assert fields_of(header_of("Part   Serial no.   Cause"))[0] == ("instance_tag",)
    assert fields_of(header_of("Fracture   Part   Serial no.   Cause"))[:2] == [("instance_tag",), ("component_id",)]
    assert fields_of(header_of("No.   Specimen   Serial no.   Cause"))[:2] == [(), ("instance_tag",)]


def test_unknown_columns_are_kept_without_a_meaning(header_of: Callable[..., Header | None]) -> None:
    """A column nobody knows takes its place, so that its words do not fall into the neighbours."""
    assert fields_of(header_of("Serial no.   Operator   Load   Cause")) == [
        ("serial_number",),
        (),
        ("fracture_load_kn",),
        ("defect_class",),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "The serial number and the load were noted.",
        "Serial no.",
        "Temperature   Pressure   Time",
        "Load   Cause   Sub-type",
        "Fracture   Component",
        "Serial no.   Operator   Shift   Room",
    ],
    ids=["prose", "one cell", "another table", "no identifier", "a list of parts", "mostly unknown"],
)
def test_what_heads_no_table_of_fractures_is_no_header(header_of: Callable[..., Header | None], line: str) -> None:
    """Prose, other tables, and tables that could not tell one part from another."""
    assert header_of(line) is None


def test_words_that_only_count_are_told(profile: Profile) -> None:
    """In either language, with and without a point; nothing else is one."""
    assert all(map(is_running_number, ("No.", "Nr", "Lfd. Nr.", "POS.", "", "item no.")))
    assert not any(map(is_running_number, ("Serial no.", "FOAN", "Part")))
    assert Vocabulary(profile).columns("No.")[0][0] == "instance_tag"


def test_titles_over_groups_of_columns_head_none(header_of: Callable[..., Header | None]) -> None:
    """With rulings that end below the title, and without any."""
    for drawing in (
        "        Part                       Fracture\nFOAN        Serial no.        Cause        Sub-type",
        """
+----------------------+-------------------------+
|         Part         |        Fracture         |
+----------+-----------+------------+------------+
| FOAN     | Serial no.| Cause      | Sub-type   |
+----------+-----------+------------+------------+
""",
    ):
        header = header_of(drawing)
        assert header is not None, drawing
        assert [f for fs in header.fields for f in fs] == ["foan", "serial_number", "defect_class", "sub_type"]


def test_a_known_header_is_found_beside_unknown_words(header_of: Callable[..., Header | None]) -> None:
    """Headers set so close that no gap parts them."""
    header = header_of("Rack FOAN      Serial no.     Cause checked")
    assert header is not None
    assert [c.text for c in header.cells] == ["Rack", "FOAN", "Serial no.", "Cause", "checked"]
    assert [fs for fs in header.fields if fs] == [("foan",), ("serial_number",), ("defect_class",)]


def test_rows_are_no_part_of_a_header(header_of: Callable[..., Header | None]) -> None:
    """However close they stand below it."""
    header = header_of("FOAN              Serial no.     Cause\nFOAN-2021-0117    512345         material")
    assert header is not None
    assert (header.first, header.last) == (0, 0)


def test_a_second_language_below_the_strokes_is_half_of_the_header(header_of: Callable[..., Header | None]) -> None:
    """The lower line alone reads as a header, too, of which one column means something else."""
    header = header_of(
        """
Serien-Nr. /   FOAN /     Bruchkraft / Load at   Bruchart /
Serial no.     Case no.         fracture [kN]    Fracture cause
"""
    )
    assert fields_of(header) == [("serial_number",), ("foan",), ("fracture_load_kn",), ("defect_class",)]
