"""Makes small reports with planted truth: text layers with reportlab, scans of them with pypdfium2 and Pillow."""

import io
from collections.abc import Callable, Sequence
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

from data_contracts.records import Box, Word
from fractocurate.profile import Profile, load_profile
from fractocurate.reports.lines import Line

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


@pytest.fixture
def lines_of() -> Callable[[str], list[Line]]:
    """Lines from a drawing in characters: each character 5 points wide, each line 12 points apart."""

    def make(drawing: str) -> list[Line]:
        lines = []
        for number, text in enumerate(drawing.strip("\n").split("\n")):
            words, start = [], None
            for position, character in enumerate(text + " "):
                if character != " " and start is None:
                    start = position
                elif character == " " and start is not None:
                    box = Box(50.0 + 5 * start, 100.0 + 12 * number, 50.0 + 5 * position, 110.0 + 12 * number)
                    words.append(Word(text[start:position], box, 1.0))
                    start = None
            if words:
                lines.append(Line(tuple(words)))
        return lines

    return make
