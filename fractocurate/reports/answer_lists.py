"""Lists of causes of which each is answered with yes or no: ``grinding damage: no``, or a cross below ``No``."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data_contracts.records import Word
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import Line, centre_x, join_text
from fractocurate.reports.tick_lists import chosen_column
from fractocurate.reports.tick_marks import Tick, mark_in_cell, understood
from fractocurate.reports.vocabulary import Vocabulary

_YES = re.compile(r"(?:yes|ja)[.,;]?", re.IGNORECASE)
_NO = re.compile(r"(?:no|nein)[.,;]?", re.IGNORECASE)
_WIDEST_PITCH_HEIGHTS = 1.5
"""White space between two lines of a list, in heights."""
_FEWEST_ANSWERS = 2
_OFF_HEIGHTS = 1.5
"""How far the middle of a cross may be from that of its column's head."""
_Columns = tuple[float, float]
"""Middle of the columns for yes and for no."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """One line of a list."""

    line: int
    label: tuple[Word, ...]
    kind: str
    """``defect_class`` or ``sub_type`` if the label is understood."""
    is_yes: bool


def find_answer_lists(page: int, lines: Sequence[Line], vocabulary: Vocabulary) -> tuple[list[Pair], set[int]]:
    """Lists as keys and values, and the numbers of the lines that they take.

    The value is the one label that is answered with yes. A list with several of those, or none, keeps all its words:
    no vocabulary understands them, and a person will look.
    """
    pairs: list[Pair] = []
    used: set[int] = set()
    for answers in _runs(lines, vocabulary):
        first, last = answers[0].line, answers[-1].line
        above = lines[first - 1] if first else None
        heading = chosen_column(_without_answers(above), vocabulary) if above and _is_near(lines, first) else ""
        kinds = {a.kind for a in answers if a.kind}
        if len(kinds) != 1 or (heading and heading not in kinds):
            continue
        chosen = [a.label for a in answers if a.is_yes]
        value = chosen[0] if len(chosen) == 1 else tuple(w for k in range(first, last + 1) for w in lines[k].words)
        key = above.words if above and heading else answers[0].label[:1]
        top = first - 1 if heading else first
        pairs.append(Pair(page, top, last, kinds.pop(), key, (value,)))
        used.update(range(top, last + 1))
    return pairs, used


def _runs(lines: Sequence[Line], vocabulary: Vocabulary) -> Iterator[list[_Answer]]:
    """Lines of answers that follow each other closely, two of them or more with labels that are understood."""
    run: list[_Answer] = []
    columns: _Columns | None = None
    for number, line in enumerate(lines):
        answer = _answer(number, line, vocabulary, columns)
        columns = _columns(line) or (columns if answer is not None else None)
        if run and (answer is None or not _is_near(lines, number)):
            if sum(bool(a.kind) for a in run) >= _FEWEST_ANSWERS:
                yield run
            run = []
        if answer is not None:
            run.append(answer)
    if sum(bool(a.kind) for a in run) >= _FEWEST_ANSWERS:
        yield run


def _is_near(lines: Sequence[Line], number: int) -> bool:
    return lines[number].box.top - lines[number - 1].box.bottom < _WIDEST_PITCH_HEIGHTS * lines[number].height


def _columns(line: Line) -> _Columns | None:
    """Where the columns of the answers stand, if a line ends with their heads, yes and no in either order."""
    if len(line.words) < _FEWEST_ANSWERS:
        return None
    for (yes, no), sign in ((line.words[-2:], 1), (line.words[:-3:-1], -1)):
        if _YES.fullmatch(yes.text) and _NO.fullmatch(no.text) and sign * (no.box.left - yes.box.right) > line.height:
            return centre_x(yes), centre_x(no)
    return None


def _without_answers(line: Line) -> tuple[Word, ...]:
    return line.words[:-2] if _columns(line) else line.words


def _answer(number: int, line: Line, vocabulary: Vocabulary, columns: _Columns | None) -> _Answer | None:
    """What a line answers; None if it does not end with yes or no, or with a cross in one of their columns."""
    *label, last = line.words
    is_yes = _YES.fullmatch(last.text) is not None
    if columns and mark_in_cell(last.text) is Tick.TICKED and not is_yes:
        yes, no = (abs(centre_x(last) - x) for x in columns)
        if min(yes, no) > _OFF_HEIGHTS * line.height:
            return None
        is_yes = yes < no
    elif not (is_yes or _NO.fullmatch(last.text)):
        return None
    bare = _without_mark(tuple(label)) if label else ()
    return _Answer(number, bare, understood(bare, vocabulary)[0], is_yes) if join_text(bare) else None


def _without_mark(label: tuple[Word, ...]) -> tuple[Word, ...]:
    """A label without the colon or the leaders that end it."""
    last = label[-1]
    text = last.text.rstrip(":.\u2026_- ")
    return (*label[:-1], Word(text, last.box, last.confidence)) if text else label[:-1]
