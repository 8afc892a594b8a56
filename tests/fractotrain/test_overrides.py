"""Overrides are read one by one, so that every mistake among them is told at once."""

import re

import pytest
import typer
from typer.testing import CliRunner

from data_contracts.errors import UsageError
from fractotrain.cli import register
from fractotrain.hpo import compose_search
from fractotrain.settings import compose_settings

WRONG = {
    "optim.learning_rate=1": "optim.learning_rate: there is no such setting; did you mean optim.lr?",
    "optim.warm_up=3": "did you mean optim.warmup_start or optim.warmup_updates?",
    "optim.ema=1": "optim.ema: there is no such setting; optim has epochs, batch_size,",
    "+data.flip=true": "data.flip: there is no such setting",
    "augment.flip.share=0.5": "augment.flip.share: there is no such setting",
    "sead=1": "sead: there is no such setting; did you mean seed?",
    "optim.folds=[0]": "optim.folds: there is no such setting; did you mean cv.folds?",
    "optim.lr=-1": "optim.lr:",
    "optim.beta1.low=1": "optim.beta1: Input should be a valid number (given: {'low': 1})",
    "optim.epochs=1,2": "optim.epochs=1,2",
    "data.sampler=random": "data.sampler:",
    "optim.eps=[1": "optim.eps=[1",
    "cv=grupped": "cv=grupped: there is no such choice; cv is one of grouped, paper",
    "cv.folds=${nowhere}": "nowhere",
    "~optim.momentum": "optim.momentum",
    "hydra.verbose=true": "hydra.verbose: there is no such setting",
    "threads": "'threads' is no setting",
}
"""Override -> what is said of it."""


def test_every_mistake_is_told_at_once() -> None:
    """Unknown keys and groups, wrong values and choices, grammar: one error that has a line for each."""
    with pytest.raises(UsageError) as caught:
        compose_settings(["recipe=fast", *WRONG])
    said = str(caught.value)
    assert [line for line in WRONG.values() if line not in said] == []
    assert len(said.splitlines()) >= 1 + len(WRONG)


@pytest.mark.parametrize(("override", "line"), tuple(WRONG.items())[2::4])
def test_each_mistake_alone_is_told_and_no_other(override: str, line: str) -> None:
    """One mistake, one line."""
    with pytest.raises(UsageError, match=re.escape(line)) as caught:
        compose_settings(["recipe=fast", override])
    assert len([problem for problem in str(caught.value).splitlines() if problem.startswith("  ")]) == 1


def test_settings_that_contradict_each_other_are_told_beside_an_unknown_key() -> None:
    """A key that is left out of account hides no other problem."""
    with pytest.raises(UsageError) as caught:
        compose_settings(["recipe=paper", "device=cpu", "optim.momentum=0.9"])
    assert all(part in str(caught.value) for part in ("fp16", "optim.momentum"))
    with pytest.raises(UsageError) as caught:
        compose_settings(["cv.fold=1", "model.init=file", "cv.folds=[]"])
    assert all(part in str(caught.value) for part in ("cv.fold:", "weights_file", "folds are"))


def test_mistakes_in_the_search_and_in_its_trials_are_told_together() -> None:
    """Of the group hpo, of the space and of the settings, all in one error."""
    wrong = {
        "hpo.pruner=median": "hpo.pruner:",
        "hpo.trails=3": "hpo.trails: there is no such setting; did you mean hpo.trials?",
        "+hpo.space.optim.lr.lowest=1": "hpo.space.optim.lr.lowest",
        "optim.momentum=0.9": "optim.momentum: there is no such setting",
        "data.sampler=random": "data.sampler:",
        "recipe=quick": "recipe=quick",
        "paper": "'paper' is no setting",
        "hpo=bayes": "hpo=bayes: there is no such choice",
    }
    with pytest.raises(UsageError) as caught:
        compose_search(list(wrong), {"hpo.trials": 0})
    said = str(caught.value)
    assert [line for line in (*wrong.values(), "hpo.trials:") if line not in said] == []


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("optim.learning_rate", "optim.lr"), ("model.droppath", "model.drop_path"), ("data.lr", "optim.lr")],
)
def test_search_over_another_name_says_the_one_meant(asked: str, meant: str) -> None:
    """A setting that does not exist or stands elsewhere is answered with the nearest that can be searched."""
    with pytest.raises(UsageError, match=re.escape(f"hpo.space: {asked} cannot be searched; did you mean {meant}?")):
        compose_search(["recipe=fast", f"+hpo.space.{asked}={{low: 0, high: 1}}"], {})


@pytest.mark.parametrize("given", ["hpo=paper", "+hpo=paper"])
def test_search_may_be_named(given: str) -> None:
    """With Hydra's plus and without, also twice, it is what is taken anyway."""
    assert compose_search(["recipe=fast", given, given], {}) == compose_search(["recipe=fast"], {})


def test_both_ends_of_every_range_are_told_beside_other_mistakes() -> None:
    """Values that no trial could have, of two settings, and a wrong setting of the trials."""
    with pytest.raises(UsageError) as caught:
        compose_search(
            ["hpo.space.optim.layer_decay.high=1.5", "hpo.space.optim.weight_decay.low=-1", "data.sampler=random"], {}
        )
    assert all(part in str(caught.value) for part in ("layer_decay", "weight_decay", "data.sampler"))


@pytest.mark.parametrize("command", ["train", "tune"])
def test_commands_tell_all_before_they_look_for_the_catalog(command: str) -> None:
    """No catalog is there: the settings are judged first."""
    app = typer.Typer()
    register(app)
    wrong = ["optim.momentum=1", "optim.lr=-1", "data.flip=yes"]
    shown = CliRunner().invoke(app, [command, *wrong, "-c", "nowhere.duckdb"])
    assert isinstance(shown.exception, UsageError)
    assert all(override.partition("=")[0] in str(shown.exception) for override in wrong)
