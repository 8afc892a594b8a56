"""The command line as a user meets it: help, exit codes, and where output goes."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from running import Ingested, Outcome, Site, fracto

from data_contracts.errors import ExitCode

Command = Callable[..., Outcome]

COMMANDS = {
    "ingest": ["REPORTS", "IMAGES", "--labels", "--decisions", "--profile", "--catalog", "--jobs", "--json", "--quiet"],
    "status": ["--matching", "--output", "--catalog", "--json"],
    "why": ["IMAGE", "--catalog", "--json"],
    "validate": ["--catalog", "--format", "text", "json", "junit", "github"],
    "audit": ["--folds", "--max-leakage", "--html", "--catalog", "--seed", "image", "foan", "cluster"],
    "export": ["TARGET", "--review", "--format", "csv", "parquet", "images", "fractovit"],
    "review": ["IMAGE", "--foan", "--serial", "--exclude", "--by", "--note"],
    "train": ["--catalog", "--print-config", "KEY=VALUE"],
}


def test_help_names_every_command_and_exit_code(command: Command) -> None:
    """`fracto --help` is enough to find everything."""
    outcome = command("--help")
    assert outcome.code == 0
    for name in COMMANDS:
        assert name in outcome.out
    text = " ".join(outcome.out.split())
    for code in ExitCode:
        assert f"{int(code)} " in text[text.index("Exit codes") :]
    assert command("--version").out.startswith("fracto ")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_names_what_it_needs(command: Command, name: str) -> None:
    """Arguments, options and choices."""
    outcome = command(name, "--help")
    assert outcome.code == 0
    for word in COMMANDS[name]:
        assert word.lower() in outcome.out.lower()


@pytest.mark.parametrize(
    "arguments",
    [
        ["ingest"],
        ["ingest", "only-one-folder"],
        ["ingest", "--labels", "t.csv", "two", "folders"],
        ["ingest", "a", "b", "--jobs", "0"],
        ["audit", "--folds", "1"],
        ["review", "x.tif", "--by", "me", "--note", "why"],
        ["review", "x.tif", "--by", "me", "--note", "why", "--foan", "F", "--exclude"],
        ["no-such-command"],
        ["status", "--no-such-option"],
        ["validate", "--format", "xml"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_code_2(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """Usage errors say what is wrong on standard error, and make no catalog."""
    monkeypatch.chdir(tmp_path)
    outcome = command(*arguments)
    assert outcome.code == ExitCode.USAGE
    assert outcome.err
    assert "Traceback" not in outcome.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (None, "cannot read the profile"),
        ("foan: [", "not a YAML file"),
        ("- a list", "a profile is a mapping"),
        ("foan: {pattern: 'FA-{yaer}'}\nmatching: {threshold: 2}\nshoe_size: 44\n", "3 problem(s)"),
    ],
    ids=["missing", "no yaml", "list", "wrong"],
)
def test_profile_that_cannot_be_used_is_exit_code_3(
    command: Command, small_ingested: Ingested, tmp_path: Path, profile: str | None, said: str
) -> None:
    """All problems at once, before any work."""
    path = tmp_path / "site.yaml"
    if profile is not None:
        path.write_text(profile)
    site = small_ingested.site
    outcome = command("ingest", site.reports, site.images, "-p", path, "-c", tmp_path / "c.duckdb")
    assert outcome.code == ExitCode.BAD_INPUT
    assert said in outcome.err
    assert str(path) in outcome.err
    assert not (tmp_path / "c.duckdb").exists()


def test_broken_contract_is_exit_code_5(command: Command, small_copy: Site) -> None:
    """A catalog that was edited by hand: every format names the rule and the row."""
    with duckdb.connect(str(small_copy.catalog)) as connection:
        path, *_ = connection.execute("SELECT path FROM matches WHERE status = 'matched' ORDER BY path").fetchone()
        connection.execute("UPDATE matches SET instance_id = 'ffffffffffffffff' WHERE path = ?", [path])
    for style in ("text", "json", "junit", "github"):
        outcome = command("validate", "-c", small_copy.catalog, "--format", style)
        assert outcome.code == ExitCode.CONTRACT_VIOLATED
        assert "instance_id" in outcome.out
    assert json.loads(command("validate", "-c", small_copy.catalog, "--json").out)


def test_audit_gate_is_exit_code_7(command: Command, copied: Site) -> None:
    """More leakage than allowed: exit code 7, after folds and page are written."""
    audit = ["audit", "-c", copied.catalog, "--folds", 5, "--self-test", 0, "--jobs", 1, "--gate", "image", "--at", 0.5]
    outcome = command(*audit, "--max-leakage", 0)
    assert outcome.code == ExitCode.LEAKAGE_ABOVE_LIMIT, outcome.err
    assert copied.catalog.with_suffix(".audit.html").is_file()
    assert command(*audit, "--max-leakage", 1).code == ExitCode.CLEAN


def test_quiet_says_nothing_and_json_goes_to_standard_output(small_ingested: Ingested, command: Command) -> None:
    """What a script reads stands on standard output alone."""
    catalog = small_ingested.site.catalog
    assert small_ingested.outcome.figures["n_image_files"] > 0
    for name in (["status"], ["validate"], ["why", "recovered.png"]):
        outcome = command(*name, "-c", catalog, "-q")
        assert (outcome.out, outcome.err) == ("", "")
    quiet = fracto(*small_ingested.site.ingest_arguments(), "-q", "--jobs", 1)
    assert (quiet.code, quiet.out, quiet.err) == (6, "", "")


def test_review_overrules_every_rule_and_is_kept(command: Command, small_copy: Site) -> None:
    """A person's decision holds at once and after the next ingest."""
    files = sorted(p for p in small_copy.images.rglob("*") if p.is_file() and "recovered" not in p.name)
    image = files[0].relative_to(small_copy.images).as_posix()
    outcome = command(
        "review", image, "--exclude", "--by", "A. Reviewer", "--note", "blurred", "-c", small_copy.catalog
    )
    assert outcome.code == 0, outcome.err
    for _ in range(2):
        why = command("why", image, "-c", small_copy.catalog)
        assert "excluded_by_reviewer" in why.out
        assert "A. Reviewer" in why.out
        assert fracto(*small_copy.ingest_arguments(), "-q", "--jobs", 1).code == 6
    assert command("validate", "-c", small_copy.catalog).code == 0


def test_a_sheet_of_decisions_may_come_with_an_ingest(command: Command, small_copy: Site, tmp_path: Path) -> None:
    """They are recorded after reading, in the same run; a bad row records none, and the next ingest keeps the good."""
    with duckdb.connect(str(small_copy.catalog)) as connection:
        path, sha256 = connection.execute(
            "SELECT path, sha256 FROM dataset WHERE status = 'matched' ORDER BY path"
        ).fetchone()
    columns = "sha256;path;decision;foan;serial_number;reviewer;note\n"
    sheet = tmp_path / "decisions.csv"
    sheet.write_text(f"{columns}{sha256};{path};link;FA-1999-0001;;A. Reviewer;other part\n", encoding="utf-8-sig")
    refused = fracto(*small_copy.ingest_arguments(), "--decisions", sheet, "--jobs", 1)
    assert refused.code == ExitCode.BAD_INPUT
    assert f"row 2 ({path}): no report has the FOAN" in refused.err
    sheet.write_text(f"{columns}{sha256};{path};exclude;;;A. Reviewer;blurred\n", encoding="utf-8-sig")
    done = fracto(*small_copy.ingest_arguments(), "--decisions", sheet, "--jobs", 1, "--json")
    assert done.figures["decisions"] == {"n_new": 1, "n_known": 0}
    assert fracto(*small_copy.ingest_arguments(), "--jobs", 1).code == done.code
    why = command("why", path, "-c", small_copy.catalog)
    assert "excluded_by_reviewer" in why.out
    assert "A. Reviewer: blurred" in why.out
