"""Units of force in headers, keys and cells."""

import re

_READ_WITH_BRACKET = re.compile(r"[\[(|]?\s*[Il1|]N\s*[\])|]")
"""``[N]`` with its bracket read as a letter, too."""


_UNIT = re.compile(r"(?:\bin\s+|[\[({|/,]\s*)?\b[kKM]?N\b\s*[\])}|]?\s*$")

_UNIT_ALONE = re.compile(r"(?:in\s+)?[\[({|]?\s*[kKM]?N\s*[\])}|]?\s*:?")


def strip_unit(text: str) -> str:
    """A header without its unit of force and without a closing colon."""
    return _UNIT.sub("", _READ_WITH_BRACKET.sub("[N]", text).strip().rstrip(":").strip()).strip(" [](){}|,:")


def is_unit(text: str) -> bool:
    """Whether a cell is a unit of force and nothing else: ``[kN]``, ``N``, ``(kN):``."""
    return _UNIT_ALONE.fullmatch(text) is not None


def unit_of(text: str) -> str:
    """``kN``, ``N`` or ``MN`` if a header or cell names it, also at the end of a sentence; else an empty string."""
    text = _READ_WITH_BRACKET.sub("[N]", text.rstrip(" .;,"))
    match = re.search(r"(?<![A-Za-z])(?P<unit>[kKM]?N)(?![A-Za-z.°])", text)
    return {"KN": "kN", "kN": "kN", "N": "N", "MN": "MN"}[match["unit"]] if match else ""
