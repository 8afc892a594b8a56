"""What a report says about itself: number, date, and whether it replaces an earlier one."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fractocurate.reports.fields import find_dates, is_blank
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import Line, join_text
from fractocurate.reports.synonyms import fold
from fractocurate.reports.vocabulary import Vocabulary

_REPORT_WORDS = tuple(
    map(fold, ("report", "Bericht", "version", "Fassung", "document", "Dokument", "issue", "Ausgabe"))
)
_TEMPLATE_WORDS = frozenset(map(fold, ("form", "template", "Formular", "Formblatt", "Vorlage", "drawing", "Zeichnung")))
_FIRST_ISSUES = frozenset({"0", "00", "a", "none", "keine"})
"""Folded revision marks of a report that replaces nothing; so does an empty one."""
_OF = frozenset({"of", "to", "zu", "von", "zum"})
_TITLE_LINES = 4
_REACH_WORDS = 8
"""A revision word counts if a word for "report" stands this near."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A value of the header and the pair that states it."""

    name: str
    raw: str
    value: str
    pair: Pair | None


@dataclass(frozen=True, slots=True)
class Revision:
    """Whether a report replaces another, and which."""

    is_revision: bool
    supersedes_raw: str


def report_number(pairs: Sequence[Pair]) -> Fact | None:
    """The report's own number: the first value of that key that has a digit."""
    for pair in pairs:
        if pair.name == "report_number":
            raw = join_text(pair.values[0])
            if any(c.isdigit() for c in raw):
                token = next((t for t in raw.split() if any(c.isdigit() for c in t)), raw)
                value = raw if len(raw.split()) <= 2 else token
                return Fact("report_number", raw, value.strip(" ,;"), pair)
    return None


def report_date(pairs: Sequence[Pair], lines: Sequence[Line]) -> Fact | None:
    """The date with a key that calls it the report's; else the only date on the first page."""
    for pair in pairs:
        if pair.name == "report_date" and (dates := find_dates(pair.text)):
            return Fact("report_date", dates[0][1], dates[0][0], pair)
    dates = [d for line in lines for d in find_dates(line.text)]
    if len({iso for iso, _ in dates}) == 1:
        return Fact("report_date", dates[0][1], dates[0][0], None)
    return None


def revision(lines: Sequence[Line], pairs: Sequence[Pair], vocabulary: Vocabulary) -> Revision:
    """Read revision words of the first page.

    They count in the title, beside a word for "report", or as a key with a mark other than a first issue's. "Form
    17 Rev. 3" speaks of the form, and "the part was replaced" of the part: neither counts.
    """
    for pair in pairs:
        if pair.name == "supersedes" and not is_blank(pair.text):
            return Revision(is_revision=True, supersedes_raw=_reference(pair.text.split()) or pair.text)
    own = {fold(t) for p in pairs if p.name in {"report_number", "report_date"} for t in p.text.split()}
    marks = [p.text for p in pairs if p.name == "revision"]
    is_revision = any(not is_blank(mark) and fold(mark) not in _FIRST_ISSUES for mark in marks)
    supersedes = ""
    words, in_title = _words(lines)
    for index, word in enumerate(words):
        if not vocabulary.is_revision_word(word.strip(".,;:()")) and not vocabulary.is_revision_word(word):
            continue
        near = [fold(w) for w in words[max(0, index - _REACH_WORDS) : index + _REACH_WORDS + 1]]
        before = near[: min(index, _REACH_WORDS)]
        mark = words[index + 1] if index + 1 < len(words) else ""
        is_first = fold(mark) in _FIRST_ISSUES or (word.endswith(":") and is_blank(mark))
        if set(before[-4:]) & _TEMPLATE_WORDS or is_first:
            continue
        # Words such as Prüfbericht and report's hold the word for "report".
        if in_title[index] or any(r in w for w in near for r in _REPORT_WORDS):
            is_revision = True
            following = words[index + 1 : index + 1 + _REACH_WORDS]
            names_another = "supersedes" in vocabulary.columns(word)[0] or fold(" ".join(following[:1])) in _OF
            if names_another and not supersedes:
                supersedes = _reference(w for w in following if fold(w) not in own)
    return Revision(is_revision, supersedes)


def _words(lines: Sequence[Line]) -> tuple[list[str], list[bool]]:
    """Words in reading order, and whether each stands in a title: among the first lines, or set larger than most."""
    heights = sorted(line.height for line in lines)
    usual = heights[len(heights) // 2] if heights else 0.0
    words: list[str] = []
    in_title: list[bool] = []
    for number, line in enumerate(lines):
        is_title = number < _TITLE_LINES * 2 and (line.height > 1.15 * usual)
        for word in line.words:
            words.append(word.text)
            in_title.append(is_title)
    return words, in_title


def _reference(words: Iterable[str]) -> str:
    """The number or date of another report among some words: the first with digits and a separator or letters."""
    words = list(words)
    text = " ".join(words)
    for word in words:
        token = word.strip(".,;:()")
        digits = sum(c.isdigit() for c in token)
        if digits >= 3 and re.search(r"[A-Za-z/\-_.]", token):
            return token
    dates = find_dates(text)
    return dates[0][1] if dates else ""
