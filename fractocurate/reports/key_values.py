"""Keys and values: report headers, and blocks that state one fracture (or several side by side) key by key."""

import itertools
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box, Word
from fractocurate.reports.lines import Line, around, cell_gap_heights, centre_y, group_lines, join_text, split_at_gaps
from fractocurate.reports.table_headers import INSTANCE_COLUMNS
from fractocurate.reports.vocabulary import Vocabulary, unit_of

_LONGEST_KEY_WORDS = 7
_UNIT_ALONE = re.compile(r"[\[(]?\s*[kKM]?N\s*[\])]?\s*:?")
_MARK = re.compile(r"=|:|[.·…_]{3,}")
"""What may stand between a key and its value."""
_FARTHEST_WRAP_HEIGHTS = 1.6
_LANE_GAP_HEIGHTS = 1.0
_FARTHEST_KEY_HEIGHTS = 5.0
"""Keys of one block follow each other at most this many line heights apart."""


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
    page: int, lines: Sequence[Line], vocabulary: Vocabulary, numbers: Sequence[int] | None = None
) -> list[Pair]:
    """Keys known to the vocabulary and their values, in reading order.

    Args:
        page: 1-based.
        lines: of the page, outside its tables.
        vocabulary: knows the keys.
        numbers: of the lines on the page, where some of it are left out.
    """
    pairs: list[Pair] = []
    numbers = list(numbers or range(len(lines)))
    lines = _with_values_beside(lines, numbers, vocabulary)
    gap = 1.3 * cell_gap_heights(lines)
    wrapped: list[tuple[int, Line]] = []
    for index, (number, line) in enumerate(zip(numbers, lines, strict=True)):
        found = pairs_of_line(page, number, line, vocabulary, gap)
        if found:
            pairs += found
        elif units := _units_of_keys(pairs, number, line, gap):
            pairs = units
        elif pairs and pairs[-1].last_line == number - 1 and (longer := _continued(pairs[-1], lines[index - 1], line)):
            pairs[-1] = longer
        else:
            wrapped.append((number, line))
    return _with_wrapped_values(pairs, wrapped)


def _units_of_keys(pairs: Sequence[Pair], number: int, line: Line, gap: float) -> list[Pair] | None:
    """The pairs with the units that a line holds, each below the key it belongs to; None if it holds anything else."""
    longer = list(pairs)
    for segment in split_at_gaps(line.words, gap):
        above = [
            k
            for k, pair in enumerate(longer)
            if pair.line == number - 1 and abs(pair.key[0].box.left - segment[0].box.left) < line.height
        ]
        if not _UNIT_ALONE.fullmatch(join_text(segment)) or not above:
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


def pairs_of_line(page: int, number: int, line: Line, vocabulary: Vocabulary, gap: float) -> list[Pair]:
    """Keys and values of one line, left to right; ``gap`` in its heights parts a key without a mark from its value."""
    segments = split_at_gaps(line.words, gap)
    pairs: list[Pair] = []
    open_key: tuple[str, tuple[Word, ...]] | None = None
    values: list[tuple[Word, ...]] = []

    def close() -> None:
        if open_key is not None and values:
            pairs.append(Pair(page, number, number, open_key[0], open_key[1], tuple(values)))

    for segment in segments:
        pieces = _pieces(segment, vocabulary)
        for name, key, value in pieces:
            if name:
                close()
                open_key, values = (name, key), [value] if value else []
            elif open_key is not None and value:
                values.append(value)
    close()
    return pairs


def _pieces(segment: tuple[Word, ...], vocabulary: Vocabulary) -> list[tuple[str, tuple[Word, ...], tuple[Word, ...]]]:
    """A segment as (name, key words, value words); a name is empty where the segment begins with a value."""
    keys: list[tuple[int, int, int, str]] = []
    """First word, word behind the last, first word of the value, and meaning."""
    for index, word in enumerate(segment):
        is_mark = _MARK.fullmatch(word.text) is not None
        if not is_mark and not word.text.endswith(":"):
            continue
        floor = keys[-1][2] if keys else 0
        end = index if is_mark else index + 1
        for start in range(max(floor, end - _LONGEST_KEY_WORDS), end):
            names, _ = vocabulary.columns(join_text(segment[start:end]))
            if names and (keys or start == 0):
                keys.append((start, end, index + 1, names[0]))
                break
    if not keys:
        names, similarity = vocabulary.columns(join_text(segment))
        if names and similarity >= 1.0:
            return [(names[0], segment, ())]
        return [("", (), segment)]
    pieces: list[tuple[str, tuple[Word, ...], tuple[Word, ...]]] = []
    ends = [following[0] for following in keys[1:]] + [len(segment)]
    for (start, end, value, name), last in zip(keys, ends, strict=True):
        pieces.append((name, segment[start:end], segment[value:last]))
    return pieces


def _continued(pair: Pair, above: Line, line: Line) -> Pair | None:
    """The pair with a value that goes on in the next line, set in below the value."""
    box = around(pair.values[-1])
    is_close = line.box.top - above.box.bottom < 0.6 * line.height
    if len(pair.values) == 1 and is_close and line.box.left >= box.left - 3 and len(line.words) <= 8:
        return replace(pair, last_line=pair.last_line + 1, values=(pair.values[0] + line.words,))
    return None


def find_blocks(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Pairs of fracture columns, grouped: a key that comes again begins the next block; so does a wide gap.

    Where a line has the same key twice, blocks stand side by side and are followed down each lane.
    """
    own = [p for p in pairs if p.name in INSTANCE_COLUMNS]
    if not own:
        return []
    splits = {page: _lane_splits([p for p in own if p.page == page]) for page in {p.page for p in own}}
    blocks: list[list[Pair]] = []
    for lane in range(max(map(len, splits.values())) + 1):
        blocks += _split_blocks([p for p in own if sum(_left(p) >= x for x in splits[p.page]) == lane])
    return sorted(blocks, key=lambda b: (b[0].page, b[0].line))


def _left(pair: Pair) -> float:
    return pair.key[0].box.left


def _lane_splits(pairs: Sequence[Pair]) -> list[float]:
    splits: list[float] = []
    for line in {p.line for p in pairs}:
        seen: set[str] = set()
        for pair in (p for p in pairs if p.line == line):
            if pair.name in seen and all(abs(_left(pair) - x) > 20 for x in splits):
                splits.append(_left(pair) - 5)
                seen = set()
            seen.add(pair.name)
    return sorted(splits)


def _split_blocks(pairs: Sequence[Pair]) -> list[list[Pair]]:
    """Blocks of one lane: runs between wide gaps, each split so that most blocks name a part and its cause.

    A page break alone ends no block.
    """
    runs: list[list[Pair]] = []
    for pair in pairs:
        if not runs or _is_far_below(runs[-1][-1], pair):
            runs.append([])
        runs[-1].append(pair)
    return [block for run in runs for block in _split_run(run)]


def _split_run(run: Sequence[Pair]) -> list[list[Pair]]:
    """Which key leads the blocks is tried out: a header's key above them may stand inside them as well."""
    leaders = list(dict.fromkeys(p.name for p in run))
    identifier = next((n for n in ("serial_number", "instance_tag", "foan") if n in leaders), "")

    def fit(blocks: list[list[Pair]]) -> tuple[int, int]:
        names = [{p.name for p in block} for block in blocks]
        return sum({identifier, "defect_class"} <= n for n in names), -len(blocks)

    return max((_split_at(run, leader) for leader in leaders), key=fit)


def _split_at(run: Sequence[Pair], leader: str) -> list[list[Pair]]:
    """A block begins with its leading key, a key that it has already, or, once it is complete, after a gap."""
    blocks: list[list[Pair]] = []
    for pair in run:
        if (
            not blocks
            or pair.name == leader
            or any(p.name == pair.name for p in blocks[-1])
            or (is_complete(blocks[-1]) and _is_set_off(blocks[-1], pair))
        ):
            blocks.append([])
        blocks[-1].append(pair)
    return blocks


def _is_far_below(above: Pair, pair: Pair) -> bool:
    bottom = around(w for words in (above.key, *above.values) for w in words).bottom
    gap = around(w for words in (pair.key, *pair.values) for w in words).top - bottom
    return pair.page == above.page and gap > _FARTHEST_KEY_HEIGHTS * pair.key[0].box.height


def is_complete(block: Sequence[Pair]) -> bool:
    """Whether a block names a part and its cause."""
    names = {p.name for p in block}
    return "defect_class" in names and bool(names & {"serial_number", "foan", "instance_tag"})


def _is_set_off(block: Sequence[Pair], pair: Pair) -> bool:
    """Whether a line of text, or clearly more white than inside the block, stands above a pair."""
    last = block[-1]
    if pair.page != last.page or pair.line > last.last_line + 1:
        return True
    steps = [b.key[0].box.top - a.key[0].box.top for a, b in itertools.pairwise(block) if a.page == b.page]
    pitches = [step for step in steps if step > 1]  # keys of a form stand side by side
    usual = statistics.median(pitches) if pitches else float("inf")
    # A value of several lines reaches far below its key.
    lowest_line = around((*last.key[:1], *(w for v in last.values for w in v))).bottom - last.key[0].box.height
    return pair.key[0].box.top - lowest_line > 1.6 * usual


def lanes_of_values(block: Sequence[Pair]) -> list[dict[str, tuple[Word, ...]]]:
    """Words per column, one mapping per fracture: several where the identifying keys have several values each."""
    # A table with its fields as rows.
    leading = next((p for p in block if p.name in {"serial_number", "instance_tag"} and len(p.values) > 1), None)
    if leading is None:
        return [{p.name: tuple(w for v in p.values for w in v) for p in block}]
    boxes = [around(v) for v in leading.values]
    lanes: list[dict[str, tuple[Word, ...]]] = [{} for _ in boxes]
    for pair in block:
        if len(pair.values) == 1 and pair.name in {"foan", "component_id"}:
            for lane in lanes:
                lane[pair.name] = pair.values[0]
            continue
        words = [w for v in pair.values for w in v]
        for segment in (s for line in group_lines(words) for s in split_at_gaps(line.words, _LANE_GAP_HEIGHTS)):
            lane = lanes[_nearest_lane(around(segment), boxes)]
            lane[pair.name] = (*lane.get(pair.name, ()), *segment)
    return lanes


def _nearest_lane(box: Box, lanes: Sequence[Box]) -> int:
    """By the left edge or the centre, whichever fits better: values may be set either way."""
    middle = box.left + box.right
    offsets = [min(abs(box.left - x.left), abs(middle - x.left - x.right) / 2) for x in lanes]
    return offsets.index(min(offsets))
