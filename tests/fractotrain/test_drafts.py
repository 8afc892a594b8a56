"""Drafts belong to the process that writes them; those of the dead are removed."""

import os
import subprocess
import sys
from pathlib import Path

from fractotrain.drafts import draft_of, remove_abandoned


def test_only_drafts_of_this_file_and_of_dead_processes_are_removed(tmp_path: Path) -> None:
    """Not those of processes that live, of other files, or that somebody named otherwise."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    file = tmp_path / "c.npy"
    abandoned = tmp_path / f".c.npy.{gone.pid}.draft"
    others = [f".d.npy.{gone.pid}.draft", ".c.npy.mine.draft", f".c.npy.{os.getppid()}.draft", draft_of(file).name]
    for name in (abandoned.name, *others):
        (tmp_path / name).touch()
    remove_abandoned(file)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)
