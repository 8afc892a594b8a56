"""The linear head is the one solution of a convex problem."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_model
from sklearn.linear_model import LogisticRegression

from data_contracts.catalog import Catalog
from data_contracts.errors import UsageError
from fractotrain.loop import predict
from fractotrain.model import Weights, build_model
from fractotrain.probe import attach_head, fit_head
from fractotrain.record import summary
from fractotrain.seeds import Purpose, derive_seed
from fractotrain.settings import Settings
from fractotrain.train import plan_run, run
from fractotrain.watch import Watch

FROZEN = ("model.frozen=true", "model.img_size=32")


def _clouds(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Three clouds of unequal size in eight dimensions, in units that differ a thousandfold; the last never moves."""
    rng = np.random.default_rng(0)
    labels = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    centres = rng.normal(0, 1.5, (3, 8))
    features = (centres[labels] + rng.normal(0, 1, (n, 8))) * np.logspace(-1, 2, 8)
    features[:, -1] = 5.0
    return features.astype(np.float32), labels


@pytest.mark.parametrize("balanced", [False, True])
def test_agrees_with_scikit_learn(balanced: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """The same logits as scikit-learn's logistic regression with the same penalty and class weights."""
    features, labels = _clouds()
    standardised = (features - features.mean(0)) / np.where(features.std(0) > 1e-8, features.std(0), 1)
    ridge = 0.02
    oracle = LogisticRegression(
        C=1 / (ridge * len(labels)), class_weight="balanced" if balanced else None, tol=1e-10, max_iter=5000
    ).fit(standardised.astype(np.float64), labels)
    expected = oracle.predict_proba(standardised)
    logits = fit_head(features, labels, ridge, balanced=balanced).logits(features)
    assert np.allclose(torch.softmax(torch.from_numpy(logits), 1).numpy(), expected, atol=2e-3)


def test_absent_class_is_never_the_answer() -> None:
    """A fold whose training part lacks a class still has three finite outputs."""
    features, labels = _clouds()
    kept = labels != 2
    logits = fit_head(features[kept], labels[kept], 0.01, balanced=True).logits(features)
    assert np.isfinite(logits).all()
    assert set(logits.argmax(axis=1)) <= {0, 1}


def test_features_are_computed_once(planted: Any, quick: Callable[..., Settings]) -> None:
    """All folds and a second run share one pass through the network; there is no epoch to choose."""

    class Counter(Watch):
        seen = 0

        def on_features(self, done: int, total: int) -> None:
            self.seen = max(done, total)

    first, second = Counter(), Counter()
    settings = quick(*FROZEN)
    outcome = run(plan_run(settings, planted.catalog), first)
    again = run(plan_run(settings, planted.catalog), second)
    assert (first.seen, second.seen) == (36, 0)
    assert list(outcome.aggregates) == ["last"]
    assert summary(outcome)["optimistic"] == []
    assert all((a.logits == b.logits).all() for a, b in zip(outcome.folds, again.folds, strict=True))


def test_yardstick_stands_beside_fine_tuning(planted: Any, quick: Callable[..., Settings], tmp_path: Path) -> None:
    """A network that starts from weights is reported beside a head on its frozen features, the one of recipe=probe."""
    file = tmp_path / "first.safetensors"
    save_model(build_model(quick().model, Weights("scratch", None, None), 5), str(file))
    start = ["model.init=file", f"model.weights_file={file}", "cv.final_model=false", "cv.folds=[0,1]"]
    tuned = run(plan_run(quick(*start), planted.catalog))
    assert list(tuned.aggregates) == ["last", "best_val", "probe"]
    alone = run(plan_run(quick(*start, "model.frozen=true"), planted.catalog))
    assert tuned.aggregates["probe"].figures == alone.aggregates["last"].figures
    with Catalog.open_read_only(planted.catalog) as catalog:
        kept = catalog.query(
            "SELECT count(DISTINCT fold) FROM fold_metrics WHERE selection = 'probe' AND metric = 'macro_f1'"
        )
    assert kept.item() == 3  # two folds, and both together
    without = run(plan_run(quick(*start, "cv.probe=false"), planted.catalog))
    assert "probe" not in without.aggregates


def test_attached_head_answers_as_the_probe(planted: Any, quick: Callable[..., Settings]) -> None:
    """A whole network with the head gives the logits that features and head gave."""
    outcome = run(plan_run(quick(*FROZEN, "cv.final_model=false"), planted.catalog))
    setup, fold = outcome.setup, outcome.folds[0]
    features = np.load(next(planted.catalog.with_suffix(".cache").glob("features-*.npy")))
    training = np.flatnonzero(setup.training_set.folds != 0)
    head = fit_head(features[training], setup.bench.images.labels[training], 0.01, balanced=True)
    model = build_model(setup.bench.settings.model, setup.weights, derive_seed(42, Purpose.MODEL))
    attach_head(model, head)
    logits = predict(model, setup.bench.images.pixels, fold.validation, setup.bench.normalise, 8)
    assert np.allclose(logits, fold.logits, atol=1e-3)


def test_best_epoch_of_a_head_is_refused(quick: Callable[..., Settings]) -> None:
    """There are no epochs to choose from, and the settings say so."""
    with pytest.raises(UsageError, match="no epochs"):
        quick(*FROZEN, "cv.selection=best_val")
