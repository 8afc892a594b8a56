"""What the page says of good, blind, odd and tiny runs. All in memory: no catalog is written, no file."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from fractotrain.attribution.agreement import Agreement
from fractotrain.evaluation.bootstrap import Estimate
from fractotrain.report.blocks import Figure, Level, Section
from fractotrain.report.page import render_page
from fractotrain.report.read import RunRecord
from fractotrain.report.sections.attributions import attributions
from fractotrain.report.sections.crossval import cross_validation
from fractotrain.report.sections.data_card import data_card
from fractotrain.report.sections.labels import labels
from fractotrain.report.sections.magnification import magnification
from fractotrain.report.sections.shortcuts import shortcuts
from fractotrain.report.sections.trust import trust
from fractotrain.report.study import ReportSettings, Study
from fractotrain.report.write import compose

QUICK = ReportSettings(n_draws=100)
Only = Callable[[RunRecord, np.ndarray], RunRecord]


def _sentences(sections: list[Section] | Section, level: Level) -> str:
    found = sections if isinstance(sections, list) else [sections]
    return " | ".join(v.sentence for section in found for v in section.verdicts if v.level is level)


def _answering(record: RunRecord, strength: float, seed: int = 0) -> RunRecord:
    """The same frames, answered by a model whose true logit is raised so much."""
    answers = record.answers
    logits = np.random.default_rng(seed).normal(0, 1, answers.logits.shape)
    logits[np.arange(len(answers)), answers.labels] += strength
    return replace(record, answers=replace(answers, logits=logits))


def test_a_model_that_knows_nothing_is_not_praised_for_anything(record: RunRecord) -> None:
    """Guesses at 50x are as good as guesses at 10k x, and honest about it: nothing of that is to be believed."""
    sections = compose(Study(_answering(record, 0.0), QUICK))
    believed = _sentences(sections, Level.BELIEVE)
    assert believed.startswith("0 of 360 validation images")  # the split does not leak, whatever the model
    assert " | " not in believed
    assert "not shown to be better than chance" in _sentences(sections, Level.DO_NOT)
    caution = _sentences(sections, Level.CAUTION)
    assert "The labels cannot be judged by this model" in caution
    assert "it is of little use" in caution
    worse = compose(Study(_answering(record, -3.0), QUICK))
    assert "equivalent." in _sentences(worse, Level.CAUTION)
    assert "It says little, as the model is not shown to be better than chance." in _sentences(worse, Level.CAUTION)
    assert "the model's confidence does not tell right from wrong" in _sentences(worse, Level.CAUTION)


def test_a_perfect_model_is_not_certain(record: RunRecord) -> None:
    """All answers right: every figure keeps an interval, the difference of two magnifications too."""
    section = magnification(Study(_answering(record, 60.0), QUICK))
    assert "50x against 10kx: equivalent. Macro-F1 differs by +0.000, 90 % interval [-0.049, +0.049]" in _sentences(
        section, Level.BELIEVE
    )
    assert "No label is more likely wrong than right" in _sentences(
        labels(Study(_answering(record, 60.0), QUICK)), Level.CAUTION
    )


def test_image_folds_and_the_best_epoch_are_marked_optimistic(record: RunRecord) -> None:
    """Both marks stand in the verdicts; leaking pairs are not to be relied on; nothing else is simply believed."""
    split = record.summary["split"] | {"strategy": "image"}
    leaking = record.leakage.with_columns(n_leaking=12)
    settings = record.settings | {"cv": {"selection": "best_val"}}
    altered = replace(record, summary=record.summary | {"split": split}, settings=settings, leakage=leaking)
    sections = compose(Study(altered, QUICK))
    refused = _sentences(sections, Level.DO_NOT)
    assert "Optimistic: image folds" in refused
    assert "Optimistic: the epoch was chosen on the very fold" in refused
    assert "12 of 360 validation images" in refused
    assert "Macro-F1" in refused
    assert not _sentences(sections, Level.BELIEVE)


def test_image_folds_in_order_still_leave_folds_to_fit_on(record: RunRecord) -> None:
    """The first frame of every FOAN lies in fold 0: calibration and probes find folds all the same."""
    answers = record.answers
    dealt = replace(record, answers=replace(answers, folds=np.tile(np.arange(6), 60) % 3))
    study = Study(dealt, QUICK)
    assert len(np.unique(study.fitting_folds)) == 3
    for foan in np.unique(answers.foans.astype(str)):
        assert len(np.unique(study.fitting_folds[answers.foans == foan])) == 1
    assert "one fold" not in _sentences(trust(study), Level.CAUTION)


def test_a_dataset_that_betrays_its_labels_is_reported(record: RunRecord) -> None:
    """A microscope per class: the class can be told without the fracture, and the page says so plainly."""
    facts = record.facts | {"microscope": np.array([f"maker {c}" for c in record.answers.labels], object)}
    section = shortcuts(Study(replace(record, facts=facts), QUICK))
    refused = _sentences(section, Level.DO_NOT)
    assert "can be told without the fracture surface, from microscope: balanced accuracy 1.000" in refused


def test_margin_and_magnifications_are_the_users(record: RunRecord) -> None:
    """A wide margin makes equivalence, a narrow one does not; the claim names the steps asked for."""
    for margin, verdict in ((0.9, "1kx against 10kx: equivalent"), (0.001, "1kx against 10kx: equivalence not shown")):
        settings = ReportSettings(n_draws=100, margin=margin, low_step=1000, high_step=10000)
        said = magnification(Study(record, settings)).verdicts[0].sentence
        assert verdict in said
        assert "FOANs (green body 20, hard machining 20, material 20)" in said


def test_too_few_shared_foans_prove_no_equivalence(record: RunRecord) -> None:
    """Enough FOANs at each of two magnifications, six at both: nothing is compared, however alike the six are."""
    answers = record.answers
    number = np.array([int(foan[-4:]) for foan in answers.foans])
    steps = np.where(number < 33, 50.0, 10000.0)
    steps[(number >= 27) & (number < 33)] = np.tile([50.0, 10000.0], 18)
    altered = replace(record, answers=replace(answers, magnifications=steps))
    assert "no two of them have frames of the same 10 FOANs" in _sentences(
        magnification(Study(altered, QUICK)), Level.CAUTION
    )
    asked = ReportSettings(n_draws=100, low_step=50, high_step=10000)
    said = _sentences(magnification(Study(altered, asked)), Level.CAUTION)
    assert said == "50x against 10kx: too few frames to test. 6 FOANs with frames at both, 10 are needed."


def test_one_fold_alone_is_reported_for_what_it_is(record: RunRecord, only: Only) -> None:
    """No interval over folds, nothing fitted across folds, no shortcut excluded; the leakage is that of the split."""
    sections = compose(Study(only(record, record.answers.folds == 0), QUICK))
    caution = _sentences(sections, Level.CAUTION)
    assert "Confidence cannot be judged: one fold only" in caution
    assert "one fold only to fit on" in caution
    assert "No fact around the fracture" not in caution + _sentences(sections, Level.BELIEVE)
    assert "cluster split, 1 of 5 folds" in caution
    assert "cluster split, all 5 folds" in _sentences(sections, Level.BELIEVE)
    assert "It rests on few FOANs (green body: 4)." in caution
    gap = [block.caption for section in sections for block in section.blocks if isinstance(block, Figure)]
    assert any("With one fold the gap has no interval" in caption for caption in gap)


def test_a_class_that_nobody_answered_is_named(record: RunRecord, only: Only) -> None:
    """Two classes: the page is not about the third, and stray answers of it do not decide between magnifications."""
    left = only(record, record.answers.labels != 2)
    section = cross_validation(Study(left, QUICK))
    assert "No frame of material was answered" in _sentences(section, Level.DO_NOT)
    logits = left.answers.logits.copy()
    right = np.eye(3)[left.answers.labels] * 9.0
    logits[:] = right
    stray = int(np.flatnonzero(left.answers.magnifications == 50)[0])
    logits[stray] = [0, 0, 9]
    said = magnification(Study(replace(left, answers=replace(left.answers, logits=logits)), QUICK)).verdicts[0].sentence
    difference = re.search(r"differs by ([+-][0-9.]+)", said)
    assert difference is not None
    assert abs(float(difference[1])) < 0.02


def test_frames_without_foan_and_lost_pictures_are_said(record: RunRecord) -> None:
    """The dataset changed: how many frames lost their FOAN; maps whose images are gone: why no picture is shown."""
    lost = replace(record, is_dataset_changed=True, n_lost_foans=7, places=None)
    assert "7 frames no longer linked to a FOAN" in _sentences(cross_validation(Study(lost, QUICK)), Level.CAUTION)
    assert "No picture is shown: the images are not where the catalog says" in attributions(Study(lost, QUICK)).lead
    crops = tuple(replace(place, crop=(0, 0, 0, 0)) for place in record.places or ())
    assert "No picture is shown" in attributions(Study(replace(record, places=crops), QUICK)).lead


def test_heat_maps_that_failed_their_tests_are_not_believed(record: RunRecord) -> None:
    """The verdict of `fracto explain --test` stands on top, its figures with interval, n and FOANs in a table."""
    tests = pl.DataFrame(
        [
            {"method": "grad_cam", "test": "randomisation", "defect_class": name, "magnification": None, "n_images": 40,
             "n_foans": 20, "value": 0.8, "low": 0.7, "high": 0.9, "threshold": 0.5, "passed": False}
            for name in ("material", "all")
        ],
        schema_overrides={"magnification": pl.Float64},
    )  # fmt: skip
    verdict = {"grad_cam": {"belief": "not to be believed", "reasons": ["the map hardly changes"]}}
    tested = replace(record, attribution_tests=tests, attribution_verdicts=verdict)
    section = attributions(Study(tested, QUICK))
    assert "by Grad-CAM: not to be believed: the map hardly changes" in _sentences(section, Level.DO_NOT)
    table, by_part = (b for b in section.blocks if getattr(b, "name", "").startswith("attribution_tests"))
    whole, of_class = table.data.to_dicts()
    assert len(table.shown) == 1  # of the classes there is a table of its own
    assert by_part.rows[0][:2] == ("Grad-CAM", "material")
    assert by_part.rows[0][3] == Estimate(0.8, 0.7, 0.9, 40, 20)
    assert by_part.rows[0][-1] == "failed"
    assert (whole["value"], whole["value low"], whole["value n"], whole["value FOANs"]) == (0.8, 0.7, 40, 20)
    assert (whole["result"], whole["class"], of_class["class"]) == ("failed", "all", "material")


def test_what_experts_said_stands_on_the_page(record: RunRecord) -> None:
    """Answers and agreement per question, with the interval of kappa; nothing where nobody was asked."""
    assert "experts" not in {getattr(block, "name", "") for block in attributions(Study(record, QUICK)).blocks}
    said = Agreement("right_for_wrong_reason", ("A", "B"), {"yes": 5, "no": 15}, 10, 0.9, 0.7, 1.0, 0.62, 0.1, 1.0)
    asked = replace(record, expert_agreement=(said,))
    (table,) = (b for b in attributions(Study(asked, QUICK)).blocks if getattr(b, "name", "") == "experts")
    assert table.data.row(0) == (
        "Is the answer right for the wrong reason?", 2, 5, 15, 0, 0.9, 0.7, 1.0, 10, 0.62, 0.1, 1.0, 10
    )  # fmt: skip


def test_many_long_sub_types_are_drawn_together(record: RunRecord) -> None:
    """Two hundred groups would make a figure without room: the largest are drawn, the CSV has all."""
    names = [f"a sub-type with a name that is much too long to stand beside a drawing {k}" for k in range(200)]
    rows = record.dataset.head(200).with_columns(sub_type=np.array(names, object))
    (_, by_sub_type) = (
        b for b in data_card(Study(replace(record, dataset=rows), QUICK)).blocks if isinstance(b, Figure)
    )
    assert len(by_sub_type.data) == 200
    assert "180 others together" in by_sub_type.svg
    assert "a sub-type with a name that is much too…" in by_sub_type.svg


def test_a_class_that_a_fold_lacks_is_said(record: RunRecord, only: Only) -> None:
    """Its macro figures are of two classes only; the mean over folds is then of unequal tasks."""
    whole, lacking = record.answers.labels >= 0, (record.answers.labels == 2) & (record.answers.folds == 3)
    said = "Some folds hold no frame of a class (material is not in 3)"
    assert said in _sentences(cross_validation(Study(only(record, whole & ~lacking), QUICK)), Level.CAUTION)
    assert "Some folds hold" not in _sentences(cross_validation(Study(record, QUICK)), Level.CAUTION)


def test_a_shortcut_over_few_foans_may_be_chance(record: RunRecord, only: Only) -> None:
    """What betrays the class among eight components of a class is a caution, among twenty it is said outright."""
    telling = replace(record, facts={"microscope": record.answers.labels.astype(str).astype(object)})
    is_early = np.array([int(name[-4:]) < 24 for name in record.answers.foans])
    for where, level in ((is_early, Level.CAUTION), (is_early | True, Level.DO_NOT)):
        section = shortcuts(Study(only(telling, where), QUICK))
        assert "can be told without the fracture surface, from microscope" in _sentences(section, level)


@pytest.mark.parametrize("case", ["one frame", "one FOAN", "two FOANs", "one class", "three frames a class"])
def test_a_tiny_run_has_a_plain_page(case: str, record: RunRecord, only: Only) -> None:
    """No traceback, no figure that is not a number, no empty drawing; nothing of the answers is simply believed."""
    foan = np.array([int(name[-4:]) for name in record.answers.foans])
    where = {
        "one frame": np.arange(360) == 5,
        "one FOAN": foan == 0,
        "two FOANs": foan < 2,
        "one class": record.answers.labels == 1,
        "three frames a class": (np.arange(360) % 6 == 0) & (foan < 9),
    }[case]
    sections = compose(Study(only(record, where), QUICK))
    for section in sections:
        assert section.title == "Leakage" or not _sentences(section, Level.BELIEVE)
        assert all(len(block.data) for block in section.blocks if isinstance(block, Figure))
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", render_page("t", "s", "r", sections), flags=re.DOTALL)
    assert not re.findall(r".{30}\b(?:nan|inf|None|NaN)\b.{30}", text)
    assert "1 FOANs" not in text
    assert "1 frames" not in text
