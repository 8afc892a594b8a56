"""Drafts belong to the process that writes them; those of the dead are removed."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from fractotrain.drafts import draft_of, put_folder, remove, remove_abandoned


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


def test_a_folder_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    """Of a folder with files in it, of a file, or of nothing; nothing else stays."""
    place = tmp_path / "report.files"
    for name in ("first.csv", "second.csv", "third.csv"):
        draft = draft_of(place)
        draft.mkdir()
        (draft / name).write_text("1")
        put_folder(draft, place)
        assert [file.name for file in place.iterdir()] == [name]
        if name == "second.csv":
            remove(place)
            place.write_text("a file in the way")
    assert [file.name for file in tmp_path.iterdir()] == ["report.files"]


def test_many_may_put_their_folder_there_at_once(tmp_path: Path) -> None:
    """One of them is there in the end, whole."""
    place = tmp_path / "report.files"

    def write(number: int) -> None:
        for turn in range(20):
            draft = tmp_path / f".draft.{number}.{turn}"
            draft.mkdir()
            for name in "ab":
                (draft / name).write_text(f"{number} {turn}")
            put_folder(draft, place)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert len({(place / name).read_text() for name in "ab"}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["report.files"]
