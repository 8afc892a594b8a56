"""Where a text has the prefix of an identifier, spelt as it should be or nearly so."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from data_contracts.identifier_pattern import any_of
from data_contracts.slips import DIGIT_FOR, LETTER_FOR, one_slip_apart

_FEWEST_MISSPELT = 4
"""Letters of the shortest prefix that may be misspelt: of fewer, one slip leaves too little."""
_FEWEST_BEHIND_DIGITS = 6
"""Characters behind a prefix all of whose letters were read as digits: ``10-2023`` is a month, no ``IO-2023``."""
_WORD_START = re.compile(r"(?<![^\W_])(?=[A-Za-z" + "".join(LETTER_FOR) + "])")


@dataclass(frozen=True)
class Prefixes:
    """The spellings of one prefix."""

    names: tuple[str, ...]
    """Upper case, the canonical one first; none if identifiers have no prefix."""
    n_characters: int
    """Letters and digits that follow, at most."""

    def true_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of each prefix as it should be, at the beginning of a word."""
        for match in self._as_they_should_be.finditer(text):
            yield match.span()

    def misspelt_spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of what resembles the prefix, a number close behind it.

        It may hold confusable characters, and, from four letters on, be misspelt by one edit or one swap.
        """
        if not self.names or not any(map(str.isdigit, text)):
            return
        for word in _WORD_START.finditer(text):
            start = word.start()
            for length in self._misspelt_lengths:
                end = start + length
                following = text[end : end + 1]
                if following.isalpha() and following not in DIGIT_FOR:
                    continue  # no number can follow here
                spelt = text[start:end]
                if not any(map(str.isalpha, spelt)) and (
                    self.n_characters < _FEWEST_BEHIND_DIGITS or following.isspace()
                ):
                    continue  # a number of its own
                if _resembles(spelt, self.names):
                    yield start, end

    @cached_property
    def _as_they_should_be(self) -> re.Pattern[str]:
        return re.compile(rf"(?<![^\W_])(?:{any_of(self.names)})", re.IGNORECASE)

    @cached_property
    def _misspelt_lengths(self) -> tuple[int, ...]:
        """Lengths of what resembles a prefix, longest first: from four letters on one more or less."""
        lengths = {len(p) + n for p in self.names for n in ((-1, 0, 1) if len(p) >= _FEWEST_MISSPELT else (0,))}
        return tuple(sorted(lengths - {1}, reverse=True))


@lru_cache(maxsize=20_000)
def _resembles(word: str, prefixes: tuple[str, ...]) -> bool:
    """Not a prefix itself, but one with confusable characters, or, from four letters on, one slip away from it."""
    upper = word.upper()
    if upper in prefixes:
        return False
    letters = {"".join(LETTER_FOR.get(c, c) for c in text.upper()) for text in (word, word.replace("l", "I"))}
    return any(
        p in letters or (len(p) >= _FEWEST_MISSPELT and upper.isalpha() and one_slip_apart(upper, p)) for p in prefixes
    )
