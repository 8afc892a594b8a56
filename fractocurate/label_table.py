"""Labels that stand in a CSV, Excel or parquet table: rows -> labels of image files, with what is wrong of each."""

import csv
import io
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import polars as pl

from data_contracts.errors import BadInputError
from data_contracts.identifiers import Grammar
from data_contracts.vocabulary import DefectClass
from fractocurate.profile import LabelColumns, Profile
from fractocurate.reports.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One row of the table."""

    row: int
    """1-based, the header not counted."""
    file_name: str
    foan: str | None
    foan_raw: str
    serial_number: str | None
    serial_number_raw: str
    defect_class: DefectClass
    defect_class_raw: str
    sub_type: str
    sub_type_raw: str
    fracture_load_kn: float | None
    fracture_load_raw: str
    magnification: float | None
    magnification_raw: str
    issue: str
    """Why it cannot label anything; empty if it can."""


def read_label_table(path: Path, profile: Profile) -> list[LabelRow]:
    """Read all rows. Which column holds what is told by the profile's section ``labels``.

    Raises:
        BadInputError: no such file, not a table, or a table without the columns for file name and class.
    """
    table = _read_table(path)
    columns = _find_columns(table.columns, profile.labels)
    missing = [name for name in ("file_name", "defect_class") if name not in columns]
    if missing:
        wanted = "; ".join(f"{name}: one of {', '.join(getattr(profile.labels, name))}" for name in missing)
        raise BadInputError(
            f"{path}: has no column for {' and '.join(missing)} ({wanted}); it has {', '.join(table.columns)}. "
            "Name the column under `labels` in a --profile",
        )
    vocabulary = Vocabulary(profile)
    rows = []
    for number, values in enumerate(table.iter_rows(named=True), start=1):
        text = {name: str(values[column] or "").strip() for name, column in columns.items()}
        rows.append(_label_row(number, text, profile, vocabulary))
    return rows


def resolve_files(rows: Sequence[LabelRow], paths: Iterable[str]) -> dict[int, list[str]]:
    """Row number -> the image files that it means: the path itself, else its end, else its name without suffix."""
    exact: dict[str, str] = {}
    by_end: dict[str, list[str]] = defaultdict(list)
    by_stem: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        key = _key(path)
        exact[key] = path
        parts = key.split("/")
        for start in range(len(parts)):
            by_end["/".join(parts[start:])].append(path)
        by_stem[PurePosixPath(key).stem].append(path)
    found = {}
    for row in rows:
        key = _key(row.file_name)
        if key in exact:
            found[row.row] = [exact[key]]
        else:
            name = key.rsplit("/", 1)[-1]
            found[row.row] = by_end.get(key) or by_end.get(name) or by_stem.get(name) or []
    return found


def _label_row(number: int, text: Mapping[str, str], profile: Profile, vocabulary: Vocabulary) -> LabelRow:
    meaning = vocabulary.defect_class(text["defect_class"])
    sub_type = vocabulary.sub_type(text["sub_type"]) if text.get("sub_type") else None
    issue = "" if meaning else f"class not understood: {text['defect_class']!r}"
    foan, foan_issue = _identifier(text.get("foan", ""), profile.foan.grammar, "FOAN")
    serial, serial_issue = _identifier(text.get("serial_number", ""), profile.serial_number.grammar, "serial number")
    load_raw, magnification_raw = text.get("fracture_load_kn", ""), text.get("magnification", "")
    return LabelRow(
        number,
        text["file_name"],
        foan,
        text.get("foan", ""),
        serial,
        text.get("serial_number", ""),
        DefectClass(meaning.name) if meaning else DefectClass.UNKNOWN,
        text["defect_class"],
        "" if sub_type is None or sub_type.name == "none" else sub_type.name,
        text.get("sub_type", ""),
        _number(load_raw),
        load_raw,
        _number(magnification_raw.rstrip("xX").strip()),
        magnification_raw,
        "; ".join(filter(None, (issue, foan_issue, serial_issue))),
    )


def _identifier(text: str, grammar: Grammar, what: str) -> tuple[str | None, str]:
    if not text:
        return None, ""
    found = grammar.parse(text)
    if found is None:
        return None, f"{what} breaks the site's grammar: {text!r}"
    if found.repairs:
        return None, f"{what} needs a repair: {text!r} for {found.value}"
    return found.value, ""


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text.replace(",", ""))
    except ValueError:
        return None
    return value if value > 0 and value != float("inf") else None


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path.strip()).replace("\\", "/").lstrip("./").casefold()


def _find_columns(present: Sequence[str], wanted: LabelColumns) -> dict[str, str]:
    by_key = {name.strip().casefold(): name for name in reversed(present)}
    found = {}
    for field in LabelColumns.model_fields:
        for name in getattr(wanted, field):
            if name.casefold() in by_key:
                found[field] = by_key[name.casefold()]
                break
    return found


def _read_table(path: Path) -> pl.DataFrame:
    """All cells as text."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path}: cannot read the table of labels: {error.strerror}") from error
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            table = pl.read_parquet(io.BytesIO(content))
        elif suffix in {".xlsx", ".xlsm"}:
            table = pl.read_excel(io.BytesIO(content), engine="openpyxl", infer_schema_length=None)
        elif suffix in {".csv", ".tsv", ".txt"}:
            table = _read_csv(content)
        else:
            raise BadInputError(f"{path}: a table of labels is a .csv, .xlsx or .parquet file")
    except (pl.exceptions.PolarsError, ValueError, OSError, KeyError) as error:
        raise BadInputError(f"{path}: not a table that can be read: {error}") from error
    if table.is_empty():
        raise BadInputError(f"{path}: the table has no rows")
    return table.cast(pl.String)


def _read_csv(content: bytes) -> pl.DataFrame:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")  # what Excel writes in western Europe
    header = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=header.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return pl.DataFrame()
    names = [name or f"column {i}" for i, name in enumerate(rows[0])]
    cells = [[*row, *[""] * (len(names) - len(row))][: len(names)] for row in rows[1:]]
    return pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")
