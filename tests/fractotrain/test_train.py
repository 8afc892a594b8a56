"""A whole run: planned, fitted, recorded."""

import dataclasses
import functools
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, CatalogError, UsageError
from fractotrain import record
from fractotrain.crossval import FoldResult, Setup
from fractotrain.errors import TrainingError
from fractotrain.loop import Bench, Images, predict
from fractotrain.metrics import score
from fractotrain.model import Weights, build_model
from fractotrain.record import Outcome, summary
from fractotrain.settings import Settings
from fractotrain.team import Team
from fractotrain.train import _begin_worker, plan_run, run
from fractotrain.transforms import Normaliser
from fractotrain.watch import Epoch, Watch

Quick = Callable[..., Settings]


def _run(planted: Any, settings: Settings, watch: Watch | None = None) -> Outcome:
    return run(plan_run(settings, planted.catalog), watch)


def test_every_image_is_predicted_once_by_a_model_that_never_saw_it(planted: Any, quick: Quick) -> None:
    """Out-of-fold predictions cover the dataset, each in its own fold, the class being that of the largest logit."""
    outcome = _run(planted, quick())
    with Catalog.open_read_only(planted.catalog) as catalog:
        found = catalog.read("predictions")
    truth = dict(zip(planted.paths, zip(planted.labels, planted.folds, strict=True), strict=True))
    assert found["run_id"].unique().to_list() == [outcome.run_id]
    assert {row["path"]: (row["true_class"], row["fold"]) for row in found.to_dicts()} == truth
    for row in found.to_dicts():
        logits = {name.removeprefix("logit_"): value for name, value in row.items() if name.startswith("logit_")}
        assert row["predicted_class"] == max(logits, key=lambda name: logits[name])


def test_recorded_figures_follow_from_the_recorded_predictions(planted: Any, quick: Quick) -> None:
    """Fold metrics and confusion matrices can be recomputed from the table of predictions."""
    _run(planted, quick("optim.epochs=4"))
    with Catalog.open_read_only(planted.catalog) as catalog:
        predictions = catalog.read("predictions")
        metrics = {
            (r["fold"], r["part"], r["selection"], r["metric"], r["defect_class"]): r["value"]
            for r in catalog.read("fold_metrics").to_dicts()
        }
    names = ["green_body", "hard_machining", "material"]
    for fold in (0, 1, 2, -1):
        rows = predictions if fold == -1 else predictions.filter(fold=fold)
        true, predicted = (np.array([names.index(c) for c in rows[f"{x}_class"]]) for x in ("true", "predicted"))
        expected = score(true, predicted)
        assert metrics[fold, "validation", "last", "macro_f1", "all"] == pytest.approx(expected.overall["macro_f1"])
        for i, name in enumerate(names):
            for j, other in enumerate(names):
                counted = metrics[fold, "validation", "last", f"confusion:{other}", name]
                assert counted == expected.confusion[i, j]
    of_folds = [metrics[k, "validation", "last", "macro_f1", "all"] for k in range(3)]
    assert metrics[-1, "validation", "last", "macro_f1:mean", "all"] == pytest.approx(np.mean(of_folds))
    assert metrics[-1, "validation", "last", "macro_f1:sd", "all"] == pytest.approx(np.std(of_folds, ddof=1))


def test_run_row_tells_how_to_repeat_it(planted: Any, quick: Quick) -> None:
    """Settings, versions, hash of the dataset and split are kept, and the settings make the same run again."""
    settings = quick("seed=5", "cv.final_model=false")
    outcome = _run(planted, settings)
    with Catalog.open_read_only(planted.catalog) as catalog:
        (row,) = catalog.read("runs").to_dicts()
        assert row["dataset_hash"] == catalog.content_hash("dataset")
    assert (row["command"], row["outcome"], row["split_id"]) == ("train", "finished", planted.split_id)
    assert json.loads(row["settings"]) == settings.model_dump(mode="json")
    assert json.loads(row["versions"])["torch"] == torch.__version__.split("+")[0]
    assert json.loads(row["summary"]) == json.loads(json.dumps(summary(outcome)))
    again = _run(planted, Settings.model_validate(json.loads(row["settings"])))
    assert all((a.logits == b.logits).all() for a, b in zip(outcome.folds, again.folds, strict=True))


def test_fold_does_not_depend_on_what_ran_before(planted: Any, quick: Quick) -> None:
    """Fold 1 alone, after fold 0, and before it: the same outputs to the bit."""
    settings = ["model.drop_path=0.1", "cv.final_model=false"]
    alone, after, before = (_run(planted, quick(*settings, f"cv.folds={f}")).folds for f in ("[1]", "[0,1]", "[1,0]"))
    assert (alone[0].logits == after[1].logits).all()
    assert (alone[0].logits == before[0].logits).all()


def test_textures_are_learned(tmp_path: Path, plant: Callable[..., Any], quick: Quick) -> None:
    """The tiny model tells planted textures of components that it never saw."""
    planted = plant(tmp_path, (30, 30, 15))
    outcome = _run(planted, quick("optim.epochs=14", "optim.lr=2e-3", "cv.folds=[0]", "cv.final_model=false"))
    assert outcome.aggregates["last"].figures["macro_f1"].mean > 0.9


def test_training_figures_are_of_clean_images(planted: Any, quick: Quick) -> None:
    """Each training image once, as it is: not the varied and resampled batches of the epoch."""
    outcome = _run(
        planted, quick("optim.epochs=4", "cv.folds=[0]", "data.randaugment_ops=2", "data.randaugment_magnitude=30")
    )
    (fold,) = outcome.folds
    labels = outcome.setup.training_set.labels[outcome.setup.training_set.folds != 0]
    assert fold.training_scores.confusion.sum() == fold.n_training == 18
    assert fold.training_scores.confusion.sum(axis=1).tolist() == np.bincount(labels).tolist()


def test_final_model_can_be_used_from_its_two_files(planted: Any, quick: Quick) -> None:
    """The stored weights and facts give a model with the outputs of the one that was fitted, on everything."""
    outcome = _run(planted, quick("cv.cross_validate=false"))
    assert outcome.model_file is not None
    assert outcome.folds == ()
    facts = json.loads((outcome.model_file.parent / "model.json").read_text())
    settings = Settings.model_validate(facts["settings"])
    model = build_model(settings.model, Weights("scratch", None, None), 0)
    model.load_state_dict(load_file(outcome.model_file))
    assert facts["classes"] == ["green_body", "hard_machining", "material"]
    assert facts["split_id"] == planted.split_id
    bench = outcome.setup.bench
    images = Images(bench.images.pixels, bench.images.labels)
    outputs = predict(model, images.pixels, np.arange(36), bench.normalise, 8)
    assert np.isfinite(outputs).all()
    other = predict(
        build_model(settings.model, outcome.setup.weights, 0), images.pixels, np.arange(36), bench.normalise, 8
    )
    assert not np.allclose(outputs, other)


def test_best_epoch_stands_beside_the_last_and_is_marked(planted: Any, quick: Quick) -> None:
    """Both selections are reported whichever is asked for; the chosen one is never worse and called optimistic."""
    outcome = _run(planted, quick("optim.epochs=4", "cv.selection=best_val", "cv.final_model=false"))
    figures = {s: a.figures["macro_f1"].mean for s, a in outcome.aggregates.items()}
    assert figures["best_val"] >= figures["last"]
    assert summary(outcome)["optimistic"] == ["best_val"]
    for fold in outcome.folds:
        labels = outcome.setup.training_set.labels[fold.validation]
        recomputed = score(labels, fold.logits.argmax(axis=1)).overall["macro_f1"]
        assert recomputed == fold.validation_scores["best_val"].overall["macro_f1"]


def test_inner_selection_never_asks_the_reported_fold(planted: Any, quick: Quick) -> None:
    """Permuting the labels of the validation fold changes its figures, but neither the epoch nor any output."""
    settings = quick("optim.epochs=4", "cv.selection=inner", "cv.inner_parts=2", "cv.folds=[0]", "cv.final_model=false")
    plan = plan_run(settings, planted.catalog)
    labels = plan.training_set.labels.copy()
    own = plan.training_set.folds == 0
    labels[own] = np.roll(labels[own], 1)
    shuffled = dataclasses.replace(plan, training_set=dataclasses.replace(plan.training_set, labels=labels))
    (fold,), (other,) = run(plan).folds, run(shuffled).folds
    assert fold.chosen_epochs["inner"] == other.chosen_epochs["inner"]
    assert (fold.logits == other.logits).all()
    assert fold.n_training < 24
    assert set(fold.validation_scores) == {"last", "inner", "best_val"}


def test_inner_selection_is_recorded(planted: Any, quick: Quick) -> None:
    """Its figures and epoch stand in the catalog, un-marked; the final model chooses its epoch alike."""
    outcome = _run(planted, quick("optim.epochs=3", "cv.selection=inner", "cv.inner_parts=2"))
    assert summary(outcome)["optimistic"] == ["best_val"]
    assert summary(outcome)["selection"] == "inner"
    with Catalog.open_read_only(planted.catalog) as catalog:
        epochs = catalog.query("SELECT value FROM fold_metrics WHERE selection = 'inner' AND metric = 'epoch'")
    assert len(epochs) == 3
    assert set(epochs["value"]) <= {1, 2, 3}
    assert outcome.model_file is not None


def test_unreadable_images_stop_the_run_before_it_trains(planted: Any, quick: Quick) -> None:
    """Two broken images: both named, with reasons, in the error and as rows of the catalog; no run is recorded."""
    (planted.images / planted.paths[0]).unlink()
    (planted.images / planted.paths[5]).write_bytes(b"")
    with pytest.raises(BadInputError, match="2 of 36 images cannot be used") as caught:
        _run(planted, quick())
    assert planted.paths[0] in str(caught.value)
    assert f"{planted.paths[5]}: empty_file" in str(caught.value)
    with Catalog.open_read_only(planted.catalog) as catalog:
        assert catalog.read("runs").is_empty()
        assert sorted(catalog.read("failures").select("item", "stage", "reason").iter_rows()) == [
            (planted.paths[0], "training", "vanished"), (planted.paths[5], "training", "empty_file")
        ]  # fmt: skip


def test_unreadable_images_may_be_left_out_on_purpose(planted: Any, quick: Quick) -> None:
    """data.skip_failed=true trains on the others, and says which were left out; mended, nothing is said of it."""
    asked = quick("data.skip_failed=true", "cv.folds=[0]", "cv.final_model=false")
    lost = (planted.images / planted.paths[0]).rename(planted.images / "elsewhere")
    outcome = _run(planted, asked)
    assert [failure.item for failure in outcome.skipped] == [planted.paths[0]]
    assert len(outcome.setup.training_set) == 35
    with Catalog.open_read_only(planted.catalog) as catalog:
        assert list(catalog.read("failures")["item"]) == [planted.paths[0]]
    lost.rename(planted.images / planted.paths[0])
    _run(planted, asked)
    with Catalog.open_read_only(planted.catalog) as catalog:
        assert catalog.read("failures").is_empty()


def test_pixels_outlive_the_images(planted: Any, quick: Quick) -> None:
    """A second run decodes nothing, and the catalog is free for others while a run trains."""
    settings = quick("cv.folds=[0]", "cv.final_model=false")
    _run(planted, settings)

    class Reader(Watch):
        decoded = 0
        read = 0

        def on_decoded(self, done: int, total: int) -> None:
            self.decoded = max(done, total)

        def on_epoch(self, epoch: Epoch) -> None:
            with Catalog.open(planted.catalog) as catalog:
                self.read += len(catalog.read("runs")) * (epoch.fold + 1)

    watch = Reader()
    _run(planted, settings, watch)
    assert watch.decoded == 0
    assert watch.read == 2


def test_figures_survive_a_catalog_that_cannot_be_written(
    planted: Any, quick: Quick, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds the catalog when the run ends: the error names the file that keeps the figures."""
    monkeypatch.setattr(record, "BUSY_WAIT_S", 0.0)
    plan = plan_run(quick("cv.folds=[0]", "cv.final_model=false"), planted.catalog)
    script = (
        "import sys; from pathlib import Path; from data_contracts.catalog import Catalog\n"
        "catalog = Catalog.open(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", script, str(planted.catalog)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(CatalogError, match="kept in"):
            run(plan)
        holder.communicate()
    (rescued,) = planted.catalog.parent.glob("catalog.train-*.json")
    assert json.loads(rescued.read_text())["n_images"] == 36


def test_model_that_cannot_be_stored_is_not_lost(planted: Any, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full at the very end: an error without a half model; run again, no epoch is repeated."""

    def full(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    settings = quick("cv.cross_validate=false")
    with monkeypatch.context() as patched:
        patched.setattr(record, "save_file", full)
        with pytest.raises(TrainingError, match="No space left"):
            _run(planted, settings)
    assert list(planted.catalog.with_suffix(".models").iterdir()) == []
    epochs: list[Epoch] = []
    watch = Watch()
    watch.on_epoch = epochs.append  # type: ignore[method-assign]
    assert _run(planted, settings, watch).model_file is not None
    assert epochs == []


def test_problems_are_found_before_any_image_is_decoded(planted: Any, quick: Quick) -> None:
    """Too long a warm-up, a fold that is not there, weights that are not there: no cache folder was made."""
    for override in ("optim.warmup_updates=900", "cv.folds=[7]", "model.name=vit_nonesuch"):
        with pytest.raises(UsageError):
            plan_run(quick(override), planted.catalog)
    assert not planted.catalog.with_suffix(".cache").exists()


def test_killed_run_goes_on_and_leaves_no_checkpoint(planted: Any, quick: Quick) -> None:
    """A run that ends in fold 1 and is started again repeats no epoch, gives the same outputs, and tidies up."""
    settings = quick("optim.epochs=3", "checkpoint_every_s=0", "cv.final_model=false")

    class Counter(Watch):
        def __init__(self, end_at: int) -> None:
            self.end_at = end_at
            self.epochs: list[tuple[int, int]] = []

        def on_epoch(self, epoch: Epoch) -> None:
            self.epochs.append((epoch.fold, epoch.epoch))
            if len(self.epochs) == self.end_at:
                raise KeyboardInterrupt

    killed, resumed, undisturbed = Counter(5), Counter(-1), Counter(-1)
    with pytest.raises(KeyboardInterrupt):
        _run(planted, settings, killed)
    assert len(list(planted.catalog.with_suffix(".checkpoints").iterdir())) == 2
    second = _run(planted, settings, resumed)
    assert killed.epochs + resumed.epochs == [(fold, epoch) for fold in range(3) for epoch in range(3)]
    assert not planted.catalog.with_suffix(".checkpoints").exists()
    third = _run(planted, settings, undisturbed)
    assert len(undisturbed.epochs) == 9
    assert all((a.logits == b.logits).all() for a, b in zip(second.folds, third.folds, strict=True))


def test_checkpoint_is_not_used_for_other_work(planted: Any, quick: Quick) -> None:
    """Another learning rate, another label or another fold starts anew."""
    plan = plan_run(quick(), planted.catalog)
    names = set()
    for settings in (quick(), quick("optim.lr=2e-3"), quick("seed=1"), quick("cv.folds=[0]", "threads=1")):
        setup = Setup(
            Bench(
                Images(np.zeros((36, 32, 32), np.uint8), plan.training_set.labels),
                settings,
                Normaliser((0.5,), (0.5,), 1, torch.device("cpu")),
                plan.machine,
            ),
            plan.training_set,
            plan.weights,
            plan.input_format,
            planted.catalog.parent,
        )
        names |= {keeper.file.name for fold in (0, 1) if (keeper := setup.keeper(fold)) is not None}
    assert len(names) == 2 * 3


def test_worker_fits_the_same_fold_from_what_it_is_handed(planted: Any, quick: Quick) -> None:
    """A plan that was pickled, small whatever the pictures weigh, gives the outputs of this process to the bit."""
    plan = plan_run(quick("cv.folds=[1]", "cv.final_model=false", "model.drop_path=0.1"), planted.catalog)
    (alone,) = run(plan).folds
    handed_over = pickle.dumps(functools.partial(_begin_worker, plan))
    assert len(handed_over) < 20_000
    epochs: list[Epoch] = []
    watch = Watch()
    watch.on_epoch = epochs.append  # type: ignore[method-assign]
    worker: FoldResult = pickle.loads(handed_over)()(1, watch)  # noqa: S301 - our own
    assert (worker.logits == alone.logits).all()
    assert (worker.attention_scores == alone.attention_scores).all()
    assert worker.epochs == alone.epochs == tuple(epochs)


@pytest.mark.slow
def test_folds_side_by_side_are_those_one_after_the_other(planted: Any, quick: Quick) -> None:
    """The same outputs to the bit, the same figures, every epoch told, and as many rows in the catalog."""
    settings = ("model.drop_path=0.1", "cv.selection=inner", "cv.inner_parts=2", "cv.final_model=false")
    told: list[Epoch] = []
    watch = Watch()
    watch.on_epoch = told.append  # type: ignore[method-assign]
    together = _run(planted, quick(*settings, "cv.parallel=2"), watch)
    alone = _run(planted, quick(*settings))
    assert [fold.fold for fold in together.folds] == [0, 1, 2]
    for one, other in zip(together.folds, alone.folds, strict=True):
        assert (one.logits == other.logits).all()
        assert (one.attention_scores == other.attention_scores).all()
        assert one.epochs == other.epochs == tuple(epoch for epoch in told if epoch.fold == one.fold)
    assert together.aggregates["inner"].figures == alone.aggregates["inner"].figures
    with Catalog.open_read_only(planted.catalog) as catalog:
        counts = catalog.query("SELECT run_id, count(*) AS n FROM predictions GROUP BY run_id")
    assert counts["n"].to_list() == [len(planted.paths)] * 2


@pytest.mark.slow
def test_killed_worker_loses_nothing(planted: Any, quick: Quick) -> None:
    """The run says which fold it was; run again, all folds go on, to the same outputs to the bit."""
    settings = ("optim.epochs=3", "cv.final_model=false")
    killer, resumed = Watch(), list[int]()
    killer.on_epoch = lambda _epoch: [p.kill() for p in multiprocessing.active_children()].clear()  # type: ignore[method-assign]
    with pytest.raises(TrainingError, match=r"fold [01]: its process was killed by SIGKILL"):
        _run(planted, quick(*settings, "cv.parallel=2", "checkpoint_every_s=0"), killer)
    assert list(planted.catalog.with_suffix(".checkpoints").iterdir())
    watch = Watch()
    watch.on_resumed = lambda fold, _epochs_done: resumed.append(fold)  # type: ignore[method-assign]
    again = _run(planted, quick(*settings, "cv.parallel=2", "checkpoint_every_s=0"), watch)
    untouched = _run(planted, quick(*settings, "checkpoint_every_s=null"))
    assert resumed
    assert all((a.logits == b.logits).all() for a, b in zip(again.folds, untouched.folds, strict=True))
    assert not planted.catalog.with_suffix(".checkpoints").exists()


def test_side_by_side_is_refused_under_torchrun(planted: Any, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two ways to use several processes do not mix: told before any work."""
    monkeypatch.setattr("fractotrain.device.join_team", lambda gpu: Team(0, 2 + gpu))
    with pytest.raises(UsageError, match=r"cv\.parallel=2 under torchrun"):
        plan_run(quick("cv.parallel=2"), planted.catalog)
