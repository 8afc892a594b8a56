"""Sentences that state a fracture: "the part with S/N 512345 failed at 22.7 kN; root cause: grinding damage"."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from data_contracts.records import Word
from data_contracts.vocabulary import DefectClass
from fractocurate.reports.assertion import is_asserted
from fractocurate.reports.caption_texts import begins_caption
from fractocurate.reports.identify import Identifiers
from fractocurate.reports.lines import Line
from fractocurate.reports.row_values import Cells
from fractocurate.reports.units import unit_of
from fractocurate.reports.vocabulary import Vocabulary

_WIDEST_LEADING = 2.6
"""Lines of one paragraph follow each other at most so many of their heights from centre to centre ..."""
_LARGEST_STEP = 1.35
"""... and at most so many times the page's usual step from line to line."""
_SEVERAL = 2
_LONGEST_CAUSE_WORDS = 8
_SENTENCE_END = re.compile(r"[.;!?]$")
_ABBREVIATION = re.compile(r"^\(?(?:[A-Za-z]{1,5}|[A-Za-z]{1,3}[.\-/][A-Za-z]{1,5})\.$")
_WORD = re.compile(r"^[a-z]{4,5}\.$")
_UNIT = re.compile(r"^[kKM]?N\.$")
_JOINT = re.compile(r"is|was|ist|war|lautet|[:=\u2013-]|be|been|found|to", re.IGNORECASE)
_LOAD = re.compile(r"\d[\d .,'\u00a0\u202f]*(?:kN|KN|N|MN)\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """What one paragraph says of one part."""

    page: int
    cells: Cells
    is_understood: bool
    """Its cause is one that the vocabulary knows."""
    unclear: str
    """Why a person should look at it; empty if nothing is."""


def find_statements(
    page: int, lines: Sequence[Line], identifiers: Identifiers, vocabulary: Vocabulary
) -> list[Statement]:
    """Paragraphs that name exactly one part by its serial number and speak of its cause.

    Args:
        page: 1-based.
        lines: of the page, outside tables, forms, and keys with values.
        identifiers: the site's grammars.
        vocabulary: the site's words.
    """
    statements = []
    for paragraph in _paragraphs(lines):
        if begins_caption(paragraph[0].text):
            continue
        n_parts = len({s.value for line in paragraph for s in identifiers.serial_numbers_in(line.text)})
        for piece in [paragraph] if n_parts < _SEVERAL else _by_sentence_ends(paragraph):
            words = [w for line in piece for w in line.words]
            statement = _statement(page, words, identifiers, vocabulary)
            if statement is not None:
                statements.append(statement)
    return statements


def _by_sentence_ends(paragraph: Sequence[Line]) -> list[list[Line]]:
    """Lines that speak of several parts, parted where a sentence ends with its line."""
    pieces: list[list[Line]] = [[]]
    for line in paragraph:
        pieces[-1].append(line)
        if _SENTENCE_END.search(line.text):
            pieces.append([])
    return [piece for piece in pieces if piece]


def _paragraphs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    paragraph: list[Line] = []
    steps = [b.centre_y - a.centre_y for a, b in itertools.pairwise(lines)]
    near = sorted(step for step, line in zip(steps, lines, strict=False) if 0 < step < _WIDEST_LEADING * line.height)
    usual = near[len(near) // 4] if near else float("inf")
    for line in lines:
        if paragraph:
            last = paragraph[-1]
            height = max(last.height, line.height)
            step = line.centre_y - last.centre_y
            is_apart = step > min(_WIDEST_LEADING * height, _LARGEST_STEP * usual) or line.box.left > last.box.right
            # A line that stops short ends its paragraph.
            widest = max(x.box.right for x in paragraph)
            ends = last.box.right < widest - 0.25 * (widest - last.box.left) and _SENTENCE_END.search(last.text)
            if is_apart or ends or begins_caption(line.text):
                yield paragraph
                paragraph = []
        paragraph.append(line)
    if paragraph:
        yield paragraph


def _statement(page: int, words: Sequence[Word], identifiers: Identifiers, vocabulary: Vocabulary) -> Statement | None:
    text, starts = _joined(words)
    serials = identifiers.serial_numbers_in(text)
    if len({s.value for s in serials}) != 1:
        return None
    cause = _cause(words, vocabulary)
    if cause is None:
        return None
    foans = identifiers.foans_in(text)
    # A second number of that kind may belong to a second part that is spoken of.
    others = [s for s in identifiers.profile.serial_number.grammar.find(text) if s.value != serials[0].value]
    if any(not any(o.start < f.end and f.start < o.end for f in foans) for o in others):
        return None
    cells: dict[str, tuple[Word, ...]] = {"serial_number": _between(words, starts, serials[0].start, serials[0].end)}
    unclear = ""
    if len({f.value for f in foans}) == 1:
        cells["foan"] = _between(words, starts, foans[0].start, foans[0].end)
    elif torn := identifiers.torn_foan_in(text):
        unclear = f"foan breaks the grammar: {torn}"
    elif foans:
        unclear = f"several FOANs in one paragraph: {', '.join(sorted({f.value for f in foans}))}"
    cells["defect_class"], is_understood = cause
    loads = list(_LOAD.finditer(text))
    if len(loads) == 1 and unit_of(loads[0][0]):
        cells["fracture_load_kn"] = _between(words, starts, *loads[0].span())
    return Statement(page, cells, is_understood, unclear)


def _joined(words: Sequence[Word]) -> tuple[str, list[int]]:
    starts, text = [], ""
    for word in words:
        text += " " if text else ""
        starts.append(len(text))
        text += word.text
    return text, starts


def _between(words: Sequence[Word], starts: Sequence[int], start: int, end: int) -> tuple[Word, ...]:
    return tuple(w for w, s in zip(words, starts, strict=True) if s < end and start < s + len(w.text))


def _cause(words: Sequence[Word], vocabulary: Vocabulary) -> tuple[tuple[Word, ...], bool] | None:
    """The words of the cause and whether they are understood; None if no sentence announces one, or several do."""
    stated = []
    for sentence in _sentences(words):
        key = _cause_key(sentence, vocabulary)
        if key is not None:
            stated.append(_stated_cause(sentence, key, vocabulary))
    understood = [cause for cause in stated if cause[1]]
    candidates = understood or stated
    return candidates[0] if len(candidates) == 1 else None


def _sentences(words: Sequence[Word]) -> Iterator[list[Word]]:
    sentence: list[Word] = []
    for word, following in itertools.zip_longest(words, words[1:]):
        sentence.append(word)
        # Before a capital, four letters and a stop end a sentence: "root cause. In conclusion".
        is_short = _ABBREVIATION.match(word.text) and not (
            following is not None and following.text[:1].isupper() and _WORD.match(word.text)
        )
        is_short = is_short or (following is not None and word.text.endswith(".") and following.text[:1].isdigit())
        if _UNIT.match(word.text) or (_SENTENCE_END.search(word.text) and not is_short):
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def _cause_key(sentence: Sequence[Word], vocabulary: Vocabulary) -> slice | None:
    """Where the sentence has words such as "root cause": the longest of them."""
    for length in range(min(4, len(sentence)), 0, -1):
        for start in range(len(sentence) - length + 1):
            text = " ".join(w.text for w in sentence[start : start + length])
            names, similarity = vocabulary.columns(text)
            if ("defect_class" in names and similarity >= 1.0) or vocabulary.is_cause_phrase(text):
                return slice(start, start + length)
    return None


def _stated_cause(sentence: Sequence[Word], key: slice, vocabulary: Vocabulary) -> tuple[tuple[Word, ...], bool]:
    """The longest words behind the key (else before it) that name one cause; else all that follows the key."""
    after = tuple(sentence[key.stop :])
    # The words of a class may sound like a denial: "origin not found".
    before = " ".join(w.text for w in sentence[: key.stop])
    meaning = vocabulary.defect_class(_tidy(_without_verb(after)))
    if meaning is not None and meaning.similarity >= 1.0 and is_asserted(before):
        return _without_verb(after), True
    if is_asserted(" ".join(w.text for w in sentence)):
        for part in (after, tuple(sentence[: key.start])):
            known = _known_causes(part, vocabulary)
            if len({name for name, _ in known}) == 1:
                return known[0][1], True
    elif any(name != DefectClass.UNKNOWN for name, _ in _known_causes(tuple(sentence), vocabulary)):
        return tuple(sentence), False  # as a whole it shows that the class in it is only excluded or supposed
    return after, False


def _known_causes(words: tuple[Word, ...], vocabulary: Vocabulary) -> list[tuple[str, tuple[Word, ...]]]:
    """Classes that are named in some words and the words that do, the longest first, none inside another."""
    known: list[tuple[str, tuple[Word, ...]]] = []
    taken: set[int] = set()
    for length in range(min(_LONGEST_CAUSE_WORDS, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            span = range(start, start + length)
            meaning = None if taken & set(span) else vocabulary.defect_class(_tidy(words[start : start + length]))
            if meaning is not None and meaning.similarity >= 1.0:
                known.append((meaning.name, words[start : start + length]))
                taken.update(span)
    return known


def _without_verb(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Words behind a key without the verb or the mark that joins them to it."""
    skipped = next((k for k, w in enumerate(words) if not _JOINT.fullmatch(w.text)), 0)
    return words[skipped:]


def _tidy(words: Sequence[Word]) -> str:
    return " ".join(w.text for w in words).strip(" .,;:!?")
