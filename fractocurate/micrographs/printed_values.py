"""The printed values of one region, gathered over two looks at it, and whether it is print at all."""

from collections.abc import Sequence
from dataclasses import replace

from data_contracts.records import Box, Reading
from data_contracts.vocabulary import ReadingMethod
from fractocurate.micrographs.bar_text import BarText
from fractocurate.micrographs.bar_values import agreed_readings, field_width_reading, magnification_readings
from fractocurate.micrographs.flatness import PixelBox
from fractocurate.micrographs.magnification import has_sign
from fractocurate.micrographs.scale_bar import ScaleBar
from fractocurate.micrographs.scale_labels import ScaleLabel, agreed_label, confirmed_label, scale_label

UNCONFIRMED = 0.45
"""Highest confidence of a label drawn over the picture that only one of two looks could read."""
LEAST_WORD_CONFIDENCE = 0.6
LEGIBLE = 0.58
"""Mean confidence of the letters of one look that proves print: of 510 invented pictures without any, with pores, dust,
fibres and balls in rows, none reached 0.54."""
HALF_LEGIBLE = 0.48
"""The same where both looks read a like word."""
LEGIBLE_ALONE = 0.75
"""The same where a frame would be nothing but a bar: particles on even ground fill a frame from top to bottom too."""
LEAST_KINDS = 2
"""Of letters and digits: one kind alone is a row of like marks."""
SURE_VALUE = 0.5
RINGS_AND_STROKES = frozenset("oO0°©®@eQ•·.,:;-_=~'`|Il1i!/\\()[]{}")
"""What OCR makes of balls, pores, pillars and ticks with confidence."""


class PrintedValues:
    """The printed values of one region, gathered over two looks at it."""

    def __init__(self) -> None:
        self.label: ScaleLabel | None = None
        self.magnifications: list[Reading] = []
        self.widths: list[Reading] = []
        self.texts: list[BarText] = []

    def add(self, text: BarText, bars: Sequence[ScaleBar]) -> None:
        """Take in what one look saw; bars in pixels of the frame."""
        self.texts.append(text)
        self.label = confirmed_label(agreed_label(self.label, scale_label(text, bars)), self.texts)
        width = field_width_reading(text)
        self.widths = agreed_readings(self.widths, [width] if width is not None else [])
        self.magnifications = agreed_readings(self.magnifications, magnification_readings(text))

    def doubt_what_one_look_saw(self) -> None:
        """Lower what a busy picture behind the letters may have changed: an unconfirmed label, a number without x."""
        if self.label is not None and self.label.looks < 2:
            self.label = replace(self.label, confidence=min(self.label.confidence, UNCONFIRMED))
        self.magnifications = [
            r if has_sign(r.raw) else replace(r, confidence=min(r.confidence, UNCONFIRMED)) for r in self.magnifications
        ]

    @property
    def surest(self) -> float:
        """Mean confidence of the letters of the better look."""
        return max(map(_confidence_of_letters, self.texts), default=0.0)

    @property
    def has_value(self) -> bool:
        """Whether a magnification, a scale label or a width of the field was understood."""
        label = self.label
        values = [r for r in self.magnifications if has_sign(r.raw)] + self.widths
        if label is not None and (label.looks > 1 or label.confidence >= SURE_VALUE):
            return True
        return any(r.confidence >= SURE_VALUE for r in values)

    @property
    def is_legible(self) -> bool:
        """Whether it is print: a value was understood, or its letters were read with confidence.

        OCR makes words of any marks in a row, so that a word alone proves nothing.
        """
        if self.has_value:
            return True
        words = [
            {w.text for w in text.words if w.confidence >= LEAST_WORD_CONFIDENCE and _is_word(w.text)}
            for text in self.texts
        ]
        is_seen_twice = len(words) > 1 and bool(set.intersection(*words))
        return self.surest >= (HALF_LEGIBLE if is_seen_twice else LEGIBLE)

    def readings(self, box: PixelBox) -> list[Reading]:
        """Everything gathered; the text as a whole is one of the readings."""
        readings = list(self.magnifications)
        readings += self.widths[:1]
        if self.texts and any(text.words for text in self.texts):
            best = max(self.texts, key=lambda text: text.confidence * len(text.words))
            confidence = round(best.confidence, 3)
            readings.append(
                Reading("bar_text", best.text, best.text, ReadingMethod.DATA_BAR, confidence, box=record_box(box))
            )
        return readings


def _confidence_of_letters(text: BarText) -> float:
    """Mean confidence of a text's letters; 0 if they are fewer than two kinds. Rings and strokes are none: pillars."""
    letters = [(w.confidence, c) for w in text.words for c in w.text if c not in RINGS_AND_STROKES]
    if len({c for _, c in letters if c.isalnum()}) < LEAST_KINDS:
        return 0.0
    return sum(confidence for confidence, _ in letters) / len(letters)


def _is_word(text: str) -> bool:
    """Whether a word has three letters or digits at least that are not all alike, as those of a row of pores are."""
    letters = [c for c in text.lower() if c.isalnum()]
    return len(letters) >= 3 and len(set(letters)) >= 3


def record_box(box: PixelBox) -> Box:
    """A box as records hold it."""
    return Box(box.left, box.top, box.right, box.bottom)
