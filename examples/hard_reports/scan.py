"""What a walk to the copier does to a page: a picture of it with up to four troubles, still readable."""

import io
from dataclasses import dataclass

import numpy as np
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from fractocurate.demo.data_bars import load_font
from hard_reports.paint import new_canvas, paint
from hard_reports.sheet import Box, Sheet, Text

TROUBLES: dict[str, float] = {
    "noise": 1.0,
    "speckle": 0.7,
    "blur": 0.6,
    "skew": 1.6,
    "uneven_light": 0.8,
    "tint": 0.6,
    "black_border": 0.6,
    "punch_holes": 0.6,
    "stamp": 1.0,
    "round_stamp": 0.5,
    "underline": 0.6,
    "tick_marks": 0.5,
    "fold": 0.5,
    "coffee_ring": 0.3,
    "faint_print": 0.5,
    "strong_jpeg": 0.6,
    "show_through": 0.5,
    "streak": 0.4,
}
"""Trouble -> how often it is drawn, relative to the others."""
STAMPS = {"en": ("RECEIVED 12 MAR 2021", "COPY", "CHECKED"), "de": ("EINGEGANGEN 12. März 2021", "KOPIE", "GEPRÜFT")}
_TILE_PX = 509


@dataclass(frozen=True, slots=True)
class Scan:
    """How one page is scanned."""

    dpi: int
    mode: str
    """``grey``, ``colour`` or ``bilevel``."""
    troubles: tuple[str, ...]
    skew_deg: float
    """Clockwise."""
    seed: int
    language: str


def smallest_text(sheet: Sheet) -> float:
    """Size of the smallest text that is not header or footer, in points."""
    inner = [i.size for i in sheet.items if isinstance(i, Text) and 40 < i.y < sheet.height - 30]
    return min(inner, default=10.0)


def draw_scan(sheet: Sheet, rng: np.random.Generator, language: str, *, least: int = 0, gentle: bool = False) -> Scan:
    """Draw resolution, mode and 0 to 4 troubles; small print gets a better scanner, as people give it."""
    small = smallest_text(sheet)
    floor_dpi = max(least, 200 if small < 7.6 else 150 if small < 8.6 else 130)
    dpi = max(
        floor_dpi,
        int(rng.choice([130, 150, 150, 200, 200, 200, 240, 300], p=[0.18, 0.15, 0.15, 0.15, 0.15, 0.08, 0.08, 0.06])),
    )
    mode = str(rng.choice(["grey", "grey", "colour", "bilevel"]))
    if mode == "bilevel" and dpi < (240 if small < 8.6 else 200):
        mode = "grey"
    n_troubles = int(rng.integers(0, 2 if gentle else 5))
    if small < 7.6:
        n_troubles = min(2, n_troubles)
    names, weights = list(TROUBLES), np.array(list(TROUBLES.values()))
    chosen = [str(n) for n in rng.choice(names, size=n_troubles, replace=False, p=weights / weights.sum())]
    if mode == "bilevel":  # grey troubles vanish or grow into blots when a page is thresholded
        chosen = [
            c
            for c in chosen
            if c not in {"noise", "tint", "coffee_ring", "strong_jpeg", "faint_print", "blur", "uneven_light"}
        ]
    if dpi < 200:  # what is coarse already must not be blurred or ground down as well
        chosen = [c for c in chosen if c not in {"blur", "strong_jpeg"}]
    if "strong_jpeg" in chosen and "blur" in chosen:
        chosen.remove("blur")
    if "faint_print" in chosen and "noise" in chosen:
        chosen.remove("noise")
    skew = 0.0
    if "skew" in chosen:
        skew = round(float(rng.uniform(0.4, 3.0) * rng.choice([-1, 1])), 2)
    return Scan(dpi, mode, tuple(chosen), skew, int(rng.integers(1, 2**31)), language)


def rasterise(sheet: Sheet, dpi: float, *, colour: bool = False, box: Box | None = None) -> Image.Image:
    """A clean picture of a page, or of a part of it."""
    buffer = io.BytesIO()
    canvas = new_canvas(buffer, sheet.width, sheet.height)
    paint(canvas, sheet)
    canvas.showPage()
    canvas.save()
    document = pypdfium2.PdfDocument(buffer.getvalue())
    try:
        crop = (0, 0, 0, 0)
        if box:
            left, top, right, bottom = box
            crop = (left, sheet.height - bottom, sheet.width - right, top)
        image = document[0].render(scale=dpi / 72, grayscale=not colour, crop=crop).to_pil()
    finally:
        document.close()
    return image.convert("RGB" if colour else "L")


def scanned(sheet: Sheet, scan: Scan) -> np.ndarray:
    """The page as the scanner saw it, content upright; uint8, grey or RGB."""
    rng = np.random.default_rng(scan.seed)
    colour = scan.mode == "colour"
    image = rasterise(sheet, scan.dpi, colour=colour)
    pixel_per_pt = scan.dpi / 72
    image = _marks(image, sheet, scan, rng, pixel_per_pt)
    paper = (246, 243, 234) if colour else 244
    if scan.skew_deg:
        image = image.rotate(-scan.skew_deg, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255) if colour else 255)
    if "blur" in scan.troubles:
        image = image.filter(ImageFilter.GaussianBlur(0.55 * scan.dpi / 150))
    pixels = np.asarray(image, np.float32)
    pixels = _light(pixels, scan, rng, paper)
    pixels = _grain(pixels, scan, rng)
    if "black_border" in scan.troubles:
        pixels = _border(pixels, rng)
    if scan.mode == "bilevel":
        return np.where(pixels > float(rng.uniform(125, 195)), 255, 0).astype(np.uint8)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _light(pixels: np.ndarray, scan: Scan, rng: np.random.Generator, paper: object) -> np.ndarray:
    """Ink and paper, and light that falls off towards one side."""
    ink = 95.0 if "faint_print" in scan.troubles else float(rng.uniform(12, 40))
    white = np.asarray(paper, np.float32)
    if "tint" in scan.troubles:
        white = white * (np.array([0.95, 0.9, 0.78], np.float32) if pixels.ndim == 3 else np.float32(0.84))
    out = ink + pixels * ((white - ink) / 255)
    if "uneven_light" in scan.troubles:
        height, width = pixels.shape[:2]
        angle = rng.uniform(0, 2 * np.pi)
        across = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :] * np.cos(angle)
        down = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None] * np.sin(angle)
        fall = (0.82 + 0.34 * (across + down)).astype(np.float32)
        out = out * (fall[..., None] if out.ndim == 3 else fall)
    return out


def _grain(pixels: np.ndarray, scan: Scan, rng: np.random.Generator) -> np.ndarray:
    """Noise of the sensor, from one tile laid over the page, and specks of dust."""
    height, width = pixels.shape[:2]
    sigma = float(rng.uniform(10, 21)) if "noise" in scan.troubles else 2.5
    if scan.mode != "bilevel":
        tile = rng.standard_normal((_TILE_PX, _TILE_PX), dtype=np.float32) * sigma
        grain = np.tile(tile, (height // _TILE_PX + 1, width // _TILE_PX + 1))[:height, :width]
        pixels = pixels + (grain[..., None] if pixels.ndim == 3 else grain)
    if "speckle" in scan.troubles:
        n_specks = int(height * width * float(rng.uniform(0.5e-4, 2.4e-4)))
        ys, xs = rng.integers(0, height - 2, n_specks), rng.integers(0, width - 2, n_specks)
        dark = rng.uniform(0, 120, n_specks).astype(np.float32)
        value = dark[:, None] if pixels.ndim == 3 else dark
        pixels[ys, xs] = value
        wide = rng.random(n_specks) < 0.4
        pixels[ys[wide], xs[wide] + 1] = value[wide]
        pixels[ys[wide] + 1, xs[wide]] = value[wide]
    return pixels


def _border(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The dark lid beside the paper, on one or two sides; never as far as the text."""
    height, width = pixels.shape[:2]
    for side in rng.choice(4, size=int(rng.integers(1, 3)), replace=False):
        reach = int(float(rng.uniform(0.008, 0.024)) * width)
        strip = {0: np.s_[:reach], 1: np.s_[height - reach :], 2: np.s_[:, :reach], 3: np.s_[:, width - reach :]}[
            int(side)
        ]
        pixels[strip] = rng.uniform(8, 40)
    return pixels


def _marks(image: Image.Image, sheet: Sheet, scan: Scan, rng: np.random.Generator, scale: float) -> Image.Image:
    """Everything that lies on the paper itself."""
    if "show_through" in scan.troubles:
        image = _show_through(image, float(rng.uniform(0.05, 0.11)))
    draw = ImageDraw.Draw(image)
    if "streak" in scan.troubles:
        x = float(rng.uniform(0.1, 0.9)) * image.width
        draw.line((x, 0, x, image.height), fill=_pen(image, (120, 120, 125), 120), width=1)
    if "fold" in scan.troubles:
        _fold(image, rng)
    if "underline" in scan.troubles:
        _underline(draw, sheet, rng, scale, _pen(image, (30, 50, 160), 70))
    if "tick_marks" in scan.troubles:
        _ticks(draw, sheet, rng, scale, _pen(image, (180, 30, 30), 90))
    if "stamp" in scan.troubles or "round_stamp" in scan.troubles:
        _stamp(image, sheet, scan, rng, scale)
    if "coffee_ring" in scan.troubles:
        _coffee(image, rng, scale)
    if "punch_holes" in scan.troubles:
        radius, x = 8.2 * scale, float(rng.uniform(20, 27)) * scale
        for side in (-1, 1):
            y = image.height / 2 + side * 113 * scale
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_pen(image, (40, 40, 40), 40))
    return image


def _show_through(image: Image.Image, strength: float) -> Image.Image:
    """The print of the sheet's other side, faint and mirrored."""
    back = np.asarray(ImageOps.mirror(image).filter(ImageFilter.GaussianBlur(1.2)), np.float32)
    return Image.fromarray((np.asarray(image, np.float32) * (1 - strength * (255 - back) / 255)).astype(np.uint8))


def _pen(image: Image.Image, colour: tuple[int, int, int], grey: int) -> tuple[int, int, int] | int:
    return colour if image.mode == "RGB" else grey


def _fold(image: Image.Image, rng: np.random.Generator) -> None:
    """A light crease with a shaded flank, across the page."""
    y = int(image.height * float(rng.choice([1 / 3, 1 / 2, 2 / 3])) + rng.uniform(-15, 15))
    pixels = np.asarray(image, np.float32)
    rows = np.arange(image.height, dtype=np.float32)
    shade = 1 - 0.22 * np.exp(-np.abs(rows - y) / 6) - 0.05 * (rows > y) * np.exp(-(rows - y) / (0.1 * image.height))
    shade = shade.reshape(-1, *([1] * (pixels.ndim - 1)))
    image.paste(Image.fromarray((pixels * shade).clip(0, 255).astype(np.uint8)))


def _underline(draw: ImageDraw.ImageDraw, sheet: Sheet, rng: np.random.Generator, scale: float, pen: object) -> None:
    """Two lines of text underlined by hand, just below the letters."""
    texts = [i for i in sheet.items if isinstance(i, Text) and len(i.words) > 4 and i.size >= 8]
    for k in rng.choice(len(texts), size=min(2, len(texts)), replace=False) if texts else ():
        left, _, right, bottom = texts[int(k)].box
        xs = np.linspace(left - 2, right + 3, 14)
        ys = bottom + 1.2 + np.cumsum(rng.normal(0, 0.18, 14))
        draw.line(
            [(x * scale, y * scale) for x, y in zip(xs, ys, strict=True)], fill=pen, width=max(1, round(0.8 * scale))
        )


def _ticks(draw: ImageDraw.ImageDraw, sheet: Sheet, rng: np.random.Generator, scale: float, pen: object) -> None:
    """Check marks in the right margin."""
    for y in rng.uniform(0.2, 0.8, int(rng.integers(2, 6))) * sheet.height:
        x = sheet.width - float(rng.uniform(16, 30))
        points = [(x, y), (x + 4, y + 5), (x + 12, y - 9)]
        draw.line([(a * scale, b * scale) for a, b in points], fill=pen, width=max(1, round(1.1 * scale)))


def _stamp(image: Image.Image, sheet: Sheet, scan: Scan, rng: np.random.Generator, scale: float) -> None:
    """A rubber stamp, somewhat turned. Over words only in a light colour through which they can be read."""
    is_round = "round_stamp" in scan.troubles
    words = str(rng.choice(STAMPS[scan.language]))
    text_px = round(float(rng.uniform(11, 15)) * scale)
    font = load_font(text_px, bold=True)
    wide = round(font.getlength(words)) + round(16 * scale)
    size = (round(92 * scale), round(92 * scale)) if is_round else (wide, round(2.1 * text_px))
    mask = Image.new("L", size, 0)
    draw = ImageDraw.Draw(mask)
    line = max(2, round(1.4 * scale))
    if is_round:
        draw.ellipse((2, 2, size[0] - 3, size[1] - 3), outline=255, width=line)
        draw.ellipse(
            (size[0] * 0.15, size[1] * 0.15, size[0] * 0.85, size[1] * 0.85), outline=255, width=max(1, line // 2)
        )
        draw.text((size[0] / 2, size[1] / 2), "LAB 7", fill=255, font=font, anchor="mm")
    else:
        draw.rectangle((2, 2, size[0] - 3, size[1] - 3), outline=255, width=line)
        draw.text((size[0] / 2, size[1] / 2), words, fill=255, font=font, anchor="mm")
    mask = mask.rotate(float(rng.uniform(-14, 14)), Image.Resampling.BICUBIC, expand=True)
    left, top, covers = _stamp_place(
        sheet, (mask.width / scale, mask.height / scale), rng, may_cover=scan.mode == "colour"
    )
    strength = 0.3 if covers else 0.75
    ink = ((180, 40, 50), (30, 60, 160), (20, 110, 70))[int(rng.integers(0, 3))]
    layer = Image.new(image.mode, mask.size, _pen(image, ink, 110))
    at = (round(left * scale), round(top * scale))
    under = image.crop((*at, at[0] + mask.width, at[1] + mask.height))
    # Ink on paper takes light away: the darker of both is seen.
    darker = Image.fromarray(np.minimum(np.asarray(under), np.asarray(Image.composite(layer, under, mask))))
    image.paste(Image.blend(under, darker, strength), at)


def _stamp_place(
    sheet: Sheet, size: tuple[float, float], rng: np.random.Generator, *, may_cover: bool
) -> tuple[float, float, bool]:
    """Left, top, and whether words lie below: the freest of many places, or at times any of the better half."""
    texts = [i.box for i in sheet.items if isinstance(i, Text)]
    places = []
    for _ in range(60):
        left = float(rng.uniform(8, max(9.0, sheet.width - size[0] - 8)))
        top = float(rng.uniform(8, max(9.0, sheet.height - size[1] - 8)))
        box = (left, top, left + size[0], top + size[1])
        places.append((sum(_shared(box, t) for t in texts), left, top))
    places.sort()
    covered, left, top = places[int(rng.integers(0, 20))] if may_cover and rng.random() < 0.5 else places[0]
    return left, top, covered > 0


def _shared(a: Box, b: Box) -> float:
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _coffee(image: Image.Image, rng: np.random.Generator, scale: float) -> None:
    radius = float(rng.uniform(70, 110)) * scale
    x, y = float(rng.uniform(0.2, 0.8)) * image.width, float(rng.uniform(0.3, 0.8)) * image.height
    ring = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(ring)
    for k in range(3):
        r = radius - k * 2.0 * scale
        draw.ellipse((x - r, y - r, x + r, y + r), outline=70 - 15 * k, width=max(1, round((3 - k) * scale)))
    stain = Image.new(image.mode, image.size, _pen(image, (140, 95, 50), 110))
    dark = Image.fromarray(
        np.minimum(np.asarray(image), np.asarray(Image.composite(stain, image, ring.point(lambda v: 2 * v))))
    )
    image.paste(dark, (0, 0), ring.point(lambda v: min(255, 3 * v)))
