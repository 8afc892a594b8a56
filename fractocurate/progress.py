"""How long work reports where it is. The command line shows it; library code only calls it."""

from typing import Protocol


class Progress(Protocol):
    """What a stage tells while it works."""

    def start(self, label: str, total: int) -> None:
        """A part of the work with ``total`` items begins; it ends when the next one starts."""

    def advance(self, count: int = 1) -> None:
        """So many items more are done."""

    def say(self, message: str) -> None:
        """Something the user should read now."""


class Silent:
    """Says nothing."""

    def start(self, label: str, total: int) -> None:
        """Nothing."""

    def advance(self, count: int = 1) -> None:
        """Nothing."""

    def say(self, message: str) -> None:
        """Nothing."""
