"""Tables as spreadsheets and scripts leave them: CSV in any usual delimiter and encoding, Excel, parquet."""

import codecs
import csv
import io
import zipfile
from pathlib import Path

import polars as pl

from data_contracts.errors import BadInputError

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TABLE_ERRORS = (
    pl.exceptions.PolarsError,
    csv.Error,
    zipfile.BadZipFile,
    ValueError,
    OSError,
    KeyError,
)
"""What the readers of CSV, Excel and parquet raise on files that are something else, or broken."""


def read_text_table(path: Path, what: str) -> pl.DataFrame:
    """Read a .csv, .xlsx or .parquet file, all cells as text.

    Args:
        path: the file.
        what: what it should be, for messages: "table of labels".

    Raises:
        BadInputError: no such file, no table, or one without rows.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path}: cannot read the {what}: {error.strerror}") from error
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            table = pl.read_parquet(io.BytesIO(content))
        elif suffix in {".xlsx", ".xlsm"}:
            table = pl.read_excel(io.BytesIO(content), engine="openpyxl", infer_schema_length=None)
        elif suffix in {".csv", ".tsv", ".txt"}:
            table = _read_csv(content)
        else:
            raise BadInputError(f"{path}: a {what} is a .csv, .xlsx or .parquet file")
        flat = [name for name, dtype in table.schema.items() if not dtype.is_nested() and dtype != pl.Binary]
        table = table.select(flat)
        # A column of whole numbers with gaps arrives as 12345.0 from pandas and Excel.
        whole = pl.selectors.float().cast(pl.Int64, strict=False)
        table = table.with_columns(
            pl.when(whole == pl.selectors.float())
            .then(whole.cast(pl.String))
            .otherwise(pl.selectors.float().cast(pl.String))
        ).cast(pl.String)
    except _TABLE_ERRORS as error:
        raise BadInputError(f"{path}: not a table that can be read: {error}") from error
    if table.is_empty():
        raise BadInputError(f"{path}: the table has no rows")
    return table


def _read_csv(content: bytes) -> pl.DataFrame:
    try:
        text = content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")  # what Excel writes in western Europe
    header = text.splitlines()[0] if text.strip() else ""
    delimiter = max(",;\t", key=header.count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if not rows:
        return pl.DataFrame()
    names = [name.strip() or f"column {i}" for i, name in enumerate(rows[0])]
    names = [name if name not in names[:i] else f"{name} (column {i})" for i, name in enumerate(names)]
    cells = [[*row, *[""] * (len(names) - len(row))][: len(names)] for row in rows[1:]]
    return pl.DataFrame(cells, schema=dict.fromkeys(names, pl.String), orient="row")
