"""Files that are broken, odd or oddly named, all in one archive: each is accounted for, and nothing else is lost."""

import io
import os
import stat
import struct
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas
from running import Outcome, Site, fracto, without_override

from data_contracts.catalog import Catalog
from data_contracts.validation import validate
from fractocurate.demo.odd_files import jpeg_cmyk, png_palette, png_rgba, tiff_16_bit, tiff_pages
from fractocurate.demo.plan import Instance, make_instances
from fractocurate.demo.report_pdfs import ReportContent, report_pdf

NFC, NFD = (unicodedata.normalize(form, "Prüffläche Größe") for form in ("NFC", "NFD"))
SIZE_PX = (160, 120)


def surface(seed: int) -> np.ndarray:
    """Something without data bar, so that no test waits for Tesseract."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(40, 215, (12, 16), dtype=np.uint8))
    return np.asarray(small.resize(SIZE_PX, Image.Resampling.BICUBIC))


def encoded(pixels: np.ndarray, file_format: str) -> bytes:
    """Bytes of an image file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, file_format)
    return buffer.getvalue()


def png_of_claimed_size(width_px: int, height_px: int) -> bytes:
    """A PNG of a few bytes whose header promises a giant."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(999))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


GOOD_IMAGES: dict[str, Callable[[str], bytes]] = {
    "{foan} {serial} 100x 01.tif": lambda _: tiff_16_bit(surface(1)),
    "{foan} {serial} 100x 02.png": lambda _: png_rgba(surface(2)),
    "{foan} {serial} 100x 03.jpg": lambda _: jpeg_cmyk(surface(3)),
    "{foan} {serial} 100x 04.png": lambda _: png_palette(surface(4)),
    "{foan} {serial} 100x 05.TIF": lambda _: tiff_pages(surface(5)),
    f"{NFC}/{{foan}} {{serial}} {NFC} 100x 06.png": lambda _: encoded(surface(6), "PNG"),
    f"{NFD}/{{foan}} {{serial}} {NFD} 100x 07.png": lambda _: encoded(surface(7), "PNG"),
    "a  b/ {foan} {serial}  100x 08 .png": lambda _: encoded(surface(8), "PNG"),
    "line\nend/{foan} {serial} 100x\n09.png": lambda _: encoded(surface(9), "PNG"),
    "[red]{foan} {serial} 100x 10[bold].png": lambda _: encoded(surface(10), "PNG"),
    "'; DROP TABLE files; -- {foan} {serial} 100x 11.png": lambda _: encoded(surface(11), "PNG"),
    "deep/er/and/deep/er/{foan} {serial} 100x 12.jpeg": lambda _: encoded(surface(12), "JPEG"),
    "mislabelled {foan} {serial} 100x 13.tif": lambda _: encoded(surface(13), "JPEG"),
}
"""Path below ``images`` (with a specimen's FOAN and serial number) -> bytes; all must be read and matched."""

BAD_IMAGES: dict[str, tuple[str, bytes]] = {
    "bad/cut.tif": ("truncated", encoded(surface(20), "TIFF")[:5000]),
    "bad/cut.jpg": ("truncated", encoded(surface(21), "JPEG")[:900]),
    "bad/cut.png": ("truncated", encoded(surface(22), "PNG")[:5000]),
    "bad/empty.tif": ("empty_file", b""),
    "bad/a report.tif": ("not_an_image", b"%PDF-1.4\n%%EOF\n"),
    "bad/a note.png": ("not_an_image", b"Dear colleague,\n"),
    "bad/nothing but zeros.jpg": ("not_an_image", bytes(2000)),
    "bad/bomb.png": ("decompression_bomb", png_of_claimed_size(60_000, 60_000)),
    "bad/line\nend.bmp": ("not_an_image", b"one line\nanother\n"),
    f"bad/{NFD}.gif": ("not_an_image", b"not a picture\n"),
}
"""Path -> reason and bytes."""


@dataclass(frozen=True)
class BadSite:
    """An archive of many broken files, and its ingest."""

    site: Site
    specimen: Instance
    outcome: Outcome
    failures: dict[tuple[str, str], tuple[str, str]]
    """(stage, item) -> reason and detail."""
    dataset: dict[str, dict[str, object]]


def write(path: Path, content: bytes) -> None:
    """Write a file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def plant_reports(folder: Path, specimen: Instance, other: Instance) -> None:
    """One good report and one of each broken kind."""
    content = ReportContent("LR1", "2024-05-06", "A. Author", "en", "ruled", (specimen,))
    good = report_pdf(content)
    write(folder / f"{NFD}\n/report.PDF", good)
    write(folder / "cut.pdf", report_pdf(ReportContent("LR2", "2024-05-06", "B", "en", "ruled", (other,)))[:900])
    write(folder / "locked.pdf", report_pdf(content, password="kiln"))  # noqa: S106 - the file is there to be locked
    write(folder / "empty.pdf", b"")
    write(folder / "a picture.pdf", encoded(surface(30), "PNG"))
    write(folder / "blank.pdf", blank_pdf())
    write(folder / "forbidden.pdf", good + b"\n")


def blank_pdf() -> bytes:
    """One page with nothing on it."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=1)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@pytest.fixture(scope="module")
def bad(small_site: Site, tmp_path_factory: pytest.TempPathFactory) -> BadSite:
    """Everything planted, ingested once by somebody who may not read everything."""
    site = Site(tmp_path_factory.mktemp("bad"))
    specimen, other = [i for i in make_instances(np.random.default_rng(3), 6) if i.n_siblings == 1][:2]
    site.profile.write_bytes(small_site.profile.read_bytes())
    plant_reports(site.reports, specimen, other)
    for name, make in GOOD_IMAGES.items():
        path = name.replace("{foan}", specimen.foan).replace("{serial}", specimen.serial_number)
        write(site.images / path, make(path))
    for name, (_, content) in BAD_IMAGES.items():
        write(site.images / name, content)
    write(site.images / "forbidden.png", encoded(surface(40), "PNG"))
    write(site.images / "locked room" / "hidden.png", encoded(surface(41), "PNG"))
    (site.images / "loop").symlink_to(".")
    (site.images / "deep/er/up").symlink_to("../..")
    (site.images / "round.png").symlink_to("round.png")
    (site.images / "nowhere.png").symlink_to("gone.png")
    os.mkfifo(site.images / "pipe.png")
    with (site.images / os.fsdecode(b"latin-\xfc.png")).open("wb") as stream:
        stream.write(encoded(surface(42), "PNG"))
    write(site.images / "Thumbs.db", b"other")
    write(site.images / "._shadow.png", b"macOS")
    forbidden = [site.images / "forbidden.png", site.reports / "forbidden.pdf", site.images / "locked room"]
    for path in forbidden:
        path.chmod(0)
    outcome = fracto(*site.ingest_arguments(), "--jobs", 2, "--json", before_start=without_override)
    for path in forbidden:
        path.chmod(stat.S_IRWXU)
    assert outcome.code == 6, outcome.err
    with Catalog.open_read_only(site.catalog) as catalog:
        assert not validate(catalog)
        dataset = {str(row["path"]): row for row in catalog.read("dataset").iter_rows(named=True)}
    failures = {(f["stage"], f["item"]): (f["reason"], f["detail"]) for f in outcome.figures["failures"]}
    return BadSite(site, specimen, outcome, failures, dataset)


@pytest.mark.parametrize("name", GOOD_IMAGES)
def test_odd_image_is_read_and_matched(bad: BadSite, name: str) -> None:
    """16 bit, RGBA, CMYK, palette, pages, a wrong suffix, and names that need care: all read, all linked."""
    path = name.replace("{foan}", bad.specimen.foan).replace("{serial}", bad.specimen.serial_number)
    row = bad.dataset[path]
    assert (row["width_px"], row["height_px"]) == SIZE_PX
    assert (row["status"], row["foan"], row["serial_number"]) == (
        "matched",
        bad.specimen.foan,
        bad.specimen.serial_number,
    )
    assert row["magnification"] == 100


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_broken_image_has_its_reason(bad: BadSite, name: str) -> None:
    """A failure row, a row of the dataset, and a line in the log say the same of a broken image."""
    reason = BAD_IMAGES[name][0]
    assert bad.failures["micrographs", name][0] == reason
    assert (bad.dataset[name]["status"], bad.dataset[name]["reason"]) == ("failed", reason)
    on_one_line = name.replace("\n", "\\n")
    assert f"{on_one_line}: {reason}" in bad.outcome.err


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("cut.pdf", "truncated"),
        ("locked.pdf", "encrypted"),
        ("empty.pdf", "empty_file"),
        ("a picture.pdf", "not_a_pdf"),
        ("blank.pdf", "no_text"),
        ("forbidden.pdf", "unreadable"),
    ],
)
def test_broken_report_has_its_reason(bad: BadSite, name: str, reason: str) -> None:
    """Truncated, encrypted, empty, mislabelled, blank and forbidden PDFs are told apart, with a detail to act on."""
    found, detail = bad.failures["reports", name]
    assert found == reason
    assert detail


@pytest.mark.parametrize(
    ("item", "detail"),
    [
        ("forbidden.png", "Permission denied"),
        ("locked room", "Permission denied"),
        ("round.png", "Too many levels of symbolic links"),
        ("nowhere.png", "No such file"),
        ("pipe.png", "a pipe"),
        ("latin-\\xfc.png", "not valid UTF-8"),
    ],
)
def test_what_cannot_be_opened_is_said(bad: BadSite, item: str, detail: str) -> None:
    """No permission, links that lead nowhere or to themselves, pipes, and names of no encoding: reason `unreadable`."""
    reason, said = bad.failures["micrographs", item]
    assert reason == "unreadable"
    assert detail in said


def test_nothing_else_fails_and_nothing_is_lost(bad: BadSite) -> None:
    """Exactly the planted failures; folders that links reach again are read once; foreign files are left alone."""
    assert len(bad.failures) == len(BAD_IMAGES) + 6 + 6
    images = [path for path in bad.dataset if not path.startswith("bad/") and path != "forbidden.png"]
    assert len(images) == len(GOOD_IMAGES)
    assert bad.dataset["forbidden.png"]["status"] == "failed"
    assert bad.outcome.figures["n_other_files"] == 1


def test_what_may_be_read_later_is_read_later(bad: BadSite) -> None:
    """Permissions granted: the next run reads exactly what it could not read before, and its table names the rest."""
    outcome = fracto(*bad.site.ingest_arguments(), "--jobs", 1, "--json")
    assert outcome.code == 6
    # The forbidden report has other bytes than the good one, and says the same.
    assert (outcome.figures["reports"]["n_done"], outcome.figures["micrographs"]["n_done"]) == (1, 2)
    left = {(f["stage"], f["item"]) for f in outcome.figures["failures"]}
    forbidden = {("micrographs", "forbidden.png"), ("micrographs", "locked room"), ("reports", "forbidden.pdf")}
    assert left == set(bad.failures) - forbidden
    shown = fracto(*bad.site.ingest_arguments(), "--jobs", 1, environment={"COLUMNS": "200"})
    assert shown.code == 6
    assert "line\\nend.bmp" in shown.out
    assert "Traceback" not in shown.err
