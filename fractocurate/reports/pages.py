"""The text layer of a page, and whether it can be trusted."""

import ctypes
import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from data_contracts.records import Box, Word
from fractocurate.reports.drawn_boxes import with_drawn_boxes
from fractocurate.reports.fields import COMMON_WORDS
from fractocurate.reports.lines import Ruling
from fractocurate.reports.rulings import drawn_rulings
from fractocurate.reports.synonyms import fold
from fractocurate.reports.tick_marks import plain_symbol

SMALLEST_TRUSTED_SCORE = 0.5
"""Below it a page is read by OCR."""

_COVERING_SHARE = 0.7
"""A picture that covers more of the page is taken for a scan of it."""
_HIDDEN_PENALTY = 0.4
_FEWEST_ODD = 5
_INVISIBLE = 3
"""Text rendering mode 3 (ISO 32000-1, 9.3.6): neither fill nor stroke, as OCR programs write it."""

_LETTER_PER_MILLE = {
    "e": 145, "n": 85, "t": 76, "i": 74, "a": 72, "r": 66, "s": 66, "o": 52, "d": 46, "h": 50, "l": 38, "u": 37,
    "c": 29, "m": 25, "g": 25, "f": 20, "b": 17, "w": 19, "p": 16, "k": 11, "v": 9, "y": 10, "z": 6, "j": 2, "x": 2,
    "q": 1,
}  # fmt: skip
"""Mean of English and German letter frequencies; a shifted or scrambled ToUnicode map is far from both."""


@dataclass(frozen=True, slots=True)
class TextLayer:
    """What the text layer of a page holds."""

    width_pt: float
    height_pt: float
    words: tuple[Word, ...]
    rulings: tuple[Ruling, ...]
    score: float
    """0 (none or unusable) to 1."""
    rotation_deg: int
    """Clockwise turn that made the text upright, beyond the page's own /Rotate entry."""
    to_upright: Callable[[float, float], tuple[float, float]]
    """Maps points of the PDF page (y up) to points of the upright page (y down)."""


_Character = tuple[str, float, float, float, float]
"""A character and its box: left, top, right, bottom. Plain, for a page has thousands."""


def read_text_layer(page: pdfium.PdfPage, known_words: frozenset[str]) -> TextLayer:
    """Words, rulings and the trust that the text layer deserves.

    Args:
        page: an open page.
        known_words: folded words of the site's vocabulary; they count as evidence of readable text.

    Raises:
        pypdfium2.PdfiumError: PDFium cannot load the page's text.
    """
    text_page = page.get_textpage()
    try:
        angle = _main_angle(text_page)
        # Not get_bbox, which already knows of /Rotate: characters are given in the unrotated page.
        left, bottom, right, top = page.get_cropbox()
        to_upright = _upright((left, bottom, right, top), angle)
        width, height = (right - left, top - bottom) if angle in {0, 180} else (top - bottom, right - left)
        characters, unmapped_share = _characters(text_page, angle, to_upright)
        words = [w for w in _words(characters) if _is_on_page(w, width, height)]
        hidden = _is_hidden_under_scan(page, (right - left) * (top - bottom)) if words else False
    finally:
        text_page.close()
    score = layer_score([w.text for w in words], unmapped_share, known_words, is_hidden=hidden)
    rulings: list[Ruling] = []
    if score >= SMALLEST_TRUSTED_SCORE:
        words, rulings = with_drawn_boxes(page, to_upright, words, drawn_rulings(page, to_upright))
    # The text's own angle is counter-clockwise; the page's /Rotate already turns it clockwise.
    rotation = (angle - page.get_rotation()) % 360 if words else 0
    return TextLayer(width, height, tuple(words), tuple(rulings), score, rotation, to_upright)


def layer_score(
    words: Sequence[str], unmapped_share: float, known_words: frozenset[str], *, is_hidden: bool = False
) -> float:
    """Trust in a text layer, 0 to 1: mapped characters x plausible language x visible.

    Plausible is what has the letter frequencies of English or German, or enough frequent words or words of the site.
    """
    if not words:
        return 0.0
    text = "".join(words)
    odd = sum(1 for c in text if _is_odd(c)) + 5 * text.count("(cid:")
    healthy = max(0.0, 1.0 - odd / len(text) - unmapped_share)
    if odd >= _FEWEST_ODD and odd > sum(c.isdigit() for c in text):
        healthy *= _HIDDEN_PENALTY  # words may be whole, but where most digits have no meaning no number has one
    score = healthy * _plausibility(words, known_words)
    return round(score * (_HIDDEN_PENALTY if is_hidden else 1.0), 4)


def _plausibility(words: Sequence[str], known_words: frozenset[str]) -> float:
    folded = [fold(w) for w in words]
    alphabetic = [w for w in folded if w.isalpha() and len(w) > 1]
    if not alphabetic:
        return 0.7 if any(c.isdigit() for w in folded for c in w) else 0.3
    known = sum(w in known_words or w in COMMON_WORDS for w in alphabetic) / len(alphabetic)
    by_words = min(1.0, known / 0.12)
    letters = Counter(c for w in alphabetic for c in w if c in _LETTER_PER_MILLE)
    total = sum(len(w) for w in alphabetic)
    if total < 60:
        return max(by_words, 0.6 if letters.total() > 0.9 * total else 0.0)
    by_letters = min(1.0, max(0.0, (_letter_similarity(letters) - 0.70) / 0.18)) * letters.total() / total
    return max(by_words, by_letters)


def _letter_similarity(letters: Counter[str]) -> float:
    dot = sum(letters[c] * f for c, f in _LETTER_PER_MILLE.items())
    norm = math.hypot(*letters.values()) * math.hypot(*_LETTER_PER_MILLE.values())
    return dot / norm if norm else 0.0


def _is_odd(character: str) -> bool:
    code = ord(character)
    return character == "\ufffd" or 0xE000 <= code <= 0xF8FF or code < 32 or 0x7F <= code < 0xA0 or code >= 0xFFFE


def _main_angle(text_page: pdfium.PdfTextPage) -> int:
    """Direction in which most characters run, counter-clockwise, in steps of 90 degrees."""
    count = text_page.count_chars()
    step = max(1, count // 200)
    angles: Counter[int] = Counter()
    for index in range(0, count, step):
        if chr(pdfium_c.FPDFText_GetUnicode(text_page, index)).isalnum():
            angles[_angle(text_page, index)] += 1
    return angles.most_common(1)[0][0] if angles else 0


def _angle(text_page: pdfium.PdfTextPage, index: int) -> int:
    radians = pdfium_c.FPDFText_GetCharAngle(text_page, index)
    if radians == 0.0:
        return 0
    # PDFium counts clockwise.
    return -round(math.degrees(radians) / 90) % 4 * 90


def _upright(bbox: tuple[float, float, float, float], angle: int) -> Callable[[float, float], tuple[float, float]]:
    """Map points of the PDF page (y up) to points of the upright page (y down), for text that runs at ``angle``."""
    left, bottom, right, top = bbox
    return {
        0: lambda x, y: (x - left, top - y),
        90: lambda x, y: (y - bottom, x - left),
        180: lambda x, y: (right - x, y - bottom),
        270: lambda x, y: (top - y, right - x),
    }[angle]


def _characters(
    text_page: pdfium.PdfTextPage, angle: int, to_upright: Callable[[float, float], tuple[float, float]]
) -> tuple[list[_Character | None], float]:
    """Characters in the order of the page, None where PDFium sees white space; and the share without a mapping."""
    rect = pdfium_c.FS_RECTF()
    characters: list[_Character | None] = []
    unmapped = total = 0
    for index in range(text_page.count_chars()):
        code = pdfium_c.FPDFText_GetUnicode(text_page, index)
        text = plain_symbol(code)
        if text.isspace() or code == 0:
            # PDFium hands out a line-end hyphen as the control character 2.
            characters.append(None)
            continue
        total += 1
        unmapped += pdfium_c.FPDFText_HasUnicodeMapError(text_page, index) == 1
        if _angle(text_page, index) != angle:
            continue
        if not pdfium_c.FPDFText_GetLooseCharBox(text_page, index, ctypes.byref(rect)):
            continue
        x0, y0 = to_upright(rect.left, rect.bottom)
        x1, y1 = to_upright(rect.right, rect.top)
        if x0 > x1:
            x0, x1 = x1, x0
        if y0 > y1:
            y0, y1 = y1, y0
        characters.append(("-" if code in {2, 0xAD} else text, x0, y0, x1, y1))
    return characters, unmapped / total if total else 0.0


def _words(characters: Sequence[_Character | None]) -> Iterator[Word]:
    current: list[_Character] = []
    for character in characters:
        if current and (character is None or _begins_word(current[-1], character)):
            yield _word(current)
            current = []
        if character is not None:
            current.append(character)
    if current:
        yield _word(current)


def _begins_word(previous: _Character, character: _Character) -> bool:
    _, left, top, right, bottom = previous
    _, own_left, own_top, _, own_bottom = character
    height = min(bottom - top, own_bottom - own_top) or 1.0
    return (
        own_left - right > 0.25 * height
        or own_left < left - 0.5 * height
        or abs((own_top + own_bottom) - (top + bottom)) > height
    )


def _word(characters: Sequence[_Character]) -> Word:
    texts, lefts, tops, rights, bottoms = zip(*characters, strict=True)
    # Nearly all words are of one size.
    top, bottom = (v[0] if min(v) == max(v) else statistics.median(v) for v in (tops, bottoms))
    box = Box(min(lefts), top, max(rights), bottom)
    return Word("".join(texts), box, 1.0)


def _is_on_page(word: Word, width: float, height: float) -> bool:
    x, y = (word.box.left + word.box.right) / 2, (word.box.top + word.box.bottom) / 2
    return 0 <= x <= width and 0 <= y <= height


def _is_hidden_under_scan(page: pdfium.PdfPage, area: float) -> bool:
    """Whether a picture covers the page and most of its text is invisible or painted before the picture."""
    covering_at: int | None = None
    texts: list[tuple[int, bool]] = []
    for order, item in enumerate(page.get_objects(max_depth=2)):
        if item.type == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            if (right - left) * (top - bottom) > _COVERING_SHARE * area:
                covering_at = order
        elif item.type == pdfium_c.FPDF_PAGEOBJ_TEXT:
            texts.append((order, pdfium_c.FPDFTextObj_GetTextRenderMode(item.raw) == _INVISIBLE))
    if covering_at is None or not texts:
        return False
    hidden = sum(invisible or order < covering_at for order, invisible in texts)
    return hidden > len(texts) / 2
