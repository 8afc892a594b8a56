"""Open a PDF and say precisely why it cannot be opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage

_HEADER_WINDOW_BYTES = 1024
"""Readers accept the header ``%PDF-`` anywhere in the first kilobyte (ISO 32000-1, annex H, note 13)."""
_TRAILER_WINDOW_BYTES = 4096


def read_pdf_bytes(path: Path, item: str) -> bytes | Failure:
    """The bytes of a file that at least begins like a PDF, or why it does not."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return _failure(item, FailureReason.VANISHED, "the file is no longer there")
    except OSError as error:
        return _failure(item, FailureReason.UNREADABLE, f"cannot be read: {error.strerror or error}")
    if not content:
        return _failure(item, FailureReason.EMPTY_FILE, "the file has no bytes")
    if b"%PDF-" not in content[:_HEADER_WINDOW_BYTES]:
        return _failure(item, FailureReason.NOT_A_PDF, "the first kilobyte has no %PDF- header")
    return content


def is_cut_short(content: bytes) -> bool:
    """Whether the end-of-file mark of a PDF is missing: a broken download or copy."""
    return b"%%EOF" not in content[-_TRAILER_WINDOW_BYTES:]


@contextmanager
def opened(content: bytes, item: str) -> Iterator[pdfium.PdfDocument | Failure]:
    """Yield the document, or why it cannot be opened; closes it at the end."""
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        yield _open_failure(error, content, item)
        return
    try:
        if len(document) == 0:
            yield _failure(item, FailureReason.CORRUPT, "the document has no pages")
        else:
            yield document
    finally:
        document.close()


def _open_failure(error: pdfium.PdfiumError, content: bytes, item: str) -> Failure:
    code = getattr(error, "err_code", None)
    if code in {pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY}:
        return _failure(item, FailureReason.ENCRYPTED, "needs a password; save a copy without one")
    if is_cut_short(content):
        return _failure(item, FailureReason.TRUNCATED, "the end of the file is missing; copy it again")
    return _failure(item, FailureReason.CORRUPT, f"PDFium: {error}")


def _failure(item: str, reason: FailureReason, detail: str) -> Failure:
    return Failure(item, Stage.REPORTS, reason, detail)
