"""The words of a data bar -> readings: magnification, scale label, width of the field."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box, Reading, Word
from data_contracts.vocabulary import ReadingMethod
from fractocurate.micrographs.bar_text import BarText, TextLine
from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.lengths import find_lengths, is_scale_label
from fractocurate.micrographs.magnification import MOST_DIGITS, NUMBER, digits_of, find_magnifications, magnification_of
from fractocurate.micrographs.scale_bar import ScaleBar

_FIELD_WIDTH = re.compile(
    r"\b(?:HFW|HFOV|HFV|FOV|FW|view\s*f\w{2,3}d|field\s*of\s*view|horiz\w*\s*field\s*w\w*|bildbreite|sichtfeld|bildfeld)\b",
    re.IGNORECASE,
)
_OTHER_LENGTH = re.compile(
    r"\b(?:W[DO0]|W\.D\.?|working\s*dist\w*|aperture\s*size|arbeitsabstand|AA|VFW|FWD|spot|scan\w*)\b", re.IGNORECASE
)
_MISREAD = re.compile(r"\bMag\w*\.?\s*[=:]?\s*(?P<number>[0-9OoSIl|B.,]{1,8}?)\s*(?P<kilo>[kK]?)\s*[xX](?!\w)")
# What OCR makes of a pictogram, such as a camera, that is printed against the x of a magnification.
_PICTOGRAM = re.compile(rf"(?<!\S)[\[(][^\s\])x]{{1,3}}[\])]?x(?P<number>{NUMBER})(?P<kilo>[kK]?)(?![\w.,\])])")
# Anything but n, r, i and c before the last m may be what OCR makes of a micro sign; those may come from nm and cm.
_MISREAD_MICRO = re.compile(r"(?<![\w.,])(?P<number>\d{1,3}(?:\.\d)?)\s?(?:[^\s\dnricm]{0,3}m|un|umn|pn)(?![A-Za-z])")
_MICRO_SLIPS = {"zm": "um", "am": "um"}
_BARE_THOUSANDS = re.compile(r"^[=_\-]?(?P<number>\d{1,3},\d{3})$")
_DIGIT_SLIPS = str.maketrans("OoSIl|B", "0051118")
_VALUE_REACH = 14
"""Characters between a keyword and its value on one line."""
_COLUMN_REACH = 2.0
"""Header heights that the middle of a word of a value may lie beside its header."""
_KEYWORD_REACH = 4
"""Letter heights between them: further away the keyword is a column header and the value belongs to something else."""


@dataclass(frozen=True, slots=True)
class ScaleLabel:
    """The printed length of a drawn scale bar."""

    raw: str
    length_nm: float
    confidence: float
    box: Box
    bar: ScaleBar
    looks: int = 1
    """How many readings of the region agree on it."""


LOST_POINT_CONFIDENCE = 0.4
"""Of a number that is as likely to have lost its decimal point: of use to confirm, not to decide."""


SURE_WORD, DOUBTFUL_DIGITS_CONFIDENCE = 0.9, 0.25
"""A magnification of four digits or more is believed only as a word of the former confidence."""
PARTED_GAP = 2.2
"""Number heights between a number and its unit that stand beside a scale bar: no other unit could be meant."""
LEAST_LENGTH = 1.0
"""Of a scale bar, in heights of its label."""
AGREED_CONFIDENCE = 0.6
BARE_CONFIDENCE = 0.45
"""Of a number without its sign: a second look has to see it too."""


def lost_point(raw: str) -> bool:
    """Whether a magnification reads like ``500 K X`` where bars print ``5.00 K X``: a k and no decimal point."""
    return bool(re.search(r"(?<![\d.,])\d{3,}\s*[kK]", raw))


def lost_kilo(raw: str) -> bool:
    """Whether a magnification reads like ``x10.0`` where makers print ``x10.0k``: decimals behind the x and no k."""
    return bool(re.fullmatch(r"[xX\u00d7]{1,2}\s*\d+[.,]\d{1,2}", raw.strip()))


def box_of(words: Sequence[Word]) -> Box | None:
    """The smallest box around some words."""
    if not words:
        return None
    return Box(
        min(w.box.left for w in words),
        min(w.box.top for w in words),
        max(w.box.right for w in words),
        max(w.box.bottom for w in words),
    )


def agreed_label(first: ScaleLabel | None, second: ScaleLabel | None) -> ScaleLabel | None:
    """What two looks at a label make of it: agreement raises the confidence, contradiction halves it."""
    if first is None or second is None:
        return first or second
    if abs(first.length_nm - second.length_nm) <= 1e-6 * first.length_nm:
        return replace(first, confidence=agreed_confidence(first.confidence, second.confidence), looks=2)
    better = max(first, second, key=lambda label: label.confidence)
    return replace(better, confidence=better.confidence / 2)


def confirmed_label(label: ScaleLabel | None, texts: Sequence[BarText]) -> ScaleLabel | None:
    """A label that one look read, if every other look saw its number in the same place, though not its unit."""
    if label is None or label.looks > 1 or len(texts) < 2:
        return label
    number = re.match(r"[\d.,]+", label.raw)
    if number is None:
        return label
    seen = [any(w.text.startswith(number[0]) and _touch(w.box, label.box) for w in text.words) for text in texts]
    return replace(label, looks=2) if all(seen) else label


def _touch(one: Box, other: Box) -> bool:
    across = min(one.right, other.right) - max(one.left, other.left)
    return across > 0 and min(one.bottom, other.bottom) - max(one.top, other.top) > 0


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


def agreed_confidence(one: float, other: float) -> float:
    """Confidence of a value that two looks at different sizes agree on: at least 0.6, that one of them is right."""
    return round(max(AGREED_CONFIDENCE, 1 - (1 - one) * (1 - other)), 3)


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


def scale_label(
    text: BarText, bars: Sequence[ScaleBar], is_label: Callable[[float], bool] = is_scale_label
) -> ScaleLabel | None:
    """The printed length that stands beside a drawn bar; None if no pair is close enough.

    Lengths behind ``WD``, ``HFW`` and the like are not labels, nor is what is no length of a label (``is_label``, of
    nanometres; by default a short mantissa times a power of ten). What lies within a word is a stroke, rim or shadow of
    its letters and no bar.
    """
    best: tuple[float, ScaleLabel] | None = None
    words_of_letters = [w.box for w in text.words if sum(c.isalnum() for c in w.text) > 1]
    bars = [bar for bar in bars if not any(_is_within(bar.box, word) for word in words_of_letters)]
    for line in (*text.lines, *_parted_labels(text)):
        for raw, value, start in _label_lengths(line):
            words = line.words_at(start, start + len(raw))
            box = box_of(words)
            if box is None or not is_label(value) or _stands_behind(_OTHER_LENGTH, line, start):
                continue
            if _stands_behind(_FIELD_WIDTH, line, start) or _stands_under(_FIELD_WIDTH, text, box):
                continue
            if _stands_under(_OTHER_LENGTH, text, box):
                continue
            for bar in bars:
                if bar.length_px < LEAST_LENGTH * box.height:
                    continue  # a stroke of a letter
                if _is_within(bar.box, box):
                    continue  # a rim or shadow of the label itself
                distance = _distance(box, bar.box)
                if distance is not None and (best is None or distance < best[0]):
                    confidence = min(w.confidence for w in words)
                    best = (distance, ScaleLabel(raw, value, confidence, box, bar))
    return best[1] if best else None


def field_width_reading(text: BarText) -> Reading | None:
    """The printed width of the field in nanometres, behind or under its keyword."""
    for line in text.lines:
        for match in _FIELD_WIDTH.finditer(line.text):
            behind = [f for f in find_lengths(line.text) if 0 <= f[2] - match.end() <= _VALUE_REACH]
            if behind and _stands_behind(_FIELD_WIDTH, line, behind[0][2]):
                raw, value, start = behind[0]
                words = line.words_at(start, start + len(raw))
                return _field_width(raw, value, words)
            header = box_of(line.words_at(match.start(), match.end()))
            below = _words_below(text, header) if header is not None else ()
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


def _parted_labels(text: BarText) -> list[TextLine]:
    """Numbers with the unit to their right, where the two were taken for different lines of the bar.

    A unit such as ``um`` has no tall letter, so that its box begins lower than that of the number before it.
    """
    parted = []
    for number in text.words:
        if not re.fullmatch(r"\d{1,4}(?:[.,]\d{1,2})?", number.text):
            continue
        for unit in text.words:
            gap = unit.box.left - number.box.right
            shared = min(unit.box.bottom, number.box.bottom) - max(unit.box.top, number.box.top)
            beside = -1 <= gap <= PARTED_GAP * number.box.height and shared >= 0.4 * min(
                unit.box.height, number.box.height
            )
            if beside and re.fullmatch(r"\D{1,3}m", unit.text):
                box = box_of((number, unit)) or number.box
                parted.append(
                    TextLine((Word(f"{number.text} {unit.text}", box, min(number.confidence, unit.confidence)),))
                )
    return parted


def _label_lengths(line: TextLine) -> list[tuple[str, float, int]]:
    """Lengths of a line, with slips of OCR that are certain beside a bar: ``Imm`` for 1 mm, ``10 zm`` for 10 µm."""
    text = line.text
    found = find_lengths(text)
    taken = {start for _, _, start in found}
    for match in re.finditer(r"(?<![\w.,])([ITil|\]])\s?((?:mm|[uµypz]m|am|nm))(?!\w)", text):
        found.extend(
            (match[0], value, match.start()) for _, value, _ in find_lengths(f"1{_MICRO_SLIPS.get(match[2], match[2])}")
        )
    for match in _MISREAD_MICRO.finditer(text):
        if match.start() not in taken:
            found.extend((match[0], value, match.start()) for _, value, _ in find_lengths(f"{match['number']} um"))
    for raw, _, start in list(found):
        # The stem of a slanted micro sign reads as a 4: ``104um`` is 10 µm, and 104 µm no label that exists.
        slanted = re.fullmatch(r"(\d0{1,2}|1)4\s?[uµ]?m", raw)
        if slanted is not None:
            found.extend((raw, value, start) for _, value, _ in find_lengths(f"{slanted[1]} um"))
    return found


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
                value = f"{found[0][1]:.10g}"
                note = f"repaired: {match['number']} -> {digits}"
                readings.append(
                    Reading(
                        "magnification",
                        match[0],
                        value,
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
                below = _words_below(text, word.box)
                raw = " ".join(w.text for w in below)
                found = find_magnifications(f"Mag {raw}") if re.search(r"\d\s?k?\s?x", raw, re.IGNORECASE) else []
                if found and below:
                    confidence = min(w.confidence for w in below)
                    value = f"{found[0][1]:.10g}"
                    readings.append(
                        Reading("magnification", raw, value, ReadingMethod.DATA_BAR, confidence, box=box_of(below))
                    )
    return readings


def _words_below(text: BarText, header: Box) -> tuple[Word, ...]:
    """The words of the next line that stand nearer to a header than to the other headers of its line."""
    headers = [w.box for w in text.words if abs(w.box.top - header.top) <= 0.5 * header.height]
    words = []
    for word in text.words:
        if not header.bottom - 0.3 * header.height <= word.box.top <= header.bottom + 2 * header.height:
            continue
        middle = (word.box.left + word.box.right) / 2
        apart = _apart(middle, header)
        if apart <= _COLUMN_REACH * header.height and all(apart <= _apart(middle, other) for other in headers):
            words.append(word)
    return tuple(sorted(words, key=lambda w: w.box.left))


def _apart(x: float, box: Box) -> float:
    return max(0.0, box.left - x, x - box.right)


def _stands_behind(keyword: re.Pattern[str], line: TextLine, start: int) -> bool:
    """Whether a keyword stands right before a position on a line: few characters and few letter widths away."""
    text = line.text[:start]
    matches = list(keyword.finditer(text))
    if not matches or start - matches[-1].end() > _VALUE_REACH or re.search(r"\d", text[matches[-1].end() :]):
        return False
    words, value = line.words_at(matches[-1].start(), matches[-1].end()), line.words_at(start, start + 1)
    return bool(words and value) and value[0].box.left - words[-1].box.right <= _KEYWORD_REACH * words[-1].box.height


def _stands_under(keyword: re.Pattern[str], text: BarText, box: Box) -> bool:
    return any(
        keyword.fullmatch(w.text)
        and any(
            below.box.left < box.right and box.left < below.box.right and abs(below.box.top - box.top) < box.height
            for below in _words_below(text, w.box)
        )
        for w in text.words
    )


def _is_within(bar: PixelBox, label: Box) -> bool:
    across = label.left - 2 <= bar.left and bar.right <= label.right + 2
    # A hairline at the foot of some of the letters is their shadow; a bar is longer than half of its label.
    slack = -1 if bar.height > 2 or bar.width > 0.5 * label.width else 2
    return across and bar.top < label.bottom + slack and bar.bottom > label.top - slack


def _distance(label: Box, bar: PixelBox) -> float | None:
    """How far a label is from a bar; None if it cannot belong to it."""
    gap_x = max(0.0, label.left - bar.right, bar.left - label.right)
    gap_y = max(0.0, label.top - bar.bottom, bar.top - label.bottom)
    if gap_y > 2.5 * label.height or gap_x > (20 if gap_y < label.height else 3) * label.height:
        return None
    return gap_x + gap_y
