"""Words that hold equal texts and numbers once: those of a whole report wait in memory until it is interpreted."""

from collections.abc import Iterable

from data_contracts.records import Box, Word


def shared_words(words: Iterable[Word], texts: dict[str, str]) -> tuple[Word, ...]:
    """Equal words of less memory.

    Words of a line have tops and bottoms in common, columns their edges, and a report its vocabulary.

    Args:
        words: of one page.
        texts: those seen on the report's pages so far; grows.
    """
    numbers: dict[float, float] = {}
    once = numbers.setdefault
    return tuple(
        Word(
            texts.setdefault(w.text, w.text),
            Box(
                once(w.box.left, w.box.left),
                once(w.box.top, w.box.top),
                once(w.box.right, w.box.right),
                once(w.box.bottom, w.box.bottom),
            ),
            once(w.confidence, w.confidence),
        )
        for w in words
    )
