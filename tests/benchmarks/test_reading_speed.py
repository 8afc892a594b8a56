"""Speed and memory of reading report pages, as ratios within one run, printed as a table."""

import io
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytesseract
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

JOBS = 2
DPI = 250
LINE = "The fracture of part {0} began at the surface; Bruchlast {1},4 kN, FOAN-2021-{0:04d}, Ursprung im Werkstoff."
OCRMYPDF = os.environ.get("FRACTO_OCRMYPDF") or shutil.which("ocrmypdf")
# ru_maxrss would not do: it keeps the peak of the process that forked this one.
READ = r"""
import re, sys
from pathlib import Path
import pypdfium2 as pdfium
from fractocurate.profile import load_profile
from fractocurate.reports.page_words import read_pages
pages = read_pages(pdfium.PdfDocument(sys.argv[1]), load_profile(None), frozenset({"foan"}))
assert all(p.words for p in pages), [p.reading.problem for p in pages]
print(int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def _text(path: Path, n_pages: int, n_lines: int = 40) -> Path:
    """Pages of print, some sixteen words a line; every tenth is different."""
    canvas = Canvas(str(path), pagesize=(595, 842))
    for page in range(n_pages):
        canvas.setFont("Helvetica", 9)
        for line in range(n_lines):
            words = LINE.format(100 * (page % 10) + line, 3 * line).split()
            start = 5 * line % len(words)
            canvas.drawString(50, 790 - 18 * line, " ".join(words[start:] + words[:start]))
        canvas.showPage()
    canvas.save()
    return path


def _scans(path: Path, n_pages: int, n_lines: int = 40) -> Path:
    """Page images, a little askew and grainy; three different ones take turns."""
    document = pdfium.PdfDocument(_text(path.with_name("source.pdf"), 3, n_lines))
    rng = np.random.default_rng(2)
    images = []
    for page in document:
        grey = page.render(scale=DPI / 72, grayscale=True).to_pil().convert("L").rotate(0.5, fillcolor=255)
        pixels = np.asarray(grey) * 0.92 + rng.normal(0, 4, (grey.height, grey.width))
        buffer = io.BytesIO()
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=75)
        images.append(ImageReader(buffer))
    document.close()
    canvas = Canvas(str(path), pagesize=(595, 842))
    for number in range(n_pages):
        canvas.drawImage(images[number % 3], 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    return path


def _seconds(work: Callable[[], object]) -> float:
    """Processor time of this process and its children: unlike the clock's, it does not tell what else is running."""
    before = _processor_s()
    work()
    return _processor_s() - before


def _processor_s() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _fracto(path: Path) -> int:
    """Read a PDF in a process of its own; its peak memory in MB."""
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def _plain_loop(path: Path) -> None:
    document = pdfium.PdfDocument(path)
    for page in document:
        pytesseract.image_to_data(page.render(scale=300 / 72).to_pil(), lang="eng+deu")
    document.close()


def _show(capsys: pytest.CaptureFixture[str], title: str, rows: dict[str, str]) -> None:
    with capsys.disabled():
        print(f"\n{title}")  # noqa: T201 - the result of a benchmark
        for name, value in rows.items():
            print(f"  {name:<44} {value}")  # noqa: T201 - as above


@pytest.mark.parametrize("n_lines", [14, 40], ids=["report pages", "pages full of print"])
def test_scanned_pages_are_read_faster_than_by_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], n_lines: int
) -> None:
    """Same pages, same languages, as many processes; the plain loop has one, as it is commonly written."""
    n_pages = 16
    whole = _scans(tmp_path / "whole.pdf", n_pages, n_lines)
    halves = [_scans(tmp_path / f"half{k}.pdf", n_pages // JOBS, n_lines) for k in range(JOBS)]
    few = _scans(tmp_path / "few.pdf", 4, n_lines)

    def ours() -> None:
        with ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(_fracto, halves))

    own = n_pages / _seconds(ours)  # pages of one core
    plain = 4 / _seconds(lambda: _plain_loop(few))
    rows = {
        f"Fracto, {JOBS} jobs": f"{own:.2f} pages/s of one core",
        "plain pytesseract, 300 dpi": f"{own / plain:.2f} x the work",
    }
    ratio = float("inf")
    if OCRMYPDF is None:
        rows["ocrmypdf"] = "skipped: not on PATH, nor in FRACTO_OCRMYPDF"
    else:
        command = [OCRMYPDF, "--force-ocr", "--sidecar", str(tmp_path / "text.txt"), "-l", "eng+deu"]
        command += ["--jobs", str(JOBS), str(whole), str(tmp_path / "out.pdf")]
        ratio = own * _seconds(lambda: subprocess.run(command, check=True, capture_output=True)) / n_pages
        rows[f"ocrmypdf --force-ocr --sidecar, {JOBS} jobs"] = f"{ratio:.2f} x the work"
    _show(capsys, f"{n_pages} scanned pages of {n_lines} lines", rows)
    # Twice as fast as ocrmypdf is the aim. Most of the time is Tesseract's own in both, so little is asserted.
    assert own > 1.1 * plain
    assert ratio > 1.0


def test_memory_grows_by_the_words_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No page's picture is kept. More than eight scans, so that Tesseract is called more than once in each case."""
    peaks_mb = {
        "10 pages of text": _fracto(_text(tmp_path / "a.pdf", 10)),
        "500 pages of text": _fracto(_text(tmp_path / "b.pdf", 500)),
        "9 scans": _fracto(_scans(tmp_path / "c.pdf", 9)),
        "30 scans": _fracto(_scans(tmp_path / "d.pdf", 30)),
    }
    _show(capsys, "peak memory of a worker", {name: f"{peak} MB" for name, peak in peaks_mb.items()})
    assert max(peaks_mb.values()) < 500
    # A word, its box and its confidence are 180 bytes; a page of 640 words is 0.12 MB. Its picture would be 9.
    assert peaks_mb["500 pages of text"] - peaks_mb["10 pages of text"] < 490 * 0.16
    assert peaks_mb["30 scans"] < 1.25 * peaks_mb["9 scans"]


def test_text_pages_cost_a_small_part_of_a_scan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Words, rulings and the decision: no rendering at reading size and no Tesseract."""
    few, many = _text(tmp_path / "few.pdf", 10), _text(tmp_path / "many.pdf", 110)
    text_s = (_seconds(lambda: _fracto(many)) - _seconds(lambda: _fracto(few))) / 100
    scan_s = (
        _seconds(lambda: _fracto(_scans(tmp_path / "s8.pdf", 8)))
        - _seconds(lambda: _fracto(_scans(tmp_path / "s2.pdf", 2)))
    ) / 6
    _show(
        capsys, "one page, one core", {"text layer": f"{1 / text_s:.0f} pages/s", "scan": f"{1 / scan_s:.2f} pages/s"}
    )
    assert text_s < 0.1 * scan_s
