"""`fracto report`: what it computes, says and writes."""

import errno
import json
import re
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
from data_contracts.errors import ContractError, UsageError
from fractotrain.cli import register
from fractotrain.evaluation.bootstrap import Estimate
from fractotrain.report.blocks import Level, ranged, rounded
from fractotrain.report.read import read_run
from fractotrain.report.sections.crossval import cross_validation
from fractotrain.report.sections.labels import labels
from fractotrain.report.study import ReportSettings, Study
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
    assert "The model contradicts" in _sentences(report, Level.CAUTION)


def test_figures_without_sign_or_interval() -> None:
    """What rounds to zero has no sign."""
    assert rounded(-0.0004) == "0.000"
    assert rounded(-0.0006) == "-0.001"
    assert ranged(Estimate(-0.0001, -0.07, 0.0001, 9, 3)) == "0.000 [-0.070, 0.000]"


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
    assert len(curve) == 100
    last = curve.row(-1, named=True)
    assert (last["coverage"], last["n"], last["FOANs"]) == (1, 360, 60)
    assert last["low"] < last["risk"] < last["high"]
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


def test_every_figure_of_the_data_has_its_interval_n_and_split_in_numbers(clean: tuple[Any, Report]) -> None:
    """No interval is a text; where there is one, so are its ends, n and the split, each in a column of its own."""
    _, report = clean
    without_split = {"leakage", "data_status", "data_classes", "data_magnification", "data_sub_type", "words", "run",
                     "settings", "versions"}  # fmt: skip
    n_intervals = 0
    for file in sorted(report.folder.glob("*.csv")):
        assert not re.search(r"\[-?[\d.]+, ?[-+]?[\d.]+\]", file.read_text()), file.name
        data = pl.read_csv(file)
        assert ("split" in data.columns) != (file.stem in without_split), file.name
        for low in (name for name in data.columns if name.endswith("low") and name != "bin_low"):
            stem = low.removesuffix("low")
            high = f"{stem}high"
            assert not data.schema[low].is_(pl.String)
            assert (data[low].drop_nulls() <= data[high].drop_nulls() + 1e-9).all(), (file.name, low)
            assert any(name in data.columns for name in (f"{stem}n", f"{stem}n folds", f"{stem}n images", "folds"))
            n_intervals += 1
    assert n_intervals > 50


def test_the_same_catalog_gives_the_same_page(clean: tuple[Any, Report], tmp_path: Path) -> None:
    """No date of today, no random ids, no unseeded draw."""
    planted, report = clean
    again = write_report(planted.catalog, None, tmp_path / "again.html", QUICK)
    assert again.page.read_bytes() == report.page.read_bytes()


def test_a_dataset_that_changed_is_said(planted_run: Any, complete: Callable[..., Any]) -> None:
    """Images that lost their match keep their answers, under the label of then, and their FOAN's group of the split.

    What the latest test of this run's heat-maps said is read, that of another run is not.
    """
    said_of = {"material": planted_run.run_id, "nothing": "another run"}
    runs = [
        {"run_id": f"explain-{said}", "command": "explain --test", "started_at": "2026-01-02", "outcome": "finished",
         "settings": json.dumps({"run_id": run_id}), "versions": "{}",
         "summary": json.dumps({"verdicts": {"grad_cam": {"belief": said, "reasons": []}}})}
        for said, run_id in said_of.items()
    ]  # fmt: skip
    with Catalog.open(planted_run.catalog) as catalog, catalog.transaction():
        before = read_run(catalog, None).answers
        lost = {"status": "review", "instance_id": None, "method": None, "foan": None}
        catalog.update("matches", {"method": "fuzzy"}, lost)
        catalog.append("runs", [complete("runs", run) for run in runs])
        study = Study(read_run(catalog, None), QUICK)
    assert list(study.answers.foans) == list(before.foans)
    said = " | ".join(v.sentence for v in cross_validation(study).verdicts)
    assert "The dataset has changed since this run" in said
    assert "72 frames no longer linked to a FOAN" in said
    assert study.record.attribution_verdicts["grad_cam"]["belief"] == "material"
    assert "no longer matched" in labels(study).blocks[0].data["matched by"].to_list()


def test_runs_are_found_by_the_start_of_their_id(clean: tuple[Any, Report], tmp_path: Path) -> None:
    """An unknown run, a catalog without any, and a run without out-of-fold answers are errors that say what to do."""
    planted, _ = clean
    with Catalog.open_read_only(planted.catalog) as catalog:
        assert read_run(catalog, "train-2026").run_id.endswith("planted")
        with pytest.raises(UsageError, match="no such training runs with out-of-fold answers; the latest are train-"):
            read_run(catalog, "train-1999")
    copy = tmp_path / "empty.duckdb"
    copy.write_bytes(planted.catalog.read_bytes())
    with Catalog.open(copy) as catalog, catalog.transaction():
        catalog.update("predictions", {"fold": 1}, {"logit_material": float("nan")})
        with pytest.raises(ContractError, match="has answers that are not numbers"):
            read_run(catalog, None)
        catalog.delete("predictions", "fold", [0, 1, 2, 3, 4])
        with pytest.raises(UsageError, match=r"planted made a final model only\); run `fracto train"):
            read_run(catalog, None)
        catalog.delete("runs", "command", ["train"])
        with pytest.raises(UsageError, match="no training run with out-of-fold answers; run `fracto train"):
            read_run(catalog, None)


def test_what_cannot_be_finished_leaves_the_older_report_as_it_was(
    clean: tuple[Any, Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk in the midst of it: page and files stay those of before, and no draft stays; names may be any."""
    planted, _ = clean
    output = tmp_path / "Bericht für Ä 报告.html"
    report = write_report(planted.catalog, None, output, QUICK)
    before = {file: file.read_bytes() for file in (output, *report.folder.iterdir())}
    real, n_left = pl.DataFrame.write_csv, 3

    def fill(self: pl.DataFrame, *arguments: Any, **options: Any) -> Any:
        nonlocal n_left
        n_left -= 1
        if not n_left:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, *arguments, **options)

    monkeypatch.setattr(pl.DataFrame, "write_csv", fill)
    with pytest.raises(UsageError, match="No space left on device"):
        write_report(planted.catalog, None, output, ReportSettings(n_draws=100, margin=0.2))
    assert {file: file.read_bytes() for file in (output, *report.folder.iterdir())} == before
    assert sorted(tmp_path.iterdir()) == sorted([output, report.folder])


def test_a_page_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    """The message names the file and what to do, before any work is done."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="name another --output"):
        write_report(tmp_path / "none.duckdb", None, tmp_path / "file" / "report.html", QUICK)


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
