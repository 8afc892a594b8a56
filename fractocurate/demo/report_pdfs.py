"""Fracture reports as PDF: two languages, ruled tables or key/value pages, figures with captions, one scan."""

import io
from dataclasses import dataclass

import numpy as np
import pypdfium2
from PIL import Image
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus import Image as Figure

from fractocurate.demo.plan import Instance
from fractocurate.demo.wording import CAUSES, LABELS, SUB_TYPE_WORDS

SCAN_DPI = 200


@dataclass(frozen=True, slots=True)
class FigureContent:
    """One embedded frame."""

    pixels: np.ndarray
    instance: Instance
    magnification: int


@dataclass(frozen=True, slots=True)
class ReportContent:
    """What one report says."""

    number: str
    iso_date: str
    author: str
    language: str
    """``en`` or ``de``."""
    layout: str
    """``ruled`` or ``key_value``."""
    instances: tuple[Instance, ...]
    figures: tuple[FigureContent, ...] = ()
    supersedes: str = ""
    """Number of the report that this one replaces; empty for a first issue."""

    @property
    def printed_date(self) -> str:
        """The date in the manner of the language."""
        year, month, day = self.iso_date.split("-")
        return f"{day}.{month}.{year}" if self.language == "de" else self.iso_date


def printed_load(load_kn: float, language: str) -> str:
    """A fracture load as printed: decimal comma in German."""
    text = f"{load_kn:.1f}"
    return text.replace(".", ",") if language == "de" else text


def printed_row(instance: Instance, language: str) -> list[str]:
    """The cells of one instance, in the order of ``wording.LABELS[language]["columns"]``."""
    return [
        instance.foan,
        instance.serial_number,
        instance.tag,
        instance.component_id,
        printed_load(instance.fracture_load_kn, language),
        CAUSES[language][instance.defect_class],
        SUB_TYPE_WORDS[language][instance.sub_type],
    ]


def report_pdf(content: ReportContent, *, password: str = "") -> bytes:
    """A PDF with a text layer; with a password it cannot be opened without it."""
    buffer, words, styles = io.BytesIO(), LABELS[content.language], getSampleStyleSheet()
    encryption = StandardEncryption(password, ownerPassword=password + "-owner", strength=128) if password else None
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title=f"{words['title']} {content.number}",
        author=content.author,
        invariant=1,  # no time of creation in the file: the same content gives the same bytes
        encrypt=encryption,
    )
    story: list[Flowable] = [Paragraph(words["title"], styles["Title"])]
    if content.supersedes:
        story.append(Paragraph(words["revision"].format(number=content.supersedes), styles["Heading3"]))
    header = [
        [words["number"], content.number],
        [words["date"], content.printed_date],
        [words["author"], content.author],
        [words["laboratory"], words["laboratory_name"]],
    ]
    story += [Table(header, colWidths=[45 * mm, 100 * mm], hAlign="LEFT"), Spacer(1, 6 * mm)]
    story.append(Paragraph(words["intro"], styles["BodyText"]))
    story.append(Spacer(1, 5 * mm))
    story += _ruled(content) if content.layout == "ruled" else _key_value(content, styles["Heading3"])
    story.append(Spacer(1, 6 * mm))
    story += [Paragraph(words["conclusion"], styles["BodyText"]), Spacer(1, 4 * mm)]
    story += _figures(content, styles["BodyText"])
    document.build(story)
    return buffer.getvalue()


def _ruled(content: ReportContent) -> list[Flowable]:
    rows = [LABELS[content.language]["columns"], *(printed_row(i, content.language) for i in content.instances)]
    table = Table(rows, repeatRows=1, colWidths=[w * mm for w in (25, 23, 15, 23, 28, 35, 25)])
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.6, colors.black),
                ("BACKGROUND", (0, 0), (-1, 0), colors.Color(0.88, 0.88, 0.88)),
                ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 7.5),
                ("FONT", (0, 1), (-1, -1), "Helvetica", 8),
                ("LEFTPADDING", (0, 0), (-1, -1), 4),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ]
        )
    )
    return [table]


def _key_value(content: ReportContent, heading: ParagraphStyle) -> list[Flowable]:
    words, story = LABELS[content.language], []
    for instance in content.instances:
        story.append(Paragraph(words["fracture"].format(tag=instance.tag), heading))
        cells = zip(words["columns"], printed_row(instance, content.language), strict=True)
        pairs = Table([[f"{key}:", value] for key, value in cells], colWidths=[52 * mm, 90 * mm], hAlign="LEFT")
        pairs.setStyle(
            TableStyle([("FONT", (0, 0), (0, -1), "Helvetica-Bold", 10), ("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
        )
        story += [pairs, Spacer(1, 4 * mm)]
    return story


def _figures(content: ReportContent, style: ParagraphStyle) -> list[Flowable]:
    words, story = LABELS[content.language], []
    for number, figure in enumerate(content.figures, start=1):
        height_px, width_px = figure.pixels.shape
        caption = words["caption"].format(
            number=number,
            serial=figure.instance.serial_number,
            magnification=figure.magnification,
            foan=figure.instance.foan,
        )
        picture = Figure(
            io.BytesIO(_jpeg(Image.fromarray(figure.pixels))), width=90 * mm, height=90 * mm * height_px / width_px
        )
        picture.hAlign = "LEFT"
        story += [picture, Paragraph(caption, style), Spacer(1, 4 * mm)]
    return story


def scanned(pdf: bytes, seed: int) -> bytes:
    """The same report after a walk to the copier: pictures of its pages, slightly turned and noisy, without text."""
    rng = np.random.default_rng(seed)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    source = pypdfium2.PdfDocument(pdf)
    try:
        for page in source:
            image = page.render(scale=SCAN_DPI / 72).to_pil().convert("L")
            turned = image.rotate(float(rng.uniform(-0.8, 0.8)), Image.Resampling.BICUBIC, fillcolor=255)
            grey = np.asarray(turned, np.float32) * 0.9 + 16
            grey += rng.standard_normal(grey.shape, dtype=np.float32) * 6
            speckled = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
            canvas.drawImage(ImageReader(io.BytesIO(_jpeg(speckled, quality=70))), 0, 0, *A4)
            canvas.showPage()
    finally:
        source.close()
    canvas.save()
    return buffer.getvalue()


def _jpeg(image: Image.Image, quality: int = 85) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
