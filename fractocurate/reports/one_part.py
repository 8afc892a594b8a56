"""Reports about one part alone: whatever key they state, in whichever section, it is that part's."""

from collections.abc import Sequence

from fractocurate.reports.key_values import Pair
from fractocurate.reports.table_rows import Anchors

_MOST_WORDS = 3
"""Of a cause within a sentence."""


def joined_if_one_part(blocks: Sequence[Sequence[Pair]], is_value: Anchors) -> list[list[Pair]]:
    """The blocks as one, if together they name one part and each of its columns once; else as they are.

    Of several keys for the cause ("fracture origin: at the edge", "root cause: grinding damage") the one counts whose
    value is a cause, if no other hints at one. Keys that come twice may be another part's, whose number was lost.

    Args:
        blocks: of the report, in reading order.
        is_value: tells identifiers and causes.
    """
    pairs = [pair for block in blocks for pair in block]
    causes = [p for p in pairs if p.name == "defect_class"]
    known = [p for p in causes if is_value(p.name, p.text)]
    others = [p for p in causes if p not in known]
    if (
        len(known) == 1
        and len({_key(p) for p in causes}) == len(causes)
        and not any(_hints(p, is_value) for p in others)
    ):
        pairs = [p for p in pairs if p not in others]
    names = [p.name for p in pairs]
    is_one = len(names) == len(set(names)) and {"serial_number", "defect_class"} <= set(names)
    has_single_values = all(len(p.values) <= 1 for p in pairs)
    return [pairs] if is_one and has_single_values else [list(block) for block in blocks]


def _hints(pair: Pair, is_value: Anchors) -> bool:
    """Whether any few words of a value are a cause: a sentence may state it and not be understood as a whole."""
    words = pair.text.replace(",", " ").split()
    return any(
        is_value("defect_class", " ".join(words[k : k + n]))
        for n in range(1, _MOST_WORDS + 1)
        for k in range(len(words))
    )


def _key(pair: Pair) -> str:
    return " ".join(w.text for w in pair.key).casefold()
