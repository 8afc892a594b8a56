"""Lengths as microscopes print them (``10 µm``, ``500nm``, ``2,5um``, ``0.1 mm``), in nanometres."""

import re

NM_PER_UNIT = {"pm": 1e-3, "nm": 1.0, "um": 1e3, "mm": 1e6, "cm": 1e7, "m": 1e9}
"""Nanometres per unit; micro signs of all kinds are written ``um`` first."""

# Tesseract's slips for the micro sign. ``pm`` is one of them: no SEM scale bar is labelled in picometres.
_MICRO = r"(?:µ|μ|uu|u|p|y|j|w|W|iu|yu|lu|ji|M|L|H)"
_UNIT = rf"(?P<unit>nm|mm|cm|{_MICRO}\s?m|{_MICRO}rn|nrn|rnm)"
_NUMBER = r"(?P<number>\d{1,5}(?:[.,]\d{1,4})?)"
_LENGTH = re.compile(rf"(?<![\w.,:/-]){_NUMBER}\s?{_UNIT}(?![A-Za-zµμ])")
_COMMON_MANTISSAS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
_NICE_MANTISSAS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5, 8.0)


def length_nm(number: str, unit: str) -> float | None:
    """A printed number and its unit in nanometres; None if either is not understood or the length is 0."""
    text = unit.strip().replace(" ", "").replace("rn", "m")
    if text in ("nm", "mm", "cm", "m"):
        factor = NM_PER_UNIT[text]
    elif re.fullmatch(rf"{_MICRO}m", text):
        factor = NM_PER_UNIT["um"]
    else:
        return None
    try:
        value = float(number.replace(",", "."))
    except ValueError:
        return None
    return value * factor if value > 0 else None


def find_lengths(text: str) -> list[tuple[str, float, int]]:
    """Every length in a line of text: as printed, in nanometres, and the position where it begins."""
    found = []
    for match in _LENGTH.finditer(text):
        value = length_nm(match["number"], match["unit"])
        if value is not None:
            found.append((match[0], value, match.start()))
    return found


def is_scale_label(value_nm: float) -> bool:
    """Whether a length is one that microscopes put beside a scale bar: a short mantissa times a power of ten."""
    return _has_mantissa(value_nm, _NICE_MANTISSAS)


def is_odd_label(value_nm: float) -> bool:
    """Whether a length beside a scale bar is rather misread: ``106 um`` for 100, ``600nm`` for 500."""
    return not _has_mantissa(value_nm, _COMMON_MANTISSAS)


def _has_mantissa(value_nm: float, mantissas: tuple[float, ...]) -> bool:
    if value_nm <= 0:
        return False
    mantissa = value_nm
    while mantissa >= 9.999:
        mantissa /= 10
    while mantissa < 0.9999:
        mantissa *= 10
    return any(abs(mantissa - nice) < 1e-3 * nice for nice in mantissas)
