"""Pieces of a line: keys with their marks, and the words of the values between them."""

import itertools
import re
from collections.abc import Sequence

from data_contracts.records import Word
from fractocurate.reports.header_cells import IDENTIFYING
from fractocurate.reports.lines import join_text
from fractocurate.reports.run_in import ends_value, n_item_words, without_separator
from fractocurate.reports.table_rows import Anchors
from fractocurate.reports.units import is_unit
from fractocurate.reports.vocabulary import HALF_UNDERSTOOD, Vocabulary

_LONGEST_KEY_WORDS = 7

_LONGEST_IDENTIFIER_WORDS = 3

_FEWEST_DIGITS = 4

_DIGITS_OF_A_VALUE = 2

_LETTER_AND_STOP = 2

_TAG = re.compile(r"\w{1,3}:")

_MARK = re.compile(r"=|:|[.·…_]{3,}")
"""What may stand between a key and its value."""


def pieces_of(
    segment: tuple[Word, ...], vocabulary: Vocabulary
) -> list[tuple[str, tuple[Word, ...], tuple[Word, ...]]]:
    """A segment as (name, key words, value words); a name is empty where the segment begins with a value."""
    if tag := _tag_before(segment, vocabulary):
        following = pieces_of(segment[2:], vocabulary)
        if following[0][0]:
            return [("instance_tag", segment[:1], (tag,)), *following]
    if front := _n_of_value_before(segment, vocabulary):
        return [("", (), segment[:front]), *pieces_of(segment[front:], vocabulary)]
    return _keyed_pieces(segment, segment[n_item_words(segment) :], vocabulary)


def _keyed_pieces(
    whole: tuple[Word, ...], segment: tuple[Word, ...], vocabulary: Vocabulary
) -> list[tuple[str, tuple[Word, ...], tuple[Word, ...]]]:
    """The same for a segment that begins with a key, if it holds any; ``whole`` has its number, too."""
    keys: list[tuple[int, int, int, str]] = []
    """First word, word behind the last, first word of the value, and meaning."""
    for index, word in enumerate(segment):
        is_mark = _MARK.fullmatch(word.text) is not None
        if not is_mark and not word.text.endswith(":"):
            continue
        floor = keys[-1][2] if keys else 0
        end = index if is_mark else index + 1
        for start in range(max(floor, end - _LONGEST_KEY_WORDS), end):
            names, similarity = vocabulary.columns(join_text(segment[start:end]))
            inner = segment[start : end - 1]
            holds_value = (similarity < 1.0 and any(map(ends_value, inner))) or (
                similarity <= HALF_UNDERSTOOD and _holds_value(inner)
            )
            takes_all = similarity <= HALF_UNDERSTOOD and bool(keys) and start == keys[-1][2]
            if names and (keys or start == 0) and not (holds_value or takes_all):
                if keys:
                    start = _behind_value(segment, start, end, keys[-1][2], vocabulary)  # noqa: PLW2901
                keys.append((start, end, index + 1, names[0]))
                break
    if not keys:
        names, similarity = vocabulary.columns(join_text(segment))
        if names and similarity >= 1.0:
            return [(names[0], segment, ())]
        return [("", (), whole)]
    pieces: list[tuple[str, tuple[Word, ...], tuple[Word, ...]]] = []
    ends = [following[0] for following in keys[1:]] + [len(segment)]
    for (start, end, value, name), last in zip(keys, ends, strict=True):
        of_value = segment[value:last] if last == len(segment) else without_separator(segment[value:last])
        pieces.append((name, segment[start:end], of_value))
    return pieces


def _tag_before(segment: tuple[Word, ...], vocabulary: Vocabulary) -> Word | None:
    """The tag of a part in front of its keys: the 1 of ``Part 1: serial no. = 512345``."""
    if len(segment) <= _LETTER_AND_STOP or not _TAG.fullmatch(segment[1].text):
        return None
    names, similarity = vocabulary.columns(segment[0].text)
    tag = segment[1]
    return Word(tag.text[:-1], tag.box, tag.confidence) if "instance_tag" in names and similarity >= 1.0 else None


def _n_of_value_before(segment: tuple[Word, ...], vocabulary: Vocabulary) -> int:
    """How many words in front of the first key are a cause or sub-type, the value of a key that stands left of them."""
    end = next((k for k, word in enumerate(segment, start=1) if word.text.endswith(":")), 0)
    for cut in range(1, min(end, _LONGEST_KEY_WORDS)):
        names, similarity = vocabulary.columns(join_text(segment[cut:end]))
        text = join_text(segment[:cut])
        meaning = vocabulary.defect_class(text) or vocabulary.sub_type(text) if names and similarity >= 1.0 else None
        if meaning is not None and meaning.similarity >= 1.0:
            return cut
    return 0


def _behind_value(segment: Sequence[Word], start: int, end: int, value: int, vocabulary: Vocabulary) -> int:
    """Where a key begins that follows the value of the key before: what stands at its front may belong to that value.

    A number, if the key would leave nothing for the value: numbers in front of a label mean nothing to the vocabulary,
    and ``22.6. Root cause`` is as good a key as ``Root cause``. A unit or letter that ends a sentence: ``9 kN. Cause``.

    Args:
        segment: words of a line.
        start: where the key seems to begin.
        end: behind it.
        value: where the value of the key before begins.
        vocabulary: the site's words.
    """
    names, similarity = vocabulary.columns(join_text(segment[start:end]))
    ends_sentence = _ends_sentence(segment, start, value)
    for later in range(start + 1, end):
        of_rest, alike = vocabulary.columns(join_text(segment[later:end]))
        if of_rest[:1] != names[:1] or alike < similarity:
            continue
        if (start == value and any(map(_has_digit, segment[start:later]))) or (ends_sentence and later == start + 1):
            return later
    return start


def _ends_sentence(segment: Sequence[Word], index: int, value: int) -> bool:
    """Whether a word and its full stop end the value before: ``Load: 12 900 N. Cause:``, ``Part: A. Cause:``."""
    text = segment[index].text
    if not text.endswith("."):
        return False
    is_force = index > value and _has_digit(segment[index - 1]) and is_unit(text[:-1])
    return is_force or (index == value and len(text) == _LETTER_AND_STOP)


def _has_digit(word: Word) -> bool:
    return any(map(str.isdigit, word.text))


def _holds_value(words: Sequence[Word]) -> bool:
    """Whether the value of the key before stands in what may be a key in two languages, one of them not understood."""
    return any(sum(map(str.isdigit, w.text)) >= _DIGITS_OF_A_VALUE for w in words)


def heading_pieces(
    segment: tuple[Word, ...], vocabulary: Vocabulary, is_value: Anchors
) -> list[tuple[str, tuple[Word, ...], tuple[Word, ...]]]:
    """``Serial no. 512345 (FOAN FOAN-2021-0117)``: keys without a mark, each with its identifier and nothing else."""
    if tag := _tag_before(segment, vocabulary):
        following = heading_pieces(segment[2:], vocabulary, is_value)
        return [("instance_tag", segment[:1], (tag,)), *following] if following else []
    segment = segment[n_item_words(segment) :]
    opening = [k for k, w in enumerate(segment) if k and w.text.startswith("(")]
    pieces: list[tuple[str, tuple[Word, ...], tuple[Word, ...]]] = []
    for part in (segment[a:b] for a, b in itertools.pairwise([0, *opening, len(segment)])):
        cut = next(
            (k for k in range(min(len(part) - 1, _LONGEST_KEY_WORDS), 0, -1) if _is_key(part[:k], vocabulary)), 0
        )
        name = vocabulary.columns(join_text(part[:cut]))[0][0] if cut else ""
        value = part[cut:]
        if cut and len(value) <= _LONGEST_IDENTIFIER_WORDS and _may_be_identifier(name, value, is_value):
            pieces.append((name, part[:cut], value))
        elif not pieces:
            return []
        else:
            last = pieces[-1]
            pieces[-1] = (last[0], last[1], (*last[2], *part))
    return pieces


def _may_be_identifier(name: str, value: tuple[Word, ...], is_value: Anchors) -> bool:
    """Whether some words are an identifier, or a misread one: it must not pass for a missing one."""
    text = join_text(value)
    return is_value(name, text) or (
        len(value) < _LONGEST_IDENTIFIER_WORDS and sum(map(str.isdigit, text)) >= _FEWEST_DIGITS
    )


def inner_pieces(
    values: Sequence[tuple[Word, ...]], vocabulary: Vocabulary, is_value: Anchors
) -> list[tuple[str, tuple[Word, ...], tuple[Word, ...]]]:
    """Another identifier in brackets behind the first, with its own key: ``512345 (FOAN FOAN-2021-0117)``."""
    words = tuple(w for v in values for w in v)
    opening = next((k for k, w in enumerate(words) if k and w.text.startswith("(")), None)
    return [] if opening is None else heading_pieces(words[opening:], vocabulary, is_value)


def _is_key(words: tuple[Word, ...], vocabulary: Vocabulary) -> bool:
    names, similarity = vocabulary.columns(join_text(words))
    return bool(names) and names[0] in IDENTIFYING and similarity >= 1.0
