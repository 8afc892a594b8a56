"""Read the text of a data bar with Tesseract: one call a frame, dark text on white, lines and frames wiped out.

The page of that call shows the bar twice, at two sizes: what both looks agree on is surer than what either says, and the
start of the program, more than half of the time of a call, is paid once.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytesseract
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from data_contracts.errors import MissingToolError
from data_contracts.records import Box, Word
from fractocurate.micrographs.flatness import BoolImage, PixelBox, letters_among, marks_of
from fractocurate.micrographs.settings import MicrographSettings

LETTER_HEIGHTS_PX = (26, 17)
"""Of the two looks. Tesseract's net was trained on lines of some 36 px with capitals of about the first height; the
smaller size smooths the stairs of unsmoothed fonts, on which the first fails."""
LARGEST_SCALE = 5.0
MARGIN_PX = 20
"""White border that Tesseract needs around text."""
WORD_GAP = 0.7
"""Of the letter height: words further apart than this are separate statements. Columns of tables stand 0.75 apart."""
UNIT_GAP = 1.25
"""A number and its unit may stand further apart: the blank of a typewriter face is as wide as a digit is high."""
_UNIT = re.compile(r"(?:[^\W\d_]{0,2}m|kV|[kK]?\s?[xX\u00d7]|[kK])")
_NUMBER = re.compile(r"[=:]?\d[\d.,]*[kK]?")


class OcrError(Exception):
    """Tesseract could not read one frame. A bad item."""


@dataclass(frozen=True, slots=True)
class TextLine:
    """Words on one line of a data bar, left to right."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words, with one blank within a statement and two between statements."""
        return self.located()[0]

    def located(self) -> tuple[str, tuple[int, ...]]:
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
        _, starts = self.located()
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


def read_text(
    pages: tuple[NDArray[np.uint8], NDArray[np.uint8]], ink: BoolImage, origin: PixelBox, settings: MicrographSettings
) -> tuple[BarText, ...]:
    """Read the text of one region, at two sizes.

    Args:
        pages: what each look sees, shape (height, width), 0 on the background, 255 at full letter strength.
        ink: same shape, the foreground.
        origin: where the region lies in the frame, in pixels.
        settings: languages and time limit.

    Returns:
        What each look saw, boxes in pixels of the frame; empty if the region has no letters.

    Raises:
        OcrError: Tesseract failed or took too long on this region.
        MissingToolError: Tesseract or one of the languages is not installed.
    """
    letters = letters_among(marks_of(ink), tallest_px=0.8 * ink.shape[0])
    if not letters:
        return ()
    # Capitals and digits, not the dots and small letters, set the size.
    letter_height = float(np.percentile([m.box.height for m in letters], 60))
    looks: list[_Look] = []
    top = MARGIN_PX
    for height, contrast in zip(LETTER_HEIGHTS_PX, pages, strict=True):
        clean = Image.fromarray(255 - _without_lines(contrast, ink, letter_height))
        scale = float(np.clip(height / letter_height, 0.5, LARGEST_SCALE))
        size = (max(1, round(clean.width * scale)), max(1, round(clean.height * scale)))
        looks.append(_Look(clean.resize(size, Image.Resampling.BICUBIC), scale, top))
        top += size[1] + 2 * MARGIN_PX
    page = Image.new("L", (max(look.picture.width for look in looks) + 2 * MARGIN_PX, top), 255)
    for look in looks:
        page.paste(look.picture, (MARGIN_PX, look.top))
    words: list[list[Word]] = [[] for _ in looks]
    data = _tesseract(page, settings)
    for text, conf, *box in zip(*(data[k] for k in ("text", "conf", "left", "top", "width", "height")), strict=True):
        if not text.strip() or float(conf) < 0:
            continue
        left, upper, width, height = (int(v) for v in box)
        number = max(k for k, look in enumerate(looks) if k == 0 or upper + height / 2 >= look.top - MARGIN_PX)
        place = looks[number].in_frame(left, upper, left + width, upper + height, origin)
        words[number].append(Word(text.strip(), place, round(float(conf) / 100, 3)))
    return tuple(BarText(lines_of(found)) for found in words)


@dataclass(frozen=True, slots=True)
class _Look:
    """The region at one size, and where it lies on the page."""

    picture: Image.Image
    scale: float
    top: int

    def in_frame(self, left: int, top: int, right: int, bottom: int, origin: PixelBox) -> Box:
        """A box of the page in pixels of the frame."""
        return Box(
            round((left - MARGIN_PX) / self.scale + origin.left, 1),
            round((top - self.top) / self.scale + origin.top, 1),
            round((right - MARGIN_PX) / self.scale + origin.left, 1),
            round((bottom - self.top) / self.scale + origin.top, 1),
        )


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
            top = float(np.median([w.box.top for w in line]))
            bottom = float(np.median([w.box.bottom for w in line]))
            if top <= middle <= bottom and word.box.height <= 3 * max(bottom - top, 1):
                line.append(word)
                break
        else:
            lines.append([word])
    return tuple(TextLine(tuple(sorted(line, key=lambda w: w.box.left))) for line in lines)


def _without_lines(contrast: NDArray[np.uint8], ink: BoolImage, letter_height: float) -> NDArray[np.uint8]:
    """Wipe out rulers, frames and separators: runs of ink that no letter has."""
    longest = int(3 * letter_height) | 1
    tallest = int(1.7 * letter_height) | 1
    wiped = np.zeros_like(ink)
    if ink.shape[1] > longest:
        wiped |= ndimage.binary_opening(ink, structure=np.ones((1, longest), bool))
    if ink.shape[0] > tallest:
        wiped |= ndimage.binary_opening(ink, structure=np.ones((tallest, 1), bool))
    if wiped.any():
        wiped = ndimage.binary_dilation(wiped, structure=np.ones((3, 3), bool))
    return np.where(wiped, 0, contrast).astype(np.uint8)


def _tesseract(picture: Image.Image, settings: MicrographSettings) -> dict[str, list[Any]]:
    try:
        with _one_thread():
            data: dict[str, list[Any]] = pytesseract.image_to_data(
                picture,
                lang=settings.ocr_languages,
                config="--oem 1 --psm 11 -c load_system_dawg=0 -c load_freq_dawg=0",
                timeout=settings.ocr_timeout_s,
                output_type=pytesseract.Output.DICT,
            )
    except pytesseract.TesseractNotFoundError as error:
        raise MissingToolError(
            "tesseract is not installed, so that data bars cannot be read; install it, for example with "
            "`sudo apt-get install tesseract-ocr tesseract-ocr-eng tesseract-ocr-deu`"
        ) from error
    except pytesseract.TesseractError as error:
        if "Failed loading language" in str(error) or "Error opening data file" in str(error):
            raise MissingToolError(
                f"tesseract lacks a language of {settings.ocr_languages!r}; install it, for example with "
                "`sudo apt-get install tesseract-ocr-deu`"
            ) from error
        raise OcrError(f"tesseract failed: {error}") from error
    except RuntimeError as error:  # how pytesseract reports its own time limit
        raise OcrError(f"tesseract took longer than {settings.ocr_timeout_s:g} s") from error
    return data


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep Tesseract to one thread while it runs: the workers are the parallelism, threads would slow each other."""
    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OMP_THREAD_LIMIT"]
        else:
            os.environ["OMP_THREAD_LIMIT"] = before
