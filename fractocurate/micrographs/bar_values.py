"""The words of a data bar -> readings: magnification and width of the field."""

import re
from collections.abc import Sequence
from dataclasses import replace

from data_contracts.records import Reading, Word
from data_contracts.vocabulary import ReadingMethod
from fractocurate.micrographs.bar_text import BarText
from fractocurate.micrographs.lengths import find_lengths
from fractocurate.micrographs.magnification import MOST_DIGITS, NUMBER, digits_of, find_magnifications, magnification_of
from fractocurate.micrographs.word_places import (
    FIELD_WIDTH,
    VALUE_REACH,
    agreed_confidence,
    box_of,
    stands_behind,
    words_below,
)

_MISREAD = re.compile(r"\bMag\w*\.?\s*[=:]?\s*(?P<number>[0-9OoSIl|B.,]{1,8}?)\s*(?P<kilo>[kK]?)\s*[xX](?!\w)")
# What OCR makes of a pictogram, such as a camera, that is printed against the x of a magnification.
_PICTOGRAM = re.compile(rf"(?<!\S)[\[(][^\s\])x]{{1,3}}[\])]?x(?P<number>{NUMBER})(?P<kilo>[kK]?)(?![\w.,\])])")
_BARE_THOUSANDS = re.compile(r"^[=_\-]?(?P<number>\d{1,3},\d{3})$")
_DIGIT_SLIPS = str.maketrans("OoSIl|B", "0051118")


LOST_POINT_CONFIDENCE = 0.4
"""Of a number that is as likely to have lost its decimal point: of use to confirm, not to decide."""


SURE_WORD, DOUBTFUL_DIGITS_CONFIDENCE = 0.9, 0.25
"""A magnification of four digits or more is believed only as a word of the former confidence."""
BARE_CONFIDENCE = 0.45
"""Of a number without its sign: a second look has to see it too."""


def lost_point(raw: str) -> bool:
    """Whether a magnification reads like ``500 K X`` where bars print ``5.00 K X``: a k and no decimal point."""
    return bool(re.search(r"(?<![\d.,])\d{3,}\s*[kK]", raw))


def lost_kilo(raw: str) -> bool:
    """Whether a magnification reads like ``x10.0`` where makers print ``x10.0k``: decimals behind the x and no k."""
    return bool(re.fullmatch(r"[xX\u00d7]{1,2}\s*\d+[.,]\d{1,2}", raw.strip()))


def agreed_readings(first: list[Reading], second: list[Reading]) -> list[Reading]:
    """The same for magnifications and widths, the surest first.

    A value that one look saw keeps its confidence if the other saw none, and loses a half of it against another one.
    """
    if not first or not second:
        return first or second
    merged: dict[str | None, Reading] = {r.value: r for r in first}
    others = {r.value: r for r in second}
    for value, reading in {**merged, **others}.items():
        if value not in merged or value not in others:
            merged[value] = replace(reading, confidence=reading.confidence / 2)
        elif not lost_point(reading.raw) and not lost_kilo(reading.raw):
            merged[value] = replace(
                merged[value], confidence=agreed_confidence(merged[value].confidence, reading.confidence)
            )
    return sorted(merged.values(), key=lambda r: -r.confidence)


def magnification_readings(text: BarText) -> list[Reading]:
    """Every magnification printed in a bar, those named by a keyword first."""
    readings: list[tuple[bool, Reading]] = []
    for line in text.lines:
        for raw, value, named in find_magnifications(line.text):
            start = line.text.find(raw)
            words = line.words_at(start, start + len(raw))
            confidence = min((w.confidence for w in words), default=0.0)
            note = ""
            if lost_point(raw):
                confidence, note = min(confidence, LOST_POINT_CONFIDENCE), "a decimal point may be lost"
            elif lost_kilo(raw):
                confidence, note = min(confidence, LOST_POINT_CONFIDENCE), "a k may be lost"
            elif digits_of(value) > MOST_DIGITS and confidence < SURE_WORD:
                confidence, note = min(confidence, DOUBTFUL_DIGITS_CONFIDENCE), "more digits than instruments print"
            reading = Reading(
                "magnification", raw, f"{value:.10g}", ReadingMethod.DATA_BAR, confidence, box=box_of(words), note=note
            )
            readings.append((not named, reading))
    readings.extend((True, reading) for reading in _under_header(text))
    if not readings:
        readings.extend((False, reading) for reading in (*_repaired(text), *_bare_thousands(text)))
    readings.sort(key=lambda item: item[0])
    unique: dict[str | None, Reading] = {}
    for _, reading in readings:
        unique.setdefault(reading.value, reading)
    return list(unique.values())


def field_width_reading(text: BarText) -> Reading | None:
    """The printed width of the field in nanometres, behind or under its keyword."""
    for line in text.lines:
        for match in FIELD_WIDTH.finditer(line.text):
            behind = [f for f in find_lengths(line.text) if 0 <= f[2] - match.end() <= VALUE_REACH]
            if behind and stands_behind(FIELD_WIDTH, line, behind[0][2]):
                raw, value, start = behind[0]
                words = line.words_at(start, start + len(raw))
                return _field_width(raw, value, words)
            header = box_of(line.words_at(match.start(), match.end()))
            below = words_below(text, header) if header is not None else ()
            found = find_lengths(" ".join(w.text for w in below))
            if found:
                return _field_width(found[0][0], found[0][1], below)
    return None


def _field_width(raw: str, value: float, words: Sequence[Word]) -> Reading:
    confidence = min((w.confidence for w in words), default=0.0)
    note = ""
    if "." not in raw and "," not in raw and len(re.sub(r"\D", "", raw)) >= 3:
        # Three digits without a point are as likely 5.97 with its point lost: of use to confirm, not to decide.
        confidence, note = min(confidence, 0.4), "a decimal point may be lost"
    return Reading(
        "field_width_nm", raw, f"{value:.8g}", ReadingMethod.FIELD_WIDTH, confidence, box=box_of(words), note=note
    )


def _repaired(text: BarText) -> list[Reading]:
    """``Mag = SOX`` for ``50X``: letters where only digits can stand, behind a keyword and before an ``x``."""
    readings = []
    for line in text.lines:
        for match in _PICTOGRAM.finditer(line.text):
            value = magnification_of(match["number"], match["kilo"])
            words = line.words_at(match.start(), match.end())
            if value is not None and words:
                raw = f"x{match['number']}{match['kilo']}"
                reading = _printed(raw, value, words)
                readings.append(replace(reading, note=f"a pictogram before it was read as letters: {match[0]}"))
        for match in _MISREAD.finditer(line.text):
            digits = match["number"].translate(_DIGIT_SLIPS)
            found = find_magnifications(f"Mag {digits}{match['kilo']}x")
            if found:
                words = line.words_at(match.start(), match.end())
                confidence = min((w.confidence for w in words), default=0.0) / 2
                note = f"repaired: {match['number']} -> {digits}"
                readings.append(
                    Reading(
                        "magnification",
                        match[0],
                        f"{found[0][1]:.10g}",
                        ReadingMethod.DATA_BAR,
                        confidence,
                        box=box_of(words),
                        note=note,
                    )
                )
    return readings


def _printed(raw: str, value: float, words: Sequence[Word]) -> Reading:
    confidence = min(w.confidence for w in words)
    return Reading("magnification", raw, f"{value:.10g}", ReadingMethod.DATA_BAR, confidence, box=box_of(words))


def _bare_thousands(text: BarText) -> list[Reading]:
    """``3,500`` alone: in a data bar only magnifications have thousands, so that its ``x`` was lost."""
    readings = []
    for word in text.words:
        match = _BARE_THOUSANDS.match(word.text)
        value = magnification_of(match["number"], None) if match else None
        if value is not None:
            readings.append(
                Reading(
                    "magnification",
                    word.text,
                    f"{value:.10g}",
                    ReadingMethod.DATA_BAR,
                    min(word.confidence, BARE_CONFIDENCE),
                    box=word.box,
                    note="no x beside it",
                )
            )
    return readings


def _under_header(text: BarText) -> list[Reading]:
    """Numbers under a column header ``mag``, with or without their ``x``."""
    readings = []
    for line in text.lines:
        for word in line.words:
            if re.fullmatch(r"mag(?:n|nification)?\.?|vergr\w*\.?", word.text, re.IGNORECASE):
                below = words_below(text, word.box)
                raw = " ".join(w.text for w in below)
                found = find_magnifications(f"Mag {raw}") if re.search(r"\d\s?k?\s?x", raw, re.IGNORECASE) else []
                if found and below:
                    confidence = min(w.confidence for w in below)
                    value = f"{found[0][1]:.10g}"
                    readings.append(
                        Reading("magnification", raw, value, ReadingMethod.DATA_BAR, confidence, box=box_of(below))
                    )
    return readings
