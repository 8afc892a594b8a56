"""What the rows of a report say of each other: the same part twice, contradictions, another FOAN in header or text."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from rapidfuzz.distance import Levenshtein

from data_contracts.records import InstanceReading, Reading
from data_contracts.vocabulary import ReadingMethod
from fractocurate.reports.confidence import LESS_SURE
from fractocurate.reports.row_values import doubted, with_confidence

_NOT_STATED = "defect class not stated"
_OFTEN = 3
"""Rows that each state a FOAN themselves outweigh one elsewhere that differs in a character."""
_DIGITS_THAT_TELL = 4
"""Of a torn FOAN: fewer may be a year or stand in any number."""
_FEWEST_OTHERS = 2
_FAR_BEYOND = 5.0
STANDS_ABOVE = "stands above the row, not in it"
"""Note of a FOAN that a row has from a heading, or from the whole report."""


def merge_repeated(instances: Sequence[InstanceReading]) -> list[InstanceReading]:
    """One instance per part: repeated rows agree and merge, or contradict each other and say so.

    Rows without a cause (a list of parts) lend their values to the row of the same part that has one.
    """
    merged: list[InstanceReading] = []
    for instance in instances:
        index = next((k for k, other in enumerate(merged) if _same_part(other, instance)), None)
        if index is None:
            index = _only_with_tag(merged, instance)
        if index is None:
            merged.append(instance)
        else:
            merged[index] = _merge(merged[index], instance)
    return merged


def _only_with_tag(merged: Sequence[InstanceReading], instance: InstanceReading) -> int | None:
    """The only row with the tag of one that has nothing else: a second table that gives causes by tag alone."""
    if instance.serial_number or not instance.instance_tag or not _has_foan_from_above(instance):
        return None
    same = [k for k, other in enumerate(merged) if other.instance_tag == instance.instance_tag]
    return (
        same[0] if len(same) == 1 and merged[same[0]].serial_number and not merged[same[0]].defect_class_raw else None
    )


def _has_foan_from_above(instance: InstanceReading) -> bool:
    return all(r.note == STANDS_ABOVE for r in instance.readings if r.field == "foan")


def _same_part(a: InstanceReading, b: InstanceReading) -> bool:
    foan_fits = a.foan == b.foan or a.foan is None or b.foan is None
    if a.serial_number and b.serial_number:
        same_tag = not a.instance_tag or not b.instance_tag or a.instance_tag == b.instance_tag
        return foan_fits and a.serial_number == b.serial_number and (same_tag or a.page != b.page)
    tags_fit = bool(a.instance_tag) and a.instance_tag == b.instance_tag
    return foan_fits and tags_fit and (a.serial_number is None) != (b.serial_number is None)


def _merge(a: InstanceReading, b: InstanceReading) -> InstanceReading:
    issues = [i for i in dict.fromkeys((*a.issues, *b.issues)) if not i.startswith(_NOT_STATED)]
    first, second = (a, b) if a.defect_class_raw or not b.defect_class_raw else (b, a)
    if _has_foan_from_above(first) and second.foan is not None and not _has_foan_from_above(second):
        own = tuple(r for r in second.readings if r.field == "foan")
        rest = tuple(r for r in first.readings if r.field != "foan")
        first = replace(first, foan=second.foan, foan_raw=second.foan_raw, readings=(*own, *rest))
    readings = _merged_readings(first, second)
    if second.defect_class_raw and first.defect_class is not second.defect_class:
        issue = (
            f"contradicting defect class: {a.defect_class_raw} on page {a.page}, {b.defect_class_raw} on page {b.page}"
        )
        issues.append(issue)
        _doubt(readings, "defect_class", issue)
    if not first.defect_class_raw:
        issues.append(_NOT_STATED)
    loads = {x.fracture_load_kn for x in (a, b)} - {None}
    if len(loads) > 1:
        issue = f"contradicting fracture load: {a.fracture_load_raw}, {b.fracture_load_raw}"
        issues.append(issue)
        _doubt(readings, "fracture_load_kn", issue)
    return with_confidence(
        replace(
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
            issues=tuple(issues),
            remarks=tuple(dict.fromkeys((*a.remarks, *b.remarks))),
            readings=tuple(readings.values()),
        )
    )


def _merged_readings(first: InstanceReading, second: InstanceReading) -> dict[str, Reading]:
    """The first row's readings, else the second's; a value that both state is as sure as the surer."""
    merged = {r.field: r for r in first.readings if r.value is not None}
    for reading in second.readings:
        other = merged.get(reading.field)
        if other is None:
            if reading.value is not None or reading.field not in {r.field for r in first.readings}:
                merged[reading.field] = reading
        elif other.value == reading.value and not other.note and not reading.note:
            merged[reading.field] = replace(other, confidence=max(other.confidence, reading.confidence))
    return {r.field: r for r in first.readings} | merged


def _doubt(readings: dict[str, Reading], name: str, note: str) -> None:
    if name in readings:
        readings[name] = doubted(readings[name], note)


def flag_contradictions(
    instances: Sequence[InstanceReading],
    header_foans: Sequence[str],
    mentioned_foans: Collection[str],
    heading_foans: Collection[str],
    *,
    names_serials: bool = False,
) -> list[InstanceReading]:
    """Compare the FOAN of each row with the report's header and with the FOANs on its other pages.

    Args:
        instances: of one report.
        header_foans: FOANs that the header states as a key and value.
        mentioned_foans: FOANs anywhere outside tables.
        heading_foans: those among them that stand in a heading or a caption: they speak of this report's parts, while
            running text may speak of others, whose FOANs are often one digit away.
        names_serials: whether serial numbers stand anywhere in the report.
    """
    own = {i.foan for i in instances}
    stated = Counter(i.foan for i in instances if i.foan is not None and not _has_foan_from_above(i))
    often = {foan for foan, n in stated.items() if n >= _OFTEN}
    have_serials = names_serials or any(i.serial_number for i in instances)
    enclosed = _enclosed_slips(instances, {f for f, n in stated.items() if n == 1} - set(mentioned_foans))
    flagged = []
    for index, instance in enumerate(instances):
        issue = _contradiction(instance.foan, own, header_foans, {*mentioned_foans, *often}, heading_foans)
        issue = issue or enclosed.get(index, "")
        if not issue and have_serials and not instance.serial_number and not instance.serial_number_raw:
            issue = "no serial number, though the report names some: was it missed, or is it a part of another report?"
        if not issue and not instance.issues and not instance.foan and not any(map(str.isalnum, instance.foan_raw)):
            issue = "no foan: none stands in the row, in a heading above it or in the header"
        if issue:
            readings = {r.field: r for r in instance.readings}
            _doubt(readings, "foan", issue)
            issues = tuple(dict.fromkeys((*instance.issues, issue)))
            instance = with_confidence(replace(instance, issues=issues, readings=tuple(readings.values())))  # noqa: PLW2901
        flagged.append(instance)
    return flagged


def _enclosed_slips(instances: Sequence[InstanceReading], once: Collection[str]) -> dict[int, str]:
    """What speaks against FOANs of scans that one row alone states, by the row's index.

    The rows above and below agree on a FOAN that differs in one character: OCR may have misread it.
    """
    found = {}
    for index, (above, row, below) in enumerate(zip(instances, instances[1:], instances[2:], strict=False), 1):
        if row.foan is None or row.foan not in once or row.method is not ReadingMethod.OCR or above.foan is None:
            continue
        is_enclosed = above.foan == below.foan and above.page == row.page == below.page
        if is_enclosed and Levenshtein.distance(above.foan, row.foan) == 1:
            found[index] = f"contradicting foan: row {row.foan}, rows above and below {above.foan}"
    return found


def flag_gaps(instances: Sequence[InstanceReading]) -> list[InstanceReading]:
    """Remark on loads and sub-types that are missing while another fracture of the report has one.

    A cell that says that there is none ("-", "n/a") is not missing. Nor is anything where no fracture has a value.
    """
    flagged = list(instances)
    for raw_name, label in (("fracture_load_raw", "fracture load"), ("sub_type_raw", "sub-type")):
        if not any(getattr(i, raw_name) for i in instances):
            continue
        for k, instance in enumerate(flagged):
            is_said = bool(getattr(instance, raw_name)) or any(r.startswith(label) for r in instance.remarks)
            if not is_said and not (raw_name == "sub_type_raw" and instance.sub_type):
                verb = "read" if instance.method is ReadingMethod.OCR else "stated"
                remark = f"{label} not {verb}, unlike those of other fractures"
                flagged[k] = replace(instance, remarks=(*instance.remarks, remark))
    return flagged


def flag_torn_header(instances: Sequence[InstanceReading], texts: Sequence[str]) -> list[InstanceReading]:
    """Doubt all rows where the header announces a FOAN of which the number that can be read is in none of them.

    Args:
        instances: of the report.
        texts: what stands in the header where a FOAN should and breaks the grammar.
    """
    numbers = {number for text in texts for number in re.findall(r"\d+", text) if len(number) >= _DIGITS_THAT_TELL}
    digits = ["".join(c for c in i.foan or "" if c.isdigit()) for i in instances]
    if not numbers or any(_holds(own, number) for own in digits for number in numbers):
        return list(instances)
    issue = f"contradicting foan: the header's cannot be read and is another one: {', '.join(texts)}"
    return [with_confidence(replace(i, issues=(*i.issues, issue))) if i.foan else i for i in instances]


def _holds(digits: str, number: str) -> bool:
    """Whether a number stands in some digits, one of its own misread at most."""
    ends = range(len(number), len(digits) + 1)
    return any(Levenshtein.distance(digits[k - len(number) : k], number) <= 1 for k in ends)


def flag_odd_loads(instances: Sequence[InstanceReading]) -> list[InstanceReading]:
    """Remark on loads of scans that are far beyond all others of the report: OCR may have lost a decimal mark."""
    flagged = list(instances)
    for k, instance in enumerate(instances):
        load = instance.fracture_load_kn
        others = [o.fracture_load_kn for o in instances if o is not instance and o.fracture_load_kn]
        if instance.method is not ReadingMethod.OCR or not load or len(others) < _FEWEST_OTHERS:
            continue
        if min(others) / _FAR_BEYOND < load < max(others) * _FAR_BEYOND:
            continue
        note = f"fracture load far from those of the other fractures: {instance.fracture_load_raw}"
        readings = tuple(doubted(r, note, LESS_SURE) if r.field == "fracture_load_kn" else r for r in instance.readings)
        flagged[k] = replace(instance, readings=readings, remarks=(*instance.remarks, note))
    return flagged


def _contradiction(
    foan: str | None,
    own: set[str | None],
    header_foans: Sequence[str],
    mentioned_foans: Collection[str],
    heading_foans: Collection[str],
) -> str:
    if foan is None:
        return ""
    if header_foans and not own & set(header_foans):
        return f"contradicting foan: header {', '.join(header_foans)}, row {foan}"
    if foan not in mentioned_foans:
        slips = sorted(m for m in heading_foans if m not in own and Levenshtein.distance(m, foan) <= 1)
        if slips:
            return f"contradicting foan: row {foan}, elsewhere {', '.join(slips)}"
    return ""
