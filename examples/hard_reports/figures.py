"""SEM-like pictures with captions, and pictures that are none: a logo, a signature."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from fractocurate.demo.data_bars import MICROSCOPES, BarFacts, draw_frame, load_font
from fractocurate.demo.frames import Exposure, expose
from fractocurate.demo.noise import View
from fractocurate.demo.textures import SUB_TYPES, make_surface, render
from hard_reports.content import Draft, Fracture
from hard_reports.sheet import Picture, wrap
from hard_reports.writer import Writer

MAGNIFICATIONS = (50, 100, 250, 500, 1000, 2000)
N_SURFACES = 18


@dataclass
class Figure:
    """A picture on a page and what its caption says."""

    page: int
    box: tuple[float, float, float, float]
    caption: str
    magnification: float | None
    foan: str
    serial_number: str
    has_data_bar: bool


@lru_cache(maxsize=64)
def _field(defect_class: str, number: int, magnification: int) -> np.ndarray:
    """A rendered field, larger than any picture cut from it; a few surfaces are used again and again to save time."""
    kinds = SUB_TYPES[defect_class]
    surface = make_surface(7_000 + number, defect_class, kinds[number % len(kinds)])
    pixel_um = 127.0 * 1000 / (magnification * 420)
    return expose(render(surface, View(0.0, 0.3 * surface.defect_half_height_um, pixel_um, 420, 330)), Exposure(number))


def micrograph(fracture: Fracture, magnification: int, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    """A grey picture of the fracture, and whether a data bar is burnt in."""
    grey = _field(fracture.defect_class, int(rng.integers(N_SURFACES // 6)), magnification)
    height_px, width_px = int(rng.integers(220, 300)), int(rng.integers(300, 400))
    top, left = int(rng.integers(0, 330 - height_px)), int(rng.integers(0, 420 - width_px))
    cut = grey[top : top + height_px, left : left + width_px]
    cut = np.clip(cut.astype(np.float32) * rng.uniform(0.85, 1.1) + rng.uniform(-12, 12), 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        cut = cut[:, ::-1].copy()
    if rng.random() > 0.45:
        return cut, False
    microscope = MICROSCOPES[int(rng.integers(0, 4))]
    facts = BarFacts(
        magnification, 127e6 / (magnification * width_px), 15.0, 11.2, "", "12.03.2021", int(rng.integers(1, 40))
    )
    return draw_frame(cut, microscope, facts).pixels, True


def draw_figures(writer: Writer, draft: Draft, rng: np.random.Generator, *, manner: str = "mixed") -> list[Figure]:
    """Put the figures of a report on its pages.

    ``manner`` is ``mixed`` (one or two beside each other), ``side`` (the caption beside the picture) or ``plate``
    (framed pairs on a page of their own).
    """
    figures: list[Figure] = []
    n_columns = 2 if draft.n_figures > 1 and rng.random() < 0.5 else 1
    place = str(rng.choice(["below", "below", "below", "above", "side"])) if n_columns == 1 else "below"
    if manner == "side":
        n_columns, place = 1, "side"
    if manner == "plate" and draft.n_figures:
        n_columns, place = 2, str(rng.choice(["below", "above"]))
        writer.new_page()
        writer.line("Bildtafel" if draft.base == "de" else "Plate 1", bold=True, size=writer.size + 1)
        writer.gap(6)
    style = int(rng.integers(0, 4))
    waiting: list[tuple[np.ndarray, Figure]] = []
    for k in range(draft.n_figures):
        fracture = draft.fractures[int(rng.integers(len(draft.fractures)))]
        magnification = int(rng.choice(MAGNIFICATIONS))
        pixels, has_bar = micrograph(fracture, magnification, rng)
        figure = _captioned(draft, fracture, k + 1, magnification, style, rng)
        figure.has_data_bar = has_bar
        waiting.append((pixels, figure))
    for k in range(0, len(waiting), n_columns):
        row = waiting[k : k + n_columns]
        _place(writer, row, n_columns, place, rng, framed=manner == "plate")
    return [figure for _, figure in waiting] or figures


def _place(
    writer: Writer,
    row: list[tuple[np.ndarray, Figure]],
    n_columns: int,
    place: str,
    rng: np.random.Generator,
    *,
    framed: bool,
) -> None:
    gap = 14.0
    column = (writer.text_width - gap) / 2 if n_columns == 2 else min(writer.text_width * 0.62, 300.0)
    size = min(9.0, writer.size)
    tallest = max(p.shape[0] / p.shape[1] * column for p, _ in row)
    shrink = min(1.0, 0.6 * (writer.bottom - writer.margin) / tallest)
    column_used = column * shrink
    writer.need(tallest * shrink + 50)
    top = writer.y + 4
    lowest = top
    for k, (pixels, figure) in enumerate(row):
        height = pixels.shape[0] / pixels.shape[1] * column_used
        left = writer.left + k * (column + gap)
        text_left, text_width = left, column if n_columns == 2 else writer.text_width
        if place == "side":
            text_left, text_width = left + column_used + 10, writer.right - left - column_used - 10
        lines = wrap(figure.caption, writer.regular, size, text_width)
        picture_top = top + (len(lines) * 1.3 * size + 5 if place == "above" else 0)
        box = (left, picture_top, left + column_used, picture_top + height)
        pieces = ((1, 1), (1, 1), (1, 1), (4, 1), (2, 2))[int(rng.integers(0, 5))]
        writer.add(Picture(box, pixels, "jpeg" if rng.random() < 0.65 else "flate", pieces))
        text_y = {"above": top, "below": picture_top + height + 3, "side": picture_top}[place] + size
        for text in lines:
            writer.put(text_left, text_y, text, size=size)
            text_y += 1.3 * size
        figure.page, figure.box = writer.page, box
        if framed:
            low = max(text_y - 0.8 * size, picture_top + height) + 5
            writer.frame((left - 5, top - 5, left + max(column_used, text_width) + 5, low), width=0.5)
        lowest = max(lowest, text_y, picture_top + height)
    writer.y = lowest + (16 if framed else 8)


def _captioned(
    draft: Draft, fracture: Fracture, number: int, magnification: int, style: int, rng: np.random.Generator
) -> Figure:
    german = draft.base == "de"
    thousands = f"{magnification:,}".replace(",", "." if german else ",")
    scale = (
        f"{magnification}x",
        f"{thousands} x",
        f"V = {magnification}:1",
        f"\u00d7{magnification}",
        f"{thousands}\u00d7",
    )[int(rng.integers(0, 5))]
    view = ("fracture origin", "overview", "detail of the origin")[int(rng.integers(0, 3))]
    if german:
        view = {"fracture origin": "Bruchursprung", "overview": "Übersicht", "detail of the origin": "Detail"}[view]
    name = f"{'Abb.' if german else 'Fig.'} {number}" if style != 3 else f"{'Bild' if german else 'Figure'} {number}"
    foan, serial = fracture.printed["foan"], fracture.serial_number
    serial_label = "SN" if style == 1 else "S/N"
    caption, has_foan, has_serial, has_scale = (
        (f"{name}: {foan}, {serial_label} {serial}, {view}, {scale}", True, True, True),
        (f"{name} \u2013 {view}, {serial_label} {serial}, {scale}", False, True, True),
        (f"{name}: {view} ({foan}), {scale}", True, False, True),
        (f"{name}. {view} ({'Vergrößerung' if german else 'magnification'} {scale})", False, False, True),
    )[style]
    if rng.random() < 0.1:
        caption, has_foan, has_serial, has_scale = f"{name}: {view}", False, False, False
    return Figure(
        page=0,
        box=(0, 0, 0, 0),
        caption=caption,
        magnification=float(magnification) if has_scale else None,
        foan=fracture.foan if has_foan else "",
        serial_number=serial if has_serial else "",
        has_data_bar=False,
    )


def logo(title: str) -> np.ndarray:
    """A coloured logo, RGB."""
    image = Image.new("RGB", (150, 60), (255, 255, 255))
    draw = ImageDraw.Draw(image)
    draw.ellipse((4, 6, 52, 54), fill=(24, 62, 120))
    draw.polygon([(28, 12), (44, 46), (12, 46)], fill=(240, 180, 40))
    draw.text(
        (60, 30),
        title.split(" ", maxsplit=1)[0].rstrip(",")[:9],
        fill=(24, 62, 120),
        font=load_font(15, bold=True),
        anchor="lm",
    )
    return np.asarray(image)


def signature(rng: np.random.Generator) -> np.ndarray:
    """A scrawl, grey."""
    image = Image.new("L", (180, 60), 255)
    draw = ImageDraw.Draw(image)
    t = np.linspace(0, 1, 120)
    wave = sum(rng.uniform(3, 12) * np.sin(2 * np.pi * (f * t + rng.uniform())) for f in (2.5, 4.3, 7.1))
    points = [(10 + 155 * a, 32 - 8 * a + b) for a, b in zip(t, wave, strict=True)]
    draw.line(points, fill=40, width=2)
    return np.asarray(image)
