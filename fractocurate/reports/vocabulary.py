"""Words of reports to columns, defect classes and sub-types, by the synonyms of the site's profile."""

import re
from collections.abc import Callable, Iterable
from functools import wraps

from data_contracts.vocabulary import DefectClass
from fractocurate.profile import Profile, VocabularySettings
from fractocurate.reports.synonyms import FOLDED_FILLERS, Meaning, Synonyms, fold, tokens
from fractocurate.reports.units import strip_unit

HALF_UNDERSTOOD = 0.85
"""Similarity of a header in two languages of which one could not be understood."""


_NEGATIONS = frozenset({"no", "not", "non", "kein", "keine", "keinen", "nicht", "ohne", "without", "never"})
"""A word near a synonym does not mean it beside one of these."""


_DENIALS = frozenset({"none", "keine", "keiner"})
"""Folded: ``material defect: none`` says that there is none of that class."""


_DETAIL = re.compile(r"(?P<head>[^(\[;:,]+?)\s*(?:[(\[]\s*(?P<detail>[^()\[\]]+)[)\]]?|[;:,]\s*(?P<after>[^;:,]+))")


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


def _without_fillers(text: str) -> str:
    return " ".join(t for t in tokens(text) if t not in FOLDED_FILLERS)


def _words_of(settings: VocabularySettings) -> Iterable[str]:
    groups: list[Iterable[tuple[str, ...]]] = [settings.columns.values(), settings.sub_types.values()]
    groups.append(settings.defect_classes.values())
    for group in groups:
        for texts in group:
            for text in texts:
                yield from (t for t in tokens(text) if len(t) > 2)
