"""Keys and values: report headers, and blocks that state one fracture (or several side by side) key by key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Word
from fractocurate.reports.caption_texts import begins_caption
from fractocurate.reports.header_cells import IDENTIFYING
from fractocurate.reports.key_pieces import heading_pieces, inner_pieces, pieces_of
from fractocurate.reports.lines import Line, around, cell_gap_heights, centre_y, join_text, split_at_gaps
from fractocurate.reports.run_in import ends_value, joined_paragraphs
from fractocurate.reports.table_rows import Anchors
from fractocurate.reports.units import is_unit, unit_of
from fractocurate.reports.vocabulary import Vocabulary

_FARTHEST_WRAP_HEIGHTS = 1.6

_LEADING_OF_VALUE = 0.6
"""White space between two lines of one value, in heights."""


_OFF_EDGE_HEIGHTS = 0.4

_FEWEST_LANES = 2

ASKED = frozenset({"serial_number", "sub_type", "fracture_load_kn"})
"""Keys whose missing value is missed: a FOAN may stand above, and a cause that is missing is told anyhow."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and what stands behind it."""

    page: int
    line: int
    """Number of the key's line on the page."""
    last_line: int
    """Number of the last line of its values."""
    name: str
    """Column of ``fracture_instances``, or a fact such as ``report_date``."""
    key: tuple[Word, ...]
    values: tuple[tuple[Word, ...], ...]
    """One per value that stands apart; several only where a table is written with its fields as rows."""

    @property
    def text(self) -> str:
        """All values as one text."""
        return " ".join(join_text(v) for v in self.values)

    @property
    def unit(self) -> str:
        """Unit of force that the key names."""
        return unit_of(join_text(self.key))


def find_pairs(
    page: int,
    lines: Sequence[Line],
    vocabulary: Vocabulary,
    numbers: Sequence[int] | None = None,
    is_value: Anchors = lambda name, text: False,  # noqa: ARG005 - no word is a value for who does not ask for it
) -> list[Pair]:
    """Keys known to the vocabulary and their values, in reading order.

    Args:
        page: 1-based.
        lines: of the page, outside its tables.
        vocabulary: knows the keys.
        numbers: of the lines on the page, where some of it are left out.
        is_value: tells identifiers, which may follow their key without a mark where they head a section.
    """
    pairs: list[Pair] = []
    numbers = list(numbers or range(len(lines)))
    lines = _with_values_beside(lines, numbers, vocabulary)
    gap = 1.3 * cell_gap_heights(lines)
    lines = joined_paragraphs(lines, numbers, lambda line: _runs_in(line, vocabulary, gap))
    wrapped: list[tuple[int, Line]] = []
    for index, (number, line) in enumerate(zip(numbers, lines, strict=True)):
        if begins_caption(line.text):
            continue
        found = pairs_of_line(page, number, line, vocabulary, gap, is_value)
        if found:
            pairs += found
        elif units := _units_of_keys(pairs, number, line, gap):
            pairs = units
        elif pairs and pairs[-1].last_line == number - 1 and (longer := _continued(pairs[-1], lines[index - 1], line)):
            pairs[-1] = longer
        elif lanes := _continued_in_lanes(pairs, number, lines[index - 1] if index else line, line, gap):
            pairs = lanes
        else:
            wrapped.append((number, line))
    return _with_wrapped_values(pairs, wrapped)


def _runs_in(line: Line, vocabulary: Vocabulary, gap: float) -> bool:
    """Whether keys and values follow each other in a line with nothing but a mark or a word space between."""
    last = split_at_gaps(line.words, gap)[-1]
    n_keys = sum(bool(name) for name, _, _ in pieces_of(last, vocabulary))
    return n_keys > 1 or (n_keys == 1 and (any(ends_value(w) for w in last) or _ends_with_key(last, vocabulary)))


def _ends_with_key(words: Sequence[Word], vocabulary: Vocabulary) -> bool:
    """Whether all behind the last comma is a key, whose mark had no room: ``machining defect, Fracture load``."""
    comma = max((k for k, word in enumerate(words) if word.text.endswith(",")), default=len(words))
    names, similarity = vocabulary.columns(join_text(words[comma + 1 :]))
    return bool(names) and similarity >= 1.0


def _units_of_keys(pairs: Sequence[Pair], number: int, line: Line, gap: float) -> list[Pair] | None:
    """The pairs with the units that a line holds, each below the key it belongs to; None if it holds anything else."""
    longer = list(pairs)
    for segment in split_at_gaps(line.words, gap):
        above = [
            k
            for k, pair in enumerate(longer)
            if pair.line == number - 1 and abs(pair.key[0].box.left - segment[0].box.left) < line.height
        ]
        if not is_unit(join_text(segment)) or not above:
            return None
        pair = longer[above[0]]
        longer[above[0]] = replace(pair, key=(*pair.key, *segment), last_line=number)
    return longer


def _with_values_beside(lines: Sequence[Line], numbers: list[int], vocabulary: Vocabulary) -> list[Line]:
    """The lines, those joined that are a key alone and, half a line lower, its values: a key of two lines is taller.

    ``numbers`` loses those of the lines that were joined to others.
    """
    joined: list[Line] = []
    kept: list[int] = []
    for number, line in zip(numbers, lines, strict=True):
        if joined and kept[-1] == number - 1:
            key = joined[-1]
            is_beside = line.box.left > key.box.right and line.box.top < key.box.bottom
            names, similarity = vocabulary.columns(key.text) if is_beside else ((), 0.0)
            if names and similarity >= 1.0:
                joined[-1] = Line((*key.words, *line.words))
                continue
        joined.append(line)
        kept.append(number)
    numbers[:] = kept
    return joined


def _with_wrapped_values(pairs: Sequence[Pair], lines: Sequence[tuple[int, Line]]) -> list[Pair]:
    """Add the other lines of values that stand side by side: centred on their key, so above or below its line."""
    longer = list(pairs)
    numbers = [pair.line for pair in pairs if len(pair.values) > 1]
    for number, line in lines:
        near = [
            (abs(line.centre_y - centre_y(pair.key[0])), index)
            for index, pair in enumerate(longer)
            if line.box.left > pair.key[-1].box.right and any(abs(n - pair.line) <= 4 for n in numbers)
        ]
        distance, index = min(near, default=(float("inf"), 0))
        if distance < _FARTHEST_WRAP_HEIGHTS * line.height:
            pair = longer[index]
            values = (*pair.values[:-1], (*pair.values[-1], *line.words))
            longer[index] = replace(pair, last_line=max(pair.last_line, number), values=values)
    return longer


def unanswered_keys(
    page: int, lines: Sequence[Line], pairs: Sequence[Pair], vocabulary: Vocabulary, numbers: Sequence[int]
) -> list[Pair]:
    """Keys of a page behind which nothing was found: left empty, or lost by OCR. Arguments as of ``find_pairs``."""
    answered = {id(w) for pair in pairs for words in (pair.key, *pair.values) for w in words}
    gap = 1.3 * cell_gap_heights(lines)
    return [
        key
        for number, line in zip(numbers, lines, strict=True)
        if not begins_caption(line.text)
        for key in pairs_of_line(page, number, line, vocabulary, gap, keeps_unanswered=True)
        if not key.text and id(key.key[0]) not in answered
    ]


def pairs_of_line(
    page: int,
    number: int,
    line: Line,
    vocabulary: Vocabulary,
    gap: float,
    is_value: Anchors | None = None,
    *,
    keeps_unanswered: bool = False,
) -> list[Pair]:
    """Keys and values of one line, left to right; ``gap`` in its heights parts a key without a mark from its value.

    Keys without a value are left out, or kept with an empty one if ``keeps_unanswered``.
    """
    segments = split_at_gaps(line.words, gap)
    pairs: list[Pair] = []
    open_key: tuple[str, tuple[Word, ...]] | None = None
    values: list[tuple[Word, ...]] = []

    def close() -> None:
        if open_key is None or not (values or keeps_unanswered):
            return
        inner = inner_pieces(values, vocabulary, is_value) if is_value and open_key[0] in IDENTIFYING else []
        if inner:
            words = tuple(w for v in values for w in v)
            values[:] = [words[: len(words) - sum(len(key) + len(value) for _, key, value in inner)]]
        pairs.append(Pair(page, number, number, open_key[0], open_key[1], tuple(values) or ((),)))
        pairs.extend(Pair(page, number, number, name, key, (value,)) for name, key, value in inner)

    for segment in segments:
        pieces = pieces_of(segment, vocabulary)
        if is_value is not None and {name for name, _, _ in pieces} <= {"", "instance_tag"}:
            pieces = heading_pieces(segment, vocabulary, is_value) or pieces
        for name, key, value in pieces:
            if name:
                close()
                open_key, values = (name, key), [value] if value else []
            elif open_key is not None and value:
                values.append(value)
    close()
    return pairs


def _continued(pair: Pair, above: Line, line: Line) -> Pair | None:
    """The pair with a value that goes on in the next line, set in below the value."""
    box = around(pair.values[-1])
    is_close = line.box.top - above.box.bottom < _LEADING_OF_VALUE * line.height
    if len(pair.values) == 1 and is_close and line.box.left >= box.left - 3 and len(line.words) <= 8:
        return replace(pair, last_line=pair.last_line + 1, values=(pair.values[0] + line.words,))
    return None


def _continued_in_lanes(pairs: Sequence[Pair], number: int, above: Line, line: Line, gap: float) -> list[Pair] | None:
    """The pairs, those of the line above with what goes on below their values; None if anything else stands there.

    For pairs that stand side by side: a line goes on with one or several of their values.
    """
    of_line = [k for k, pair in enumerate(pairs) if pair.last_line == number - 1 and len(pair.values) == 1]
    if len(of_line) < _FEWEST_LANES or line.box.top - above.box.bottom > _LEADING_OF_VALUE * line.height:
        return None
    longer = list(pairs)
    for segment in split_at_gaps(line.words, gap):
        left = segment[0].box.left
        own = [k for k in of_line if abs(pairs[k].values[0][0].box.left - left) < _OFF_EDGE_HEIGHTS * line.height]
        if len(own) != 1:
            return None
        pair = longer[own[0]]
        longer[own[0]] = replace(pair, last_line=number, values=((*pair.values[0], *segment),))
    return longer
