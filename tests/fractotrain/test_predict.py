"""A stored model is asked about raw frames."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from data_contracts.catalog import Catalog
from data_contracts.errors import ExitCode, MissingToolError, UsageError
from data_contracts.frames import FrameReading
from data_contracts.records import Box, Failure
from data_contracts.vocabulary import FailureReason, ReadingMethod, Stage
from fractotrain import predict as predict_module
from fractotrain.cli import register
from fractotrain.loop import predict
from fractotrain.predict import load_frame_reader, predict_frames
from fractotrain.record import Outcome
from fractotrain.settings import Settings
from fractotrain.stored_model import load_stored_model
from fractotrain.train import plan_run, run

CROP = Box(0, 0, 96, 80)
WHOLE = Box(0, 0, 96, 88)


def _reading(path: Path, foan: str | None = None, crop: Box = CROP, pixel_sha256: str = "0" * 64) -> FrameReading:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return FrameReading(path, sha256, pixel_sha256, crop, (), 500.0, ReadingMethod.DATA_BAR, None, None, foan, ())


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, FrameReading | Failure]], None]:
    """Offer a reader of frames, as an installed package would, that knows these files by their names."""

    def plant_reader(readings: dict[str, FrameReading | Failure]) -> None:
        def read(paths: list[Path], _profile: Any, _jobs: int, on_read: Any) -> list[FrameReading | Failure]:
            on_read(len(paths), len(paths))
            return [readings[path.name] for path in paths]

        entry = SimpleNamespace(load=lambda: read)
        monkeypatch.setattr(predict_module.metadata, "entry_points", lambda group: [entry] if group else [])

    return plant_reader


@pytest.fixture
def trained(planted: Any, quick: Callable[..., Settings]) -> tuple[Any, Outcome]:
    """The planted catalog, and the run that left a final model beside it."""
    return planted, run(plan_run(quick("cv.cross_validate=false"), planted.catalog))


def _reencoded(planted: Any, folder: Path) -> list[Path]:
    """The planted frames with the same pixels in other bytes."""
    folder.mkdir()
    for name in planted.paths:
        Image.open(planted.images / name).save(folder / name, compress_level=1)
    return [folder / name for name in sorted(planted.paths)]


def test_new_frames_take_the_path_of_training(trained: Any, tmp_path: Path, offer: Any) -> None:
    """Frames that the catalog does not know, cropped by the reader's box, give the model just the cache's pixels."""
    planted, outcome = trained
    paths = _reencoded(planted, tmp_path / "new")
    offer({path.name: _reading(path) for path in paths})
    answers = predict_frames(planted.catalog, paths)
    bench = outcome.setup.bench
    with Catalog.open_read_only(planted.catalog) as catalog:
        module = load_stored_model(catalog).module
    expected = predict(module, bench.images.pixels, np.arange(36), bench.normalise, 256)
    found = np.array([list(frame.logits.values()) for frame in answers.frames], np.float32)
    assert (found == expected).all()
    assert {frame.acquaintance for frame in answers.frames} == {"new"}
    assert answers.run_id == outcome.run_id
    for frame in answers.frames:
        assert sum(frame.probabilities.values()) == pytest.approx(1)
        assert frame.predicted_class == max(frame.logits, key=frame.logits.__getitem__)
        assert (frame.magnification, frame.magnification_source) == (500.0, "data_bar")


def test_frames_of_the_catalog_take_its_crop_and_say_so(trained: Any, offer: Any) -> None:
    """Known bytes are answered with the catalog's box and FOAN, whatever the reader says, and marked as trained on."""
    planted, _ = trained
    paths = [planted.images / name for name in planted.paths[:4]]
    offer({path.name: _reading(path, "F-9-9", WHOLE) for path in paths})
    answers = predict_frames(planted.catalog, paths)
    assert [frame.catalog_path for frame in answers.frames] == planted.paths[:4]
    assert {frame.crop_box for frame in answers.frames} == {(0, 0, 96, 80)}
    assert [frame.foan for frame in answers.frames] == ["F-0-0", "F-0-0", "F-0-0", "F-0-1"]
    assert {frame.acquaintance for frame in answers.frames} == {"training_image"}


def test_training_image_in_other_bytes_is_marked_too(trained: Any, tmp_path: Path, offer: Any) -> None:
    """The same pixels in another file are the same picture, and take the catalog's box."""
    planted, _ = trained
    (path, *_) = _reencoded(planted, tmp_path / "new")
    with Catalog.open_read_only(planted.catalog) as catalog:
        pixels = catalog.query(
            "SELECT m.pixel_sha256 FROM dataset d JOIN micrographs m USING (micrograph_id) WHERE d.path = ?",
            [path.name],
        ).item()
    offer({path.name: _reading(path, None, WHOLE, pixels)})
    (answer,) = predict_frames(planted.catalog, [path]).frames
    assert (answer.acquaintance, answer.catalog_path) == ("training_image", path.name)
    assert (answer.crop_box, answer.foan) == ((0, 0, 96, 80), "F-0-0")


def test_answer_of_a_foan_is_that_of_the_mean_logit(trained: Any, tmp_path: Path, offer: Any) -> None:
    """Frames of one FOAN are averaged before the softmax; frames without a FOAN stay alone; known FOANs are marked."""
    planted, _ = trained
    paths = _reencoded(planted, tmp_path / "new")[:9]
    foans = ["N-1"] * 4 + ["F-0-1"] * 3 + [None] * 2
    offer({path.name: _reading(path, foan) for path, foan in zip(paths, foans, strict=True)})
    answers = predict_frames(planted.catalog, paths)
    known, new = answers.foans
    assert (known.foan, known.n_frames, known.acquaintance) == ("F-0-1", 3, "training_foan")
    assert (new.foan, new.n_frames, new.acquaintance) == ("N-1", 4, "new")
    mean = np.mean([list(frame.logits.values()) for frame in answers.frames[:4]], axis=0)
    assert list(new.probabilities.values()) == pytest.approx(list(np.exp(mean) / np.exp(mean).sum()))
    assert new.n_agreeing == sum(frame.predicted_class == new.predicted_class for frame in answers.frames[:4])


def test_bad_files_do_not_stop_the_others(trained: Any, tmp_path: Path, offer: Any) -> None:
    """One that the reader refuses and one that changes before it is decoded: both listed, the third answered."""
    planted, _ = trained
    paths = _reencoded(planted, tmp_path / "new")[:3]
    readings: dict[str, FrameReading | Failure] = {path.name: _reading(path) for path in paths}
    readings[paths[0].name] = Failure(str(paths[0]), Stage.MICROGRAPHS, FailureReason.TRUNCATED, "ends early")
    paths[1].write_bytes(b"changed")
    offer(readings)
    answers = predict_frames(planted.catalog, paths)
    assert [frame.path for frame in answers.frames] == [str(paths[2])]
    assert [failure.item for failure in answers.failures] == [str(paths[0]), str(paths[1])]
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    arguments = ["predict", *map(str, paths), "--catalog", str(planted.catalog)]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == ExitCode.FINISHED_WITH_FAILED_ITEMS
    told = json.loads(result.stdout)
    assert [failure["reason"] for failure in told["failures"]] == ["truncated", "unreadable"]
    assert told["frames"][0]["sha256"] == readings[paths[2].name].sha256  # type: ignore[union-attr] # a reading
    shown = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert "ends early" in shown.stdout
    assert answers.frames[0].predicted_class in shown.stdout
    assert not CliRunner().invoke(app, [*arguments, "--quiet"]).output


def test_without_a_reader_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where curation is not installed, the error says what is missing, with the exit code of a missing tool."""
    monkeypatch.setattr(predict_module.metadata, "entry_points", lambda group: [])  # noqa: ARG005 - its signature
    with pytest.raises(MissingToolError, match="reader of raw frames"):
        load_frame_reader()


def test_model_is_checked_before_frames_are_read(planted: Any, offer: Any) -> None:
    """A catalog without a model says so before minutes of reading: this reader knows no file at all."""
    offer({})
    with pytest.raises(UsageError, match="run `fracto train` first"):
        predict_frames(planted.catalog, [planted.images / planted.paths[0]])
