"""Whether words assert a cause, or only exclude it, suppose it, or speak of another case."""

import re

from fractocurate.reports.synonyms import Meaning, tokens
from fractocurate.reports.vocabulary import Vocabulary, is_negation

_EXCLUDES = re.compile(
    r"\b(?:none|exclud\w*|rul(?:ed?|ing)\s+out|reject\w*|refut\w*|disprov\w*|unlikely|neither|nor|absen\w+|free\s+(?:of|from)"
    r"|ausgeschlossen\w*|auszuschlie(?:ß|ss)en\w*|scheide[nt]\s+aus|verworfen\w*|widerlegt\w*|unwahrscheinlich\w*"
    r"|weder|keiner\w*|keinem|keines|keinerlei|frei\s+von|fehlen|fehlt|nein)\b",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(
    r"\b(?:suspect\w*|suspicion|suppos\w*|assum\w*|hypothes\w*|possib\w*|might|may|could|would|consider\w*|initially"
    r"|at\s+first|first\s+thought|guess\w*|interim|preliminar\w*|originally|had\s+been|earlier\s+report|previous\w*"
    r"|vermute\w*|vermutung\w*|verdacht\w*|angenommen|annahme\w*|nahm\w*|hypothese\w*|möglich\w*|könnte\w*|zunächst"
    r"|ursprünglich\w*|vorläufig\w*|zwischenstand|erwogen|denkbar|tippen|damals|früher\w*|wäre\w*)\b",
    re.IGNORECASE,
)
_COMPARES = re.compile(
    r"(?:\b(?:cf|vgl|see\s+also|compare[ds]?|comparison|similar|reference|previous|earlier|siehe\s+auch|vergleich\w*"
    r"|ähnlich\w*|referenz\w*|früher\w*|bezug\w*)\b)",
    re.IGNORECASE,
)
_QUOTES = re.compile(r"(?:original\s+message|ursprüngliche\s+nachricht)\s*[-\u2013\u2014_]*\s*$", re.IGNORECASE)
_QUOTED = re.compile(r"message|nachricht", re.IGNORECASE)
_FAULTS = ("fehler", "schaden", "defekt", "defect", "damage", "flaw", "fault")
"""Folded words of which a synonym must hold one to be taken out of a sentence: ``material`` alone names what broke."""
_FEWEST_WORDS_OF_A_SENTENCE = 4
_MOST_WORDS_OF_A_CAUSE = 5
IN_WORDS = 0.9
"""Similarity of a cause that stands among other words."""


def is_asserted(text: str) -> bool:
    """Whether a sentence states what it says, rather than excluding or supposing it."""
    return not ("?" in text or _EXCLUDES.search(text) or _SUPPOSES.search(text) or any(map(is_negation, text.split())))


def speaks_of_another_case(text: str) -> bool:
    """Whether a line only compares with, or refers to, another analysis."""
    return _COMPARES.search(text) is not None


def may_quote(word: str) -> bool:
    """Whether a word may belong to a line that begins a quotation: most reports have none, and this is soon asked."""
    return word[:1] in "mMnN" and _QUOTED.match(word) is not None


def begins_quotation(text: str) -> bool:
    """Whether a line is the one that mail programs set above the mail that is answered."""
    return _QUOTES.search(text) is not None


def cause_in(text: str, vocabulary: Vocabulary) -> Meaning | None:
    """The class that a cell states: by itself, beside clauses that exclude others, or in a sentence.

    Args:
        text: the cell.
        vocabulary: the site's words.

    Returns:
        The class, less sure where it stands among other words; None if none, several, or only excluded or supposed ones
        are named.
    """
    if meaning := vocabulary.defect_class(text):
        return meaning
    kept = _without_excluded(text, vocabulary)
    if kept != text and (meaning := vocabulary.defect_class(kept)):
        return Meaning(meaning.name, min(meaning.similarity, IN_WORDS), meaning.rest)
    return _in_sentence(kept, vocabulary) if is_asserted(kept) else None


def _without_excluded(text: str, vocabulary: Vocabulary) -> str:
    """The text without clauses that deny a class.

    Behind a comma only one with its negation in front: ``A, B excluded`` may deny both, ``A, not B`` cannot.
    """
    kept: list[str] = []
    for part in re.split(r"(?<=[;)])|(?=\()", text):
        head, comma, tail = part.partition(",")
        words = tail.split()
        if _denies(part, vocabulary) and not comma:
            continue
        if comma and words and is_negation(words[0]) and _denies(tail, vocabulary) and not _denies(head, vocabulary):
            kept.append(head)
        else:
            kept.append(part)
    return " ".join(k.strip() for k in kept).strip(" ;,")


def _denies(clause: str, vocabulary: Vocabulary) -> bool:
    words = clause.split()
    if (
        words
        and is_negation(words[0])
        and (meaning := vocabulary.defect_class(" ".join(words[1:])))
        and meaning.similarity >= 1.0
    ):
        return True
    if not (_EXCLUDES.search(clause) or any(map(is_negation, words))):
        return False
    return bool(_named(clause, vocabulary))


def _in_sentence(text: str, vocabulary: Vocabulary) -> Meaning | None:
    if len(tokens(text)) < _FEWEST_WORDS_OF_A_SENTENCE:
        return None
    found = _named(text, vocabulary)
    if len(found) != 1:
        return None
    subs = {
        meaning.name
        for word in re.split(r"[\s()\[\].,;:]+", text)
        if word and (meaning := vocabulary.sub_type(word)) and meaning.similarity >= 1.0 and meaning.name != "none"
    }
    bracket = re.search(r"\(([^()]+)\)", text)
    rest = bracket[1] if bracket and vocabulary.sub_type(bracket[1]) else ""
    return Meaning(found.pop(), IN_WORDS, rest if len(subs) <= 1 else "")


def _named(text: str, vocabulary: Vocabulary) -> set[str]:
    """Classes that a text names by words for faults, whatever it says of them."""
    words = [w for w in re.split(r"[\s()\[\].,;:!]+", text) if w]
    found: set[str] = set()
    for length in range(min(_MOST_WORDS_OF_A_CAUSE, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            piece = " ".join(words[start : start + length])
            if any(f in piece.casefold() for f in _FAULTS):
                meaning = vocabulary.defect_class(piece)
                if meaning is not None and meaning.similarity >= 1.0 and not meaning.rest:
                    found.add(meaning.name)
    return found
