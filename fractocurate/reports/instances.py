"""Rows of tables and key/value blocks to fracture instances, with the FOANs that stand above them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import InstanceReading, Reading, Word
from data_contracts.vocabulary import ReadingMethod
from fractocurate.reports.agreement import STANDS_ABOVE
from fractocurate.reports.confidence import lowest_of_number
from fractocurate.reports.key_values import Pair, lanes_of_values
from fractocurate.reports.lines import around, join_text
from fractocurate.reports.row_values import Reader, Source, build_instance, with_confidence
from fractocurate.reports.table_headers import is_running_number
from fractocurate.reports.tables import Table

_DITTO = re.compile(
    r"[-\u2013\u2014\s]*(?:[\"\u2033\u3003\u201c\u201d\u201e\u00bb\u00ab]|''|,,|ditto|dito|dto\.?|do\.)[-\u2013\u2014\s]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SectionFoan:
    """The FOAN that holds for rows without one: it stands in a heading above, or is the report's only one."""

    value: str
    raw: str
    words: tuple[Word, ...]
    page: int
    method: ReadingMethod

    @property
    def reading(self) -> Reading:
        """It, as the FOAN of an instance."""
        confidence = lowest_of_number(self.words)
        return Reading(
            "foan", self.raw, self.value, self.method, confidence, self.page, around(self.words), STANDS_ABOVE
        )


def instances_of_table(
    table: Table, reader: Reader, source: Source, section: SectionFoan | None
) -> list[InstanceReading]:
    """One instance per row that names a part. FOANs printed once for several rows are filled down.

    Args:
        table: as found.
        reader: grammars, vocabulary, notation.
        source: page and method of its words.
        section: FOAN of rows without one, for tables without a FOAN column.
    """
    instances: list[InstanceReading] = []
    has_foan_column = any("foan" in c.fields for c in table.columns)
    composites = tuple(c.fields for c in table.columns if len(c.fields) > 1)
    above: tuple[Word, ...] = ()
    counting = _counting_columns(table)
    cells_above: tuple[tuple[Word, ...], ...] = tuple(() for _ in table.columns)
    for row in table.rows:
        words: dict[str, tuple[Word, ...]] = {}
        unit = ""
        cells = tuple(old if is_ditto(new) else new for new, old in zip(row.cells, cells_above, strict=True))
        cells_above = cells
        for index, (column, cell) in enumerate(zip(table.columns, cells, strict=True)):
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
        instance = build_instance(words, unit, composites, reader, source)
        if instance is None:
            continue
        if not has_foan_column and instance.foan is None and section is not None:
            instance = with_foan(instance, section)
        instances.append(instance)
    return _with_repaired_tags(instances)


def is_ditto(cell: Sequence[Word]) -> bool:
    """Whether a cell says that it holds what the one above holds."""
    return bool(cell) and _DITTO.fullmatch(join_text(cell)) is not None


def with_foan(instance: InstanceReading, section: SectionFoan) -> InstanceReading:
    """The instance with the FOAN that holds for it."""
    readings = (section.reading, *(r for r in instance.readings if r.field != "foan"))
    return with_confidence(replace(instance, foan=section.value, foan_raw=section.raw, readings=readings))


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
    block: Sequence[Pair], reader: Reader, source: Source, section: SectionFoan | None
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
        if instance.foan is None and not instance.foan_raw and section is not None:
            instance = with_foan(instance, section)
        instances.append(instance)
    return instances
