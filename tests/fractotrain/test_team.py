"""Two processes fit the model that one would fit."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_contracts.catalog import Catalog
from fractotrain.settings import Settings
from fractotrain.team import Team
from fractotrain.train import plan_run, run

# Ends as each process of a real run does; what the first one was told of its epochs goes to a file.
SCRIPT = """
import dataclasses, json, sys
from pathlib import Path
from fractotrain.settings import check_settings
from fractotrain.train import plan_run, run
plan = plan_run(check_settings(json.loads(sys.argv[1])), Path(sys.argv[2]))
outcome = run(plan)
assert plan.machine.team.size == 2
epochs = [dataclasses.asdict(epoch) for fold in outcome.folds for epoch in fold.epochs]
Path(sys.argv[3]).with_suffix(f".{plan.machine.team.rank}").write_text(json.dumps(epochs))
plan.machine.team.leave()
"""


def test_images_of_an_update_are_dealt_out_once() -> None:
    """The shares of three processes hold each image once, also where one of them gets none."""
    for images in (np.arange(8), np.arange(2)):
        shares = [Team(rank, 3).share(images) for rank in range(3)]
        assert sorted(np.concatenate(shares)) == list(images)


def test_alone_nothing_is_shared() -> None:
    """A team of one asks nobody: gradients, sums and waiting are its own."""
    with Team().leader_first():
        assert Team().leads


@pytest.mark.slow
def test_two_processes_give_the_loss_curve_of_one(planted: Any, quick: Callable[..., Settings], tmp_path: Path) -> None:
    """Same losses, same outputs, one record: updates of 7 images are dealt out unevenly, the last of 3 too."""
    settings = quick(
        "optim.batch_size=7", "optim.epochs=3", "optim.eps=1e-3", "data.flips=false", "cv.folds=[0]", "device=cpu"
    )
    alone = run(plan_run(settings, planted.catalog))
    script = tmp_path / "fit.py"
    script.write_text(SCRIPT)
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    arguments = [settings.model_dump_json(), str(planted.catalog), str(tmp_path / "epochs")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run([sys.executable, *launch, *arguments], capture_output=True, text=True, env=environment)  # noqa: PLW1510 - its words are shown
    assert ended.returncode == 0, ended.stderr
    curves = [json.loads((tmp_path / f"epochs.{rank}").read_text()) for rank in (0, 1)]
    assert curves[0] == curves[1]
    losses = [epoch["training_loss"] for epoch in curves[0]]
    assert losses == pytest.approx([epoch.training_loss for epoch in alone.folds[0].epochs], rel=1e-4)
    with Catalog.open_read_only(planted.catalog) as catalog:
        runs = catalog.query("SELECT run_id FROM runs WHERE command = 'train' ORDER BY started_at")["run_id"].to_list()
        logits = [
            catalog.query("SELECT COLUMNS('logit_.*') FROM predictions WHERE run_id = ? ORDER BY path", [i]).to_numpy()
            for i in runs
        ]
    assert len(runs) == 2
    assert np.allclose(logits[0], logits[1], atol=1e-3)
