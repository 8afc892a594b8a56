"""The pages of one report, as words, to its facts and fracture instances. Pure: no file, no PDF, no Tesseract."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from data_contracts.records import InstanceReading, Reading, ReportReading, Word
from data_contracts.vocabulary import ReadingMethod, TextSource
from fractocurate.profile import Profile
from fractocurate.reports.agreement import (
    flag_contradictions,
    flag_gaps,
    flag_odd_loads,
    flag_torn_header,
    merge_repeated,
)
from fractocurate.reports.assertion import begins_quotation, may_quote
from fractocurate.reports.facts import Fact, report_date, report_number, revision
from fractocurate.reports.fields import language_of
from fractocurate.reports.figures import without_letterhead
from fractocurate.reports.header_cells import INSTANCE_COLUMNS
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.instances import SectionFoan, instances_of_block, instances_of_table, with_foan
from fractocurate.reports.key_values import Pair
from fractocurate.reports.layout import Layout, PageWords, find_layout, report_decimal_mark
from fractocurate.reports.legends import find_legend, stated_unit
from fractocurate.reports.lines import around, group_lines, is_printed_rule, join_text
from fractocurate.reports.mentions import Mention, find_mentions, mention_above
from fractocurate.reports.occurrences import Occurrence, Witnesses, find_occurrences
from fractocurate.reports.prose import Statement, find_statements
from fractocurate.reports.row_values import Cells, Reader, Source, build_instance
from fractocurate.reports.vocabulary import Vocabulary


def interpret(pages: Sequence[PageWords], profile: Profile, problems: tuple[str, ...] = ()) -> ReportReading:
    """Everything that the words of a report say.

    Args:
        pages: in order.
        profile: the site's grammars and vocabulary.
        problems: what is wrong with the file as a whole; becomes an issue of every instance.
    """
    if (without := _without_quoted_mails(pages)) is not None:
        reading = interpret(without, profile, problems)
        if reading.instances:
            return reading
        problems = (*problems, "stands in a mail that is quoted: was it overtaken by the answer?")
        pages = [replace(page, words=_unmarked(page.words)) for page in pages]
    vocabulary = Vocabulary(profile)
    identifiers = Identifiers(profile)
    lines = {p.reading.page: [x for x in group_lines(p.words) if not is_printed_rule(x.text)] for p in pages}
    layout = find_layout(pages, lines, vocabulary, identifiers)
    first_page = lines[pages[0].reading.page]
    language = language_of(w.text for p in pages for w in p.words)
    occurrences = tuple(find_occurrences(lines, identifiers))
    texts = [line.text for of_page in layout.free.values() for line in of_page]
    reader = Reader(
        identifiers,
        vocabulary,
        report_decimal_mark(layout, language),
        Witnesses(occurrences),
        find_legend(texts, vocabulary),
        stated_unit(texts),
    )
    mentions = find_mentions(layout.free, layout.pairs, identifiers)
    instances = _instances(pages, layout, reader, mentions, problems)
    instances += _stated_in_prose(pages, layout, reader, mentions, problems, instances)
    header_foans = _header_foans(layout, identifiers, instances)
    instances = flag_contradictions(
        merge_repeated(instances),
        header_foans,
        {m.identifier.value for m in mentions},
        {m.identifier.value for m in mentions if m.is_heading},
        names_serials=any(o.field == "serial_number" for o in occurrences),
    )
    instances = flag_odd_loads(flag_gaps(flag_torn_header(instances, _torn_header_foans(layout, identifiers))))
    number, date = report_number(layout.pairs), report_date(layout.pairs, first_page)
    about = revision(layout.free[pages[0].reading.page], layout.pairs, vocabulary)
    methods = {p.reading.page: _method(p) for p in pages}
    readings = [_fact_reading(f, methods) for f in (number, date) if f is not None]
    readings += [_identifier_reading(o, methods[o.page]) for o in occurrences]
    return ReportReading(
        n_pages=len(pages),
        pages=tuple(p.reading for p in pages),
        instances=tuple(instances),
        readings=tuple(readings),
        report_number=number.value if number else "",
        report_date=date.value if date else "",
        language=language,
        is_revision=about.is_revision,
        supersedes_raw=about.supersedes_raw,
        figures=without_letterhead([f for p in pages for f in p.figures]),
    )


def _without_quoted_mails(pages: Sequence[PageWords]) -> list[PageWords] | None:
    """The pages without the older mails below an answer; None if there are none."""
    if not any(may_quote(w.text) for page in pages for w in page.words):
        return None
    shown: list[PageWords] = []
    quoted = False
    for page in pages:
        kept: list[Word] = []
        for line in group_lines(page.words):
            quoted = quoted or begins_quotation(line.text)
            kept += () if quoted else line.words
        shown.append(replace(page, words=tuple(kept)))
    return shown if quoted and any(page.words for page in shown) else None


def _unmarked(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words without what marks a quotation, so that it is not looked for again."""
    lines = group_lines(words)
    return tuple(w for line in lines if not begins_quotation(line.text) for w in line.words)


def _instances(
    pages: Sequence[PageWords],
    layout: Layout,
    reader: Reader,
    mentions: Sequence[Mention],
    problems: tuple[str, ...],
) -> list[InstanceReading]:
    methods = {p.reading.page: _method(p) for p in pages}
    sources = {number: Source(number, method, problems) for number, method in methods.items()}
    instances: list[InstanceReading] = []
    in_tables = _foans_in_tables(layout, reader.identifiers)
    for table in layout.tables:
        section = _section(mentions, in_tables, table.page, table.box.top, methods)
        instances += instances_of_table(table, reader, sources[table.page], section)
    for block in layout.blocks:
        top = block[0].key[0].box.top
        section = _section(mentions, in_tables, block[0].page, top, methods)
        instances += instances_of_block(block, reader, sources[block[0].page], section)
    return instances


def _foans_in_tables(layout: Layout, identifiers: Identifiers) -> set[str]:
    found: set[str | None] = set()
    for table in layout.tables:
        for index, column in enumerate(table.columns):
            if "foan" in column.fields:
                found |= {identifiers.foan(row.text(index)).value for row in table.rows}
    return {foan for foan in found if foan is not None}


def _stated_in_prose(
    pages: Sequence[PageWords],
    layout: Layout,
    reader: Reader,
    mentions: Sequence[Mention],
    problems: tuple[str, ...],
    known: Sequence[InstanceReading],
) -> list[InstanceReading]:
    """What sentences state. Beside tables they only confirm or contradict the parts that stand there."""
    methods = {p.reading.page: _method(p) for p in pages}
    instances = []
    settled = {p for p in layout.pairs if p.name not in INSTANCE_COLUMNS} | layout.in_blocks
    for page, lines in layout.free.items():
        in_pairs = {id(w) for p in layout.pairs if p.page == page and p in settled for w in p.key}
        in_blocks = {id(w) for p in layout.in_blocks if p.page == page for v in (p.key, *p.values) for w in v}
        text = [
            line
            for line in lines
            if id(line.words[0]) not in in_pairs and not any(id(w) in in_blocks for w in line.words)
        ]
        for statement in find_statements(page, text, reader.identifiers, reader.vocabulary):
            source = Source(page, methods[page], (*problems, *((statement.unclear,) if statement.unclear else ())))
            cells, unit = _with_key_values(statement.cells, layout.blocks, reader.identifiers)
            instance = build_instance(cells, unit, (), reader, source)
            if instance is None or (known and not _confirms(instance, known, statement)):
                continue
            top = around(statement.cells["serial_number"]).top
            section = _section(mentions, {k.foan for k in known if k.foan}, page, top, methods)
            if "foan" not in cells and section is not None:
                instance = with_foan(instance, section)
            instances.append(instance)
    return instances


def _with_key_values(cells: Cells, blocks: Sequence[Sequence[Pair]], identifiers: Identifiers) -> tuple[Cells, str]:
    """What a sentence states of a part, with the keys and values of the same part that name no cause; their unit."""
    serial = identifiers.serial_number(join_text(cells["serial_number"])).value
    for block in blocks:
        own = {p.name: tuple(w for v in p.values for w in v) for p in block}
        stated = identifiers.serial_number(join_text(own.get("serial_number", ()))).value
        if stated is not None and stated == serial and "defect_class" not in own:
            unit = next((p.unit for p in block if p.name == "fracture_load_kn"), "")
            return {**own, **cells}, unit
    return cells, ""


def _confirms(instance: InstanceReading, known: Sequence[InstanceReading], statement: Statement) -> bool:
    return statement.is_understood and any(
        k.serial_number == instance.serial_number and (instance.foan is None or k.foan == instance.foan) for k in known
    )


def _section(
    mentions: Sequence[Mention],
    in_tables: Collection[str],
    page: int,
    top: float,
    methods: Mapping[int, ReadingMethod],
) -> SectionFoan | None:
    found = mention_above(mentions, in_tables, page, top)
    if found is None:
        return None
    return SectionFoan(found.identifier.value, found.identifier.raw, found.words, found.page, methods[found.page])


def _header_foans(layout: Layout, identifiers: Identifiers, instances: Sequence[InstanceReading]) -> list[str]:
    """FOANs that the pages up to the first fracture state as key and value, outside the fractures themselves.

    Keys of a part whose cause a sentence states belong to that fracture, unless nothing stands above them.
    """
    last_page = min((i.page for i in instances), default=1)
    header = [p for p in layout.pairs if p.name == "foan" and p.page <= last_page and p not in layout.in_blocks]
    of_parts = {(i.serial_number, i.foan) for i in instances if i.serial_number}
    own: set[Pair] = set()
    for block in layout.blocks:
        named = {p.name: p.text for p in block}
        serial = identifiers.serial_number(named.get("serial_number", "")).value
        if (serial, identifiers.foan(named.get("foan", "")).value) in of_parts:
            own.update(block)
    values = [identifiers.foan(p.text).value for k, p in enumerate(header) if k == 0 or p not in own]
    return list(dict.fromkeys(v for v in values if v))


def _torn_header_foans(layout: Layout, identifiers: Identifiers) -> list[str]:
    """What keys outside the fractures announce as a FOAN and is none, for a character of it was misread or lost."""
    header = [p for p in layout.pairs if p.name == "foan" and p.page == 1 and p not in layout.in_blocks]
    texts = [join_text(p.values[0]) for p in header if p.values]
    return [text for text in texts if identifiers.foan(text).problem]


def _method(page: PageWords) -> ReadingMethod:
    return (
        ReadingMethod.OCR
        if page.reading.text_source in {TextSource.OCR, TextSource.MIXED}
        else ReadingMethod.TEXT_LAYER
    )


def _fact_reading(fact: Fact, methods: dict[int, ReadingMethod]) -> Reading:
    words = () if fact.pair is None else tuple(w for v in fact.pair.values for w in v)
    page = 1 if fact.pair is None else fact.pair.page
    return Reading(
        field=fact.name,
        raw=fact.raw,
        value=fact.value,
        method=methods[page],
        confidence=min((w.confidence for w in words), default=0.8),
        page=page,
        box=around(words) if words else None,
        note="" if fact.pair else "the only date on the first page; no key announces it",
    )


def _identifier_reading(occurrence: Occurrence, method: ReadingMethod) -> Reading:
    repairs = occurrence.identifier.repairs
    return Reading(
        field=occurrence.field,
        raw=occurrence.identifier.raw,
        value=occurrence.identifier.value,
        method=method,
        confidence=occurrence.confidence,
        page=occurrence.page,
        box=around(occurrence.words),
        note=f"repaired: {', '.join(repairs)}" if repairs else "",
    )
