"""Causes at the start of a line of a paragraph that speaks of one part: such a paragraph is read as a whole."""

from collections.abc import Sequence

from fractocurate.reports.identify import Identifiers
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import Line

_MOST_LINES = 6
_TIGHT_HEIGHTS = 0.8
"""White space between two lines of one paragraph, in heights."""


def without_sentences(pairs: Sequence[Pair], lines: Sequence[Line], identifiers: Identifiers) -> list[Pair]:
    """The pairs without causes whose paragraph names its part in the lines above: ``Part S/N 512345 broke.`` ...

    Args:
        pairs: of one page.
        lines: of that page, numbered as its pairs are.
        identifiers: the site's grammars.
    """
    taken = {k for p in pairs for k in range(p.line, p.last_line + 1)}
    return [p for p in pairs if p.name != "defect_class" or not _names_a_part(p.line, lines, taken, identifiers)]


def _names_a_part(number: int, lines: Sequence[Line], taken: set[int], identifiers: Identifiers) -> bool:
    first = number
    while first > 0 and number - first < _MOST_LINES and first - 1 not in taken and _is_tight(lines, first):
        first -= 1
    text = " ".join(line.text for line in lines[first:number])
    return len({s.value for s in identifiers.serial_numbers_in(text)}) == 1


def _is_tight(lines: Sequence[Line], number: int) -> bool:
    above, line = lines[number - 1], lines[number]
    return line.box.top - above.box.bottom < _TIGHT_HEIGHTS * line.height and above.box.left < line.box.right
