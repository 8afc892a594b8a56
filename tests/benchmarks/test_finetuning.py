"""`recipe=base` against the paper's steps where both begin with pretrained weights, as a table."""

from pathlib import Path

import pytest
import torch
from invented_textures import ARCHITECTURE, OPTIONS, SHAPE, pretrain
from trained import audited_catalog, gain, table, train

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

SMALL = (
    f"model.name={ARCHITECTURE}",
    "model.in_chans=1",
    *(f"model.{key}={value}" for key, value in SHAPE.items()),
    *(f"+model.options.{key}={value}" for key, value in OPTIONS.items()),
    "optim.precision=fp32",
    "optim.epochs=20",
    "optim.warmup_updates=20",
    "optim.lr=1.2e-3",
)
"""A model that two cores can fit, and a rate that suits its size, chosen for the paper's steps."""
AS_PAPER = ("recipe=paper", *SMALL, "cv.strategy=cluster", "cv.selection=last")


def test_finetuning_from_pretrained_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Over the same grouped folds, at the last epoch; from scratch beside, to show what the weights are worth."""
    torch.set_num_threads(1)
    weights = tmp_path / "pretrained.safetensors"
    known = pretrain(weights)
    catalog = audited_catalog(tmp_path)
    given = ("--weights", str(weights))
    reached = {
        "base, pretrained": train(catalog, "recipe=base", *SMALL, *given),
        "paper's steps, pretrained": train(catalog, *AS_PAPER, *given),
        "paper's steps, from scratch": train(catalog, *AS_PAPER, "--from-scratch"),
    }
    base, paper, scratch = reached.values()
    lines = [
        f"pretrained on invented textures: {known:.3f} of 24 kinds named rightly",
        *table(reached),
        f"base - paper's, same folds: {gain(catalog, base, paper)}",
        f"pretrained - from scratch, same folds: {gain(catalog, paper, scratch)}",
        f"{base.summary['n_images']} images of {base.summary['n_foans']} FOANs, 5 folds of 20 epochs each",
    ]
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201 - the result of a benchmark
    assert known > 0.9
    assert paper.figure("validation")[0] > scratch.figure("validation")[0]
