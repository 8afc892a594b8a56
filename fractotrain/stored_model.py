"""The final model of a run, as it lies beside the catalog: found by its row, verified by hash, ready to answer."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import torch
from safetensors.torch import load_file

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.vocabulary import TRAINABLE_CLASSES, DefectClass
from fractotrain.model import InputFormat, Weights, build_model
from fractotrain.settings import Settings, check_stored_settings
from fractotrain.transforms import Normaliser

WEIGHTS_FILE = "model.safetensors"
FACTS_FILE = "model.json"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A trained model and all that is needed to ask it."""

    run_id: str
    module: torch.nn.Module
    """On ``device``, in evaluation mode: (batch, channels, height, width) -> logits (batch, classes)."""
    settings: Settings
    """Of the run that fitted it."""
    input_format: InputFormat
    classes: tuple[DefectClass, ...]
    """In the order of the logits."""
    device: torch.device
    weights_file: Path
    weights_sha256: str
    training_images: frozenset[str]
    """sha256 of each image that it was fitted on."""
    training_foans: frozenset[str]
    """Their FOANs."""

    @property
    def normalise(self) -> Normaliser:
        """uint8 grey of ``input_format.size_px``, shape (batch, height, width) -> what ``module`` takes."""
        shape = self.input_format
        return Normaliser(shape.mean, shape.std, self.settings.model.in_chans, self.device)


def model_folder(catalog_path: Path, run_id: str) -> Path:
    """Where the final model of a run lies: ``<catalog>.models/<run>/``."""
    return catalog_path.with_suffix(".models") / run_id


def file_hashes(folder: Path) -> dict[str, str]:
    """Name -> sha256 of the two files of a stored model; the run's row keeps them."""
    hashes = {}
    for name in (WEIGHTS_FILE, FACTS_FILE):
        with (folder / name).open("rb") as stream:
            hashes[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return hashes


def load_stored_model(catalog: Catalog, run_id: str | None = None, device: torch.device | None = None) -> StoredModel:
    """The final model of the run named by its id or the start of it; by default of the latest run that has one.

    Raises:
        UsageError: there is no such run, several, or it fitted no final model.
        BadInputError: its files are gone, or are not those that the run wrote.
    """
    run, hashes = _find_run(catalog, run_id)
    folder = model_folder(catalog.path, run)
    try:
        found = file_hashes(folder)
    except OSError as error:
        raise BadInputError(
            f"{folder}: the model of {run} cannot be read ({error.strerror}); it lies beside the catalog and moves "
            "with it: put the folder back, or train again"
        ) from error
    if changed := [name for name in hashes if hashes[name] != found[name]]:
        raise BadInputError(f"{folder / changed[0]}: not the file that {run} wrote; put it back, or train again")
    facts: dict[str, Any] = json.loads((folder / FACTS_FILE).read_text())
    classes = tuple(DefectClass(name) for name in facts["classes"])
    if classes != TRAINABLE_CLASSES:
        raise BadInputError(f"{folder}: tells {', '.join(classes)}, which are not the classes of this Fracto")
    settings = check_stored_settings(facts["settings"])
    device = device or torch.device("cpu")
    module = build_model(settings.model, Weights("scratch", None, None), settings.seed)
    module.load_state_dict(load_file(folder / WEIGHTS_FILE))
    height_px, width_px = facts["size_px"]
    return StoredModel(
        run,
        module.to(device).eval(),
        settings,
        InputFormat((height_px, width_px), tuple(facts["mean"]), tuple(facts["std"])),
        classes,
        device,
        folder / WEIGHTS_FILE,
        found[WEIGHTS_FILE],
        frozenset(facts["training_images"]),
        frozenset(facts["training_images"].values()),
    )


def _find_run(catalog: Catalog, run_id: str | None) -> tuple[str, Mapping[str, str]]:
    """Id of the run, and the hashes of its files."""
    runs = catalog.query(
        "SELECT run_id, summary FROM runs WHERE command = 'train' AND outcome = 'finished' ORDER BY finished_at, run_id"
    )
    hashes_of = {run: json.loads(summary).get("model_sha256") for run, summary in runs.iter_rows()}
    with_model = [run for run, hashes in hashes_of.items() if hashes]
    known = ", ".join(with_model[-5:]) or "none; `fracto train` fits one"
    if run_id is None:
        if not with_model:
            raise UsageError(
                f"{catalog.path}: no training run of it has stored a final model; run `fracto train` first"
            )
        return with_model[-1], hashes_of[with_model[-1]]
    named = runs.filter(pl.col("run_id").str.starts_with(run_id))["run_id"].to_list()
    if len(named) != 1:
        raise UsageError(f"{run_id}: {len(named) or 'no'} such training runs; those with a model are {known}")
    if named[0] not in with_model:
        raise UsageError(
            f"{named[0]}: this run stored no final model, or an older Fracto stored it without its hash; "
            f"those with one are {known}"
        )
    return named[0], hashes_of[named[0]]
