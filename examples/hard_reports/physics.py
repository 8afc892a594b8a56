"""How each page comes to be a page of the PDF: clean text, scan, hidden layers, spoilt fonts, turned, cropped."""

import io
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageFilter

from hard_reports.figures import Figure
from hard_reports.glyphs import GARBLED
from hard_reports.paint import Canvas, draw_pixels, new_canvas, paint, paint_hidden, turn_canvas, turned_size
from hard_reports.scan import Scan, draw_scan, rasterise, scanned
from hard_reports.sheet import Box, Item, Sheet, Text, width_of
from hard_reports.truth import FigureTruth, PageTruth

CARRIERS: dict[str, int] = {
    "clean": 6,
    "scan": 7,
    "scan_good_layer": 2,
    "scan_bad_layer": 2,
    "garbled_font": 2,
    "curves": 1,
    "cid_layer": 1,
    "mixed": 2,
    "background": 1,
    "alternating": 1,
}
HELD_OUT_CARRIERS: dict[str, int] = {
    "clean": 5,
    "scan": 9,
    "scan_good_layer": 1,
    "scan_bad_layer": 3,
    "garbled_font": 2,
    "curves": 1,
    "cid_layer": 1,
    "mixed": 2,
    "background": 1,
    "alternating": 1,
}
NEEDS_VERA = frozenset({"garbled_font", "curves", "cid_layer"})
_READ_BY = {
    "clean": "text_layer",
    "background": "text_layer",
    "scan": "ocr",
    "scan_good_layer": "either",
    "scan_bad_layer": "ocr",
    "garbled_font": "ocr",
    "curves": "ocr",
    "cid_layer": "ocr",
    "mixed": "mixed",
}
_CONFUSED = {
    "0": "O8", "1": "l7I", "2": "Z7", "3": "8", "4": "A9", "5": "S6", "6": "b8", "7": "1", "8": "B3", "9": "g4",
    "e": "co", "o": "0c", "l": "1i", "i": "l1", "a": "o", "n": "ri", "r": "n", "u": "ii", "s": "5", "t": "f", "ü": "ii",
    "ä": "a", "ö": "o", "h": "b", "m": "rn", "d": "cl", "g": "q", "c": "e", "F": "P", "B": "8", "S": "5", "A": "4",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the content lies on the page."""

    turn: int = 0
    """Clockwise, as a viewer shows it."""
    rotate_entry: int = 0
    scale: float = 1.0
    crop_pt: float = 0.0
    """Width of the paper that the CropBox hides on each side."""


def draw_carriers(rng: np.random.Generator, n: int, *, held_out: bool) -> list[str]:
    """What kind of paper each of ``n`` reports comes on: each kind in its share, in any order."""
    shares = HELD_OUT_CARRIERS if held_out else CARRIERS
    deck = [name for name, share in shares.items() for _ in range(share)]
    carriers: list[str] = []
    while len(carriers) < n:
        carriers += [str(name) for name in rng.permutation(deck)]
    return carriers[:n]


class Press:
    """Writes the pages of one report."""

    def __init__(self, rng: np.random.Generator, language: str) -> None:
        self.rng, self.language = rng, language
        self.buffer = io.BytesIO()
        self.canvas: Canvas | None = None
        self.pages: list[PageTruth] = []
        self.figures: list[FigureTruth] = []

    def report(self, sheets: list[Sheet], figures: list[Figure], carrier: str) -> bytes:
        """All pages; ``alternating`` mixes clean and scanned ones."""
        kind = str(self.rng.choice(GARBLED))
        geometry = _draw_geometry(self.rng, carrier)
        for number, sheet in enumerate(sheets, start=1):
            own = carrier
            if carrier == "alternating":
                own = ("clean", "scan")[(number + len(sheets)) % 2]
            if own == "mixed" and not sheet.table_boxes:
                own = "clean"
            page_geometry = replace(geometry, turn=sheet.sideways)
            if own.startswith("scan") and self.rng.random() < 0.22:
                page_geometry = replace(
                    page_geometry, turn=(sheet.sideways + int(self.rng.choice([90, 180, 270]))) % 360
                )
            self._page(sheet, number, own, kind, page_geometry, [f for f in figures if f.page == number])
        assert self.canvas is not None  # noqa: S101 - a report has pages
        self.canvas.save()
        return self.buffer.getvalue()

    def _page(
        self, sheet: Sheet, number: int, carrier: str, kind: str, geometry: Geometry, figures: list[Figure]
    ) -> None:
        on_paper = (geometry.turn - geometry.rotate_entry) % 360
        width, height = (geometry.scale * v for v in turned_size(sheet, on_paper))
        edge = geometry.crop_pt
        # reportlab exchanges the sides itself where /Rotate asks for it: it is given the size that a viewer shows.
        shown = (height, width) if geometry.rotate_entry % 180 else (width + 2 * edge, height + 2 * edge)
        if self.canvas is None:
            self.canvas = new_canvas(self.buffer, *shown)
        canvas = self.canvas
        canvas.setPageSize(shown)
        canvas.setPageRotation(geometry.rotate_entry)
        canvas.setCropBox((edge, edge, edge + width, edge + height) if edge else None)
        canvas.saveState()
        if edge:
            _outside_marks(canvas, edge, width, height)
            canvas.translate(edge, edge)
        canvas.scale(geometry.scale, geometry.scale)
        turn_canvas(canvas, sheet, on_paper)
        scan = self._content(canvas, sheet, carrier, kind)
        canvas.restoreState()
        canvas.showPage()
        self._note(sheet, number, carrier, kind, geometry, scan)
        for figure in figures:
            self.figures.append(_figure_truth(figure, sheet, geometry.scale, scan))

    def _content(self, canvas: Canvas, sheet: Sheet, carrier: str, kind: str) -> Scan | None:
        if carrier.startswith("scan"):
            return self._scan(canvas, sheet, carrier)
        if carrier == "garbled_font":
            paint(canvas, sheet, manner=kind)
        elif carrier == "curves":
            paint(canvas, sheet, manner="curves")
        elif carrier == "cid_layer":
            paint(canvas, sheet, manner="curves")
            texts = [(t, "".join(f"(cid:{ord(c) % 90 + 3})" for c in t.words)) for t in _texts(sheet)]
            paint_hidden(canvas, [(replace(t, size=t.size / 6), w) for t, w in texts], sheet.height)
        elif carrier == "mixed":
            self._mixed(canvas, sheet)
        elif carrier == "background":
            draw_pixels(canvas, _parchment(sheet, self.rng), (0, 0, sheet.width, sheet.height), "jpeg")
            paint(canvas, sheet)
        else:
            paint(canvas, sheet)
        return None

    def _scan(self, canvas: Canvas, sheet: Sheet, carrier: str) -> Scan:
        scan = draw_scan(sheet, self.rng, self.language)
        pixels = scanned(sheet, scan)
        quality = int(self.rng.integers(18, 32)) if "strong_jpeg" in scan.troubles else int(self.rng.integers(60, 88))
        encoding = "flate" if scan.mode == "bilevel" else "jpeg"
        draw_pixels(canvas, pixels, (0, 0, sheet.width, sheet.height), encoding, quality)
        if carrier != "scan":
            canvas.saveState()
            canvas.translate(sheet.width / 2, sheet.height / 2)
            canvas.rotate(-scan.skew_deg)
            canvas.translate(-sheet.width / 2, -sheet.height / 2)
            words = [w for t in _texts(sheet) for w in _words(t)]
            if carrier == "scan_good_layer":
                hidden = [(w, w.words) for w in words]
            else:
                hidden = [(w, misread(w.words, self.rng)) for w in words if self.rng.random() > 0.05]
            paint_hidden(canvas, hidden, sheet.height)
            canvas.restoreState()
        return scan

    def _mixed(self, canvas: Canvas, sheet: Sheet) -> None:
        """Prose as text; each table a picture, as pasted from another program."""
        inside: list[Item] = []
        for box in sheet.table_boxes:
            inside += [i for i in sheet.items if _within(i, box) and i not in inside]
        paint(canvas, sheet, items=[i for i in sheet.items if i not in inside])
        dpi = int(self.rng.choice([150, 200, 220]))
        for box in sheet.table_boxes:
            part = Sheet(sheet.width, sheet.height, [i for i in inside if _within(i, box)])
            image = rasterise(part, dpi, box=box)
            if self.rng.random() < 0.4:
                image = image.filter(ImageFilter.GaussianBlur(0.5))
            left, top, right, bottom = box
            pixels = (np.asarray(image, np.float32) * 0.92 + 14).astype(np.uint8)
            place = (left, sheet.height - bottom, right - left, bottom - top)
            draw_pixels(canvas, pixels, place, "jpeg" if self.rng.random() < 0.6 else "flate", 78)

    def _note(self, sheet: Sheet, number: int, carrier: str, kind: str, geometry: Geometry, scan: Scan | None) -> None:
        physics = [carrier if carrier != "garbled_font" else f"{kind}_font"]
        if geometry.rotate_entry:
            physics.append("rotate_entry")
        if geometry.crop_pt:
            physics.append("crop_box")
        if geometry.scale != 1.0:
            physics.append("huge_page" if geometry.scale > 1 else "tiny_page")
        if scan:
            physics += [scan.mode, *scan.troubles]
        if geometry.turn:
            physics.append("turned")
        self.pages.append(
            PageTruth(
                page=number,
                must_read_by=_READ_BY[carrier],
                physics=tuple(physics),
                rotation_deg=geometry.turn,
                skew_deg=scan.skew_deg if scan else 0.0,
                dpi=scan.dpi if scan else None,
                width_pt=round(sheet.width * geometry.scale, 1),
                height_pt=round(sheet.height * geometry.scale, 1),
            )
        )


def misread(word: str, rng: np.random.Generator) -> str:
    """A word as bad OCR writes it."""
    out = ""
    for character in word:
        chance = 0.2 if character.isdigit() else 0.11
        if character in _CONFUSED and rng.random() < chance:
            out += str(rng.choice(list(_CONFUSED[character]))) if character not in "umd" else _CONFUSED[character]
        elif rng.random() < 0.015:
            out += "|~.,'"[int(rng.integers(0, 5))]
        else:
            out += character
    return out


def _draw_geometry(rng: np.random.Generator, carrier: str) -> Geometry:
    draw = rng.random()
    if draw < 0.14:
        return Geometry(rotate_entry=int(rng.choice([90, 180, 270])))
    if draw < 0.22:
        return Geometry(crop_pt=float(rng.integers(20, 90)))
    if draw < 0.29:
        return Geometry(scale=float(rng.choice([1.41, 2.08, 2.78])))
    if draw < 0.34 and carrier in {"clean", "scan", "mixed"}:
        return Geometry(scale=float(rng.choice([0.5, 0.707])))
    return Geometry()


def _outside_marks(canvas: Canvas, edge: float, width: float, height: float) -> None:
    """Crop marks and a printer's note, on the part of the paper that nobody sees."""
    canvas.setLineWidth(0.4)
    for x in (edge, edge + width):
        canvas.line(x, 2, x, edge - 4)
        canvas.line(x, edge + height + 4, x, 2 * edge + height - 2)
    canvas.setFont("Helvetica", 6)
    canvas.drawString(edge + 20, edge / 2, "proof 2 - do not distribute")


def _texts(sheet: Sheet) -> list[Text]:
    return [i for i in sheet.items if isinstance(i, Text)]


def _words(text: Text) -> list[Text]:
    """The words of a line, each at its place."""
    words, x = [], text.x
    space = width_of(" ", text.font, text.size)
    for word in text.words.split(" "):
        if word:
            words.append(replace(text, x=x, words=word))
        x += width_of(word, text.font, text.size) + space
    return words


def _within(item: Item, box: Box) -> bool:
    """Whether the middle of an item lies in a box."""
    left, top, right, bottom = item.box
    x, y = (left + right) / 2, (top + bottom) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _parchment(sheet: Sheet, rng: np.random.Generator) -> np.ndarray:
    """A pale picture for the whole page."""
    tint = rng.uniform(0.93, 1.0, 3)
    coarse = (rng.uniform(232, 254, (14, 10, 1)) * tint).astype(np.uint8)
    size = (round(sheet.width), round(sheet.height))
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def _figure_truth(figure: Figure, sheet: Sheet, scale: float, scan: Scan | None) -> FigureTruth:
    left, top, right, bottom = figure.box
    if scan and scan.skew_deg:
        angle = np.radians(scan.skew_deg)
        x, y = (
            np.array([left, right, right, left]) - sheet.width / 2,
            np.array([top, top, bottom, bottom]) - sheet.height / 2,
        )
        turned_x, turned_y = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
        left, right = (float(v) + sheet.width / 2 for v in (turned_x.min(), turned_x.max()))
        top, bottom = (float(v) + sheet.height / 2 for v in (turned_y.min(), turned_y.max()))
    box = tuple(round(v * scale, 1) for v in (left, top, right, bottom))
    return FigureTruth(
        figure.page, (box[0], box[1], box[2], box[3]), figure.caption, figure.magnification, figure.foan,
        figure.serial_number, figure.has_data_bar,
    )  # fmt: skip
