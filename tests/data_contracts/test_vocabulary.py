"""The closed vocabularies: what is stored in the catalog must not change by accident."""

import re

import pytest

from data_contracts import vocabulary
from data_contracts.errors import (
    BadInputError,
    CatalogError,
    ContractError,
    ExitCode,
    FractoError,
    LeakageError,
    MissingToolError,
    UsageError,
)
from data_contracts.records import Box
from data_contracts.vocabulary import TRAINABLE_CLASSES, DefectClass

_ENUMS = [v for v in vars(vocabulary).values() if isinstance(v, type) and issubclass(v, vocabulary.StrEnum)]


@pytest.mark.parametrize("words", [e for e in _ENUMS if e is not vocabulary.StrEnum])
def test_values_are_plain_lower_case_words(words: type[vocabulary.StrEnum]) -> None:
    """They stand in SQL, CSV and file names, so nothing in them needs quoting; no two names share a value."""
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", str(word)) for word in words)
    assert len(words.__members__) == len(set(words))


def test_unknown_is_never_trained_on() -> None:
    """The classes of a model are the three causes, in a fixed order."""
    assert [str(c) for c in TRAINABLE_CLASSES] == ["green_body", "hard_machining", "material"]
    assert DefectClass.UNKNOWN not in TRAINABLE_CLASSES


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FractoError, 1), (UsageError, 2), (BadInputError, 3), (CatalogError, 3), (MissingToolError, 4),
        (ContractError, 5), (LeakageError, 7),
    ],
)  # fmt: skip
def test_errors_carry_their_exit_codes(error: type[FractoError], code: int) -> None:
    """Scripts rely on these numbers."""
    assert error("x").exit_code == ExitCode(code)


def test_box_is_half_open() -> None:
    """Width and height are differences of the sides."""
    assert (Box(2, 3, 10, 5).width, Box(2, 3, 10, 5).height) == (8, 2)
