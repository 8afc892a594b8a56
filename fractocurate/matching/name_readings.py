"""The frozen records of what a name says: FOANs, serial numbers, instance tags, and what is left."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoanReading:
    """A FOAN that satisfies the site's grammar."""

    value: str
    """Canonical form."""
    raw: str
    repairs: tuple[str, ...]
    """Confusable characters and misspelt prefixes that were repaired, as ``O -> 0``."""
    prefixed: bool
    """Its prefix stands before it; without it, a date or a running number may look alike."""
    may_be_date: bool
    """Unprefixed, and its digits also read as year, month and day or as year and month and day of the month."""


@dataclass(frozen=True, slots=True)
class MalformedFoan:
    """Something meant as a FOAN, with a character too many or too few."""

    keys: tuple[str, ...]
    """Comparable keys (``Grammar.key``), the most likely first."""
    raw: str
    likely: tuple[str, ...] = ()
    """FOANs that the usual slips explain: leading zeros left out, one character typed twice."""


@dataclass(frozen=True, slots=True)
class SerialReading:
    """A serial number or a part of one."""

    key: str
    """Letters and digits, upper case."""
    raw: str
    full: bool
    """It satisfies the grammar of serial numbers as a whole."""
    labelled: bool
    """A label (``SN``) or a mark of abbreviation (``#``, ``..``) says that it is one."""
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class TagReading:
    """A token that may be the name of a fracture within its report (``B1``, ``fracture 2``)."""

    keys: tuple[str, ...]
    """Comparable spellings of it; for ``Bruch 2``: ``2``, ``B2``, ``BRUCH2``."""
    raw: str


@dataclass(frozen=True, slots=True)
class TextReading:
    """All identifiers in one file name, one folder name, one line of a data bar or one vendor tag."""

    text: str
    foans: tuple[FoanReading, ...] = ()
    malformed: tuple[MalformedFoan, ...] = ()
    serials: tuple[SerialReading, ...] = ()
    tags: tuple[TagReading, ...] = ()
    rest: str = ""
    """What is left without identifiers and copy number, in lower case: magnification, running number, words."""


@dataclass(frozen=True, slots=True)
class NameReading:
    """What a relative path says."""

    file: TextReading
    folders: tuple[TextReading, ...]
    """Nearest folder first."""
