"""A page or a picture on it, made ready for Tesseract, and what Tesseract read there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from data_contracts.pixels import GreyImage
from data_contracts.records import Word
from fractocurate.profile import OcrSettings
from fractocurate.reports.lines import Ruling
from fractocurate.reports.pictures import PagePicture
from fractocurate.reports.scans import CleanPage, clean_page, turned_over
from fractocurate.reports.sheets import Sheet, is_upside_down, recognise, save_sheet
from fractocurate.reports.unread_ink import Piece, find_pieces, tidy_strip, with_pieces
from fractocurate.reports.word_boxes import checked_words
from fractocurate.tesseract import OcrError

_LARGEST_PAGE_PX = 40_000_000
"""Larger pages (drawings) are rendered at a lower resolution: a worker stays under 500 MB."""
_USUAL_WIDTH_PT = 595.0
"""Shorter side of A4, for which the profile's resolution is meant."""
_DOUBTFUL_CONFIDENCE = 0.55
_DOUBTFUL_CONFIDENCE_UNSURE = 0.75
"""Mean word confidence below which a page may stand on its head; the second where its ascenders did not tell."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A cleaned image that waits for Tesseract; without a sheet if it is blank."""

    clean: CleanPage
    dpi: int
    sheet: Sheet | None


@dataclass(frozen=True, slots=True)
class OcrPage:
    """What Tesseract read on a page."""

    width_pt: float
    height_pt: float
    words: tuple[Word, ...]
    rulings: tuple[Ruling, ...]
    pictures: tuple[PagePicture, ...]
    dpi: int
    rotation_deg: int
    skew_deg: float


def prepare_page(page: pdfium.PdfPage, settings: OcrSettings, file: Path) -> Prepared:
    """Render a page once, clean it and save it for Tesseract.

    Raises:
        pypdfium2.PdfiumError: the page cannot be rendered.
    """
    width_pt, height_pt = page.get_size()
    finest = int((_LARGEST_PAGE_PX / (width_pt * height_pt)) ** 0.5 * 72)
    dpi = max(1, min(_fitting_dpi(page, settings.dpi), finest))
    bitmap = page.render(scale=dpi / 72, grayscale=True)
    try:
        grey = np.array(bitmap.to_pil().convert("L"))
    finally:
        bitmap.close()
    return _prepared(grey, dpi, file)


def prepare_image(grey: GreyImage, dpi: int, usual_dpi: int, file: Path) -> Prepared:
    """Clean an image, enlarged to the usual resolution if it is coarser, and save it for Tesseract.

    One of more than twice that resolution is reduced: a page may be pasted at half its size, not smaller.
    """
    factor = min(max(1.0, usual_dpi / dpi), 2 * usual_dpi / dpi, (_LARGEST_PAGE_PX / grey.size) ** 0.5)
    if factor < 1:
        size = (round(grey.shape[1] * factor), round(grey.shape[0] * factor))
        grey, dpi = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8), round(dpi * factor)
    elif factor > 1:
        size = (round(grey.shape[1] * factor), round(grey.shape[0] * factor))
        grey, dpi = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC)), round(dpi * factor)
    return _prepared(grey, dpi, file)


def _prepared(grey: GreyImage, dpi: int, file: Path) -> Prepared:
    clean = clean_page(grey, dpi)
    return Prepared(clean, dpi, None if clean.is_blank else save_sheet(clean.grey, dpi, file))


def read_prepared(prepared: Sequence[Prepared], settings: OcrSettings) -> list[OcrPage | OcrError]:
    """Words in points of the upright, straightened page, for all pages in one call of Tesseract.

    What it passed over beside words of a row is shown to it once more, for all pages in one call, too.

    Raises:
        MissingToolError: Tesseract is not installed.
    """
    read = iter(recognise([p.sheet for p in prepared if p.sheet], settings))
    checked: list[_Read | OcrError] = []
    for page in prepared:
        words = next(read) if page.sheet else ()
        checked.append(words if isinstance(words, OcrError) else _checked(page, words, settings))
    sound = [p if isinstance(p, OcrError) else p.with_checked_words() for p in checked]
    found = iter(_second_look([p for p in sound if not isinstance(p, OcrError)], settings))
    return [p if isinstance(p, OcrError) else _ocr_page(p.clean, p.dpi, next(found)) for p in sound]


@dataclass(frozen=True, slots=True)
class _Read:
    """A page and its words, before the second look."""

    clean: CleanPage
    dpi: int
    sheet: Sheet | None
    words: tuple[Word, ...]

    def with_checked_words(self) -> "_Read":
        """The same words beside the print that they stand for."""
        return replace(self, words=checked_words(self.words, self.clean.grey, self.dpi))


def _checked(page: Prepared, words: tuple[Word, ...], settings: OcrSettings) -> _Read | OcrError:
    """Read once more, turned over, if the page reads badly and Tesseract says that it stands on its head."""
    mean = sum(w.confidence for w in words) / len(words) if words else 0.0
    doubtful = _DOUBTFUL_CONFIDENCE if page.clean.is_direction_sure else _DOUBTFUL_CONFIDENCE_UNSURE
    if page.sheet is None or mean >= doubtful:
        return _Read(page.clean, page.dpi, page.sheet, words)
    try:
        if not is_upside_down(page.sheet, settings):
            return _Read(page.clean, page.dpi, page.sheet, words)
    except OcrError as error:
        return error
    clean = turned_over(page.clean, page.dpi)
    again = recognise([save_sheet(clean.grey, page.dpi, page.sheet.file)], settings)[0]
    return again if isinstance(again, OcrError) else _Read(clean, page.dpi, page.sheet, again)


def _second_look(pages: Sequence[_Read], settings: OcrSettings) -> list[tuple[Word, ...]]:
    """The words of each page after a second look at what stands unread beside them."""
    pieces: list[list[Piece]] = []
    strips: list[tuple[GreyImage, int]] = []
    sheets: list[Sheet] = []
    for page in pages:
        own, strip = find_pieces(page.clean.grey, page.dpi, page.words)
        pieces.append(own)
        if strip is not None and page.sheet is not None:
            strips.append((strip, page.dpi))
            sheets.append(save_sheet(strip, page.dpi, page.sheet.file))
    read = zip(recognise(sheets, settings, are_strips=True) if sheets else (), strips, strict=True)
    found: list[tuple[Word, ...]] = []
    for page, own in zip(pages, pieces, strict=True):
        again: Sequence[Word] = ()
        if own:
            words, (strip, dpi) = next(read)
            again = () if isinstance(words, OcrError) else tidy_strip(words, strip, dpi)
        found.append(tuple(with_pieces(page.words, own, again, page.dpi)))
    return found


def _fitting_dpi(page: pdfium.PdfPage, usual: int) -> int:
    """Finer for small pages and coarser for large ones: their print is smaller and larger, too.

    A scan's own resolution does not matter: on coarse scans Tesseract loses decimal marks that it reads enlarged.
    """
    share = _USUAL_WIDTH_PT / float(min(page.get_size()))
    return round(usual * min(2.0, max(2 / 3, share)))


def _ocr_page(clean: CleanPage, dpi: int, words: tuple[Word, ...]) -> OcrPage:
    height, width = clean.grey.shape
    scale = 72.0 / dpi
    return OcrPage(
        width * scale,
        height * scale,
        words,
        clean.rulings,
        clean.pictures,
        dpi,
        clean.rotation_deg,
        clean.skew_deg,
    )
