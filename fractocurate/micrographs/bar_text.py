"""Read the text of a data bar with Tesseract: one call a frame, dark text on white, lines and frames wiped out."""

import os
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

LETTER_HEIGHT_PX = 26
"""Tesseract's recognition net was trained on lines of some 36 px with capitals of about this height."""
SECOND_LETTER_HEIGHT_PX = 17
"""The second look is at a smaller size: that smooths the stairs of unsmoothed fonts, on which the first fails."""
LARGEST_SCALE = 5.0
MARGIN_PX = 20
"""White border that Tesseract needs around text."""
WORD_GAP = 1.2
"""Of the letter height: words further apart than this are separate statements. A blank of a typewriter face with the
bearings of its neighbours is as wide as a digit is high."""


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
                gap = word.box.left - previous.box.right
                blank = " " if gap <= WORD_GAP * max(word.box.height, previous.box.height, 1) else "  "
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
    contrast: NDArray[np.uint8], ink: BoolImage, origin: PixelBox, settings: MicrographSettings, *, second: bool = False
) -> BarText:
    """Read the text of one region.

    Args:
        contrast: shape (height, width), 0 on the background, 255 at full letter strength.
        ink: same shape, the foreground.
        origin: where the region lies in the frame, in pixels.
        settings: languages and time limit.
        second: read smaller, where a first reading left something in doubt.

    Returns:
        Lines of words; boxes in pixels of the frame.

    Raises:
        OcrError: Tesseract failed or took too long on this region.
        MissingToolError: Tesseract or one of the languages is not installed.
    """
    letters = letters_among(marks_of(ink), tallest_px=0.8 * ink.shape[0])
    if not letters:
        return BarText(())
    # Capitals and digits, not the dots and small letters, set the size.
    letter_height = float(np.percentile([m.box.height for m in letters], 60))
    scale = float(
        np.clip((SECOND_LETTER_HEIGHT_PX if second else LETTER_HEIGHT_PX) / letter_height, 0.5, LARGEST_SCALE)
    )
    page = 255 - _without_lines(contrast, ink, letter_height)
    size = (max(1, round(page.shape[1] * scale)), max(1, round(page.shape[0] * scale)))
    picture = Image.fromarray(page).resize(size, Image.Resampling.BICUBIC)
    framed = Image.new("L", (size[0] + 2 * MARGIN_PX, size[1] + 2 * MARGIN_PX), 255)
    framed.paste(picture, (MARGIN_PX, MARGIN_PX))
    data = _tesseract(framed, settings)
    words = []
    for text, conf, left, top, width, height in zip(
        data["text"], data["conf"], data["left"], data["top"], data["width"], data["height"], strict=True
    ):
        if not text.strip() or float(conf) < 0:
            continue
        box = Box(
            round((left - MARGIN_PX) / scale + origin.left, 1),
            round((top - MARGIN_PX) / scale + origin.top, 1),
            round((left + width - MARGIN_PX) / scale + origin.left, 1),
            round((top + height - MARGIN_PX) / scale + origin.top, 1),
        )
        words.append(Word(text.strip(), box, round(float(conf) / 100, 3)))
    return BarText(lines_of(words))


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
