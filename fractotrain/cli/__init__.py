"""The commands of the training wing: the only files here that know typer and rich."""

from fractotrain.cli.command import register, train

__all__ = ["register", "train"]
