"""`fracto explain` from the command line: tables, JSON, exit codes, and options that contradict each other."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from data_contracts.errors import ExitCode, UsageError
from fractotrain.cli import register

Fracto = Callable[..., tuple[int, str]]


@pytest.fixture
def fracto(trained_catalog: Any) -> Fracto:
    """Run the command on the trained catalog: exit code and standard output; errors come through."""
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)

    def invoke(*arguments: object, width: int = 200) -> tuple[int, str]:
        words = ["explain", *map(str, arguments), "--catalog", str(trained_catalog.catalog)]
        result = CliRunner().invoke(app, words, catch_exceptions=False, env={"COLUMNS": str(width)})
        return result.exit_code, result.stdout

    return invoke


def test_closing_table_says_what_the_model_was_trained_on(fracto: Fracto) -> None:
    """One line an image; that answers on training images prove nothing; where to look, and what to do next."""
    code, shown = fracto("--foan", "f 1 2", "--method", "rollout")
    assert code == ExitCode.CLEAN
    assert shown.count("hard_machining_") == 3
    assert "3 of 3 images were trained on by this model" in shown
    assert "Models of folds are not stored" in shown
    assert "1 sheet in" in shown
    assert "fracto explain --test" in shown


def test_names_of_images_and_classes_stay_whole_in_a_narrow_terminal(fracto: Fracto) -> None:
    """Eighty columns: what does not fit goes on in the next line, and nothing is cut."""
    _, shown = fracto("hard_machining_000.png", "--method", "rollout", width=80)
    table = shown.split("1 of 1 images")[0]
    columns = [[line[start:end].strip() for line in table.splitlines()] for start, end in ((1, 17), (17, 80))]
    assert "'hard_machining_000.png'" in "".join(columns[0])
    assert "\u2026" not in table


def test_json_is_alone_on_stdout(fracto: Fracto, tmp_path: Path) -> None:
    """Programs read paths of maps and sheets; --output moves sheets and overlays, maps stay beside the catalog."""
    code, shown = fracto("hard_machining_000.png", "--method", "both", "--json", "--output", tmp_path / "o")
    facts = json.loads(shown)
    (image,) = facts["images"]
    assert code == (ExitCode.FINISHED_WITH_FAILED_ITEMS if facts["failures"] else ExitCode.CLEAN)
    assert set(image["maps"]) <= {"grad_cam", "rollout"}
    assert Path(image["maps"]["rollout"]).is_file()
    assert Path(image["sheet"]).parent == tmp_path / "o" / "sheets"
    assert image["out_of_fold"]["fold"] in (0, 1, 2)
    assert image["trained_on"]


def test_bad_image_is_named_and_the_exit_code_says_so(fracto: Fracto, trained_catalog: Any) -> None:
    """Exit code 6 with a line for the bad image; --quiet says nothing but keeps the code."""
    (trained_catalog.images / "material_000.png").unlink()
    code, shown = fracto("material_000.png", "material_001.png", "--method", "rollout")
    assert code == ExitCode.FINISHED_WITH_FAILED_ITEMS
    assert "failed 'material_000.png': vanished" in shown
    assert fracto("material_000.png", "--method", "rollout", "--quiet") == (ExitCode.FINISHED_WITH_FAILED_ITEMS, "")


def test_tests_end_with_a_plain_verdict(fracto: Fracto) -> None:
    """Intervals and limits, figures per class, and a sentence per method."""
    code, shown = fracto("--test", "--sample", 9, "--method", "rollout")
    assert code == ExitCode.CLEAN
    assert "insert > random" in shown
    assert "hard_machining" in shown
    assert any(f"rollout: {belief}" in shown for belief in ("may be", "to be read", "not to be believed"))
    _, as_json = fracto("--test", "--sample", 9, "--method", "rollout", "--json")
    assert json.loads(as_json)["verdicts"][0]["method"] == "rollout"


def test_form_goes_out_and_comes_back(fracto: Fracto, tmp_path: Path) -> None:
    """Two raters fill copies; the agreement is printed at the second import."""
    fracto("--foan", "F-1-2", "--method", "rollout", "--form", tmp_path / "form")
    with (tmp_path / "form" / "form.csv").open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    for rater, said in (("Anna", "yes"), ("Ben", "no")):
        for i, row in enumerate(rows):
            row["coincides_with_morphology"] = "yes" if i else said
        file = tmp_path / f"{rater}.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        code, shown = fracto("--answers", file, "--rater", rater)
        assert code == ExitCode.CLEAN
        assert f"{rater}: 3 answers imported" in shown
    assert "Anna, Ben" in shown
    assert "0.67" in shown


@pytest.mark.parametrize(
    "options",
    [("--answers", "a.csv"), ("--rater", "Anna"), ("--test", "--form", "f"), ("--regions", "r.csv", "--sample", 3),
     ("--form", "f", "--output", "o"), ("--answers", "a.csv", "--rater", "A", "--test"), ()],
)  # fmt: skip
def test_options_that_contradict_each_other_are_refused(fracto: Fracto, options: tuple[object, ...]) -> None:
    """Two answers to one question, half of a pair, or nothing asked for: a usage error before any work."""
    with pytest.raises(UsageError):
        fracto(*options)


def test_command_starts_without_the_training_packages(shown_without: Callable[..., str]) -> None:
    """Where torch and timm are missing the command is there, and says how to install them when run."""
    packages = ["torch", "torchvision", "timm", "safetensors"]
    shown = shown_without(packages, "from fractotrain.cli.explain import explain", "explain(sample=1)")
    assert shown.startswith("MissingToolError")
    assert "pip install 'fracto[train]'" in shown
