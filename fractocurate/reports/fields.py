"""Numbers, loads, dates and language of report texts, in English and German notation."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from fractocurate.reports.synonyms import fold
from fractocurate.reports.units import FORCE, KN_PER_UNIT, unit_of

_NUMBER = re.compile(
    r"(?<![\w.,])\d{1,3}(?:[ '\u00a0\u202f.,]\d{3})+(?:[.,]\d+)?(?![\d])|(?<![\w.,])\d+(?:[.,]\d+)?(?!\d)"
)
_WITH_UNIT = re.compile(rf"(?P<number>{_NUMBER.pattern})\s*(?P<unit>{FORCE})(?![A-Za-z])")
_SAME_FORCE = 1.02
"""Of two roundings of it, at most."""
_GROUPED = re.compile(r"[1-9]\d{0,2}(?P<mark>[.,])\d{3}")
_LARGEST_PLAUSIBLE_KN, _SMALLEST_PLAUSIBLE_KN = 2_000.0, 0.02
"""A bare number above the first was printed in newtons, or misread; one below the second was printed in kilonewtons."""

NOT_STATED = frozenset(fold(t) for t in ("n/a", "k. A.", "keine Angabe", "none", "not stated", "n. b.", "nb", "unbek."))
"""Folded texts of cells that hold nothing."""

_INVITATION = re.compile(
    r"(?:click|tap|klicken|tippen)\b.{0,40}\b(?:enter|choose|select|eingeben|einzugeben|auswählen|auszuwählen)\b.*"
    r"|(?:choose|select) an item\W*|wählen sie ein(?:en)? \w+ aus\W*",
    re.IGNORECASE,
)
"""What templates show in a field that nobody has filled in."""

_MONTHS = {
    fold(name): number
    for number, names in enumerate(
        (
            "january januar jan jänner",
            "february februar feb",
            "march märz mar mrz",
            "april apr",
            "may mai",
            "june juni jun",
            "july juli jul",
            "august aug",
            "september sep sept",
            "october oktober oct okt",
            "november nov",
            "december dezember dec dez",
        ),
        start=1,
    )
    for name in names.split()
}
_ISO_DATE = re.compile(r"(?<!\d)(?P<y>(?:19|20)\d{2})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)")
_DAY_FIRST = re.compile(r"(?<!\d)(?P<d>\d{1,2})\s?(?P<s>[./-])\s?(?P<m>\d{1,2})\s?(?P=s)\s?(?P<y>(?:19|20)\d{2})(?!\d)")
_DAY_MONTH_NAME = re.compile(
    r"(?<!\d)(?P<d>\d{1,2})(?:st|nd|rd|th)?[.\s-]{1,3}(?P<m>[^\W\d]{3,9})[.,\s-]{1,3}(?P<y>(?:19|20)\d{2})(?!\d)"
)
_MONTH_NAME_DAY = re.compile(r"(?P<m>[^\W\d]{3,9})\.?\s+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y>(?:19|20)\d{2})(?!\d)")

_ENGLISH = frozenset(
    {
        "the",
        "of",
        "and",
        "was",
        "is",
        "with",
        "for",
        "from",
        "not",
        "were",
        "this",
        "has",
        "no",
        "at",
        "which",
        "report",
    }
    | {"fracture", "load", "date", "by"}
)
_GERMAN = frozenset(
    {
        "der",
        "die",
        "das",
        "und",
        "von",
        "mit",
        "ist",
        "wurde",
        "wurden",
        "nicht",
        "ein",
        "eine",
        "einem",
        "einer",
        "des",
    }
    | {"im", "zu", "bei", "auf", "bericht", "bruch", "datum"}
)
COMMON_WORDS = _ENGLISH | _GERMAN
"""Frequent words of both languages: a page without any of them, and without the site's own words, is suspect."""


@dataclass(frozen=True, slots=True)
class Load:
    """A fracture load as read."""

    kn: float | None
    problem: str = ""
    """Why it could not be understood; empty also for cells that state nothing."""


def is_blank(text: str) -> bool:
    """Whether a cell holds nothing: empty, dashes, or words that say so."""
    folded = fold(text)
    return not folded or folded in NOT_STATED or _INVITATION.fullmatch(text.strip()) is not None


def parse_load(text: str, header_unit: str, decimal_mark: str) -> Load:
    """A fracture load in kN.

    Args:
        text: the cell, e.g. ``61,2``, ``74.5 kN``, ``54 800 N``, ``k. A.``.
        header_unit: unit that the header names; the cell's own unit goes before it. kN if neither names one.
        decimal_mark: the report's; decides ``1,234`` where the number alone does not.
    """
    if is_blank(text):
        return Load(None)
    text = text.rstrip(" .,;:")
    # In monospaced type OCR sets the decimals apart: "36. 9", "30. O".
    tidy = re.sub(r"(?<=\d[.,])\s(?=[\doO]{1,2}(?![\d.,]))", "", text)
    tidy = re.sub(r"(?<=\d)[oO](?=[\d.,\s]|$)|(?<=[\d.,])[oO](?=\d|$)", "0", tidy)
    numbers = _NUMBER.findall(tidy.replace("±", " ± ").split("±")[0])
    if len(numbers) > 1 and (same := _stated_twice(tidy, decimal_mark)):
        return Load(same)
    if len(numbers) != 1:
        return Load(None, f"fracture load not understood: {text}")
    unit = unit_of(text) or header_unit
    # "5.410 N" is no five newtons: where the report's notation makes no sense, the other one may. Nobody weighs
    # thousandths of a newton, but OCR takes commas for points.
    other = "," if decimal_mark == "." else "."
    if unit == "N" and (grouped := _GROUPED.fullmatch(numbers[0])):
        decimal_mark = other = "," if grouped["mark"] == "." else "."
    for mark in (decimal_mark, other):
        kn = round(parse_number(numbers[0], mark) * KN_PER_UNIT[unit or "kN"], 6)
        if _SMALLEST_PLAUSIBLE_KN <= kn <= _LARGEST_PLAUSIBLE_KN:
            return Load(kn)
    return Load(None, f"fracture load without plausible unit: {text}")


def _stated_twice(text: str, decimal_mark: str) -> float | None:
    """The load of ``14.2 kN (3190 lbf)``: numbers that are the same force in different units, in kN."""
    stated = [(m["number"], unit_of(m["unit"])) for m in _WITH_UNIT.finditer(text)]
    if len(stated) != len(_NUMBER.findall(text)) or len({unit for _, unit in stated}) != len(stated):
        return None
    loads = [parse_number(number, decimal_mark) * KN_PER_UNIT[unit] for number, unit in stated]
    return round(loads[0], 6) if max(loads) < _SAME_FORCE * min(loads) else None


def parse_number(text: str, decimal_mark: str) -> float:
    """A decimal number with comma or point; blanks, apostrophes and the other mark part thousands."""
    bare = re.sub(r"[ '\u00a0\u202f]", "", text)
    marks = [c for c in bare if c in ".,"]
    if len(set(marks)) == 2:
        decimal_mark = marks[-1]
    elif len(marks) > 1:
        decimal_mark = "," if marks[0] == "." else "."
    elif len(marks) == 1 and not re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", bare):
        decimal_mark = marks[0]
    thousands = "," if decimal_mark == "." else "."
    return float(bare.replace(thousands, "").replace(decimal_mark, "."))


def decimal_mark_of(texts: Iterable[str], language: str) -> str:
    """The mark that decides between decimals and thousands: by unambiguous numbers, else by language."""
    marks = Counter(m for t in texts for m in re.findall(r"\d([.,])\d{1,2}(?![\d.,])", t))
    if marks and len(set(marks.values())) == len(marks):
        return str(marks.most_common(1)[0][0])
    return "," if language == "de" else "."


def find_dates(text: str) -> list[tuple[str, str]]:
    """Dates in a text, left to right, as (ISO 8601, as printed). ``03/04/2021`` can be read two ways: left out."""
    found: list[tuple[int, str, str]] = []
    for regex in (_ISO_DATE, _DAY_FIRST, _DAY_MONTH_NAME, _MONTH_NAME_DAY):
        for match in regex.finditer(text):
            iso = _iso(match)
            if iso and all(not (match.start() < s + len(raw) and s < match.end()) for s, _, raw in found):
                found.append((match.start(), iso, match[0]))
    return [(iso, raw) for _, iso, raw in sorted(found)]


def _iso(match: re.Match[str]) -> str:
    parts = match.groupdict()
    month = int(parts["m"]) if parts["m"].isdigit() else _MONTHS.get(fold(parts["m"]), 0)
    day = int(parts["d"])
    if parts.get("s") == "/":
        if day <= 12 and month <= 12 and day != month:
            return ""
        if month > 12:
            day, month = month, day
    try:
        return dt.date(int(parts["y"]), month, day).isoformat()
    except ValueError:
        return ""


def language_of(words: Iterable[str]) -> str:
    """``en`` or ``de`` by frequent words; empty if neither clearly wins."""
    counts = Counter(word.strip(".,:;()").lower() for word in words)
    english, german = sum(counts[w] for w in _ENGLISH), sum(counts[w] for w in _GERMAN)
    umlauts = sum(n for w, n in counts.items() if any(c in w for c in "äöüß"))
    german += umlauts
    if max(english, german) < 2 or max(english, german) < 1.5 * min(english, german):
        return ""
    return "en" if english > german else "de"
