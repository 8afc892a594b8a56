"""Read the text of a data bar: one page a frame for Tesseract, dark text on white, lines and frames wiped out.

The page shows the bar twice, at two sizes: what both looks agree on is surer than what either says. Where metadata
state the values already, one look is shown alone, and the other only if the first does not confirm them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from data_contracts.records import Box, Word
from fractocurate.micrographs.components import long_runs
from fractocurate.micrographs.flatness import BoolImage, Mark, PixelBox, letters_among, marks_of
from fractocurate.micrographs.resident import read_page
from fractocurate.micrographs.settings import MicrographSettings
from fractocurate.tesseract import TableWord

LETTER_HEIGHTS_PX = (26, 17)
"""Of the two looks. Tesseract's net was trained on lines of some 36 px with capitals of about the first height; the
smaller size smooths the stairs of unsmoothed fonts, on which the first fails, and takes a fifth less time."""
LARGEST_SCALE = 5.0
MARGIN_PX = 20
"""White border that Tesseract needs around text."""
WORD_GAP = 0.7
"""Of the letter height: words further apart than this are separate statements. Columns of tables stand 0.75 apart."""
UNIT_GAP = 1.25
"""A number and its unit may stand further apart: the blank of a typewriter face is as wide as a digit is high."""
_UNIT = re.compile(r"(?:[^\W\d_]{0,2}m|kV|[kK]?\s?[xX\u00d7]|[kK])")
_MISREAD_HYPHEN = re.compile(r"(?<=\w)~(?=\d)")
"""What small letters make of the hyphen in an identifier: no instrument prints a tilde."""
_NUMBER = re.compile(r"[=:]?\d[\d.,]*[kK]?")


@dataclass(frozen=True)
class TextLine:
    """Words on one line of a data bar, left to right."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words, with one blank within a statement and two between statements."""
        return self._located[0]

    @cached_property
    def _located(self) -> tuple[str, tuple[int, ...]]:
        """The text and, per word, the position where it begins."""
        pieces: list[str] = []
        starts: list[int] = []
        length = 0
        previous: Word | None = None
        for word in self.words:
            if previous is not None:
                blank = " " if are_joined(previous, word) else "  "
                pieces.append(blank)
                length += len(blank)
            starts.append(length)
            pieces.append(word.text)
            length += len(word.text)
            previous = word
        return "".join(pieces), tuple(starts)

    def words_at(self, start: int, end: int) -> tuple[Word, ...]:
        """The words that a part ``start`` to ``end`` of the text touches."""
        starts = self._located[1]
        return tuple(w for w, s in zip(self.words, starts, strict=True) if s < end and s + len(w.text) > start)


@dataclass(frozen=True, slots=True)
class BarText:
    """All text of one data bar."""

    lines: tuple[TextLine, ...]

    @property
    def text(self) -> str:
        """One line of the bar a line."""
        return "\n".join(line.text for line in self.lines)

    @property
    def words(self) -> tuple[Word, ...]:
        """All words, line by line."""
        return tuple(word for line in self.lines for word in line.words)

    @property
    def confidence(self) -> float:
        """Mean confidence of the words, 0 to 1; 0 without words."""
        words = self.words
        return float(np.mean([w.confidence for w in words])) if words else 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """A region as Tesseract is shown it: dark on white, at one size."""

    picture: Image.Image
    scale: float

    def in_frame(self, word: TableWord, top_px: int, origin: PixelBox) -> Box:
        """The box of a word of a page on which the look begins at a row, in pixels of the frame."""
        left, top = word.left - MARGIN_PX, word.top - top_px
        return Box(
            round(left / self.scale + origin.left, 1),
            round(top / self.scale + origin.top, 1),
            round((left + word.width) / self.scale + origin.left, 1),
            round((top + word.height) / self.scale + origin.top, 1),
        )


def looks_at(
    pages: Sequence[NDArray[np.uint8]], ink: BoolImage, letter_heights_px: Sequence[int] = LETTER_HEIGHTS_PX
) -> Iterator[Look]:
    """Looks at the text of one region, each at a size of its own, made as they are asked for.

    Args:
        pages: what each look sees, one or two, shape (height, width), 0 on the background, 255 at full letter strength.
        ink: same shape, the foreground.
        letter_heights_px: of each look.

    Yields:
        Nothing if the region has no letters.
    """
    marks = marks_of(ink)
    letters = letters_among(marks, tallest_px=0.8 * ink.shape[0])
    if not letters:
        return
    # Capitals and digits, not the dots and small letters, set the size.
    letter_height = float(np.percentile([m.box.height for m in letters], 60))
    pictograms = _pictograms(marks, letter_height)
    for height, contrast in zip(letter_heights_px, pages, strict=False):
        shown = _without_lines(contrast, ink, letter_height)
        for box in pictograms:
            box.cut(shown)[:] = 0
        clean = Image.fromarray(255 - shown)
        scale = float(np.clip(height / letter_height, 0.5, LARGEST_SCALE))
        size = (max(1, round(clean.width * scale)), max(1, round(clean.height * scale)))
        yield Look(clean.resize(size, Image.Resampling.BICUBIC), scale)


def read_text(looks: Sequence[Look], origin: PixelBox, settings: MicrographSettings) -> tuple[BarText, ...]:
    """What each look shows, on one page for Tesseract.

    Args:
        looks: at one region.
        origin: where the region lies in the frame, in pixels.
        settings: languages and time limit.

    Returns:
        Boxes in pixels of the frame.

    Raises:
        OcrError: Tesseract failed or took too long on this region.
        MissingToolError: Tesseract or one of the languages is not installed.
    """
    if not looks:
        return ()
    tops = [MARGIN_PX]
    for look in looks:
        tops.append(tops[-1] + look.picture.height + 2 * MARGIN_PX)
    page = Image.new("L", (max(look.picture.width for look in looks) + 2 * MARGIN_PX, tops[-1]), 255)
    for look, top in zip(looks, tops, strict=False):
        page.paste(look.picture, (MARGIN_PX, top))
    words: list[list[Word]] = [[] for _ in looks]
    for word in read_page(page, settings.ocr_languages, settings.ocr_timeout_s):
        middle = word.top + word.height / 2
        number = max(k for k in range(len(looks)) if k == 0 or middle >= tops[k] - MARGIN_PX)
        place = looks[number].in_frame(word, tops[number], origin)
        words[number].append(Word(_MISREAD_HYPHEN.sub("-", word.text), place, round(word.confidence, 3)))
    return tuple(BarText(lines_of(found)) for found in words)


def are_joined(word: Word, next_word: Word) -> bool:
    """Whether two words that follow each other on a line belong to one statement."""
    gap = (next_word.box.left - word.box.right) / max(word.box.height, next_word.box.height, 1)
    if gap <= WORD_GAP:
        return True
    return gap <= UNIT_GAP and bool(_NUMBER.fullmatch(word.text) and _UNIT.fullmatch(next_word.text))


def lines_of(words: list[Word]) -> tuple[TextLine, ...]:
    """Group words into lines by their vertical overlap, lines from top to bottom, words from left to right."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.box.top + w.box.bottom) / 2):
        middle = (word.box.top + word.box.bottom) / 2
        for line in lines:
            top, bottom = median(w.box.top for w in line), median(w.box.bottom for w in line)
            if top <= middle <= bottom and word.box.height <= 3 * max(bottom - top, 1):
                line.append(word)
                break
        else:
            lines.append([word])
    return tuple(TextLine(tuple(sorted(line, key=lambda w: w.box.left))) for line in lines)


def _pictograms(marks: Sequence[Mark], letter_height: float) -> list[PixelBox]:
    """Signs of a letter's size that are drawn around others, such as a camera: no letter is wider than high and closed.

    Beside a number they read as digits or brackets of it. A speck within the nought of two joined digits lies aside.
    """
    alike = [
        m.box
        for m in marks
        if 0.7 * letter_height <= m.box.height <= 2 * letter_height and m.box.height < m.box.width <= 2 * m.box.height
    ]
    sides = np.array([m.box.sides for m in marks], np.int64).reshape(-1, 4)
    return [box for box in alike if _is_any_amid(sides, box)]


def _is_any_amid(inner: NDArray[np.int64], outer: PixelBox) -> bool:
    """Whether one of some boxes (left, top, right, bottom) lies amid another and fills much of its height."""
    left, top, right, bottom = inner.T
    inside = (outer.left < left) & (right < outer.right) & (outer.top < top) & (bottom < outer.bottom)
    aside = np.abs(left + right - outer.left - outer.right) / 2
    return bool((inside & (aside <= 0.15 * outer.width) & (bottom - top >= 0.35 * outer.height)).any())


def _without_lines(contrast: NDArray[np.uint8], ink: BoolImage, letter_height: float) -> NDArray[np.uint8]:
    """Wipe out rulers, frames and separators: runs of ink that no letter has."""
    longest = int(3 * letter_height) | 1
    tallest = int(1.7 * letter_height) | 1
    wiped = long_runs(ink, longest) | long_runs(ink.T, tallest).T
    if wiped.any():
        wiped = ndimage.binary_dilation(wiped, structure=np.ones((3, 3), bool))
    return np.where(wiped, 0, contrast).astype(np.uint8)
