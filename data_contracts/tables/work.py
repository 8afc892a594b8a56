"""What was run, what is done, and what failed."""

from data_contracts.tables.base import SHA256, SHORT_HASH, Table, column, one_of
from data_contracts.vocabulary import FailureReason, Stage


class Runs(Table):
    """Every run of a command that wrote to the catalog."""

    run_id: str = column("Command, start time and a random end.", unique=True)
    command: str = column("`ingest`, `audit`, `train` ...")
    started_at: str = column("UTC, ISO 8601.")
    finished_at: str = column("UTC, ISO 8601; null while it runs or if it was killed.", nullable=True)
    outcome: str = column("What became of it.", isin=["running", "finished", "failed"])
    settings: str = column("Resolved settings, JSON.")
    versions: str = column("Versions of Fracto, Python and the packages that matter, JSON.")
    dataset_hash: str = column("Of the rows it worked on; null if it made them.", nullable=True)
    split_id: str = column("The split it trained on; null otherwise.", nullable=True)
    summary: str = column("Its closing figures, JSON.")


class Failures(Table):
    """Items that a stage could not process. Nothing else was lost for their sake."""

    stage: str = one_of(Stage, "The stage.")
    item: str = column("Path of the file.")
    reason: str = one_of(FailureReason, "What was wrong.")
    detail: str = column("In a sentence.")

    class Config:
        """Read by pandera."""

        unique = ["stage", "item"]  # noqa: RUF012 - pandera's way to name a key


class Ledger(Table):
    """What is done: work is skipped while input, stage version and settings are the same."""

    stage: str = one_of(Stage, "The stage.")
    input_sha256: str = column("Of everything the work reads.", str_matches=SHA256)
    stage_version: int = column("Raised when the stage's code changes its results.", ge=1)
    settings: str = column("Fingerprint of the settings that the work rests on.", str_matches=SHORT_HASH)
    failure_reason: str = one_of(FailureReason, "Null if the work succeeded.", nullable=True)
    failure_detail: str = column("Null if the work succeeded.", nullable=True)

    class Config:
        """Read by pandera."""

        unique = ["stage", "input_sha256"]  # noqa: RUF012 - pandera's way to name a key
