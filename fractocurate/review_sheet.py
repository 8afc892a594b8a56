"""The review sheet: doubtful images as a spreadsheet that a curator fills in, and the decisions read back from it.

A row is about one picture, known by the sha256 of its bytes: a file that was renamed meanwhile keeps its decision.
The curator writes ``1``, ``2`` or ``3`` for a candidate, ``link`` with a FOAN, or ``exclude``; a row without a decision
stays open.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from fractocurate.doubts import Doubt, collect_doubts
from fractocurate.text_table import read_text_table

N_CANDIDATES = 3
_CANDIDATE_FIELDS = ("foan", "serial_number", "class")
FILLED_IN = ("decision", "foan", "serial_number", "reviewer", "note")
"""Columns for the curator, empty in a new sheet."""
COLUMNS = (
    "path", "reason", "guard", "evidence", "known_foan",
    *(f"candidate_{n}_{field}" for n in range(1, N_CANDIDATES + 1) for field in _CANDIDATE_FIELDS),
    *FILLED_IN,
    "same_bytes", "partner", "sha256",
)  # fmt: skip

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet takes for a formula (OWASP, "CSV injection"), or what ``_as_text`` made of that."""
_SPOILT = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?: [\d:.]+)?|[A-Za-zä]{3,4}[. -]+\d{2,4}|\d+[.,]\d+(?:[eE]\+?\d+)?"
)
"""Dates and decimal numbers, which spreadsheets make of identifiers."""


@dataclass(frozen=True, slots=True)
class SheetDecision:
    """One row that a curator has decided."""

    row: int
    """As a spreadsheet counts: the header is row 1, empty rows left out."""
    path: str
    sha256: str
    action: str
    """``link`` or ``exclude``."""
    foan: str | None
    serial_number: str | None
    reviewer: str
    note: str


def write_review_sheet(catalog: Catalog, target: Path) -> int:
    """Write the images in doubt (see ``doubts``), one row per picture, to a new .csv (UTF-8 with BOM) or .xlsx file.

    Returns:
        The number of rows.

    Raises:
        UsageError: the target exists already, or has another suffix.
        BadInputError: the target cannot be written.
    """
    if target.exists():
        raise UsageError(f"{target}: exists already; name another file or remove it")
    suffix = target.suffix.lower()
    if suffix not in {".csv", ".xlsx"}:
        raise UsageError(f"{target}: a review sheet is a .csv or an .xlsx file")
    rows = _doubtful(catalog)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        (_write_csv if suffix == ".csv" else _write_xlsx)(rows, target)
    except OSError as error:
        raise BadInputError(f"{target}: cannot be written: {error.strerror or error}") from error
    return len(rows)


def read_review_sheet(path: Path) -> tuple[list[SheetDecision], list[str]]:
    """Read the rows with a decision, and what is wrong with rows as they stand, whatever the catalog holds.

    Raises:
        BadInputError: no such file, not a table, or one without the columns of a review sheet.
    """
    table = read_text_table(path, "review sheet")
    names = {name.strip().casefold(): name for name in table.columns}
    missing = [name for name in ("sha256", "path", *FILLED_IN) if name not in names]
    if missing:
        raise BadInputError(
            f"{path}: has no column {', '.join(missing)}; fill in a sheet that `fracto export --review` wrote"
        )
    decisions, problems = [], []
    for number, values in enumerate(table.iter_rows(named=True), start=2):
        cells = {key: _as_meant(str(values[name] or "")) for key, name in names.items()}
        if not any(cells[name] for name in ("decision", "foan", "serial_number")):
            continue  # still open, whoever signed it or left a note
        decision, wrong = _decision(number, cells)
        problems += [f"row {number} ({cells['path']}): {what}" for what in wrong]
        if decision is not None:
            decisions.append(decision)
    return decisions, problems


def looks_spoilt(cell: str) -> bool:
    """Whether a cell looks like what a spreadsheet makes of an identifier: a date or a decimal number."""
    return _SPOILT.fullmatch(cell) is not None


def _decision(number: int, cells: Mapping[str, str]) -> tuple[SheetDecision | None, list[str]]:
    """The decision of one row, or what is wrong with it."""
    said, foan, serial = cells["decision"].casefold(), cells["foan"] or None, cells["serial_number"] or None
    said = said.removesuffix(".0")  # a column of numbers with gaps
    wrong = []
    if not said:
        wrong.append("is filled in, but its decision is empty; write a candidate's number, link or exclude")
    elif said in map(str, range(1, N_CANDIDATES + 1)):
        if foan or serial:
            wrong.append(f"chooses candidate {said} and names a FOAN or serial number too; do one of both")
        chosen = [cells.get(f"candidate_{said}_{field}", "") for field in ("foan", "serial_number")]
        foan, serial = chosen[0] or None, chosen[1] or None
        if foan is None:
            wrong.append(f"has no candidate {said}")
        said = "link"
    elif said == "link" and foan is None:
        wrong.append("says link, but not to which FOAN")
    elif said == "exclude" and (foan or serial):
        wrong.append("says exclude, but names a FOAN or serial number")
    elif said not in {"link", "exclude"}:
        wrong.append(f"decision {cells['decision']!r} is none of 1 to {N_CANDIDATES}, link, exclude")
    wrong += [f"{name} is empty" for name in ("reviewer", "note") if not cells[name]]
    if not re.fullmatch(r"[0-9a-f]{64}", cells["sha256"].casefold()):
        wrong.append(f"sha256 {cells['sha256']!r} is no sha256; leave that column as it was written")
    if wrong:
        return None, wrong
    sha256 = cells["sha256"].casefold()
    return SheetDecision(number, cells["path"], sha256, said, foan, serial, cells["reviewer"], cells["note"]), []


def _doubtful(catalog: Catalog) -> list[dict[str, str]]:
    """One row per picture in doubt, in the order of its first doubt."""
    paths: dict[str, list[str]] = {}
    sha_of: dict[str, str] = {}
    for path, sha256 in catalog.query("SELECT path, sha256 FROM files WHERE kind = 'image' ORDER BY path").iter_rows():
        paths.setdefault(sha256, []).append(path)
        sha_of[path] = sha256
    doubts_of: dict[str, list[Doubt]] = {}
    for doubt in collect_doubts(catalog):
        doubts_of.setdefault(sha_of[doubt.path], []).append(doubt)
    foan_of = dict(catalog.query("SELECT path, foan FROM matches").iter_rows())
    candidates = _candidates(catalog, doubts_of)
    sheet = []
    for sha256, doubts in doubts_of.items():
        first, *others = doubts
        more = [f"{d.reason}: {d.detail}" for d in others if d.reason != first.reason or d.partner != first.partner]
        row = dict.fromkeys(COLUMNS, "")
        row |= {"path": first.path, "reason": first.reason, "guard": first.guard, "sha256": sha256}
        row |= {
            "evidence": "; also ".join([first.detail, *more]),
            "known_foan": foan_of.get(first.path) or "",
            "partner": " | ".join(dict.fromkeys(d.partner for d in doubts if d.partner)),
            "same_bytes": " | ".join(other for other in paths[sha256] if other != first.path),
        }
        for number, candidate in enumerate(candidates[sha256], start=1):
            row |= {f"candidate_{number}_{f}": v for f, v in zip(_CANDIDATE_FIELDS, candidate, strict=True)}
        sheet.append(row)
    return sheet


def _candidates(catalog: Catalog, doubts_of: Mapping[str, Sequence[Doubt]]) -> dict[str, list[tuple[str, ...]]]:
    """sha256 -> the best candidates: those of matching, the last place kept for what a doubt proposes."""
    fields = "i.foan, i.serial_number, i.defect_class"
    # Files with the same bytes may be named differently; the best candidates of each come first.
    ranked: dict[str, list[tuple[str, ...]]] = {sha256: [] for sha256 in doubts_of}
    found = catalog.query(
        f"SELECT f.sha256, {fields} FROM match_candidates c JOIN files f ON f.path = c.path AND f.kind = 'image' "  # noqa: S608 - constants
        "JOIN fracture_instances i ON i.instance_id = c.instance_id "
        "WHERE c.rank <= ? AND i.foan IS NOT NULL ORDER BY f.sha256, c.rank, c.path",
        [N_CANDIDATES],
    )
    for sha256, *values in found.iter_rows():
        candidate = tuple(value or "" for value in values)
        if sha256 in ranked and candidate not in ranked[sha256]:
            ranked[sha256].append(candidate)
    instances = catalog.query(
        f"SELECT i.instance_id, {fields} FROM fracture_instances i WHERE superseded_by IS NULL AND foan IS NOT NULL"  # noqa: S608 - constants
    )
    fields_of = {row[0]: tuple(value or "" for value in row[1:]) for row in instances.iter_rows()}
    for sha256, doubts in doubts_of.items():
        named = [fields_of[i] for d in doubts for i in d.instance_ids if i in fields_of]
        proposed = [c for c in dict.fromkeys(named) if c not in ranked[sha256][: N_CANDIDATES - 1]]
        n_kept = N_CANDIDATES - bool(proposed)
        ranked[sha256] = [*ranked[sha256][:n_kept], *proposed][:N_CANDIDATES]
    return ranked


def _write_csv(rows: Sequence[Mapping[str, str]], target: Path) -> None:
    # With a mark of byte order, Excel reads UTF-8 as such.
    with target.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        writer.writerows([_as_text(row[name]) for name in COLUMNS] for row in rows)


def _write_xlsx(rows: Iterable[Mapping[str, str]], target: Path) -> None:
    """Cells are text, the empty ones too: nothing is taken for a formula, a date or a number."""
    book = openpyxl.Workbook()
    sheet = book.active
    for line, row in enumerate([dict(zip(COLUMNS, COLUMNS, strict=True)), *rows], start=1):
        for place, name in enumerate(COLUMNS, start=1):
            cell = sheet.cell(line, place)
            if row[name]:
                cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", row[name])
                cell.data_type = "s"
            cell.number_format = "@"
    sheet.freeze_panes = "B2"
    book.save(target)


def _as_text(cell: str) -> str:
    """An apostrophe before what a spreadsheet would take for a formula; ``_as_meant`` takes it away again."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _as_meant(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
