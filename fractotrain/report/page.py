"""The page as HTML: one file that loads nothing and runs nothing."""

import re
from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from fractotrain.evaluation.bootstrap import Estimate
from fractotrain.report.blocks import Cell, Figure, Level, Measured, Section, Table, ranged, rounded

_LEVEL_NAMES = {
    Level.BELIEVE: "Can be believed",
    Level.CAUTION: "With caution",
    Level.DO_NOT: "Do not rely on this",
}


_WIDE = 900
"""Units of a drawing's width from which it is made to fill the page."""

_ORDER = (Level.DO_NOT, Level.BELIEVE, Level.CAUTION)
"""What spoils the figures, the figures, and what qualifies them."""


def render_page(title: str, subtitle: str, run: str, sections: Sequence[Section]) -> str:
    """Render all sections, their verdicts gathered on top; the run stands on every printed page.

    Returns:
        HTML without any reference to another file or host. Names are escaped, unprintable characters spelled out.
    """
    environment = Environment(
        loader=PackageLoader("fractotrain", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: _printable(value) if type(value) is str else value,  # not Markup, which is done
    )
    environment.tests |= {
        "estimate": lambda cell: isinstance(cell, Estimate),
        "measured": lambda cell: isinstance(cell, Measured),
        "table": lambda block: isinstance(block, Table),
    }
    environment.filters |= {
        "inline_svg": inline_svg,
        "shown": _shown,
        "estimate": _estimate,
        "measured": _measured,
        "prose": prose,
    }
    by_level = {level: [v.sentence for s in sections for v in s.verdicts if v.level is level] for level in Level}
    return environment.get_template("report.html.j2").render(
        title=title,
        subtitle=subtitle,
        run="".join(c for c in run if c.isalnum() or c in "-_."),  # within a style sheet nothing can be escaped
        verdicts=[(level.value, _LEVEL_NAMES[level], by_level[level]) for level in _ORDER if by_level[level]],
        sections=sections,
        labels=_labels(sections),
    )


def inline_svg(figure: Figure) -> str:
    """The drawing as an element of the page: no prologue, no foreign namespaces, ids that no other drawing has.

    A screen reader says its caption; the numbers are in the CSV.
    """
    label = escape(_printable(figure.caption))
    svg = figure.svg[figure.svg.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
    width = re.search(r'viewBox="\S+ \S+ (\S+)', svg)
    if width and float(width[1]) > _WIDE:
        svg = svg.replace("<svg", '<svg class="wide"', 1)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'\bid="', f'id="{figure.name}-', svg)
    return re.sub(r'(url\(#|href="#)', rf"\g<1>{figure.name}-", svg)


def prose(text: str) -> Markup:
    """Text with what stands between backticks as code."""
    parts = _printable(text).split("`")
    if len(parts) % 2 == 0:  # one that has no partner: a name may hold it
        return escape(_printable(text))
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else escape(p) for i, p in enumerate(parts))


def _labels(sections: Sequence[Section]) -> dict[str, str]:
    """Name of a block -> `Table 3` or `Figure 2`, counted down the page."""
    labels: dict[str, str] = {}
    n = {"Table": 0, "Figure": 0}
    for section in sections:
        for block in section.blocks:
            kind = type(block).__name__
            n[kind] += 1
            labels[block.name] = f"{kind} {n[kind]}"
    return labels


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def _estimate(cell: Estimate) -> str:
    """Value and interval; ``-`` without a definition, and an interval that is lacking is named."""
    if cell.value is None:
        return "-"
    return ranged(cell) if cell.low is not None else f"{rounded(cell.value)} (no interval)"


def _measured(cell: Measured) -> str:
    """Value and interval, in per cent where it is a share."""
    if cell.value is None:
        return "-"

    def number(value: float) -> str:
        return f"{value:.1%}" if cell.is_share else rounded(value)

    if cell.low is None or cell.high is None:
        return f"{number(cell.value)} (no interval)"
    return f"{number(cell.value)} [{number(cell.low)}, {number(cell.high)}]"


def _printable(text: str) -> str:
    """Newlines, direction marks and undecodable bytes as escapes: a name must not disturb the page or hide itself."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
