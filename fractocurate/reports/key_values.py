"""Keys and values: report headers, and blocks that state one fracture (or several side by side) key by key."""

from collections.abc import Sequence
from dataclasses import dataclass

from data_contracts.records import Word
from fractocurate.reports.lines import Line, around, cell_gap_heights, centre_x, join_text, split_at_gaps
from fractocurate.reports.table_headers import INSTANCE_COLUMNS
from fractocurate.reports.vocabulary import Vocabulary, unit_of

_LONGEST_KEY_WORDS = 5
_FARTHEST_KEY_HEIGHTS = 5.0
"""Keys of one block follow each other at most this many line heights apart."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and what stands behind it."""

    page: int
    line: int
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


def find_pairs(page: int, lines: Sequence[Line], vocabulary: Vocabulary) -> list[Pair]:
    """Keys known to the vocabulary and their values, in reading order."""
    pairs: list[Pair] = []
    gap = 1.3 * cell_gap_heights(lines)
    for number, line in enumerate(lines):
        found = _pairs_of_line(page, number, line, vocabulary, gap)
        if found:
            pairs += found
        elif pairs and pairs[-1].line == number - 1 and (longer := _continued(pairs[-1], lines[number - 1], line)):
            pairs[-1] = longer
    return pairs


def _pairs_of_line(page: int, number: int, line: Line, vocabulary: Vocabulary, gap: float) -> list[Pair]:
    segments = split_at_gaps(line.words, gap)
    pairs: list[Pair] = []
    open_key: tuple[str, tuple[Word, ...]] | None = None
    values: list[tuple[Word, ...]] = []

    def close() -> None:
        if open_key is not None and values:
            pairs.append(Pair(page, number, open_key[0], open_key[1], tuple(values)))

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
    keys: list[tuple[int, int, str]] = []
    for index, word in enumerate(segment):
        if not word.text.endswith(":"):
            continue
        floor = keys[-1][1] if keys else 0
        for start in range(max(floor, index - _LONGEST_KEY_WORDS + 1), index + 1):
            names, _ = vocabulary.columns(join_text(segment[start : index + 1]))
            if names and (keys or start == 0):
                keys.append((start, index + 1, names[0]))
                break
    if not keys:
        names, similarity = vocabulary.columns(join_text(segment))
        if names and similarity >= 1.0:
            return [(names[0], segment, ())]
        return [("", (), segment)]
    pieces: list[tuple[str, tuple[Word, ...], tuple[Word, ...]]] = []
    for (start, end, name), following in zip(keys, [*keys[1:], (len(segment), 0, "")], strict=True):
        pieces.append((name, segment[start:end], segment[end : following[0]]))
    return pieces


def _continued(pair: Pair, above: Line, line: Line) -> Pair | None:
    """The pair with a value that goes on in the next line, set in below the value."""
    box = around(pair.values[-1])
    is_close = line.box.top - above.box.bottom < 0.6 * line.height
    if len(pair.values) == 1 and is_close and line.box.left >= box.left - 3 and len(line.words) <= 8:
        return Pair(pair.page, pair.line + 1, pair.name, pair.key, (pair.values[0] + line.words,))
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
    """A block begins with the key that begins the first one, with a key that it has already, or after a wide gap.

    A page break alone ends no block.
    """
    blocks: list[list[Pair]] = []
    for pair in pairs:
        if (
            not blocks
            or pair.name == pairs[0].name
            or any(p.name == pair.name for p in blocks[-1])
            or _is_far_below(blocks[-1][-1], pair)
        ):
            blocks.append([])
        blocks[-1].append(pair)
    return blocks


def _is_far_below(above: Pair, pair: Pair) -> bool:
    gap = pair.key[0].box.top - around(above.key).bottom
    return pair.page == above.page and gap > _FARTHEST_KEY_HEIGHTS * pair.key[0].box.height


def lanes_of_values(block: Sequence[Pair]) -> list[dict[str, tuple[Word, ...]]]:
    """Words per column, one mapping per fracture: several where the identifying keys have several values each."""
    leading = next((p for p in block if p.name in {"serial_number", "instance_tag"} and len(p.values) > 1), None)
    if leading is None:
        return [{p.name: tuple(w for v in p.values for w in v) for p in block}]
    centres = [(around(v).left + around(v).right) / 2 for v in leading.values]
    lanes: list[dict[str, tuple[Word, ...]]] = [{} for _ in centres]
    for pair in block:
        if len(pair.values) == 1 and pair.name in {"foan", "component_id"}:
            for lane in lanes:
                lane[pair.name] = pair.values[0]
            continue
        for word in (w for v in pair.values for w in v):
            nearest = min(range(len(centres)), key=lambda k: abs(centres[k] - centre_x(word)))
            lanes[nearest][pair.name] = (*lanes[nearest].get(pair.name, ()), word)
    return lanes
