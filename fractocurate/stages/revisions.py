"""Which report is in force for which part: derived anew from all reports at every ingest."""

from collections import defaultdict

from data_contracts.catalog import Catalog
from data_contracts.vocabulary import DefectClass
from fractocurate.reports.revisions import PartReading, ReportSummary, find_superseded
from fractocurate.stages.rows import Row


def mark_revisions(catalog: Catalog) -> None:
    """Set ``superseded_by``, ``contradictions`` and ``in_review`` of every instance and report."""
    reports = {row["path"]: row for row in catalog.read("reports").iter_rows(named=True)}
    instances = list(catalog.read("fracture_instances").iter_rows(named=True))
    superseded, contradictions = find_superseded(_summaries(reports, instances))
    path_of = {report["report_id"]: path for path, report in reports.items()}
    by: dict[tuple[object, ...], str] = {}
    for s in superseded:
        by.setdefault((s.item, s.foan, s.serial_number, s.instance_tag), reports[s.by_item]["report_id"])
    against: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for c in contradictions:
        against[c.item, c.foan, c.serial_number, c.instance_tag].append(c.issue)
    marked = []
    for instance in instances:
        part = (path_of[instance["report_id"]], instance["foan"], instance["serial_number"], instance["instance_tag"])
        said = "; ".join(sorted(against[part]))
        changes = {
            "superseded_by": by.get(part),
            "contradictions": said,
            "in_review": bool(instance["issues"] or said),
        }
        marked.append({**instance, **changes})
    if marked != instances or _report_rows(reports, marked) != list(reports.values()):
        with catalog.transaction():
            catalog.replace("fracture_instances", marked)
            catalog.replace("reports", _report_rows(reports, marked))


def _summaries(reports: dict[str, Row], instances: list[Row]) -> list[ReportSummary]:
    parts: dict[object, list[PartReading]] = defaultdict(list)
    for i in instances:
        parts[i["report_id"]].append(
            PartReading(
                None if i["foan"] is None else str(i["foan"]),
                None if i["serial_number"] is None else str(i["serial_number"]),
                str(i["instance_tag"]),
                DefectClass(str(i["defect_class"])),
            ),
        )
    return [
        ReportSummary(
            path,
            str(report["sha256"]),
            str(report["report_number"]),
            str(report["report_date"]),
            bool(report["is_revision"]),
            str(report["supersedes_raw"]),
            tuple(parts[report["report_id"]]),
        )
        for path, report in reports.items()
    ]


def _report_rows(reports: dict[str, Row], instances: list[Row]) -> list[Row]:
    """A report is superseded once all its parts are; its revision is the one that replaces the first of them."""
    own: dict[object, list[Row]] = defaultdict(list)
    for instance in instances:
        own[instance["report_id"]].append(instance)
    rows = []
    for report in reports.values():
        parts = own[report["report_id"]]
        replaced = bool(parts) and all(part["superseded_by"] for part in parts)
        rows.append({**report, "superseded_by": parts[0]["superseded_by"] if replaced else None})
    return rows
