"""Boxes to tick: which of the labels beside them is ticked. From text layers and OCR alike, for lists and for cells.

Exactly one ticked meaning among boxes that can all be told ticked from empty is a choice; anything else is a problem
for a person, and the words stay as printed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from data_contracts.records import Box, Word
from fractocurate.reports.lines import Line, group_lines, join_text, split_at_gaps
from fractocurate.reports.synonyms import fold
from fractocurate.reports.vocabulary import Vocabulary

TICKED_BOX, EMPTY_BOX = "\u2612", "\u2610"
"""What a drawn box is noted as."""
_SYMBOL_FONT = {
    0xF06F: EMPTY_BOX, 0xF071: EMPTY_BOX, 0xF0A8: EMPTY_BOX, 0xF0A3: EMPTY_BOX, 0xF078: TICKED_BOX, 0xF0FD: TICKED_BOX,
    0xF0FE: TICKED_BOX, 0xF052: TICKED_BOX, 0xF054: TICKED_BOX, 0xF0FC: "\u2713", 0xF0FB: "\u2717", 0xF0B7: "\u2022",
    0xF0A7: "\u25aa", 0xF0D8: "\u27a2",
}  # fmt: skip
"""Boxes, ticks and points of Wingdings, Wingdings 2 and Symbol, at the code points where Word's PDFs have them."""
_TICKS = "xX\u00d7\u2715\u2716\u2717\u2718\u2713\u2714"
_TICKED = re.compile(
    rf"\[_?[{_TICKS}vV]_?\]|[({{|]_?[{_TICKS}]_?[)}}|]|_+[{_TICKS}]_+|[\u2611\u2612\u2705\u25a3\u22a0\u2713\u2714\u2717\u2718]"
)
_EMPTY = re.compile(r"\[[_.]?\]|\([_.]?\)|\{\}|_{1,5}|[\u2610\u25a1\u25fb\u25fd\u2751\u274f\u274d\u25cb\u25ef]")
_TICK_ALONE = re.compile(rf"[{_TICKS}\u25cf\u25a0\u25fc]")
"""A tick without its box: it counts beside boxes only."""
_THIS = re.compile(r"[xX]{1,3}|[\u2022\u25c6\u2605*+1]|ja|yes|Ja|Yes|JA|YES")
_NOT_THIS = re.compile(r"[-\u2013\u2014./0oO\u00b7]{1,3}|nein|no|Nein|No|NEIN|NO")
"""What marks a cell of a table, and what says that it is not marked."""
_BOXED = re.compile(r"(?P<box>\[[ _xXvV]?\]|\([ _xX]?\)|[\u2610-\u2612\u25a1\u25a0\u2713\u2714\u2717\u2718])(?=\w)")
"""A box without white space before its label."""
_CLOSED = re.compile(r"(?P<box>[xX]?[\])}])(?=\w)")
"""The same where white space parts the box itself."""
_OPENING, _CLOSING = "[({", "])}"
_BROKEN_BOX = re.compile(r"[\[\](){}|LlIJCcOoDU01\u00a9\u00ae]{1,3}|[\[({|]\W?\w?|\w?[\])}|]")
"""What OCR makes of a box: it may have been empty or ticked."""
_LABEL_GAP_HEIGHTS = 2.0
"""White space in line heights behind which something else than the label begins."""
_LEADING_HEIGHTS = 0.6
"""White space between two lines of one label."""


class Tick(Enum):
    """State of one box."""

    TICKED = "ticked"
    EMPTY = "empty"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Mark:
    """One box in a line of words."""

    state: Tick
    first: int
    """Index of its first word."""
    last: int


@dataclass(frozen=True, slots=True)
class Option:
    """A box and its label."""

    state: Tick
    mark: tuple[Word, ...]
    label: tuple[Word, ...]
    kind: str
    """``defect_class`` or ``sub_type`` if the vocabulary understands the label; empty if not."""
    meaning: str
    """What it understands it as; the folded label if it does not."""

    @property
    def text(self) -> str:
        """The label."""
        return join_text(self.label)

    @property
    def words(self) -> tuple[Word, ...]:
        """Mark and label."""
        return (*self.mark, *self.label)


@dataclass(frozen=True, slots=True)
class Choice:
    """What some boxes say."""

    words: tuple[Word, ...]
    """Labels of the ticked boxes."""
    problem: str
    """Why a person must look; empty where one meaning is ticked and all boxes are told apart."""


def plain_symbol(code: int) -> str:
    """The character of a code point, symbols of the private use area as those that mean the same."""
    return _SYMBOL_FONT.get(code) or (chr(code) if code < 0x110000 else "\ufffd")


def marks_of(words: Sequence[Word]) -> list[Mark]:
    """Boxes among the words of one line, left to right; ``[`` and ``]`` apart are one box."""
    marks: list[Mark] = []
    index = 0
    while index < len(words):
        mark = _mark_at(words, index)
        if mark is not None:
            marks.append(mark)
            index = mark.last
        index += 1
    if marks:
        taken = {k for m in marks for k in range(m.first, m.last + 1)}
        alone = [k for k, w in enumerate(words) if k not in taken and _TICK_ALONE.fullmatch(w.text)]
        marks += [Mark(Tick.TICKED, k, k) for k in alone]
    return sorted(marks, key=lambda m: m.first)


def _mark_at(words: Sequence[Word], index: int) -> Mark | None:
    for length in (3, 2, 1):
        part = words[index : index + length]
        text = "".join(w.text for w in part)
        if len(part) < length or (length > 1 and not (part[0].text in tuple(_OPENING) and text[-1] in _CLOSING)):
            continue
        for state, pattern in ((Tick.TICKED, _TICKED), (Tick.EMPTY, _EMPTY)):
            if pattern.fullmatch(text):
                return Mark(state, index, index + length - 1)
    return None


def mark_in_cell(text: str) -> Tick:
    """What stands in a cell below the name of a cause: a mark, nothing or a sign for it, or something else."""
    text = "".join(text.split())
    if not text or _EMPTY.fullmatch(text) or _NOT_THIS.fullmatch(text):
        return Tick.EMPTY
    is_mark = _TICKED.fullmatch(text) or _TICK_ALONE.fullmatch(text) or _THIS.fullmatch(text)
    return Tick.TICKED if is_mark else Tick.UNCLEAR


def is_broken_box(word: Word) -> bool:
    """Whether a word may be what OCR has made of a box."""
    return _BROKEN_BOX.fullmatch(word.text) is not None


def set_apart(words: Sequence[Word]) -> list[Word]:
    """The words, boxes parted from labels that follow them without white space."""
    apart: list[Word] = []
    for word in words:
        is_open = bool(apart) and apart[-1].text in tuple(_OPENING)
        match = _BOXED.match(word.text) or (_CLOSED.match(word.text) if is_open else None)
        if match is None:
            apart.append(word)
            continue
        box, middle = word.box, word.box.left + word.box.width * match.end() / len(word.text)
        apart.append(Word(match["box"], Box(box.left, box.top, middle, box.bottom), word.confidence))
        rest = word.text[match.end() :]
        apart.append(Word(rest, Box(middle, box.top, box.right, box.bottom), word.confidence))
    return apart


def understood(label: Sequence[Word], vocabulary: Vocabulary) -> tuple[str, str]:
    """``defect_class`` or ``sub_type``, and which; two empty strings where the vocabulary does not know a label."""
    text = join_text(label).strip(" ,;.:")
    sub_type, defect_class = vocabulary.sub_type(text), vocabulary.defect_class(text)
    # "hard agglomerate" is a sub-type as it stands, and would be a class with a detail.
    if sub_type is not None and sub_type.similarity >= 1.0 and (defect_class is None or defect_class.rest):
        return "sub_type", sub_type.name
    if defect_class is not None:
        return "defect_class", defect_class.name
    return ("", "") if sub_type is None else ("sub_type", sub_type.name)


def read_options(words: Sequence[Word], vocabulary: Vocabulary) -> tuple[list[Option], list[Word]]:
    """Boxes with their labels, in reading order, and the words that belong to none.

    Boxes stand before their labels or behind them, the same way throughout: the way in which more labels are
    understood; where both ways would do and tick different labels, all are unclear. A known label whose box was lost,
    or cannot be told ticked from empty, is an unclear option.
    """
    lines = group_lines(set_apart(words))
    before, after = (_options(lines, vocabulary, box_first=first) for first in (True, False))
    if _plausibility(before) == _plausibility(after) and _ticked(before[0]) != _ticked(after[0]):
        return [replace(o, state=Tick.UNCLEAR) for o in before[0]], before[1]
    return max(before, after, key=_plausibility)


def _ticked(options: Sequence[Option]) -> set[str]:
    return {o.meaning for o in options if o.state is Tick.TICKED}


def _plausibility(found: tuple[list[Option], list[Word]]) -> tuple[int, int]:
    options, rest = found
    return sum(bool(o.kind) for o in options if o.state is not Tick.UNCLEAR), -len(rest)


def _options(lines: Sequence[Line], vocabulary: Vocabulary, *, box_first: bool) -> tuple[list[Option], list[Word]]:
    options: list[Option] = []
    rest: list[Word] = []
    for number, line in enumerate(lines):
        marks = marks_of(line.words)
        if not marks:
            is_close = number > 0 and line.box.top - lines[number - 1].box.bottom < _LEADING_HEIGHTS * line.height
            at = _option_above(options, line) if is_close and box_first else None
            if at is not None:
                options[at:] = _parted(
                    options[at].state, options[at].mark, (*options[at].label, *line.words), vocabulary
                )
                continue
        edges = [-1, *(k for m in marks for k in (m.first, m.last)), len(line.words)]
        spans = [line.words[edges[k] + 1 : edges[k + 1]] for k in range(0, len(edges), 2)]
        labels = spans[1:] if box_first else spans[:-1]
        spare = split_at_gaps(spans[0] if box_first else spans[-1], _LABEL_GAP_HEIGHTS)
        for mark, span in zip(marks, labels, strict=True):
            segments = split_at_gaps(span, _LABEL_GAP_HEIGHTS)
            own = (segments[0] if box_first else segments[-1]) if segments else ()
            spare += segments[1:] if box_first else segments[:-1]
            label = tuple(w for w in own if not _is_filler(w))
            if label or mark.state is not Tick.EMPTY:
                options += _parted(mark.state, line.words[mark.first : mark.last + 1], label, vocabulary)
        for segment in spare:
            lost = _with_lost_box(segment, vocabulary)
            if lost is None:
                rest += [w for w in segment if not _is_filler(w)]
            else:
                options.append(lost)
    return options, rest


def _option(state: Tick, mark: tuple[Word, ...], label: tuple[Word, ...], vocabulary: Vocabulary) -> Option:
    kind, meaning = understood(label, vocabulary) if label else ("", "")
    return Option(state, mark, label, kind, meaning or fold(join_text(label)))


def _parted(state: Tick, mark: tuple[Word, ...], label: tuple[Word, ...], vocabulary: Vocabulary) -> list[Option]:
    """An option, and behind it those whose boxes were lost: known labels that run into its own."""
    whole = _option(state, mark, label, vocabulary)
    if whole.kind:
        return [whole]
    for cut in range(1, len(label)):
        own, lost = _option(state, mark, label[:cut], vocabulary), _with_lost_box(label[cut:], vocabulary)
        if own.kind and lost is not None:
            return [own, lost]
    return [whole]


def _option_above(options: Sequence[Option], line: Line) -> int | None:
    """The last option if its label begins where a line does: a label of two lines."""
    is_last = bool(options and options[-1].label) and abs(options[-1].label[0].box.left - line.box.left) < line.height
    return len(options) - 1 if is_last and len(split_at_gaps(line.words, _LABEL_GAP_HEIGHTS)) == 1 else None


def _with_lost_box(segment: tuple[Word, ...], vocabulary: Vocabulary) -> Option | None:
    for mark, label in ((segment[:1], segment[1:]), ((), segment), (segment[-1:], segment[:-1])):
        if label and all(map(is_broken_box, mark)) and understood(label, vocabulary)[0]:
            return _option(Tick.UNCLEAR, mark, label, vocabulary)
    return None


def _is_filler(word: Word) -> bool:
    """The line to write on behind "other", or a speck."""
    return not any(c.isalnum() for c in word.text)


def choose(options: Sequence[Option], name: str) -> Choice:
    """What is ticked.

    Args:
        options: of one list.
        name: what they decide, in words, for the problem.
    """
    ticked = [o for o in options if o.state is Tick.TICKED]
    unclear = [o for o in options if o.state is Tick.UNCLEAR]
    words = tuple(w for o in ticked for w in o.label)
    labels = ", ".join(o.text or "no label" for o in options)
    if {fold(o.text) for o in ticked} & {fold(o.text) for o in options if o.state is Tick.EMPTY}:
        return Choice(words, f"{name}: one label is both ticked and empty among {labels}")
    if len({o.meaning for o in ticked}) > 1:
        return Choice(words, f"{name}: several boxes are ticked among {labels}")
    if unclear:
        return Choice(words, f"{name}: boxes cannot be told ticked from empty among {labels}")
    return Choice(words, "" if ticked else f"{name}: no box is ticked among {labels}")
