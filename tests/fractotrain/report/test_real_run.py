"""Report and triage of a run that `fracto train` made."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import MissingToolError
from fractotrain.report.study import ReportSettings
from fractotrain.report.write import write_report
from fractotrain.settings import Settings
from fractotrain.train import plan_run, run


def test_tables_hold_the_figures_that_training_stored(
    planted: Any, quick: Callable[..., Settings], tmp_path: Path
) -> None:
    """Mean, SD and both intervals over folds, recomputed from the answers, are those of the closing table."""
    run(plan_run(quick("cv.final_model=false"), planted.catalog))
    settings = ReportSettings(n_draws=50)
    report = write_report(planted.catalog, None, tmp_path / "report.html", settings)
    with Catalog.open_read_only(planted.catalog) as catalog:
        stored = dict(
            catalog.query(
                "SELECT metric, value FROM fold_metrics WHERE fold = -1 AND part = 'validation' AND selection = 'last'"
            ).iter_rows()
        )
    row = pl.read_csv(report.folder / "folds.csv").filter(pl.col("metric") == "macro-F1").row(0, named=True)
    assert row["SD"] == pytest.approx(stored["macro_f1:sd"])
    for interval, name in (("mean, t interval", "t"), ("mean, corrected interval", "corrected")):
        assert row[interval] == pytest.approx(stored["macro_f1:mean"])
        assert row[f"{interval} low"] == pytest.approx(stored[f"macro_f1:{name}_low"])
        assert row[f"{interval} high"] == pytest.approx(stored[f"macro_f1:{name}_high"])
        assert row[f"{interval} n folds"] == 3
    page = report.page.read_text()
    assert "are those of 36 frames; 0 could not be read" in page
    assert "train-" in page
    curves = pl.read_csv(report.folder / "learning_curves.csv")
    assert set(curves["fold"]) >= {"0", "1", "mean"}
    assert set(curves["epoch"]) == {1, 2}
    last = curves.filter(fold="mean", epoch=2).row(0, named=True)
    assert (last["folds"], last["validation_frames"]) == (3, 36)
    assert last["validation_macro_f1_low"] == pytest.approx(stored["macro_f1:corrected_low"])
    assert last["validation_macro_f1_high"] == pytest.approx(stored["macro_f1:corrected_high"])
    (attention,) = (row for row in pl.read_csv(report.folder / "specimens.csv").rows() if "attention" in str(row[0]))
    assert 0 <= attention[1] <= 1
    assert "No learning curves" not in page


def test_without_matplotlib_the_command_says_how_to_install_it(shown_without: Callable[..., str]) -> None:
    """The app starts, and the error names package and remedy."""
    shown = shown_without(["matplotlib"], "from fractotrain.cli import report", "report()")
    assert shown.startswith(MissingToolError.__name__)
    assert "matplotlib" in shown
    assert "pip install 'fracto[train]'" in shown
