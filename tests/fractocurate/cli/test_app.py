"""The `fracto` command: help, exit codes, JSON and silence."""

import csv
import json
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data_contracts.catalog import Catalog
from data_contracts.errors import ContractError, FractoError, LeakageError, MissingToolError
from fractocurate.cli import app as app_module
from fractocurate.cli.app import app, main
from fractocurate.profile import load_profile

Plot = Any
_COMMANDS = ("ingest", "status", "why", "validate", "audit", "export", "review")


@pytest.fixture
def fracto(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `fracto` in this process; returns exit code, standard output and standard error."""
    monkeypatch.setattr(app_module.metadata, "entry_points", lambda **_: ())

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fracto", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return run


@pytest.fixture
def catalog(tmp_path: Path, sound_file: Path) -> Path:
    """A copy of the sound catalog."""
    return Path(shutil.copy(sound_file, tmp_path))


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_has_help_that_names_its_options(command: str) -> None:
    """Each takes a catalog, can be silent, and speaks JSON."""
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"})
    assert result.exit_code == 0
    assert all(option in result.output for option in ("--catalog", "--quiet", "--json"))


def test_help_lists_all_commands_and_exit_codes() -> None:
    """A user finds everything from `fracto --help`."""
    result = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"})
    assert all(command in result.output for command in _COMMANDS)
    assert "Exit codes: 0 clean" in result.output


def test_version_is_told(fracto: Any) -> None:
    """One line, exit code 0."""
    code, out, _ = fracto("--version")
    assert code == 0
    assert out.startswith("fracto ")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["status", "-c", "missing.duckdb"], 3, "no such catalog"),
        (["validate", "-c", "missing.duckdb"], 3, "no such catalog"),
        (["audit", "-c", "missing.duckdb"], 3, "no such catalog"),
        (["why", "nothing.png"], 3, "no such image"),
        (["review", "a/1.png", "--by", "R", "--note", "n"], 2, "say either --foan"),
        (["review", "a/1.png", "--by", "R", "--note", "n", "--exclude", "--foan", "F-1"], 2, "say either --foan"),
        (["ingest", "only-one"], 2, "found 1 folder(s)"),
        (["ingest", "--labels", "t.csv", "a", "b"], 2, "found 2 folder(s) beside --labels"),
        (["ingest", "a", "b", "--profile", "no.yaml"], 3, "cannot read the profile"),
        (["audit", "--folds", "1"], 2, "--folds"),
        (["status", "--nonsense"], 2, "No such option"),
        (["status", "--output", "lists"], 2, "--output goes with --matching"),
        (["status", "--matching"], 2, "labels come from no reports"),
        (["export"], 2, "say either `fracto export TARGET`"),
        (["export", "a.csv", "--review", "b.csv"], 2, "say either `fracto export TARGET`"),
        (["ingest", "--decisions", "missing.csv"], 3, "cannot read the review sheet"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_errors_go_to_standard_error_with_their_exit_code(
    arguments: list[str], code: int, said: str, fracto: Any, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sentence, no traceback, and nothing on standard output."""
    monkeypatch.setenv("FRACTO_CATALOG", str(catalog))
    monkeypatch.setenv("COLUMNS", "200")
    found, out, err = fracto(*arguments)
    assert (found, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize("error", [FractoError, MissingToolError, ContractError, LeakageError])
def test_every_class_of_error_ends_with_its_own_code(
    error: type[FractoError], fracto: Any, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is raised below, the shell learns the kind; brackets in a message are text, not markup."""

    def fail(_: Catalog) -> None:
        raise error("x.tif: what [bold]is[/bold] wrong\nand \x1b[31mwhat next")

    monkeypatch.setattr(app_module, "status_of", fail)
    code, _, err = fracto("status", "-c", catalog)
    assert code == error.exit_code
    assert "error: x.tif: what [bold]is[/bold] wrong\n" in err
    assert "\x1b[31m" not in err


def test_interrupt_stays_one_where_a_lock_makes_another_error_of_it(
    fracto: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while a lock of the standard library was being taken: exit code 130 and one sentence, no traceback."""

    def interrupted() -> None:
        try:
            raise KeyboardInterrupt
        finally:
            threading.Lock().release()

    monkeypatch.setattr(app_module, "app", interrupted)
    code, _, err = fracto("ingest")
    assert code == 130
    assert err.strip().startswith("interrupted; what was recorded is kept")


def test_broken_contract_is_exit_code_five(fracto: Any, catalog: Path) -> None:
    """In every format, and silently, too."""
    assert fracto("validate", "-c", catalog)[0] == 0
    with Catalog.open(catalog) as opened:
        opened.update("matches", {"path": "b/3.png"}, {"reason": None})
    for options in ((), ("--format", "junit"), ("--format", "github"), ("--json",), ("--quiet",)):
        code, out, _ = fracto("validate", "-c", catalog, *options)
        assert code == 5
        assert ("reason_given" in out) == (options != ("--quiet",))


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["why", "a/1.png"],
        ["why", "broken.png"],
        ["validate"],
        ["export", "out.csv"],
        ["export", "out.parquet", "-f", "parquet"],
        ["export", "--review", "review.csv"],
        ["review", "b/3.png", "--by", "R", "--note", "n", "--foan", "F-2"],
    ],
)
@pytest.mark.parametrize("options", [["--json"], ["--json", "--quiet"]])
def test_json_is_all_there_is_on_standard_output(
    arguments: list[str], options: list[str], fracto: Any, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script can read it whole, asked to be quiet or not."""
    monkeypatch.chdir(catalog.parent)
    code, out, _ = fracto(*arguments, "-c", catalog, *options)
    assert code == 0
    assert json.loads(out)


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["why", "a/1.png"],
        ["validate"],
        ["export", "out.csv"],
        ["review", "b/3.png", "--by", "R", "--note", "n", "--exclude"],
    ],
)
def test_quiet_prints_nothing_and_without_it_something(
    arguments: list[str], fracto: Any, catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the exit code speaks."""
    monkeypatch.chdir(catalog.parent)
    assert fracto(*arguments, "-c", catalog, "--quiet") == (0, "", "")
    (catalog.parent / "out.csv").unlink(missing_ok=True)
    assert fracto(*arguments, "-c", catalog)[1] != ""


def test_audit_speaks_json_writes_its_page_and_keeps_the_gate(
    fracto: Any, plot: Plot, grains: Callable[..., Any]
) -> None:
    """The figures are JSON all through; leakage above the limit is exit code 7."""
    for number in range(12):
        defect_class = ("green_body", "hard_machining", "material")[number % 3]
        plot.add_image(f"{number}.png", grains(number % 6) // (1 + number // 6))
        plot.match(f"{number}.png", plot.add_instance(f"F-{number}", None, defect_class))
    path = plot.write()
    options = ["audit", "-c", path, "--folds", "2", "--jobs", "1", "--images", plot.images]
    code, out, _ = fracto(*options, "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["n_files"] == 12
    assert shown["fingerprints"]["n_done"] == 12
    assert {rate["strategy"] for rate in shown["rates"]} == {"image", "foan", "cluster"}
    assert Path(shown["page"]).read_text(encoding="utf-8").lstrip().startswith("<!")
    leaking = any(r["strategy"] == "foan" and r["threshold"] == 0.5 and r["n_leaking"] for r in shown["rates"])
    gate = ["--max-leakage", "0", "--at", "0.5", "--gate", "foan", "--quiet"]
    assert fracto(*options, *gate)[0] == (7 if leaking else 0)


def test_a_sheet_goes_out_and_its_decisions_come_back(fracto: Any, plot: Plot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out with `export --review`, filled in, back with `ingest --decisions` as often as one likes; `why` shows who."""
    plot.add_instance("F-1", "11111", "material")
    plot.add_image("a.png")
    plot.match("a.png", status="review", reason="ambiguous_instance", guard="several")
    catalog = plot.write()
    monkeypatch.chdir(catalog.parent)
    assert fracto("export", "--review", "review.csv", "-c", catalog)[1].startswith("1 pictures in doubt")
    with Path("review.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    with Path("filled.csv").open("w", encoding="utf-16", newline="") as stream:
        writer = csv.DictWriter(stream, row, delimiter=";")
        writer.writeheader()
        writer.writerow(row | {"decision": "link", "foan": "F-1", "reviewer": "A. Reviewer", "note": "seen"})
    for n_new, n_known in ((1, 0), (0, 1)):
        code, out, _ = fracto("ingest", "--decisions", "filled.csv", "-c", catalog, "--json")
        assert (code, json.loads(out)) == (0, {"decisions": {"n_new": n_new, "n_known": n_known}})
    assert "A. Reviewer: seen" in fracto("why", "a.png", "-c", catalog)[1]
    assert fracto("ingest", "--decisions", "filled.csv", "-c", catalog, "--quiet") == (0, "", "")
    assert fracto("ingest", "--decisions", "filled.csv", "-c", "missing.duckdb")[0] == 3


def test_matching_is_shown_as_tables_json_and_lists(fracto: Any, plot: Plot) -> None:
    """Sums, collisions and the bound with its method; full lists in a folder."""
    stated = {"report_id": "a" * 16, "label_source": None, "page": 1, "method": "text_layer"}
    plot.add_instance("FOAN-2021-0417", "11111", "material", **stated)
    for path in ("FOAN-2021-0417_SN11111.tif", "FOAN-2021-0418.tif"):
        plot.add_image(path)
    settings = {"reports": "reports", "profile": load_profile(None).model_dump(mode="json")}
    plot.add("runs", run_id="ingest-1", command="ingest", outcome="finished", settings=json.dumps(settings))
    catalog = plot.write()
    code, out, _ = fracto("status", "--matching", "-c", catalog, "--output", catalog.parent / "lists")
    assert code == 0
    for words in (
        "linked by paper only",
        "FOAN-2021-0418 (1 images, no report)",
        "at most 0 of 1 links",
        "Not covered",
    ):
        assert words in " ".join(out.split())
    assert sorted(path.name for path in (catalog.parent / "lists").iterdir()) == ["collisions.csv", "differences.csv"]
    found = json.loads(fracto("status", "--matching", "-c", catalog, "--json")[1])
    assert [row["path"] for row in found["compared"]] == ["FOAN-2021-0418.tif"]
    assert found["bound"]["n_confirmed"] == 1
    assert fracto("status", "--matching", "-c", catalog, "--quiet") == (0, "", "")
