"""Tesseract: is it there, and what does it read on a page."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytesseract
from PIL import Image

from data_contracts.errors import MissingToolError
from data_contracts.records import Box, Word
from fractocurate.profile import OcrSettings
from fractocurate.reports.lines import Ruling, without_debris
from fractocurate.reports.scans import CleanPage, clean_page, turned_over

_LARGEST_PAGE_PX = 40_000_000
"""Larger pages (drawings) are rendered at a lower resolution: a worker stays under 500 MB."""
_DOUBTFUL_CONFIDENCE = 0.55
_DOUBTFUL_CONFIDENCE_UNSURE = 0.75
"""Mean word confidence below which a page may stand on its head; the second where its ascenders did not tell."""
_SPARSE_TEXT = 11
"""Page segmentation mode: find text wherever it is. The others merge neighbouring cells of several lines."""
_PACKAGE_OF = {"eng": "tesseract-ocr", "osd": "tesseract-ocr-osd"}


class OcrError(Exception):
    """Tesseract could not read a page; the message says why."""

    def __init__(self, message: str, *, timed_out: bool) -> None:
        super().__init__(message)
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class OcrPage:
    """What Tesseract read on a page."""

    width_pt: float
    height_pt: float
    words: tuple[Word, ...]
    rulings: tuple[Ruling, ...]
    dpi: int
    rotation_deg: int
    skew_deg: float
    is_blank: bool


def require_tesseract(languages: tuple[str, ...]) -> None:
    """Check, before any work starts, that Tesseract and the language packs are installed.

    Raises:
        MissingToolError: with the command that installs what is missing.
    """
    packages = " ".join(sorted({"tesseract-ocr", *(_PACKAGE_OF.get(x, f"tesseract-ocr-{x}") for x in languages)}))
    install = f"install with: sudo apt-get install {packages}"
    try:
        installed = set(pytesseract.get_languages(config=""))
    except (pytesseract.TesseractNotFoundError, OSError) as error:
        raise MissingToolError(f"Tesseract is not installed or not on the PATH; {install}") from error
    except pytesseract.TesseractError as error:
        raise MissingToolError(f"Tesseract does not start ({error.message}); {install}") from error
    if missing := [x for x in languages if x not in installed]:
        raise MissingToolError(f"Tesseract has no language pack for {', '.join(missing)}; {install}")


def read_page_by_ocr(page: pdfium.PdfPage, settings: OcrSettings) -> OcrPage:
    """Render a page once and read it: words in points of the upright, straightened page.

    Raises:
        OcrError: Tesseract failed or ran past the time limit.
        MissingToolError: Tesseract is not installed.
        pypdfium2.PdfiumError: the page cannot be rendered.
    """
    # Worker processes share the cores; a Tesseract that spreads over all of them slows the others down.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    width_pt, height_pt = page.get_size()
    dpi = min(settings.dpi, int((_LARGEST_PAGE_PX / (width_pt * height_pt)) ** 0.5 * 72))
    bitmap = page.render(scale=dpi / 72, grayscale=True)
    grey = np.array(bitmap.to_pil().convert("L"))
    bitmap.close()
    clean = clean_page(grey, dpi)
    if clean.is_blank:
        return _ocr_page(clean, dpi, ())
    with tempfile.TemporaryDirectory(prefix="fracto-ocr-") as folder:
        file = Path(folder) / "page.pgm"
        _save(clean, file)
        words = _recognise(file, dpi, settings)
        mean = sum(w.confidence for w in words) / len(words) if words else 0.0
        doubtful = _DOUBTFUL_CONFIDENCE if clean.is_direction_sure else _DOUBTFUL_CONFIDENCE_UNSURE
        if mean < doubtful and _is_upside_down(file, dpi, settings):
            clean = turned_over(clean, dpi)
            _save(clean, file)
            words = _recognise(file, dpi, settings)
    return _ocr_page(clean, dpi, words)


def _ocr_page(clean: CleanPage, dpi: int, words: tuple[Word, ...]) -> OcrPage:
    height, width = clean.grey.shape
    scale = 72.0 / dpi
    return OcrPage(
        width * scale,
        height * scale,
        words,
        clean.rulings,
        dpi,
        clean.rotation_deg,
        clean.skew_deg,
        is_blank=clean.is_blank,
    )


def _save(clean: CleanPage, file: Path) -> None:
    # Uncompressed: pytesseract would spend longer on a PNG than Tesseract on a short page.
    Image.fromarray(clean.grey).save(file)


def _recognise(file: Path, dpi: int, settings: OcrSettings) -> tuple[Word, ...]:
    try:
        data = pytesseract.image_to_data(
            str(file),
            lang="+".join(settings.languages),
            config=f"--psm {_SPARSE_TEXT} --dpi {dpi} -c tessedit_do_invert=0",
            timeout=settings.timeout_s,
            output_type=pytesseract.Output.DICT,
        )
    except pytesseract.TesseractNotFoundError as error:
        raise MissingToolError("Tesseract is not installed; sudo apt-get install tesseract-ocr") from error
    except pytesseract.TesseractError as error:
        raise OcrError(f"Tesseract: {error.message}", timed_out=False) from error
    except RuntimeError as error:  # pytesseract's way to say that the time limit has passed
        raise OcrError(f"Tesseract ran longer than {settings.timeout_s:g} s", timed_out=True) from error
    scale = 72.0 / dpi
    words = []
    for text, confidence, left, top, width, height in zip(
        data["text"], data["conf"], data["left"], data["top"], data["width"], data["height"], strict=True
    ):
        if str(text).strip() and float(confidence) >= 0:
            box = Box(left * scale, top * scale, (left + width) * scale, (top + height) * scale)
            words.append(Word(str(text).strip(), box, float(confidence) / 100))
    return tuple(without_debris(words))


def _is_upside_down(file: Path, dpi: int, settings: OcrSettings) -> bool:
    """Tesseract's own orientation detection; a page with too little text stays as it is."""
    try:
        osd = pytesseract.image_to_osd(
            str(file), config=f"--psm 0 --dpi {dpi}", timeout=settings.timeout_s, output_type=pytesseract.Output.DICT
        )
    except pytesseract.TesseractError:
        return False
    except RuntimeError as error:  # as above
        raise OcrError(f"Tesseract ran longer than {settings.timeout_s:g} s", timed_out=True) from error
    return bool(osd["rotate"] == 180 and osd["orientation_conf"] > 0.5)
