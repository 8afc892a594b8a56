"""Labels that run in with their text: numbered items and bullets, and paragraphs of keys and values that wrap."""

import re
from collections.abc import Callable, Sequence

from data_contracts.records import Word
from fractocurate.reports.lines import Line

_ITEM = re.compile(
    r"[(\[]?(?:\d{1,2}|[A-Za-z])(?:\.\d{1,2}){0,3}[.)\]:]|\(\w{1,2}\)"
    r"|[-\u2013\u2014*\u2022\u00b7\u25aa\u25ab\u25cf\u25cb\u25a0\u25a1\u25ba\u25b8\u25e6\u2023\u27a2>\u00bb\u00b0\u00ae\u00a9\u00ab~+]"
)
"""Number or point of an item, also as OCR reads points."""
_SECTION = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}|[A-Z]\d{1,2}(?:\.\d{1,2}){0,2}")
"""Number of a section, ``1.3`` or ``D4``; it may be a value as well."""
_TIGHT_HEIGHTS = 0.6
"""White space between two lines of one paragraph, in heights."""
_PARTS = ";,|"
"""What parts a value from the key behind it."""


def n_item_words(words: Sequence[Word]) -> int:
    """How many words at the beginning only number an item, or point to it: none or one."""
    return int(len(words) > 1 and (_is_point(words[0]) or _SECTION.fullmatch(words[0].text) is not None))


def _is_point(word: Word) -> bool:
    return _ITEM.fullmatch(word.text) is not None


def without_separator(value: tuple[Word, ...]) -> tuple[Word, ...]:
    """A value without the mark that parts it from the next key; what is nothing but a dash stays."""
    if len(value) > 1 and not value[-1].text.strip(_PARTS):
        value = value[:-1]
    if value and value[-1].text.rstrip(_PARTS) not in {"", value[-1].text}:
        last = value[-1]
        value = (*value[:-1], Word(last.text.rstrip(_PARTS), last.box, last.confidence))
    return value


def ends_value(word: Word) -> bool:
    """Whether a word is, or ends with, a mark behind which the next key begins."""
    return word.text.endswith((";", "|"))


def joined_paragraphs(lines: Sequence[Line], numbers: list[int], runs_in: Callable[[Line], bool]) -> list[Line]:
    """The lines, those of one paragraph of keys and values as one line of words in reading order.

    A line goes on in the next one if keys and values run in, the next stands close below, and that one's first word had
    no room at the end of it. ``numbers`` loses those of the lines that were joined to others.
    """
    right = max((line.box.right for line in lines), default=0.0)
    joined: list[Line] = []
    kept: list[int] = []
    last: Line | None = None
    for number, line in zip(numbers, lines, strict=True):
        if last is not None and _goes_on(last, line, right) and runs_in(joined[-1]):
            joined[-1] = Line((*joined[-1].words, *line.words))
        else:
            joined.append(line)
            kept.append(number)
        last = line
    numbers[:] = kept
    return joined


def _goes_on(line: Line, following: Line, right: float) -> bool:
    is_close = 0 <= following.box.top - line.box.bottom + 0.5 * line.height < (0.5 + _TIGHT_HEIGHTS) * line.height
    first = following.words[0]
    if first.text == line.words[0].text:
        return False  # items of a list begin alike: "Part 1: ...", "Part 2: ..."
    is_full = line.box.right + first.box.width + 0.2 * line.height > right - 0.5 * line.height
    return is_close and is_full and following.box.left < line.box.right and not _is_point(first)
