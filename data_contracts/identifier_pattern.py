"""The pattern of an identifier: literals and fields, and the regular expressions that find what is written so.

========================  =====================================================================================
``{year}``                four digits; two are read as the year of the allowed range that ends in them
``{number:4}``            exactly four digits
``{number:5..8}``         five to eight digits
``{letters:2}``           exactly two letters (a range as above is allowed)
other letters and digits  stand for themselves, whatever their case; letters before the first field are the prefix
``-`` ``/`` ``.`` space   separators: any of them, or none, is accepted in their place
========================  =====================================================================================
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from data_contracts.slips import DIGIT_FOR, LETTER_FOR

SEPARATORS = r"[\s\-_./,:\u2013\u2014]{0,3}"
ONE_SEPARATOR = r"[\s\-_./]"
LENIENT_DIGIT = "[0-9" + re.escape("".join(DIGIT_FOR)) + "]"
LENIENT_LETTER = "[A-Za-z" + "".join(LETTER_FOR) + "]"
_SEPARATOR_CHARACTERS = frozenset(" -_./")
_FIELD = re.compile(r"\{(?P<kind>[a-z]+)(?::(?P<low>\d+)(?:\.\.(?P<high>\d+))?)?\}")


@dataclass(frozen=True, slots=True)
class Field:
    """A stretch of digits or letters."""

    kind: str
    """``year``, ``number`` or ``letters``."""
    low: int
    """Fewest characters."""
    high: int
    """Most characters."""


@dataclass(frozen=True)
class Pattern:
    """A pattern taken apart."""

    text: str

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError(f"{self.text!r} has no field; write e.g. 'FA-{{year}}-{{number:4}}'")
        leftover = _FIELD.sub("", self.text)
        if "{" in leftover or "}" in leftover:
            raise ValueError(f"{self.text!r}: fields are {{year}}, {{number:N}}, {{letters:N}}, with N or LOW..HIGH")

    @cached_property
    def prefix(self) -> str:
        """Literals before the first field, as written."""
        return self.text.split("{")[0]

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """In order."""
        return tuple(_field(m) for m in _FIELD.finditer(self.text))

    @cached_property
    def parts(self) -> tuple[str | Field, ...]:
        """Literals and fields after the prefix, in order."""
        parts: list[str | Field] = []
        end = self.text.index("{")
        for match in _FIELD.finditer(self.text):
            if literal := self.text[end : match.start()]:
                parts.append(literal)
            parts.append(_field(match))
            end = match.end()
        if literal := self.text[end:]:
            parts.append(literal)
        return tuple(parts)

    @cached_property
    def literals(self) -> str:
        """Letters and digits after the prefix that stand for themselves."""
        return "".join(c for p in self.parts if isinstance(p, str) for c in p if c not in _SEPARATOR_CHARACTERS)

    @cached_property
    def n_characters(self) -> int:
        """Letters and digits of the longest identifier, prefix left out."""
        return sum(f.high for f in self.fields) + len(self.literals)

    @cached_property
    def has_year(self) -> bool:
        """Whether one of the fields is a year."""
        return any(f.kind == "year" for f in self.fields)

    def expression(self, prefixes: Sequence[str], *, lenient: bool, short_year: bool, joined: bool) -> re.Pattern[str]:
        """What finds the identifiers of a text; the field of part ``n`` is the group ``fn``.

        Args:
            prefixes: one of them has to stand before it, if any is given.
            lenient: characters that are confused with those of a field are taken, too.
            short_year: the year has two digits.
            joined: fields may follow each other without a separator (a bare ``20210417`` is rather a date).
        """
        if prefixes:
            expression = rf"(?<![^\W_])(?:{any_of(prefixes)}){SEPARATORS}"
        else:
            expression = r"(?<![^\W_])(?<![0-9][.,\-/])"
        for index, part in enumerate(self.parts):
            if isinstance(part, str):
                expression += _literal(part, joined=joined)
            else:
                expression += _group(part, index, lenient=lenient, short_year=short_year)
        # A letter at the end is a confused digit only if the word ends there ("030BSE" is 030 and BSE).
        expression += r"(?![0-9])(?!(?<=[A-Za-z])[A-Za-z])" if prefixes else r"(?![^\W_])(?![.,\-/][0-9])"
        return re.compile(expression, re.IGNORECASE if prefixes else 0)


def any_of(prefixes: Sequence[str]) -> str:
    """An expression for prefixes, the longest first; separators may stand between letters (``S/N``, ``F O A``)."""
    longest_first = sorted(prefixes, key=len, reverse=True)
    return "|".join(r"[\s\-_./]?".join(map(re.escape, prefix)) for prefix in longest_first)


def _field(match: re.Match[str]) -> Field:
    kind, low, high = match["kind"], match["low"], match["high"]
    if kind == "year" and low is None:
        return Field("year", 4, 4)
    if kind in {"number", "letters"} and low is not None and 0 < int(low) <= int(high or low):
        return Field(kind, int(low), int(high or low))
    raise ValueError(f"{match[0]}: fields are {{year}}, {{number:N}} and {{letters:N}}, with N or LOW..HIGH")


def _literal(text: str, *, joined: bool) -> str:
    expression = ""
    for is_separator, group in itertools.groupby(text, lambda c: c in _SEPARATOR_CHARACTERS):
        if is_separator:
            expression += SEPARATORS if joined else r"[\-_./]"
        else:
            expression += re.escape("".join(group))
    return expression


def _group(part: Field, index: int, *, lenient: bool, short_year: bool) -> str:
    character = (LENIENT_DIGIT if lenient else "[0-9]") if part.kind != "letters" else ""
    character = character or (LENIENT_LETTER if lenient else "[A-Za-z]")
    # A digit right behind a digit is one too many rather than a letter: K144432 is not K14443-Z.
    start = "(?:(?=[A-Za-z])|(?<![0-9]))" if part.kind == "letters" and lenient else ""
    low, high = (2, 2) if part.kind == "year" and short_year else (part.low, part.high)
    count = f"{{{low}}}" if low == high else f"{{{low},{high}}}"
    return f"{start}(?P<f{index}>{character}{count})"
