"""Settings are checked before anything starts."""

import re

import pytest
import yaml

from data_contracts.errors import UsageError
from fractotrain.overrides import group_choices
from fractotrain.settings import check_settings, check_stored_settings, compose_settings


@pytest.mark.parametrize("recipe", group_choices("recipe"))
def test_every_recipe_composes(recipe: str) -> None:
    """Each file of the group ``recipe`` makes settings that bear its name."""
    assert compose_settings([f"recipe={recipe}"]).recipe == recipe


def test_recipe_paper_is_the_papers_column() -> None:
    """The recipe of Schmid et al. holds the published values and nothing of its own."""
    settings = compose_settings(["recipe=paper"])
    optim, data, model, cv = settings.optim, settings.data, settings.model, settings.cv
    assert model.name == "vit_base_patch16_224.augreg2_in21k_ft_in1k"
    assert (model.init, model.drop_path, model.patch_drop, model.img_size) == ("pretrained", 0.1, 0.111, None)
    assert (optim.lr, optim.weight_decay, optim.layer_decay) == (7.3e-5, 0.14, 0.843)
    assert (optim.beta1, optim.beta2, optim.eps, optim.clip_norm) == (0.9, 0.999, 1e-8, None)
    assert (optim.epochs, optim.batch_size, optim.accumulate, optim.images_per_update) == (50, 8, 2, 16)
    assert (optim.warmup_updates, optim.warmup_start, optim.precision) == (52, 0.1, "fp16")
    assert (optim.focal_gamma, optim.label_smoothing) == (2.0, 0.0)
    assert (data.sampler, data.randaugment_ops, data.randaugment_magnitude) == ("weighted", 2, 12)
    assert (cv.strategy, cv.selection, settings.seed) == ("image", "best_val", 42)


def test_default_recipe_makes_the_papers_updates() -> None:
    """16 images an update like the paper, in one batch: accumulation changes nothing but the time that it takes."""
    base, paper = compose_settings(["recipe=base"]).optim, compose_settings(["recipe=paper"]).optim
    assert base.images_per_update == paper.images_per_update == 16
    assert base.model_copy(update={"batch_size": 8, "accumulate": 2, "precision": "fp16"}) == paper


def test_command_line_wins_over_the_recipe() -> None:
    """What the user says holds, whatever the recipe says."""
    assert compose_settings(["recipe=fast", "optim.lr=2e-5", "cv.folds=[0,2]"]).optim.lr == 2e-5
    assert compose_settings(["cv.folds=[0,2]"]).cv.folds == (0, 2)


def test_printed_settings_are_the_settings() -> None:
    """What ``--print-config`` shows makes the same settings again."""
    settings = compose_settings(["recipe=fast", "data.cache_dir=/some/where"])
    assert check_settings(yaml.safe_load(settings.to_yaml())) == settings


def test_every_problem_is_told_at_once() -> None:
    """Three wrong values in three groups: one error that names them all."""
    with pytest.raises(UsageError) as caught:
        compose_settings(["optim.lr=-1", "data.sampler=random", "model.drop_path=lots"])
    assert all(key in str(caught.value) for key in ("optim.lr", "data.sampler", "model.drop_path"))


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("optim.learning_rate=1", "learning_rate"),
        ("+optim.learning_rate=1", "optim.learning_rate: there is no such setting"),
        ("recipe=quick", "fast"),
        ("optim.lr", "key=value"),
        ("optim.lr=[1", "lr"),
        ("cv.folds=[0,0]", "cv"),
        ("model.init=file", "weights_file"),
    ],
)
def test_mistakes_are_named(override: str, said: str) -> None:
    """A wrong key, choice, grammar or combination is a usage error that names it."""
    with pytest.raises(UsageError, match=re.escape(said)):
        compose_settings([override])


@pytest.mark.parametrize("group", ["model", "data", "optim", "cv", "log"])
def test_missing_key_is_found_before_the_start(group: str) -> None:
    """No key of any group can be left out (the published scripts crashed on one in mid-run)."""
    complete = compose_settings(["recipe=fast"]).model_dump()
    for key in complete[group]:
        damaged = complete | {group: {k: v for k, v in complete[group].items() if k != key}}
        with pytest.raises(UsageError, match=rf"{group}\.{key}: is missing"):
            check_settings(damaged)


def test_stored_settings_of_an_older_run_are_complete() -> None:
    """Settings that came later are off for a run that did not know them, and stand where it did."""
    now = compose_settings(["recipe=fast", "data.mixup_alpha=0.3"])
    raw = now.model_dump(mode="json")
    assert check_stored_settings(raw) == now
    del (
        raw["data"]["mixup_alpha"],
        raw["data"]["cutmix_alpha"],
        raw["cv"]["inner_parts"],
        raw["cv"]["probe"],
        raw["cv"]["parallel"],
        raw["data"]["flips"],
        raw["model"]["options"],
        raw["optim"]["compile"],
        raw["log"],
    )
    older = check_stored_settings(raw)
    assert (older.data.mixup_alpha, older.data.cutmix_alpha) == (0, 0)
    assert (older.data.flips, older.model.options, older.cv.parallel) == (False, {}, 1)
    assert older.optim == now.optim


def test_fp16_on_a_cpu_is_refused() -> None:
    """A precision that the device does not have is said, not silently replaced."""
    with pytest.raises(UsageError, match="fp16"):
        compose_settings(["recipe=paper", "device=cpu"])


def test_paths_are_taken_literally() -> None:
    """A path with Hydra's own special characters arrives unchanged."""
    settings = compose_settings(["recipe=fast"], {"model.init": "file", "model.weights_file": "/a b/{c}=$,[d].pth"})
    assert str(settings.model.weights_file) == "/a b/{c}=$,[d].pth"


def test_split_id_of_decimal_digits_stays_an_id() -> None:
    """Sixteen hex digits that happen to be decimal ones keep their leading zero."""
    assert compose_settings(["cv.split_id=0123456789012345"]).cv.split_id == "0123456789012345"
