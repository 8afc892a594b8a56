"""Rows of tables and key/value blocks to fracture instances, with the FOANs that stand above them."""

import itertools
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from data_contracts.records import InstanceReading, Reading, Word
from data_contracts.vocabulary import ReadingMethod
from fractocurate.reports.agreement import STANDS_ABOVE
from fractocurate.reports.confidence import LESS_SURE, lowest_of_number
from fractocurate.reports.header_cells import is_running_number
from fractocurate.reports.key_blocks import lanes_of_values
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import around, join_text
from fractocurate.reports.row_values import Reader, Source, build_instance, doubted, with_confidence
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_content import infer_fields
from fractocurate.reports.table_rows import Row
from fractocurate.reports.tables import Table
from fractocurate.reports.tags_in_turn import rows_with_tags_in_turn

_DITTO = re.compile(
    r"[-\u2013\u2014\s]*(?:[\"\u2033\u3003\u201c\u201d\u201e\u00bb\u00ab]|''|,,|ditto|dito|dto\.?|do\.)[-\u2013\u2014\s]*",
    re.IGNORECASE,
)
_OF_A_PART = frozenset({"foan", "instance_tag", "component_id", "fracture_load_kn", "sub_type"})
_FEWEST_OF_A_PART = 2
_LONGEST_DITTO = 2


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
    columns = infer_fields(table.columns, table.rows, reader.identifiers, reader.vocabulary)
    if source.method is ReadingMethod.OCR:
        table = replace(table, rows=rows_with_tags_in_turn(columns, table.rows))
    rows = _with_values_from_above(table.rows, columns, reader, source)
    composites = tuple(c.fields for c in columns if len(c.fields) > 1)
    has_foan_column = any("foan" in c.fields for c in columns)
    counting = _counting_columns(table)
    unit = next((c.unit for c in columns if "fracture_load_kn" in c.fields), "")
    instances: list[InstanceReading] = []
    for row, cells in zip(table.rows, rows, strict=True):
        words = {
            name: cell
            for index, (column, cell) in enumerate(zip(columns, cells, strict=True))
            if index not in counting
            for name in column.fields
        }
        problems = (*source.problems, row.unclear) if row.unclear else source.problems
        instance = build_instance({**row.stated, **words}, unit, composites, reader, replace(source, problems=problems))
        if instance is None:
            continue
        if row.is_by_place and source.method is ReadingMethod.OCR:
            instance = _less_sure(instance, row.stated)
        if not has_foan_column and instance.foan is None and section is not None:
            instance = with_foan(instance, section)
        if other := _other_foan(columns, cells, instance.foan, reader):
            doubt = f"another FOAN in the row than the one it has from above: {other}"
            instance = with_confidence(replace(instance, issues=(*instance.issues, doubt)))
        for column in columns:
            if column.is_inferred:
                instance = _with_inferred(instance, column)
        instances.append(instance)
    return _with_repaired_tags(instances)


def _other_foan(columns: Sequence[Column], cells: Sequence[tuple[Word, ...]], foan: str | None, reader: Reader) -> str:
    """A FOAN in a column that is not known to hold any, where the row has another one; empty if there is none."""
    if any("foan" in column.fields for column in columns):
        return ""
    for column, cell in zip(columns, cells, strict=True):
        if set(column.fields) <= {"instance_tag"}:
            found = reader.identifiers.profile.foan.grammar.parse(join_text(cell))
            if found and not found.repairs and found.value != foan:
                return found.value
    return ""


def _with_values_from_above(
    rows: Sequence[Row], columns: Sequence[Column], reader: Reader, source: Source
) -> list[tuple[tuple[Word, ...], ...]]:
    """Cells of each row, ditto marks and FOANs printed once replaced by what stands above.

    Where a scanned table repeats its FOANs row by row, an empty cell is one that OCR has missed: it stays empty.
    """
    foan_column = next((k for k, c in enumerate(columns) if "foan" in c.fields), None)
    fills = foan_column is not None and not (
        source.method is ReadingMethod.OCR and _repeats_foans([row.text(foan_column) for row in rows], reader)
    )
    above: tuple[tuple[Word, ...], ...] = tuple(() for _ in columns)
    filled = []
    for row in rows:
        above = tuple(
            old if is_ditto(new) or (fills and k == foan_column and _says_nothing(new, source)) else new
            for k, (new, old) in enumerate(zip(row.cells, above, strict=True))
        )
        filled.append(above)
    return filled


def _says_nothing(cell: Sequence[Word], source: Source) -> bool:
    """Whether a cell is empty; on a scan also if it holds a letter or two, which OCR makes of a ditto mark."""
    text = "".join(w.text for w in cell)
    is_short = len(text) <= _LONGEST_DITTO and not any(c.isdigit() for c in text)
    return not text or (source.method is ReadingMethod.OCR and is_short)


def _less_sure(instance: InstanceReading, fields: Collection[str]) -> InstanceReading:
    """OCR may have missed a line between a row and the band above it, or have taken a speck for a mark."""
    note = "stands above the row, not in it"
    readings = tuple(doubted(r, note, LESS_SURE) if r.field in fields else r for r in instance.readings)
    return with_confidence(replace(instance, readings=readings))


def _repeats_foans(texts: Sequence[str], reader: Reader) -> bool:
    values = [reader.identifiers.foan(text).value for text in texts]
    return any(a is not None and a == b for a, b in itertools.pairwise(values))


def _with_inferred(instance: InstanceReading, column: Column) -> InstanceReading:
    """What identifies or labels a part must not rest on the look of its column alone."""
    name = column.fields[0]
    label = {"fracture_load_kn": "fracture load", "sub_type": "sub-type"}.get(name, name.replace("_", " "))
    note = f"{label} taken from a column whose header is not understood: {column.header}"
    readings = tuple(doubted(r, note, LESS_SURE) if r.field == name else r for r in instance.readings)
    if readings == instance.readings:
        return instance
    if name in {"fracture_load_kn", "sub_type"}:
        return replace(instance, readings=readings, remarks=(*instance.remarks, note))
    return with_confidence(replace(instance, readings=readings, issues=(*instance.issues, note)))


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
    """Instances of a key/value block.

    None if it does not state a cause, unless it names a part and two more things of it: its cause was missed.
    """
    names = {p.name for p in block}
    stated = {p.name for p in block if p.text}
    is_part = "serial_number" in stated and len(stated & _OF_A_PART) >= _FEWEST_OF_A_PART
    if ("defect_class" not in names and not is_part) or not names & {"serial_number", "instance_tag", "foan"}:
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
