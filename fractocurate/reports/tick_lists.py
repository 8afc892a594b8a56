"""Lists of boxes to tick on a page: the cause of a fracture, or its sub-type, one label beside each box."""

import re
from collections.abc import Iterator, Sequence

from data_contracts.records import Word
from fractocurate.reports.key_values import Pair
from fractocurate.reports.lines import Line, join_text, split_at_gaps
from fractocurate.reports.tick_marks import Option, is_broken_box, marks_of, read_options, set_apart, understood
from fractocurate.reports.vocabulary import Vocabulary

CHOSEN = ("defect_class", "sub_type")
"""Columns that boxes may decide."""
_WIDEST_PITCH_HEIGHTS = 2.5
"""White space between two lines of a list, in heights."""
_LABEL_GAP_HEIGHTS = 2.0
_FEWEST_OPTIONS = 2
_ASIDE = re.compile(r"\([^)]*\)")


def find_tick_lists(page: int, lines: Sequence[Line], vocabulary: Vocabulary) -> tuple[list[Pair], set[int]]:
    """Lists as keys and values, and the numbers of the lines that they take.

    A value holds all boxes and labels of its list: whoever builds the instance reads which one is ticked. Lists in the
    cells of tables and forms, beside other words, are left to those.
    """
    pairs: list[Pair] = []
    used: set[int] = set()
    for first, last in _runs(lines, vocabulary):
        heading, words = _heading(lines, first, last, vocabulary)
        options, rest = read_options(words, vocabulary)
        own = _by_column(options, heading[0] if heading else "")
        is_list = len(options) >= _FEWEST_OPTIONS and (heading is not None or _decide_something(own))
        if rest or not is_list:
            continue
        top = heading[1] if heading else first
        for name in own:
            key = heading[2] if heading and name == next(iter(own)) else own[name][0].words[:1]
            values = tuple(w for option in own[name] for w in option.words)
            pairs.append(Pair(page, top, last, name, key, (values,)))
        used.update(range(top, last + 1))
    return pairs, used


def _runs(lines: Sequence[Line], vocabulary: Vocabulary) -> Iterator[tuple[int, int]]:
    """First and last line of each list: lines with boxes, and lines of known labels whose boxes were lost."""
    index = 0
    while index < len(lines):
        if not _has_box(lines[index]):
            index += 1
            continue
        first = last = index
        while first > 0 and _is_near(lines, first) and _is_of_known_labels(lines[first - 1], vocabulary):
            first -= 1
        while last + 1 < len(lines) and _is_near(lines, last + 1):
            following = lines[last + 1]
            if not (_has_box(following) or _is_of_known_labels(following, vocabulary) or _wraps(lines, last + 1)):
                break
            last += 1
        yield first, last
        index = last + 1


def _has_box(line: Line) -> bool:
    return bool(marks_of(set_apart(line.words)))


def _is_near(lines: Sequence[Line], index: int) -> bool:
    """Whether a line follows closely on the one above."""
    return lines[index].box.top - lines[index - 1].box.bottom < _WIDEST_PITCH_HEIGHTS * lines[index].height


def _is_of_known_labels(line: Line, vocabulary: Vocabulary) -> bool:
    segments = split_at_gaps(line.words, _LABEL_GAP_HEIGHTS)
    bare = [s[1:] if len(s) > 1 and is_broken_box(s[0]) else s for s in segments]
    return all(understood(label, vocabulary)[0] for label in bare)


def _wraps(lines: Sequence[Line], index: int) -> bool:
    """Whether a line stands between two of boxes and close below the first: it goes on with a label."""
    above, line = lines[index - 1], lines[index]
    is_between = index + 1 < len(lines) and _has_box(lines[index + 1]) and _is_near(lines, index + 1)
    return is_between and line.box.left > above.box.left and line.box.top - above.box.bottom < 0.6 * line.height


def _heading(
    lines: Sequence[Line], first: int, last: int, vocabulary: Vocabulary
) -> tuple[tuple[str, int, tuple[Word, ...]] | None, list[Word]]:
    """Column, line and words of what announces a list, and the words of the list itself."""
    body = [w for line in lines[first + 1 : last + 1] for w in line.words]
    top = lines[first].words
    for end in range(1, len(top)):
        is_end_of_key = top[end - 1].text.endswith(":") or bool(marks_of(set_apart(top[end : end + 1])))
        if (is_end_of_key or marks_of(top[end : end + 2])) and (name := chosen_column(top[:end], vocabulary)):
            return (name, first, top[:end]), [*top[end:], *body]
    words = [*top, *body]
    if first > 0 and _is_near(lines, first) and (name := chosen_column(lines[first - 1].words, vocabulary)):
        return (name, first - 1, lines[first - 1].words), words
    return None, words


def chosen_column(words: Sequence[Word], vocabulary: Vocabulary) -> str:
    """``defect_class`` or ``sub_type`` if some words announce one; what stands in brackets aside."""
    names, _ = vocabulary.columns(_ASIDE.sub(" ", join_text(words)).strip())
    return next((name for name in names if name in CHOSEN), "")


def _by_column(options: Sequence[Option], heading: str) -> dict[str, list[Option]]:
    """Options by the column that they decide; a label that is not understood goes with the one before it."""
    kinds = [o.kind for o in options if o.kind]
    if heading == "defect_class" and heading not in kinds:
        # What is called a cause and is none of the known ones must not pass for a sub-type alone.
        return {heading: list(options)}
    kind = kinds[0] if kinds else heading
    own: dict[str, list[Option]] = {}
    for option in options:
        kind = option.kind or kind
        own.setdefault(kind, []).append(option)
    return own


def _decide_something(own: dict[str, list[Option]]) -> bool:
    """Whether at least two labels with different meanings are understood as values of one column."""
    return any(len({o.meaning for o in options if o.kind}) >= _FEWEST_OPTIONS for options in own.values())
