"""A checkpoint is whole, is for one fit only, and loses nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError

from fractotrain import checkpoint
from fractotrain.checkpoint import Choice, Keeper, Standing, fingerprint
from fractotrain.errors import TrainingError
from fractotrain.settings import Selection
from fractotrain.watch import Epoch


def _fit_of_a_kind() -> tuple[torch.nn.Module, torch.optim.Optimizer, torch.amp.GradScaler, Standing]:
    model = torch.nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    logits = np.arange(6, dtype=np.float32).reshape(2, 3)
    choices: dict[Selection, Choice] = {"best_val": Choice(0, 1 / 3, logits * 2), "inner": Choice(1, 0.1, logits * 3)}
    standing = Standing([Epoch(0, 0, 9, 0.1 + 0.2, 1 / 3, 0.1)], logits, choices, {"weight": torch.ones(2)})
    return model, optimiser, torch.amp.GradScaler("cpu", enabled=False), standing


def test_comes_back_as_it_was(tmp_path: Path) -> None:
    """Weights, moments, figures and logits: equal to the bit."""
    model, optimiser, scaler, standing = _fit_of_a_kind()
    Keeper(tmp_path / "new folder" / "c.safetensors", "f", 0).save(model, optimiser, scaler, standing, last=False)
    other_model, other_optimiser, other_scaler, _ = _fit_of_a_kind()
    keeper = Keeper(tmp_path / "new folder" / "c.safetensors", "f", 0)
    found = keeper.restore(other_model, other_optimiser, other_scaler)
    assert found is not None
    assert found.epochs == standing.epochs
    assert (found.logits == standing.logits).all()
    for name, choice in standing.choices.items():
        assert (found.choices[name].epoch, found.choices[name].macro_f1) == (choice.epoch, choice.macro_f1)
        assert (found.choices[name].logits == choice.logits).all()
    assert torch.equal(model.weight, other_model.weight)
    assert found.state is not None
    assert torch.equal(found.state["weight"], torch.ones(2))
    states = [o.state_dict()["state"] for o in (optimiser, other_optimiser)]
    assert states[0].keys() == states[1].keys()
    for index, state in states[0].items():
        assert all(torch.equal(value, states[1][index][key]) for key, value in state.items())


def test_is_written_when_it_is_time_or_the_last(tmp_path: Path) -> None:
    """Not more often than asked, but always at the end; and gone when the run is recorded."""
    fit = _fit_of_a_kind()
    keeper = Keeper(tmp_path / "c.safetensors", "f", 3600)
    keeper.save(*fit, last=False)
    assert not keeper.file.exists()
    keeper.save(*fit, last=True)
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]
    keeper.remove()
    keeper.remove()
    assert list(tmp_path.iterdir()) == []


def test_of_another_fit_or_damaged_is_refused(tmp_path: Path) -> None:
    """A renamed, cut or foreign file is an error that names it, never a start from wrong weights."""
    model, optimiser, scaler, standing = _fit_of_a_kind()
    file = tmp_path / "c.safetensors"
    Keeper(file, "f", 0).save(model, optimiser, scaler, standing, last=True)
    with pytest.raises(TrainingError, match="of another fold"):
        Keeper(file, "g", 0).restore(model, optimiser, scaler)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(TrainingError, match="damaged"):
        Keeper(file, "f", 0).restore(model, optimiser, scaler)
    assert Keeper(tmp_path / "none", "f", 0).restore(model, optimiser, scaler) is None


def test_disk_that_takes_no_more_keeps_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed write is an error with the way out; the earlier checkpoint stays, and no draft."""
    fit = _fit_of_a_kind()
    keeper = Keeper(tmp_path / "c.safetensors", "f", 0)
    keeper.save(*fit, last=True)
    before = keeper.file.read_bytes()

    def full(_: object, file: Path, **__: object) -> None:
        file.write_bytes(b"half")
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(TrainingError, match="No space left"):
        keeper.save(*fit, last=True)
    assert keeper.file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [keeper.file]


def test_fingerprint_depends_on_facts_not_on_their_order() -> None:
    """The same facts in another order are the same work; any other value is not."""
    assert fingerprint(a=1, b=[2, 3]) == fingerprint(b=[2, 3], a=1) != fingerprint(a=1, b=[3, 2])
