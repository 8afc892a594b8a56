"""Words of a report that hold equal texts and numbers once: equal to those given, of less memory."""

from hypothesis import given
from hypothesis import strategies as st

from data_contracts.records import Box, Word
from fractocurate.reports.shared_words import shared_words

# Built anew for every word: literals of a module are one object from the start.
_TEXTS = st.sampled_from(["Bruchlast", "FOAN", "22,4"]).map(lambda text: "".join(list(text)))
_NUMBERS = st.sampled_from([1, 12, 700]).map(lambda number: float(str(number)))
_WORDS = st.builds(Word, _TEXTS, st.builds(Box, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS), _NUMBERS)


def _numbers(word: Word) -> tuple[float, ...]:
    return (word.box.left, word.box.top, word.box.right, word.box.bottom, word.confidence)


@given(st.lists(_WORDS, max_size=12))
def test_words_are_equal_and_in_order_and_each_number_is_there_once(words: list[Word]) -> None:
    """Sharing is seen by identity alone."""
    shared = shared_words(words, {})
    assert shared == tuple(words)
    numbers = [n for word in shared for n in _numbers(word)]
    assert len({id(n) for n in numbers}) == len(set(numbers))
    assert len({id(word.text) for word in shared}) == len({word.text for word in shared})


def test_pages_of_a_report_have_their_texts_in_common() -> None:
    """As long as they are given the same dictionary."""

    def page() -> list[Word]:
        return [Word("".join(list("Bruchlast")), Box(1.0, 2.0, 3.0, 4.0), 1.0)]

    texts: dict[str, str] = {}
    (first,), (second,) = shared_words(page(), texts), shared_words(page(), texts)
    assert first.text is second.text
    (apart,) = shared_words(page(), {})
    assert apart.text == first.text
    assert apart.text is not first.text
    assert list(texts) == ["Bruchlast"]
