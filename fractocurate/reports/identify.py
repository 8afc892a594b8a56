"""FOANs and serial numbers in cells and running text, by the grammars of the site's profile."""

import re
from dataclasses import dataclass
from functools import cached_property

from data_contracts.identifiers import Identifier
from fractocurate.profile import IdentifierSettings, Profile
from fractocurate.reports.fields import is_blank

_DIGITS_OF_A_FOAN = 3
_PUNCTUATION = " :.#-\u2013=_/"


@dataclass(frozen=True, slots=True)
class Identification:
    """What a cell says about one identifier."""

    value: str | None
    raw: str
    problem: str = ""
    """Why a person should look: not understood, or several. Empty if clean or nothing is stated."""
    rest: str = ""
    """Text of the cell beside the identifier and its label."""
    repairs: tuple[str, ...] = ()
    """Confusable characters that were repaired, as ``O -> 0``."""
    repaired_raw: str = ""
    """The identifier as it stands in the cell, where it was repaired."""


@dataclass(frozen=True)
class Identifiers:
    """Both grammars of a site, with the labels that announce them."""

    profile: Profile

    def foan(self, text: str) -> Identification:
        """The FOAN that a cell holds."""
        return self._identify(text, self.profile.foan, self._foan_label, "foan")

    def serial_number(self, text: str) -> Identification:
        """The serial number that a cell holds."""
        return self._identify(text, self.profile.serial_number, self._serial_label, "serial number")

    def foans_in(self, text: str) -> list[Identifier]:
        """FOANs in running text: with their prefix, or, where the grammar has none, after a label."""
        if self.profile.foan.grammar.prefixes:
            prefixed = [f for f in self.profile.foan.grammar.find(text, bare=False) if f.prefixed]
            return sorted([*prefixed, *self._labelled(text, self.profile.foan, self._foan_label, prefixed)], key=_start)
        return self._labelled(text, self.profile.foan, self._foan_label, [])

    def torn_foan_in(self, text: str) -> str:
        """What a label announces as a FOAN and is none: a digit too few, say; empty if there is no such thing."""
        if self.foans_in(text):
            return ""
        if torn := self.profile.foan.grammar.find_malformed(text):
            return torn[0].raw
        for match in self._foan_label.finditer(text):
            token = next(iter(text[match.end() :].split()), "").strip(_PUNCTUATION + ",;()")
            if sum(c.isdigit() for c in token) >= _DIGITS_OF_A_FOAN:
                return token
        return ""

    def serial_numbers_in(self, text: str) -> list[Identifier]:
        """Serial numbers in running text that a label or their prefix announces."""
        settings = self.profile.serial_number
        prefixed = settings.grammar.find(text, bare=False) if settings.grammar.prefixes else []
        return sorted([*prefixed, *self._labelled(text, settings, self._serial_label, prefixed)], key=_start)

    @cached_property
    def _foan_label(self) -> re.Pattern[str]:
        return _label_pattern(self.profile.foan, self.profile.vocabulary.columns.get("foan", ()))

    @cached_property
    def _serial_label(self) -> re.Pattern[str]:
        return _label_pattern(self.profile.serial_number, self.profile.vocabulary.columns.get("serial_number", ()))

    def _labelled(
        self, text: str, settings: IdentifierSettings, label: re.Pattern[str], known: list[Identifier]
    ) -> list[Identifier]:
        found = []
        for match in label.finditer(text):
            after = text[match.end() : match.end() + 40]
            first = next(iter(settings.grammar.find(after)), None)
            if first is None or after[: first.start].strip(_PUNCTUATION) or first.repairs:
                continue
            start, end = match.end() + first.start, match.end() + first.end
            if any(start < k.end and k.start < end for k in known):
                continue
            found.append(Identifier(first.value, first.raw, start, end, prefixed=True, repairs=first.repairs))
        return found

    def _identify(self, text: str, settings: IdentifierSettings, label: re.Pattern[str], name: str) -> Identification:
        text = text.strip()
        if is_blank(text):
            return Identification(None, text)
        bare = label.sub(" ", text, count=1).strip(_PUNCTUATION) if label.match(text) else text
        grammar = settings.grammar
        # OCR puts spaces into numbers; typists do so between letters and digits.
        whole = grammar.parse(text) or grammar.parse(bare) or grammar.parse("".join(bare.split()))
        found = [whole] if whole else (grammar.find(bare) or grammar.find(text))
        exact = [f for f in found if not f.repairs]
        chosen = exact or found
        if len({f.value for f in chosen}) == 1:
            first = chosen[0]
            source = bare if first.raw in bare else text
            rest = _tidy_rest(source.replace(first.raw, " ", 1))
            return Identification(first.value, text, "", rest, first.repairs, first.raw if first.repairs else "")
        if chosen:
            return Identification(None, text, f"several readings of {name}: {text}")
        return Identification(None, text, f"{name} breaks the grammar: {text}")


def _start(identifier: Identifier) -> int:
    return identifier.start


def _tidy_rest(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(_PUNCTUATION + ",;()[]|")


def _label_pattern(settings: IdentifierSettings, headers: tuple[str, ...]) -> re.Pattern[str]:
    """What announces an identifier in a table announces it in text, too."""
    names = sorted({*settings.labels, *settings.aliases, *headers}, key=len, reverse=True)
    if not names:
        return re.compile(r"(?!)")
    spelled = (r"\s*".join(re.escape(part) for part in re.split(r"\s+", name.rstrip("."))) for name in names)
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(spelled)})(?![A-Za-z]{{2}})\.?[\s:.#\-\u2013=]*", re.IGNORECASE)
