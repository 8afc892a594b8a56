"""Words of reports to columns, defect classes and sub-types, by the synonyms of the site's profile.

Comparison ignores case, accents, umlaut spelling (``ü``, ``ue``, ``u``), punctuation and spaces. Beyond that it
tolerates reading errors, but only where one meaning is clearly the nearest; everything else is "not understood".
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, wraps

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from data_contracts.vocabulary import DefectClass
from fractocurate.profile import Profile, VocabularySettings

SMALLEST_SIMILARITY = 0.84
"""Two reading errors in twelve characters pass, three do not."""
_SMALLEST_LEAD = 0.08
"""How much nearer the best meaning must be than the next other one."""
_NO_RIVAL = SMALLEST_SIMILARITY - _SMALLEST_LEAD - 0.01
"""What is less similar can neither be meant nor leave another meaning in doubt."""
_SHORTEST_FUZZY_KEY = 5
HALF_UNDERSTOOD = 0.85
"""Similarity of a header in two languages of which one could not be understood."""

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

_NEGATIONS = frozenset({"no", "not", "non", "kein", "keine", "keinen", "nicht", "ohne", "without", "never"})
"""A word near a synonym does not mean it beside one of these."""

_DENIALS = frozenset({"none", "keine", "keiner"})
"""Folded: ``material defect: none`` says that there is none of that class."""

_READ_WITH_BRACKET = re.compile(r"[\[(|]?\s*[Il1|]N\s*[\])|]")
"""``[N]`` with its bracket read as a letter, too."""
_UNIT = re.compile(r"(?:\bin\s+|[\[({|/,]\s*)?\b[kKM]?N\b\s*[\])}|]?\s*$")
_UNIT_ALONE = re.compile(r"(?:in\s+)?[\[({|]?\s*[kKM]?N\s*[\])}|]?\s*:?")
_DETAIL = re.compile(r"(?P<head>[^(\[;:,]+?)\s*(?:[(\[]\s*(?P<detail>[^()\[\]]+)[)\]]?|[;:,]\s*(?P<after>[^;:,]+))")


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
        rest = [w for w, used in zip(words, taken, strict=True) if not used and w not in _FOLDED_FILLERS]
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


_FOLDED_FILLERS = frozenset(map(fold, _FILLERS))


def _once_per_text(
    method: Callable[["Vocabulary", str], Meaning | None],
) -> Callable[["Vocabulary", str], Meaning | None]:
    """Texts of reports repeat, and so do questions about them: each vocabulary works out every answer once."""

    @wraps(method)
    def answer(self: "Vocabulary", text: str) -> Meaning | None:
        answers = self.answers.setdefault(method.__name__, {})
        if text not in answers:
            answers[text] = method(self, text)
        return answers[text]

    return answer


class Vocabulary:
    """The words of one site's reports."""

    def __init__(self, profile: Profile) -> None:
        settings = profile.vocabulary
        columns = dict(settings.columns)
        # The words that announce an identifier in running text announce it in tables too.
        for name, identifier in (("foan", profile.foan), ("serial_number", profile.serial_number)):
            columns[name] = (*columns.get(name, ()), *identifier.labels, *identifier.aliases)
        self._columns = Synonyms(columns)
        self._classes = Synonyms({c.value: texts for c, texts in settings.defect_classes.items()})
        self._sub_types = Synonyms(settings.sub_types)
        self._cause_phrases = frozenset(fold(p) for p in settings.cause_phrases)
        self._revision = frozenset(fold(w) for w in settings.revision_words)
        self.known_words = frozenset(_words_of(settings))
        self._column_cache: dict[str, tuple[tuple[str, ...], float]] = {}
        self.answers: dict[str, dict[str, Meaning | None]] = {}

    def columns(self, text: str) -> tuple[tuple[str, ...], float]:
        """Columns that a header or key may announce, best guess first, and the similarity; empty if none."""
        cached = self._column_cache.get(text)
        if cached is None:
            cached = self._find_columns(text)
            self._column_cache[text] = cached
        return cached

    def _find_columns(self, text: str) -> tuple[tuple[str, ...], float]:
        # Before the unit is taken off: "S/N" names no newtons.
        if names := self._columns.exact(text):
            return tuple(names), 1.0
        bare = strip_unit(text)
        if not bare or len(bare) > 60:
            return (), 0.0
        if names := self._columns.exact(bare):
            return tuple(names), 1.0
        # "Seriennummer / S/N" ends with no unit.
        both = [found for t in dict.fromkeys((text.rstrip(" :"), bare)) if (found := self._in_two_languages(t))]
        if both:
            return max(both, key=lambda found: found[1])
        meaning = self._columns.near(bare)
        return ((meaning.name,), meaning.similarity) if meaning else ((), 0.0)

    def _in_two_languages(self, text: str) -> tuple[tuple[str, ...], float] | None:
        """``Bruchursache / fracture cause``: the columns that both halves may announce.

        OCR may have lost the stroke, or spoilt one half beyond recognition; then the other one is enough.
        """
        parts = [h for h in re.split(r"[/|]", text) if h.strip()]
        for cut in range(1, len(parts)):
            halves = ["/".join(side).strip() for side in (parts[:cut], parts[cut:])]
            if found := self._of_halves(halves, may_be_half=len(parts) == 2):
                return found
        if len(parts) == 2:
            return None
        words = text.split()
        for cut in range(1, len(words)):
            first, second = (self._columns.exact(" ".join(part)) for part in (words[:cut], words[cut:]))
            if common := [n for n in first if n in second]:
                return tuple(common), 1.0
        return None

    def _of_halves(self, halves: list[str], *, may_be_half: bool) -> tuple[tuple[str, ...], float] | None:
        """What both halves may announce; one that is understood is enough if ``may_be_half``."""
        known = [found for h in halves if (found := self._one_language(h))[0]]
        if not known or (len(known) < len(halves) and not may_be_half):
            return None
        common = [n for n in known[0][0] if n in known[-1][0]]
        similarity = min(s for _, s in known) if len(known) == len(halves) else HALF_UNDERSTOOD
        return (tuple(common), similarity) if common else None

    def _one_language(self, text: str) -> tuple[list[str], float]:
        if names := self._columns.exact(text):
            return names, 1.0
        near = self._columns.near(text)
        return ([near.name], near.similarity) if near else ([], 0.0)

    @_once_per_text
    def defect_class(self, text: str) -> Meaning | None:
        """The defect class that a cell states; None if it is not understood, ``unknown`` if it says unknown."""
        names = [] if "?" in text else self._classes.exact(text)
        if len(names) == 1:
            return Meaning(names[0], 1.0)
        if names or "?" in text or _DENIALS & set(tokens(text)):
            return None  # several, or the report doubts or denies it itself
        if (split := self._class_with_detail(text)) is not None:
            return split
        within = self._classes.within(text)
        # "green body defect (agglomerate)": the rest must be understood too, or a negation would slip through.
        if within is not None and (not within.rest or self.sub_type(within.rest) is not None):
            return within
        bare = _without_fillers(text)
        near = self._classes.near(text)
        if near is None and len(fold(bare)) > len(fold(text)) / 2:
            near = self._classes.near(bare)
        if (
            near is not None
            and near.name != DefectClass.UNKNOWN
            and any(map(is_negation, re.split(r"[\s/,;:()]+", text)))
        ):
            return None
        return near

    def _class_with_detail(self, text: str) -> Meaning | None:
        """``machining damage (grinding crack)``: a class, and what stands apart from it is one sub-type."""
        match = _DETAIL.fullmatch(text.strip(" .;,"))
        detail = "" if match is None else match["detail"] or match["after"]
        if match is None or self.sub_type(detail) is None:
            return None
        whole = self.defect_class(match["head"])
        return None if whole is None or whole.rest else Meaning(whole.name, whole.similarity, detail)

    @_once_per_text
    def sub_type(self, text: str) -> Meaning | None:
        """The sub-type that a cell states; None if it is not understood."""
        if names := self._sub_types.exact(text):
            return Meaning(names[0], 1.0) if len(names) == 1 else None
        within = self._sub_types.within(text)
        if within is not None and not within.rest:
            return within
        return self._sub_types.near(text)

    def is_cause_phrase(self, text: str) -> bool:
        """Whether some words announce a cause in a sentence."""
        return fold(text) in self._cause_phrases

    def is_revision_word(self, word: str) -> bool:
        """Whether a single word calls its report a revision."""
        return fold(word) in self._revision


def is_negation(word: str) -> bool:
    """Whether a word turns the meaning of those beside it; ``no.`` is a number's."""
    return fold(word) in _NEGATIONS and not word.casefold().strip("( ").startswith("no.")


def strip_unit(text: str) -> str:
    """A header without its unit of force and without a closing colon."""
    return _UNIT.sub("", _READ_WITH_BRACKET.sub("[N]", text).strip().rstrip(":").strip()).strip(" [](){}|,:")


def is_unit(text: str) -> bool:
    """Whether a cell is a unit of force and nothing else: ``[kN]``, ``N``, ``(kN):``."""
    return _UNIT_ALONE.fullmatch(text) is not None


def unit_of(text: str) -> str:
    """``kN``, ``N`` or ``MN`` if a header or cell names it, else an empty string."""
    match = re.search(r"(?<![A-Za-z])(?P<unit>[kKM]?N)(?![A-Za-z.°])", _READ_WITH_BRACKET.sub("[N]", text))
    return {"KN": "kN", "kN": "kN", "N": "N", "MN": "MN"}[match["unit"]] if match else ""


def _without_fillers(text: str) -> str:
    return " ".join(t for t in tokens(text) if t not in _FOLDED_FILLERS)


def _words_of(settings: VocabularySettings) -> Iterable[str]:
    groups: list[Iterable[tuple[str, ...]]] = [settings.columns.values(), settings.sub_types.values()]
    groups.append(settings.defect_classes.values())
    for group in groups:
        for texts in group:
            for text in texts:
                yield from (t for t in tokens(text) if len(t) > 2)
