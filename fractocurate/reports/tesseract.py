"""Several images to Tesseract in one call: each start loads the language models anew and costs a tenth of a page."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytesseract
from PIL import Image

from data_contracts.errors import MissingToolError
from data_contracts.pixels import GreyImage
from data_contracts.records import Box, Word
from fractocurate.profile import OcrSettings
from fractocurate.reports.lines import without_debris

_SPARSE_TEXT = 11
"""Page segmentation mode: find text wherever it is. The others merge neighbouring cells of several lines."""
_PACKAGE_OF = {"eng": "tesseract-ocr", "osd": "tesseract-ocr-osd"}
_PLACE = "fracto-ocr"
_WORD_LEVEL = "5"


class OcrError(Exception):
    """Tesseract could not read a page; the message says why."""

    def __init__(self, message: str, *, timed_out: bool) -> None:
        super().__init__(message)
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class Sheet:
    """An image that waits for Tesseract."""

    file: Path
    dpi: int


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


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """A folder for what Tesseract reads and writes; folders of processes that were killed are removed."""
    place = Path(tempfile.gettempdir()) / f"{_PLACE}-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    place.mkdir(mode=0o700, exist_ok=True)
    for left_over in place.iterdir():
        owner = left_over.name.partition("-")[0]
        if owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(left_over, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=place) as folder:
        yield Path(folder)


def save_sheet(grey: GreyImage, dpi: int, file: Path) -> Sheet:
    """Write an image for Tesseract: as BMP, for Leptonica reads a PGM byte by byte."""
    Image.fromarray(grey).save(file, dpi=(dpi, dpi))
    return Sheet(file, dpi)


def recognise(sheets: Sequence[Sheet], settings: OcrSettings) -> list[tuple[Word, ...] | OcrError]:
    """Words of each sheet, in points, or why there are none; a sheet that fails or hangs does not lose the others."""
    if len(sheets) > 1:
        with contextlib.suppress(OcrError):  # which sheet it was shows when each is read alone
            return list(_read(sheets, settings))
    results: list[tuple[Word, ...] | OcrError] = []
    for sheet in sheets:
        try:
            results += _read([sheet], settings)
        except OcrError as error:
            results.append(error)
    return results


def is_upside_down(sheet: Sheet, settings: OcrSettings) -> bool:
    """Tesseract's own orientation detection; a page with too little text stays as it is.

    Raises:
        OcrError: it ran past the time limit.
    """
    try:
        said = _run(sheet.file, "osd", "osd", f"--psm 0 --dpi {sheet.dpi}", settings)
    except OcrError as error:
        if error.timed_out:
            raise
        return False
    lines = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    return lines.get("Rotate") == "180" and float(lines.get("Orientation confidence", 0)) > 0.5


def _read(sheets: Sequence[Sheet], settings: OcrSettings) -> list[tuple[Word, ...]]:
    config = f"--psm {_SPARSE_TEXT} -c tessedit_do_invert=0 -c tessedit_create_tsv=1"
    source = sheets[0].file
    if len(sheets) > 1:
        source = source.with_name("sheets.txt")
        source.write_text("".join(f"{sheet.file}\n" for sheet in sheets), "utf-8")
    words: list[list[Word]] = [[] for _ in sheets]
    for row in _run(source, "tsv", "+".join(settings.languages), config, settings).splitlines()[1:]:
        level, page, _block, _paragraph, _line, _word, *numbers, text = row.split("\t", 11)
        left, top, width, height, confidence = map(float, numbers)
        if level == _WORD_LEVEL and text.strip() and confidence >= 0:
            scale = 72.0 / sheets[int(page) - 1].dpi
            box = Box(left * scale, top * scale, (left + width) * scale, (top + height) * scale)
            words[int(page) - 1].append(Word(text.strip(), box, confidence / 100))
    return [tuple(without_debris(w)) for w in words]


def _run(source: Path, extension: str, languages: str, config: str, settings: OcrSettings) -> str:
    # Worker processes share the cores; a Tesseract that spreads over all of them slows the others down.
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")
    output = source.with_name("read")
    try:
        pytesseract.pytesseract.run_tesseract(
            str(source), str(output), extension, languages, config, timeout=settings.timeout_s
        )
        return Path(f"{output}.{extension}").read_text("utf-8")
    except pytesseract.TesseractNotFoundError as error:
        raise MissingToolError("Tesseract is not installed; sudo apt-get install tesseract-ocr") from error
    except pytesseract.TesseractError as error:
        raise OcrError(f"Tesseract: {error.message}", timed_out=False) from error
    except FileNotFoundError as error:
        raise OcrError("Tesseract wrote no result", timed_out=False) from error
    except RuntimeError as error:  # pytesseract's way to say that the time limit has passed
        raise OcrError(f"Tesseract ran longer than {settings.timeout_s:g} s", timed_out=True) from error


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
