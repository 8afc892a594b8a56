"""Meanings and the texts that stand for them, also read with errors or among other words.

Comparison ignores case, accents, umlaut spelling (``ü``, ``ue``, ``u``), punctuation and spaces. Beyond that it
tolerates reading errors, but only where one meaning is clearly the nearest; everything else is "not understood".
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

SMALLEST_SIMILARITY = 0.84
"""Two reading errors in twelve characters pass, three do not."""


_SMALLEST_LEAD = 0.08
"""How much nearer the best meaning must be than the next other one."""


_NO_RIVAL = SMALLEST_SIMILARITY - _SMALLEST_LEAD - 0.01
"""What is less similar can neither be meant nor leave another meaning in doubt."""


_SHORTEST_FUZZY_KEY = 5

_FILLERS = frozenset(
    {
        "a",
        "an",
        "the",
        "of",
        "in",
        "at",
        "on",
        "by",
        "to",
        "from",
        "due",
        "caused",
        "probably",
        "related",
        "state",
        "body",
    }
    | {"defect", "defects", "flaw", "flaws", "fault", "faults", "error", "damage", "origin", "cause", "class", "type"}
    | {"failure", "fracture", "defekt", "defekte", "fehler", "schaden", "ursprung", "ursache", "art", "klasse", "bruch"}
    | {"im", "aus", "der", "die", "das", "des", "dem", "den", "vom", "von", "durch", "bei", "am", "einer", "eines"}
    | {"beim", "zur", "zum", "und", "bedingt", "bedingter", "wegen"}
)
"""Words that change no meaning beside a synonym. Negations are not among them."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a text was understood as."""

    name: str
    """Column, defect class or sub-type."""
    similarity: float
    """1.0 for a synonym as listed, less for one read with errors."""
    rest: str = ""
    """Words beside the synonym that carry meaning of their own."""


@lru_cache(maxsize=20_000)
def fold(text: str) -> str:
    """Comparison form: lower case letters and digits; ``ä``, ``ae`` and ``a`` alike, ``ß`` and ``ss`` alike."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    text = "".join(c for c in text if c.isalnum())
    # Tesseract reads ü as ii.
    return re.sub(r"([aou])e", r"\1", text.replace("ii", "u"))


def tokens(text: str) -> list[str]:
    """Folded words."""
    folded = (fold(t) for t in re.split(r"[\s/,;:()\[\]\"„“”'+&]+", text))
    return [t for t in folded if t]


@dataclass(frozen=True)
class Synonyms:
    """Meanings and the texts that stand for them."""

    meanings: Mapping[str, tuple[str, ...]]
    fuzzy: bool = True
    _by_key: dict[str, list[str]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name, texts in self.meanings.items():
            for text in texts:
                names = self._by_key.setdefault(fold(text) or text.strip(), [])
                if name not in names:
                    names.append(name)

    def exact(self, text: str) -> list[str]:
        """Meanings of a text that is a listed synonym; more than one if the profile lists it under several."""
        return self._by_key.get(fold(text) or text.strip(), [])

    def near(self, text: str) -> Meaning | None:
        """The meaning whose synonym is clearly the nearest to a text with reading errors."""
        key = fold(text)
        if not self.fuzzy or len(key) < _SHORTEST_FUZZY_KEY:
            return None
        best: dict[str, float] = {}
        similar = process.extract(
            key, self._fuzzy_keys, scorer=Levenshtein.normalized_similarity, score_cutoff=_NO_RIVAL, limit=None
        )
        for synonym, similarity, _ in similar:
            for name in self._by_key[synonym]:
                best[name] = max(best.get(name, 0.0), similarity)
        ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
        if not ranked or ranked[0][1] < SMALLEST_SIMILARITY:
            return None
        if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < _SMALLEST_LEAD:
            return None
        return Meaning(ranked[0][0], ranked[0][1])

    def within(self, text: str) -> Meaning | None:
        """The one meaning whose synonyms stand in a text as whole words; ``rest`` holds the other telling words."""
        words = tokens(text)
        taken = [False] * len(words)
        found: set[str] = set()
        for length, start, name in sorted(self._stated_in(words), key=lambda stated: (-stated[0], stated[1])):
            if not any(taken[start : start + length]):
                found.add(name)
                taken[start : start + length] = [True] * length
        if len(found) != 1:
            return None
        rest = [w for w, used in zip(words, taken, strict=True) if not used and w not in FOLDED_FILLERS]
        return Meaning(found.pop(), 1.0, " ".join(rest))

    def _stated_in(self, words: list[str]) -> Iterable[tuple[int, int, str]]:
        """Number of words, first word and meaning of each synonym of one meaning."""
        for start in range(len(words)):
            key = ""
            for length, word in enumerate(words[start:], 1):
                key += word
                if len(key) > self._longest_key:
                    break
                names = self._by_key.get(key, ())
                if len(names) == 1:
                    yield length, start, names[0]

    @cached_property
    def _longest_key(self) -> int:
        return max(map(len, self._by_key), default=0)

    @cached_property
    def _fuzzy_keys(self) -> list[str]:
        return [key for key in self._by_key if len(key) >= _SHORTEST_FUZZY_KEY]


FOLDED_FILLERS = frozenset(map(fold, _FILLERS))
