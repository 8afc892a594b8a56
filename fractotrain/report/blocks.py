"""What a page is made of: sections of verdicts, tables and figures, each with its data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from fractotrain.evaluation.bootstrap import Estimate

Cell = Estimate | str | int | float | None


class Level(StrEnum):
    """What a verdict means for the reader."""

    BELIEVE = "believe"
    CAUTION = "caution"
    DO_NOT = "do_not"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One sentence for the top of the page, with its figures."""

    level: Level
    sentence: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; an ``Estimate`` shows its interval and numbers, and becomes five columns in the CSV."""

    name: str
    """Of the CSV file, without its ending."""
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    max_shown: int = 200

    @property
    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """Rows on the page; the CSV has all of them."""
        return self.rows[: self.max_shown]

    @property
    def data(self) -> pl.DataFrame:
        """All rows."""
        return pl.DataFrame(
            [_flat(self.columns, row) for row in self.rows], schema=_flat_columns(self), infer_schema_length=None
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing and the numbers in it."""

    name: str
    """Of the SVG and CSV files, without ending."""
    caption: str
    svg: str
    """A whole SVG document."""
    data: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Picture:
    """A raster picture, embedded."""

    caption: str
    media_type: str
    base64: str


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page."""

    title: str
    lead: str
    """What the section asks, and what its numbers rest on."""
    blocks: tuple[Table | Figure | Picture, ...] = ()
    verdicts: tuple[Verdict, ...] = field(default=())


def ranged(estimate: Estimate, digits: int = 3) -> str:
    """An estimate in a sentence, with its interval."""
    if estimate.value is None:
        return "not defined"
    value = rounded(estimate.value, digits)
    if estimate.low is None or estimate.high is None:
        return f"{value} (no interval: one FOAN)"
    return f"{value} [{rounded(estimate.low, digits)}, {rounded(estimate.high, digits)}]"


def rounded(value: float, digits: int = 3) -> str:
    """A figure without a sign where it rounds to zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def percent(estimate: Estimate) -> str:
    """A share in a sentence, with its interval."""
    if estimate.value is None:
        return "not defined"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.1%} (no interval: one FOAN)"
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"


def words(name: str) -> str:
    """A stored name for people: ``green_body`` -> ``green body``."""
    return name.replace("_", " ")


def counted(n: int, name: str) -> str:
    """``1 FOAN``, ``2,000 FOANs``."""
    return f"{n:,} {name}{'' if n == 1 else 's'}"


def shortened(name: str, most: int = 40) -> str:
    """A name that fits beside a drawing."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def step_name(step: float) -> str:
    """``50x``, ``2kx``."""
    return f"{step / 1000:g}kx" if step >= 1000 else f"{step:g}x"


def _flat_columns(table: Table) -> list[str]:
    names: list[str] = []
    for i, column in enumerate(table.columns):
        cells = [row[i] for row in table.rows]
        is_estimate = any(isinstance(cell, Estimate) for cell in cells)
        names += [column, *(f"{column} {part}" for part in _PARTS)] if is_estimate else [column]
    return names


_PARTS = ("low", "high", "n", "FOANs")


def _flat(columns: Sequence[str], row: Sequence[Cell]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for column, cell in zip(columns, row, strict=True):
        if isinstance(cell, Estimate):
            values = (cell.low, cell.high, cell.n, cell.n_foans)
            flat |= {column: cell.value} | {f"{column} {p}": v for p, v in zip(_PARTS, values, strict=True)}
        else:
            flat[column] = None if isinstance(cell, float) and math.isnan(cell) else cell
    return flat
