"""Pieces of a page's text that may be captions: short, set apart, and how sure each looks by what it says."""

import itertools
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from data_contracts.records import Box, Word
from fractocurate.reports.lines import Line, around, split_at_gaps

REACH_PT = 40.0
"""Farthest that a caption stands from its picture."""

_LABEL = (
    r"\W{0,2}(?:f[il1]g(?:ure)?s?|a[bh]b(?:ildung(?:en)?)?|bild(?:er)?|image|picture|photo|foto|plate|tafel|mikrobild"
    r"|sem[- ]?image|rem[- ]?(?:bild|aufnahme)|micrograph)\b\s*[.,:]?\s*(?:nr\.?\s*)?"
    r"(?:\d{1,3}(?:[.\-]\d{1,2})*|[Il])[a-h]?(?!\w)(?!\s?[x\u00d7](?!\s?\d))"
)
"""How a caption begins in both languages, with what OCR makes of it; but ``image 500 x`` is a magnification."""
_BEGINNING = re.compile(_LABEL, re.IGNORECASE)
_LABEL_AND_MARK = re.compile(rf"{_LABEL}\s*[:.)\-\u2013]?", re.IGNORECASE)
_NUMBER_LOST = re.compile(r"\W{0,2}(?:f[il1]g|a[bh]b)[.,]\s+[^\W\d]", re.IGNORECASE)
_REFERENCE = re.compile(
    rf"{_LABEL}\s+(?:shows?|displays?|illustrates?|gives?|and|to|is|are|was|were|zeig(?:t|en)|ist|sind|und|bis|gibt"
    r"|stell(?:t|en))\b",
    re.IGNORECASE,
)
"""How a sentence about a figure begins: ``Fig. 3 shows ...``."""
_SUB_LABEL = re.compile(r"\W?[a-hA-H]\W?")
_CELL_GAP_HEIGHTS = 3.0
_DEBRIS_HEIGHT = 0.55
"""Of the page's usual word height: lower words are what OCR makes of grain and of lettering in pictures."""
_MOST_LINES = 6
_MOST_PLAIN_LINES = 2
_MOST_UNLABELLED_WORDS = 18
"""A longer text is running text, unless it begins as captions do."""


def begins_caption(text: str) -> bool:
    """Whether a line begins as captions do: ``Fig. 3: ...``."""
    return _BEGINNING.match(text) is not None or _NUMBER_LOST.match(text) is not None


class Strength(IntEnum):
    """How sure it is that a text is a caption, wherever it stands."""

    PLAIN = 1
    STATING = 2
    LABELLED = 3


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Lines that belong together."""

    lines: tuple[tuple[Word, ...], ...]
    box: Box
    height: float
    """Of one line."""
    text: str
    strength: Strength


def is_labelled(text: str) -> bool:
    """Whether a text begins as captions do: ``Fig. 3``, ``Abb. 3``, ``Bild 3`` ..."""
    return _BEGINNING.match(text) is not None and _REFERENCE.match(text) is None


def without_label(text: str) -> str:
    """The text without ``Fig. 3:``, whose number is none of its statements."""
    return _LABEL_AND_MARK.sub(" ", text)


def text_blocks(pictures: Sequence[Box], lines: Sequence[Line], is_stating: Callable[[str], bool]) -> list[TextBlock]:
    """Texts of up to some lines that may be captions."""
    fragments = sorted(_fragments(pictures, lines), key=lambda f: (around(f).top, around(f).left))
    stacks = _stacks(fragments)
    blocks = []
    for stack in stacks:
        box = around(w for line in stack for w in line)
        if not any(_is_in_reach(p, box) for p in pictures):
            continue
        text = " ".join(" ".join(w.text for w in line) for line in stack)
        if _SUB_LABEL.fullmatch(text) or len(stack) > _MOST_LINES:
            continue
        strength = Strength.PLAIN
        if is_labelled(text):
            strength = Strength.LABELLED
        elif _REFERENCE.match(text) or text.count(" ") >= _MOST_UNLABELLED_WORDS:
            continue
        elif is_stating(text):
            strength = Strength.STATING
        elif len(stack) > _MOST_PLAIN_LINES or not re.search(r"[^\W\d_]{3}", text):
            continue
        height = statistics.median(w.box.height for line in stack for w in line)
        blocks.append(TextBlock(tuple(stack), box, height, text, strength))
    return blocks


def _fragments(pictures: Sequence[Box], lines: Sequence[Line]) -> Iterator[tuple[Word, ...]]:
    """Pieces of lines outside of the pictures, parted at wide gaps and where pictures begin and end."""
    heights = [w.box.height for line in lines for w in line.words if len(w.text) > 2]
    lowest = _DEBRIS_HEIGHT * statistics.median(heights) if heights else 0.0
    for line in lines:
        outside = [w for w in line.words if w.box.height >= lowest and not any(_holds(p, w.box) for p in pictures)]
        for piece in split_at_gaps(outside, _CELL_GAP_HEIGHTS):
            yield from _split_at_edges(piece, pictures)


def _split_at_edges(words: Sequence[Word], pictures: Sequence[Box]) -> list[tuple[Word, ...]]:
    """Captions side by side may stand closer than words that OCR reads with a gap, but part at edges of pictures."""
    gaps = [b.box.left - a.box.right for a, b in itertools.pairwise(words)]
    if not gaps:
        return [tuple(words)]
    usual = statistics.median(gaps)
    pieces: list[list[Word]] = [[words[0]]]
    for index, (a, b) in enumerate(itertools.pairwise(words)):
        slack = 0.5 * b.box.height
        at_edge = any(
            a.box.right < edge + slack and b.box.left > edge - slack
            for p in pictures
            if p.top - REACH_PT < b.box.top < p.bottom + 2 * REACH_PT
            for edge in (p.left, p.right)
        )
        begins = is_labelled(" ".join(w.text for w in words[index + 1 : index + 3]))
        if (at_edge and (begins or gaps[index] > 1.6 * usual)) or (begins and gaps[index] > 2 * usual):
            pieces.append([])
        pieces[-1].append(b)
    return [tuple(piece) for piece in pieces]


def _stacks(fragments: Sequence[tuple[Word, ...]]) -> list[list[tuple[Word, ...]]]:
    """Fragments that go on line below line, in the page's own spacing."""
    boxes = [_line_box(f) for f in fragments]
    pitches = list(_pitches(boxes))
    limit = min(2.4, max(1.15, 1.25 * statistics.median(pitches))) if pitches else 1.6
    stacks: list[list[tuple[Word, ...]]] = []
    last: list[Box] = []
    for fragment, box in zip(fragments, boxes, strict=True):
        text = " ".join(w.text for w in fragment)
        above = [k for k, b in enumerate(last) if 0.5 < _pitch(b, box) <= limit and _is_same_text(b, box)]
        if not above or is_labelled(text):
            stacks.append([fragment])
            last.append(box)
        else:
            nearest = max(above, key=lambda k: last[k].bottom)
            stacks[nearest].append(fragment)
            last[nearest] = box
    return stacks


def _line_box(words: Sequence[Word]) -> Box:
    """Around the words, at the height of most: OCR gives one word of a line a box that is too high now and then."""
    box = around(words)
    words = [w for w in words if len(w.text) > 1] or words
    top, bottom = (statistics.median(getattr(w.box, side) for w in words) for side in ("top", "bottom"))
    return Box(box.left, top, box.right, bottom)


def _pitches(boxes: Sequence[Box]) -> Iterator[float]:
    for box in boxes:
        below = [p for b in boxes if _is_same_text(box, b) and (p := _pitch(box, b)) > 0.5]
        if below and min(below) < 2.5:
            yield min(below)


def _pitch(above: Box, below: Box) -> float:
    """From line to line, in line heights."""
    return (below.top + below.bottom - above.top - above.bottom) / max(above.height + below.height, 1.0)


def _is_same_text(a: Box, b: Box) -> bool:
    alike = max(a.height, b.height) < 1.5 * min(a.height, b.height)
    return alike and shared_length(a.left, a.right, b.left, b.right) > 0.5 * min(a.width, b.width)


def _is_in_reach(picture: Box, text: Box) -> bool:
    across = shared_length(picture.left, picture.right, text.left, text.right)
    down = shared_length(picture.top, picture.bottom, text.top, text.bottom)
    return min(across, down) > -REACH_PT


def _holds(picture: Box, word: Box) -> bool:
    x, y = (word.left + word.right) / 2, (word.top + word.bottom) / 2
    return picture.left <= x <= picture.right and picture.top <= y <= picture.bottom


def shared_length(low_a: float, high_a: float, low_b: float, high_b: float) -> float:
    """Length that two intervals have in common; negative if they are apart."""
    return min(high_a, high_b) - max(low_a, low_b)
