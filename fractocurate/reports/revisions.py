"""Which report replaces which, part by part. Both are kept; the older one is marked."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.vocabulary import DefectClass
from fractocurate.reports.fields import find_dates
from fractocurate.reports.synonyms import fold


@dataclass(frozen=True, slots=True)
class PartReading:
    """One instance as far as revisions are concerned."""

    foan: str | None
    serial_number: str | None
    instance_tag: str
    defect_class: DefectClass


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """One report as far as revisions are concerned."""

    item: str
    """Path relative to the archive."""
    sha256: str
    report_number: str
    report_date: str
    """ISO 8601, or empty."""
    is_revision: bool
    supersedes_raw: str
    parts: tuple[PartReading, ...]


@dataclass(frozen=True, slots=True)
class Supersession:
    """One part of one report is superseded by another report."""

    item: str
    by_item: str
    foan: str | None
    serial_number: str | None
    instance_tag: str
    reason: str


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Reports that state different causes for one part, and none says that it replaces the other."""

    item: str
    other_item: str
    foan: str | None
    serial_number: str | None
    instance_tag: str
    issue: str


def find_superseded(reports: Sequence[ReportSummary]) -> tuple[tuple[Supersession, ...], tuple[Contradiction, ...]]:
    """Compare every two reports that cover the same part.

    A report supersedes another one for a part if it names that report (number or date) as replaced, or if it calls
    itself a revision and is not older. Reports with the same bytes are one report: the first by path stands for all.
    The order of ``reports`` does not matter.

    Returns:
        Superseded parts and contradictions, sorted by path; a contradiction is listed for both its reports.
    """
    distinct: dict[str, ReportSummary] = {}
    for report in sorted(reports, key=lambda r: r.item):
        distinct.setdefault(report.sha256, report)
    superseded: list[Supersession] = []
    contradictions: list[Contradiction] = []
    for a, b in itertools.combinations(distinct.values(), 2):
        for part_a, part_b in itertools.product(a.parts, b.parts):
            if not _same_part(part_a, part_b):
                continue
            reason_a, reason_b = _replaces(a, b), _replaces(b, a)
            if bool(reason_a) != bool(reason_b):
                newer, older, part, reason = (a, b, part_b, reason_a) if reason_a else (b, a, part_a, reason_b)
                superseded.append(
                    Supersession(older.item, newer.item, part.foan, part.serial_number, part.instance_tag, reason)
                )
            elif part_a.defect_class is not part_b.defect_class:
                contradictions += [_contradiction(a, part_a, b, part_b), _contradiction(b, part_b, a, part_a)]
    replaced = {(s.item, s.foan, s.serial_number, s.instance_tag) for s in superseded}
    # A part that a third report has replaced contradicts nobody.
    standing = [c for c in contradictions if not _is_settled(c, replaced)]
    return tuple(sorted(superseded, key=_order)), tuple(sorted(standing, key=_order))


def _is_settled(c: Contradiction, replaced: set[tuple[str, str | None, str | None, str]]) -> bool:
    return any(
        item in {c.item, c.other_item} and foan == c.foan and serial == c.serial_number
        for item, foan, serial, _ in replaced
    )


def _order(row: Supersession | Contradiction) -> tuple[str, str, str, str, str]:
    other = row.by_item if isinstance(row, Supersession) else row.other_item
    return (row.item, row.foan or "", row.serial_number or "", row.instance_tag, other)


def _same_part(a: PartReading, b: PartReading) -> bool:
    if a.foan is None or a.foan != b.foan:
        return False
    if a.serial_number and b.serial_number:
        return a.serial_number == b.serial_number
    return a.serial_number == b.serial_number and bool(a.instance_tag) and a.instance_tag == b.instance_tag


def _replaces(newer: ReportSummary, older: ReportSummary) -> str:
    """Why a report replaces another; empty if it does not say so."""
    if newer.supersedes_raw and _names(newer.supersedes_raw, older):
        return f"says that it replaces {newer.supersedes_raw}"
    if not newer.is_revision or _is_older(newer, older):
        return ""
    if older.is_revision and newer.report_date == older.report_date:
        return ""
    return "is a revision" + (f" of {newer.report_date}" if newer.report_date else "")


def _names(raw: str, report: ReportSummary) -> bool:
    if report.report_number and fold(report.report_number) in fold(raw):
        return True
    return bool(report.report_date) and report.report_date in {iso for iso, _ in find_dates(raw)}


def _is_older(a: ReportSummary, b: ReportSummary) -> bool:
    return bool(a.report_date and b.report_date) and a.report_date < b.report_date


def _contradiction(
    report: ReportSummary, part: PartReading, other: ReportSummary, other_part: PartReading
) -> Contradiction:
    issue = (
        f"contradicting reports: {report.item} says {part.defect_class}, {other.item} says {other_part.defect_class}, "
        "and neither says that it replaces the other"
    )
    return Contradiction(report.item, other.item, part.foan, part.serial_number, part.instance_tag, issue)
