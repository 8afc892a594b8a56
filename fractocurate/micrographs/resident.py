"""Tesseract for data bars: a program that stays and is handed page after page, or one call where that cannot be had.

Starting Tesseract and loading its net takes twice as long as reading a data bar. It reads a list of pictures from its
standard input line by line (``stream_filelist``), so that one process serves all frames of a worker. What it prints is
made line-buffered by ``stdbuf`` of the GNU core utilities; where that is missing, each page is a call of its own.
"""

import atexit
import os
import select
import shutil
import subprocess
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

import pytesseract
from PIL import Image

from fractocurate.tesseract import TableWord, one_call, words_of_table, work_folder

SETTINGS = ("--oem", "1", "--psm", "11", "-c", "load_system_dawg=0", "-c", "load_freq_dawg=0")
"""LSTM net; sparse text in no order; no dictionary, because bars hold abbreviations and numbers."""
_END_PX = 24
"""Side of the blank page that is sent behind each page: its first row says that the page before it is done."""
_CHUNK_BYTES = 1 << 16


def read_page(page: Image.Image, languages: str, timeout_s: float) -> list[TableWord]:
    """All words of a page, dark on white.

    Raises:
        OcrError: Tesseract failed or took too long.
        MissingToolError: Tesseract or one of the languages is not installed.
    """
    resident = _resident(languages)
    if resident is not None:
        rows = resident.read(page, timeout_s)
        if rows is not None:
            return list(words_of_table(rows))
        _forget(resident)
    return list(words_of_table(_one_call(page, languages, timeout_s)))


class _Resident:
    """A running Tesseract of one worker process."""

    def __init__(self, command: str, languages: str) -> None:
        self.key = (os.getpid(), command, languages)
        self._at_close = ExitStack()
        folder = self._at_close.enter_context(work_folder())
        self._page, self._end = folder / "page.bmp", folder / "end.bmp"
        _save(Image.new("L", (_END_PX, _END_PX), 255), self._end)
        self._process = subprocess.Popen(  # noqa: S603 - our own arguments
            [
                str(shutil.which("stdbuf")),
                "-oL",
                command,
                "stdin",
                "stdout",
                "-l",
                languages,
                *SETTINGS,
                "-c",
                "stream_filelist=true",
                "tsv",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
        self._rest = b""

    def read(self, page: Image.Image, timeout_s: float) -> list[str] | None:
        """The rows of a page; None if the program ended or did not answer in time, and cannot be used any more."""
        if self._process.stdin is None or self._process.poll() is not None:
            return None
        _save(page, self._page)
        answered = False
        try:
            self._process.stdin.write(f"{self._page}\n{self._end}\n".encode())
            self._process.stdin.flush()
            rows = self._rows(time.monotonic() + timeout_s)
            answered = rows is not None
        except OSError:
            rows = None
        finally:
            if not answered:  # an item's own time limit may end the wait: a late answer must not go to the next page
                self.close()
        return rows

    def _rows(self, deadline: float) -> list[str] | None:
        rows: list[str] = []
        while True:
            while b"\n" in self._rest:
                line, self._rest = self._rest.split(b"\n", 1)
                row = line.decode("utf-8", errors="replace")
                # Level 1 is the page: number, then its width and height.
                cells = row.split("\t")
                if cells[0] == "1" and cells[8:10] == [str(_END_PX)] * 2:
                    return rows
                rows.append(row)
            left_s = deadline - time.monotonic()
            out = self._process.stdout
            if out is None or left_s <= 0 or not select.select([out], [], [], left_s)[0]:
                return None
            chunk = os.read(out.fileno(), _CHUNK_BYTES)
            if not chunk:
                return None
            self._rest += chunk

    def close(self) -> None:
        """End the program. It may be called twice."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._at_close.close()


_residents: list[_Resident] = []
_failures: Counter[tuple[int, str, str]] = Counter()
_MOST_FAILURES = 3
"""One that fails is started anew; one that fails again and again is not."""


def _resident(languages: str) -> _Resident | None:
    """The running Tesseract of this process; None where there can be none."""
    key = (os.getpid(), pytesseract.pytesseract.tesseract_cmd, languages)
    found = next((r for r in _residents if r.key == key), None)
    if found is not None or _failures[key] >= _MOST_FAILURES:
        return found
    if os.name != "posix" or shutil.which("stdbuf") is None or shutil.which(key[1]) is None:
        return None
    started = _Resident(key[1], languages)
    _residents.append(started)
    return started


def _forget(resident: _Resident) -> None:
    """Give up a program that failed: its page becomes a call of its own, which says what is wrong."""
    resident.close()
    _residents.remove(resident)
    _failures[resident.key] += 1


@atexit.register
def _close_all() -> None:
    for resident in _residents:
        if resident.key[0] == os.getpid():  # those of the parent are not ours
            resident.close()


def _save(page: Image.Image, file: Path) -> None:
    """As BMP, for Leptonica reads a PGM byte by byte; without a resolution, which Tesseract then estimates."""
    page.save(file, dpi=(0, 0))


def _one_call(page: Image.Image, languages: str, timeout_s: float) -> list[str]:
    with one_call(tuple(languages.split("+")), timeout_s):
        table: str = pytesseract.image_to_data(
            page,
            lang=languages,
            config=" ".join(SETTINGS),
            timeout=timeout_s,
            output_type=pytesseract.Output.STRING,
        )
    return table.splitlines()
