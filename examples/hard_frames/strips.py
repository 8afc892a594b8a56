"""Solid data bars in the manner of several makers: below, above or inside the frame, framed or not."""

import numpy as np
from PIL import Image

from hard_frames.drawing import FACES, Board, scale_bar
from hard_frames.drawn import Drawn, Grey, fit, solid, with_strip
from hard_frames.facts import Facts, kilo, length_text, scale, three_digits


def zeiss(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """Columns of ``Name = value`` in two rows, the scale bar left of them, a thin frame, a logo in reverse."""
    width = picture.shape[1]
    paper = int(rng.choice([0, 255, 255]))
    height = round(width * rng.uniform(0.055, 0.09))
    below = int(rng.choice([0, 0, 0, 3, 6]))
    board, box = with_strip(rng, picture, height, paper, below=below)
    top, bottom = box[1], box[3]
    if rng.random() < 0.6:
        for x0, y0, x1, y1 in (
            (0, top, width, top + 1),
            (0, bottom - 1, width, bottom),
            (0, top, 1, bottom),
            (width - 1, top, width, bottom),
        ):
            board.block(x0, y0, x1, y1)
    board.size_px = max(10, round(height * rng.uniform(0.24, 0.34)))
    k = facts.magnification
    printed = f"{k / 1000:.2f} K X" if k >= 1000 else f"{k:.0f} X"
    value = three_digits(k) if k >= 1000 else round(k)
    gap = " " * int(rng.choice([1, 1, 4]))
    columns = [
        (f"EHT = {facts.voltage_kv:.2f} kV", f"WD = {facts.distance_mm:.1f} mm"),
        (f"Mag ={gap}{printed}", "Signal A = SE2"),
        (f"Date :{facts.day[2]} Nov {facts.day[0]}", facts.note or f"Photo No. = {facts.number}"),
    ]
    fit(board, columns[0][0] + columns[1][0] + columns[2][1] + "MMMM", 0.56 * width)
    label, length = scale(facts, 0.2)
    pixels = length / facts.pixel_size_nm
    middle, third = (top + bottom) / 2, height * 0.23
    scale_bar(
        board, str(rng.choice(["ticks", "line", "ticks"])), round(width * 0.02), round(middle), round(pixels), label
    )
    x = width * 0.26
    for upper, lower in columns:
        board.text(x, middle - third, upper)
        board.text(x, middle + third, lower)
        x += max(board.width_of(upper), board.width_of(lower)) + board.size_px * 1.2
    if x < width * 0.87:
        board.block(width * 0.88, top + 3, width - 4, bottom - 3)
        board.text(width * 0.94, middle, "ZEISS", "mm", ink=paper)
    return solid(board, box, "bottom", value, (length, float(round(pixels))), note=facts.note)


def fei(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """A table of headers over values between thin lines, the scale bar split by its label."""
    width = picture.shape[1]
    height = round(width * rng.uniform(0.05, 0.07))
    board, box = with_strip(rng, picture, height, int(rng.choice([0, 0, 255])))
    top = box[1]
    board.size_px = max(10, round(height * 0.33))
    k = three_digits(facts.magnification)
    spaced = f"{k:,.0f}".replace(",", " ")
    columns = [
        ("HV", f"{facts.voltage_kv:.2f} kV"),
        ("mag", f"{spaced} x"),
        ("WD", f"{facts.distance_mm:.1f} mm"),
        ("HFW", length_text(facts.field_nm, 3)),
        ("det", "ETD"),
        ("spot", "3.5"),
    ]
    order = [columns[int(i)] for i in rng.permutation(len(columns))]
    fit(board, "MM".join(v for _, v in order), 0.6 * width)
    x = 6.0
    for header, value in order:
        wide = max(board.width_of(header), board.width_of(value))
        board.text(x + wide / 2, top + height * 0.27, header, "mm")
        board.text(x + wide / 2, top + height * 0.73, value, "mm")
        x += wide + 0.8 * board.size_px
        board.block(x, top + 1, x + 1, top + height - 1)
        x += 0.8 * board.size_px
    label, length = scale(facts, (width - x) / width * 0.85)
    pixels = length / facts.pixel_size_nm
    left = round((x + width) / 2 - pixels / 2)
    split = pixels > 0.16 * width
    scale_bar(
        board, "split" if split else "ticks", left, round(top + height * (0.3 if split else 0.5)), round(pixels), label
    )
    note = facts.note if split else ""
    if note:
        board.text((x + width) / 2, top + height * 0.76, note, "mm")
    return solid(
        board, box, "bottom", k, (length, float(round(pixels))), field_nm=three_digits(facts.field_nm), note=note
    )


def tescan(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """Three rows of ``Name: value``, a ruler or a line with many ticks, the maker's name."""
    width = picture.shape[1]
    height = round(width * rng.uniform(0.08, 0.12))
    board, box = with_strip(rng, picture, height, int(rng.choice([0, 255, 0])))
    top = box[1]
    board.size_px = max(10, round(height * 0.2))
    k = facts.magnification
    rows = [
        (f"SEM HV: {facts.voltage_kv:.1f} kV", f"WD: {facts.distance_mm:.2f} mm"),
        (f"View field: {length_text(facts.field_nm, 3)}", "Det: SE"),
        (
            f"SEM MAG: {kilo(k).replace('k', ' kx') if k >= 1000 else f'{k:.0f} x'}",
            f"Date(m/d/y): {facts.day[1]:02d}/{facts.day[2]:02d}/{facts.day[0] % 100:02d}",
        ),
    ]
    fit(board, rows[1][0] + rows[2][1] + "MM", 0.52 * width)
    column = 10 + max(board.width_of(a) for a, _ in rows) + board.size_px
    for n, (a, b) in enumerate(rows):
        y = top + height * (0.2 + 0.3 * n)
        board.text(6, y, a)
        board.text(column, y, b)
    label, length = scale(facts, 0.22)
    pixels = round(length / facts.pixel_size_nm)
    left = round(width * 0.56)
    if rng.random() < 0.5:
        y = top + round(height * 0.3)
        board.block(left, y, left + pixels, y + 1)
        for n in range(11):
            x = left + round(n * (pixels - 1) / 10)
            board.block(x, y - (6 if n in (0, 10) else 3), x + 1, y)
        board.text(left + pixels / 2, top + height * 0.62, label, "mm")
    else:
        scale_bar(board, "block", left, round(top + height * 0.42), pixels, label)
    board.text(width - 8, top + height * 0.25, "VEGA3 TESCAN", "rm")
    board.text(width - 8, top + height * 0.8, facts.note, "rm")
    return solid(
        board,
        box,
        "bottom",
        three_digits(k),
        (length, float(pixels)),
        field_nm=three_digits(facts.field_nm),
        note=facts.note,
    )


def hitachi(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """One line, ``15.0kV 8.0mm x1.00k SE``, and a ruler of eleven ticks at the right."""
    width = picture.shape[1]
    height = round(width * rng.uniform(0.045, 0.07))
    paper = int(rng.choice([0, 0, 255]))
    board, box = with_strip(rng, picture, height, paper)
    top = box[1]
    board.size_px = max(11, round(height * 0.5))
    k = facts.magnification
    printed = kilo(k)
    head = str(rng.choice(["S4800", "SU8020", "TM3000_0412", facts.note or "S-3400N"]))
    text = f"{head} {facts.voltage_kv:.1f}kV {facts.distance_mm:.1f}mm x{printed} SE(M)"
    fit(board, text, 0.68 * width)
    board.text(8, top + height / 2, text)
    label, length = scale(facts, 0.24)
    pixels = round(length / facts.pixel_size_nm)
    board.size_px = max(9, round(board.size_px * 0.8))
    form = length_text(length, 3, gap="", micro="u") if rng.random() < 0.5 else label.replace(" ", "")
    scale_bar(board, "ruler", width - pixels - 12, round(top + height * 0.55), pixels, form)
    return solid(
        board,
        box,
        "bottom",
        three_digits(k) if k >= 1000 else k,
        (length, float(pixels - 1)),
        note=facts.note if head == facts.note else "",
    )


def jeol(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """One line on black, ``SEI 15.0kV X1,000 WD 10.0mm``, a thick bar under its label."""
    width = picture.shape[1]
    height = round(width * rng.uniform(0.05, 0.075))
    board, box = with_strip(rng, picture, height, 0)
    top = box[1]
    board.size_px = max(11, round(height * 0.42))
    k = facts.magnification
    words = [facts.note or "NONE", "SEI", f"{facts.voltage_kv:.1f}kV", f"X{k:,.0f}", f"WD {facts.distance_mm:.1f}mm"]
    text = "   ".join(words)
    fit(board, text, 0.66 * width)
    board.text(6, top + height * 0.5, text)
    label, length = scale(facts, 0.22)
    pixels = round(length / facts.pixel_size_nm)
    left = width - max(pixels, board.width_of(label)) - 20
    thick = max(2, height // 14)
    board.text(left + pixels / 2, top + height * 0.32, label.replace(" ", str(rng.choice(["", " "]))), "mm")
    board.block(left, top + height * 0.76, left + pixels, top + round(height * 0.76) + thick)
    return solid(board, box, "bottom", k, (length, float(pixels)), note=facts.note)


def phenom(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """Grey or white paper, a line with end ticks, ``FW`` and ``Mag`` in two rows."""
    width = picture.shape[1]
    height = round(width * rng.uniform(0.06, 0.085))
    paper = int(rng.choice([255, 225, 40, 0]))
    board, box = with_strip(rng, picture, height, paper)
    top = box[1]
    board.size_px = max(10, round(height * 0.3))
    k = round(facts.magnification)
    label, length = scale(facts, 0.24)
    pixels = round(length / facts.pixel_size_nm)
    scale_bar(board, str(rng.choice(["ticks", "line"])), 14, round(top + height * 0.5), pixels, label)
    rows = [("FOV: " + length_text(facts.field_nm, 3), "Mode: 15kV - Image"), (f"Mag: {k}x", "Det: BSD Full")]
    fit(board, rows[0][0] + rows[0][1] + "MMMM", 0.5 * width)
    column = width * 0.32 + max(board.width_of(r[0]) for r in rows) + 1.5 * board.size_px
    for n, (a, b) in enumerate(rows):
        board.text(width * 0.32, top + height * (0.28 + 0.44 * n), a)
        board.text(column, top + height * (0.28 + 0.44 * n), b)
    board.text(width - 8, top + height * 0.28, facts.iso_date, "rm")
    board.text(width - 8, top + height * 0.72, facts.note, "rm")
    return solid(
        board, box, "bottom", float(k), (length, float(pixels)), field_nm=three_digits(facts.field_nm), note=facts.note
    )


def german(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """A strip above the picture or below it, in German."""
    width = picture.shape[1]
    height = round(width * rng.uniform(0.045, 0.07))
    above = bool(rng.random() < 0.6)
    board, box = with_strip(rng, picture, height, int(rng.choice([0, 20, 255, 200])), top=above)
    top = box[1]
    board.size_px = max(10, round(height * 0.36))
    k = facts.magnification
    dotted = f"{k:,.0f}".replace(",", ".")
    printed = str(rng.choice([f"Vergr. {dotted}:1", f"Vergrößerung: {dotted} x", f"Vergr. = {k:.0f} x"]))
    text = f"{printed}   HV {facts.voltage_kv:.0f} kV   Arbeitsabstand {facts.distance_mm:.1f} mm"
    fit(board, text, 0.66 * width)
    board.text(8, top + height * 0.5, text)
    label, length = scale(facts, 0.15)
    pixels = round(length / facts.pixel_size_nm)
    scale_bar(board, "beside", round(width * 0.72), round(top + height * 0.5), pixels, label)
    return solid(board, box, "top" if above else "bottom", k, (length, float(pixels)))


def floating(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """A filled box near a corner with a scale bar, its label and perhaps the magnification."""
    rows, width = picture.shape
    paper = int(rng.choice([0, 255]))
    board = Board(
        Image.fromarray(picture),
        ink=255 - paper,
        face=str(rng.choice(FACES)),
        size_px=max(12, round(width * rng.uniform(0.018, 0.03))),
    )
    label, length = scale(facts, 0.2)
    pixels = round(length / facts.pixel_size_nm)
    with_mag = bool(rng.random() < 0.5)
    k = facts.magnification
    text = f"{kilo(k, 1)}x".replace("kx", " kx") if k >= 1000 else f"{k:.0f} x"
    value = float(f"{k / 1000:.1f}") * 1000 if k >= 1000 else k
    wide = (
        max(pixels, board.width_of(label))
        + 2 * board.size_px
        + (board.width_of(text) + board.size_px if with_mag else 0)
    )
    tall = round(2.6 * board.size_px)
    left = int(rng.choice([12, width - wide - 12]))
    top = int(rng.choice([14, rows - tall - 14]))
    box = (left, top, left + wide, top + tall)
    board.block(*box, ink=paper)
    scale_bar(board, str(rng.choice(["line", "ticks"])), left + board.size_px, top + tall // 2, pixels, label)
    if with_mag:
        board.text(left + wide - board.size_px // 2, top + tall / 2, text, "rm")
    return solid(board, box, "box", value if with_mag else None, (length, float(pixels)))


STRIPS = {
    "zeiss": zeiss,
    "fei": fei,
    "tescan": tescan,
    "hitachi": hitachi,
    "jeol": jeol,
    "phenom": phenom,
    "german": german,
    "floating": floating,
}
"""Name of the style -> painter."""
