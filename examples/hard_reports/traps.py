"""Difficulties of content, planted in a report; each knows what a careful reader makes of it."""

from collections.abc import Callable

import numpy as np

from hard_reports import words
from hard_reports.content import CLASSES, Author, Draft

_LOOKS_LIKE = {"0": "O", "1": "I", "5": "S", "8": "B"}


def _missing_loads(author: Author, draft: Draft) -> bool:
    if "fracture_load_kn" not in draft.fields:
        return False
    text = str(author.rng.choice(words.NOTHING[draft.base]))
    for fracture in draft.fractures[:: 2 if len(draft.fractures) > 1 else 1]:
        fracture.load_kn, fracture.printed["fracture_load_kn"] = None, text
    return True


def _unknown_cause(author: Author, draft: Draft) -> bool:
    fracture = draft.fractures[int(author.rng.integers(len(draft.fractures)))]
    if fracture.expect == "review":
        return False
    fracture.defect_class = "unknown"
    author.word_cause(fracture, draft.fields, draft.base)
    return True


def _foreign_cause(author: Author, draft: Draft) -> bool:
    fracture = draft.fractures[int(author.rng.integers(len(draft.fractures)))]
    fracture.defect_class, fracture.sub_type = "unknown", ""
    fracture.printed["defect_class"] = str(author.rng.choice(words.FOREIGN_CAUSES[draft.base]))
    if "sub_type" in draft.fields:
        fracture.printed["sub_type"] = words.NO_SUB_TYPE[draft.base][0]
    fracture.doubt("the profile does not know this cause")
    return True


def _letter_for_digit(author: Author, draft: Draft) -> bool:
    """One slip that can be put right in one way only: a letter for the digit that looks like it."""
    if "foan" not in draft.fields or draft.traps:
        return False
    foan = draft.fractures[int(author.rng.integers(len(draft.fractures)))].foan
    places = [k for k in range(len(foan) - 4, len(foan)) if foan[k] in _LOOKS_LIKE]
    if not places:
        return False
    draft.header_foan = ""
    place = places[int(author.rng.integers(len(places)))]
    for fracture in draft.fractures:
        if fracture.foan == foan:
            fracture.printed["foan"] = f"{foan[:place]}{_LOOKS_LIKE[foan[place]]}{foan[place + 1 :]}"
    return True


def _missing_digit(author: Author, draft: Draft) -> bool:
    """A FOAN that nobody can complete."""
    if "foan" not in draft.fields or draft.traps:
        return False
    draft.header_foan = ""
    foan = draft.fractures[-1].foan
    places = [k for k in range(len(foan) - 3, len(foan)) if foan[k].isdigit()]
    place = places[int(author.rng.integers(len(places)))]
    torn = foan[:place] + foan[place + 1 :]
    for fracture in draft.fractures:
        if fracture.foan == foan:
            fracture.printed["foan"], fracture.foan = torn, ""
            fracture.doubt("a digit of the FOAN is missing")
    return True


def _header_contradicts(author: Author, draft: Draft) -> bool:
    if len(draft.foans) > 1 or "foan" not in draft.fields or any(f.expect == "review" for f in draft.fractures):
        return False
    draft.header_foan = author.site.foan(author.counters.foan + 31, author.counters.year)
    for fracture in draft.fractures:
        fracture.doubt("the header states another FOAN")
    return True


def _pages_contradict(author: Author, draft: Draft) -> bool:
    index = int(author.rng.integers(len(draft.fractures)))
    fracture = draft.fractures[index]
    if fracture.expect == "review" or fracture.defect_class == "unknown" or not fracture.foan:
        return False
    other = next(c for c in CLASSES if c not in {fracture.defect_class, "unknown"})
    draft.second_opinion[index] = words.CAUSES[draft.base][other][0]
    fracture.doubt("the summary states another cause")
    return True


def _other_foans(author: Author, draft: Draft) -> bool:
    number, year = author.counters.foan - 40, author.counters.year
    draft.other_foans = tuple(author.site.foan(number - k, year) for k in range(int(author.rng.integers(1, 4))))
    return True


def _loose_numbers(author: Author, draft: Draft) -> bool:
    """FOANs and serial numbers with other separators, or two digits for the year: docs/profile.md allows it."""
    if draft.traps:
        return False
    pattern = author.site.foan_pattern
    separator = str(author.rng.choice([c for c in "-/ ." if c not in pattern.replace("..", "")]))
    short = "{year}" in pattern and pattern[0].isalpha() and author.rng.random() < 0.3
    for fracture in draft.fractures:
        foan = fracture.foan
        if short:
            foan = foan.replace(str(author.counters.year), str(author.counters.year)[2:], 1)
        elif any(c in foan for c in "-/."):
            foan = "".join(separator if c in "-/." else c for c in foan)
        else:
            letters = "".join(c for c in foan if c.isalpha())
            foan = f"{letters}{separator}{foan[len(letters) :]}"
        fracture.printed["foan"] = foan
        fracture.printed["serial_number"] = fracture.serial_number.replace("-", separator if separator != "." else " ")
    if draft.header_foan:
        draft.header_foan = draft.fractures[0].printed["foan"]
    return True


_TRAPS: dict[str, Callable[[Author, Draft], bool]] = {
    "loose_numbers": _loose_numbers,
    "missing_loads": _missing_loads,
    "unknown_cause": _unknown_cause,
    "foreign_cause": _foreign_cause,
    "letter_for_digit": _letter_for_digit,
    "missing_digit": _missing_digit,
    "header_contradicts": _header_contradicts,
    "pages_contradict": _pages_contradict,
    "other_foans": _other_foans,
}

SECOND_TRAP_SHARE = 0.2
"""How many reports that have one difficulty get another."""
_PLAIN = ("missing_loads", "other_foans", "unknown_cause")
"""What fits nearly every report."""


def deal_traps(rng: np.random.Generator, n: int) -> list[str]:
    """The main difficulty of each of ``n`` reports; four of nine have none (empty)."""
    deck = [*_TRAPS, *("" for _ in range(len(_TRAPS) * 4 // 5))]
    dealt: list[str] = []
    while len(dealt) < n:
        dealt += [str(name) for name in rng.permutation(deck)]
    return dealt[:n]


def plant_traps(author: Author, draft: Draft, main: str) -> None:
    """Plant the difficulty ``main``, or a plain one where it does not fit, and at times a second one."""
    if not main:
        return
    wanted = [main, *(str(name) for name in author.rng.permutation(_PLAIN))]
    n_traps = 2 if author.rng.random() < SECOND_TRAP_SHARE else 1
    for name in dict.fromkeys(wanted):
        if len(draft.traps) < n_traps and _TRAPS[name](author, draft):
            draft.traps.append(name)
