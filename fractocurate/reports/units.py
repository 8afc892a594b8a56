"""Units of force in headers, keys and cells."""

import re

KN_PER_UNIT = {"kN": 1.0, "N": 0.001, "MN": 1000.0, "daN": 0.01, "kgf": 0.00980665, "kp": 0.00980665, "lbf": 0.00444822}
"""Of the units that reports give forces in; kilogram-force, kilopond and pound-force by their definitions."""
FORCE = r"(?:[kKM]?N|daN|kgf|kp|lbf)"
"""A unit of force, as a pattern; OCR reads ``KN``, too."""
_READ_WITH_BRACKET = re.compile(r"[\[(|]?\s*[Il1|]N\s*[\])|]")
"""``[N]`` with its bracket read as a letter, too."""


_UNIT = re.compile(rf"(?:\bin\s+|[\[({{|/,]\s*)?\b{FORCE}\b\s*[\])}}|]?\s*$")

_UNIT_ALONE = re.compile(rf"(?:in\s+)?[\[({{|]?\s*{FORCE}\s*[\])}}|]?\s*:?")


def strip_unit(text: str) -> str:
    """A header without its unit of force and without a closing colon."""
    return _UNIT.sub("", _READ_WITH_BRACKET.sub("[N]", text).strip().rstrip(":").strip()).strip(" [](){}|,:")


def is_unit(text: str) -> bool:
    """Whether a cell is a unit of force and nothing else: ``[kN]``, ``N``, ``(kN):``."""
    return _UNIT_ALONE.fullmatch(text) is not None


def unit_of(text: str) -> str:
    """The unit of force, a key of ``KN_PER_UNIT``, that a header or cell names; else an empty string."""
    text = _READ_WITH_BRACKET.sub("[N]", text.rstrip(" .;,"))
    match = re.search(rf"(?<![A-Za-z])(?P<unit>{FORCE})(?![A-Za-z.°])", text)
    return _spelt(match["unit"]) if match else ""


def _spelt(unit: str) -> str:
    return "kN" if unit == "KN" else unit
