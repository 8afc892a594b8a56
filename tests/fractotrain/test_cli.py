"""`fracto train` from the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from safetensors.torch import save_file
from typer.testing import CliRunner

from data_contracts.catalog import Catalog
from data_contracts.errors import MissingToolError, UsageError
from fractotrain.cli import register
from fractotrain.model import Weights, build_model
from fractotrain.settings import check_settings

QUICK = ["recipe=fast", "model.img_size=32", "optim.epochs=2", "optim.warmup_updates=1", "threads=1"]


@pytest.fixture
def fracto() -> Callable[..., str]:
    """Run a command of an app that has the commands of training; errors come through."""
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)

    def invoke(*arguments: object) -> str:
        result = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
        if result.exit_code:
            raise AssertionError(result.output)
        return result.stdout

    return invoke


def test_print_config_shows_every_setting_and_starts_nothing(fracto: Callable[..., str]) -> None:
    """The resolved settings as YAML that makes the same settings; no catalog is needed."""
    shown = fracto("train", "recipe=base", "optim.lr=5e-5", "--fold", 2, "--print-config", "--catalog", "/nowhere")
    settings = check_settings(yaml.safe_load(shown))
    assert (settings.recipe, settings.optim.lr, settings.cv.folds) == ("base", 5e-5, (2,))


def test_options_set_what_they_say(fracto: Callable[..., str], tmp_path: Path) -> None:
    """--weights, --from-scratch, --images, --folds-only and --final-only each become settings."""

    def settings(*options: object) -> Any:
        return check_settings(yaml.safe_load(fracto("train", "recipe=base", "--print-config", *options)))

    assert settings("--weights", tmp_path / "a b.pth").model.weights_file == tmp_path / "a b.pth"
    assert settings("--from-scratch").model.init == "scratch"
    assert settings("--images", tmp_path).data.images_root == tmp_path
    assert (settings("--folds-only").cv.cross_validate, settings("--folds-only").cv.final_model) == (True, False)
    assert (settings("--final-only").cv.cross_validate, settings("--final-only").cv.final_model) == (False, True)


def test_options_that_contradict_each_other_are_refused(fracto: Callable[..., str]) -> None:
    """Two answers to one question are a usage error."""
    with pytest.raises(UsageError, match="contradict"):
        fracto("train", "--from-scratch", "--weights", "w.pth")
    with pytest.raises(UsageError, match="contradict"):
        fracto("train", "--folds-only", "--final-only")
    with pytest.raises(UsageError, match="contradict"):
        fracto("train", "--fold", "1", "--final-only")


def test_closing_tables_carry_split_and_place(fracto: Callable[..., str], planted: Any) -> None:
    """A number travels with its folds, split, images and FOANs; random weights are said; lines, no bars, in a log."""
    shown = fracto("train", *QUICK, "--catalog", planted.catalog)
    flat = " ".join(shown.split())
    assert "from scratch, no pretrained weights" in flat
    assert "3 folds, cluster split, 36 images, 12 FOANs" in flat
    assert "optimistic" in flat
    assert "macro-F1" in flat
    assert "fold 2, epoch 2/2: loss" in flat
    assert "final model, epoch 2/2: loss" in flat
    assert "Confusion matrix" in flat
    assert "is stored in" in flat
    assert list((planted.catalog.with_suffix(".models")).glob("train-*/model.safetensors"))


def test_json_is_alone_on_stdout(fracto: Callable[..., str], planted: Any) -> None:
    """Programs read the figures; progress goes elsewhere."""
    figures = json.loads(fracto("train", *QUICK, "--catalog", planted.catalog, "--json", "--folds-only"))
    assert figures["split"]["strategy"] == "cluster"
    assert set(figures["validation"]["last"]["macro_f1"]) >= {"mean", "sd", "t_low", "corrected_high"}
    assert figures["model_file"] is None


def test_metrics_file_gets_a_line_per_epoch(fracto: Callable[..., str], planted: Any, tmp_path: Path) -> None:
    """Two epochs of one fold, as JSON, even if nothing is printed; an impossible place is said before any training."""
    file = tmp_path / "metrics.jsonl"
    assert not fracto("train", *QUICK, "--catalog", planted.catalog, "--fold", 1, "--metrics", file, "--quiet")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["fold"], line["epoch"]) for line in lines] == [(1, 0), (1, 1)]
    assert all(line["learning_rate"] > 0 and 0 <= line["validation_macro_f1"] <= 1 for line in lines)
    with pytest.raises(UsageError, match="metrics cannot be written"):
        fracto("train", *QUICK, "--catalog", planted.catalog, "--metrics", tmp_path / "no folder" / "m.jsonl")


def test_like_repeats_a_run(fracto: Callable[..., str], planted: Any) -> None:
    """A run named by its id is repeated to the last figure; an unknown run or a changed dataset is refused."""
    first = json.loads(fracto("train", *QUICK, "seed=7", "--catalog", planted.catalog, "--json", "--folds-only"))
    again = json.loads(fracto("train", "--like", first["run_id"], "--catalog", planted.catalog, "--json"))
    assert again["run_id"] != first["run_id"]
    assert again["pooled"] == first["pooled"]
    with pytest.raises(UsageError, match="no such training runs; the latest are train-"):
        fracto("train", "--like", "train-1999", "--catalog", planted.catalog)
    with pytest.raises(UsageError, match="contradict"):
        fracto("train", "--like", first["run_id"], "seed=1", "--catalog", planted.catalog)
    with Catalog.open(planted.catalog) as catalog, catalog.transaction():
        catalog.update("matches", {"path": planted.paths[0]}, {"status": "review", "instance_id": None})
    with pytest.raises(UsageError, match=r"the dataset in .* changed"):
        fracto("train", "--like", first["run_id"], "--catalog", planted.catalog)


def test_like_takes_the_same_weights_and_precision(fracto: Callable[..., str], planted: Any, tmp_path: Path) -> None:
    """What `auto` came to stays; a file of first weights that was written over is not what the run started from."""
    file = tmp_path / "w.safetensors"
    small = check_settings(yaml.safe_load(fracto("train", *QUICK, "--print-config"))).model
    save_file(build_model(small, Weights("scratch", None, None), 1).state_dict(), file)
    settings = (*QUICK, "optim.epochs=1", "optim.precision=auto", "device=cpu")
    shown = json.loads(fracto("train", *settings, "--weights", file, "-c", planted.catalog, "--fold", 0, "--json"))
    like = ("train", "--like", shown["run_id"], "-c", planted.catalog)
    again = check_settings(yaml.safe_load(fracto(*like, "--print-config")))
    assert (again.model.weights_file, again.optim.precision) == (file, shown["precision"])
    save_file(build_model(small, Weights("scratch", None, None), 2).state_dict(), file)
    with pytest.raises(UsageError, match="other weights"):
        fracto(*like)


def test_quiet_says_nothing(fracto: Callable[..., str], planted: Any) -> None:
    """As with every command, --quiet leaves errors alone; the run is in the catalog all the same."""
    assert not fracto("train", *QUICK, "--catalog", planted.catalog, "--quiet", "--fold", 0)
    with Catalog.open_read_only(planted.catalog) as catalog:
        assert list(catalog.read("runs")["outcome"]) == ["finished"]


def test_skipped_images_end_with_their_exit_code(planted: Any) -> None:
    """Finished, with failed items: 6, as with every command."""
    (planted.images / planted.paths[0]).unlink()
    app = typer.Typer()
    register(app)
    arguments = ["train", *QUICK, "data.skip_failed=true", "--catalog", str(planted.catalog), "--quiet", "--final-only"]
    assert CliRunner().invoke(app, arguments).exit_code == 6


def test_app_starts_without_the_training_packages(shown_without: Callable[..., str]) -> None:
    """Where torch, timm and hydra are missing, the command is there, and says how to install them when run."""
    packages = ["torch", "torchvision", "timm", "hydra", "omegaconf", "safetensors"]
    setup = "import typer; from fractotrain.cli import register, train; register(typer.Typer())"
    shown = shown_without(packages, setup, "train([])")
    assert shown.startswith(MissingToolError.__name__)
    assert "pip install 'fracto[train]'" in shown
