"""What stands on a page, before anything is known about paper: texts, lines, boxes, pictures; and how text is broken.

Coordinates are points from the top left of the page held upright, y pointing down; a text stands on its baseline.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

Colour = tuple[float, float, float]
Box = tuple[float, float, float, float]
BLACK: Colour = (0.0, 0.0, 0.0)
FONT_FOLDER = Path(reportlab.__file__).parent / "fonts"

FACES: dict[str, tuple[str, str]] = {
    "helvetica": ("Helvetica", "Helvetica-Bold"),
    "times": ("Times-Roman", "Times-Bold"),
    "courier": ("Courier", "Courier-Bold"),
    "vera": ("Vera", "VeraBd"),
    "report": ("Times-Roman", "Helvetica-Bold"),
}
"""Regular and bold; Vera is embedded, the others are the standard fonts of PDF."""

# Where long words may be broken: parts of German compounds, and a few English ones.
_PARTS = (
    "Hart", "Grün", "bearbeitungs", "bearbeitung", "Bearbeitungs", "Grünkörper", "körper", "Material", "Werkstoff",
    "Form", "gebungs", "fehler", "schaden", "defekt", "Schleif", "riefe", "riss", "Kanten", "ausbruch", "abplatzung",
    "Bruch", "ursache", "stück", "last", "kraft", "Serien", "nummer", "Fertigungs", "Versagens", "Press", "Fremd",
    "partikel", "Riesen", "korn", "Delami", "nation", "fest", "stellbar", "bestimmbar", "ermittelbar", "agglom",
    "erate", "machin", "ing", "Erscheinungs", "bild", "Aus", "prägung", "Gefüge", "Rohlings", "Pulver", "Sinter",
    "Binder", "nest", "Vorschub", "marke", "Teile", "Fabrik", "inclu", "sion", "compac", "tion", "deter", "mined",
)  # fmt: skip


def register_fonts() -> None:
    """Make Vera known to reportlab; harmless when done twice."""
    for name in ("Vera", "VeraBd"):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(FONT_FOLDER / f"{name}.ttf")))


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text."""

    x: float
    y: float
    words: str
    font: str
    size: float
    colour: Colour = BLACK

    @property
    def box(self) -> Box:
        """Around the letters."""
        return (
            self.x,
            self.y - 0.8 * self.size,
            self.x + width_of(self.words, self.font, self.size),
            self.y + 0.22 * self.size,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A straight stroke."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float = 0.6
    colour: Colour = BLACK

    @property
    def box(self) -> Box:
        """Around the stroke."""
        return self.x1, self.y1, self.x2, self.y2


@dataclass(frozen=True, slots=True)
class Fill:
    """A filled rectangle."""

    box: Box
    colour: Colour


@dataclass(frozen=True, slots=True)
class Picture:
    """A bitmap, grey (height, width) or RGB (height, width, 3), 8 bit."""

    box: Box
    pixels: np.ndarray
    encoding: str = "jpeg"
    """``jpeg`` or ``flate``."""
    pieces: tuple[int, int] = (1, 1)
    """Rows and columns of the bitmaps into which the PDF splits it."""


Item = Text | Line | Fill | Picture


@dataclass
class Sheet:
    """One page."""

    width: float
    height: float
    items: list[Item] = field(default_factory=list)
    table_boxes: list[Box] = field(default_factory=list)
    """Regions that a mixed page shows as pasted pictures."""
    sideways: int = 0
    """Degrees clockwise by which the content is turned on the paper."""


def width_of(words: str, font: str, size: float) -> float:
    """Width of a line in points."""
    return float(pdfmetrics.stringWidth(words, font, size))


@lru_cache(maxsize=4096)
def word_parts(word: str) -> tuple[str, ...]:
    """The pieces into which a word may be broken; the word alone if it may not."""
    return _segmented(word) or (word,)


def _segmented(word: str) -> tuple[str, ...] | None:
    if not word:
        return ()
    for part in sorted(_PARTS, key=len, reverse=True):
        if word.startswith(part):
            rest = _segmented(word[len(part) :])
            if rest is not None:
                return part, *rest
    return None


def longest_piece(words: str, font: str, size: float, *, hyphenate: bool) -> float:
    """Width of the widest piece that cannot be broken."""
    pieces = [p for word in words.split() for p in (word_parts(word) if hyphenate else (word,))]
    return max((width_of(p + "-" if hyphenate else p, font, size) for p in pieces), default=0.0)


def wrap(words: str, font: str, size: float, width: float, *, hyphenate: bool = False) -> list[str]:
    """Lines not wider than ``width``; a line feed in the text always starts a new one."""
    lines: list[str] = []
    for paragraph in words.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if width_of(longer, font, size) <= width:
                line = longer
                continue
            rest = word
            while True:
                head, tail = _broken(line, rest, font, size, width) if hyphenate else ("", rest)
                if head:
                    lines.append(f"{line} {head}-" if line else f"{head}-")
                elif line:
                    lines.append(line)
                line, rest = "", tail
                if not head or width_of(rest, font, size) <= width:
                    break
            line = rest
        lines.append(line)
    return lines


def _broken(line: str, word: str, font: str, size: float, width: float) -> tuple[str, str]:
    parts = word_parts(word)
    for k in range(len(parts) - 1, 0, -1):
        head = "".join(parts[:k])
        if len(head) > 3 and width_of(f"{line} {head}-" if line else f"{head}-", font, size) <= width:
            return head, "".join(parts[k:])
    return "", word
