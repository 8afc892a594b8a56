"""Keys and values to blocks: one block states one fracture, or several side by side."""

import itertools
import re
import statistics
from collections.abc import Sequence
from dataclasses import replace

from data_contracts.records import Box, Word
from fractocurate.reports.header_cells import INSTANCE_COLUMNS
from fractocurate.reports.key_values import ASKED, Pair
from fractocurate.reports.lines import around, group_lines, join_text, split_at_gaps
from fractocurate.reports.table_rows import Anchors

_PAGE_PT = 1000.0
"""White space for which a page break counts."""
_LANE_GAP_HEIGHTS = 1.0
_LINE_ROOM_HEIGHTS = 0.9
"""White space, in heights, that a line takes at least."""
_METHOD = re.compile(r"(?:DIN|EN|ISO|ASTM|JIS|IEC|VDI|BS)\b")
_FARTHEST_KEY_HEIGHTS = 5.0
"""Keys of one block follow each other at most this many line heights apart."""


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

    def fit(blocks: list[list[Pair]]) -> tuple[int, int, float]:
        names = [{p.name for p in block} for block in blocks]
        # Where a leading key was lost, another one leads as many blocks: white space tells which is the first.
        return sum({identifier, "defect_class"} <= n for n in names), -len(blocks), _white_above(blocks)

    return max((_split_at(run, leader) for leader in leaders), key=fit)


def _white_above(blocks: Sequence[Sequence[Pair]]) -> float:
    """Usual white space above the blocks of a run but the first, in whole points; a page break is the widest."""
    gaps = [
        b.key[0].box.top - around((*a.key, *(w for v in a.values for w in v))).bottom if a.page == b.page else _PAGE_PT
        for a, b in ((above[-1], below[0]) for above, below in itertools.pairwise(blocks))
    ]
    return float(round(statistics.median(gaps))) if gaps else 0.0


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


def with_unanswered(block: Sequence[Pair], keys: Sequence[Pair]) -> list[Pair]:
    """The block with the keys that stand in it or right at its ends and have no value: what they ask for is missing."""
    page, first, last = block[0].page, block[0].line, max(p.last_line for p in block)
    names = {p.name for p in block}
    missing = {
        key.name: key
        for key in keys
        if key.page == page and first - 1 <= key.line <= last + 1 and key.name in ASKED and key.name not in names
    }
    return [*block, *missing.values()]


def with_wrapped_key(blocks: Sequence[Sequence[Pair]], is_value: Anchors) -> list[list[Pair]]:
    """The blocks, those joined that only the second line of a cause's key parts: ``Defect`` / ``class``, both known.

    What stands beside that line is the rest of the wording and names no cause by itself; a block below that names
    one may be another part whose number was lost, and stays alone.
    """
    joined: list[list[Pair]] = []
    for block in blocks:
        above, first = joined[-1] if joined else [], block[0]
        names = {p.name for p in block}
        if (
            above
            and is_complete(above)
            and above[-1].name == first.name == "defect_class"
            and (first.page, first.line) == (above[-1].page, above[-1].last_line + 1)
            and not names & {"serial_number", "foan", "instance_tag"}
            and not names & {p.name for p in above[:-1]}
            and not is_value("defect_class", first.text)
        ):
            cause = above.pop()
            values = (*cause.values[:-1], (*cause.values[-1], *(w for v in first.values for w in v)))
            joined[-1] += [replace(cause, last_line=first.last_line, values=values), *block[1:]]
        else:
            joined.append(list(block))
    return joined


def is_complete(block: Sequence[Pair]) -> bool:
    """Whether a block names a part and its cause."""
    names = {p.name for p in block}
    return "defect_class" in names and bool(names & {"serial_number", "foan", "instance_tag"})


def _is_set_off(block: Sequence[Pair], pair: Pair) -> bool:
    """Whether a line of text, or clearly more white than inside the block, stands above a pair."""
    last = block[-1]
    bottom = around((*last.key, *(w for v in last.values for w in v))).bottom
    # A title beside both, centred on them, has a line of its own and stands in no space between them.
    has_room = pair.key[0].box.top - bottom > _LINE_ROOM_HEIGHTS * pair.key[0].box.height
    if pair.page != last.page or (pair.line > last.last_line + 1 and has_room):
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
        return [{p.name: tuple(w for v in _of_one_part(p) for w in v) for p in block}]
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


def _of_one_part(pair: Pair) -> list[tuple[Word, ...]]:
    """The values of a key without the standard by which it was tested, which systems print beside result and unit."""
    behind = [v for v in pair.values[1:] if not _METHOD.match(join_text(v))]
    return [*pair.values[:1], *behind]


def _nearest_lane(box: Box, lanes: Sequence[Box]) -> int:
    """By the left edge or the centre, whichever fits better: values may be set either way."""
    middle = box.left + box.right
    offsets = [min(abs(box.left - x.left), abs(middle - x.left - x.right) / 2) for x in lanes]
    return offsets.index(min(offsets))
