"""`fracto ingest --labels`: a table of labels fills the same tables as reports do."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from data_contracts.catalog import Catalog
from data_contracts.records import Failure, Reading
from data_contracts.vocabulary import (
    FailureReason,
    MatchMethod,
    MatchReason,
    MatchStatus,
    ReadingMethod,
    Stage,
)
from fractocurate.label_table import LabelRow, read_label_table, resolve_files
from fractocurate.matching.evidence import Decision
from fractocurate.profile import Profile
from fractocurate.progress import Progress
from fractocurate.stages.matching import match_row
from fractocurate.stages.rows import instance_id, reading_rows, short_id, specimen_uid
from fractocurate.stages.settled import settled


def record_labels(catalog: Catalog, table: Path, profile: Profile, progress: Progress) -> list[Failure]:
    """Fill ``fracture_instances`` and ``matches`` from a table; rows that name no file are failures.

    Raises:
        BadInputError: the table cannot be read or lacks a column.
    """
    rows = read_label_table(table, profile)
    progress.start("labels", len(rows))
    sha_of = dict(
        catalog.query("SELECT path, sha256 FROM dataset WHERE micrograph_id IS NOT NULL ORDER BY path").iter_rows(),
    )
    everything = list(catalog.query("SELECT path FROM files WHERE kind = 'image' ORDER BY path")["path"])
    meant = resolve_files(rows, everything)
    failures = [f for row in rows if (f := _failure(table, row, meant[row.row])) is not None]
    rows_of: dict[str, list[LabelRow]] = defaultdict(list)
    for row in rows:
        if len(meant[row.row]) == 1:
            rows_of[meant[row.row][0]].append(row)
    instances: dict[str, LabelRow] = {}
    for row in rows:
        instances.setdefault(_identifier(row), row)
    rows_of_bytes: dict[str, list[LabelRow]] = defaultdict(list)
    for path, own in rows_of.items():
        if path in sha_of:
            rows_of_bytes[sha_of[path]].extend(own)
    decisions = [_decide(path, rows_of.get(path, []), rows_of_bytes.get(sha256, [])) for path, sha256 in sha_of.items()]
    matches = [match_row(d, short_id(sha_of[d.path])) for d in settled(catalog, decisions)]
    readings = [r for path, own in rows_of.items() for r in reading_rows("image_file", path, _readings(own))]
    with catalog.transaction():
        catalog.replace("fracture_instances", [_instance_row(i, row, table) for i, row in sorted(instances.items())])
        catalog.replace("match_candidates", [])
        catalog.replace("matches", matches)
        catalog.replace("readings", readings, subject="image_file")
    progress.advance(len(rows))
    return failures


def _identifier(row: LabelRow) -> str:
    """Rows of one FOAN, serial number and class are one instance; without a FOAN every file is its own."""
    if row.foan is None:
        return instance_id("label", row.file_name, row.defect_class_raw, row.issue)
    return instance_id("label", row.foan, row.serial_number, row.defect_class, row.issue)


def _failure(table: Path, row: LabelRow, paths: Sequence[str]) -> Failure | None:
    item = f"{table.name}#{row.row}"
    if not row.file_name:
        return Failure(item, Stage.LABELS, FailureReason.VANISHED, "the row names no file")
    if not paths:
        return Failure(item, Stage.LABELS, FailureReason.VANISHED, f"no image file {row.file_name!r} in the archive")
    if len(paths) > 1:
        detail = f"{row.file_name!r} may be any of {len(paths)} files; give its folder too: {', '.join(paths[:5])}"
        return Failure(item, Stage.LABELS, FailureReason.AMBIGUOUS, detail)
    return None


def _decide(path: str, own: Sequence[LabelRow], of_same_bytes: Sequence[LabelRow]) -> Decision:
    """One file is matched if all rows about its bytes say the same."""
    first = own[0] if own else None
    doubtful = next((row for row in of_same_bytes if row.issue), None)
    # Copies are one picture, hence one instance: that of the row that says most about these bytes.
    telling = min(of_same_bytes, key=lambda r: (r.foan is None, r.serial_number is None, r.row), default=None)
    status, reason, evidence = MatchStatus.MATCHED, None, ""
    if first is None:
        status, reason, evidence = MatchStatus.UNMATCHED, MatchReason.NOT_IN_LABEL_TABLE, "no row of the table names it"
    elif _disagree(of_same_bytes):
        said = "; ".join(f"row {r.row}: {r.foan_raw} {r.serial_number_raw} {r.defect_class_raw}" for r in of_same_bytes)
        status, reason, evidence = MatchStatus.REVIEW, MatchReason.CONFLICTING_LABELS, f"rows disagree: {said}"
    elif doubtful is not None:
        status, reason, evidence = (
            MatchStatus.REVIEW,
            MatchReason.LABEL_NOT_UNDERSTOOD,
            f"row {doubtful.row}: {doubtful.issue}",
        )
    else:
        evidence = f"row {first.row} names this file: {first.defect_class_raw}"
        if telling is not None and telling.foan_source is ReadingMethod.FILE_NAME:
            evidence += f"; the FOAN stands in the file name, not in the table: {telling.foan_raw}"
    matched = status is MatchStatus.MATCHED and telling is not None
    return Decision(
        path,
        status,
        reason,
        _identifier(telling) if matched and telling else None,
        telling.foan if first and telling and reason is not MatchReason.CONFLICTING_LABELS else None,
        MatchMethod.LABEL_TABLE if matched else None,
        similarity=None,
        runner_up_similarity=None,
        rule="label_table" if first else "",
        guard="" if matched or first is None else str(reason),
        evidence=evidence,
    )


def _disagree(rows: Sequence[LabelRow]) -> bool:
    """Different classes, FOANs or serial numbers; a row that states none does not contradict one that does."""
    said = zip(*((row.foan, row.serial_number, row.defect_class) for row in rows), strict=True)
    return any(len({value for value in values if value is not None}) > 1 for values in said)


def _readings(rows: Sequence[LabelRow]) -> list[Reading]:
    method = ReadingMethod.LABEL_TABLE
    readings = []
    for row in rows:
        note = f"row {row.row}"
        if row.magnification_raw:
            value = None if row.magnification is None else f"{row.magnification:g}"
            readings.append(Reading("magnification", row.magnification_raw, value, method, 1.0, note=note))
        if row.foan_raw:
            readings.append(Reading("foan", row.foan_raw, row.foan, row.foan_source, 1.0, note=note))
        if row.serial_number_raw:
            readings.append(Reading("serial_number", row.serial_number_raw, row.serial_number, method, 1.0, note=note))
    return readings


def _instance_row(identifier: str, row: LabelRow, table: Path) -> Mapping[str, object]:
    return {
        "instance_id": identifier,
        "report_id": None,
        "label_source": f"{table.name}#{row.row}",
        "foan": row.foan,
        "foan_raw": row.foan_raw,
        "serial_number": row.serial_number,
        "serial_number_raw": row.serial_number_raw,
        "specimen_uid": specimen_uid(row.foan, row.serial_number, row.defect_class),
        "instance_tag": "",
        "component_id": "",
        "defect_class": str(row.defect_class),
        "defect_class_raw": row.defect_class_raw,
        "sub_type": row.sub_type,
        "sub_type_raw": row.sub_type_raw,
        "fracture_load_kn": row.fracture_load_kn,
        "fracture_load_raw": row.fracture_load_raw,
        "page": None,
        "box_left_pt": None,
        "box_top_pt": None,
        "box_right_pt": None,
        "box_bottom_pt": None,
        "method": str(ReadingMethod.LABEL_TABLE),
        "confidence": 1.0,
        "superseded_by": None,
        "in_review": bool(row.issue),
        "issues": row.issue,
        "remarks": "",
        "contradictions": "",
    }
