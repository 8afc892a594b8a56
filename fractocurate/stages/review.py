"""`fracto review`: what a person decides is appended, never changed, and overrules every rule."""

from datetime import UTC, datetime

import polars as pl

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from data_contracts.vocabulary import MatchReason, MatchStatus
from fractocurate.stages.matching import apply_decision


def record_decision(
    catalog: Catalog,
    path: str,
    foan: str | None,
    serial_number: str | None,
    reviewer: str,
    note: str,
) -> None:
    """Link a micrograph to the one instance of ``foan`` (and serial number), or exclude it if ``foan`` is None.

    The decision is about the picture: all files with the same bytes follow it.

    Raises:
        BadInputError: the image could not be read or has no picture, or the reports have no such instance, or several.
    """
    row = catalog.query("SELECT status, reason, sha256 FROM dataset WHERE path = ?", [path]).row(0, named=True)
    if row["status"] == MatchStatus.FAILED:
        raise BadInputError(f"{path}: could not be read, so there is nothing to decide; `fracto why` says more")
    if foan is not None and row["reason"] == MatchReason.NO_PICTURE:
        raise BadInputError(f"{path}: is a data bar alone; without a picture it cannot be linked, but --exclude works")
    if foan is not None:
        _check_instance(catalog, foan, serial_number)
    number = catalog.query("SELECT coalesce(max(decision_id), 0) + 1 AS n FROM decisions")["n"][0]
    decision = {
        "decision_id": number,
        "sha256": row["sha256"],
        "path": path,
        "action": "exclude" if foan is None else "link",
        "foan": foan,
        "serial_number": serial_number,
        "reviewer": reviewer,
        "note": note,
        "decided_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with catalog.transaction():
        catalog.append("decisions", [decision])
        apply_decision(catalog, decision)


def _check_instance(catalog: Catalog, foan: str, serial_number: str | None) -> None:
    known = catalog.query(
        "SELECT foan, serial_number FROM fracture_instances WHERE superseded_by IS NULL AND foan = ?", [foan]
    )
    fitting = known if serial_number is None else known.filter(pl.col("serial_number") == serial_number)
    if fitting.height == 1:
        return
    if known.is_empty():
        raise BadInputError(f"no report has the FOAN {foan!r}; write it as the catalog does, see `fracto status`")
    serials = ", ".join(str(s) for s in known["serial_number"])
    raise BadInputError(f"{foan} has {known.height} instances; name one with --serial (serial numbers: {serials})")
