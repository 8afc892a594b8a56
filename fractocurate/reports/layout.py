"""The layout of a report: its tables, keys and values, and the lines outside them, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from data_contracts.records import FigureReading, PageReading, Word
from fractocurate.reports.answer_lists import find_answer_lists
from fractocurate.reports.fields import decimal_mark_of, parse_load
from fractocurate.reports.forms import find_forms
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.key_blocks import find_blocks, is_complete, with_unanswered, with_wrapped_key
from fractocurate.reports.key_grids import find_key_grids
from fractocurate.reports.key_values import Pair, find_pairs, unanswered_keys
from fractocurate.reports.lines import Line, Ruling
from fractocurate.reports.long_tables import find_long_tables
from fractocurate.reports.named_above import without_sentences
from fractocurate.reports.one_part import joined_if_one_part
from fractocurate.reports.printed_files import find_printed_files
from fractocurate.reports.tables import Table, continue_table, find_tables, with_causes
from fractocurate.reports.tick_lists import find_tick_lists
from fractocurate.reports.vocabulary import Vocabulary

_FOOTER_LINES = 3
"""Lines that may stand below a table that goes on on the next page: page numbers, file marks."""


@dataclass(frozen=True, slots=True)
class PageWords:
    """One page, read."""

    reading: PageReading
    words: tuple[Word, ...]
    rulings: tuple[Ruling, ...]
    figures: tuple[FigureReading, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """Tables of a report, and its lines outside them, page by page."""

    tables: tuple[Table, ...]
    free: dict[int, list[Line]]
    pairs: tuple[Pair, ...]
    blocks: tuple[tuple[Pair, ...], ...]
    """Pairs that state fractures, one block each; a key alone is a block, too."""

    @property
    def in_blocks(self) -> set[Pair]:
        """Pairs of the blocks that name a part and its cause."""
        return {pair for block in self.blocks if is_complete(block) for pair in block}


def find_layout(
    pages: Sequence[PageWords], lines: dict[int, list[Line]], vocabulary: Vocabulary, identifiers: Identifiers
) -> Layout:
    """Tables, forms, lists, keys and values of all pages, in reading order; a table may go on on the next page.

    Args:
        pages: in order.
        lines: of each page, by its 1-based number.
        vocabulary: the site's words.
        identifiers: the site's grammars.
    """

    def is_value(name: str, text: str) -> bool:
        return _is_value(name, text, identifiers, vocabulary)

    tables: list[Table] = []
    free: dict[int, list[Line]] = {}
    pairs: list[Pair] = []
    unanswered: list[Pair] = []
    long_blocks: list[list[Pair]] = []
    for page in pages:
        number = page.reading.page
        of_lists, in_lists = find_tick_lists(number, lines[number], vocabulary)
        for find in (find_answer_lists, partial(find_key_grids, rulings=page.rulings)):
            more, inside = find(number, lines[number], vocabulary=vocabulary)
            if not inside & in_lists:
                of_lists += more
                in_lists |= inside
        of_results, in_results = find_long_tables(number, lines[number], page.rulings, vocabulary, is_value)
        if not in_results & in_lists:
            long_blocks += of_results
            in_lists |= in_results
        of_forms, in_forms = find_forms(number, lines[number], page.rulings, vocabulary, is_value)
        of_forms = [p for p in of_forms if not in_lists & set(range(p.line, p.last_line + 1))]
        outside = [line for k, line in enumerate(lines[number]) if k not in in_forms | in_lists]
        files, outside = find_printed_files(number, outside, vocabulary, is_value, tables[-1] if tables else None)
        found, rest = find_tables(number, outside, page.rulings, vocabulary, is_value)
        if tables and _may_continue(tables[-1], number, free):
            above = [line for line in rest if not found or line.box.bottom < found[0].box.top]
            continued, left_over = continue_table(tables[-1], number, above, page.rulings, vocabulary, is_value)
            if continued is not None:
                found.insert(0, continued)
                rest = [line for line in rest if line not in above or line in left_over]
        tables += (*files, *found)
        free[number] = rest
        position = {id(line): k for k, line in enumerate(lines[number])}
        numbers = [position[id(line)] for line in rest]
        others = find_pairs(number, rest, vocabulary, numbers, is_value)
        if any(pair.name == "defect_class" for pair in others):
            unanswered += unanswered_keys(number, rest, others, vocabulary, numbers)
        of_page = sorted((*of_lists, *of_forms, *others), key=lambda p: p.line)
        pairs += without_sentences(of_page, lines[number], identifiers)
    found_blocks = with_wrapped_key(find_blocks(pairs), is_value)
    if not long_blocks and not any(table.rows for table in tables):
        found_blocks = joined_if_one_part(found_blocks, is_value)
    blocks = [with_unanswered(block, unanswered) for block in found_blocks] + long_blocks
    pairs += [pair for block in long_blocks for pair in block]
    return Layout(tuple(with_causes(tables)), free, tuple(pairs), tuple(map(tuple, blocks)))


def _may_continue(table: Table, page: int, free: dict[int, list[Line]]) -> bool:
    """Whether the table was the last thing on the page just before."""
    if table.page != page - 1 or table.separator:
        return False
    below = [line for line in free.get(table.page, []) if line.box.top > table.box.bottom]
    return len(below) <= _FOOTER_LINES


def _is_value(name: str, text: str, identifiers: Identifiers, vocabulary: Vocabulary) -> bool:
    if name == "foan":
        return identifiers.foan(text).value is not None
    if name == "serial_number":
        return identifiers.serial_number(text).value is not None
    if name == "fracture_load_kn":
        return parse_load(text, "", ".").kn is not None
    if name == "defect_class":
        return vocabulary.defect_class(text) is not None
    return name == "instance_tag" and len(text) <= 6 and any(c.isdigit() for c in text)


def report_decimal_mark(layout: Layout, language: str) -> str:
    """The decimal mark of the report's loads, ``,`` or ``.``: by those that leave no doubt, else by its language."""
    texts = [p.text for p in layout.pairs if p.name == "fracture_load_kn"]
    for table in layout.tables:
        for index, column in enumerate(table.columns):
            if "fracture_load_kn" in column.fields:
                texts += [row.text(index) for row in table.rows]
    return decimal_mark_of(texts, language)
