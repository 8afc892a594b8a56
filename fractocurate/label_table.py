"""Labels that stand in a CSV, Excel or parquet table: rows -> labels of image files, with what is wrong of each."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from data_contracts.errors import BadInputError
from data_contracts.identifiers import Grammar, Identifier
from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.micrographs.magnification import number_of, parse_magnification
from fractocurate.profile import LabelColumns, Profile
from fractocurate.reports.vocabulary import Vocabulary
from fractocurate.text_table import read_text_table


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One row of the table."""

    row: int
    """1-based, the header not counted."""
    file_name: str
    foan: str | None
    foan_raw: str
    foan_source: ReadingMethod
    """``LABEL_TABLE``, or ``FILE_NAME`` where the row itself states none."""
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
    table = read_text_table(path, "table of labels")
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
    """Row number -> the image files that it means; more than one if the row leaves it open.

    A row means the file with its very path; else those whose path it is in another case or spelling; else those whose
    path it ends (or, if its folders go further up, begins above); else the same without the suffix. Folders that
    contradict each other never fit: ``2019/a.tif`` does not mean ``2020/a.tif``.
    """
    all_paths = list(paths)
    by_path: dict[str, list[str]] = defaultdict(list)
    by_end: dict[str, list[str]] = defaultdict(list)
    for path in all_paths:
        key = _key(path)
        for spelling in (key, _without_suffix(key)):
            by_path[spelling].append(path)
            for end in _ends(spelling):
                by_end[end].append(path)
    present = set(all_paths)
    return {row.row: _files_meant(row.file_name, present, by_path, by_end) for row in rows}


def _files_meant(
    file_name: str, present: set[str], by_path: Mapping[str, list[str]], by_end: Mapping[str, list[str]]
) -> list[str]:
    if file_name in present:
        return [file_name]
    key = _key(file_name)
    if not key:
        return []
    longest = next((by_path[end] for end in _ends(key) if end in by_path), [])
    return by_path.get(key) or by_end.get(key) or longest


def _ends(key: str) -> list[str]:
    """A path and all its ends, the longest first."""
    parts = key.split("/")
    return ["/".join(parts[start:]) for start in range(len(parts))]


def _without_suffix(key: str) -> str:
    return key.removesuffix(PurePosixPath(key).suffix)


def _label_row(number: int, text: Mapping[str, str], profile: Profile, vocabulary: Vocabulary) -> LabelRow:
    meaning = vocabulary.defect_class(text["defect_class"])
    sub_type = vocabulary.sub_type(text["sub_type"]) if text.get("sub_type") else None
    issue = "" if meaning else f"class not understood: {text['defect_class']!r}"
    foan, foan_issue = _identifier(text.get("foan", ""), profile.foan.grammar, "FOAN")
    serial, serial_issue = _identifier(text.get("serial_number", ""), profile.serial_number.grammar, "serial number")
    foan_raw, foan_source = text.get("foan", ""), ReadingMethod.LABEL_TABLE
    named = None if foan_raw else _foan_in_name(text["file_name"], profile.foan.grammar)
    if named is not None:
        foan, foan_raw, foan_source = named.value, named.raw, ReadingMethod.FILE_NAME
    load_raw, magnification_raw = text.get("fracture_load_kn", ""), text.get("magnification", "")
    return LabelRow(
        number,
        text["file_name"],
        foan,
        foan_raw,
        foan_source,
        serial,
        text.get("serial_number", ""),
        DefectClass(meaning.name) if meaning else DefectClass.UNKNOWN,
        text["defect_class"],
        "" if sub_type is None or sub_type.name == "none" else sub_type.name,
        text.get("sub_type", ""),
        _number(load_raw),
        load_raw,
        parse_magnification(magnification_raw) or _number(magnification_raw),
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


def _foan_in_name(file_name: str, grammar: Grammar) -> Identifier | None:
    """The one FOAN that a file's name states in full: with its prefix, nothing repaired, nothing beside it."""
    name = unicodedata.normalize("NFC", file_name).replace("\\", "/").rsplit("/", 1)[-1]
    found = [identifier for identifier in grammar.find(name) if identifier.prefixed]
    if len({identifier.value for identifier in found}) != 1 or any(identifier.repairs for identifier in found):
        return None
    return None if grammar.find_malformed(name) else found[0]


def _number(text: str) -> float | None:
    value = number_of(text)
    return value if value is not None and 0 < value < float("inf") else None


def _key(path: str) -> str:
    normal = unicodedata.normalize("NFC", path.strip()).replace("\\", "/").casefold()
    return re.sub(r"^(?:[a-z]:)?(?:\.{0,2}/)+", "", normal)


def _find_columns(present: Sequence[str], wanted: LabelColumns) -> dict[str, str]:
    by_key = {name.strip().casefold(): name for name in reversed(present)}
    found = {}
    for field in LabelColumns.model_fields:
        for name in getattr(wanted, field):
            if name.casefold() in by_key:
                found[field] = by_key[name.casefold()]
                break
    return found
