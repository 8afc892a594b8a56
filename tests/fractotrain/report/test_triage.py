"""`fracto triage`: new frames are judged by the out-of-fold answers of the model's run."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from data_contracts.catalog import Catalog
from data_contracts.errors import ExitCode
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage
from fractotrain import triage as triage_module
from fractotrain.cli import register
from fractotrain.evaluation.conformal import calibrate_sets
from fractotrain.evaluation.triage import Advice
from fractotrain.report.read import CLASS_NAMES, read_run
from fractotrain.triage import triage_frames

SURE, UNSURE = (9.0, 0.0, 0.0), (0.0, 0.0, 0.0)


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the final model answer with these logits, at these magnifications; one file cannot be read."""

    def plant(*frames: tuple[tuple[float, ...], float | None]) -> None:
        made = [
            SimpleNamespace(
                path=f"new_{i}.tif", magnification=magnification, acquaintance="new",
                predicted_class=CLASS_NAMES[int(np.argmax(logits))],
                logits=dict(zip(CLASS_NAMES, logits, strict=True)),
            )
            for i, (logits, magnification) in enumerate(frames)
        ]  # fmt: skip
        failure = Failure("bad.tif", Stage.MICROGRAPHS, FailureReason.TRUNCATED, "ends early")

        def predict(_catalog: Path, _paths: Any, run_id: str | None, _on_read: Any) -> Any:
            return SimpleNamespace(run_id=run_id or "train-", frames=made, failures=(failure,))

        monkeypatch.setattr(triage_module, "predict_frames", predict)

    return plant


def test_sure_frames_are_answered_and_others_sent_on(planted_run: Any, answered: Callable[..., None]) -> None:
    """An unsure frame goes to a higher magnification; at the highest one there is, to a person."""
    answered((SURE, 50.0), (UNSURE, 50.0), (UNSURE, 10000.0), (SURE, None))
    # A model as good as the planted one has small sets: at 6 % they are just wide enough for an unsure frame.
    advised = triage_frames(planted_run.catalog, [], None, 0.06)
    assert [frame.advice for frame in advised.frames] == [
        Advice.ANSWER, Advice.HIGHER_MAGNIFICATION, Advice.PERSON, Advice.ANSWER
    ]  # fmt: skip
    assert [frame.calibrated_at for frame in advised.frames] == [50.0, 50.0, 10000.0, None]
    assert advised.frames[0].classes == ("green_body",)
    assert len(advised.frames[1].classes) > 1
    assert sum(advised.frames[0].probabilities.values()) == pytest.approx(1)


def test_advice_rests_on_frames_of_the_same_magnification(planted_run: Any, answered: Callable[..., None]) -> None:
    """The set is that of thresholds from the run's out-of-fold frames at that step, computed by hand."""
    logits = (1.0, 0.5, 0.2)
    answered((logits, 100.0))
    (frame,) = triage_frames(planted_run.catalog, [], None, 0.2).frames
    with Catalog.open_read_only(planted_run.catalog) as catalog:
        answers = read_run(catalog, None).answers
    part = answers.magnifications == 100
    sets = calibrate_sets(answers.logits[part], answers.labels[part], answers.foans[part], 0.2).sets(np.array([logits]))
    assert frame.classes == tuple(name for name, is_in in zip(CLASS_NAMES, sets[0], strict=True) if is_in)


def test_command_lists_advice_and_failures(planted_run: Any, answered: Callable[..., None], tmp_path: Path) -> None:
    """A table and counts for people, JSON for programs; a file that failed is named, with its exit code."""
    answered((SURE, 50.0), (UNSURE, 50.0))
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    arguments = ["triage", str(tmp_path), "--catalog", str(planted_run.catalog), "--alpha", "0.06"]
    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert shown.exit_code == ExitCode.FINISHED_WITH_FAILED_ITEMS
    assert "at most 6% of the frames of a class are answered wrongly" in shown.stdout
    assert "1 answer, 1 higher magnification" in shown.stdout
    assert "ends early" in shown.stdout
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert [frame["advice"] for frame in told["frames"]] == ["answer", "higher_magnification"]


def test_too_few_foans_are_named_and_no_frames_make_no_table(
    planted_run: Any, answered: Callable[..., None], tmp_path: Path
) -> None:
    """With 20 FOANs a class no error of 1 % can be guaranteed, and it is said why; without frames there is no table."""
    answered((SURE, 50.0))
    assert set(triage_frames(planted_run.catalog, [], None, 0.01).unanswerable.values()) == {20}
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    arguments = ["triage", str(tmp_path), "--catalog", str(planted_run.catalog), "--alpha", "0.01"]
    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"}).stdout
    assert "No frame can be answered: green body 20, hard machining 20, material 20 FOANs in the run" in shown
    assert "each class needs 99" in shown
    answered()
    assert "rests on" not in CliRunner().invoke(app, arguments, env={"COLUMNS": "200"}).stdout
