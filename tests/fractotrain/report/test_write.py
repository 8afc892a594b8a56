"""`fracto report`: what it computes, says and writes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import typer
from sklearn.metrics import f1_score
from typer.testing import CliRunner

from data_contracts.catalog import Catalog
from data_contracts.errors import UsageError
from fractotrain.cli import register
from fractotrain.evaluation.bootstrap import Estimate
from fractotrain.report.blocks import Level, ranged, rounded
from fractotrain.report.study import ReportSettings
from fractotrain.report.write import SECTIONS, Report, write_report

QUICK = ReportSettings(n_draws=100)


@pytest.fixture
def fracto() -> Callable[..., Any]:
    """Run a command of an app that has the commands of training; errors come through."""
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, plant_run: Callable[..., Any], complete: Any) -> tuple[Any, Report]:
    """Grouped folds, last epoch, no leak, a good model; and its report, which replaced an older one."""
    folder = tmp_path_factory.mktemp("clean")
    (folder / "report.files").mkdir()
    (folder / "report.files" / "stale.csv").write_text("old")
    planted = plant_run(folder, complete)
    return planted, write_report(planted.catalog, None, folder / "report.html", QUICK)


def _sentences(report: Report, level: Level) -> str:
    return " | ".join(v.sentence for v in report.verdicts if v.level is level)


def test_a_clean_run_can_be_believed(clean: tuple[Any, Report]) -> None:
    """Grouped folds, last epoch, no leak: nothing is marked optimistic, and each verdict has n, split and interval."""
    _, report = clean
    assert not _sentences(report, Level.DO_NOT)
    assert "not put to the test" in _sentences(report, Level.CAUTION)
    believed = _sentences(report, Level.BELIEVE)
    assert "Macro-F1 0." in believed
    assert "360 frames, 60 FOANs, cluster split, 5 folds" in believed
    assert "0 of 360 validation images (0.0% [0.0%, 10.0%]) have a near-duplicate" in believed
    assert "No label is more likely wrong than right. The model contradicts" in _sentences(report, Level.CAUTION)


def test_figures_without_sign_or_interval() -> None:
    """What rounds to zero has no sign."""
    assert rounded(-0.0004) == "0.000"
    assert rounded(-0.0006) == "-0.001"
    assert ranged(Estimate(-0.0001, -0.07, 0.0001, 9, 3)) == "0.000 [-0.070, 0.000]"


def test_heat_maps_that_failed_their_tests_are_not_believed(
    tmp_path: Path, plant_run: Callable[..., Any], complete: Any
) -> None:
    """The verdict of `fracto explain --test` stands on top, its figures with interval, n and FOANs in a table."""
    planted = plant_run(tmp_path, complete, with_failed_map_test=True)
    report = write_report(planted.catalog, None, tmp_path / "report.html", QUICK)
    assert "by grad cam: not to be believed: the map hardly changes" in _sentences(report, Level.DO_NOT)
    (test,) = pl.read_csv(report.folder / "attribution_tests.csv").to_dicts()
    assert (test["value"], test["value low"], test["value n"], test["value FOANs"]) == (0.8, 0.7, 40, 20)
    assert test["result"] == "failed"


def test_figures_are_those_of_the_stored_answers(clean: tuple[Any, Report]) -> None:
    """The CSV beside the page holds scikit-learn's figures of the planted logits, with interval, n and FOANs."""
    planted, report = clean
    folds = pl.read_csv(report.folder / "folds.csv")
    macro_f1 = folds.filter(pl.col("metric") == "macro-F1").row(0, named=True)
    pooled = "pooled, over FOANs"
    truth = f1_score(planted.labels, planted.logits.argmax(axis=1), average="macro")
    assert macro_f1[pooled] == pytest.approx(truth)
    assert macro_f1[f"{pooled} low"] < truth < macro_f1[f"{pooled} high"]
    assert (macro_f1[f"{pooled} n"], macro_f1[f"{pooled} FOANs"]) == (360, 60)
    confusion = pl.read_csv(report.folder / "confusion.csv")
    assert confusion["frames"].sum() == 360
    curve = pl.read_csv(report.folder / "risk_coverage.csv")
    assert len(curve) == 360
    gap = pl.read_csv(report.folder / "training_gap.csv")
    assert sorted(gap["part"].unique()) == ["train", "validation"]
    # planted: 0.99 less 0.80 to 0.84; corrected: t(0.975, 4) sd sqrt(1 / 5 + 1 / 4)
    reach = 2.7764451 * np.std([0, 0.01, 0.02, 0.03, 0.04], ddof=1) * np.sqrt(0.45)
    words = f"0.170 in the mean over 5 folds, corrected resampled interval [{0.17 - reach:.3f}, {0.17 + reach:.3f}]"
    assert words in report.page.read_text()


def test_a_run_without_stored_epochs_says_so(clean: tuple[Any, Report]) -> None:
    """Runs of an older Fracto have neither learning curves nor attention; the page says so."""
    _, report = clean
    assert "No learning curves: the catalog holds no epochs of this run" in report.page.read_text()
    assert not (report.folder / "learning_curves.svg").exists()
    assert "attention" not in (report.folder / "specimens.csv").read_text()


def test_every_figure_has_its_data_and_its_drawing(clean: tuple[Any, Report]) -> None:
    """As many SVG files as drawings on the page, each with a CSV; an older report's folder leaves nothing behind."""
    _, report = clean
    drawings = sorted(report.folder.glob("*.svg"))
    assert len(drawings) == report.page.read_text().count("<svg") >= 7
    assert all(drawing.with_suffix(".csv").exists() for drawing in drawings)
    assert not (report.folder / "stale.csv").exists()
    assert report.page.read_text().count("<section ") == len(SECTIONS)


def test_the_same_catalog_gives_the_same_page(clean: tuple[Any, Report], tmp_path: Path) -> None:
    """No date of today, no random ids, no unseeded draw."""
    planted, report = clean
    again = write_report(planted.catalog, None, tmp_path / "again.html", QUICK)
    assert again.page.read_bytes() == report.page.read_bytes()


def test_a_dataset_that_changed_is_said(planted_run: Any, tmp_path: Path) -> None:
    """Images that lost their match keep their answers, under the label of then."""
    with Catalog.open(planted_run.catalog) as catalog, catalog.transaction():
        catalog.update("matches", {"method": "fuzzy"}, {"status": "review", "instance_id": None, "method": None})
    report = write_report(planted_run.catalog, None, tmp_path / "report.html", QUICK)
    assert "The dataset has changed since this run" in _sentences(report, Level.CAUTION)
    assert "no longer matched" in report.page.read_text()


def test_runs_are_found_by_the_start_of_their_id(planted_run: Any, tmp_path: Path) -> None:
    """An unknown run and a catalog without any are usage errors that say what to do."""
    assert write_report(planted_run.catalog, "train-2026", tmp_path / "r.html", QUICK).run_id.endswith("planted")
    with pytest.raises(UsageError, match="no such training runs with out-of-fold answers; the latest are train-"):
        write_report(planted_run.catalog, "train-1999", tmp_path / "r.html", QUICK)
    empty = tmp_path / "empty.duckdb"
    Catalog.open(empty).close()
    with pytest.raises(UsageError, match="run `fracto train"):
        write_report(empty, None, tmp_path / "r.html", QUICK)


def test_a_page_that_cannot_be_written_is_a_usage_error(planted_run: Any, tmp_path: Path) -> None:
    """The message names the file and what to do."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="name another --output"):
        write_report(planted_run.catalog, None, tmp_path / "file" / "report.html", QUICK)


def test_command_says_its_verdicts(
    clean: tuple[Any, Report], tmp_path: Path, fracto: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines for people, JSON for programs, silence if asked for; other endings than HTML are refused."""
    planted, report = clean
    asked: list[ReportSettings] = []

    def write(_catalog: Path, _run: str | None, _output: Path, settings: ReportSettings) -> Report:
        asked.append(settings)
        return report

    monkeypatch.setattr("fractotrain.report.write.write_report", write)
    common = ("report", "--catalog", planted.catalog, "--output", tmp_path / "report.html")
    assert "believe: Macro-F1 0." in fracto(*common, "--margin", 0.1, "--low", 50, "--alpha", 0.2).stdout
    assert asked == [ReportSettings(margin=0.1, low_step=50, alpha=0.2)]
    told = json.loads(fracto(*common, "--json").stdout)
    assert told["run_id"].startswith("train-")
    assert {v["level"] for v in told["verdicts"]} <= {"believe", "caution", "do_not"}
    assert not fracto(*common, "--quiet").output
    with pytest.raises(UsageError, match=r"ends in \.html"):
        fracto("report", "--catalog", planted.catalog, "--output", tmp_path / "report.pdf")
