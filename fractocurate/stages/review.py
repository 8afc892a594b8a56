"""What people decide is appended, never changed, and overrules every rule: one image at a time, or a whole sheet."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from data_contracts.vocabulary import MatchReason, MatchStatus
from fractocurate.progress import Progress, Silent
from fractocurate.review_sheet import SheetDecision, looks_spoilt, read_review_sheet
from fractocurate.stages.matching import apply_decision
from fractocurate.stages.rows import Row

Serials = Mapping[str, Sequence[str | None]]
"""FOAN -> serial number of each of its instances in force."""


@dataclass(frozen=True)
class DecisionSummary:
    """What came of a review sheet."""

    n_new: int
    n_known: int
    """Decisions that the catalog already has: a sheet may be read any number of times."""


def record_decision(
    catalog: Catalog,
    path: str,
    foan: str | None,
    serial_number: str | None,
    reviewer: str,
    note: str,
) -> None:
    """Link a micrograph to the one instance of ``foan`` (and serial number), or exclude it if ``foan`` is None.

    The decision is about the picture: all files with the same bytes follow it.

    Raises:
        BadInputError: the image could not be read or has no picture, or the reports have no such instance, or several.
    """
    row = catalog.query("SELECT status, reason, sha256 FROM dataset WHERE path = ?", [path]).row(0, named=True)
    problem = _picture_problem(row, foan) or _instance_problem(_serials(catalog), foan, serial_number)
    if problem:
        raise BadInputError(f"{path}: {problem}")
    action = "exclude" if foan is None else "link"
    decision = SheetDecision(0, path, row["sha256"], action, foan, serial_number, reviewer, note)
    _append(catalog, [decision], Silent())


def record_sheet(catalog: Catalog, sheet: Path, progress: Progress) -> DecisionSummary:
    """Append the decisions of a filled-in review sheet: all of them, or none if one cannot be followed.

    A decision that was recorded before, word for word, is not recorded again, even if a later one has overruled it:
    reading an old sheet once more changes nothing. Who returns to an old decision says why in another note.

    Raises:
        BadInputError: the sheet cannot be read, or the message lists what is wrong, row by row.
    """
    decisions, problems = read_review_sheet(sheet)
    problems += _contradictions(decisions)
    rows = catalog.query("SELECT path, status, reason, sha256 FROM dataset ORDER BY path")
    of_sha = {row["sha256"]: row for row in reversed(rows.to_dicts())}
    sha_of = dict(rows.select("path", "sha256").iter_rows())
    serials = _serials(catalog)
    for decision in decisions:
        row = of_sha.get(decision.sha256)
        if row is None:
            problem: str | None = "no image of the catalog has this sha256; was the file changed or removed?"
        elif sha_of.get(decision.path, decision.sha256) != decision.sha256:
            problem = "the file has other bytes now, or the column sha256 was sorted apart from it; export anew"
        else:
            problem = _picture_problem(row, decision.foan)
            problem = problem or _instance_problem(serials, decision.foan, decision.serial_number)
        if problem:
            problems.append(f"row {decision.row} ({decision.path}): {problem}")
    if problems:
        listed = "\n".join(f"  {problem}" for problem in sorted(problems, key=_row_number))
        raise BadInputError(f"{sheet}: nothing was recorded, because of {len(problems)} problem(s):\n{listed}")
    known = {_content(row) for row in catalog.read("label_decisions").iter_rows(named=True)}
    new: dict[tuple[object, ...], SheetDecision] = {}
    for decision in decisions:
        content = _content(_row(decision, 0, ""))
        if content not in known:
            new.setdefault(content, decision)
    if new:
        progress.start("decisions", len(new))
        _append(catalog, list(new.values()), progress)
    return DecisionSummary(len(new), len(decisions) - len(new))


def _append(catalog: Catalog, decisions: Sequence[SheetDecision], progress: Progress) -> None:
    """Record decisions and bring the matches in line, in one transaction."""
    first = int(catalog.query("SELECT coalesce(max(decision_id), 0) + 1 AS n FROM decisions")["n"][0])
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rows = [_row(decision, number, now) for number, decision in enumerate(decisions, start=first)]
    with catalog.transaction():
        catalog.append("decisions", rows)
        for row in rows:
            apply_decision(catalog, row)
            progress.advance()


def _row(decision: SheetDecision, number: int, decided_at: str) -> Row:
    return {
        "decision_id": number,
        "sha256": decision.sha256,
        "path": decision.path,
        "action": decision.action,
        "foan": decision.foan,
        "serial_number": decision.serial_number,
        "reviewer": decision.reviewer,
        "note": decision.note,
        "decided_at": decided_at,
    }


def _content(row: Mapping[str, object]) -> tuple[object, ...]:
    """What makes two decisions the same."""
    return tuple(row[name] for name in ("sha256", "action", "foan", "serial_number", "reviewer", "note"))


def _contradictions(decisions: Sequence[SheetDecision]) -> Iterator[str]:
    """Rows about one picture that decide differently."""
    of_sha: dict[str, list[SheetDecision]] = defaultdict(list)
    for decision in decisions:
        of_sha[decision.sha256].append(decision)
    for same in of_sha.values():
        if len({(d.action, d.foan, d.serial_number) for d in same}) > 1:
            others = ", ".join(str(d.row) for d in same[1:])
            yield f"row {same[0].row} ({same[0].path}): row(s) {others} decide otherwise about the same picture"


def _picture_problem(row: Mapping[str, object], foan: str | None) -> str | None:
    """Why nothing can be decided about an image, or no link."""
    if row["status"] == MatchStatus.FAILED:
        return "could not be read, so there is nothing to decide; `fracto why` says more"
    if foan is not None and row["reason"] == MatchReason.NO_PICTURE:
        return "is a data bar alone; without a picture it can be excluded, but not linked"
    return None


def _serials(catalog: Catalog) -> Serials:
    serials: dict[str, list[str | None]] = defaultdict(list)
    rows = catalog.query(
        "SELECT foan, serial_number FROM fracture_instances WHERE superseded_by IS NULL AND foan IS NOT NULL "
        "ORDER BY ALL"
    )
    for foan, serial in rows.iter_rows():
        serials[foan].append(serial)
    return serials


def _instance_problem(serials: Serials, foan: str | None, serial_number: str | None) -> str | None:
    """Why a link does not name exactly one instance of the reports."""
    if foan is None:
        return None
    known = serials.get(foan, ())
    if not known:
        return f"no report has the FOAN {foan!r}{_spoilt(foan)}; write it as the catalog does, see `fracto why`"
    n_fitting = len(known) if serial_number is None else known.count(serial_number)
    return None if n_fitting == 1 else _serial_problem(foan, serial_number, known, n_fitting)


def _serial_problem(foan: str, serial_number: str | None, known: Sequence[str | None], n_fitting: int) -> str:
    listed = ", ".join(str(serial) for serial in known)
    if serial_number is None:
        return f"{foan} has {len(known)} instances; name its serial number (there are {listed})"
    if n_fitting:
        return f"{foan} has {n_fitting} instances with the serial number {serial_number!r}; it cannot be told which"
    if any(serial and serial.lstrip("0") == serial_number.lstrip("0") for serial in known):
        return f"the serial number {serial_number!r} has lost its leading zeros; {foan} has {listed}"
    return f"{foan} has no serial number {serial_number!r}{_spoilt(serial_number)} (there are {listed})"


def _spoilt(cell: str) -> str:
    return "; a spreadsheet may have made a date or a number of it" if looks_spoilt(cell) else ""


def _row_number(problem: str) -> int:
    return int(problem.split()[1])
