"""The work of ``test_reading``; a module of its own, which worker processes can import."""

from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage


def read_number(text: str) -> int | Failure:
    """A number, or why it is none."""
    if text == "locked":
        return Failure(text, Stage.MICROGRAPHS, FailureReason.UNREADABLE, "no permission")
    if not text.lstrip("-").isdigit():
        return Failure(text, Stage.MICROGRAPHS, FailureReason.NOT_AN_IMAGE, "not a number")
    return int(text)
