"""Sets lines, paragraphs and key/value pairs on pages, opens new pages, and prints header and footer on each."""

from dataclasses import dataclass, field

from hard_reports.sheet import BLACK, FACES, Colour, Fill, Item, Line, Sheet, Text, width_of, wrap

GREY: Colour = (0.45, 0.45, 0.45)


@dataclass
class Writer:
    """A growing report. ``y`` is where the next line begins."""

    width: float = 595.3
    height: float = 841.9
    face: str = "helvetica"
    size: float = 10.0
    margin: float = 54.0
    header: tuple[str, str] = ("", "")
    """Left and right; empty for none."""
    footer: tuple[str, str] = ("", "")
    """Left and right; the right one may hold ``{page}`` and ``{pages}``."""
    sideways: int = 0
    furniture: str = "plain"
    """``plain``, ``ruled`` (rules below the header and above the footer) or ``block`` (a framed title on each page)."""
    block: tuple[str, str, str] = ("", "", "")
    """Laboratory, title and number for the framed title."""
    sheets: list[Sheet] = field(default_factory=list)
    y: float = 0.0

    def __post_init__(self) -> None:
        if not self.sheets:
            self.new_page()

    @property
    def regular(self) -> str:
        """Name of the plain font."""
        return FACES[self.face][0]

    @property
    def bold(self) -> str:
        """Name of the bold font."""
        return FACES[self.face][1]

    @property
    def page(self) -> int:
        """The open page, 1-based."""
        return len(self.sheets)

    @property
    def left(self) -> float:
        """Left edge of the text."""
        return self.margin

    @property
    def right(self) -> float:
        """Right edge of the text."""
        return self.width - self.margin

    @property
    def text_width(self) -> float:
        """Width between the margins."""
        return self.right - self.left

    @property
    def bottom(self) -> float:
        """Lowest place for text."""
        return self.height - max(self.margin, 40.0)

    @property
    def top(self) -> float:
        """Highest place for text."""
        return max(self.margin, 84.0 if self.furniture == "block" else 46.0)

    def new_page(self) -> None:
        """Open the next page."""
        self.sheets.append(Sheet(self.width, self.height, sideways=self.sideways))
        self.y = self.top

    def need(self, height: float) -> bool:
        """Open a new page unless ``height`` is left on this one; says whether it did."""
        if self.y + height <= self.bottom or self.y <= self.top:
            return False
        self.new_page()
        return True

    def add(self, *items: Item) -> None:
        """Put items on the open page."""
        self.sheets[-1].items.extend(items)

    def gap(self, height: float) -> None:
        """Leave space."""
        self.y += height

    def put(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 0,
        bold: bool = False,
        colour: Colour = BLACK,
        align: str = "left",
    ) -> None:
        """One line of text at a place; ``x`` is its left end, centre or right end."""
        size = size or self.size
        font = self.bold if bold else self.regular
        if align != "left":
            x -= width_of(words, font, size) * (0.5 if align == "centre" else 1.0)
        if words:
            self.add(Text(x, y, words, font, size, colour))

    def line(self, words: str, *, size: float = 0, bold: bool = False, align: str = "left") -> None:
        """One line of text on its own, shrunk if it is too long."""
        size = size or self.size
        font = self.bold if bold else self.regular
        size = min(size, size * self.text_width / max(width_of(words, font, size), 1.0))
        self.need(1.4 * size)
        self.y += 1.1 * size
        x = {"left": self.left, "centre": (self.left + self.right) / 2, "right": self.right}[align]
        self.put(x, self.y, words, size=size, bold=bold, align=align)
        self.y += 0.35 * size

    def paragraph(
        self, words: str, *, size: float = 0, hyphenate: bool = False, left: float = 0, width: float = 0
    ) -> None:
        """Text over the whole width, or in a column of it."""
        size = size or self.size
        x, width = left or self.left, width or self.text_width
        for text in wrap(words, self.regular, size, width, hyphenate=hyphenate):
            self.need(1.3 * size)
            self.y += 1.0 * size
            self.put(x, self.y, text, size=size)
            self.y += 0.3 * size

    def pairs(self, entries: list[tuple[str, str]], *, key_width: float = 0, left: float = 0, colon: str = ":") -> None:
        """Keys and values in two columns."""
        x = left or self.left
        key_width = key_width or 12 + max(width_of(k + colon, self.bold, self.size) for k, _ in entries)
        for key, value in entries:
            lines = wrap(value, self.regular, self.size, self.right - x - key_width) if value else [""]
            self.need(len(lines) * 1.4 * self.size)
            for number, text in enumerate(lines):
                self.y += 1.1 * self.size
                if number == 0:
                    self.put(x, self.y, key + colon, bold=True)
                self.put(x + key_width, self.y, text)
                self.y += 0.3 * self.size

    def rule(self, *, width: float = 0.8) -> None:
        """A line across the page."""
        self.add(Line(self.left, self.y, self.right, self.y, width))
        self.y += 4

    def frame(self, box: tuple[float, float, float, float], *, width: float = 0.6, fill: Colour | None = None) -> None:
        """The outline of a box."""
        left, top, right, bottom = box
        if fill:
            self.add(Fill(box, fill))
        self.add(
            Line(left, top, right, top, width),
            Line(right, top, right, bottom, width),
            Line(left, bottom, right, bottom, width),
            Line(left, top, left, bottom, width),
        )

    def finish(self) -> list[Sheet]:
        """Print header and footer on every page and hand the pages over."""
        small = min(8.0, 0.85 * self.size)
        for number, sheet in enumerate(self.sheets, start=1):
            if self.furniture == "block":
                self._block(sheet, number)
            else:
                self._edge(sheet, self.header, 30.0, small, number)
            self._edge(sheet, self.footer, sheet.height - 24.0, small, number)
            if self.furniture == "ruled":
                for y in (35.0, sheet.height - 34.0):
                    sheet.items.append(Line(self.left, y, self.right, y, 0.8))
        return self.sheets

    def _block(self, sheet: Sheet, page: int) -> None:
        """The framed title: laboratory, title, number over the count of pages."""
        laboratory, title, number = self.block
        top, bottom, size = 28.0, 64.0, 8.0
        xs = [self.left + share * self.text_width for share in (0.0, 0.36, 0.76, 1.0)]
        for x in xs:
            sheet.items.append(Line(x, top, x, bottom, 0.8))
        for y in (top, bottom):
            sheet.items.append(Line(self.left, y, self.right, y, 0.8))
        cells = ((laboratory, self.bold), (title, self.regular), (f"{number}\n{page}/{len(self.sheets)}", self.regular))
        for (words, font), left, right in zip(cells, xs[:-1], xs[1:], strict=True):
            for k, text in enumerate(wrap(words, font, size, right - left - 10)):
                sheet.items.append(Text(left + 5, top + 14 + 11 * k, text, font, size))

    def _edge(self, sheet: Sheet, words: tuple[str, str], y: float, size: float, page: int) -> None:
        left, right = (w.format(page=page, pages=len(self.sheets)) for w in words)
        if left:
            sheet.items.append(Text(self.left, y, left, self.regular, size, GREY))
        if right:
            x = self.right - width_of(right, self.regular, size)
            sheet.items.append(Text(x, y, right, self.regular, size, GREY))
