"""Draws sheets into a PDF: as text, as curves, in spoilt fonts, or as an invisible layer behind a scan."""

import io

import numpy as np
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from hard_reports.glyphs import outline, units_per_em
from hard_reports.sheet import Fill, Item, Line, Picture, Sheet, Text

INVISIBLE = 3


def jpeg(pixels: np.ndarray, quality: int = 85) -> bytes:
    """A picture as JPEG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def new_canvas(buffer: io.BytesIO, width: float, height: float) -> Canvas:
    """A PDF without a time of creation in it: the same content gives the same bytes."""
    return Canvas(buffer, pagesize=(width, height), invariant=1, pageCompression=1)


def turned_size(sheet: Sheet, turn: int) -> tuple[float, float]:
    """Size of the paper when the content is turned on it."""
    return (sheet.height, sheet.width) if turn % 180 else (sheet.width, sheet.height)


def turn_canvas(canvas: Canvas, sheet: Sheet, turn: int) -> None:
    """From here on, draw as on an upright page; it comes out turned clockwise by ``turn`` degrees."""
    if turn == 90:
        canvas.translate(0, sheet.width)
        canvas.rotate(-90)
    elif turn == 180:
        canvas.translate(sheet.width, sheet.height)
        canvas.rotate(180)
    elif turn == 270:
        canvas.translate(sheet.height, 0)
        canvas.rotate(90)


def paint(canvas: Canvas, sheet: Sheet, *, manner: str = "text", items: list[Item] | None = None) -> None:
    """Draw the items of a sheet; ``manner`` is ``text``, ``curves``, or the kind of a spoilt font."""
    for item in sheet.items if items is None else items:
        if isinstance(item, Text):
            _paint_text(canvas, sheet, item, manner)
        elif isinstance(item, Line):
            canvas.setStrokeColorRGB(*item.colour)
            canvas.setLineWidth(item.width)
            canvas.line(item.x1, sheet.height - item.y1, item.x2, sheet.height - item.y2)
        elif isinstance(item, Fill):
            left, top, right, bottom = item.box
            canvas.setFillColorRGB(*item.colour)
            canvas.rect(left, sheet.height - bottom, right - left, bottom - top, stroke=0, fill=1)
        else:
            _paint_picture(canvas, sheet, item)


def paint_hidden(canvas: Canvas, texts: list[tuple[Text, str]], height: float) -> None:
    """Invisible words over a scan, word by word as OCR programs write them."""
    for place, text in texts:
        if not text:
            continue
        layer = canvas.beginText(place.x, height - place.y)
        layer.setTextRenderMode(INVISIBLE)
        layer.setFont("Helvetica", place.size)
        layer.textOut(text)
        canvas.drawText(layer)


def _paint_text(canvas: Canvas, sheet: Sheet, item: Text, manner: str) -> None:
    canvas.setFillColorRGB(*item.colour)
    y = sheet.height - item.y
    if manner == "curves":
        _paint_curves(canvas, item, y)
        return
    font = item.font if manner == "text" else f"{item.font}-{manner}"
    canvas.setFont(font, item.size)
    canvas.drawString(item.x, y, item.words)


def _paint_curves(canvas: Canvas, item: Text, y: float) -> None:
    scale = item.size / units_per_em(item.font)
    path, x = canvas.beginPath(), item.x
    for character in item.words:
        for contour in outline(item.font, character):
            _trace(path, [(x + px * scale, y + py * scale, on) for px, py, on in contour])
        x += canvas.stringWidth(character, item.font, item.size)
    canvas.drawPath(path, stroke=0, fill=1, fillMode=1)


def _trace(path, points: list[tuple[float, float, bool]]) -> None:  # noqa: ANN001 - reportlab's path has no types
    """One closed contour; between two control points lies an implied point on the curve."""
    full: list[tuple[float, float, bool]] = []
    for k, (x, y, on) in enumerate(points):
        before = points[k - 1]
        if not on and not before[2]:
            full.append(((x + before[0]) / 2, (y + before[1]) / 2, True))
        full.append((x, y, on))
    first = next(k for k, p in enumerate(full) if p[2])
    full = full[first:] + full[: first + 1]
    path.moveTo(full[0][0], full[0][1])
    here, k = full[0], 1
    while k < len(full):
        if full[k][2]:
            path.lineTo(full[k][0], full[k][1])
            here, k = full[k], k + 1
        else:
            (cx, cy, _), end = full[k], full[k + 1]
            path.curveTo(
                here[0] + 2 / 3 * (cx - here[0]), here[1] + 2 / 3 * (cy - here[1]),
                end[0] + 2 / 3 * (cx - end[0]), end[1] + 2 / 3 * (cy - end[1]),
                end[0], end[1],
            )  # fmt: skip
            here, k = end, k + 2
    path.close()


def _paint_picture(canvas: Canvas, sheet: Sheet, item: Picture) -> None:
    left, top, right, bottom = item.box
    height_px, width_px = item.pixels.shape[:2]
    n_rows, n_columns = item.pieces
    ys = np.linspace(0, height_px, n_rows + 1).astype(int)
    xs = np.linspace(0, width_px, n_columns + 1).astype(int)
    for r in range(n_rows):
        for c in range(n_columns):
            piece = item.pixels[ys[r] : ys[r + 1], xs[c] : xs[c + 1]]
            x1, x2 = (left + (right - left) * x / width_px for x in (xs[c], xs[c + 1]))
            y1, y2 = (top + (bottom - top) * y / height_px for y in (ys[r], ys[r + 1]))
            draw_pixels(canvas, piece, (x1, sheet.height - y2, x2 - x1, y2 - y1), item.encoding)


def draw_pixels(
    canvas: Canvas, pixels: np.ndarray, place: tuple[float, float, float, float], encoding: str, quality: int = 85
) -> None:
    """A bitmap at left, bottom, width, height in the canvas' own coordinates."""
    if encoding == "jpeg":
        canvas.drawImage(ImageReader(io.BytesIO(jpeg(pixels, quality))), *place)
        return
    canvas.drawImage(ImageReader(Image.fromarray(pixels)), *place)
