"""Errors that end a run. Each says what is wrong, where, and what to do next, and carries its exit code.

A bad *item* (one PDF, one image) is never raised as a ``FractoError``: it is a ``records.Failure`` row.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every ``fracto`` command."""

    CLEAN = 0
    UNEXPECTED = 1
    USAGE = 2
    BAD_INPUT = 3
    MISSING_TOOL = 4
    CONTRACT_VIOLATED = 5
    FINISHED_WITH_FAILED_ITEMS = 6
    LEAKAGE_ABOVE_LIMIT = 7


class FractoError(Exception):
    """A run that cannot go on. ``str(error)`` is a sentence for the user."""

    exit_code = ExitCode.UNEXPECTED


class UsageError(FractoError):
    """Options that contradict each other or the state of the catalog."""

    exit_code = ExitCode.USAGE


class BadInputError(FractoError):
    """A folder, profile, table or catalog that cannot be used."""

    exit_code = ExitCode.BAD_INPUT


class CatalogError(BadInputError):
    """The catalog file is missing, busy, foreign, of a newer version, or its disk is full."""


class MissingToolError(FractoError):
    """An external program or optional package is not installed; the message says how to install it."""

    exit_code = ExitCode.MISSING_TOOL


class ContractError(FractoError):
    """The catalog violates its contracts; ``fracto validate`` lists the rows."""

    exit_code = ExitCode.CONTRACT_VIOLATED


class LeakageError(FractoError):
    """Leakage is above the limit that the user asked for."""

    exit_code = ExitCode.LEAKAGE_ABOVE_LIMIT
