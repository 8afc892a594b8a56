"""Violations as text, JSON, JUnit XML and GitHub annotations."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from xml.etree import ElementTree as ET

from data_contracts.tables import TABLES
from data_contracts.validation import Violation


class ViolationFormat(StrEnum):
    """How ``fracto validate`` prints."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"


def render(violations: Sequence[Violation], catalog: str, style: ViolationFormat) -> str:
    """The violations of one catalog, ready to print."""
    return {
        ViolationFormat.TEXT: _text,
        ViolationFormat.JSON: _json,
        ViolationFormat.JUNIT: _junit,
        ViolationFormat.GITHUB: _github,
    }[style](violations, catalog)


def _text(violations: Sequence[Violation], catalog: str) -> str:
    if not violations:
        return f"{catalog}: all contracts hold ({len(TABLES)} tables and the rules between them)"
    lines = [f"{catalog}: {len(violations)} contract violation(s)"]
    for violation in violations:
        lines.append(f"  {violation.table}  {violation.rule}: {violation.detail} ({violation.n_rows} row(s))")
        lines.extend(f"      {_one_line(row)}" for row in violation.ids)
        if violation.n_rows > len(violation.ids) > 0:
            lines.append(f"      ... and {violation.n_rows - len(violation.ids)} more")
    return "\n".join(lines)


def _one_line(text: str) -> str:
    """File names may hold line ends and the control characters that steer a terminal."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _json(violations: Sequence[Violation], catalog: str) -> str:
    return json.dumps({"catalog": catalog, "violations": [asdict(v) for v in violations]}, indent=2, ensure_ascii=False)


def _junit(violations: Sequence[Violation], catalog: str) -> str:
    """One test case per table or view, one failure per violation."""
    tables = [*TABLES, *dict.fromkeys(v.table for v in violations if v.table not in TABLES)]
    failed = {v.table for v in violations}
    suite = ET.Element("testsuite", name="fracto validate", tests=str(len(tables)), failures=str(len(failed)))
    for table in tables:
        case = ET.SubElement(suite, "testcase", classname=_printable(catalog), name=_printable(table))
        for violation in (v for v in violations if v.table == table):
            failure = ET.SubElement(case, "failure", message=_printable(f"{violation.rule}: {violation.detail}"))
            failure.text = "\n".join(map(_printable, violation.ids))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def _github(violations: Sequence[Violation], catalog: str) -> str:
    """Workflow commands; see GitHub's documentation of `::error::`."""
    lines = []
    for v in violations:
        rows = ", ".join(v.ids)
        message = _escaped(f"{v.detail} ({v.n_rows} row(s)): {rows}")
        lines.append(f"::error file={_property(catalog)},title={_property(f'{v.table} {v.rule}')}::{message}")
    return "\n".join(lines) or f"::notice file={_property(catalog)},title=fracto validate::all contracts hold"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _printable(text: str) -> str:
    """XML 1.0 has no control characters but tab and line ends."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
