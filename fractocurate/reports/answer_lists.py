"""Lists of causes of which each is answered with yes or no: ``grinding damage: no``, ``pressing defect: yes``."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data_contracts.records import Word
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import Line, join_text
from fractocurate.reports.tick_lists import chosen_column
from fractocurate.reports.tick_marks import understood
from fractocurate.reports.vocabulary import Vocabulary

_YES = re.compile(r"(?:yes|ja)[.,;]?", re.IGNORECASE)
_NO = re.compile(r"(?:no|nein)[.,;]?", re.IGNORECASE)
_WIDEST_PITCH_HEIGHTS = 1.5
"""White space between two lines of a list, in heights."""
_FEWEST_ANSWERS = 2


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
        heading = chosen_column(above.words, vocabulary) if above and _is_near(lines, first) else ""
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
    for number, line in enumerate(lines):
        answer = _answer(number, line, vocabulary)
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


def _answer(number: int, line: Line, vocabulary: Vocabulary) -> _Answer | None:
    """What a line answers; None if it does not end with yes or no."""
    *label, last = line.words
    is_yes = _YES.fullmatch(last.text) is not None
    if not label or not (is_yes or _NO.fullmatch(last.text)):
        return None
    bare = _without_mark(tuple(label))
    return _Answer(number, bare, understood(bare, vocabulary)[0], is_yes) if join_text(bare) else None


def _without_mark(label: tuple[Word, ...]) -> tuple[Word, ...]:
    """A label without the colon or the leaders that end it."""
    last = label[-1]
    text = last.text.rstrip(":.\u2026_- ")
    return (*label[:-1], Word(text, last.box, last.confidence)) if text else label[:-1]
