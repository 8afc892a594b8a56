"""TensorBoard and MLflow hold what the run told them; neither can stop it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from data_contracts.catalog import Catalog
from data_contracts.errors import MissingToolError, UsageError
from fractotrain.cli import register
from fractotrain.metrics_log import Facts, MetricsLog
from fractotrain.settings import Settings
from fractotrain.stored_model import FACTS_FILE
from fractotrain.trackers import EXPERIMENT, Mlflow, TensorBoard, open_trackers
from fractotrain.train import plan_run, run
from fractotrain.watch import Epoch, Watch

QUICK = ["recipe=fast", "model.img_size=32", "optim.epochs=2", "optim.warmup_updates=1", "threads=1"]


def _watch(sinks: list[Any], told: list[str] | None = None) -> MetricsLog:
    return MetricsLog(sinks, Watch(), (told if told is not None else []).append)


def test_event_files_hold_the_metrics_of_the_log(planted: Any, tmp_path: Path) -> None:
    """Each fit has a folder, whose figures are those of the JSON lines, to float32."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # noqa: PLC0415 - slow to load

    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    given = ["--catalog", str(planted.catalog), "--metrics", str(tmp_path / "m.jsonl"), "--quiet"]
    CliRunner().invoke(app, ["train", *QUICK, f"log.tensorboard={tmp_path / 'tb'}", *given], catch_exceptions=False)
    (root,) = (tmp_path / "tb").iterdir()
    lines = [json.loads(line) for line in (tmp_path / "m.jsonl").read_text().splitlines()]
    assert len(lines) == 4 * 2
    for fold, name in ((0, "fold_0"), (2, "fold_2"), (-1, "final")):
        events = EventAccumulator(str(root / name)).Reload()
        found = [(event.step, event.value) for event in events.Scalars("training_loss")]
        assert found == [
            (line["epoch"] + 1, pytest.approx(line["training_loss"], rel=1e-6))
            for line in lines
            if line["fold"] == fold
        ]
    assert "crossval_best_val_optimistic/macro_f1_mean" in EventAccumulator(str(root)).Reload().Tags()["scalars"]


class Ends(Watch):
    """Ends the process, as it were, after so many epochs."""

    def __init__(self, after: int) -> None:
        self.left = after

    def on_epoch(self, epoch: Epoch) -> None:  # noqa: ARG002 - its signature
        """Count."""
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def test_run_that_was_killed_goes_on_as_the_same_mlflow_run(
    planted: Any, quick: Callable[..., Settings], tmp_path: Path
) -> None:
    """Killed in fold 1 and started again: one MLflow run, finished, every epoch in it once."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    settings = quick("optim.epochs=3", "checkpoint_every_s=3600", "cv.final_model=false")
    settings = settings.model_copy(update={"log": settings.log.model_copy(update={"mlflow": uri})})
    plan = plan_run(settings, planted.catalog)
    (first,) = open_trackers(plan)
    assert isinstance(first, Mlflow)
    with pytest.raises(KeyboardInterrupt):
        run(plan, MetricsLog([first], Ends(5), lambda _line: None))
    (second,) = open_trackers(plan_run(settings, planted.catalog))
    log = _watch([second])
    outcome = run(plan, log)
    log.finish({"crossval_last/macro_f1_mean": 0.5})
    client = first._client
    (kept,) = client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id])
    assert kept.info.status == "FINISHED"
    assert kept.data.params["recipe"] == "fast"
    assert kept.data.metrics["crossval_last/macro_f1_mean"] == 0.5
    for fold in outcome.folds:
        history = client.get_metric_history(kept.info.run_id, f"fold_{fold.fold}/validation_macro_f1")
        assert [(m.step, m.value) for m in sorted(history, key=lambda m: m.step)] == [
            (epoch.epoch + 1, epoch.validation_macro_f1) for epoch in fold.epochs
        ]
    (third,) = open_trackers(plan)  # the same work once more is a run of its own
    assert isinstance(third, Mlflow)
    assert third._run != kept.info.run_id


class Breaks:
    """A sink whose server went away."""

    name = "somewhere"
    told = 0

    def epoch(self, facts: Facts) -> None:
        """Fail."""
        self.told += 1
        raise ConnectionError(f"no answer at epoch {facts['epoch']}")

    def finish(self, figures: Mapping[str, float]) -> None:
        """Never called."""
        raise AssertionError(figures)


def test_sink_that_fails_is_warned_of_once_and_stops_nothing(planted: Any, quick: Callable[..., Settings]) -> None:
    """The run ends as without it; the sink is told of one epoch only."""
    told: list[str] = []
    sink = Breaks()
    log = _watch([sink], told)
    outcome = run(plan_run(quick("cv.folds=[0]", "cv.final_model=false"), planted.catalog), log)
    log.finish({})
    assert len(outcome.folds) == sink.told == 1
    assert told == ["somewhere: takes no more figures (no answer at epoch 0); training goes on without it"]


def test_tracker_that_cannot_be_used_is_told_before_the_start(tmp_path: Path) -> None:
    """A file where a folder is to be, and a store that MLflow does not know: usage errors that name the setting."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"log\.tensorboard"):
        TensorBoard(tmp_path / "file" / "tb")
    with pytest.raises(UsageError, match=r"log\.mlflow=nonesuch://x: cannot be used"):
        Mlflow("nonesuch://x", "fast", "0" * 16, {})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://me:s3cret@server:5000/base", "http://server:5000/base"),
        ("https://s3cret@server/", "https://server/"),
        ("http://me:p@s3cret@server/a@b", "http://server/a@b"),
        ("http://server:5000/a@b?token=s3cret", "http://server:5000/a@b"),
        ("postgresql+psycopg2://me:s3/c?ret@host:5432/db", "postgresql+psycopg2://host:5432/db"),
        ("mysql://host/db?password=s3cret", "mysql://host/db"),
        ("sqlite:////data/me@home/m.db", "sqlite:////data/me@home/m.db"),
        ("runs/me@home", "runs/me@home"),
    ],
)
def test_password_of_a_server_is_stored_nowhere(given: str, kept: str, quick: Callable[..., Settings]) -> None:
    """The tracker gets the whole URI; what is written as JSON or shown lacks user, password and query."""
    settings = quick()
    settings = settings.model_copy(update={"log": settings.log.model_copy(update={"mlflow": given})})
    assert settings.log.mlflow == given
    assert settings.model_dump(mode="json")["log"]["mlflow"] == kept
    assert "s3" not in settings.to_yaml()


def test_password_is_not_in_the_catalog_nor_in_the_error(planted: Any, quick: Callable[..., Settings]) -> None:
    """Neither in the run's row, nor in the stored model's facts, nor where the server is named as unusable."""
    settings = quick("optim.epochs=1", "cv.folds=[0]")
    uri = "nonesuch://me:s3cret@server/x"
    settings = settings.model_copy(update={"log": settings.log.model_copy(update={"mlflow": uri})})
    outcome = run(plan_run(settings, planted.catalog))
    with Catalog.open_read_only(planted.catalog) as catalog:
        row = catalog.read("runs").row(0, named=True)
    assert outcome.model_file is not None
    facts = (outcome.model_file.parent / FACTS_FILE).read_text()
    with pytest.raises(UsageError) as caught:
        open_trackers(plan_run(settings, planted.catalog))
    for text in (str(row), facts, str(caught.value)):
        assert "nonesuch://server/x" in text
        assert "s3cret" not in text


@pytest.mark.slow
def test_missing_package_is_named_with_its_extra(planted: Any, shown_without: Callable[..., str]) -> None:
    """The error of a missing tool, exit code 4, before anything is computed."""
    setup = "from pathlib import Path; from fractotrain.cli.command import train"
    given = [*QUICK, "log.mlflow=sqlite:///m.db"]
    shown = shown_without(["mlflow"], setup, f"train({given!r}, Path({str(planted.catalog)!r}), quiet=True)")
    assert shown.startswith(MissingToolError.__name__)
    assert "mlflow is not installed: pip install 'fracto[trackers]'" in shown
    assert not planted.catalog.with_suffix(".cache").exists()
