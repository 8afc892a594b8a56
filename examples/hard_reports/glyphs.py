"""Outlines of Vera's letters, to draw text as curves, and versions of Vera whose text cannot be copied.

The outlines are read from the tables ``glyf`` and ``loca`` of the font as the OpenType specification describes them.
"""

import re
import struct
from functools import lru_cache

from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.ttfonts import TTFNameBytes, TTFont, TTFontFile

from hard_reports.sheet import FONT_FOLDER

Point = tuple[float, float, bool]
"""x and y in font units, and whether the point lies on the curve."""
GARBLED = ("shifted", "scrambled", "unmapped", "private_digits")
"""Kinds of a wrong map: all letters moved on, mixed up, without a meaning, or the digits alone in private codes."""
_COMPOSITE_WORDS, _COMPOSITE_XY, _MORE, _HAS_SCALE = 0x0001, 0x0002, 0x0020, 0x0008 | 0x0040 | 0x0080


@lru_cache(maxsize=4)
def _font(name: str) -> tuple[TTFontFile, bytes, tuple[int, ...], float]:
    font = TTFontFile(str(FONT_FOLDER / f"{name}.ttf"))
    loca, head = font.get_table("loca"), font.get_table("head")
    if struct.unpack(">h", head[50:52])[0]:
        places = struct.unpack(f">{len(loca) // 4}I", loca)
    else:
        places = tuple(2 * v for v in struct.unpack(f">{len(loca) // 2}H", loca))
    return font, font.get_table("glyf"), places, float(struct.unpack(">H", head[18:20])[0])


def units_per_em(name: str) -> float:
    """Font units in the height of a line."""
    return _font(name)[3]


@lru_cache(maxsize=512)
def outline(name: str, character: str) -> tuple[tuple[Point, ...], ...]:
    """The closed contours of a character."""
    font = _font(name)[0]
    return tuple(tuple(c) for c in _contours(name, font.charToGlyph.get(ord(character), 0)))


def _contours(name: str, glyph: int) -> list[list[Point]]:
    _, table, places, _ = _font(name)
    start, end = places[glyph], places[glyph + 1]
    if start == end:
        return []
    data = table[start:end]
    n_contours = struct.unpack(">h", data[:2])[0]
    return _composite(name, data) if n_contours < 0 else _simple(data, n_contours)


def _composite(name: str, data: bytes) -> list[list[Point]]:
    """A letter with an accent: parts moved into place."""
    contours: list[list[Point]] = []
    at, flags = 10, _MORE
    while flags & _MORE:
        flags, glyph = struct.unpack(">HH", data[at : at + 4])
        at += 4
        form, size = (">hh", 4) if flags & _COMPOSITE_WORDS else (">bb", 2)
        dx, dy = struct.unpack(form, data[at : at + size]) if flags & _COMPOSITE_XY else (0, 0)
        at += size
        if flags & _HAS_SCALE:
            raise ValueError("scaled parts of a letter are not handled; Vera has none")
        contours += [[(x + dx, y + dy, on) for x, y, on in c] for c in _contours(name, glyph)]
    return contours


def _simple(data: bytes, n_contours: int) -> list[list[Point]]:
    ends = struct.unpack(f">{n_contours}H", data[10 : 10 + 2 * n_contours])
    at = 10 + 2 * n_contours
    at += 2 + struct.unpack(">H", data[at : at + 2])[0]
    flags: list[int] = []
    while len(flags) <= ends[-1]:
        flag = data[at]
        at += 1
        flags.append(flag)
        if flag & 8:
            flags += [flag] * data[at]
            at += 1
    xs, at = _coordinates(data, at, flags, short=2, same=16)
    ys, at = _coordinates(data, at, flags, short=4, same=32)
    points = [(float(x), float(y), bool(f & 1)) for x, y, f in zip(xs, ys, flags, strict=True)]
    starts = [0, *(e + 1 for e in ends[:-1])]
    return [points[a : b + 1] for a, b in zip(starts, ends, strict=True)]


def _coordinates(data: bytes, at: int, flags: list[int], *, short: int, same: int) -> tuple[list[int], int]:
    values, value = [], 0
    for flag in flags:
        if flag & short:
            value += data[at] if flag & same else -data[at]
            at += 1
        elif not flag & same:
            value += struct.unpack(">h", data[at : at + 2])[0]
            at += 2
        values.append(value)
    return values, at


class GarbledFont(TTFont):
    """Vera embedded with a wrong map to Unicode, or none: it looks right and copies as rubbish."""

    def __init__(self, name: str, base: str, kind: str) -> None:
        super().__init__(name, str(FONT_FOLDER / f"{base}.ttf"), asciiReadable=False)
        self.face.name = TTFNameBytes(name.encode())  # reportlab takes fonts of one name for one font
        self.kind = kind

    def addObjects(self, doc: pdfdoc.PDFDocument) -> None:  # noqa: N802 - reportlab's name
        """Add the font, then spoil its map."""
        n_subsets = len(self.state[doc].subsets)
        names = [self.getSubsetInternalName(n, doc)[1:] for n in range(n_subsets)]
        super().addObjects(doc)
        for name in names:
            font = doc.idToObject["BasicFonts"].dict[name]
            stream = doc.idToObject[font.ToUnicode.name]
            stream.content = _spoiled(stream.content, self.kind)


def _spoiled(cmap: str, kind: str) -> str:
    if kind == "unmapped":
        return re.sub(r"\d+ beginbfchar.*endbfchar\n", "", cmap, flags=re.DOTALL)

    def wrong(match: re.Match[str]) -> str:
        code = int(match[2], 16)
        if kind == "shifted":
            code += 29
        elif kind == "private_digits":
            code += 0xF000 if chr(code) in "0123456789" else 0
        elif 33 <= code < 127:
            code = 33 + (code * 37 + 11) % 94
        return f"<{match[1]}> <{code:04X}>"

    head, _, body = cmap.partition("beginbfchar")
    return head + "beginbfchar" + re.sub(r"<([0-9A-F]{2})> <([0-9A-F]{4})>", wrong, body)


def register_garbled() -> None:
    """Make the spoilt fonts known to reportlab as ``Vera-shifted``, ``VeraBd-shifted`` ..."""
    for kind in GARBLED:
        for base in ("Vera", "VeraBd"):
            name = f"{base}-{kind}"
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(GarbledFont(name, base, kind))
