"""Parse and normalise FOANs and serial numbers by a grammar that the site's profile gives.

A grammar is written as a pattern of literals and fields, e.g. ``FA-{year}-{number:4}``:

========================  =====================================================================================
``{year}``                four digits; two are read as the year of the allowed range that ends in them
``{number:4}``            exactly four digits
``{number:5..8}``         five to eight digits
``{letters:2}``           exactly two letters (a range as above is allowed)
other letters and digits  stand for themselves, whatever their case; letters before the first field are the prefix
``-`` ``/`` ``.`` space   separators: any of them, or none, is accepted in their place
========================  =====================================================================================

Reading is tolerant in separators, case and prefix alias; it is strict in the number of characters of each field.
A character that OCR or a typist confuses (O for 0, I for 1 ...) is repaired and the repair is reported; so is a
misspelt prefix (``FOAM`` for ``FOAN``) if everything behind it is complete.
"""

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from data_contracts.slips import DIGIT_FOR, LETTER_FOR, one_slip_apart, repaired

_FIELD = re.compile(r"\{(?P<kind>[a-z]+)(?::(?P<low>\d+)(?:\.\.(?P<high>\d+))?)?\}")
_SEPARATORS = r"[\s\-_./,:\u2013\u2014]{0,3}"
_ONE_SEPARATOR = r"[\s\-_./]"
_FEWEST_MISSPELT = 4
"""Letters of the shortest prefix that may be misspelt: of fewer, one slip leaves too little."""
_WORD_START = re.compile(r"(?<![^\W_])(?=[A-Za-z" + "".join(LETTER_FOR) + "])")
_FEWEST_BEHIND_DIGITS = 6
"""Characters behind a prefix all of whose letters were read as digits: ``10-2023`` is a month, no ``IO-2023``."""
_SEPARATOR_CHARACTERS = frozenset(" -_./")

_LENIENT_DIGIT = "[0-9" + re.escape("".join(DIGIT_FOR)) + "]"
_LENIENT_LETTER = "[A-Za-z" + "".join(LETTER_FOR) + "]"


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


@dataclass(frozen=True, slots=True)
class MalformedIdentifier:
    """Something that was meant as an identifier but breaks the grammar: a digit too many or too few."""

    key: str
    """Canonical prefix and the letters and digits that follow, separators dropped: comparable with ``Grammar.key``."""
    raw: str
    start: int
    end: int
    likely: tuple[str, ...] = ()
    """Canonical identifiers that the usual slips explain: leading zeros left out, one character typed twice."""
    alternatives: tuple[str, ...] = ()
    """Further keys, where it is open which groups of digits still belong to it (``21_375_09``: a running number?)."""

    @property
    def keys(self) -> tuple[str, ...]:
        """All readings of it, the most likely first."""
        return (self.key, *self.alternatives)


@dataclass(frozen=True, slots=True)
class _Field:
    kind: str
    low: int
    high: int


@dataclass(frozen=True)
class Grammar:
    """The grammar of one kind of identifier at one site."""

    pattern: str
    aliases: tuple[str, ...] = ()
    """Other spellings of the prefix that mean the same."""
    first_year: int = 1990
    last_year: int = 2049

    def __post_init__(self) -> None:
        if not self._fields:
            raise ValueError(f"{self.pattern!r} has no field; write e.g. 'FA-{{year}}-{{number:4}}'")
        leftover = _FIELD.sub("", self.pattern)
        if "{" in leftover or "}" in leftover:
            raise ValueError(f"{self.pattern!r}: fields are {{year}}, {{number:N}}, {{letters:N}}, with N or LOW..HIGH")
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
        for start, prefix_end in self._misspelt_prefixes(text):
            identifier = self._find_behind(text, start, prefix_end)
            # A bare reading inside it is the same identifier without its torn prefix.
            if identifier is not None and not _overlaps(start, identifier.end, [f for f in found if f.prefixed]):
                found = [f for f in found if not _overlaps(f.start, f.end, [identifier])]
                found.append(identifier)
        return sorted(found, key=lambda i: i.start)

    def find_malformed(self, text: str) -> list[MalformedIdentifier]:
        """Readings that begin like an identifier but break the grammar, where no valid one stands.

        The prefix may hold confusable characters, and, from four letters on, be misspelt by one edit or one swap.
        Grammars whose letters stand before the first digits are not covered: such a torn identifier is a word.
        """
        if not self.prefixes or self._fields[0].kind == "letters":
            return []
        valid = self.find(text)
        found: list[MalformedIdentifier] = []
        starts = sorted({*self._true_prefixes(text), *self._misspelt_prefixes(text)})
        for start, prefix_end in starts:
            match = self._body.match(text, prefix_end)
            if match is None or _overlaps(start, match.end(), valid) or _overlaps(start, match.end(), found):
                continue
            if len(self.prefixes[0]) == 1 and match.start("body") > prefix_end:
                continue  # one letter and a number apart from it are two words
            ends = self._malformed_keys(match["body"])
            if ends:
                # What is left out of the first key (a running number, a serial number) is left to other readers.
                end = match.start("body") + next(iter(ends.values()))
                first, *others = ends
                likely = self._likely_meanings(match["body"][: ends[first]])
                found.append(MalformedIdentifier(first, text[start:end], start, end, likely, tuple(others)))
        return found

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """The canonical prefix, then its aliases, upper case; empty if the pattern has none."""
        canonical = "".join(c for c in self.pattern.split("{")[0] if c.isalnum()).upper()
        return (canonical, *(a.upper() for a in self.aliases)) if canonical else ()

    @cached_property
    def n_characters(self) -> int:
        """Letters and digits of the longest identifier, prefix left out."""
        return sum(f.high for f in self._fields) + len(self._literals_after_prefix)

    @cached_property
    def _fields(self) -> tuple[_Field, ...]:
        return tuple(_field(m) for m in _FIELD.finditer(self.pattern))

    @cached_property
    def _parts(self) -> tuple[str | _Field, ...]:
        """Literals and fields after the prefix, in order."""
        parts: list[str | _Field] = []
        end = self.pattern.index("{")
        for match in _FIELD.finditer(self.pattern):
            if literal := self.pattern[end : match.start()]:
                parts.append(literal)
            parts.append(_field(match))
            end = match.end()
        if literal := self.pattern[end:]:
            parts.append(literal)
        return tuple(parts)

    @cached_property
    def _literals_after_prefix(self) -> str:
        return "".join(c for p in self._parts if isinstance(p, str) for c in p if c not in _SEPARATOR_CHARACTERS)

    @cached_property
    def _ladder(self) -> tuple[tuple[re.Pattern[str], bool], ...]:
        """Expressions, the most trustworthy first, and whether each asks for the prefix."""
        steps = (False, True)  # exact, then with confusable characters
        ladder = []
        if self.prefixes:
            for lenient, short_year in itertools.product(steps, self._year_steps):
                ladder.append((self._regex(lenient=lenient, short_year=short_year, prefix=True, joined=True), True))
        joined = not self.prefixes
        for lenient in steps if joined else steps[:1]:
            ladder += [
                (self._regex(lenient=lenient, short_year=short_year, prefix=False, joined=joined), False)
                for short_year in self._year_steps
            ]
        return tuple(ladder)

    @cached_property
    def _year_steps(self) -> tuple[bool, ...]:
        return (False, True) if any(f.kind == "year" for f in self._fields) else (False,)

    def _regex(self, *, lenient: bool, short_year: bool, prefix: bool, joined: bool) -> re.Pattern[str]:
        """``joined``: fields may follow each other without a separator (a bare ``20210417`` is rather a date)."""
        expression = ""
        if prefix:
            names = "|".join(map(_spelling, sorted(self.prefixes, key=len, reverse=True)))
            expression = rf"(?<![^\W_])(?:{names}){_SEPARATORS}"
        else:
            expression = r"(?<![^\W_])(?<![0-9][.,\-/])"
        for index, part in enumerate(self._parts):
            if isinstance(part, str):
                expression += _literal(part, joined=joined)
            else:
                expression += _group(part, index, lenient=lenient, short_year=short_year)
        # A letter at the end is a confused digit only if the word ends there ("030BSE" is 030 and BSE).
        expression += r"(?![0-9])(?!(?<=[A-Za-z])[A-Za-z])" if prefix else r"(?![^\W_])(?![.,\-/][0-9])"
        return re.compile(expression, re.IGNORECASE if prefix else 0)

    def _read(self, match: re.Match[str], *, prefixed: bool) -> Identifier | None:
        value, repairs = (self.pattern.split("{")[0], list[str]())
        for index, part in enumerate(self._parts):
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
        if len(repairs) > self.n_characters / 2:
            return None
        return Identifier(value, match[0].strip(), match.start(), match.end(), prefixed, tuple(repairs))

    def _year(self, digits: str) -> str | None:
        if len(digits) == 4:
            return digits if self.first_year <= int(digits) <= self.last_year else None
        years = [y for y in range(self.first_year, self.last_year + 1) if y % 100 == int(digits)]
        return str(years[0]) if years else None

    @cached_property
    def _body(self) -> re.Pattern[str]:
        """What may follow the prefix of a malformed identifier."""
        # After a separator only a number goes on: "_SN" is no continuation, "_O64" is one.
        following = rf"(?:{_ONE_SEPARATOR}(?={_LENIENT_DIGIT}?[0-9]))?{_LENIENT_DIGIT}"
        last, before = self._fields[-1], self._fields[-2] if len(self._fields) > 1 else None
        tail = ""
        if last.kind == "letters":
            tail = rf"(?:{_ONE_SEPARATOR}?[A-Za-z]{{1,{last.high}}}(?![^\W_]))?"
        elif before is not None and before.kind == "letters":  # one character perhaps too many
            joint = rf"{_ONE_SEPARATOR}?" if isinstance(self._parts[-2], str) else ""
            letters, digits = rf"[A-Za-z]{{1,{before.high + 1}}}", rf"{_LENIENT_DIGIT}{{1,{last.high + 1}}}"
            tail = rf"(?:{_ONE_SEPARATOR}?{letters}{joint}{digits})?"
        return re.compile(
            rf"{_SEPARATORS}(?P<body>{_LENIENT_DIGIT}(?:{following}){{1,{self.n_characters + 6}}}{tail})(?![0-9])"
            r"(?!(?<=[A-Za-z])[A-Za-z])"
        )

    def _true_prefixes(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of each prefix as it should be, at the beginning of a word."""
        for match in self._prefix.finditer(text):
            yield match.span()

    @cached_property
    def _prefix(self) -> re.Pattern[str]:
        names = "|".join(map(_spelling, sorted(self.prefixes, key=len, reverse=True)))
        return re.compile(rf"(?<![^\W_])(?:{names})", re.IGNORECASE)

    def _misspelt_prefixes(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of what resembles the prefix, a number close behind it."""
        if not self.prefixes or not any(map(str.isdigit, text)):
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
                if _resembles(spelt, self.prefixes):
                    yield start, end

    @cached_property
    def _misspelt_lengths(self) -> tuple[int, ...]:
        """Lengths of what resembles a prefix, longest first: from four letters on one more or less."""
        lengths = {len(p) + n for p in self.prefixes for n in ((-1, 0, 1) if len(p) >= _FEWEST_MISSPELT else (0,))}
        return tuple(sorted(lengths - {1}, reverse=True))

    def _find_behind(self, text: str, start: int, prefix_end: int) -> Identifier | None:
        """The identifier whose misspelt prefix stands at ``start``."""
        spelt = self.prefixes[0] + text[prefix_end : prefix_end + 4 * self.n_characters]
        for regex, prefixed in self._ladder:
            match = regex.match(spelt) if prefixed else None
            read = self._read(match, prefixed=True) if match else None
            if match and read:
                end = prefix_end + match.end() - len(self.prefixes[0])
                slip = f"{text[start:prefix_end]} -> {self.prefixes[0]}"
                raw = text[start:end].strip()
                return Identifier(read.value, raw, start, end, prefixed=True, repairs=(slip, *read.repairs))
        return None

    def _malformed_keys(self, body: str) -> dict[str, int]:
        """Keys of all leading groups of ``body`` that are nearly an identifier, and where each ends in ``body``.

        The expected number of groups comes first.
        """
        groups: list[str] = []
        found: list[tuple[int, str, int]] = []
        for group in re.finditer(r"[^\W_]+", body):
            groups.append(group[0])
            read = self._with_long_year(groups)
            if self._fits_loosely(read):
                found.append((abs(len(groups) - len(self._fields)), self.prefixes[0] + read, group.end()))
        return {key: end for _, key, end in sorted(found)}

    def _likely_meanings(self, body: str) -> tuple[str, ...]:
        """Valid identifiers whose numbers lack their leading zeros in ``body``, or have one character twice."""
        groups = re.findall(r"[^\W_]+", body)
        if len(groups) != len(self._fields) and self._fields[0].kind == "year" and len(self._fields) == 2:
            joined = self._with_long_year(groups)
            groups = [joined[:4], joined[4:]]
        if len(groups) != len(self._fields) or self._literals_after_prefix:
            return ()
        variants = [_usual_slips_undone(*pair) for pair in zip(groups, self._fields, strict=True)]
        texts = ("-".join((self.prefixes[0], *parts)) for parts in itertools.product(*variants))
        return tuple(sorted({found.value for found in map(self.parse, texts) if found is not None}))

    def _with_long_year(self, groups: list[str]) -> str:
        """Join the groups; where the grammar begins with a year, write a two-digit year in full."""
        spells_letters = any(f.kind == "letters" for f in self._fields)
        digits = [g if spells_letters else "".join(DIGIT_FOR.get(c, c) for c in g) for g in groups]
        joined, first = "".join(digits).upper(), digits[0]
        if self._fields[0].kind != "year" or isinstance(self._parts[0], str):
            return joined
        is_year = len(first) >= 4 and first[:4].isdigit() and self._year(first[:4]) is not None
        # As many digits as with a long year: it was mistyped (2059-0123, 22005-0191), not shortened.
        is_long = is_year or (len(first) >= 4 and len(joined) >= self.n_characters)
        year = None if is_long or not first[:2].isdigit() or len(first) == 3 else self._year(first[:2])
        return joined if year is None else year + joined[2:]

    def _fits_loosely(self, body: str) -> bool:
        shortest = sum(f.low for f in self._fields) + len(self._literals_after_prefix)
        letters = sum(f.high for f in self._fields if f.kind == "letters") + len(self._literals_after_prefix)
        n_digits = sum(c.isdigit() for c in body)
        return max(2, shortest - 2) <= len(body) <= self.n_characters + 2 and n_digits >= len(body) - 2 - letters


def _field(match: re.Match[str]) -> _Field:
    kind, low, high = match["kind"], match["low"], match["high"]
    if kind == "year" and low is None:
        return _Field("year", 4, 4)
    if kind in {"number", "letters"} and low is not None and 0 < int(low) <= int(high or low):
        return _Field(kind, int(low), int(high or low))
    raise ValueError(f"{match[0]}: fields are {{year}}, {{number:N}} and {{letters:N}}, with N or LOW..HIGH")


def _spelling(prefix: str) -> str:
    """A prefix may be set with separators between its letters (``S/N``, ``F O A``)."""
    return r"[\s\-_./]?".join(map(re.escape, prefix))


def _literal(text: str, *, joined: bool) -> str:
    expression = ""
    for is_separator, group in itertools.groupby(text, lambda c: c in _SEPARATOR_CHARACTERS):
        if is_separator:
            expression += _SEPARATORS if joined else r"[\-_./]"
        else:
            expression += re.escape("".join(group))
    return expression


def _group(part: _Field, index: int, *, lenient: bool, short_year: bool) -> str:
    character = (_LENIENT_DIGIT if lenient else "[0-9]") if part.kind != "letters" else ""
    character = character or (_LENIENT_LETTER if lenient else "[A-Za-z]")
    # A digit right behind a digit is one too many rather than a letter: K144432 is not K14443-Z.
    start = "(?:(?=[A-Za-z])|(?<![0-9]))" if part.kind == "letters" and lenient else ""
    low, high = (2, 2) if part.kind == "year" and short_year else (part.low, part.high)
    count = f"{{{low}}}" if low == high else f"{{{low},{high}}}"
    return f"{start}(?P<f{index}>{character}{count})"


def _usual_slips_undone(group: str, part: _Field) -> list[str]:
    if part.kind == "letters" or part.low <= len(group) <= part.high:
        return [group]
    if len(group) < part.low:
        return [group if part.kind == "year" else group.rjust(part.low, "0")]
    return sorted({group[:i] + group[i + 1 :] for i in range(1, len(group)) if group[i] == group[i - 1]})


@lru_cache(maxsize=4_000)
def _found_in(grammar: Grammar, text: str, bare: bool) -> tuple[Identifier, ...]:  # noqa: FBT001 - lru_cache tells f(b=1) from f(1)
    """The same line or cell is asked about by several readers of a report."""
    return tuple(grammar._find(text, bare=bare))  # noqa: SLF001 - the grammar's own


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


def _overlaps(start: int, end: int, found: Sequence[Identifier | MalformedIdentifier]) -> bool:
    return any(start < f.end and f.start < end for f in found)


def _significant(text: str) -> bool:
    return any(c.isalnum() for c in text)
