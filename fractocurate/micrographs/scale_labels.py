"""The printed length of a drawn scale bar: which of the lengths in a data bar is its label."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box, Word
from fractocurate.micrographs.bar_text import BarText, TextLine
from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.lengths import find_lengths, is_scale_label
from fractocurate.micrographs.scale_bar import ScaleBar
from fractocurate.micrographs.word_places import FIELD_WIDTH, agreed_confidence, box_of, stands_behind, stands_under

_OTHER_LENGTH = re.compile(
    r"\b(?:W[DO0]|W\.D\.?|working\s*dist\w*|aperture\s*size|arbeitsabstand|AA|VFW|FWD|spot|scan\w*)\b", re.IGNORECASE
)
# Anything but n, r, i and c before the last m may be what OCR makes of a micro sign; those may come from nm and cm.
_MISREAD_MICRO = re.compile(r"(?<![\w.,])(?P<number>\d{1,3}(?:\.\d)?)\s?(?:[^\s\dnricm]{0,3}m|un|umn|pn)(?![A-Za-z])")
_MICRO_SLIPS = {"zm": "um", "am": "um"}
PARTED_GAP = 2.2
"""Number heights between a number and its unit that stand beside a scale bar: no other unit could be meant."""
LEAST_LENGTH = 1.0
"""Of a scale bar, in heights of its label."""


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
            if box is None or not is_label(value) or stands_behind(_OTHER_LENGTH, line, start):
                continue
            if stands_behind(FIELD_WIDTH, line, start) or stands_under(FIELD_WIDTH, text, box):
                continue
            if stands_under(_OTHER_LENGTH, text, box):
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
