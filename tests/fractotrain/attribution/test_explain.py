"""Explaining images of a catalog: what lies on disk, what stands in the catalog, and what happens to bad images."""

import dataclasses
import hashlib
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from scipy.special import softmax

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.validation import validate
from data_contracts.vocabulary import FailureReason
from fractotrain.attribution.examine import examine
from fractotrain.attribution.explain import PREDICTED, TRUE, Explained, Plan, explain, plan_explanation
from fractotrain.attribution.methods import Method
from fractotrain.attribution.record import record_explanations, record_tests
from fractotrain.attribution.subjects import Choice, Subject, spread_sample
from fractotrain.cache import decode_frame
from fractotrain.loop import predict

BOTH = (Method.RELEVANCE, Method.ROLLOUT)
FOAN = "F-1-2"


def run_on(planted: Any, choice: Choice, methods: tuple[Method, ...] = BOTH, **options: Any) -> tuple[Plan, Explained]:
    """Plan, explain and record."""
    plan = plan_explanation(planted.catalog, choice, methods, **options)
    explained = explain(plan)
    record_explanations(plan, explained)
    return plan, explained


def read(planted: Any, table: str) -> Any:
    """A table of the catalog."""
    with Catalog.open_read_only(planted.catalog) as catalog:
        return catalog.read(table)


def test_maps_lie_beside_the_catalog_and_stand_in_it(trained_catalog: Any) -> None:
    """One row per image and method, its file with the bytes that the row names; the catalog stays sound."""
    plan, explained = run_on(trained_catalog, Choice(foan=FOAN))
    assert not explained.failures
    rows = read(trained_catalog, "attributions")
    assert len(rows) == 3 * 2
    assert set(rows["method"]) == {"relevance", "rollout"}
    assert rows["trained_on"].all()
    for row in rows.iter_rows(named=True):
        file = trained_catalog.catalog.parent / row["map_path"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == row["map_sha256"]
        heat = np.load(file)
        assert heat.shape == (4, 4)
        assert heat.any()
    with Catalog.open_read_only(trained_catalog.catalog) as catalog:
        assert validate(catalog) == []
        assert list(catalog.query("SELECT outcome FROM runs WHERE command = 'explain'")["outcome"]) == ["finished"]
    assert plan.maps_folder.is_dir()


def test_overlay_has_the_size_of_the_cropped_frame_and_a_sheet_holds_a_foan(trained_catalog: Any) -> None:
    """Overlays are at full resolution, without the data bar; three frames of one FOAN make one sheet."""
    plan, explained = run_on(trained_catalog, Choice(foan=FOAN))
    overlays = sorted((plan.output / "overlays").iterdir())
    assert len(overlays) == 3 * 2
    for file in overlays:
        with Image.open(file) as picture:
            assert picture.size == (96, 80)  # the planted frames are 96 x 88 px with a bar of 8 px
    (sheet,) = {e.sheet for e in explained.explanations}
    with Image.open(sheet) as picture:
        assert picture.width > 3 * 360
    beside = {f.name for f in (plan.output / "sheets").iterdir()}
    assert beside == {sheet.with_suffix(suffix).name for suffix in (".png", ".svg", ".csv")}
    values = pl.read_csv(sheet.with_suffix(".csv"))
    first = explained.explanations[0]
    stored = values.filter(image=first.subject.path, method="rollout").sort("row", "column")["value"]
    assert np.allclose(stored.to_numpy().reshape(4, 4), np.load(first.maps[Method.ROLLOUT].file))


def test_second_run_replaces_its_rows_and_keeps_the_others(trained_catalog: Any) -> None:
    """Rows are replaced per run, path, method and class; explaining again doubles nothing."""
    run_on(trained_catalog, Choice(foan=FOAN))
    run_on(trained_catalog, Choice(foan="F-0-0"), (Method.ROLLOUT,))
    before = read(trained_catalog, "attributions")
    run_on(trained_catalog, Choice(foan=FOAN))
    assert read(trained_catalog, "attributions").equals(before)
    assert len(before) == 3 * 2 + 3


def test_answers_are_the_models(trained_catalog: Any) -> None:
    """What the rows say of the answer is what training's own prediction says of the pixels that it saw."""
    plan, explained = run_on(trained_catalog, Choice(foan=FOAN), (Method.ROLLOUT,))
    frames = [decode_frame(e.subject.frame(plan.images_root), (32, 32)) for e in explained.explanations]
    logits = predict(plan.model.module, np.stack(frames), np.arange(3), plan.model.normalise, 8)
    for e, row in zip(explained.explanations, logits, strict=True):
        assert e.predicted_class == plan.model.classes[int(row.argmax())]
        assert e.predicted_probability == pytest.approx(softmax(row.astype(float)).max(), abs=1e-5)
    rows = read(trained_catalog, "attributions").sort("path")
    assert list(rows["target_probability"]) == [e.target_probability for e in explained.explanations]


def test_bad_images_are_failures_and_the_others_are_explained(trained_catalog: Any) -> None:
    """A vanished, a changed and a broken file are rows of `failures`; once mended they are failures no more."""
    frames = [p for p in trained_catalog.paths if p.startswith("material")][:4]
    whole = {p: (trained_catalog.images / p).read_bytes() for p in frames}
    (trained_catalog.images / frames[0]).unlink()
    (trained_catalog.images / frames[1]).write_bytes(whole[frames[1]][:100])
    _, explained = run_on(trained_catalog, Choice(images=tuple(frames)))
    assert {f.item: f.reason for f in explained.failures} == {
        frames[0]: FailureReason.VANISHED,
        frames[1]: FailureReason.UNREADABLE,
    }
    assert {e.subject.path for e in explained.explanations} == set(frames[2:])
    rows = read(trained_catalog, "failures")
    assert set(rows["stage"]) == {"explaining"}
    for path, content in whole.items():
        (trained_catalog.images / path).write_bytes(content)
    run_on(trained_catalog, Choice(images=tuple(frames)))
    assert read(trained_catalog, "failures").is_empty()


def test_empty_map_is_a_failure_with_its_reason(trained_catalog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A map of zeros is never stored; the other method's map is, and the sheet is drawn."""
    monkeypatch.setattr("fractotrain.attribution.together.cam", lambda *_: np.zeros((3, 4, 4), np.float32))
    _, explained = run_on(trained_catalog, Choice(foan=FOAN), (Method.GRAD_CAM, Method.ROLLOUT))
    assert {f.reason for f in explained.failures} == {FailureReason.EMPTY_MAP}
    assert "grad_cam: no patch speaks for" in explained.failures[0].detail
    assert set(read(trained_catalog, "attributions")["method"]) == {"rollout"}
    assert explained.explanations[0].sheet.exists()


def test_target_may_be_the_answer_the_truth_or_a_class(trained_catalog: Any) -> None:
    """Each explains the class it names; an unknown class is refused before anything runs."""
    _, of_truth = run_on(trained_catalog, Choice(sample=6), target=TRUE)
    assert all(e.target_class == e.subject.true_class for e in of_truth.explanations)
    _, of_answer = run_on(trained_catalog, Choice(sample=6), target=PREDICTED)
    assert all(e.target_class == e.predicted_class for e in of_answer.explanations)
    _, of_class = run_on(trained_catalog, Choice(sample=6), target="material")
    assert {e.target_class for e in of_class.explanations} == {"material"}
    with pytest.raises(UsageError, match="--target fatigue: is predicted, true or one of green_body"):
        plan_explanation(trained_catalog.catalog, Choice(sample=6), BOTH, target="fatigue")


def test_errors_are_the_wrong_out_of_fold_answers(trained_catalog: Any) -> None:
    """Exactly the images whose prediction row is wrong, and each shows that answer."""
    predictions = read(trained_catalog, "predictions")
    wrong = predictions.filter(predictions["predicted_class"] != predictions["true_class"])
    if wrong.is_empty():
        with pytest.raises(UsageError, match="no out-of-fold answer is wrong"):
            plan_explanation(trained_catalog.catalog, Choice(errors=True), BOTH)
        return
    plan = plan_explanation(trained_catalog.catalog, Choice(errors=True), BOTH)
    assert [s.path for s in plan.subjects] == sorted(wrong["path"])
    fold_of = dict(zip(wrong["path"], wrong["fold"], strict=True))
    assert all(s.out_of_fold is not None and s.out_of_fold.fold == fold_of[s.path] for s in plan.subjects)


def test_held_out_images_are_of_foans_that_the_model_never_saw(trained_catalog: Any) -> None:
    """None at first, and that is said; an image of a FOAN that came in later is one."""
    with pytest.raises(UsageError, match="the model was fitted on every FOAN with a label"):
        plan_explanation(trained_catalog.catalog, Choice(held_out=True), BOTH)
    with Catalog.open(trained_catalog.catalog) as catalog, catalog.transaction():
        old = catalog.query("SELECT * FROM micrographs LIMIT 1").row(0, named=True)
        file = catalog.query("SELECT * FROM files WHERE sha256 = ?", [old["sha256"]]).row(0, named=True)
        match = catalog.query("SELECT * FROM matches WHERE path = ?", [file["path"]]).row(0, named=True)
        instance = catalog.query("SELECT * FROM fracture_instances WHERE instance_id = ?", [match["instance_id"]]).row(
            0, named=True
        )
        content = (trained_catalog.images / file["path"]).read_bytes() + b"other bytes"
        (trained_catalog.images / "late.png").write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        catalog.append("micrographs", [old | {"sha256": sha256, "micrograph_id": sha256[:16]}])
        catalog.append("files", [file | {"path": "late.png", "sha256": sha256}])
        catalog.append("fracture_instances", [instance | {"instance_id": "9" * 16, "foan": "F-9-9"}])
        late = {"path": "late.png", "micrograph_id": sha256[:16], "instance_id": "9" * 16, "foan": "F-9-9"}
        catalog.append("matches", [match | late])
    _, explained = run_on(trained_catalog, Choice(held_out=True))
    (one,) = explained.explanations
    assert (one.subject.path, one.subject.trained_on, one.subject.out_of_fold) == ("late.png", False, None)
    assert not read(trained_catalog, "attributions")["trained_on"].any()


def test_images_are_found_as_why_finds_them(trained_catalog: Any) -> None:
    """By path, by its end, by the file on disk; what is not there or not telling is refused."""
    path = trained_catalog.paths[0]
    for wanted in (path, path[3:], str(trained_catalog.images / path)):
        plan = plan_explanation(trained_catalog.catalog, Choice(images=(wanted,)), BOTH)
        assert [s.path for s in plan.subjects] == [path]
    with pytest.raises(BadInputError, match="no such image"):
        plan_explanation(trained_catalog.catalog, Choice(images=("nowhere.png",)), BOTH)
    with pytest.raises(BadInputError, match="images have this in their path"):
        plan_explanation(trained_catalog.catalog, Choice(images=("material",)), BOTH)
    with pytest.raises(BadInputError, match="--foan F-7-7: no image"):
        plan_explanation(trained_catalog.catalog, Choice(foan="F-7-7"), BOTH)
    with pytest.raises(UsageError, match="say what to explain"):
        plan_explanation(trained_catalog.catalog, Choice(), BOTH)


def _subject(number: int, name: str, magnification: float) -> Subject:
    """An image without any picture."""
    crop = (0, 0, 1, 1)
    return Subject(f"{number:03}", "0" * 64, crop, (), None, None, magnification, name, trained_on=False,
                   foan_trained_on=False, out_of_fold=None)  # fmt: skip


def test_sample_holds_rare_classes_and_magnifications() -> None:
    """One frame of a rare class is drawn among ninety of a common one, even of two; the seed decides which."""
    many = [_subject(i, "green_body", (50.0, 100.0)[i % 2]) for i in range(90)]
    rare = [_subject(100, "material", 50.0)]
    drawn = spread_sample(many + rare, 9, seed=1)
    assert len(drawn) == 9
    assert rare[0] in drawn
    assert {s.magnification for s in drawn} == {50.0, 100.0}
    assert drawn == spread_sample(many + rare, 9, seed=1)
    assert drawn != spread_sample(many + rare, 9, seed=2)
    assert len(spread_sample(many, 500, seed=1)) == 90
    assert {s.true_class for s in spread_sample(many + rare, 2, seed=1)} == {"green_body", "material"}


def test_tests_are_rows_with_a_verdict(trained_catalog: Any) -> None:
    """Every figure is a row of `attribution_tests`, the verdict stands in the run; testing again doubles nothing."""
    plan = plan_explanation(trained_catalog.catalog, Choice(sample=9), BOTH)
    for _ in range(2):
        found = examine(plan, None, seed=0)
        record_tests(plan, found.started_at, found.figures, found.verdicts, found.failures)
    rows = read(trained_catalog, "attribution_tests")
    assert len(rows) == len(found.figures)
    assert {v.method for v in found.verdicts} == set(BOTH)
    with Catalog.open_read_only(trained_catalog.catalog) as catalog:
        assert validate(catalog) == []
        summaries = catalog.query("SELECT summary FROM runs WHERE command = 'explain --test'")["summary"]
    assert all("belief" in summary for summary in summaries)


def test_testing_needs_labels(trained_catalog: Any) -> None:
    """Images without a label of the model's classes cannot be grouped or judged."""
    plan = plan_explanation(trained_catalog.catalog, Choice(sample=3), BOTH)
    nameless = tuple(dataclasses.replace(s, true_class=None) for s in plan.subjects)
    with pytest.raises(UsageError, match="needs images with a label"):
        examine(dataclasses.replace(plan, subjects=nameless), None, seed=0)
