"""Identifiers wherever a report names them, with the words that do: evidence, and witnesses for one another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_contracts.identifiers import Identifier
from data_contracts.records import Word
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.lines import Line


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One identifier at one place of a report."""

    field: str
    """``foan`` or ``serial_number``."""
    identifier: Identifier
    page: int
    """1-based."""
    words: tuple[Word, ...]
    """At least one."""

    @property
    def confidence(self) -> float:
        """Of the least sure word, 0 to 1."""
        return min(w.confidence for w in self.words)


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What a report says about its identifiers at all places."""

    occurrences: tuple[Occurrence, ...] = ()

    def confidence(self, field: str, value: str, words: Sequence[Word]) -> float:
        """How surely other words than the given ones state the same value without repair; 0.0 if none do."""
        return max(
            (
                o.confidence
                for o in self.occurrences
                if o.field == field
                and o.identifier.value == value
                and not o.identifier.repairs
                and not any(w in words for w in o.words)
            ),
            default=0.0,
        )


def find_occurrences(lines: Mapping[int, Sequence[Line]], identifiers: Identifiers) -> list[Occurrence]:
    """Every FOAN and every announced serial number, tables included.

    Args:
        lines: of each page, by its 1-based number.
        identifiers: the site's grammars.
    """
    found = []
    for page, of_page in lines.items():
        for line in of_page:
            text = line.text
            named = [("foan", i) for i in identifiers.foans_in(text)]
            named += [("serial_number", i) for i in identifiers.serial_numbers_in(text)]
            found += [
                Occurrence(field, i, page, _words_between(line, i.start, i.end) or line.words) for field, i in named
            ]
    return found


def _words_between(line: Line, start: int, end: int) -> tuple[Word, ...]:
    """Words of a line that cover some characters of its text."""
    words = []
    position = 0
    for word in line.words:
        if position < end and start < position + len(word.text):
            words.append(word)
        position += len(word.text) + 1
    return tuple(words)
