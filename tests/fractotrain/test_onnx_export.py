"""A model leaves for other tools with the answers that it gives here."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, ExitCode, MissingToolError, UsageError
from fractotrain import onnx_export
from fractotrain.cli import register
from fractotrain.errors import TrainingError
from fractotrain.loop import Logits, predict
from fractotrain.onnx_export import METADATA_KEY, export_onnx
from fractotrain.record import Outcome
from fractotrain.settings import Settings
from fractotrain.stored_model import load_stored_model
from fractotrain.train import plan_run, run


@pytest.fixture
def trained(planted: Any, quick: Callable[..., Settings]) -> tuple[Any, Outcome]:
    """The planted catalog, and the run that left a final model beside it."""
    return planted, run(plan_run(quick("cv.cross_validate=false"), planted.catalog))


def _by_the_book(facts: dict[str, Any], path: Path, box: tuple[int, int, int, int]) -> Any:
    """A frame prepared as the JSON file says, without any code of Fracto."""
    size = facts["size_px"]
    picture = Image.open(path).crop(box).resize((size["width"], size["height"]), Image.Resampling.BILINEAR)
    grey = np.asarray(picture, np.float32)[None] / 255
    mean, std = (np.array(facts[part], np.float32).reshape(-1, 1, 1) for part in ("mean", "std"))
    return ((grey - mean) / std).astype(np.float32)


@pytest.mark.parametrize("channels", [1, pytest.param(3, marks=pytest.mark.slow)])
def test_stranger_gets_the_answers_of_the_model(
    planted: Any, quick: Callable[..., Settings], tmp_path: Path, channels: int
) -> None:
    """With the two files, Pillow and onnxruntime alone: the logits of torch for one frame, for three and for all."""
    outcome = run(plan_run(quick("cv.cross_validate=false", f"model.in_chans={channels}"), planted.catalog))
    written = export_onnx(planted.catalog, tmp_path / "model.onnx")
    facts = json.loads((tmp_path / "model.json").read_text())
    assert facts["sha256"] == hashlib.sha256(written.model_file.read_bytes()).hexdigest()
    inputs = np.stack([_by_the_book(facts, planted.images / path, (0, 0, 96, 80)) for path in sorted(planted.paths)])
    session = onnxruntime.InferenceSession(str(written.model_file), providers=["CPUExecutionProvider"])
    bench = outcome.setup.bench
    model = _network(planted.catalog)
    expected = predict(model, bench.images.pixels, np.arange(36), bench.normalise, 36)
    for n_frames in (1, 3, 36):
        (found,) = session.run([facts["output"]["name"]], {facts["input"]["name"]: inputs[:n_frames]})
        assert np.abs(found - expected[:n_frames]).max() < 1e-4
    assert (facts["classes"], facts["run_id"]) == (["green_body", "hard_machining", "material"], outcome.run_id)
    assert facts["check"]["max_abs_difference"] == written.max_abs_difference < 1e-4
    (kept,) = [p.value for p in onnx.load(written.model_file).metadata_props if p.key == METADATA_KEY]
    assert facts.items() >= json.loads(kept).items()


def _network(catalog_path: Path) -> Any:
    """The stored model's network."""
    with Catalog.open_read_only(catalog_path) as catalog:
        return load_stored_model(catalog).module


def test_model_that_answers_otherwise_is_not_written(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One logit of one frame off by more than the tolerance: an error that names the frame, and no file is left."""
    planted, _ = trained
    ask = onnx_export._ask

    def slightly_off(*given: Any) -> Logits:
        answers = ask(*given)
        answers[3, 1] += 2e-3
        return answers

    monkeypatch.setattr(onnx_export, "_ask", slightly_off)
    with pytest.raises(TrainingError, match=r"png: the logits of onnxruntime and torch differ by 0\.002"):
        export_onnx(planted.catalog, tmp_path / "out.onnx")
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


def test_broken_frames_are_passed_over(trained: Any, tmp_path: Path) -> None:
    """The comparison takes frames that can be read; without any, nothing is exported and --images is named."""
    planted, _ = trained
    for path in planted.paths[:-2]:
        (planted.images / path).write_bytes(b"gone")
    written = export_onnx(planted.catalog, tmp_path / "two.onnx")
    assert written.n_frames == 2
    for path in planted.paths[-2:]:
        (planted.images / path).unlink()
    with pytest.raises(BadInputError, match=r"none of the 36 frames of the catalog can be read .*--images DIR"):
        export_onnx(planted.catalog, tmp_path / "none.onnx")


def test_command(trained: Any, tmp_path: Path) -> None:
    """Says by how much the two differ; JSON says the same; a file that exists is not replaced."""
    planted, outcome = trained
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    arguments = ["onnx", "--catalog", str(planted.catalog)]
    told = json.loads(CliRunner().invoke(app, [*arguments, str(tmp_path / "a.onnx"), "--json"]).stdout)
    assert (told["run_id"], told["n_frames"]) == (outcome.run_id, 16)
    with pytest.raises(UsageError, match="exists already"):
        CliRunner().invoke(app, [*arguments, str(tmp_path / "a.onnx")], catch_exceptions=False)
    with pytest.raises(UsageError, match=r"ends in \.onnx"):
        CliRunner().invoke(app, [*arguments, str(tmp_path / "b.pt")], catch_exceptions=False)


@pytest.mark.parametrize(
    "package", ["onnxruntime", *(pytest.param(name, marks=pytest.mark.slow) for name in ("onnx", "onnxscript"))]
)
def test_missing_package_is_named_with_its_extra(shown_without: Callable[..., str], package: str) -> None:
    """Each of the three is an error of a missing tool, exit code 4, with the command that installs it."""
    setup = "from pathlib import Path; from fractotrain.cli.onnx import onnx"
    shown = shown_without([package], setup, "onnx(Path('m.onnx'))")
    assert shown.startswith(MissingToolError.__name__)
    assert f"needs the Python package {package}, which is not installed: pip install 'fracto[onnx]'" in shown
    assert MissingToolError.exit_code == ExitCode.MISSING_TOOL == 4
