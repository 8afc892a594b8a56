"""The cells of one row to an instance: what each says, how surely, and what a person should doubt.

Nothing is guessed: a value that is not understood stays as printed and becomes an issue.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from data_contracts.records import InstanceReading, Reading, Word
from data_contracts.vocabulary import DefectClass, ReadingMethod
from fractocurate.reports.assertion import cause_in
from fractocurate.reports.confidence import (
    CONTRADICTED,
    LESS_SURE,
    REPAIRED,
    REVIEWED_BELOW,
    SPELT,
    lowest,
    lowest_of_number,
)
from fractocurate.reports.fields import is_blank, parse_load
from fractocurate.reports.identify import Identification, Identifiers
from fractocurate.reports.lines import around, group_lines, join_text
from fractocurate.reports.occurrences import Witnesses
from fractocurate.reports.synonyms import Meaning
from fractocurate.reports.tick_marks import choose, marks_of, read_options, set_apart
from fractocurate.reports.units import unit_of
from fractocurate.reports.vocabulary import Vocabulary

Cells = Mapping[str, tuple[Word, ...]]
"""Words by column of ``fracture_instances``."""

_DOUBTFUL_TAG = 0.8
"""Confidence below which a tag is not believed: no grammar or vocabulary backs it."""
_DOUBTFUL_LOAD = 0.8
"""The same for a load, which labels nothing: it is kept, with a remark."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What turns words into values: the site's grammars and vocabulary, and the report's notation."""

    identifiers: Identifiers
    vocabulary: Vocabulary
    decimal_mark: str
    witnesses: Witnesses
    """What the report says elsewhere about its identifiers."""
    legend: Mapping[str, str] = field(default_factory=dict)
    """Wording of a cause by its code, where the report explains codes."""
    load_unit: str = ""
    """Unit of force where neither header nor cell names one, but a sentence does."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the words of a row come from."""

    page: int
    method: ReadingMethod
    problems: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    """Readings of a row as they come, with the doubts about them."""

    source: Source
    readings: dict[str, Reading] = field(default_factory=dict)
    issues: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def read(self, name: str, words: Sequence[Word], raw: str, value: str | None, confidence: float) -> None:
        """Keep a value with its evidence."""
        box = around(words) if words else None
        self.readings[name] = Reading(name, raw, value, self.source.method, confidence, self.source.page, box)

    def doubt(self, name: str, text: str, *, blocks: bool, most: float = CONTRADICTED) -> None:
        """Say what speaks against a value; ``blocks`` if the row must not label anything until a person has looked."""
        (self.issues if blocks else self.remarks).append(text)
        if name in self.readings:
            self.readings[name] = doubted(self.readings[name], text, most)


def doubted(reading: Reading, note: str, most: float = CONTRADICTED) -> Reading:
    """The same reading with what speaks against it."""
    notes = "; ".join(n for n in (reading.note, note) if n)
    return replace(reading, confidence=min(reading.confidence, most), note=notes)


def build_instance(
    cells: Cells, load_unit: str, composites: Sequence[tuple[str, ...]], reader: Reader, source: Source
) -> InstanceReading | None:
    """The instance that some cells state; None if they name no part (a sum, a mean, a heading).

    Args:
        cells: the words of each column that the row has; empty ones included.
        load_unit: unit of force that the header names; empty if none.
        composites: columns that share a cell, such as serial number and tag.
        reader: grammars, vocabulary, notation and witnesses.
        source: page and method of the words, and what is wrong with the file as a whole.
    """
    if any({"defect_class", "sub_type"} <= set(c) for c in composites):
        cells = _with_cause_and_detail(cells)
    cells, ticks = _ticked(cells, reader.vocabulary)
    text = {name: join_text(words) for name, words in cells.items()}
    foan = reader.identifiers.foan(text.get("foan", ""))
    serial = reader.identifiers.serial_number(text.get("serial_number", ""))
    if not _names_a_part(foan, serial, text):
        return None
    draft = _Draft(source, issues=list(source.problems))
    _read_identifier(draft, "foan", foan, cells, reader.witnesses)
    _read_identifier(draft, "serial_number", serial, cells, reader.witnesses)
    for other in reader.identifiers.profile.foan.grammar.find(serial.rest) if serial.value else ():
        if not other.repairs and other.value != foan.value:
            note = f"another FOAN in the cell of the serial number: {other.value}"
            draft.doubt("foan", note, blocks=True)
    tag = text.get("instance_tag", "")
    if any({"serial_number", "instance_tag"} <= set(c) for c in composites):
        tag = serial.rest
    elif any({"foan", "instance_tag"} <= set(c) for c in composites):
        tag = foan.rest
    tag = _read_tag(draft, tag, cells, has_serial=serial.value is not None)
    defect_class, sub_type = _read_cause(draft, text, cells, reader)
    _doubt_ticks(draft, ticks)
    load_kn = _read_load(draft, text, cells, load_unit or reader.load_unit, reader.decimal_mark)
    component_id = "" if is_blank(text.get("component_id", "")) else text["component_id"]
    if component_id:
        draft.read("component_id", cells["component_id"], component_id, component_id, lowest(cells["component_id"]))
    all_words = [w for words in cells.values() for w in words]
    return with_confidence(
        InstanceReading(
            foan=foan.value,
            foan_raw=foan.raw,
            serial_number=serial.value,
            serial_number_raw=serial.raw,
            instance_tag=tag,
            component_id=component_id,
            defect_class=defect_class,
            defect_class_raw=text.get("defect_class", ""),
            sub_type=sub_type,
            sub_type_raw=text.get("sub_type", ""),
            fracture_load_kn=load_kn,
            fracture_load_raw=text.get("fracture_load_kn", ""),
            page=source.page,
            box=around(all_words) if all_words else None,
            method=source.method,
            confidence=1.0,
            issues=tuple(draft.issues),
            remarks=tuple(draft.remarks),
            readings=tuple(draft.readings.values()),
        )
    )


def _ticked(cells: Cells, vocabulary: Vocabulary) -> tuple[Cells, dict[str, str]]:
    """The cells, those with boxes reduced to the labels that are ticked; and what is wrong with each that had boxes."""
    chosen = dict(cells)
    problems: dict[str, str] = {}
    for name, label in (("defect_class", "defect class"), ("sub_type", "sub-type")):
        words = cells.get(name, ())
        if not any(marks_of(set_apart(line.words)) for line in group_lines(words)):
            continue
        options, rest = read_options(words, vocabulary)
        details = [o for o in options if o.kind == "sub_type"] if name == "defect_class" else []
        if 0 < len(details) < len(options) and not chosen.get("sub_type"):
            options = [o for o in options if o not in details]
            choice = choose(details, "sub-type")
            chosen["sub_type"], problems["sub_type"] = choice.words, choice.problem
        choice = choose(options, label)
        chosen[name] = (*choice.words, *rest)
        problems[name] = choice.problem
    return chosen, problems


def _doubt_ticks(draft: _Draft, problems: Mapping[str, str]) -> None:
    """What is not ticked once and clearly goes to review; OCR may take an empty box for a ticked one."""
    for name, problem in problems.items():
        if problem:
            draft.doubt(name, problem, blocks=name == "defect_class")
        elif draft.source.method is ReadingMethod.OCR and name in draft.readings:
            draft.readings[name] = doubted(draft.readings[name], "told from a ticked box", LESS_SURE)


def _with_cause_and_detail(cells: Cells) -> dict[str, tuple[Word, ...]]:
    """Cells of a row of which one holds class and sub-type: parted at a stroke if it has one."""
    both = tuple(cells.get("defect_class", ()))
    at = next((k for k, word in enumerate(both) if word.text == "/"), len(both))
    parted = {"defect_class": both[:at], "sub_type": both[at + 1 :]} if both[at + 1 :] else {"defect_class": both}
    return {**{name: tuple(words) for name, words in cells.items() if name != "sub_type"}, **parted}


def with_confidence(instance: InstanceReading) -> InstanceReading:
    """The instance with the lowest confidence among what identifies and labels it."""
    telling = [r.confidence for r in instance.readings if r.field in {"foan", "serial_number", "defect_class"}]
    return replace(instance, confidence=round(min(telling, default=1.0), 4))


def _names_a_part(foan: Identification, serial: Identification, text: Mapping[str, str]) -> bool:
    if serial.value is not None:
        return True
    states_something = not is_blank(text.get("defect_class", ""))
    return states_something and (foan.value is not None or bool(serial.problem) or bool(text.get("instance_tag")))


def _read_identifier(draft: _Draft, name: str, found: Identification, cells: Cells, witnesses: Witnesses) -> None:
    if name not in cells:
        return
    words, label = cells[name], name.replace("_", " ")
    if not found.raw:
        draft.issues.append(f"{label} not read: the cell is empty")
        return
    if found.value is None and not found.problem:
        return  # the cell says that there is none
    witnessed = 0.0 if found.value is None else witnesses.confidence(name, found.value, words)
    confidence = max(lowest_of_number(words), witnessed)
    draft.read(name, words, found.raw, found.value, confidence)
    if found.problem:
        draft.doubt(name, found.problem, blocks=True)
    elif found.repairs:
        note = f"{label} repaired: {', '.join(found.repairs)} in {found.repaired_raw}"
        draft.doubt(name, note, blocks=False, most=max(REPAIRED, witnessed))
    if found.value is not None and confidence < REVIEWED_BELOW:
        draft.doubt(name, f"{label} read with low confidence ({confidence:.2f}): {found.raw}", blocks=True)


def _read_tag(draft: _Draft, tag: str, cells: Cells, *, has_serial: bool) -> str:
    if is_blank(tag):
        return ""
    # A tag may share its cell with an identifier.
    pieces = tag.split()
    words = tuple(w for w in cells.get("instance_tag", ()) if w.text.strip("/,;()[]|") in pieces)
    confidence = lowest(words)
    draft.read("instance_tag", words, tag, tag, confidence)
    if confidence >= _DOUBTFUL_TAG:
        return tag
    # Where nothing but the tag tells the instances of this FOAN apart, doubt about it is doubt about the row.
    draft.doubt(
        "instance_tag", f"instance tag read with low confidence ({confidence:.2f}): {tag}", blocks=not has_serial
    )
    # A wrong tag would link images to the wrong instance; the serial number does without it.
    return "" if has_serial else tag


def _read_cause(draft: _Draft, text: Mapping[str, str], cells: Cells, reader: Reader) -> tuple[DefectClass, str]:
    """Class and sub-type; a class that is not understood becomes an issue, a sub-type a remark."""
    vocabulary = reader.vocabulary
    raw, raw_sub_type = text.get("defect_class", ""), text.get("sub_type", "")
    meaning = None if not raw.strip() else cause_in(raw, vocabulary)
    if meaning is None and (coded := vocabulary.defect_class(reader.legend.get(raw.strip(" ."), ""))):
        meaning = Meaning(coded.name, LESS_SURE)
    sub_type = None if is_blank(raw_sub_type) else vocabulary.sub_type(raw_sub_type)
    if not is_blank(raw_sub_type):
        _read_word(draft, "sub_type", cells["sub_type"], raw_sub_type, sub_type)
        if sub_type is None:
            draft.doubt("sub_type", f"sub-type not understood: {raw_sub_type}", blocks=False)
    elif meaning is not None and meaning.rest and (sub_type := vocabulary.sub_type(meaning.rest)):
        _read_word(draft, "sub_type", cells["defect_class"], raw, sub_type)
    elif "sub_type" in cells and not cells["sub_type"]:
        _remark_on_empty(draft, "sub-type")
    name = "" if sub_type is None or sub_type.name == "none" else sub_type.name
    if meaning is None:
        stated = "not stated" if is_blank(raw) else f"not understood: {raw}"
        if not is_blank(raw):
            draft.read("defect_class", cells["defect_class"], raw, None, lowest(cells["defect_class"]))
        draft.doubt("defect_class", f"defect class {stated}", blocks=True)
        return DefectClass.UNKNOWN, name
    _read_word(draft, "defect_class", cells["defect_class"], raw, meaning)
    return DefectClass(meaning.name), name


def _read_word(draft: _Draft, name: str, words: Sequence[Word], raw: str, meaning: Meaning | None) -> None:
    """A value out of the vocabulary. Read letter for letter it backs itself: errors do not spell another synonym."""
    confidence = lowest(words)
    if meaning is not None:
        confidence = max(confidence, SPELT) if meaning.similarity >= 1.0 else min(confidence, meaning.similarity)
    draft.read(name, words, raw, None if meaning is None else meaning.name, confidence)


def _remark_on_empty(draft: _Draft, label: str) -> None:
    """A text layer misses no words; whether its other rows have a value is told when all are known."""
    if draft.source.method is ReadingMethod.OCR:
        draft.remarks.append(f"{label} not read: the cell is empty, or OCR has missed it")


def _read_load(
    draft: _Draft, text: Mapping[str, str], cells: Cells, header_unit: str, decimal_mark: str
) -> float | None:
    if "fracture_load_kn" not in cells:
        return None
    words, raw = cells["fracture_load_kn"], text["fracture_load_kn"]
    if not words:
        _remark_on_empty(draft, "fracture load")
        return None
    load = parse_load(raw, header_unit, decimal_mark)
    has_unit = bool(header_unit or unit_of(raw))
    if load.kn is None and not load.problem:
        return None  # the cell says that there is none
    confidence = lowest(words)
    draft.read("fracture_load_kn", words, raw, None if load.kn is None else f"{load.kn:g}", confidence)
    if load.problem:
        draft.doubt("fracture_load_kn", load.problem, blocks=False)
    elif confidence < _DOUBTFUL_LOAD:
        note = f"fracture load read with low confidence ({confidence:.2f}): {raw}"
        draft.doubt("fracture_load_kn", note, blocks=False, most=confidence)
    elif not has_unit:
        note = f"fracture load without a unit, taken for kN: {raw}"
        draft.doubt("fracture_load_kn", note, blocks=False, most=LESS_SURE)
    return load.kn
