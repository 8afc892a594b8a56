"""What was meant as an identifier but breaks the grammar: a digit too many or too few."""

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from data_contracts.identifier_pattern import LENIENT_DIGIT, ONE_SEPARATOR, SEPARATORS, Field, Pattern
from data_contracts.slips import DIGIT_FOR

_MOST_TOO_MANY = 6
"""Characters that are looked at beyond the longest identifier."""


@dataclass(frozen=True, slots=True)
class MalformedIdentifier:
    """Something that was meant as an identifier but breaks the grammar."""

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


@dataclass(frozen=True)
class MalformedReader:
    """Reads what stands behind a prefix and is nearly an identifier."""

    pattern: Pattern
    prefix: str
    """Canonical, upper case."""
    year_of: Callable[[str], str | None]
    """Digits of a year -> the year in four digits; None if the grammar does not allow it."""
    valid_in: Callable[[str], Iterable[str]]
    """Text -> the canonical identifiers that it states as a whole."""

    def read(self, text: str, start: int, prefix_end: int) -> MalformedIdentifier | None:
        """What the prefix from ``start`` to ``prefix_end`` begins; None if it is nothing like an identifier."""
        match = self._body.match(text, prefix_end)
        if match is None:
            return None
        if len(self.prefix) == 1 and match.start("body") > prefix_end:
            return None  # one letter and a number apart from it are two words
        ends = self._keys(match["body"])
        if not ends:
            return None
        # What is left out of the first key (a running number, a serial number) is left to other readers.
        first, *others = ends
        end = match.start("body") + ends[first]
        likely = self._likely_meanings(match["body"][: ends[first]])
        return MalformedIdentifier(first, text[start:end], start, end, likely, tuple(others))

    def reach(self, text: str, prefix_end: int) -> int:
        """Where all that may belong to the prefix ends."""
        match = self._body.match(text, prefix_end)
        return match.end() if match else prefix_end

    @cached_property
    def _body(self) -> re.Pattern[str]:
        """What may follow the prefix."""
        # After a separator only a number goes on: "_SN" is no continuation, "_O64" is one.
        following = rf"(?:{ONE_SEPARATOR}(?={LENIENT_DIGIT}?[0-9]))?{LENIENT_DIGIT}"
        fields = self.pattern.fields
        last, before = fields[-1], fields[-2] if len(fields) > 1 else None
        tail = ""
        if last.kind == "letters":
            tail = rf"(?:{ONE_SEPARATOR}?[A-Za-z]{{1,{last.high}}}(?![^\W_]))?"
        elif before is not None and before.kind == "letters":  # one character perhaps too many
            joint = rf"{ONE_SEPARATOR}?" if isinstance(self.pattern.parts[-2], str) else ""
            letters, digits = rf"[A-Za-z]{{1,{before.high + 1}}}", rf"{LENIENT_DIGIT}{{1,{last.high + 1}}}"
            tail = rf"(?:{ONE_SEPARATOR}?{letters}{joint}{digits})?"
        most = self.pattern.n_characters + _MOST_TOO_MANY
        return re.compile(
            rf"{SEPARATORS}(?P<body>{LENIENT_DIGIT}(?:{following}){{1,{most}}}{tail})(?![0-9])"
            r"(?!(?<=[A-Za-z])[A-Za-z])"
        )

    def _keys(self, body: str) -> dict[str, int]:
        """Keys of all leading groups of ``body`` that are nearly an identifier, and where each ends in ``body``.

        The expected number of groups comes first.
        """
        groups: list[str] = []
        found: list[tuple[int, str, int]] = []
        for group in re.finditer(r"[^\W_]+", body):
            groups.append(group[0])
            read = self._with_long_year(groups)
            if self._fits_loosely(read):
                found.append((abs(len(groups) - len(self.pattern.fields)), self.prefix + read, group.end()))
        return {key: end for _, key, end in sorted(found)}

    def _likely_meanings(self, body: str) -> tuple[str, ...]:
        """Valid identifiers whose numbers lack their leading zeros in ``body``, or have one character twice."""
        fields = self.pattern.fields
        groups = re.findall(r"[^\W_]+", body)
        if len(groups) != len(fields) and fields[0].kind == "year" and len(fields) == 2:
            joined = self._with_long_year(groups)
            groups = [joined[:4], joined[4:]]
        if len(groups) != len(fields) or self.pattern.literals:
            return ()
        variants = [_usual_slips_undone(*pair) for pair in zip(groups, fields, strict=True)]
        texts = ("-".join((self.prefix, *parts)) for parts in itertools.product(*variants))
        return tuple(sorted({value for text in texts for value in self.valid_in(text)}))

    def _with_long_year(self, groups: Sequence[str]) -> str:
        """Join the groups; where the grammar begins with a year, write a two-digit year in full."""
        spells_letters = any(f.kind == "letters" for f in self.pattern.fields)
        digits = [g if spells_letters else "".join(DIGIT_FOR.get(c, c) for c in g) for g in groups]
        joined, first = "".join(digits).upper(), digits[0]
        if self.pattern.fields[0].kind != "year" or isinstance(self.pattern.parts[0], str):
            return joined
        is_year = len(first) >= 4 and first[:4].isdigit() and self.year_of(first[:4]) is not None
        # As many digits as with a long year: it was mistyped (2059-0123, 22005-0191), not shortened.
        is_long = is_year or (len(first) >= 4 and len(joined) >= self.pattern.n_characters)
        year = None if is_long or not first[:2].isdigit() or len(first) == 3 else self.year_of(first[:2])
        return joined if year is None else year + joined[2:]

    def _fits_loosely(self, body: str) -> bool:
        fields, n_literals = self.pattern.fields, len(self.pattern.literals)
        shortest = sum(f.low for f in fields) + n_literals
        letters = sum(f.high for f in fields if f.kind == "letters") + n_literals
        n_digits = sum(c.isdigit() for c in body)
        return (
            max(2, shortest - 2) <= len(body) <= self.pattern.n_characters + 2 and n_digits >= len(body) - 2 - letters
        )


def _usual_slips_undone(group: str, part: Field) -> list[str]:
    if part.kind == "letters" or part.low <= len(group) <= part.high:
        return [group]
    if len(group) < part.low:
        return [group if part.kind == "year" else group.rjust(part.low, "0")]
    return sorted({group[:i] + group[i + 1 :] for i in range(1, len(group)) if group[i] == group[i - 1]})
