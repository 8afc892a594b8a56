"""Violations as people, scripts, test dashboards and GitHub read them."""

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.tables import TABLES
from data_contracts.validation import Violation
from data_contracts.violation_formats import ViolationFormat, render

_HOSTILE = "50%,a:b\nnext\r\"<&>'\x00\x1b[31m\ufffe\u2028é.png"
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_VIOLATIONS = st.lists(
    st.builds(
        Violation,
        st.sampled_from([*TABLES, "dataset"]),
        _TEXT,
        st.lists(_TEXT, max_size=3).map(tuple),
        st.integers(1, 50),
        _TEXT,
    ),
    max_size=4,
)


def _unescaped(text: str) -> str:
    """As GitHub's runner reads a workflow command."""
    for sign, escape in ((":", "%3A"), (",", "%2C"), ("\n", "%0A"), ("\r", "%0D"), ("%", "%25")):
        text = text.replace(escape, sign)
    return text


@given(violations=_VIOLATIONS, catalog=_TEXT)
def test_json_says_everything(violations: list[Violation], catalog: str) -> None:
    """Every field of every violation comes back."""
    read = json.loads(render(violations, catalog, ViolationFormat.JSON))
    assert read["catalog"] == catalog
    assert [Violation(**{**v, "ids": tuple(v["ids"])}) for v in read["violations"]] == violations


@given(violations=_VIOLATIONS, catalog=_TEXT)
def test_junit_is_xml_with_a_case_for_every_table(violations: list[Violation], catalog: str) -> None:
    """Whatever stands in a name, the file can be read; a case fails once for each violation of its table."""
    suite = ET.fromstring(render(violations, catalog, ViolationFormat.JUNIT).encode())  # noqa: S314 - our own
    cases = {case.get("name"): case for case in suite}
    assert set(cases) == {*TABLES, *(v.table for v in violations)}
    assert suite.get("tests") == str(len(cases))
    assert suite.get("failures") == str(len({v.table for v in violations}))
    for table, case in cases.items():
        assert len(case) == sum(v.table == table for v in violations)


@given(violations=_VIOLATIONS, catalog=_TEXT)
def test_github_gets_one_line_per_violation(violations: list[Violation], catalog: str) -> None:
    """No text can end its line or add a property, and the runner reads it back as it was."""
    lines = render(violations, catalog, ViolationFormat.GITHUB).split("\n")
    if not violations:
        assert len(lines) == 1
        assert lines[0].startswith("::notice file=")
        return
    assert len(lines) == len(violations)
    for line, violation in zip(lines, violations, strict=True):
        assert "\r" not in line
        _, properties, message = line.split("::", 2)
        file, title = properties.removeprefix("error ").split(",")
        assert _unescaped(file) == f"file={catalog}"
        assert _unescaped(title) == f"title={violation.table} {violation.rule}"
        assert _unescaped(message).startswith(f"{violation.detail} ({violation.n_rows} row(s)): ")


def test_junit_keeps_what_xml_can_hold() -> None:
    """Rows, rule and detail of a failure stand in it; only what XML forbids is replaced."""
    violation = Violation("matches", "some_rule", (_HOSTILE, "second"), 2, "is <wrong>")
    suite = ET.fromstring(render([violation], "c & d.duckdb", ViolationFormat.JUNIT).encode())  # noqa: S314 - our own
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "some_rule: is <wrong>"
    assert suite[0].get("classname") == "c & d.duckdb"
    assert failure.text is not None
    assert failure.text.endswith("é.png\nsecond")
    assert "\ufffd" in failure.text


def test_text_names_rows_on_lines_of_their_own_and_counts_the_rest() -> None:
    """A name cannot break its line or steer the terminal."""
    violation = Violation("matches", "some_rule", (_HOSTILE, "second"), 30, "is wrong")
    lines = render([violation], "c.duckdb", ViolationFormat.TEXT).split("\n")
    assert lines[0] == "c.duckdb: 1 contract violation(s)"
    assert lines[1] == "  matches  some_rule: is wrong (30 row(s))"
    assert lines[2].startswith("      50%,a:b\\nnext")
    assert lines[3:] == ["      second", "      ... and 28 more"]
    assert all(line.isprintable() for line in lines)


def test_text_of_a_sound_catalog_says_so() -> None:
    """No violation is an answer, too."""
    shown = render([], "c.duckdb", ViolationFormat.TEXT)
    assert shown == f"c.duckdb: all contracts hold ({len(TABLES)} tables and the rules between them)"


@pytest.mark.parametrize("style", ViolationFormat)
def test_catalog_is_named_in_every_format(style: ViolationFormat) -> None:
    """A log that checks several catalogs says which one it is about."""
    assert "c.duckdb" in render([], "c.duckdb", style)
