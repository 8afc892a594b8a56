"""Tesseract, as the reports and the micrographs both use it: is it there, where its files lie, what its tables say."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytesseract
from PIL import Image

from data_contracts.errors import MissingToolError

_PACKAGE_OF = {"eng": "tesseract-ocr", "osd": "tesseract-ocr-osd"}
_LACKS_LANGUAGE = ("Failed loading language", "Error opening data file")
_NOT_LOADED = re.compile(r"Failed loading language '(?P<language>[^']+)'")
_FOLDER = re.compile(r"available languages in \"(?P<folder>[^\"]+)\"")
_BLANK_PX = 64
_LONGEST_CHECK_S = 20.0
_PLACE = "fracto-ocr"
_WORD_LEVEL = "5"
_N_CELLS = 12


class OcrError(Exception):
    """Tesseract could not read a page or a data bar; the message says why."""

    def __init__(self, message: str, *, timed_out: bool) -> None:
        super().__init__(message)
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class TableWord:
    """One word of Tesseract's table, in pixels of its page."""

    page: int
    """From 1, in a call for several."""
    text: str
    confidence: float
    """0 to 1."""
    left: int
    top: int
    width: int
    height: int


def words_of_table(rows: Iterable[str]) -> Iterator[TableWord]:
    """The words among the rows of a table: level, page, block, paragraph, line, word, box, confidence, text."""
    for row in rows:
        cells = row.split("\t", _N_CELLS - 1)
        if len(cells) < _N_CELLS or cells[0] != _WORD_LEVEL or not cells[-1].strip() or float(cells[10]) < 0:
            continue
        left, top, width, height = map(int, cells[6:10])
        yield TableWord(int(cells[1]), cells[-1].strip(), float(cells[10]) / 100, left, top, width, height)


def require_tesseract(languages: tuple[str, ...]) -> None:
    """Check, before any work starts, that Tesseract and the language packs are installed.

    Raises:
        MissingToolError: with the command that installs what is missing.
    """
    install = _how_to_install(languages)
    try:
        installed = set(pytesseract.get_languages(config=""))
    except (pytesseract.TesseractNotFoundError, OSError) as error:
        raise MissingToolError(f"Tesseract is not installed or not on the PATH; {install}") from error
    except pytesseract.TesseractError as error:
        raise MissingToolError(f"Tesseract does not start ({error.message}); {install}") from error
    if missing := [x for x in languages if x not in installed]:
        raise MissingToolError(f"Tesseract has no language pack for {', '.join(missing)}; {install}")
    _require_loading(languages)


def _require_loading(languages: tuple[str, ...]) -> None:
    """Check that Tesseract can load the languages as their files are now; asked again only when a file has changed.

    It passes over languages that are missing or damaged, says so on its standard error alone, and reads
    worse without any other sign.
    """
    command = pytesseract.pytesseract.tesseract_cmd
    folder = _language_folder(command, os.environ.get("TESSDATA_PREFIX", ""))
    if folder is not None:
        _load_once(command, languages, tuple(_state(folder / f"{language}.traineddata") for language in languages))


@lru_cache(maxsize=8)
def _language_folder(command: str, prefix: str) -> Path | None:  # noqa: ARG001 - the prefix moves the folder
    said = _said_by((command, "--list-langs"))
    match = _FOLDER.search(said)
    return Path(match["folder"]) if match else None


def _state(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=64)
def _load_once(command: str, languages: tuple[str, ...], states: tuple[object, ...]) -> None:  # noqa: ARG001 - a key
    with tempfile.TemporaryDirectory(prefix=_PLACE) as folder:
        file = Path(folder) / "blank.bmp"
        Image.new("L", (_BLANK_PX, _BLANK_PX), 255).save(file)
        said = _said_by((command, str(file), str(Path(folder) / "read"), "-l", "+".join(languages), "--psm", "6"))
    if lost := sorted({match["language"] for match in _NOT_LOADED.finditer(said)}):
        packages = " ".join(_PACKAGE_OF.get(x, f"tesseract-ocr-{x}") for x in lost)
        what = f"Tesseract lacks a language: it cannot load {', '.join(lost)}, whose file is missing or damaged"
        raise MissingToolError(f"{what}; install it anew with: sudo apt-get install --reinstall {packages}")


def _said_by(command: tuple[str, ...]) -> str:
    """All that a program prints; nothing if it does not start or hangs, which the first page's own call will tell."""
    try:
        done = subprocess.run(  # noqa: S603 - the command that reads pages, too
            command, capture_output=True, text=True, timeout=_LONGEST_CHECK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return f"{done.stdout}\n{done.stderr}"


@contextlib.contextmanager
def one_call(languages: tuple[str, ...], timeout_s: float) -> Iterator[None]:
    """Run pytesseract inside it: on one thread, for the workers are the parallelism; its errors become ours.

    Raises:
        OcrError: Tesseract failed or took too long.
        MissingToolError: Tesseract or one of the languages is not installed.
    """
    _require_loading(languages)
    before = os.environ.get("OMP_THREAD_LIMIT")
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        yield
    except pytesseract.TesseractNotFoundError as error:
        raise MissingToolError(f"Tesseract is not installed; {_how_to_install(languages)}") from error
    except pytesseract.TesseractError as error:
        if any(sign in str(error) for sign in _LACKS_LANGUAGE):
            lacks = f"Tesseract lacks a language of {'+'.join(languages)}"
            raise MissingToolError(f"{lacks}; {_how_to_install(languages)}") from error
        raise OcrError(f"Tesseract: {error.message}", timed_out=False) from error
    except RuntimeError as error:  # pytesseract's way to say that the time limit has passed
        raise OcrError(f"Tesseract ran longer than {timeout_s:g} s", timed_out=True) from error
    finally:
        if before is None:
            del os.environ["OMP_THREAD_LIMIT"]
        else:
            os.environ["OMP_THREAD_LIMIT"] = before


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


def _how_to_install(languages: tuple[str, ...]) -> str:
    packages = {"tesseract-ocr", *(_PACKAGE_OF.get(x, f"tesseract-ocr-{x}") for x in languages)}
    return f"install with: sudo apt-get install {' '.join(sorted(packages))}"


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
