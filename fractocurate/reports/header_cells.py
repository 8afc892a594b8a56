"""The cells of a header: what each may mean, and which columns of ``fracture_instances`` they head together."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from data_contracts.records import Box, Word
from fractocurate.reports.lines import (
    around,
    centre_y,
    join_text,
    level_groups,
)
from fractocurate.reports.synonyms import fold
from fractocurate.reports.tick_marks import understood
from fractocurate.reports.units import is_unit, unit_of
from fractocurate.reports.vocabulary import Vocabulary

_FEWEST_CHOICES = 2
"""Causes that have columns of their own."""


_RUNNING_NUMBER = frozenset(
    map(fold, ("", "no.", "Nr.", "number", "Nummer", "Pos.", "item no.", "lfd. Nr.", "lfd.", "#", "line"))
)
"""Headers that only say "number", folded; so does an empty one."""


IDENTIFYING = frozenset({"foan", "serial_number"})
"""Columns whose values have a grammar and tell one part from another."""


INSTANCE_COLUMNS = frozenset(
    {"foan", "serial_number", "instance_tag", "component_id", "fracture_load_kn", "defect_class", "sub_type"}
)
"""Columns of ``fracture_instances`` that a table may have; other words of the vocabulary head no column."""


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """The words of one header and what they may mean."""

    words: tuple[Word, ...]
    candidates: tuple[tuple[str, ...], ...]
    """For each part of a composite header, the columns it may mean."""
    similarity: float
    choice: str = ""
    """``defect_class`` or ``sub_type`` if the words are one of those: a mark below them says that it was this one."""
    meaning: str = ""
    """Which."""

    @property
    def text(self) -> str:
        """The words as one text."""
        return join_text(self.words)

    @property
    def box(self) -> Box:
        """Around the words."""
        return around(self.words)


def with_units(cells: Sequence[HeaderCell]) -> list[HeaderCell]:
    """The cells, those joined that are a unit of force alone and stand right of the column that it belongs to."""
    joined: list[HeaderCell] = []
    for cell in cells:
        above = joined[-1] if joined else None
        if above and ("fracture_load_kn",) in above.candidates and is_unit(cell.text) and not unit_of(above.text):
            joined[-1] = replace(above, words=(*above.words, *cell.words))
        else:
            joined.append(cell)
    return joined


def n_folds_of(cells: Sequence[HeaderCell]) -> int:
    """How many times two or more cells that are understood stand side by side in the same order."""
    for n in range(2, len(cells) // 2 + 1):
        width = len(cells) // n
        parts = [[c.candidates for c in cells[k : k + width]] for k in range(0, len(cells), width)]
        if len(cells) % n == 0 and all(part == parts[0] for part in parts) and all(parts[0]):
            return n
    return 1


def with_choices(cells: Sequence[HeaderCell], fields: Sequence[tuple[str, ...]]) -> list[HeaderCell]:
    """The cells, those that name one cause among several others; a single one names no column."""
    named = {f for fs in fields for f in fs}
    kinds = {
        kind
        for kind in ("defect_class", "sub_type")
        if kind not in named and len({c.meaning for c in cells if c.choice == kind}) >= _FEWEST_CHOICES
    }
    return [
        c if c.choice in kinds else replace(c, choice="", similarity=c.similarity if c.candidates else 0.0)
        for c in cells
    ]


def as_header_cells(words: tuple[Word, ...], vocabulary: Vocabulary) -> list[HeaderCell]:
    """One cell, or several if the words only make sense apart (headers set too close to see the gap)."""
    whole = _as_header_cell(words, vocabulary)
    if whole.candidates or whole.choice or len(words) < 2 or len(words) > 24:
        return [whole]
    units = _x_groups(words)
    best: tuple[float, list[HeaderCell]] | None = None
    for n_cuts in range(1, min(len(units), 9)):
        if len(units) > 12 and n_cuts > 2:
            break
        for cuts in itertools.combinations(range(1, len(units)), n_cuts):
            edges = [0, *cuts, len(units)]
            parts = [
                _as_header_cell(tuple(w for u in units[a:b] for w in u), vocabulary)
                for a, b in itertools.pairwise(edges)
            ]
            if all(p.candidates or p.choice for p in parts):
                score = min(p.similarity for p in parts)
                if best is None or score > best[0] + 1e-6:
                    best = (score, parts)
        if best is not None:
            return best[1]
    return _partly_known(units, vocabulary) or [whole]


def _partly_known(units: Sequence[tuple[Word, ...]], vocabulary: Vocabulary) -> list[HeaderCell]:
    """The longest known header among some words, and what stands on either side of it; empty if there is none."""
    for length in range(len(units) - 1, 0, -1):
        for start in range(len(units) - length + 1):
            pieces = (units[:start], units[start : start + length], units[start + length :])
            parts = [tuple(w for u in piece for w in u) for piece in pieces]
            known = _as_header_cell(parts[1], vocabulary)
            if known.candidates and known.similarity >= 1.0:
                return [known if part is parts[1] else _as_header_cell(part, vocabulary) for part in parts if part]
    return []


def _x_groups(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    """Words that stand above each other taken together, left to right."""
    groups: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.box.left):
        if groups and word.box.left < max(w.box.right for w in groups[-1]) - 1:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [tuple(sorted(g, key=lambda w: (round(centre_y(w)), w.box.left))) for g in groups]


def _as_header_cell(words: tuple[Word, ...], vocabulary: Vocabulary) -> HeaderCell:
    ordered = tuple(w for line in level_groups(words) for w in line)
    text = join_text(ordered)
    names, similarity = instance_columns(text, vocabulary)
    if names:
        return HeaderCell(ordered, (names,), similarity)
    parts = [p for p in re.split(r"\s*[/,&+]\s*|\s+(?:and|und)\s+", text) if p.strip()]
    if len(parts) == 2:
        meanings = [instance_columns(p, vocabulary) for p in parts]
        if all(names for names, _ in meanings):
            return HeaderCell(ordered, tuple(n for n, _ in meanings), min(s for _, s in meanings))
    kind, meaning = understood(ordered, vocabulary)
    return HeaderCell(ordered, (), 1.0 if kind else 0.0, kind, meaning)


def instance_columns(text: str, vocabulary: Vocabulary) -> tuple[tuple[str, ...], float]:
    """Columns of ``fracture_instances`` that a text may head, best guess first, and the similarity."""
    names, similarity = vocabulary.columns(text)
    return tuple(n for n in names if n in INSTANCE_COLUMNS), similarity


def assigned_columns(cells: Sequence[HeaderCell]) -> list[tuple[str, ...]]:
    """One column of ``fracture_instances`` per header; words with several meanings take what is left."""
    assigned: list[list[str]] = [[""] * len(c.candidates) for c in cells]
    slots = [(i, k) for i, c in enumerate(cells) for k in range(len(c.candidates))]
    slots.sort(key=lambda s: (is_running_number(cells[s[0]].text), len(cells[s[0]].candidates[s[1]])))
    taken: set[str] = set()
    for i, k in slots:
        free = [name for name in cells[i].candidates[k] if name not in taken]
        if free:
            assigned[i][k] = free[0]
            taken.add(free[0])
    return [tuple(name for name in names if name) for names in assigned]


def is_running_number(header: str) -> bool:
    """Whether a header only says "number": it takes a meaning that no other claims, and may just count the rows."""
    return fold(header) in _RUNNING_NUMBER
