"""The pages of one PDF, each by its text layer, by OCR, or by both: the decision, and its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium

from data_contracts.records import Box, PageReading, Word
from data_contracts.vocabulary import FailureReason, TextSource
from fractocurate.profile import Profile
from fractocurate.reports.figures import read_figures
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.layout import PageWords
from fractocurate.reports.lines import Ruling, group_lines
from fractocurate.reports.ocr import OcrPage, Prepared, prepare_image, prepare_page, read_prepared
from fractocurate.reports.pages import SMALLEST_TRUSTED_SCORE, TextLayer, read_text_layer
from fractocurate.reports.pictures import PagePicture, embedded_pictures
from fractocurate.reports.shared_words import shared_words
from fractocurate.reports.visible import look, n_unread_letters, seen_words, shows_print
from fractocurate.tesseract import OcrError, work_folder
from fractocurate.time_limit import restart_time_limit

_MOST_WAITING_PX = 32_000_000
"""Pixels of the pages that one call of Tesseract reads: some eight scans, and 32 MB of memory."""
_MOST_UNREAD_LETTERS = 60
_MOST_UNREAD_SHARE = 0.3
"""Of the characters of the text layer: print that no word stands for, beyond headings drawn as outlines."""
_MARGINAL_SHARE = 0.25
"""A layer with fewer words than this share of what OCR reads is a stamp on a scan."""
_STRAIGHT_DEG = 0.3
_A4_PT = (595.0, 842.0)
"""For pages that do not say their size, for they cannot be loaded."""
_FEWEST_WORDS = 3
_LEADING = 0.18


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A page that Tesseract has yet to read, wholly or in parts."""

    number: int
    size_pt: tuple[float, float]
    layer: TextLayer
    words: tuple[Word, ...]
    """Those of the text layer that are kept."""
    prepared: tuple[Prepared, ...]
    regions: tuple[PagePicture, ...]
    """Pictures of print, one for each prepared image; empty if the whole page is read."""
    pictures: tuple[PagePicture, ...]
    decision: str


class PageReader:
    """Reads the pages of a document in order; several scans share one call of Tesseract."""

    def __init__(self, profile: Profile, known_words: frozenset[str], folder: Path) -> None:
        self._profile = profile
        self._identifiers = Identifiers(profile)
        self._known_words = known_words
        self._folder = folder
        self._waiting: list[_Waiting] = []
        self._done: dict[int, PageWords] = {}
        self._n_files = 0
        self._texts: dict[str, str] = {}

    def read(self, document: pdfium.PdfDocument) -> list[PageWords]:
        """All pages; one that cannot be read says why and does not lose the others."""
        for index in range(len(document)):
            restart_time_limit()
            looked_at = self._look_at(document, index)
            if isinstance(looked_at, PageWords):
                self._done[index + 1] = looked_at
                continue
            self._waiting.append(looked_at)
            if sum(p.clean.grey.size for w in self._waiting for p in w.prepared) > _MOST_WAITING_PX:
                self._recognise()
        self._recognise()
        return [self._done[number] for number in sorted(self._done)]

    def _look_at(self, document: pdfium.PdfDocument, index: int) -> PageWords | _Waiting:
        try:
            page = document[index]
        except pdfium.PdfiumError as error:
            return _unread(index + 1, _A4_PT, f"{FailureReason.CORRUPT}: {error}")
        try:
            layer = read_text_layer(page, self._known_words)
            if layer.score < SMALLEST_TRUSTED_SCORE:
                reason = "no text layer" if not layer.words else "the text layer is hidden under a scan or unreadable"
                return self._scanned(index + 1, page, layer, (), reason)
            return self._layered(index + 1, page, layer)
        except pdfium.PdfiumError as error:
            return _unread(index + 1, page.get_size(), f"{FailureReason.CORRUPT}: {error}")
        finally:
            page.close()

    def _layered(self, number: int, page: pdfium.PdfPage, layer: TextLayer) -> PageWords | _Waiting:
        # In this order: PDFium keeps the decoded pictures of a page that it has rendered.
        pictures = embedded_pictures(page, layer.to_upright)
        shown, scale = look(page, layer.rotation_deg)
        words = seen_words(layer.words, shown, scale)
        n_unread = n_unread_letters(shown, scale, words, [p.box for p in pictures])
        if n_unread > max(_MOST_UNREAD_LETTERS, _MOST_UNREAD_SHARE * sum(len(w.text) for w in words)):
            del pictures  # before the page is rendered again, at reading size
            reason = f"the page shows some {n_unread} letters that its text layer lacks"
            return self._scanned(number, page, layer, tuple(words), reason)
        regions = [p for p in pictures if _is_region(p, words)]
        if not regions:
            dropped = len(layer.words) - len(words)
            reason = f"readable text layer; {dropped} invisible words left out" if dropped else "readable text layer"
            return self._page_words(number, layer, words, layer.rulings, pictures, reason)
        prepared = [prepare_image(p.grey, _dpi(p), self._profile.ocr.dpi, self._next_file()) for p in regions]
        others = tuple(p for p in pictures if p not in regions)
        reason = f"readable text layer; {len(regions)} picture(s) of print read by OCR"
        return _Waiting(number, page.get_size(), layer, tuple(words), tuple(prepared), tuple(regions), others, reason)

    def _scanned(
        self, number: int, page: pdfium.PdfPage, layer: TextLayer, words: tuple[Word, ...], reason: str
    ) -> _Waiting:
        prepared = prepare_page(page, self._profile.ocr, self._next_file())
        return _Waiting(number, page.get_size(), layer, words, (prepared,), (), (), reason)

    def _next_file(self) -> Path:
        self._n_files += 1
        return self._folder / f"{self._n_files}.bmp"

    def _recognise(self) -> None:
        """Hand everything that waits to Tesseract, and forget its images."""
        restart_time_limit()
        waiting, self._waiting = self._waiting, []
        results = iter(read_prepared([p for w in waiting for p in w.prepared], self._profile.ocr))
        for page in waiting:
            read = [next(results) for _ in page.prepared]
            self._done[page.number] = self._finished(page, read)
        for file in self._folder.iterdir():
            file.unlink()

    def _finished(self, page: _Waiting, read: Sequence[OcrPage | OcrError]) -> PageWords:
        errors = [r for r in read if isinstance(r, OcrError)]
        pages = [r for r in read if not isinstance(r, OcrError)]
        if errors and not page.regions:
            reason = FailureReason.TIMED_OUT if errors[0].timed_out else FailureReason.OCR_FAILED
            return _unread(page.number, page.size_pt, f"{reason}: {errors[0]}")
        if page.regions:
            return self._with_regions(page, pages, read)
        ocr = pages[0]
        beside = [w for w in ocr.words if not any(_overlap(w.box, kept.box) for kept in page.words)]
        is_straight = abs(ocr.skew_deg) < _STRAIGHT_DEG and ocr.rotation_deg == page.layer.rotation_deg
        if page.words and is_straight and len(page.words) > _MARGINAL_SHARE * len(beside):
            words = [*page.words, *beside]
            rulings = (*page.layer.rulings, *ocr.rulings)
            return self._page_words(page.number, page.layer, words, rulings, ocr.pictures, page.decision, ocr)
        return self._from_ocr(page, ocr)

    def _with_regions(self, page: _Waiting, pages: Sequence[OcrPage], read: Sequence[OcrPage | OcrError]) -> PageWords:
        words, rulings, pictures = list(page.words), list(page.layer.rulings), list(page.pictures)
        for picture, ocr in zip(page.regions, read, strict=True):
            if isinstance(ocr, OcrError) or ocr.rotation_deg or len(ocr.words) < _FEWEST_WORDS:
                pictures.append(picture)
                continue
            x, y = picture.box.left, picture.box.top
            words += [Word(w.text, _moved(_with_leading(w.box), x, y), w.confidence) for w in ocr.words]
            rulings += [Ruling(r.x0 + x, r.y0 + y, r.x1 + x, r.y1 + y) for r in ocr.rulings]
        if len(words) == len(page.words):
            return self._page_words(
                page.number, page.layer, words, rulings, pictures, "readable text layer; its pictures hold no print"
            )
        first = pages[0]
        return self._page_words(page.number, page.layer, words, rulings, pictures, page.decision, first)

    def _from_ocr(self, page: _Waiting, ocr: OcrPage) -> PageWords:
        reading = PageReading(
            page=page.number,
            width_pt=ocr.width_pt,
            height_pt=ocr.height_pt,
            text_source=TextSource.OCR if ocr.words else TextSource.BLANK,
            text_layer_score=page.layer.score,
            n_words=len(ocr.words),
            mean_confidence=_mean_confidence(ocr.words),
            dpi=ocr.dpi,
            rotation_deg=ocr.rotation_deg,
            skew_deg=ocr.skew_deg,
            text="\n".join(line.text for line in group_lines(ocr.words)),
            decision=page.decision,
        )
        figures = read_figures(ocr.pictures, group_lines(ocr.words), page.number, self._identifiers)
        return PageWords(reading, shared_words(ocr.words, self._texts), ocr.rulings, figures)

    def _page_words(
        self,
        number: int,
        layer: TextLayer,
        words: Sequence[Word],
        rulings: Sequence[Ruling],
        pictures: Sequence[PagePicture],
        decision: str,
        ocr: OcrPage | None = None,
    ) -> PageWords:
        lines = group_lines(words)
        reading = PageReading(
            page=number,
            width_pt=layer.width_pt,
            height_pt=layer.height_pt,
            text_source=TextSource.TEXT_LAYER if ocr is None else TextSource.MIXED,
            text_layer_score=layer.score,
            n_words=len(words),
            mean_confidence=_mean_confidence(words),
            dpi=None if ocr is None else ocr.dpi,
            rotation_deg=layer.rotation_deg,
            skew_deg=0.0,
            text="\n".join(line.text for line in lines),
            decision=decision,
        )
        figures = read_figures(pictures, lines, number, self._identifiers)
        return PageWords(reading, shared_words(words, self._texts), tuple(rulings), figures)


def read_pages(document: pdfium.PdfDocument, profile: Profile, known_words: frozenset[str]) -> list[PageWords]:
    """The words, rulings and figures of every page.

    Args:
        document: an open PDF.
        profile: the site's grammars and OCR settings.
        known_words: folded words of the site's vocabulary; they count as evidence of readable text.

    Raises:
        MissingToolError: Tesseract is needed and not installed.
    """
    with work_folder() as folder:
        return PageReader(profile, known_words, folder).read(document)


def _is_region(picture: PagePicture, words: Sequence[Word]) -> bool:
    """A picture of print that the text layer does not cover already."""
    inside = sum(_overlap(w.box, picture.box) for w in words)
    return inside < _FEWEST_WORDS and shows_print(picture.grey, _dpi(picture))


def _dpi(picture: PagePicture) -> int:
    return max(1, int(picture.grey.shape[1] * 72 / picture.box.width + 0.5))


def _mean_confidence(words: Sequence[Word]) -> float | None:
    return round(sum(w.confidence for w in words) / len(words), 4) if words else None


def _overlap(a: Box, b: Box) -> bool:
    """Whether the middle of the first lies in the second."""
    x, y = (a.left + a.right) / 2, (a.top + a.bottom) / 2
    return b.left <= x <= b.right and b.top <= y <= b.bottom


def _with_leading(box: Box) -> Box:
    """A box of ink as tall as its type, as text layers give boxes: white space is measured in heights."""
    return Box(box.left, box.top - _LEADING * box.height, box.right, box.bottom + _LEADING * box.height)


def _moved(box: Box, x: float, y: float) -> Box:
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)


def _unread(number: int, size_pt: tuple[float, float], problem: str) -> PageWords:
    reading = PageReading(
        page=number,
        width_pt=size_pt[0],
        height_pt=size_pt[1],
        text_source=TextSource.BLANK,
        text_layer_score=0.0,
        n_words=0,
        mean_confidence=None,
        dpi=None,
        rotation_deg=0,
        skew_deg=0.0,
        text="",
        problem=problem,
    )
    return PageWords(reading, (), ())
