"""What a column holds, told from its values where its header was not understood: misread, or in words of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from fractocurate.reports.fields import is_blank, parse_load
from fractocurate.reports.identify import Identification, Identifiers
from fractocurate.reports.synonyms import Meaning
from fractocurate.reports.table_columns import Column
from fractocurate.reports.table_rows import Row
from fractocurate.reports.units import unit_of
from fractocurate.reports.vocabulary import Vocabulary

_SMALLEST_SHARE = 0.8
"""Of the values of a column that must be of one kind."""


def infer_fields(
    columns: tuple[Column, ...], rows: Sequence[Row], identifiers: Identifiers, vocabulary: Vocabulary
) -> tuple[Column, ...]:
    """The columns, those without a known header given the field that their values, and no other column's, can only be.

    Fields that another column has are not given again, and none is given where two columns could have it.
    """
    kinds: dict[str, Callable[[str], bool]] = {
        "foan": lambda text: _is_clean(identifiers.foan(text)),
        "serial_number": lambda text: _is_clean(identifiers.serial_number(text)),
        "defect_class": lambda text: _is_spelt(vocabulary.defect_class(text)),
        "sub_type": lambda text: _is_spelt(vocabulary.sub_type(text)),
        "fracture_load_kn": lambda text: bool(unit_of(text)) and parse_load(text, "", ".").kn is not None,
    }
    settled = list(columns)
    for field, is_kind in kinds.items():
        if any(field in column.fields or field == column.choice for column in settled):
            continue
        fitting = [
            k for k, column in enumerate(settled) if not (column.fields or column.choice) and _holds(rows, k, is_kind)
        ]
        if len(fitting) == 1:
            settled[fitting[0]] = replace(settled[fitting[0]], fields=(field,), is_inferred=True)
    return tuple(settled)


def _holds(rows: Sequence[Row], index: int, is_kind: Callable[[str], bool]) -> bool:
    texts = [text for row in rows if not is_blank(text := row.text(index))]
    return bool(texts) and sum(map(is_kind, texts)) >= _SMALLEST_SHARE * len(texts)


def _is_clean(found: Identification) -> bool:
    return found.value is not None and not found.repairs


def _is_spelt(meaning: Meaning | None) -> bool:
    return meaning is not None and meaning.similarity >= 1.0
