"""Where the words of a data bar stand to each other: under a header, behind a keyword; and how two looks agree."""

import re
from collections.abc import Sequence

from data_contracts.records import Box, Word
from fractocurate.micrographs.bar_text import BarText, TextLine

VALUE_REACH = 14
"""Characters between a keyword and its value on one line."""
_COLUMN_REACH = 2.0
"""Header heights that the middle of a word of a value may lie beside its header."""
_KEYWORD_REACH = 4
"""Letter heights between them: further away the keyword is a column header and the value belongs to something else."""
FIELD_WIDTH = re.compile(
    r"\b(?:HFW|HFOV|HFV|FOV|FW|view\s*f\w{2,3}d|field\s*of\s*view|horiz\w*\s*field\s*w\w*|bildbreite|sichtfeld|bildfeld)\b",
    re.IGNORECASE,
)
AGREED_CONFIDENCE = 0.6


def box_of(words: Sequence[Word]) -> Box | None:
    """The smallest box around some words."""
    if not words:
        return None
    return Box(
        min(w.box.left for w in words),
        min(w.box.top for w in words),
        max(w.box.right for w in words),
        max(w.box.bottom for w in words),
    )


def words_below(text: BarText, header: Box) -> tuple[Word, ...]:
    """The words of the next line that stand nearer to a header than to the other headers of its line."""
    headers = [w.box for w in text.words if abs(w.box.top - header.top) <= 0.5 * header.height]
    words = []
    for word in text.words:
        if not header.bottom - 0.3 * header.height <= word.box.top <= header.bottom + 2 * header.height:
            continue
        middle = (word.box.left + word.box.right) / 2
        apart = _apart(middle, header)
        if apart <= _COLUMN_REACH * header.height and all(apart <= _apart(middle, other) for other in headers):
            words.append(word)
    return tuple(sorted(words, key=lambda w: w.box.left))


def _apart(x: float, box: Box) -> float:
    return max(0.0, box.left - x, x - box.right)


def stands_behind(keyword: re.Pattern[str], line: TextLine, start: int) -> bool:
    """Whether a keyword stands right before a position on a line: few characters and few letter widths away."""
    text = line.text[:start]
    matches = list(keyword.finditer(text))
    if not matches or start - matches[-1].end() > VALUE_REACH or re.search(r"\d", text[matches[-1].end() :]):
        return False
    words, value = line.words_at(matches[-1].start(), matches[-1].end()), line.words_at(start, start + 1)
    return bool(words and value) and value[0].box.left - words[-1].box.right <= _KEYWORD_REACH * words[-1].box.height


def stands_under(keyword: re.Pattern[str], text: BarText, box: Box) -> bool:
    """Whether a box stands in the column of a keyword."""
    return any(
        keyword.fullmatch(w.text)
        and any(
            below.box.left < box.right and box.left < below.box.right and abs(below.box.top - box.top) < box.height
            for below in words_below(text, w.box)
        )
        for w in text.words
    )


def agreed_confidence(one: float, other: float) -> float:
    """Confidence of a value that two looks at different sizes agree on: at least 0.6, that one of them is right."""
    return round(max(AGREED_CONFIDENCE, 1 - (1 - one) * (1 - other)), 3)
