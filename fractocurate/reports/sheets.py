"""Several images to Tesseract in one call: each start loads the language models anew and costs a tenth of a page."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytesseract
from PIL import Image

from data_contracts.errors import FractoError
from data_contracts.pixels import GreyImage
from data_contracts.records import Box, Word
from fractocurate.profile import OcrSettings
from fractocurate.reports.lines import without_debris
from fractocurate.tesseract import OcrError, one_call, words_of_table

_SPARSE_TEXT = 11
"""Page segmentation mode: find text wherever it is. The others merge neighbouring cells of several lines."""
_LINES = 6
"""Lines of text, one below the other: of a strip of crosses it reads all, where the mode for sparse text reads some."""
_PAGE_LEVEL = "1\t"


@dataclass(frozen=True, slots=True)
class Sheet:
    """An image that waits for Tesseract."""

    file: Path
    dpi: int


def save_sheet(grey: GreyImage, dpi: int, file: Path) -> Sheet:
    """Write an image for Tesseract: as BMP, for Leptonica reads a PGM byte by byte.

    Raises:
        FractoError: the folder for temporary files is full, or does not take it: so it will be for every page.
    """
    try:
        Image.fromarray(grey).save(file, dpi=(dpi, dpi))
    except OSError as error:
        what = f"cannot write a page for Tesseract to {file.parent}: {error.strerror or error}"
        raise FractoError(f"{what}; free some space there, or name another folder with TMPDIR") from error
    return Sheet(file, dpi)


def recognise(
    sheets: Sequence[Sheet], settings: OcrSettings, *, are_strips: bool = False
) -> list[tuple[Word, ...] | OcrError]:
    """Words of each sheet, in points, or why there are none; a sheet that fails or hangs does not lose the others.

    Args:
        sheets: to be read in one call.
        settings: languages and time limit.
        are_strips: they hold lines of pieces; all their words are given, debris too.
    """
    if len(sheets) > 1:
        with contextlib.suppress(OcrError):  # which sheet it was shows when each is read alone
            return [*_read(sheets, settings, are_strips=are_strips)]
    results: list[tuple[Word, ...] | OcrError] = []
    for sheet in sheets:
        try:
            results += _read([sheet], settings, are_strips=are_strips)
        except OcrError as error:
            results.append(error)
    return results


def is_upside_down(sheet: Sheet, settings: OcrSettings) -> bool:
    """Tesseract's own orientation detection; a page with too little text stays as it is.

    Raises:
        OcrError: it ran past the time limit.
    """
    try:
        said = _run(sheet.file, "osd", ("osd",), f"--psm 0 --dpi {sheet.dpi}", settings)
    except OcrError as error:
        if error.timed_out:
            raise
        return False
    lines = dict(line.split(": ", 1) for line in said.splitlines() if ": " in line)
    return lines.get("Rotate") == "180" and float(lines.get("Orientation confidence", 0)) > 0.5


def _read(sheets: Sequence[Sheet], settings: OcrSettings, *, are_strips: bool) -> list[tuple[Word, ...]]:
    config = f"--psm {_LINES if are_strips else _SPARSE_TEXT} -c tessedit_do_invert=0 -c tessedit_create_tsv=1"
    source = sheets[0].file
    if len(sheets) > 1:
        source = source.with_name("sheets.txt")
        source.write_text("".join(f"{sheet.file}\n" for sheet in sheets), "utf-8")
    words: list[list[Word]] = [[] for _ in sheets]
    table = _run(source, "tsv", settings.languages, config, settings)
    if not table.endswith("\n") or sum(row.startswith(_PAGE_LEVEL) for row in table.splitlines()) != len(sheets):
        raise OcrError("the result of Tesseract is cut short; the disk may be full", timed_out=False)
    for word in words_of_table(table.splitlines()):
        scale = 72.0 / sheets[word.page - 1].dpi
        left, top = word.left * scale, word.top * scale
        box = Box(left, top, left + word.width * scale, top + word.height * scale)
        words[word.page - 1].append(Word(word.text, box, word.confidence))
    return [tuple(w if are_strips else without_debris(w)) for w in words]


def _run(source: Path, extension: str, languages: tuple[str, ...], config: str, settings: OcrSettings) -> str:
    output = source.with_name("read")
    with one_call(languages, settings.timeout_s):
        pytesseract.pytesseract.run_tesseract(
            str(source), str(output), extension, "+".join(languages), config, timeout=settings.timeout_s
        )
    try:
        return Path(f"{output}.{extension}").read_text("utf-8")
    except FileNotFoundError as error:
        raise OcrError("Tesseract wrote no result", timed_out=False) from error
