"""Legends of a report: what its codes for causes mean, and in which unit its forces stand."""

import re
from collections.abc import Iterable

from fractocurate.reports.vocabulary import Vocabulary

_ENTRY = re.compile(
    r"(?<!\w)(?P<code>[A-Z]{1,3}|\d{1,2})\s*(?:=|:|\s[-\u2013\u2014])\s*(?P<text>[^;=:]+?)\s*"
    r"(?=;|$|,\s*(?:[A-Z]{1,3}|\d{1,2})\s*=)"
)
_TITLE = re.compile(r"(?:key|legende?|codes?|schlüssel)\s*:", re.IGNORECASE)
_FEWEST_ENTRIES = 2
_FORCES = re.compile(
    r"\b(?:forces?|loads?|\w*kräfte|\w*kraft(?:werte)?|\w*last(?:en|werte)?)\b[^.;:\d]{0,25}?\bin\s+\[?(?P<unit>kN|MN|N)\b",
    re.IGNORECASE,
)


def find_legend(texts: Iterable[str], vocabulary: Vocabulary) -> dict[str, str]:
    """The wording of a cause by its code: ``G = green body defect; M = material defect``.

    Empty unless at least two codes mean different classes. A code that two entries explain differently means nothing.
    """
    wordings: dict[str, str] = {}
    classes: dict[str, set[str]] = {}
    for text in texts:
        for match in _ENTRY.finditer(text):
            meaning = vocabulary.defect_class(match["text"].strip(" .,"))
            if meaning is not None and meaning.similarity >= 1.0:
                wordings[match["code"]] = match["text"].strip(" .,")
                classes.setdefault(match["code"], set()).add(meaning.name)
    known = {code: names for code, names in classes.items() if len(names) == 1}
    if len(set().union(*known.values())) < _FEWEST_ENTRIES:
        return {}
    return {code: wordings[code] for code in known}


def is_of_legend(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a line is the title of a legend or one entry of it: ``Key:``, ``1 - green body defect``."""
    if _TITLE.match(text):
        return True
    match = _ENTRY.fullmatch(text.strip())
    meaning = vocabulary.defect_class(match["text"].strip(" .,")) if match else None
    return meaning is not None and meaning.similarity >= 1.0


def stated_unit(texts: Iterable[str]) -> str:
    """The unit that a sentence gives for all forces ("all forces in N"); empty if none, or several, are given."""
    units = {match["unit"] for text in texts for match in _FORCES.finditer(text)}
    unit = units.pop() if len(units) == 1 else ""
    return unit if unit in {"kN", "N", "MN"} else ""
