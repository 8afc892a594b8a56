"""Makes small reports with planted truth: text layers with reportlab, scans of them with pypdfium2 and Pillow."""

import io
import itertools
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from data_contracts.records import Box, InstanceReading, PageReading, Word
from data_contracts.vocabulary import TextSource
from fractocurate.profile import Profile, load_profile
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.layout import PageWords
from fractocurate.reports.lines import Line, Ruling
from fractocurate.reports.occurrences import Witnesses
from fractocurate.reports.row_values import Reader, Source, build_instance
from fractocurate.reports.vocabulary import Vocabulary

sys.path.insert(0, str(Path(__file__).resolve().parent))

from rows_of_cells import TEXT, Build, cell

MakeReport = Callable[..., Path]


@pytest.fixture(scope="session")
def profile() -> Profile:
    """The default profile."""
    return load_profile(None)


@pytest.fixture(scope="session")
def other_site(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A site with another FOAN grammar, letters in its serial numbers, and words of its own."""
    path = tmp_path_factory.mktemp("profile") / "site.yaml"
    path.write_text(
        """
foan: {pattern: "BR/{year}/{number:5}", aliases: [BRU], labels: [Vorgang]}
serial_number: {pattern: "{letters:2}{number:6}", labels: [Teil-ID]}
vocabulary:
  columns:
    serial_number: [Teil-ID, body mark]
    defect_class: [verdict]
  defect_classes:
    material: [Fremdphase, foreign phase]
""",
        "utf-8",
    )
    return load_profile(path)


@pytest.fixture
def make_report(tmp_path: Path) -> MakeReport:
    """Write a PDF from texts, tables (lists of rows) and None (a new page)."""

    def make(
        *parts: str | Sequence[Sequence[str]] | Flowable | None,
        ruled: bool = True,
        widths: Sequence[float] | None = None,
        valign: str = "TOP",
        is_landscape: bool = False,
        name: str = "report.pdf",
    ) -> Path:
        body = getSampleStyleSheet()["BodyText"]
        body.fontSize, body.leading = 9, 11
        story: list[Flowable] = []
        for part in parts:
            if part is None:
                story.append(PageBreak())
            elif isinstance(part, Flowable):
                story.append(part)
            elif isinstance(part, str):
                title = getSampleStyleSheet()["Title"] if part.isupper() else body
                story += [Paragraph(part.replace("\n", "<br/>"), title), Spacer(1, 4)]
            else:
                story += [_table(part, body, widths, valign, ruled=ruled), Spacer(1, 12)]
        path = tmp_path / name
        size = landscape(A4) if is_landscape else A4
        SimpleDocTemplate(str(path), pagesize=size, leftMargin=50, rightMargin=50, topMargin=50).build(story)
        return path

    return make


def _table(
    rows: Sequence[Sequence[str]], style: object, widths: Sequence[float] | None, valign: str, *, ruled: bool
) -> Table:
    table = Table([[Paragraph(c, style) for c in row] for row in rows], colWidths=widths, hAlign="LEFT")
    commands = [("VALIGN", (0, 0), (-1, -1), valign)]
    if ruled:
        commands.append(("GRID", (0, 0), (-1, -1), 0.5, colors.black))
    table.setStyle(TableStyle(commands))
    return table


@pytest.fixture
def scan(tmp_path: Path) -> Callable[..., Path]:
    """Turn a PDF into a PDF of page images: rendered, turned, noisy, compressed; optionally with a text over it."""

    def make(
        source: Path,
        *,
        dpi: int = 200,
        skew_deg: float = 0.0,
        rotation_deg: int = 0,
        noise: float = 6.0,
        hidden_text: str = "",
    ) -> Path:
        target = tmp_path / f"scan-{source.name}"
        canvas = Canvas(str(target))
        document = pdfium.PdfDocument(source)
        rng = np.random.default_rng(7)
        for page in document:
            grey = page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
            grey = grey.rotate(skew_deg, resample=Image.Resampling.BICUBIC, fillcolor=255)
            grey = grey.rotate(rotation_deg, expand=True)
            pixels = np.asarray(grey, dtype=np.float64) * 0.92 + rng.normal(0, noise, (grey.height, grey.width))
            buffer = io.BytesIO()
            Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=70)
            width, height = grey.width * 72 / dpi, grey.height * 72 / dpi
            canvas.setPageSize((width, height))
            canvas.drawImage(ImageReader(buffer), 0, 0, width, height)
            if hidden_text:
                text = canvas.beginText(60, height - 100)
                text.setTextRenderMode(3)
                text.textLines(hidden_text)
                canvas.drawText(text)
            canvas.showPage()
        document.close()
        canvas.save()
        return target

    return make


@dataclass(frozen=True)
class Sketch:
    """A piece of a page drawn in characters: 5 points wide, 10 high, lines 12 points apart."""

    lines: list[Line]
    rulings: list[Ruling]


def _sketch(drawing: str) -> Sketch:
    """``|`` is a piece of a vertical ruling, ``--`` and ``+`` in a line of their own are a horizontal one."""
    lines, rulings = [], []
    columns: dict[int, list[int]] = {}
    for number, text in enumerate(drawing.strip("\n").split("\n")):
        top = 100.0 + 12 * number
        for position in (k for k, c in enumerate(text) if c in "|+"):
            columns.setdefault(position, []).append(number)
        if re.fullmatch(r"[\s|]*(?:\+|--)[-+|\s]*", text):
            runs = re.finditer(r"[-+]{2,}", text)
            rulings += [Ruling(52.5 + 5 * run.start(), top + 5, 47.5 + 5 * run.end(), top + 5) for run in runs]
            text = re.sub(r"[-+]", " ", text)  # noqa: PLW2901 (what is left are words)
        found = re.finditer(r"[^\s|]+", text)
        words = [Word(m[0], Box(50.0 + 5 * m.start(), top, 50.0 + 5 * m.end(), top + 10), 1.0) for m in found]
        if words:
            lines.append(Line(tuple(words)))
    for position, numbers in columns.items():
        x, start = 52.5 + 5 * position, numbers[0]
        for above, below in itertools.pairwise([*numbers, -1]):
            if below != above + 1:
                rulings.append(Ruling(x, 100.0 + 12 * start + 5, x, 100.0 + 12 * above + 5))
                start = below
    return Sketch(lines, rulings)


@pytest.fixture(scope="session")
def sketch() -> Callable[[str], Sketch]:
    """Lines and rulings from a drawing in characters."""
    return _sketch


@pytest.fixture(scope="session")
def lines_of() -> Callable[[str], list[Line]]:
    """Lines from a drawing in characters."""
    return lambda drawing: _sketch(drawing).lines


@pytest.fixture(scope="session")
def page_of() -> Callable[..., PageWords]:
    """A page, read, from a drawing in characters: by text layer, or by OCR with the given confidence of its words."""

    def make(drawing: str, number: int = 1, confidence: float | None = None) -> PageWords:
        drawn = _sketch(drawing)
        words = tuple(w for line in drawn.lines for w in line.words)
        if confidence is not None:
            words = tuple(Word(w.text, w.box, confidence) for w in words)
        reading = PageReading(
            page=number,
            width_pt=595.0,
            height_pt=842.0,
            text_source=TextSource.TEXT_LAYER if confidence is None else TextSource.OCR,
            text_layer_score=1.0 if confidence is None else 0.0,
            n_words=len(words),
            mean_confidence=1.0 if confidence is None else confidence,
            dpi=None if confidence is None else 300,
            rotation_deg=0,
            skew_deg=0.0,
            text="\n".join(line.text for line in drawn.lines),
        )
        return PageWords(reading, words, tuple(drawn.rulings))

    return make


@pytest.fixture(scope="session")
def reader(profile: Profile) -> Reader:
    """The default site's, with decimal points."""
    return Reader(Identifiers(profile), Vocabulary(profile), ".", Witnesses())


@pytest.fixture(scope="session")
def build(reader: Reader) -> Build:
    """The instance that some cells state, by their texts."""

    def build(
        cells: Mapping[str, str],
        source: Source = TEXT,
        unit: str = "kN",
        composites: Sequence[tuple[str, ...]] = (),
        confidence: Mapping[str, float] | None = None,
    ) -> InstanceReading | None:
        sure = confidence or {}
        words = {name: cell(text, sure.get(name, 1.0)) for name, text in cells.items()}
        return build_instance(words, unit, composites, reader, source)

    return build
