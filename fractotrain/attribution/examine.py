"""`fracto explain --test` without its terminal: a sample of labelled images, every trial on every method, verdicts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.records import Failure
from fractotrain.attribution.asked import asked_of
from fractotrain.attribution.explain import BATCH_SIZE, Plan, decode_subjects
from fractotrain.attribution.pointing import Regions, within_crop
from fractotrain.attribution.scrutiny import Sample, scrutinise
from fractotrain.attribution.verdict import Figure, Verdict, figures, verdicts
from fractotrain.cache import as_model_sees
from fractotrain.report.read import read_run
from fractotrain.report.study import ReportSettings, Study

DEFAULT_SAMPLE = 60
"""Images of a test, if nothing else is asked for: some minutes for a ViT-S on a CPU."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What the tests gave."""

    started_at: datetime
    figures: tuple[Figure, ...]
    verdicts: tuple[Verdict, ...]
    failures: tuple[Failure, ...]


def examine(
    plan: Plan, regions: Regions | None, seed: int, on_trial: Callable[[str], None] = lambda _: None
) -> Examined:
    """Measure on the labelled images of the plan.

    Args:
        plan: Model, images and methods.
        regions: Where experts marked the origin, for the pointing game.
        seed: Of random orders, random weights and the bootstrap.
        on_trial: Told what is measured next.

    Raises:
        UsageError: none of the images has a label.
        BadInputError: none of them can be read.
    """
    started_at = datetime.now(UTC)
    labelled = [subject for subject in plan.subjects if subject.labelled]
    if not labelled:
        raise UsageError("--test needs images with a label of a class that the model tells; none of these has one")
    decoded, failures = decode_subjects(labelled, plan.images_root)
    if not decoded:
        raise BadInputError(f"{plan.images_root}: none of the {len(labelled)} images can be read; {failures[0].detail}")
    marked = [None if regions is None else regions.of(subject.path) for subject, _ in decoded]
    sample = Sample(
        np.stack([as_model_sees(cropped, plan.model.input_format.size_px) for _, cropped in decoded]),
        [subject.group for subject, _ in decoded],
        [str(subject.true_class) for subject, _ in decoded],
        [subject.magnification for subject, _ in decoded],
        [box and within_crop(box, subject.crop_box) for box, (subject, _) in zip(marked, decoded, strict=True)],
    )
    scrutiny = scrutinise(asked_of(plan.model, BATCH_SIZE), sample, plan.methods, seed, on_trial)
    found = figures(scrutiny, sample, seed)
    drawn = verdicts(found, reserve_about(plan.catalog_path, plan.model.run_id))
    return Examined(started_at, tuple(found), tuple(drawn), tuple(failures))


def reserve_about(catalog_path: Path, run_id: str) -> str | None:
    """What the out-of-fold answers of a run say against its model; None if they are clearly better than chance."""
    with Catalog.open_read_only(catalog_path) as catalog:
        try:
            record = read_run(catalog, run_id)
        except UsageError:
            return "the run made no out-of-fold answers: whether its model knows anything of new FOANs is not known"
    if Study(record, ReportSettings()).is_better_than_chance:
        return None
    return "its out-of-fold answers are not shown to be better than chance: the maps show what it guesses by"
