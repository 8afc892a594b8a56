"""`fracto explain` without its terminal: images -> heat-maps -> files and sheets; the catalog is touched last."""

import dataclasses
import hashlib
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from data_contracts.catalog import Catalog
from data_contracts.errors import UsageError
from data_contracts.pixels import GreyImage
from data_contracts.records import Failure
from data_contracts.vocabulary import FailureReason, Stage
from fractotrain.attribution.asked import AskedModel, Targets, asked_of
from fractotrain.attribution.methods import Method
from fractotrain.attribution.overlay import overlay
from fractotrain.attribution.sheet import Panel, draw_sheet, sheet_data
from fractotrain.attribution.subjects import Choice, Subject, choose, read_subjects
from fractotrain.attribution.together import ANSWER, attribute_by
from fractotrain.cache import as_model_sees, crop_frame
from fractotrain.data import find_images_root
from fractotrain.drafts import draft_of
from fractotrain.stored_model import StoredModel, load_stored_model

BATCH_SIZE = 16

PREDICTED, TRUE = "predicted", "true"
"""Which class is explained: the one that the model answers, or the label (the answer where there is none)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An explanation that can start: model, images and folders have been found, and the catalog is closed again."""

    catalog_path: Path
    model: StoredModel
    subjects: tuple[Subject, ...]
    images_root: Path
    methods: tuple[Method, ...]
    target: str
    """``PREDICTED``, ``TRUE`` or a class."""
    output: Path
    """For sheets and overlays."""

    @property
    def maps_folder(self) -> Path:
        """Where the maps lie, beside the catalog."""
        return attributions_folder(self.catalog_path, self.model.run_id) / "maps"


@dataclass(frozen=True, slots=True)
class StoredMap:
    """A heat-map on disk."""

    file: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One image explained."""

    subject: Subject
    predicted_class: str
    predicted_probability: float
    target_class: str
    target_probability: float
    maps: Mapping[Method, StoredMap]
    """None of a method whose map is empty."""
    sheet: Path


@dataclass(frozen=True, slots=True)
class Explained:
    """All that one call gave."""

    started_at: datetime
    explanations: tuple[Explanation, ...]
    failures: tuple[Failure, ...]


def attributions_folder(catalog_path: Path, run_id: str) -> Path:
    """``<catalog>.attributions/<run>/``: moves with the catalog."""
    return catalog_path.with_suffix(".attributions") / run_id


def plan_explanation(
    catalog_path: Path,
    choice: Choice,
    methods: Sequence[Method],
    run_id: str | None = None,
    target: str = PREDICTED,
    images_root: Path | None = None,
    output: Path | None = None,
) -> Plan:
    """Load the model of a run (the latest, if none is named) and find the images.

    Raises:
        FractoError: no such model, image or folder, or a class that the model does not tell.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    with Catalog.open_read_only(catalog_path) as catalog:
        model = load_stored_model(catalog, run_id, device)
        if target not in (PREDICTED, TRUE, *model.classes):
            raise UsageError(f"--target {target}: is {PREDICTED}, {TRUE} or one of {', '.join(model.classes)}")
        subjects = choose(catalog, read_subjects(catalog, model), choice)
        root = find_images_root(catalog, images_root)
    # As the recipe says: a tiny network suffers from a second thread on a busy machine (decisions/0008).
    torch.set_num_threads(model.settings.threads or torch.get_num_threads())
    folder = output or attributions_folder(catalog_path, model.run_id)
    return Plan(catalog_path, model, tuple(subjects), root, tuple(methods), target, folder)


def explain(plan: Plan, on_done: Callable[[int, int], None] = lambda _done, _total: None) -> Explained:
    """Heat-maps of all images of the plan; a bad image is a failure, and the others are explained.

    Raises:
        AttributionError: the model cannot be explained at all.
        UsageError: a file cannot be written.
    """
    started_at = datetime.now(UTC)
    model = asked_of(plan.model, BATCH_SIZE)
    explanations: list[Explanation] = []
    failures: list[Failure] = []
    done = 0
    try:
        for folder in (plan.maps_folder, plan.output / "overlays", plan.output / "sheets"):
            folder.mkdir(parents=True, exist_ok=True)
        for groups in _batches_of_groups(plan.subjects):
            batch = [subject for members in groups.values() for subject in members]
            explained, panels, failed = _explain_batch(plan, model, batch)
            failures += failed
            explanations += explained
            for group, members in groups.items():
                of_group = [panels[subject.path] for subject in members if subject.path in panels]
                if of_group:
                    _write_sheet(plan, group, of_group)
            done += len(batch)
            on_done(done, len(plan.subjects))
    except OSError as error:
        raise UsageError(
            f"{error.filename or plan.output}: cannot be written ({error.strerror or error}). Maps go beside the "
            f"catalog, sheets and overlays to --output {plan.output}: both need room. Nothing was recorded"
        ) from error
    return Explained(started_at, tuple(explanations), tuple(failures))


def decode_subjects(
    subjects: Sequence[Subject], images_root: Path
) -> tuple[list[tuple[Subject, GreyImage]], list[Failure]]:
    """The cropped frames at full resolution, and what could not be read."""
    decoded, failures = [], []
    for subject in subjects:
        cropped = crop_frame(subject.frame(images_root))
        if isinstance(cropped, Failure):
            failures.append(dataclasses.replace(cropped, stage=Stage.EXPLAINING))
        else:
            decoded.append((subject, cropped))
    return decoded, failures


def _explain_batch(
    plan: Plan, model: AskedModel, batch: Sequence[Subject]
) -> tuple[list[Explanation], dict[str, Panel], list[Failure]]:
    decoded, failures = decode_subjects(batch, plan.images_root)
    if not decoded:
        return [], {}, failures
    pixels = np.stack([as_model_sees(cropped, plan.model.input_format.size_px) for _, cropped in decoded])
    found = attribute_by(plan.methods, model, pixels, _targets(plan, [subject for subject, _ in decoded]))
    probabilities, predicted = found.probabilities, found.probabilities.argmax(axis=1)
    explanations: list[Explanation] = []
    panels: dict[str, Panel] = {}
    for i, (subject, cropped) in enumerate(decoded):
        answer, target = int(predicted[i]), int(found.targets[i])
        facts = Explanation(
            subject,
            str(plan.model.classes[answer]),
            float(probabilities[i, answer]),
            str(plan.model.classes[target]),
            float(probabilities[i, target]),
            {},
            _sheet_file(plan, subject.group),
        )
        stored: dict[Method, StoredMap] = {}
        kept = {method: of_method[i] for method, of_method in found.maps.items() if of_method[i].any()}
        for method, heat in kept.items():
            stored[method] = _store_map(plan, facts, method, heat)
            Image.fromarray(overlay(cropped, heat)).save(plan.output / "overlays" / _overlay_name(facts, method))
        if empty := [method for method in plan.methods if method not in stored]:
            failures.append(_empty(facts, empty))
        explanations.append(dataclasses.replace(facts, maps=stored))
        target_facts = (facts.target_class, facts.target_probability)
        answer_facts = (facts.predicted_class, facts.predicted_probability)
        panels[subject.path] = Panel.of(subject, cropped, kept, target_facts, answer_facts)
    return explanations, panels, failures


def _targets(plan: Plan, subjects: Sequence[Subject]) -> Targets:
    """Index of the class to explain, per image; the answer, where that is asked for or the label is none of these."""
    index = {str(name): i for i, name in enumerate(plan.model.classes)}
    wanted = [subject.true_class if plan.target == TRUE else plan.target for subject in subjects]
    return np.array([index.get(name or "", ANSWER) for name in wanted], np.int64)


def _batches_of_groups(subjects: Sequence[Subject]) -> Iterator[dict[str, list[Subject]]]:
    """Whole FOANs, some ``BATCH_SIZE`` images together: sheets need the one, speed the other."""
    groups: dict[str, list[Subject]] = defaultdict(list)
    for subject in sorted(subjects, key=lambda s: (s.group, s.path)):
        if subject.group not in groups and sum(map(len, groups.values())) >= BATCH_SIZE:
            yield groups
            groups = defaultdict(list)
        groups[subject.group].append(subject)
    yield groups


def _store_map(plan: Plan, facts: Explanation, method: Method, heat: NDArray[np.float32]) -> StoredMap:
    """One ``.npy`` per picture, method and class; files with the same bytes and crop share it."""
    buffer = io.BytesIO()
    np.save(buffer, heat)
    crop = "-".join(map(str, facts.subject.crop_box))
    file = plan.maps_folder / f"{facts.subject.sha256[:16]}-{crop}-{method}-{facts.target_class}.npy"
    draft = draft_of(file)
    draft.write_bytes(buffer.getvalue())
    draft.replace(file)
    return StoredMap(file, hashlib.sha256(buffer.getvalue()).hexdigest())


def _empty(facts: Explanation, methods: Sequence[Method]) -> Failure:
    detail = (
        f"{', '.join(methods)}: no patch speaks for {facts.target_class} (probability {facts.target_probability:.2f}), "
        "only against it or not at all; the map is zero throughout and was not stored"
    )
    return Failure(facts.subject.path, Stage.EXPLAINING, FailureReason.EMPTY_MAP, detail)


def _write_sheet(plan: Plan, group: str, panels: Sequence[Panel]) -> None:
    """As pixels, as vectors, and as a table of the maps' values."""
    file, drawing = _sheet_file(plan, group), draw_sheet(group, _note(plan), panels, plan.methods)
    drawing.as_image().save(file)
    file.with_suffix(".svg").write_text(drawing.as_svg(), encoding="utf-8", errors="backslashreplace")
    sheet_data(panels).write_csv(file.with_suffix(".csv"))


def _sheet_file(plan: Plan, group: str) -> Path:
    return plan.output / "sheets" / f"{_file_name(group)}.png"


def _overlay_name(facts: Explanation, method: Method) -> str:
    return f"{_file_name(facts.subject.path)}-{method}-{facts.target_class}.png"


def _file_name(name: str) -> str:
    """Readable, valid on every file system, and different for different names."""
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '_', name)[-80:]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _note(plan: Plan) -> str:
    return (
        f"Heat-maps and answers of the final model of run {plan.model.run_id}, which was fitted on all labelled images "
        "of its time: what it says of those shows what it learnt, not how good it is. Out-of-fold answers come from "
        "the models of cross-validation, which are not stored and therefore have no heat-maps."
    )
