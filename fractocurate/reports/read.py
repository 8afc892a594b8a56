"""The entry of this package: one PDF in, everything it says out. Pure but for reading the file; runs in workers."""

from collections.abc import Sequence
from pathlib import Path

import pypdfium2 as pdfium

from data_contracts.records import Failure, PageReading, ReportReading
from data_contracts.vocabulary import FailureReason, Stage, TextSource
from fractocurate.profile import Profile
from fractocurate.reports.interpret import PageWords, interpret
from fractocurate.reports.lines import group_lines
from fractocurate.reports.ocr import OcrError, read_page_by_ocr
from fractocurate.reports.pages import SMALLEST_TRUSTED_SCORE, TextLayer, read_text_layer
from fractocurate.reports.pdf import is_cut_short, opened, read_pdf_bytes
from fractocurate.reports.vocabulary import Vocabulary

_MOST_NAMED = 6


REPORTS_VERSION = 1
"""Raise it when this room reads something differently: every report is read anew at the next ingest."""


def read_report(path: Path, item: str, profile: Profile) -> ReportReading | Failure:
    """Read one report, page by page, by its text layer or by OCR.

    Args:
        path: the PDF.
        item: its path relative to the archive, for failures.
        profile: the site's grammars, vocabulary and OCR settings.

    Returns:
        What the report says; or why it says nothing: the file cannot be opened, no page could be read, no page has
        text, or no fracture instance was found (the detail then names the FOANs that were seen).

    Raises:
        MissingToolError: Tesseract is needed and not installed; ``ocr.require_tesseract`` finds out beforehand.
    """
    content = read_pdf_bytes(path, item)
    if isinstance(content, Failure):
        return content
    known_words = Vocabulary(profile).known_words
    with opened(content, item) as document:
        if isinstance(document, Failure):
            return document
        pages = [_read_page(document, index, profile, known_words) for index in range(len(document))]
    return _report(pages, item, profile, cut_short=is_cut_short(content))


def _report(pages: Sequence[PageWords], item: str, profile: Profile, *, cut_short: bool) -> ReportReading | Failure:
    if all(page.reading.problem for page in pages):
        return _unreadable(item, pages[0].reading.problem, cut_short=cut_short)
    if not any(page.words for page in pages):
        return Failure(item, Stage.REPORTS, FailureReason.NO_TEXT, f"no text on {len(pages)} page(s)")
    problems = ("the end of the file is missing: pages may be lost",) if cut_short else ()
    reading = interpret(pages, profile, problems)
    if not reading.instances:
        reason = FailureReason.TRUNCATED if cut_short else FailureReason.NO_INSTANCES
        return Failure(item, Stage.REPORTS, reason, _seen(reading))
    return reading


def _read_page(document: pdfium.PdfDocument, index: int, profile: Profile, known_words: frozenset[str]) -> PageWords:
    try:
        page = document[index]
    except pdfium.PdfiumError as error:
        return _unread(index + 1, (0.0, 0.0), f"{FailureReason.CORRUPT}: {error}")
    size = page.get_size()
    try:
        layer = read_text_layer(page, known_words)
        if layer.score >= SMALLEST_TRUSTED_SCORE:
            return _from_text_layer(index + 1, layer)
        return _from_ocr(index + 1, page, layer, profile)
    except pdfium.PdfiumError as error:
        return _unread(index + 1, size, f"{FailureReason.CORRUPT}: {error}")
    except OcrError as error:
        reason = FailureReason.TIMED_OUT if error.timed_out else FailureReason.OCR_FAILED
        return _unread(index + 1, size, f"{reason}: {error}")
    finally:
        page.close()


def _from_text_layer(number: int, layer: TextLayer) -> PageWords:
    reading = PageReading(
        page=number,
        width_pt=layer.width_pt,
        height_pt=layer.height_pt,
        text_source=TextSource.TEXT_LAYER,
        text_layer_score=layer.score,
        n_words=len(layer.words),
        mean_confidence=1.0,
        dpi=None,
        rotation_deg=layer.rotation_deg,
        skew_deg=0.0,
        text="\n".join(line.text for line in group_lines(layer.words)),
    )
    return PageWords(reading, layer.words, layer.rulings)


def _from_ocr(number: int, page: pdfium.PdfPage, layer: TextLayer, profile: Profile) -> PageWords:
    ocr = read_page_by_ocr(page, profile.ocr)
    n_words = len(ocr.words)
    reading = PageReading(
        page=number,
        width_pt=ocr.width_pt,
        height_pt=ocr.height_pt,
        text_source=TextSource.OCR if n_words else TextSource.BLANK,
        text_layer_score=layer.score,
        n_words=n_words,
        mean_confidence=round(sum(w.confidence for w in ocr.words) / n_words, 4) if n_words else None,
        dpi=ocr.dpi,
        rotation_deg=ocr.rotation_deg,
        skew_deg=ocr.skew_deg,
        text="\n".join(line.text for line in group_lines(ocr.words)),
    )
    return PageWords(reading, ocr.words, ocr.rulings)


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


def _unreadable(item: str, problem: str, *, cut_short: bool) -> Failure:
    name, _, detail = problem.partition(": ")
    reason = FailureReason(name) if name in set(FailureReason) else FailureReason.CORRUPT
    return Failure(item, Stage.REPORTS, FailureReason.TRUNCATED if cut_short else reason, detail or problem)


def _seen(reading: ReportReading) -> str:
    foans = list(dict.fromkeys(r.value for r in reading.readings if r.field == "foan" and r.value))
    if not foans:
        return "no fracture instance and no FOAN found"
    more = "" if len(foans) <= _MOST_NAMED else f" and {len(foans) - _MOST_NAMED} more"
    return f"no fracture instance found; FOANs seen: {', '.join(foans[:_MOST_NAMED])}{more}"
