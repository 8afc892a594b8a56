"""What a caption states: magnification, FOAN and serial number."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from data_contracts.identifiers import Identifier
from fractocurate.micrographs.magnification import NUMBER, find_magnifications, magnification_of
from fractocurate.reports.caption_texts import without_label
from fractocurate.reports.identify import Identifiers

_FOLD = re.compile(
    rf"(?<![\w.,:/-])(?P<number>{NUMBER})\s?(?P<kilo>[kK]?)\s?-?\s?(?:fach(?:e[rnms]?)?|fold|times|mal)\b",
    re.IGNORECASE,
)
# ``V`` is the German sign of a magnification (Vergrößerung), and the unit of the voltage.
_SIGN = re.compile(rf"\b[vV]\s*[=:.]\s*(?P<number>{NUMBER})\s?(?P<kilo>[kK](?!\s?V))?(?!\d)(?!\s*[kK]?V\b)")
# A mark before white space parts statements, unless it is one of thousands (OCR: ``1, 000``) or ends ``Mag. 500``.
_STATEMENT_ENDS = re.compile(r",(?=\s+(?!\d{3}(?!\d))|\s*$)|\.(?=\s+\D|\s*$)")
_FIELD_BREAKS = re.compile(r"[,;:()\[\]|]|\s[-\u2013\u2014]\s")


@dataclass(frozen=True, slots=True)
class CaptionValues:
    """Each None if the caption does not state it, or states several."""

    magnification: float | None
    foan: str | None
    """Normalised by the site's grammar."""
    serial_number: str | None
    """Normalised by the site's grammar."""

    @property
    def is_empty(self) -> bool:
        """Nothing is stated."""
        return self.magnification is None and self.foan is None and self.serial_number is None


def caption_values(text: str, identifiers: Identifiers) -> CaptionValues:
    """Read the text of a caption."""
    stated = without_label(text)
    foans, serials = identifiers.foans_in(stated), identifiers.serial_numbers_in(stated)
    # Digits of an identifier are none of a magnification.
    rest = _blanked(stated, [*foans, *serials])
    magnification = caption_magnification(rest)
    serial = _only(serials)
    if serial is None and not serials:
        serial = _bare_serial(rest, magnification, identifiers)
    return CaptionValues(magnification, _only(foans), serial)


def caption_magnification(text: str) -> float | None:
    """The one magnification that a text states; None if it states none, or several without naming one.

    Beside what data bars write, captions have ``500-fach``, ``500-fold`` and ``V = 500``.
    """
    text = _STATEMENT_ENDS.sub(";", text)
    found = [(value, named) for _, value, named in find_magnifications(text)]
    for pattern, named in ((_FOLD, False), (_SIGN, True)):
        values = [magnification_of(m["number"], m["kilo"]) for m in pattern.finditer(text)]
        found += [(value, named) for value in values if value is not None]
    named_values = {value for value, named in found if named}
    values_of_interest = named_values or {value for value, _ in found}
    return values_of_interest.pop() if len(values_of_interest) == 1 else None


def _only(found: Sequence[Identifier]) -> str | None:
    """The one identifier that is stated; readings without repair count more than repaired ones."""
    values = {i.value for i in found if not i.repairs} or {i.value for i in found}
    return values.pop() if len(values) == 1 else None


def _bare_serial(text: str, magnification: float | None, identifiers: Identifiers) -> str | None:
    """A serial number that fills a field of the caption, as in ``overview (744394), 100x``."""
    fields = (field.strip() for field in _FIELD_BREAKS.split(text))
    grammar = identifiers.profile.serial_number.grammar
    found = (grammar.parse(field) for field in fields if any(c.isdigit() for c in field))
    values = {i.value for i in found if i is not None and not i.repairs and not _is_number(i.raw, magnification)}
    return values.pop() if len(values) == 1 else None


def _is_number(raw: str, magnification: float | None) -> bool:
    return magnification is not None and raw.isdigit() and float(raw) == magnification


def _blanked(text: str, found: Iterable[Identifier]) -> str:
    for identifier in found:
        width = identifier.end - identifier.start
        text = text[: identifier.start] + ";".ljust(width) + text[identifier.end :]
    return text
