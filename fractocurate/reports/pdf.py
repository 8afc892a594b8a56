"""Open a PDF and say precisely why it cannot be opened."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage

_HEADER_WINDOW_BYTES = 1024
"""Readers accept the header ``%PDF-`` anywhere in the first kilobyte (ISO 32000-1, annex H, note 13)."""
_TRAILER_WINDOW_BYTES = 4096


@dataclass(frozen=True, slots=True)
class PdfEnds:
    """The first kilobyte of a file and the last four: what tells whether it is a whole PDF."""

    first: bytes
    last: bytes

    @property
    def is_cut_short(self) -> bool:
        """Whether the end-of-file mark of a PDF is missing: a broken download or copy."""
        return b"%%EOF" not in self.last


def look_at_ends(path: Path, item: str) -> PdfEnds | Failure:
    """Both ends of a file that at least begins like a PDF, or why it does not."""
    try:
        with path.open("rb") as file:
            first = file.read(_HEADER_WINDOW_BYTES)
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TRAILER_WINDOW_BYTES))
            last = file.read()
    except FileNotFoundError:
        return _vanished(item)
    except OSError as error:
        return _failure(item, FailureReason.UNREADABLE, f"cannot be read: {error.strerror or error}")
    if not first:
        return _failure(item, FailureReason.EMPTY_FILE, "the file has no bytes")
    if b"%PDF-" not in first:
        return _failure(item, FailureReason.NOT_A_PDF, "the first kilobyte has no %PDF- header")
    return PdfEnds(first, last)


@contextmanager
def opened(path: Path, item: str, ends: PdfEnds) -> Iterator[pdfium.PdfDocument | Failure]:
    """Yield the document, or why it cannot be opened; closes it at the end.

    PDFium reads of the file what it needs: a report of hundreds of scans is not held in memory.
    """
    try:
        document = pdfium.PdfDocument(path)
    except FileNotFoundError:
        yield _vanished(item)
        return
    except pdfium.PdfiumError as error:
        yield _open_failure(error, ends, item)
        return
    try:
        if len(document) == 0:
            yield _failure(item, FailureReason.CORRUPT, "the document has no pages")
        else:
            yield document
    finally:
        document.close()


def _open_failure(error: pdfium.PdfiumError, ends: PdfEnds, item: str) -> Failure:
    code = getattr(error, "err_code", None)
    if code in {pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY}:
        return _failure(item, FailureReason.ENCRYPTED, "needs a password; save a copy without one")
    if ends.is_cut_short:
        return _failure(item, FailureReason.TRUNCATED, "the end of the file is missing; copy it again")
    return _failure(item, FailureReason.CORRUPT, f"PDFium: {error}")


def _vanished(item: str) -> Failure:
    return _failure(item, FailureReason.VANISHED, "the file is no longer there")


def _failure(item: str, reason: FailureReason, detail: str) -> Failure:
    return Failure(item, Stage.REPORTS, reason, detail)
