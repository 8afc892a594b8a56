"""Which images are explained: rows of the catalog, with what is known of each, and the choice that a user makes."""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import softmax

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.finding import find_file
from data_contracts.masks import MaskBox, read_masks
from data_contracts.vocabulary import TRAINABLE_CLASSES
from fractotrain.cache import Frame
from fractotrain.stored_model import StoredModel


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """What the model of cross-validation said that had not seen the image's fold."""

    fold: int
    predicted_class: str
    probability: float


@dataclass(frozen=True, slots=True)
class Subject:
    """One image that can be explained."""

    path: str
    """As the catalog names it."""
    sha256: str
    crop_box: MaskBox
    masks: tuple[MaskBox, ...]
    """Print inside the crop."""
    foan: str | None
    serial_number: str | None
    magnification: float | None
    true_class: str | None
    """The label; None if the image is not matched."""
    trained_on: bool
    """The explained model was fitted on these bytes."""
    foan_trained_on: bool
    """It was fitted on frames of this FOAN."""
    out_of_fold: OutOfFold | None
    pixel_size_nm: float | None = None
    """Of the uncropped frame; None where it is not known."""

    @property
    def group(self) -> str:
        """What belongs together: the FOAN, or the image alone."""
        return self.foan or self.path

    @property
    def labelled(self) -> bool:
        """Its label is one of the classes that the model tells."""
        return self.true_class in TRAINABLE_CLASSES

    def frame(self, images_root: Path) -> Frame:
        """Its file and crop."""
        return Frame(images_root / self.path, self.path, self.sha256, self.crop_box, self.masks)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user asks for; several conditions narrow each other."""

    images: tuple[str, ...] = ()
    """By path, or the end of it."""
    foan: str | None = None
    errors: bool = False
    """Only images whose out-of-fold answer is wrong."""
    held_out: bool = False
    """Only labelled images of FOANs that the model has never seen."""
    sample: int | None = None
    """At most so many, spread over classes and magnifications."""
    seed: int = 0


def read_subjects(catalog: Catalog, model: StoredModel) -> list[Subject]:
    """Every image of the catalog that has a picture, sorted by path."""
    rows = catalog.query(
        "SELECT d.*, p.* EXCLUDE (run_id, path) FROM dataset d "
        "LEFT JOIN predictions p ON p.path = d.path AND p.run_id = ? "
        "WHERE d.micrograph_id IS NOT NULL AND d.crop_right_px > d.crop_left_px AND d.crop_bottom_px > d.crop_top_px "
        "ORDER BY d.path",
        [model.run_id],
    )
    masks = read_masks(catalog)
    return [
        Subject(
            row["path"],
            row["sha256"],
            (row["crop_left_px"], row["crop_top_px"], row["crop_right_px"], row["crop_bottom_px"]),
            masks.get(row["micrograph_id"], ()),
            row["foan"],
            row["serial_number"],
            row["magnification"],
            row["defect_class"],
            row["sha256"] in model.training_images,
            row["foan"] in model.training_foans,
            _out_of_fold(row, model),
            row["pixel_size_nm"],
        )
        for row in rows.iter_rows(named=True)
    ]


def _out_of_fold(row: Mapping[str, Any], model: StoredModel) -> OutOfFold | None:
    if row["fold"] is None:
        return None
    probabilities = softmax([row[f"logit_{name}"] for name in model.classes])
    return OutOfFold(row["fold"], row["predicted_class"], float(probabilities.max()))


def choose(catalog: Catalog, subjects: Sequence[Subject], choice: Choice) -> list[Subject]:
    """The images asked for, in the order of their paths.

    Raises:
        UsageError: nothing was asked for, or nothing is left.
        BadInputError: an image or a FOAN that the catalog does not have.
    """
    if not (choice.images or choice.foan or choice.errors or choice.held_out or choice.sample):
        raise UsageError("say what to explain: images, --foan FOAN, --errors, --held-out or --sample N")
    left = list(subjects)
    if choice.images:
        wanted = {find_file(catalog, image, "image") for image in choice.images}
        left = [s for s in left if s.path in wanted]
        if lost := wanted - {s.path for s in left}:
            raise BadInputError(f"{min(lost)}: holds no picture that could be explained; `fracto why` says why")
    if choice.foan is not None:
        left = [s for s in left if s.foan is not None and _plain(s.foan) == _plain(choice.foan)]
        if not left:
            raise BadInputError(f"--foan {choice.foan}: no image with a picture is linked to it in {catalog.path}")
    if choice.errors:
        left = [s for s in left if s.out_of_fold is not None and s.out_of_fold.predicted_class != s.true_class]
    if choice.held_out:
        left = [s for s in left if s.labelled and not (s.trained_on or s.foan_trained_on)]
    if not left:
        raise UsageError(_nothing_left(choice, subjects))
    if choice.sample is not None:
        # A sample stands for the labelled images; one of them alone may be named without a label.
        pool = left if choice.images or choice.foan else [s for s in left if s.labelled]
        left = spread_sample(pool, choice.sample, choice.seed)
    return left


def spread_sample(subjects: Sequence[Subject], size: int, seed: int) -> list[Subject]:
    """At most ``size`` of them, from each class in turn, and of a class from each magnification in turn."""
    shuffled = [subjects[i] for i in np.random.default_rng(seed).permutation(len(subjects))]
    of_class: dict[str, dict[float, list[Subject]]] = defaultdict(lambda: defaultdict(list))
    for subject in shuffled:
        of_class[subject.true_class or ""][subject.magnification or 0.0].append(subject)
    drawn = _in_turn(_in_turn(of_magnification.values()) for of_magnification in of_class.values())
    return sorted(drawn[:size], key=lambda subject: subject.path)


def _in_turn(piles: Iterable[Sequence[Subject]]) -> list[Subject]:
    """The first of each pile, then the second of each, until all are empty."""
    return [subject for layer in itertools.zip_longest(*piles) for subject in layer if subject is not None]


def _plain(foan: str) -> str:
    """Letters and digits alone, in one case."""
    return "".join(c for c in foan if c.isalnum()).casefold()


def _nothing_left(choice: Choice, subjects: Sequence[Subject]) -> str:
    if choice.held_out:
        return (
            "--held-out: the model was fitted on every FOAN with a label; reports and images that came in after the "
            "training would be held out. --sample N explains images that it knows"
        )
    if choice.errors and not any(s.out_of_fold for s in subjects):
        return "--errors: this run made no out-of-fold predictions (--final-only?); take a run that did by --run"
    if choice.errors:
        return "--errors: no out-of-fold answer is wrong among the images asked for"
    return "the catalog holds no image that could be explained; `fracto status` counts what is there"
