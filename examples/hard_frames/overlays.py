"""Text and scale bars drawn straight over the picture, and frames on which nothing is drawn."""

import numpy as np
from PIL import Image

from hard_frames.drawing import FACES, Board, scale_bar
from hard_frames.drawn import Drawn, Grey
from hard_frames.facts import Facts, kilo, length_text, scale, three_digits


def _board(rng: np.random.Generator, picture: Grey, share: float, *, rim: bool) -> Board:
    """White letters, or black ones where the picture is bright; with a rim where the maker draws one."""
    ink = 0 if picture.mean() > 170 else 255
    size = max(12, round(picture.shape[1] * share))
    outline = 255 - ink if rim else None
    return Board(
        Image.fromarray(picture), ink, str(rng.choice(FACES)), size, smooth=bool(rng.random() < 0.7), outline=outline
    )


def _over(board: Board, **values: object) -> Drawn:
    return Drawn(board.pixels(), "overlay", None, tuple(board.drawn), **values)  # type: ignore[arg-type]


def analog(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """The line that old instruments expose with the film: ``20KV X500 10µm 001`` and a thick white bar."""
    rows, width = picture.shape
    board = _board(rng, picture, 0.026, rim=bool(rng.random() < 0.6))
    board.face = "DejaVuSansMono-Bold.ttf"
    y = rows - round(1.6 * board.size_px)
    k = facts.magnification
    label, length = scale(facts, 0.16)
    pixels = round(length / facts.pixel_size_nm)
    x = board.text(round(width * 0.04), y, f"{facts.voltage_kv:.0f}KV")[2] + 2 * board.size_px
    x = board.text(x, y, f"X{k:,.0f}")[2] + 2 * board.size_px
    thick = max(3, board.size_px // 5)
    if board.outline is not None:
        board.block(
            x - 1, y + board.size_px // 2, x + pixels + 1, y + board.size_px // 2 + thick + 2, ink=board.outline
        )
    board.block(x, y + board.size_px // 2 + 1, x + pixels, y + board.size_px // 2 + 1 + thick)
    board.text(x + pixels / 2, y - board.size_px * 0.3, label, "mm")
    x += max(pixels, board.width_of(label)) + 2 * board.size_px
    if x + 5 * board.size_px < width:
        board.text(x, y, f"{facts.number:04d}")
    return _over(board, magnification=k, scale_nm=length, scale_px=float(pixels), field_nm=None)


def corner(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """A bar with its label in a corner, as picture programs add it."""
    rows, width = picture.shape
    board = _board(rng, picture, rng.uniform(0.018, 0.035), rim=False)
    label, length = scale(facts, rng.uniform(0.12, 0.3))
    pixels = round(length / facts.pixel_size_nm)
    wide = max(pixels, board.width_of(label))
    left = int(rng.choice([20, width - wide - 20]))
    bottom = int(rng.choice([rows - 14, 14 + 2 * board.size_px]))
    thick = max(3, board.size_px // 4)
    middle = left + wide / 2
    board.block(round(middle - pixels / 2), bottom - thick, round(middle - pixels / 2) + pixels, bottom)
    board.text(middle, bottom - thick - board.size_px * 0.7, label, "mm")
    return _over(board, magnification=None, scale_nm=length, scale_px=float(pixels), field_nm=None)


def transparent(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """A maker's whole line over the picture with a ruler: ``5.0kV 8.0mm x1.00k SE``."""
    rows, width = picture.shape
    board = _board(rng, picture, 0.024, rim=True)
    k = facts.magnification
    y = rows - round(1.5 * board.size_px)
    board.text(10, y, f"{facts.voltage_kv:.1f}kV {facts.distance_mm:.1f}mm x{kilo(k)} SE")
    label, length = scale(facts, 0.22)
    pixels = round(length / facts.pixel_size_nm)
    scale_bar(board, "ruler", width - pixels - 14, y + 2, pixels, label.replace(" ", ""))
    return _over(
        board,
        magnification=three_digits(k) if k >= 1000 else k,
        scale_nm=length,
        scale_px=float(pixels - 1),
        field_nm=None,
    )


def xl(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """Headers over values at the lower left, bar with end ticks beside its label, all on the picture."""
    rows, _ = picture.shape
    board = _board(rng, picture, 0.022, rim=True)
    top = rows - round(3.4 * board.size_px)
    k = facts.magnification
    x = 14
    for header, value in (
        ("Acc.V", f"{facts.voltage_kv:.1f} kV"),
        ("Spot", "4.0"),
        ("Magn", f"{k:.0f}x"),
        ("Det", "SE"),
        ("WD", f"{facts.distance_mm:.1f}"),
    ):
        a, b = board.text(x, top, header), board.text(x, top + 1.3 * board.size_px, value)
        x = max(a[2], b[2]) + board.size_px
    label, length = scale(facts, 0.2)
    pixels = round(length / facts.pixel_size_nm)
    y = top + board.size_px // 3
    board.block(x, y, x + pixels, y + 2)
    for end in (x, x + pixels - 2):
        board.block(end, y - board.size_px // 3, end + 2, y + board.size_px // 3)
    board.text(x + pixels + board.size_px // 2, y, label)
    if facts.note:
        board.text(x, top + 1.4 * board.size_px, facts.note)
    return _over(
        board,
        magnification=k,
        scale_nm=length,
        scale_px=float(pixels),
        field_nm=None,
        printed_notes=(facts.note,) if facts.note else (),
    )


def text_only(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:
    """Magnification and field width printed on the picture, no scale bar."""
    rows, _ = picture.shape
    board = _board(rng, picture, 0.028, rim=True)
    k = facts.magnification
    board.text(12, rows - round(1.4 * board.size_px), f"Mag: {k:.0f}x   HFW: {length_text(facts.field_nm, 3)}")
    return _over(board, magnification=k, scale_nm=None, scale_px=None, field_nm=three_digits(facts.field_nm))


def plain(rng: np.random.Generator, picture: Grey, facts: Facts) -> Drawn:  # noqa: ARG001 - one signature for all
    """Nothing is drawn."""
    return Drawn(picture, "none", None, (), None, None, None, None)


OVERLAYS = {
    "analog": analog,
    "corner": corner,
    "transparent": transparent,
    "xl": xl,
    "text_only": text_only,
    "plain": plain,
}
"""Name of the style -> painter."""
