"""The stored model of a run comes back as it was, or not at all."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from fractotrain.loop import predict
from fractotrain.record import Outcome
from fractotrain.settings import Settings
from fractotrain.stored_model import StoredModel, load_stored_model
from fractotrain.train import plan_run, run

Quick = Callable[..., Settings]


def _run(planted: Any, settings: Settings) -> Outcome:
    return run(plan_run(settings, planted.catalog))


def _load(planted: Any, run_id: str | None = None) -> StoredModel:
    with Catalog.open_read_only(planted.catalog) as catalog:
        return load_stored_model(catalog, run_id)


def test_latest_model_answers_as_the_one_that_was_fitted(planted: Any, quick: Quick) -> None:
    """Of two runs with a model and a later one without, the second's comes back: weights, classes, format, settings."""
    first = _run(planted, quick("cv.cross_validate=false", "seed=1"))
    second = _run(planted, quick("cv.cross_validate=false", "seed=2"))
    _run(planted, quick("cv.folds=[0]", "cv.final_model=false"))
    stored = _load(planted)
    assert (stored.run_id, stored.settings) == (second.run_id, second.setup.bench.settings)
    assert stored.classes == ("green_body", "hard_machining", "material")
    assert stored.input_format == second.setup.input_format
    assert not stored.module.training
    pixels, everything = second.setup.bench.images.pixels, np.arange(36)
    outputs = predict(stored.module, pixels, everything, stored.normalise, 8)
    other = _load(planted, first.run_id)
    assert np.isfinite(outputs).all()
    assert not np.allclose(outputs, predict(other.module, pixels, everything, other.normalise, 8))


def test_run_is_named_by_its_start(planted: Any, quick: Quick) -> None:
    """A start that fits one run is enough; one that fits none, or a run without a model, is refused."""
    outcome = _run(planted, quick("cv.cross_validate=false"))
    without = _run(planted, quick("cv.folds=[0]", "cv.final_model=false"))
    assert _load(planted, outcome.run_id[:-2]).run_id == outcome.run_id
    with pytest.raises(UsageError, match="no such training runs; those with a model are train-"):
        _load(planted, "train-1999")
    with pytest.raises(UsageError, match="stored no final model"):
        _load(planted, without.run_id)


def test_no_model_yet(planted: Any) -> None:
    """A catalog that nobody trained on says what to do."""
    with pytest.raises(UsageError, match="run `fracto train` first"):
        _load(planted)


@pytest.mark.parametrize("name", ["model.safetensors", "model.json"])
def test_changed_or_missing_files_are_refused(planted: Any, quick: Quick, name: str) -> None:
    """One byte more in either file, or a file that is gone: no model, and the file is named."""
    outcome = _run(planted, quick("cv.cross_validate=false"))
    assert outcome.model_file is not None
    file = outcome.model_file.with_name(name)
    with file.open("ab") as stream:
        stream.write(b" ")
    with pytest.raises(BadInputError, match=rf"{name}: not the file that train-"):
        _load(planted)
    file.unlink()
    with pytest.raises(BadInputError, match="cannot be read"):
        _load(planted)
