"""Which lines of a page are the captions of its pictures.

A page keeps to one layout: captions below the pictures, above them or at their side. The layout that finds a caption
for most pictures is the page's own; it decides for a line that stands between two pictures. A line is the caption of
one picture, or of all pictures of a row if it spans them and none has a caption of its own.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from data_contracts.records import Box, Word
from fractocurate.reports.caption_texts import REACH_PT, Strength, TextBlock, shared_length, text_blocks
from fractocurate.reports.lines import Line, around

_PART = re.compile(r"(?<![^\s(,;.:])\(?(?P<letter>[a-h])[):]\s")

_ATTRACTION_PT = 10.0
"""So much nearer a caption seems for each step of its strength."""
_NEAR_HEIGHTS = 1.5
"""Between a picture and a line that nothing but its place shows to be a caption."""
_ALIGNED_PT = 8.0
_OWN_SHARE = 0.6
"""Of a caption's width: above or below its own picture."""
_COMMON_SHARE = 0.3
"""Of each picture's width: below it a caption of a whole row runs at least so far."""


@dataclass(frozen=True, slots=True)
class Caption:
    """The caption of one picture."""

    text: str
    """Lines joined by blanks; of a common caption the common part and the picture's own."""
    words: tuple[Word, ...]
    """All of its words, those of a common caption too."""

    @property
    def box(self) -> Box:
        """Smallest box around its words."""
        return around(self.words)

    @property
    def confidence(self) -> float:
        """Of the least sure word, 0 to 1."""
        return min(w.confidence for w in self.words)


def find_captions(
    pictures: Sequence[Box], lines: Sequence[Line], is_stating: Callable[[str], bool]
) -> list[Caption | None]:
    """The caption of each picture, None where there is none.

    Args:
        pictures: their boxes, in points of the upright page, in reading order.
        lines: of the whole page.
        is_stating: whether a text states what captions do: a magnification, an identifier.
    """
    blocks = text_blocks(pictures, lines, is_stating)
    found: dict[int, TextBlock] = {}
    layouts = [_assigned(pictures, blocks, place, {}) for place in _PLACES]
    # The first of equals: below is the usual place.
    order = sorted(range(len(_PLACES)), key=lambda k: -sum(b.strength for b in layouts[k].values()))
    for turn, index in enumerate(order):
        free = blocks if turn == 0 else [b for b in blocks if b.strength > Strength.PLAIN]
        found |= _assigned(pictures, free, _PLACES[index], found)
    sharing: dict[int, list[int]] = {}
    for picture, block in found.items():
        sharing.setdefault(id(block), []).append(picture)
    captions: list[Caption | None] = []
    for picture in range(len(pictures)):
        own = found.get(picture)
        captions.append(None if own is None else _caption(own, picture, sorted(sharing[id(own)])))
    return captions


def _caption(block: TextBlock, picture: int, sharing: Sequence[int]) -> Caption:
    words = tuple(itertools.chain.from_iterable(block.lines))
    parts = _parts(block.text)
    if len(sharing) > 1 and len(parts) == len(sharing):
        head = block.text[: parts[0][0]].strip()
        start, end = parts[sharing.index(picture)]
        return Caption(f"{head} {block.text[start:end].strip()}".strip(), words)
    return Caption(block.text, words)


def _parts(text: str) -> list[tuple[int, int]]:
    """Where the parts ``a)``, ``b)`` ... of a common caption begin and end; empty if it has none."""
    starts: list[int] = []
    for match in _PART.finditer(text):
        if match["letter"] == "abcdefgh"[len(starts) % 8]:
            starts.append(match.start())
    return list(itertools.pairwise([*starts, len(text)])) if len(starts) > 1 else []


_Place = Callable[[Box, Box], float | None]
"""How far a text stands from a picture; None if it is not in this place."""


def _below(picture: Box, text: Box) -> float | None:
    gap = text.top - picture.bottom
    return gap if -0.5 * text.height < gap < REACH_PT else None


def _above(picture: Box, text: Box) -> float | None:
    gap = picture.top - text.bottom
    return gap if -0.5 * text.height < gap < REACH_PT else None


def _right(picture: Box, text: Box) -> float | None:
    return _beside(picture, text, text.left - picture.right)


def _left(picture: Box, text: Box) -> float | None:
    return _beside(picture, text, picture.left - text.right)


def _beside(picture: Box, text: Box, gap: float) -> float | None:
    inside = shared_length(picture.top, picture.bottom, text.top, text.bottom) > 0.5 * text.height
    return gap if inside and -1.0 < gap < REACH_PT else None


_PLACES: tuple[_Place, ...] = (_below, _above, _right, _left)


def _assigned(
    pictures: Sequence[Box], blocks: Sequence[TextBlock], place: _Place, taken: dict[int, TextBlock]
) -> dict[int, TextBlock]:
    """Captions that pictures have in one place: common ones in parts, own ones, nearest first, other common ones."""
    found: dict[int, TextBlock] = {}
    used = {id(b) for b in taken.values()}

    def share(*, in_parts: bool) -> None:
        for block in blocks:
            if place in {_below, _above} and id(block) not in used and block.strength > Strength.PLAIN:
                free = [k for k in range(len(pictures)) if k not in taken and k not in found]
                row = _common_row(pictures, block, place, free)
                if len(row) == len(_parts(block.text)) or not in_parts:
                    found.update(dict.fromkeys(row, block))
                    used.update({id(block)} if row else set())

    share(in_parts=True)
    distances = [
        (distance - _ATTRACTION_PT * block.strength, k, n)
        for k, picture in enumerate(pictures)
        for n, block in enumerate(blocks)
        if k not in taken and (distance := _own_distance(picture, block, place)) is not None
    ]
    for _, k, n in sorted(distances):
        if k not in found and id(blocks[n]) not in used:
            found[k] = blocks[n]
            used.add(id(blocks[n]))
    share(in_parts=False)
    return found


def _own_distance(picture: Box, block: TextBlock, place: _Place) -> float | None:
    distance = place(picture, block.box)
    if distance is None:
        return None
    text = block.box
    if place in {_below, _above}:
        if shared_length(picture.left, picture.right, text.left, text.right) < _OWN_SHARE * text.width:
            return None
        centred = abs(picture.left + picture.right - text.left - text.right) / 2 < _ALIGNED_PT
        if block.strength == Strength.PLAIN and not (
            distance < _NEAR_HEIGHTS * block.height
            and (centred or abs(picture.left - text.left) < _ALIGNED_PT)
            and text.width < picture.width + 2 * _ALIGNED_PT
        ):
            return None
    elif block.strength == Strength.PLAIN:
        return None
    return distance


def _common_row(pictures: Sequence[Box], block: TextBlock, place: _Place, free: Sequence[int]) -> list[int]:
    """Pictures that share a caption: those beside each other above (or below) it, more rows if it has as many parts."""
    near = [
        k
        for k in free
        if place(pictures[k], block.box) is not None
        and shared_length(pictures[k].left, pictures[k].right, block.box.left, block.box.right)
        > _COMMON_SHARE * min(pictures[k].width, block.box.width)
    ]
    if not near:
        return []
    row = [k for k in free if any(_side_by_side(pictures[k], pictures[n]) for n in near)]
    n_parts = len(_parts(block.text))
    above = [k for k in free if _is_on_side(pictures[k], block.box, place)]
    if n_parts > len(row) and n_parts == len(above):
        return above
    return row if len(row) > 1 and (len(near) > 1 or n_parts == len(row)) else []


def _side_by_side(a: Box, b: Box) -> bool:
    return a == b or shared_length(a.top, a.bottom, b.top, b.bottom) > 0.6 * min(a.height, b.height)


def _is_on_side(picture: Box, text: Box, place: _Place) -> bool:
    return picture.bottom <= text.top + 3 if place is _below else picture.top >= text.bottom - 3
