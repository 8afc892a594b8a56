"""Magnifications as data bars, tags and file names write them, as numbers.

``Mag = 1.00 K X``, ``x1,000``, ``X 37``, ``mag 10 000 x``, ``50kx``, ``Vergr. 2.000:1``, ``V250`` ... A number
counts only beside a sign that says what it is; a bare number is read from a file name alone, and with low confidence.
"""

import re
from itertools import pairwise

from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod

LEAST_MAGNIFICATION = 3.0
GREATEST_MAGNIFICATION = 2_000_000.0
"""Range of what an SEM can be set to; outside it a number is something else."""
LEAST_IN_A_NAME = 20.0
"""Below it a name rather numbers its sample (``X7-1``) than states a magnification that no fractograph is taken at."""

NOMINAL_STEPS = frozenset(
    int(mantissa * 10**power)
    for mantissa in (1, 1.5, 2, 2.5, 3, 4, 5, 7.5)
    for power in range(1, 6)
    if mantissa * 10**power <= 1e5
)
"""Magnifications that operators choose; only these are believed when a name holds nothing but the number."""
BARE_NUMBER_CONFIDENCE = 0.5
MOST_DIGITS = 3
"""Significant digits that instruments print: more of them are misread noughts as often as not."""

NUMBER = r"\d{1,3}(?:(?: |[.,'\u2019]\s?)\d{3})+(?!\d)|\d+(?:[.,]\d+)?"
"""A number in print; thousands may be parted by a blank, a point, a comma or (Swiss) an apostrophe."""
_TIMES = "[xX\u00d7]"
_KILO = r"[kK]"
_KEYWORD = (
    r"(?:SEM\s*)?\b(?:magnification|magnif|magn|mag|vergr(?:ö|o|oe)(?:ß|ss|B|f)erung|vergr"
    r"|abbildungsma(?:ß|ss)stab|ma(?:ß|ss)stab)\b"
)
_WITH_KEYWORD = re.compile(
    rf"{_KEYWORD}\s*[.:=\-]*\s*(?P<pre>{_TIMES}?)\s*(?P<number>{NUMBER})(?![.,]?\d)(?![^\W\dkKxX_])\s*(?P<kilo>(?:{_KILO}(?!\s?V))?)\s*(?P<post>{_TIMES}|:\s?1(?!\d))?(?!\s?[a-z]?V)",
    re.IGNORECASE,
)
# An x apart from the number behind it may belong to the one before it: ``500 x  5.97 mm``.
_TIMES_FIRST = re.compile(
    rf"(?<![A-Za-z\d.,:/])(?<![A-Za-z\d][_-])(?:{_TIMES}{{1,2}}|(?<!\d\s)(?<![kK]\s){_TIMES}{{1,2}}\s{{1,3}})"
    rf"(?P<number>{NUMBER})\s?(?P<kilo>{_KILO}(?![A-Za-z]))?(?![\d:/-])(?![A-Za-z])(?!\s?[.,]\s?\d)"
    # What OCR makes of a last digit that it cannot read.
    r"(?![^\s\w.,;:)\]|])"
)
_TIMES_LAST = re.compile(
    rf"(?<![\w.,:/-])(?P<number>{NUMBER})\s?(?P<kilo>{_KILO}?)\s?(?:{_TIMES}|:\s?1)(?![\w.])(?!\s?\d)"
)
_NAME_PATTERNS = (
    re.compile(rf"^[xXvV](?P<number>\d+(?:[.,]\d+)?)(?P<kilo>{_KILO}?)$"),
    re.compile(rf"^(?P<number>\d+(?:[.,]\d+)?)(?P<kilo>{_KILO}?)[xX]$"),
    re.compile(rf"^(?P<number>\d{{1,3}}(?:[.,]\d+)?)(?P<kilo>{_KILO})$"),
    re.compile(rf"^(?:mag|vergr)(?P<number>\d+(?:[.,]\d+)?)(?P<kilo>{_KILO}?)[xX]?$", re.IGNORECASE),
)
_TOKEN_BREAKS = re.compile(r"[\s_+,;()\[\]{}#&/\\-]+")


def number_of(text: str) -> float | None:
    """A printed number with thousands separators or a decimal comma; None if it is none.

    A separator before exactly three digits parts thousands (``1.000``, ``1,000``, ``10 000``), any other is decimal. A
    leading zero makes it decimal (``0.500``).
    """
    compact = re.sub(r"[\s'\u2019]", "", text.strip())
    if re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+", compact):
        compact = re.sub(r"[.,]", "", compact)
    else:
        compact = compact.replace(",", ".")
    try:
        return float(compact)
    except ValueError:
        return None


def magnification_of(number: str, kilo: str | None) -> float | None:
    """A printed number and its ``k`` as a magnification; None outside of what an SEM can be set to."""
    if kilo:
        # ``1.000k`` is one thousand, not a million: with a k a separator is decimal.
        try:
            value = float(re.sub(r"[\s'\u2019]", "", number).replace(",", ".")) * 1000
        except ValueError:
            return None
    else:
        plain = number_of(number)
        if plain is None:
            return None
        value = plain
    value = round(value, 3)
    return value if LEAST_MAGNIFICATION <= value <= GREATEST_MAGNIFICATION else None


def find_magnifications(text: str) -> list[tuple[str, float, bool]]:
    """Every magnification in a text: as printed, its value, and whether a keyword such as ``Mag`` names it.

    Those named by a keyword come first; the same value is given once.
    """
    found: list[tuple[str, float, bool]] = []
    for pattern, named in ((_WITH_KEYWORD, True), (_TIMES_FIRST, False), (_TIMES_LAST, False)):
        for match in pattern.finditer(text):
            value = magnification_of(match["number"], match["kilo"])
            if value is not None and all(value != known for _, known, _ in found):
                found.append((match[0].strip(), value, named))
    return found


def has_sign(raw: str) -> bool:
    """Whether a printed magnification has its ``x`` or ``:1``; one without may have lost digits with it."""
    return bool(re.search(rf"{_TIMES}|:\s?1", re.sub(r"[A-Za-z]{3,}", "", raw)))


def digits_of(value: float) -> int:
    """Significant digits of a magnification."""
    return len(f"{value:.10g}".replace(".", "").strip("0"))


def parse_magnification(text: str) -> float | None:
    """The one magnification that a text states; None if it states none, or several without naming one.

    >>> parse_magnification("Mag = 1.00 K X")
    1000.0
    """
    found = find_magnifications(text)
    named = [value for _, value, is_named in found if is_named]
    if len(named) == 1:
        return named[0]
    if not named and len(found) == 1:
        return found[0][1]
    return None


def parse_magnification_from_name(name: str) -> Reading | None:
    """The magnification that a file or folder name states (``x500``, ``1kX``, ``V250``, ``1.048kx``).

    Running numbers, dates, identifiers and serial numbers are not taken for one: a number needs its ``x``, ``V``
    or ``k``, or must stand alone as a token and be a step that operators choose; then the confidence is 0.5. Two
    different ones cancel each other.
    """
    stem = re.sub(r"\.(?:tiff?|jpe?g|png|bmp|gif|txt|hdr)$", "", name, flags=re.IGNORECASE)
    tokens = [token for token in _TOKEN_BREAKS.split(stem) if token]
    # ``500 x`` and ``x 500`` are one statement in two tokens.
    joined = [
        a + b
        for a, b in pairwise(tokens)
        if (re.fullmatch(r"\d+(?:[.,]\d+)?[kK]?", a) and b.lower() in ("x", "kx")) or (a.lower() == "x" and b.isdigit())
    ]
    marked: dict[float, str] = {}
    for token in (*tokens, *joined):
        # A sentence dot may glue two tokens (``foan.x500``), a decimal point must stay (``1.048kx``).
        pieces = [token] if re.search(r"\d\.\d", token) else token.split(".")
        for piece in pieces:
            for pattern in _NAME_PATTERNS:
                match = pattern.match(piece)
                value = magnification_of(match["number"], match["kilo"]) if match else None
                if value is not None and value >= LEAST_IN_A_NAME:
                    marked.setdefault(value, piece)
                    break
    if len(marked) == 1:
        value, raw = next(iter(marked.items()))
        return Reading("magnification", raw, _as_text(value), ReadingMethod.FILE_NAME, 1.0)
    if marked:
        return None
    bare = {int(t) for t in tokens if re.fullmatch(r"[1-9]\d{1,5}", t) and int(t) in NOMINAL_STEPS}
    # Two bare steps (``100_25``) leave open which of them is a running number; below 50 a bare number mostly is one.
    likely = {step for step in bare if step >= 50}
    if len(likely) == 1:
        step = likely.pop()
        note = "bare number: may be a running number"
        return Reading(
            "magnification", str(step), str(step), ReadingMethod.FILE_NAME, BARE_NUMBER_CONFIDENCE, note=note
        )
    return None


def _as_text(value: float) -> str:
    return f"{value:.10g}"
