"""`fracto demo`: an archive to try the commands on, and the commands tried."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from fractocurate.cli.app import app

SMALL = ("--foans", "4", "--size", "320x160")


def demo(*arguments: object) -> Result:
    """Run `fracto demo` in this process."""
    return CliRunner().invoke(app, ["demo", *map(str, arguments)])


def test_archive_only_writes_an_archive_and_no_catalog(tmp_path: Path) -> None:
    """The archive is complete and described; no command was run on it."""
    ended = demo(tmp_path / "new", "--archive-only", *SMALL)
    assert ended.exit_code == 0
    assert "frames by expected outcome: failed 4" in ended.output
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "reports",
        "images",
        "truth",
        "labels.csv",
        "site.yaml",
    }


def test_what_is_there_is_not_overwritten_unasked(tmp_path: Path) -> None:
    """A second demo into the same folder changes nothing, unless it is told to; foreign files stay in any case."""
    assert demo(tmp_path, "--archive-only", *SMALL).exit_code == 0
    (tmp_path / "labels.csv").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    refused = demo(tmp_path, "--archive-only", *SMALL)
    assert isinstance(refused.exception, BadInputError)
    assert "--overwrite" in str(refused.exception)
    assert (tmp_path / "labels.csv").read_text() == "mine"
    assert demo(tmp_path, "--archive-only", "--overwrite", *SMALL).exit_code == 0
    assert (tmp_path / "labels.csv").read_text() != "mine"
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("arguments", [["--foans", "2"], ["--foans", "many"], ["--size", "100x100"], ["--size", "big"]])
def test_impossible_settings_are_refused(arguments: list[str], tmp_path: Path) -> None:
    """A setting that cannot work ends the run before anything is written."""
    ended = demo(tmp_path / "out", "--archive-only", *arguments)
    assert ended.exit_code == 2 or isinstance(ended.exception, UsageError)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_the_whole_tour(tmp_path: Path) -> None:
    """Without the training wing the tour leaves an audited catalog and says in JSON what it ran."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fractocurate.demo.tour.can_train", lambda: False)
        ended = demo(tmp_path / "new", "--json", "--foans", 15, "--size", "320x160")
    assert ended.exit_code == 0
    told = json.loads(ended.stdout)
    assert [step["command"][1] for step in told["steps"]] == ["ingest", "validate", "audit", "export"]
    with Catalog.open_read_only(Path(told["catalog"])) as catalog:
        assert catalog.read("folds").height > 0
