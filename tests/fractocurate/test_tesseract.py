"""Tesseract: missing, lacking a language; its table; the folders of its files."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytesseract
import pytest

from data_contracts.errors import ExitCode, MissingToolError
from fractocurate.tesseract import OcrError, TableWord, one_call, require_tesseract, words_of_table, work_folder


def test_the_installed_tesseract_is_enough() -> None:
    """English and German are there on a machine set up as the README says."""
    require_tesseract(("eng", "deu"))


def test_a_missing_tesseract_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the command that installs it, and the exit code is that of a missing tool."""
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "/nowhere/tesseract")
    monkeypatch.setattr(pytesseract.pytesseract.get_languages, "__wrapped__", None, raising=False)
    with pytest.raises(MissingToolError, match=r"apt-get install tesseract-ocr tesseract-ocr-deu") as caught:
        require_tesseract(("eng", "deu"))
    assert caught.value.exit_code is ExitCode.MISSING_TOOL


def test_a_missing_language_is_named() -> None:
    """The pack that lacks is named, with the package that brings it."""
    with pytest.raises(MissingToolError, match=r"no language pack for xyz; .*tesseract-ocr-xyz"):
        require_tesseract(("eng", "xyz"))


def test_folders_of_killed_processes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed run left is gone at the next; folders of running processes stay; one's own goes at the end."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with work_folder() as folder:
        place = folder.parent
    assert not folder.exists()
    for owner in ("99999999", str(os.getpid())):
        (place / f"{owner}-left").mkdir()
    with work_folder():
        assert not (place / "99999999-left").exists()
        assert (place / f"{os.getpid()}-left").exists()


def test_a_table_gives_its_words_alone() -> None:
    """Not its head, its pages and lines, its empty words, nor a row that was cut off."""
    rows = [
        "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext",
        "1\t1\t0\t0\t0\t0\t0\t0\t600\t800\t-1\t",
        "5\t2\t1\t1\t1\t1\t10\t20\t30\t12\t96.5\tMag",
        "5\t2\t1\t1\t1\t2\t50\t20\t30\t12\t95\t ",
        "5\t2\t1\t1\t1\t3\t90\t20\t30\t12\t-1\tx",
        "5\t2\t1\t1",
    ]
    assert list(words_of_table(rows)) == [TableWord(2, "Mag", 0.965, 10, 20, 30, 12)]


def test_a_call_runs_on_one_thread_and_leaves_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other libraries of the process read the same variable."""
    for before in (None, "3"):
        monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
        if before is not None:
            monkeypatch.setenv("OMP_THREAD_LIMIT", before)
        with one_call(("eng",), 1.0):
            assert os.environ["OMP_THREAD_LIMIT"] == "1"
        with pytest.raises(OcrError, match="longer than 1 s"), one_call(("eng",), 1.0):
            raise RuntimeError
        assert os.environ.get("OMP_THREAD_LIMIT") == before


@pytest.fixture
def language_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of Tesseract's that holds English and German."""
    said = subprocess.run(
        [shutil.which("tesseract") or "tesseract", "--list-langs"], capture_output=True, text=True, check=True
    )
    (folder,) = re.findall(r'"(.+)"', said.stdout + said.stderr)
    for language in ("eng", "deu"):
        shutil.copy(Path(folder) / f"{language}.traineddata", tmp_path)
    shutil.copytree(Path(folder) / "configs", tmp_path / "configs")
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    return tmp_path


def test_languages_that_load_pass(language_folder: Path) -> None:
    """The folder itself is right: what the other tests do to it makes the difference."""
    assert language_folder.is_dir()
    require_tesseract(("eng", "deu"))


@pytest.mark.parametrize("damage", ["cut short", "empty", "junk"])
def test_a_damaged_language_is_an_error_with_its_remedy(language_folder: Path, damage: str) -> None:
    """Tesseract itself would read on in the other language and succeed."""
    file = language_folder / "deu.traineddata"
    content = file.read_bytes()
    file.write_bytes({"cut short": content[:300_000], "empty": b"", "junk": b"no model"}[damage])
    with pytest.raises(MissingToolError, match=r"cannot load deu.*--reinstall tesseract-ocr-deu"):
        require_tesseract(("eng", "deu"))


def test_a_language_that_goes_in_mid_run_ends_the_run(language_folder: Path) -> None:
    """The next call notices, for the file is not what it was."""
    with one_call(("eng", "deu"), 10):
        pass
    (language_folder / "deu.traineddata").unlink()
    with pytest.raises(MissingToolError, match="cannot load deu"), one_call(("eng", "deu"), 10):
        pass
