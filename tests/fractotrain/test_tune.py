"""Settings are searched for without a look at the validation fold."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
import typer
from optuna.storages.journal import JournalFileBackend
from typer.testing import CliRunner

from data_contracts.errors import UsageError
from fractotrain import tune as tune_module
from fractotrain.cli import register
from fractotrain.hpo import HpoSettings, compose_search
from fractotrain.loop import NOBODY, Bench, Images, fit
from fractotrain.model import build_model
from fractotrain.settings import Settings, check_settings
from fractotrain.train import Plan, decode, plan_run
from fractotrain.transforms import Normaliser
from fractotrain.tune import suggest, tune
from fractotrain.watch import Watch

Quick = Callable[..., Settings]


def search(*overrides: str) -> HpoSettings:
    """The paper's search, changed as said."""
    return compose_search(["recipe=fast", *overrides], {})[1]


SMALL = ("cv.inner_parts=2", "optim.epochs=3")


def test_study_goes_on_where_it_stands(planted: Any, quick: Quick) -> None:
    """Two trials, then the same call for three: one more is run; for other settings a study of its own begins."""
    told: list[int] = []
    settings = quick(*SMALL)
    tune(settings, search("hpo.trials=2"), planted.catalog, 0, lambda number, _value: told.append(number))
    tuned = tune(settings, search("hpo.trials=3"), planted.catalog, 0, lambda number, _value: told.append(number))
    assert told == [0, 1, 2]
    assert tuned.n_complete + tuned.n_pruned == 3
    assert set(tuned.best) == set(search().spans)
    assert check_settings(settings.model_dump(mode="json"), tuned.best)
    tune(
        quick(*SMALL, "seed=5"), search("hpo.trials=1"), planted.catalog, 0, lambda number, _value: told.append(number)
    )
    assert told == [0, 1, 2, 0]


TUNE = """
import json, sys
from pathlib import Path
from fractotrain.hpo import compose_search
from fractotrain.settings import check_settings
from fractotrain.tune import tune
_, hpo = compose_search(["recipe=fast", "hpo.pruner=none", "hpo.trials=8"], {})
tune(check_settings(json.loads(sys.argv[1])), hpo, Path(sys.argv[2]), 0, lambda number, _: print(number, flush=True))
"""


@pytest.mark.slow
def test_two_processes_share_a_study_and_one_is_killed(planted: Any, quick: Quick) -> None:
    """Started together, no settings are tried twice; the other one brings the study to its end."""
    command = [sys.executable, "-c", TUNE, quick(*SMALL).model_dump_json(), str(planted.catalog)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
    first, other = both
    assert first.stdout is not None
    first.stdout.readline()  # a trial of it has ended, and the next one is under way
    first.kill()
    assert other.communicate(timeout=300)[0]
    first.communicate(timeout=60)
    assert other.returncode == 0
    journal = planted.catalog.with_suffix(".tune.jsonl")
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
    (study,) = storage.get_all_studies()
    trials = storage.get_all_trials(study._study_id)
    assert sum(trial.state.is_finished() for trial in trials) in {8, 9}  # each may end one when the other ends the 8th
    tried = [tuple(trial.params.values()) for trial in trials if trial.params]
    assert len(set(tried)) == len(tried)


def test_validation_fold_is_never_asked(planted: Any, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the pixels and labels of the fold made nonsense, the study finds the same to the last digit."""
    settings = quick(*SMALL)
    found = tune(settings, search("hpo.trials=2"), planted.catalog, 1)

    def spoilt(plan: Plan, watch: Watch) -> Any:
        training_set, pixels, skipped = decode(plan, watch)
        own = training_set.folds == 1
        labels, other = training_set.labels.copy(), pixels.copy()
        labels[own], other[own] = 0, 255
        return dataclasses.replace(training_set, labels=labels), other, skipped

    monkeypatch.setattr(tune_module, "decode", spoilt)
    found.journal.unlink()
    again = tune(settings, search("hpo.trials=2"), planted.catalog, 1)
    assert (again.best, again.best_macro_f1) == (found.best, found.best_macro_f1)


def test_no_setting_of_the_space_is_inert(planted: Any, quick: Quick) -> None:
    """Each moves the outputs of a fit from what they are at the low end of the space (five of the paper's did not)."""
    plan = plan_run(quick(*SMALL, "optim.batch_size=3"), planted.catalog)
    training_set, pixels, _ = decode(plan, Watch())
    low = {name: span.ends()[0] for name, span in search().spans.items()}
    low |= {"optim.warmup_updates": 2, "optim.lr": 1e-4}
    high = {name: span.ends()[1] for name, span in search().spans.items()}
    high |= {"optim.warmup_updates": 6, "optim.lr": 5e-5}

    def outputs(given: dict[str, Any]) -> Any:
        settings = check_settings(plan.settings.model_dump(mode="json"), given)
        normalise = Normaliser(plan.input_format.mean, plan.input_format.std, 1, plan.machine.device)
        bench = Bench(Images(pixels, training_set.labels), settings, normalise, plan.machine)
        model = build_model(settings.model, plan.weights, 0)
        return fit(model, bench, np.arange(0, 36, 3), np.arange(1, 36, 6), 0, inner=NOBODY).logits

    reference = outputs(low)
    inert = [name for name in low if (outputs(low | {name: high[name]}) == reference).all()]
    assert inert == []


def test_space_is_the_papers() -> None:
    """Every suggestion lies in the published ranges, and a short fit has a short warm-up."""
    for number in range(20):
        trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=number)).ask()
        found = suggest(trial, search(), 40)
        assert 1e-6 <= found["optim.lr"] <= 1e-4
        assert 0.6 <= found["optim.layer_decay"] <= 1
        assert 0 <= found["optim.weight_decay"] <= 0.3
        assert found["optim.label_smoothing"] in {0, 0.05, 0.1}
        assert 5 <= found["data.randaugment_magnitude"] <= 15
        assert 25 <= found["optim.warmup_updates"] <= 40


def test_command_ends_with_the_command_to_train(planted: Any) -> None:
    """The closing line names the fold and every setting; JSON holds the same."""
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    given = ["recipe=fast", "model.img_size=32", "threads=1", "cv.inner_parts=2"]
    arguments = ["tune", *given, "--trials", "2", "--epochs", "3", "--catalog", str(planted.catalog)]
    shown = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert shown.exit_code == 0
    assert f"fracto train -c {planted.catalog} --fold 0 recipe=fast" in shown.stdout
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False).stdout)
    assert all(f"{name}=" in shown.stdout for name in told["best"])
    assert Path(told["journal"]).exists()


def test_linear_head_has_nothing_to_tune(planted: Any, quick: Quick) -> None:
    """It has neither epochs nor a learning rate."""
    with pytest.raises(UsageError, match="none of these settings"):
        tune(quick("model.frozen=true"), search("hpo.trials=1"), planted.catalog, 0)


def test_space_is_what_the_command_line_says() -> None:
    """A range is narrowed, a setting left out, another one put in; sampler and pruner are chosen."""
    added = "+hpo.space.optim.focal_gamma={low: 0, high: 3}"
    hpo = search("hpo.space.optim.lr.high=5e-5", "~hpo.space.optim.layer_decay", added, "hpo.sampler=random")
    assert hpo.spans["optim.lr"].ends() == (1e-6, 5e-5)
    assert "optim.layer_decay" not in hpo.spans
    assert hpo.spans["optim.focal_gamma"].ends() == (0, 3)
    assert hpo.sampler == "random"


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("+hpo.space.optim.head_ridge={low: 0, high: 1}", "optim.head_ridge cannot be searched"),
        ("hpo.space.optim.lr.low=0", "log needs a low above 0"),
        ("hpo.space.optim.layer_decay.high=1.5", "optim.layer_decay"),
        ("hpo.pruner=median", "hpo.pruner"),
        ("+hpo.space.optim.lr.lowest=1", "hpo.space.optim.lr.lowest"),
    ],
)
def test_space_that_no_trial_could_use_is_refused(override: str, said: str) -> None:
    """Inert settings, values out of range and unknown keys are found before anything starts."""
    with pytest.raises(UsageError, match=said):
        search(override)
