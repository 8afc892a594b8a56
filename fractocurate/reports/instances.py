"""Rows and blocks to fracture instances, with what a person should look at.

Nothing is guessed: a value that is not understood stays as printed and becomes an issue.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.distance import Levenshtein

from data_contracts.records import InstanceReading, Word
from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.reports.fields import Load, is_blank, parse_load
from fractocurate.reports.identify import Identification, Identifiers
from fractocurate.reports.key_values import Pair, lanes_of_values
from fractocurate.reports.lines import around, join_text
from fractocurate.reports.occurrences import Witnesses
from fractocurate.reports.table_headers import is_running_number
from fractocurate.reports.tables import Table
from fractocurate.reports.vocabulary import Vocabulary

_IDENTIFYING = ("foan", "serial_number", "defect_class")
_DOUBTFUL = 0.8
"""Tesseract's confidence below which a load or a tag wants a second look: no grammar or vocabulary backs it."""
_DIGITS_OF_A_NUMBER = 3
_DOUBTFUL_IDENTITY = 0.3
"""The same where a grammar or the vocabulary has already accepted the reading."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What turns words into values: the site's grammars and vocabulary, and the report's notation."""

    identifiers: Identifiers
    vocabulary: Vocabulary
    decimal_mark: str
    witnesses: Witnesses
    """What the report says elsewhere about its identifiers."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the words of a row come from."""

    page: int
    method: ReadingMethod
    problems: tuple[str, ...] = ()


def instances_of_table(table: Table, reader: Reader, source: Source, section_foan: str | None) -> list[InstanceReading]:
    """One instance per row that names a part. FOANs printed once for several rows are filled down.

    Args:
        table: as found.
        reader: grammars, vocabulary, notation.
        source: page and method of its words.
        section_foan: FOAN that stands above the table or is the report's only one; for tables without a FOAN column.
    """
    instances: list[InstanceReading] = []
    has_foan_column = any("foan" in c.fields for c in table.columns)
    above: tuple[Word, ...] = ()
    counting = _counting_columns(table)
    for row in table.rows:
        words: dict[str, tuple[Word, ...]] = {}
        unit = ""
        for index, (column, cell) in enumerate(zip(table.columns, row.cells, strict=True)):
            if index in counting:
                continue
            for name in column.fields:
                words[name] = cell
            if "fracture_load_kn" in column.fields:
                unit = column.unit
        if has_foan_column and not words["foan"]:
            words["foan"] = above
        elif has_foan_column:
            above = words["foan"]
        composites = tuple(c.fields for c in table.columns if len(c.fields) > 1)
        instance = build_instance(words, unit, composites, reader, source)
        if instance is None:
            continue
        if not has_foan_column and instance.foan is None and section_foan:
            instance = replace(instance, foan=section_foan, foan_raw=section_foan)
        instances.append(instance)
    return _with_repaired_tags(instances)


def _with_repaired_tags(instances: list[InstanceReading]) -> list[InstanceReading]:
    """Tags such as ``Bl`` that OCR has made of ``B1``, where another row has the same letter and a digit."""
    letters = {m[1] for i in instances if (m := re.fullmatch(r"([A-Za-z]{1,2})\d{1,2}", i.instance_tag))}
    repaired = []
    for instance in instances:
        match = re.fullmatch(r"([A-Za-z]{1,2})[lIi|]", instance.instance_tag)
        is_slip = instance.method is ReadingMethod.OCR and match is not None and match[1] in letters
        repaired.append(replace(instance, instance_tag=f"{match[1]}1") if match and is_slip else instance)
    return repaired


def _counting_columns(table: Table) -> set[int]:
    """Columns that only count the rows (1, 2, 3 ...): they name no part."""
    counting = set()
    for index, column in enumerate(table.columns):
        if not is_running_number(column.header):
            continue
        numbers = [row.text(index).strip(" .)") for row in table.rows]
        read = [int(n) - k for k, n in enumerate(numbers) if n.isdecimal()]
        if len(read) >= max(1, len(numbers) - 1) and len(set(read)) <= 1 + (len(numbers) > 3):
            counting.add(index)
    return counting


def instances_of_block(
    block: Sequence[Pair], reader: Reader, source: Source, section_foan: str | None
) -> list[InstanceReading]:
    """Instances of a key/value block; none if it does not state a cause."""
    names = {p.name for p in block}
    if "defect_class" not in names or not names & {"serial_number", "instance_tag", "foan"}:
        return []
    unit = next((p.unit for p in block if p.name == "fracture_load_kn"), "")
    instances = []
    for words in lanes_of_values(block):
        instance = build_instance(words, unit, (), reader, source)
        if instance is None:
            continue
        if instance.foan is None and not instance.foan_raw and section_foan:
            instance = replace(instance, foan=section_foan, foan_raw=section_foan)
        instances.append(instance)
    return instances


def build_instance(
    words: Mapping[str, tuple[Word, ...]],
    load_unit: str,
    composites: Sequence[tuple[str, ...]],
    reader: Reader,
    source: Source,
) -> InstanceReading | None:
    """The instance that some cells state; None if they name no part (a sum, a mean, a heading)."""
    text = {name: join_text(cell) for name, cell in words.items()}
    issues = list(source.problems)
    foan = reader.identifiers.foan(text.get("foan", ""))
    serial = reader.identifiers.serial_number(text.get("serial_number", ""))
    if not _names_a_part(foan, serial, text):
        return None
    issues += [i.problem for i in (foan, serial) if i.problem]
    issues += [
        f"{name.replace('_', ' ')} not read: the cell is empty"
        for name in ("foan", "serial_number")
        if name in words and not text[name].strip()
    ]
    tag = text.get("instance_tag", "")
    if any({"serial_number", "instance_tag"} <= set(c) for c in composites):
        tag = serial.rest
    elif any({"foan", "instance_tag"} <= set(c) for c in composites):
        tag = foan.rest
    defect_class, sub_type, class_similarity = _cause(text, reader.vocabulary, issues)
    load = parse_load(text.get("fracture_load_kn", ""), load_unit, reader.decimal_mark)
    remarks = _doubts_about_load(load, words, source)
    if (tag_confidence := _tag_confidence(words, tag)) < _DOUBTFUL:
        doubt = f"instance tag read with low confidence ({tag_confidence:.2f}): {tag}"
        if serial.value is None:
            issues.append(doubt)  # nothing but the tag tells the instances of this FOAN apart
        else:
            remarks.append(doubt)
            tag = ""  # a wrong tag would link images to the wrong instance; the serial number does without it
    all_words = [w for cell in words.values() for w in cell]
    confidences = {name: _lowest_confidence(words, name) for name in _IDENTIFYING}
    for name, found in (("foan", foan), ("serial_number", serial)):
        if found.value is not None and not found.problem:
            witnessed = reader.witnesses.confidence(name, found.value, words.get(name, ()))
            confidences[name] = max(confidences[name], witnessed)
    issues += [
        f"{name.replace('_', ' ')} read with low confidence ({lowest:.2f}): {text[name]}"
        for name, lowest in confidences.items()
        if lowest < _DOUBTFUL_IDENTITY
    ]
    return InstanceReading(
        foan=foan.value,
        foan_raw=foan.raw,
        serial_number=serial.value,
        serial_number_raw=serial.raw,
        instance_tag="" if is_blank(tag) else tag,
        component_id="" if is_blank(text.get("component_id", "")) else text["component_id"],
        defect_class=defect_class,
        defect_class_raw=text.get("defect_class", ""),
        sub_type=sub_type,
        sub_type_raw=text.get("sub_type", ""),
        fracture_load_kn=load.kn,
        fracture_load_raw=text.get("fracture_load_kn", ""),
        page=source.page,
        box=around(all_words) if all_words else None,
        method=source.method,
        confidence=round(min(*confidences.values(), class_similarity), 4),
        issues=tuple(issues),
        remarks=tuple(remarks),
    )


def _doubts_about_load(load: Load, words: Mapping[str, tuple[Word, ...]], source: Source) -> list[str]:
    if load.problem:
        return [load.problem]
    if source.method is ReadingMethod.OCR and "fracture_load_kn" in words and not words["fracture_load_kn"]:
        return ["fracture load not read: the cell is empty, or OCR has missed it"]
    confidence = _lowest_confidence(words, "fracture_load_kn")
    if confidence < _DOUBTFUL:
        return [f"fracture load read with low confidence ({confidence:.2f}): {join_text(words['fracture_load_kn'])}"]
    return []


def _lowest_confidence(words: Mapping[str, tuple[Word, ...]], name: str) -> float:
    telling = [w for w in words.get(name, ()) if any(c.isalnum() for c in w.text)]
    if name in {"foan", "serial_number"}:
        # A label or a tag in the same cell says nothing about the number.
        telling = [w for w in telling if sum(c.isdigit() for c in w.text) >= _DIGITS_OF_A_NUMBER] or telling
    return min((w.confidence for w in telling), default=1.0)


def _tag_confidence(words: Mapping[str, tuple[Word, ...]], tag: str) -> float:
    """Lowest confidence among the words of a tag; it may share its cell with an identifier."""
    pieces = tag.split()
    own = [w for w in words.get("instance_tag", ()) if w.text.strip("/,;()[]|") in pieces]
    return min((w.confidence for w in own), default=1.0)


def _names_a_part(foan: Identification, serial: Identification, text: Mapping[str, str]) -> bool:
    if serial.value is not None:
        return True
    states_something = not is_blank(text.get("defect_class", ""))
    return states_something and (foan.value is not None or bool(serial.problem) or bool(text.get("instance_tag")))


def _cause(text: Mapping[str, str], vocabulary: Vocabulary, issues: list[str]) -> tuple[DefectClass, str, float]:
    """Class, sub-type and similarity; what is not understood becomes an issue."""
    raw, raw_sub_type = text.get("defect_class", ""), text.get("sub_type", "")
    sub_type = None if not raw_sub_type else vocabulary.sub_type(raw_sub_type)
    meaning = None if not raw.strip() else vocabulary.defect_class(raw)
    if meaning is None:
        stated = "not stated" if is_blank(raw) else f"not understood: {raw}"
        issues.append(f"defect class {stated}")
        return DefectClass.UNKNOWN, sub_type.name if sub_type else "", 1.0
    if sub_type is None and meaning.rest and not raw_sub_type:
        sub_type = vocabulary.sub_type(meaning.rest)
    name = sub_type.name if sub_type else ""
    return DefectClass(meaning.name), "" if name == "none" else name, meaning.similarity


def merge_repeated(instances: Sequence[InstanceReading]) -> list[InstanceReading]:
    """One instance per part: repeated rows agree and merge, or contradict each other and say so.

    Rows without a cause (a list of parts) lend their values to the row of the same part that has one.
    """
    merged: list[InstanceReading] = []
    for instance in instances:
        index = next((k for k, other in enumerate(merged) if _same_part(other, instance)), None)
        if index is None:
            merged.append(instance)
        else:
            merged[index] = _merge(merged[index], instance)
    return merged


def _same_part(a: InstanceReading, b: InstanceReading) -> bool:
    foan_fits = a.foan == b.foan or a.foan is None or b.foan is None
    if a.serial_number and b.serial_number:
        same_tag = not a.instance_tag or not b.instance_tag or a.instance_tag == b.instance_tag
        return foan_fits and a.serial_number == b.serial_number and (same_tag or a.page != b.page)
    tags_fit = bool(a.instance_tag) and a.instance_tag == b.instance_tag
    return foan_fits and tags_fit and (a.serial_number is None) != (b.serial_number is None)


def _merge(a: InstanceReading, b: InstanceReading) -> InstanceReading:
    issues = [i for i in dict.fromkeys((*a.issues, *b.issues)) if not i.startswith("defect class not stated")]
    first, second = (a, b) if a.defect_class_raw or not b.defect_class_raw else (b, a)
    if second.defect_class_raw and first.defect_class is not second.defect_class:
        issues.append(
            f"contradicting defect class: {a.defect_class_raw} on page {a.page}, {b.defect_class_raw} on page {b.page}"
        )
    if not first.defect_class_raw:
        issues.append("defect class not stated")
    loads = {x.fracture_load_kn for x in (a, b)} - {None}
    if len(loads) > 1:
        issues.append(f"contradicting fracture load: {a.fracture_load_raw}, {b.fracture_load_raw}")
    return replace(
        first,
        foan=first.foan or second.foan,
        foan_raw=first.foan_raw or second.foan_raw,
        serial_number=first.serial_number or second.serial_number,
        serial_number_raw=first.serial_number_raw or second.serial_number_raw,
        instance_tag=first.instance_tag or second.instance_tag,
        component_id=first.component_id or second.component_id,
        sub_type=first.sub_type or second.sub_type,
        sub_type_raw=first.sub_type_raw or second.sub_type_raw,
        fracture_load_kn=first.fracture_load_kn if first.fracture_load_kn is not None else second.fracture_load_kn,
        fracture_load_raw=first.fracture_load_raw or second.fracture_load_raw,
        confidence=min(a.confidence, b.confidence),
        issues=tuple(issues),
        remarks=tuple(dict.fromkeys((*a.remarks, *b.remarks))),
    )


def flag_contradictions(
    instances: Sequence[InstanceReading], header_foans: Sequence[str], mentioned_foans: Mapping[str, int]
) -> list[InstanceReading]:
    """Compare the FOAN of each row with the report's header and with the FOANs on its other pages.

    Args:
        instances: of one report.
        header_foans: FOANs that the header states as a key and value.
        mentioned_foans: prefixed FOANs anywhere outside tables, with how often each occurs.
    """
    own = {i.foan for i in instances}
    flagged = []
    for instance in instances:
        issues = list(instance.issues)
        if instance.foan is not None:
            if header_foans and not own & set(header_foans):
                issues.append(f"contradicting foan: header {', '.join(header_foans)}, row {instance.foan}")
            elif instance.foan not in mentioned_foans:
                slips = [m for m in mentioned_foans if m not in own and Levenshtein.distance(m, instance.foan) <= 1]
                if slips:
                    issues.append(f"contradicting foan: row {instance.foan}, elsewhere {', '.join(slips)}")
        flagged.append(replace(instance, issues=tuple(dict.fromkeys(issues))))
    return flagged
