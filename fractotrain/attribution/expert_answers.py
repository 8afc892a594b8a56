"""Filled forms come back: read as spreadsheets leave them, imported append-only, compared between raters."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.tables.links import ANSWER
from fractotrain.attribution.agreement import latest_answers
from fractotrain.attribution.questions import ANSWERS, QUESTIONS
from fractotrain.record import Row

_ALIASES = {
    "y": "yes", "j": "yes", "ja": "yes", "n": "no", "nein": "no", "?": "unsure", "u": "unsure", "unsicher": "unsure",
}  # fmt: skip
_IDENTITY = ("run_id", "method", "image", "sha256")
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import of answers did."""

    rater: str
    n_new: int
    """Answers that were not there before, or were another one."""
    n_unchanged: int
    n_blank: int


def read_answers(file: Path) -> list[dict[str, str]]:
    """Rows of a filled form, answers in the words of ``ANSWERS`` or empty.

    CSV with commas, semicolons or tabs, in UTF-8, UTF-16 or Windows' own encoding, or the first sheet of an ``.xlsx``.
    Columns may be in any order and in other letters (``Right for wrong reason``); empty rows are passed over.

    Raises:
        BadInputError: no form, or cells that are no answer; all of them are named.
    """
    header, *lines = _cells(file) or [[]]
    columns = {_plain(name): i for i, name in enumerate(header)}
    columns |= {name: columns[_plain(asked)] for name, asked in QUESTIONS.items() if _plain(asked) in columns}
    needed = (*_IDENTITY, *QUESTIONS)
    if lacking := [name for name in needed if name not in columns]:
        raise BadInputError(f"{file}: no form of `fracto explain --form`: it lacks the column {lacking[0]}")
    rows, wrong = [], []
    for number, cells in enumerate(lines, start=2):
        row = {name: _cell(cells, columns.get(name)) for name in (*needed, "note")}
        if not any(row.values()):
            continue
        for question in QUESTIONS:
            said = row[question].casefold().strip(" .!")
            row[question] = _ALIASES.get(said, said)
            if row[question] not in ("", *ANSWERS):
                wrong.append(f"  row {number}, {question}: {row[question]!r}")
        if any(row[question] for question in QUESTIONS) and not all(row[name] for name in _IDENTITY):
            wrong.append(f"  row {number}: answered, but it no longer says what it is about ({', '.join(_IDENTITY)})")
        rows.append(row)
    if wrong:
        more = f"\n  and {len(wrong) - _MOST_NAMED} more" if len(wrong) > _MOST_NAMED else ""
        named = "\n".join(wrong[:_MOST_NAMED])
        raise BadInputError(f"{file}: answers are {', '.join(ANSWERS)} or empty:\n{named}{more}")
    return rows


def import_answers(catalog: Catalog, rows: Sequence[Mapping[str, str]], rater: str) -> Imported:
    """Append the answers of one rater; what he said before stays, and what he says again alike is not repeated.

    Raises:
        UsageError: no name, or nothing is answered.
        BadInputError: the form is about runs or pictures that this catalog does not have, or contradicts itself.
    """
    if not rater.strip():
        raise UsageError("--rater: say who answered")
    rater = rater.strip()
    answered = [row for row in rows if any(row[question] for question in QUESTIONS)]
    _check(catalog, answered)
    latest = latest_answers(catalog)
    number = int(catalog.query("SELECT coalesce(max(decision_id), 0) AS n FROM decisions")["n"][0])
    new: list[Row] = []
    n_unchanged = n_blank = 0
    for row in rows:
        for question in QUESTIONS:
            about = (row["run_id"], row["method"], row["sha256"], question)
            if not row[question]:
                n_blank += 1
            elif latest.get(about, {}).get(rater) == row[question]:
                n_unchanged += 1
            else:
                number += 1
                new.append(
                    {
                        "decision_id": number, "sha256": row["sha256"], "path": row["image"], "action": ANSWER,
                        "foan": None, "serial_number": None, "run_id": row["run_id"], "method": row["method"],
                        "question": question, "answer": row[question], "reviewer": rater, "note": row["note"],
                        "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
                    }
                )  # fmt: skip
    if not new and not n_unchanged:
        raise UsageError("the form holds no answer; fill the columns " + ", ".join(QUESTIONS))
    with catalog.transaction():
        catalog.append("decisions", new)
    return Imported(rater, len(new), n_unchanged, n_blank)


def _check(catalog: Catalog, answered: Sequence[Mapping[str, str]]) -> None:
    """Answers must be about what the catalog has, and a form must not answer one question in two ways."""
    runs = set(catalog.query("SELECT run_id FROM runs")["run_id"])
    if strange := sorted({row["run_id"] for row in answered} - runs):
        raise BadInputError(f"{catalog.path}: the form is about {strange[0]}, a run that this catalog does not have")
    pictures = set(catalog.query("SELECT sha256 FROM files WHERE kind = 'image'")["sha256"])
    if strange := sorted({row["image"] for row in answered if row["sha256"] not in pictures}):
        raise BadInputError(
            f"{strange[0]}: its sha256 in the form is that of no picture in {catalog.path}; leave the columns of facts "
            "as they were (a spreadsheet may have turned them into numbers)"
        )
    said: dict[tuple[str, ...], str] = {}
    for row in answered:
        for question in QUESTIONS:
            about = (row["run_id"], row["method"], row["sha256"], question)
            if row[question] and said.setdefault(about, row[question]) != row[question]:
                raise BadInputError(f"{row['image']}: the form answers {question} twice and differently; leave one")


def _cells(file: Path) -> list[list[str]]:
    """The table, cell by cell, header first."""
    try:
        content = file.read_bytes()
        if content.startswith(b"PK"):
            sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
            rows = sheet.iter_rows(values_only=True)
            return [["" if value is None else str(value) for value in row] for row in rows]
    except (OSError, zipfile.BadZipFile, InvalidFileException, KeyError, IndexError) as error:
        raise BadInputError(f"{file}: cannot be read as a form, CSV or .xlsx: {error}") from error
    text = _decoded(content)
    if text.startswith("sep="):  # Excel's own hint
        text = text.partition("\n")[2]
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadInputError(f"{file}: cannot be read as a form, CSV or .xlsx: {error}") from error


def _decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 as marked; else what Excel of a western Windows writes, which any bytes can be."""
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _plain(name: str) -> str:
    """``Right for wrong reason?`` -> ``right_for_wrong_reason``."""
    return "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


def _cell(cells: Sequence[str], position: int | None) -> str:
    return cells[position].strip() if position is not None and position < len(cells) else ""
