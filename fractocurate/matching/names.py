"""What the name of an image file and the names of its folders say: FOANs, serial numbers, instance tags.

Order matters. Identifiers are read first and taken out of the text; then labelled serial numbers; then whatever looks
like a number but is none of the site's (magnifications, dates, quantities with units, running numbers). Only what is
left may be a serial number without a label, or a part of one.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from data_contracts.identifiers import Grammar, Identifier
from data_contracts.slips import DIGIT_FOR
from fractocurate.matching.name_readings import (
    FoanReading,
    MalformedFoan,
    NameReading,
    SerialReading,
    TagReading,
    TextReading,
)
from fractocurate.profile import Profile

_START, _END = r"(?<![^\W_])", r"(?![^\W_])"
_NUMBER = r"\d+(?:[.,]\d+)?"
_MONTH, _DAY = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12]\d|3[01])"
_UNITS = r"kv|ev|pa|mbar|[\u00b5\u03bcun]m|mm|cm|kn|mpa|gpa|deg|px|dpi"
_RUNNING = "img|dsc[nf]?|image|bild|aufnahme|photo|foto|pic|picture|scan|frame|untitled|unbenannt|neu|new"
"""Words of cameras and people that announce a running number."""

_NO_IDENTIFIERS = re.compile(
    "|".join(
        (
            rf"{_START}mag(?:n(?:ification)?)?\W{{0,3}}{_NUMBER}\s?k?\s?[x×]?{_END}",  # noqa: RUF001 - the sign on bars
            rf"{_START}[xv×]\s?{_NUMBER}\s?k?x?{_END}",  # noqa: RUF001 - the multiplication sign stands on data bars
            rf"{_START}{_NUMBER}\s?k?\s?[x×]{_END}",  # noqa: RUF001 - as above
            rf"{_START}{_NUMBER}k{_END}",
            rf"{_START}{_NUMBER}\s?(?:{_UNITS}){_END}",
            rf"{_START}(?:19|20)\d\d[-_.]?{_MONTH}[-_.]?{_DAY}{_END}",
            rf"{_START}{_DAY}[-_.]{_MONTH}[-_.](?:(?:19|20)\d\d|\d\d){_END}",
            r"\(\s?\d{1,3}\s?\)",  # the copy number of a file manager
            rf"{_START}(?:{_RUNNING})[\s_\-]?\d{{1,5}}{_END}",
        )
    ),
    re.IGNORECASE,
)
_ROUND = re.compile(r"[1-9]\d?0{2,}")  # 50, 100, 2500, 10000: magnifications without their sign
_ROUND_TIMES = re.compile(rf"{_START}(?:[1-9]\d?0+|\d{{1,3}}k)[x×]{_END}", re.IGNORECASE)  # noqa: RUF001 - as above
_COPY_NUMBER = re.compile(r"\(\s?\d{1,3}\s?\)")
_MARKED_PART = re.compile(r"(?P<mark>#|№|…|\.{2,}|\*+|~)[\s_]?(?P<digits>\d+)(?![^\W_])")
_DIGIT_GROUP = re.compile(rf"{_START}\d+{_END}")
_TOKEN = re.compile(r"[^\W_]+")
_TAG = re.compile(rf"{_START}(?P<letters>[A-Za-z]{{1,2}})(?P<number>\d{{1,2}}){_END}")


def parse_name(path: str, profile: Profile) -> NameReading:
    """Read a POSIX path relative to the image root. For many paths, keep one ``NameParser`` instead."""
    return NameParser(profile).parse(path)


def tag_keys(tag: str, labels: Iterable[str]) -> tuple[str, ...]:
    """Comparable spellings of a tag as a report states it (``B1``, ``2``, ``Bruch 2``); empty if it is empty."""
    key = _key(tag)
    if not key:
        return ()
    for label in sorted(map(_key, labels), key=len, reverse=True):
        if label and key.startswith(label) and key[len(label) :].isdigit():
            number = key[len(label) :].lstrip("0") or "0"
            return (number, label[0] + number, label + number)
    letters, digits = key.rstrip("0123456789"), key[len(key.rstrip("0123456789")) :]
    return (letters + (digits.lstrip("0") or "0") if digits else key,)


class NameParser:
    """Reads names by one profile; expressions are compiled and folder names read once."""

    def __init__(self, profile: Profile) -> None:
        self._foan = profile.foan.grammar
        self._serial = profile.serial_number.grammar
        self._partial_digits = profile.matching.partial_serial_digits
        self._tag_labels = tuple(profile.vocabulary.columns.get("instance_tag", ()))
        self._tag_initials = {_key(label)[:1] for label in self._tag_labels}
        self._serial_label = _label_expression((*profile.serial_number.labels, *self._serial.prefixes))
        self._labelled_tag = re.compile(
            rf"{_START}(?P<label>{_alternatives(self._tag_labels)})[\s\-_.:#]{{0,3}}(?P<number>\d{{1,2}}|[A-Za-z]){_END}",
            re.IGNORECASE,
        )
        self._read_folder = lru_cache(maxsize=65536)(self.read)

    def parse(self, path: str) -> NameReading:
        """Read a POSIX path relative to the image root."""
        pure = PurePosixPath(path)
        stem = pure.name.removesuffix(pure.suffix) if _is_extension(pure.suffix) else pure.name
        folders = tuple(self._read_folder(part) for part in reversed(pure.parts[:-1]) if part != "/")
        return NameReading(self.read(stem), folders)

    def read(self, text: str) -> TextReading:
        """Read one name, or one short text of a data bar or tag."""
        normal = unicodedata.normalize("NFC", text)
        rest = list(normal)
        foans, malformed = self._read_foans(normal, rest)
        serials = self._read_labelled_serials("".join(rest), rest)
        left = "".join(rest)
        for match in _NO_IDENTIFIERS.finditer("".join(rest)):
            _blank(rest, *match.span())
        without_numbers = "".join(rest)
        serials += self._read_bare_serials(without_numbers, rest)
        tags = self._read_tags("".join(rest))
        left = "".join(c if a == b else " " for c, a, b in zip(left, without_numbers, rest, strict=True))
        return TextReading(normal, foans, malformed, tuple(serials), tags, _mark(left))

    def tag_keys(self, tag: str) -> tuple[str, ...]:
        """Comparable spellings of a tag as a report states it."""
        return tag_keys(tag, self._tag_labels)

    def _read_foans(self, text: str, rest: list[str]) -> tuple[tuple[FoanReading, ...], tuple[MalformedFoan, ...]]:
        foans, malformed = [], []
        stated = self._foan.find(text)
        if swallowed := _magnifications_within(text, stated):
            text = _without(text, swallowed)
            stated = self._foan.find(text)
        for found in stated:
            may_be_date = not found.prefixed and _may_be_date(found.raw)
            foans.append(FoanReading(sys.intern(found.value), found.raw, found.repairs, found.prefixed, may_be_date))
            _blank(rest, found.start, found.end)
        for torn in self._foan.find_malformed(text):
            malformed.append(MalformedFoan(torn.keys, torn.raw, torn.likely))
            _blank(rest, torn.start, torn.end)
        return tuple(foans), tuple(malformed)

    def _read_labelled_serials(self, text: str, rest: list[str]) -> list[SerialReading]:
        serials = []
        for match in self._serial_label.finditer(text):
            label = match[0][: match.start("body") - match.start()]
            # "123456-10k" may be one serial number or one and a magnification: the longest that fits is taken.
            for body in dict.fromkeys((match["body"], match["first"])):
                raw = (label + body).strip()
                reading = self._labelled_serial(body, raw) or self._labelled_serial(label + body, raw)
                if reading is not None:
                    serials.append(reading)
                    _blank(rest, match.start(), match.start("body") + len(body))
                    break
        for match in _MARKED_PART.finditer("".join(rest)):
            reading = self._labelled_serial(match["digits"], match[0])
            if reading is not None:
                serials.append(reading)
                _blank(rest, *match.span())
        return serials

    def _labelled_serial(self, text: str, raw: str) -> SerialReading | None:
        found = self._serial.parse(text)
        if found is not None:
            return SerialReading(
                self._serial.key(found.value), raw, full=True, labelled=True, repaired=bool(found.repairs)
            )
        digits = "".join(DIGIT_FOR.get(c, c) for c in text)
        mostly_digits = sum(c.isdigit() for c in text) >= len(text) - 1
        if mostly_digits and digits.isdigit() and len(digits) >= self._partial_digits:
            return SerialReading(digits, raw, full=False, labelled=True, repaired=digits != text)
        return None

    def _read_bare_serials(self, text: str, rest: list[str]) -> list[SerialReading]:
        serials: dict[str, SerialReading] = {}
        spans: list[tuple[int, int]] = []
        for found in self._serial.find(text):
            spans.append((found.start, found.end))
            self._add_bare(serials, self._serial, found.value, found.raw, bool(found.repairs))
        for token in _TOKEN.finditer(text):
            parsed = self._serial.parse(token[0])
            if parsed is not None and not any(token.start() < end and start < token.end() for start, end in spans):
                spans.append(token.span())
                self._add_bare(serials, self._serial, parsed.value, parsed.raw, bool(parsed.repairs))
        for start, end in spans:
            _blank(rest, start, end)
        for group in _DIGIT_GROUP.finditer("".join(rest)):
            if len(group[0]) >= self._partial_digits and not _ROUND.fullmatch(group[0]):
                serials.setdefault(group[0], SerialReading(group[0], group[0], full=False, labelled=False))
        return list(serials.values())

    @staticmethod
    def _add_bare(serials: dict[str, SerialReading], grammar: Grammar, value: str, raw: str, repaired: bool) -> None:  # noqa: FBT001 - private, one caller
        key = grammar.key(value)
        if not _ROUND.fullmatch(key):
            serials.setdefault(key, SerialReading(key, raw, full=True, labelled=False, repaired=repaired))

    def _read_tags(self, text: str) -> tuple[TagReading, ...]:
        tags = {}
        for match in self._labelled_tag.finditer(text):
            label, number = _key(match["label"]), match["number"].upper().lstrip("0") or "0"
            tags[match.start()] = TagReading((number, label[0] + number, label + number), match[0])
        for match in _TAG.finditer(text):
            number = match["number"].lstrip("0") or "0"
            letters = match["letters"].upper()
            # "B2" may be short for the "Bruch 2" that a report calls just "2".
            keys = (letters + number, number) if letters in self._tag_initials else (letters + number,)
            tags.setdefault(match.start(), TagReading(keys, match[0]))
        return tuple(tags[start] for start in sorted(tags))


def _magnifications_within(text: str, foans: Sequence[Identifier]) -> list[tuple[int, int]]:
    """Where FOANs take a magnification for a part of theirs: ``K_10000x`` is no ``K10000-X``."""
    return [
        match.span()
        for match in _ROUND_TIMES.finditer(text)
        if any(f.start <= match.start() and match.end() <= f.end and match[0] != f.raw for f in foans)
    ]


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in spans:
        _blank(characters, start, end)
    return "".join(characters)


def _blank(characters: list[str], start: int, end: int) -> None:
    """Take a stretch out; what stands on its two sides stays apart."""
    characters[start:end] = " " * (end - start)


def _mark(text: str) -> str:
    return sys.intern(" ".join(_TOKEN.findall(_COPY_NUMBER.sub("", text).lower())))


def _may_be_date(raw: str) -> bool:
    digits = "".join(c for c in raw if c.isdigit())
    return re.fullmatch(rf"(?:(?:19|20)?\d\d){_MONTH}{_DAY}", digits) is not None


def _is_extension(suffix: str) -> bool:
    """``.tif`` is one; ``.0163`` and ``.0163 copy`` are parts of the name."""
    return re.fullmatch(r"\.[A-Za-z][A-Za-z0-9]{1,4}", suffix) is not None


def _key(text: str) -> str:
    plain = text if text.isascii() else unicodedata.normalize("NFC", text)
    return "".join(filter(str.isalnum, plain.upper()))


def _alternatives(labels: Iterable[str]) -> str:
    """An expression for any of the labels, separators between their characters being free; never matches if none."""
    words = sorted({k for k in map(_key, labels) if k}, key=len, reverse=True)
    return "|".join(r"[\s\-_./]?".join(map(re.escape, word)) for word in words) or r"(?!)"


def _label_expression(labels: Iterable[str]) -> re.Pattern[str]:
    separators = r"[\s\-_.:#=/]{0,4}"
    return re.compile(
        rf"{_START}(?:{_alternatives(labels)}){separators}(?P<body>(?=[^\W_]*\d)(?P<first>[^\W_]+)(?:[\-/.](?=[^\W_]*[A-Za-z])[^\W_]+)?){_END}",
        re.IGNORECASE,
    )
