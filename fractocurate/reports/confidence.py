"""How sure a value is, from 0 to 1: what the words give, what backs it, what speaks against it.

At 0.95 and above a value may be wrong once in two hundred; ``tests/benchmarks/test_reading_accuracy.py`` measures it.
"""

from collections.abc import Sequence

from data_contracts.records import Word

SURE = 0.95
"""From here on a value may be used without a second look."""
REVIEWED_BELOW = 0.6
"""A value that identifies or labels, and is less sure, goes to review."""
SPELT = 0.97
"""Least that a word gets which is spelt as the vocabulary has it, however unsure OCR was of its letters."""
CONTRADICTED = 0.3
"""Most that is left of a value that another reading, or a rule of the site, speaks against."""
LESS_SURE = 0.9
"""Most that a value gets whose place in the report leaves some doubt."""
REPAIRED = 0.9
"""Most that a repaired identifier gets which nothing else in the report states."""
_DIGITS_OF_A_NUMBER = 3
_WELL_READ, _BACKED, _SUREST_NUMBER = 0.86, 0.07, 0.99
"""Measured on generated scans: of 1,200 well-read identifiers, one was wrong."""


def lowest(words: Sequence[Word]) -> float:
    """Confidence of the least sure word with a letter or digit; 1.0 where there is none."""
    return min((w.confidence for w in words if any(c.isalnum() for c in w.text)), default=1.0)


def lowest_of_number(words: Sequence[Word]) -> float:
    """The same for an identifier: a label or a tag in the same cell says nothing about the number.

    Digits alone may be a part of it, set apart: the 2 of ``PLA 5241 2``. Tesseract gives words that it has read well
    some 0.9; that a grammar takes them as they are makes them surer.
    """
    numbers = [w for w in words if w.text.isdigit() or sum(map(str.isdigit, w.text)) >= _DIGITS_OF_A_NUMBER]
    read = lowest(numbers or words)
    return min(_SUREST_NUMBER, read + _BACKED) if _WELL_READ <= read < _SUREST_NUMBER else read
