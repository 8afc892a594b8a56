"""What all contracts share: a column of a table, with its description and its checks."""

from enum import StrEnum
from typing import Any

import pandera.polars as pa

SHA256 = r"^[0-9a-f]{64}$"
SHORT_HASH = r"^[0-9a-f]{16}$"


def column(description: str, **checks: Any) -> Any:  # noqa: ANN401 - pandera types Field as Any
    """A column; ``checks`` are those of ``pandera.Field``."""
    return pa.Field(description=description, **checks)


def one_of(values: type[StrEnum], description: str, **checks: Any) -> Any:  # noqa: ANN401 - as above
    """A column that holds values of a vocabulary."""
    return pa.Field(description=description, isin=[str(v) for v in values], **checks)


def fraction(description: str, **checks: Any) -> Any:  # noqa: ANN401 - as above
    """A column of figures from 0 to 1."""
    return pa.Field(description=description, ge=0.0, le=1.0, **checks)


class Table(pa.DataFrameModel):
    """What all tables share: no column more, none less, none of another type."""

    class Config:
        """Read by pandera."""

        strict = True
        coerce = False
