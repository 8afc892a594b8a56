"""Parse and normalise FOANs and serial numbers by a grammar that the site's profile gives.

A grammar is written as a pattern of literals and fields, e.g. ``FA-{year}-{number:4}`` (`identifier_pattern.py`).

Reading is tolerant in separators, case and prefix alias; it is strict in the number of characters of each field.
A character that OCR or a typist confuses (O for 0, I for 1 ...) is repaired and the repair is reported; so is a
misspelt prefix (``FOAM`` for ``FOAN``) if everything behind it is complete.
"""

import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from data_contracts.identifier_pattern import Pattern
from data_contracts.identifier_prefixes import Prefixes
from data_contracts.malformed_identifiers import MalformedIdentifier, MalformedReader
from data_contracts.slips import repaired


@dataclass(frozen=True, slots=True)
class Identifier:
    """A valid identifier found in a text."""

    value: str
    """Canonical form."""
    raw: str
    """As it stands in the text."""
    start: int
    end: int
    prefixed: bool
    """The prefix (or an alias of it) stands before it. Without it, a date or a running number may look alike."""
    repairs: tuple[str, ...] = ()
    """Confusable characters that were repaired, as ``O -> 0``."""


@dataclass(frozen=True)
class Grammar:
    """The grammar of one kind of identifier at one site."""

    pattern: str
    aliases: tuple[str, ...] = ()
    """Other spellings of the prefix that mean the same."""
    first_year: int = 1990
    last_year: int = 2049

    def __post_init__(self) -> None:
        Pattern(self.pattern)
        if self.last_year - self.first_year >= 100:
            raise ValueError("the range of years must be shorter than a century, or two-digit years are ambiguous")

    def parse(self, text: str) -> Identifier | None:
        """The identifier that ``text`` is, as a whole (a table cell, say); None if it is none or more than one."""
        found = [i for i in self.find(text) if not _significant(text[: i.start] + text[i.end :])]
        return found[0] if len(found) == 1 else None

    def is_valid(self, value: str) -> bool:
        """Whether ``value`` is an identifier in canonical form."""
        found = self.parse(value)
        return found is not None and found.value == value

    def key(self, value: str) -> str:
        """Letters and digits of an identifier, upper case: what edit distances compare."""
        plain = value if value.isascii() else unicodedata.normalize("NFKC", value)
        return "".join(filter(str.isalnum, plain.upper()))

    def find(self, text: str, *, bare: bool = True) -> list[Identifier]:
        """All identifiers in ``text``, left to right, without overlaps.

        Exact readings win over repaired ones, and prefixed over bare ones, wherever they overlap.

        Args:
            text: any text; positions refer to it as given.
            bare: also accept identifiers without their prefix, if a separator stands between their fields.
        """
        return list(_found_in(self, text, bare))

    def _find(self, text: str, *, bare: bool) -> list[Identifier]:
        found: list[Identifier] = []
        for regex, prefixed in self._ladder:
            if not prefixed and not bare and self.prefixes:
                continue
            for match in regex.finditer(text):
                if not _overlaps(match.start(), match.end(), found):
                    identifier = self._read(match, prefixed=prefixed)
                    if identifier is not None:
                        found.append(identifier)
        for start, prefix_end in self._spellings.misspelt_spans(text):
            identifier = self._find_behind(text, start, prefix_end)
            # A bare reading inside it is the same identifier without its torn prefix.
            if identifier is not None and not _overlaps(start, identifier.end, [f for f in found if f.prefixed]):
                found = [f for f in found if not _overlaps(f.start, f.end, [identifier])]
                found.append(identifier)
        return sorted(found, key=lambda i: i.start)

    def find_malformed(self, text: str) -> list[MalformedIdentifier]:
        """Readings that begin like an identifier but break the grammar, where no valid one stands.

        Grammars whose letters stand before the first digits are not covered: such a torn identifier is a word.
        """
        if not self.prefixes or self._pattern.fields[0].kind == "letters":
            return []
        valid = self.find(text)
        found: list[MalformedIdentifier] = []
        starts = {*self._spellings.true_spans(text), *self._spellings.misspelt_spans(text)}
        for start, prefix_end in sorted(starts):
            if not _overlaps(start, self._malformed.reach(text, prefix_end), [*valid, *found]):
                malformed = self._malformed.read(text, start, prefix_end)
                if malformed is not None:
                    found.append(malformed)
        return found

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """The canonical prefix, then its aliases, upper case; empty if the pattern has none."""
        canonical = "".join(filter(str.isalnum, self._pattern.prefix)).upper()
        return (canonical, *(a.upper() for a in self.aliases)) if canonical else ()

    @cached_property
    def _pattern(self) -> Pattern:
        return Pattern(self.pattern)

    @cached_property
    def _spellings(self) -> Prefixes:
        return Prefixes(self.prefixes, self._pattern.n_characters)

    @cached_property
    def _malformed(self) -> MalformedReader:
        return MalformedReader(self._pattern, self.prefixes[0], self._year, self._whole)

    @cached_property
    def _ladder(self) -> tuple[tuple[re.Pattern[str], bool], ...]:
        """Expressions, the most trustworthy first, and whether each asks for the prefix."""
        lenience = (False, True)  # exact, then with confusable characters
        years = (False, True) if self._pattern.has_year else (False,)
        express = self._pattern.expression
        ladder = []
        if self.prefixes:
            for lenient, short_year in itertools.product(lenience, years):
                ladder.append((express(self.prefixes, lenient=lenient, short_year=short_year, joined=True), True))
        joined = not self.prefixes
        for lenient, short_year in itertools.product(lenience if joined else lenience[:1], years):
            ladder.append((express((), lenient=lenient, short_year=short_year, joined=joined), False))
        return tuple(ladder)

    def _read(self, match: re.Match[str], *, prefixed: bool) -> Identifier | None:
        value, repairs = (self._pattern.prefix, list[str]())
        for index, part in enumerate(self._pattern.parts):
            if isinstance(part, str):
                value += part
                continue
            read, made = repaired(match[f"f{index}"], part.kind)
            if part.kind == "year":
                year = self._year(read)
                if year is None:
                    return None
                read = year
            value += read
            repairs += made
        # A reading that is mostly repairs is a word, not a number.
        if len(repairs) > self._pattern.n_characters / 2:
            return None
        return Identifier(value, match[0].strip(), match.start(), match.end(), prefixed, tuple(repairs))

    def _year(self, digits: str) -> str | None:
        if len(digits) == 4:
            return digits if self.first_year <= int(digits) <= self.last_year else None
        years = [y for y in range(self.first_year, self.last_year + 1) if y % 100 == int(digits)]
        return str(years[0]) if years else None

    def _whole(self, text: str) -> list[str]:
        found = self.parse(text)
        return [found.value] if found else []

    def _find_behind(self, text: str, start: int, prefix_end: int) -> Identifier | None:
        """The identifier whose misspelt prefix stands at ``start``."""
        spelt = self.prefixes[0] + text[prefix_end : prefix_end + 4 * self._pattern.n_characters]
        for regex, prefixed in self._ladder:
            match = regex.match(spelt) if prefixed else None
            read = self._read(match, prefixed=True) if match else None
            if match and read:
                end = prefix_end + match.end() - len(self.prefixes[0])
                slip = f"{text[start:prefix_end]} -> {self.prefixes[0]}"
                raw = text[start:end].strip()
                return Identifier(read.value, raw, start, end, prefixed=True, repairs=(slip, *read.repairs))
        return None


@lru_cache(maxsize=4_000)
def _found_in(grammar: Grammar, text: str, bare: bool) -> tuple[Identifier, ...]:  # noqa: FBT001 - lru_cache tells f(b=1) from f(1)
    """The same line or cell is asked about by several readers of a report."""
    return tuple(grammar._find(text, bare=bare))  # noqa: SLF001 - the grammar's own


def _overlaps(start: int, end: int, found: Sequence[Identifier | MalformedIdentifier]) -> bool:
    return any(start < f.end and f.start < end for f in found)


def _significant(text: str) -> bool:
    return any(c.isalnum() for c in text)
