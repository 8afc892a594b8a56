"""Fingerprints and local features of every cropped frame: read in workers, stored, and read back for the audit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError
from data_contracts.ledger import Work, input_hash
from data_contracts.masks import MaskBox, cut_picture, read_masks
from data_contracts.pixels import PixelError, load_grey
from data_contracts.records import Failure
from data_contracts.vocabulary import Stage
from fractocurate.leakage.fingerprints import Fingerprint, fingerprint
from fractocurate.leakage.local_features import LocalFeatures, find_features
from fractocurate.leakage.verification import AuditedFrame
from fractocurate.progress import Progress
from fractocurate.stages.reading import StageResult, Store, failures_of, read_pending
from fractocurate.stages.rows import Row
from fractocurate.workers import Task, WorkerPool

FINGERPRINT_VERSION = 5
_NO_SETTINGS = "0" * 16
"""Fingerprints depend on nothing but pixels."""


@dataclass(frozen=True, slots=True)
class FramePrints:
    """All that the audit keeps of one frame."""

    cropped: Fingerprint
    whole: Fingerprint | None
    """Of the frame with its data bar; None if the crop is the whole frame."""
    features: LocalFeatures


@dataclass(frozen=True, slots=True)
class CroppedFile:
    """One content, where to read it, and which part of it is picture."""

    micrograph_id: str
    sha256: str
    path: str
    box: MaskBox
    masks: tuple[MaskBox, ...]
    """Print inside the box, which is filled."""
    pixel_size_nm: float | None

    @property
    def key(self) -> str:
        """Identifies the picture."""
        return input_hash([self.sha256, str(self.box), *([str(self.masks)] if self.masks else [])])


def read_prints(path: Path, item: str, box: MaskBox, masks: tuple[MaskBox, ...]) -> FramePrints | Failure:
    """Fingerprints and features of one frame; runs in a worker."""
    try:
        grey = load_grey(path).grey
    except PixelError as error:
        return Failure(item, Stage.FINGERPRINTS, error.reason, error.detail)
    cropped = cut_picture(grey, box, masks)
    whole = None if cropped.shape == grey.shape else fingerprint(grey)
    return FramePrints(fingerprint(cropped), whole, find_features(cropped))


def cropped_files(catalog: Catalog) -> list[CroppedFile]:
    """Every content with a picture, sorted by id.

    Raises:
        BadInputError: there is none.
    """
    rows = catalog.query(
        "SELECT micrograph_id, sha256, crop_left_px, crop_top_px, crop_right_px, crop_bottom_px, "
        "min(path) AS path, any_value(pixel_size_nm) AS pixel_size_nm "
        "FROM dataset WHERE crop_right_px > crop_left_px AND crop_bottom_px > crop_top_px "
        "GROUP BY micrograph_id, sha256, crop_left_px, crop_top_px, crop_right_px, crop_bottom_px "
        "ORDER BY micrograph_id",
    )
    if rows.is_empty():
        raise BadInputError(f"{catalog.path}: holds no micrograph; run `fracto ingest REPORTS IMAGES` first")
    masks = read_masks(catalog)
    return [
        CroppedFile(
            micrograph_id, sha256, path, (left, top, right, bottom), masks.get(micrograph_id, ()), pixel_size_nm
        )
        for micrograph_id, sha256, left, top, right, bottom, path, pixel_size_nm in rows.iter_rows()
    ]


def fingerprint_frames(
    catalog: Catalog, files: Sequence[CroppedFile], images_root: Path, pool: WorkerPool, progress: Progress
) -> tuple[StageResult, list[Failure]]:
    """Read what the catalog does not hold yet."""
    work = Work(Stage.FINGERPRINTS, FINGERPRINT_VERSION, _NO_SETTINGS)
    tasks: list[Task[FramePrints]] = []
    id_of: dict[str, str] = {}
    for file in files:
        id_of[file.key] = file.micrograph_id
        arguments = (images_root / file.path, file.path, file.box, file.masks)
        tasks.append(Task(file.key, file.path, Stage.FINGERPRINTS, read_prints, arguments))
    _forget_others(catalog, set(id_of))

    def rows(key: str, prints: FramePrints) -> Mapping[str, Sequence[Row]]:
        return {
            "fingerprints": [_fingerprint_row(id_of[key], prints)],
            "frame_features": [_features_row(id_of[key], prints.features)],
        }

    def forget(catalog: Catalog, keys: Sequence[str]) -> None:
        ids = [id_of[key] for key in keys]
        catalog.delete("fingerprints", "micrograph_id", ids)
        catalog.delete("frame_features", "micrograph_id", ids)
        forget_pairs(catalog, ids)

    result = read_pending(catalog, work, tasks, Store(("fingerprints", "frame_features"), rows, forget), pool, progress)
    return result, failures_of(catalog, work, {task.key: [task.item] for task in tasks}, result)


def forget_pairs(catalog: Catalog, ids: Sequence[str]) -> None:
    """Delete the pairs of these micrographs."""
    for side in ("micrograph_a", "micrograph_b"):
        catalog.delete("similar_pairs", side, ids)


def stored_prints(catalog: Catalog) -> tuple[dict[str, Fingerprint], dict[str, Fingerprint]]:
    """Fingerprints by micrograph id: of the cropped frames, and of the whole ones (the same where there is no bar)."""
    cropped, whole = {}, {}
    for row in catalog.read("fingerprints").iter_rows(named=True):
        micrograph_id = row["micrograph_id"]
        whole_phash, whole_thumbnail = row.pop("whole_phash"), row.pop("whole_thumbnail_png")
        cropped[micrograph_id] = print_ = Fingerprint(**{k: v for k, v in row.items() if k != "micrograph_id"})
        whole[micrograph_id] = print_
        if whole_phash is not None:
            whole[micrograph_id] = Fingerprint(
                whole_phash, micrograph_id, print_.width_px, print_.height_px, print_.contrast, whole_thumbnail
            )
    return cropped, whole


def stored_frames(
    catalog: Catalog, fingerprints: Mapping[str, Fingerprint], files: Sequence[CroppedFile]
) -> dict[str, AuditedFrame]:
    """Local features by micrograph id."""
    pixel_size_of = {file.micrograph_id: file.pixel_size_nm for file in files}
    return {
        row["micrograph_id"]: AuditedFrame(
            LocalFeatures.from_bytes(row["features"], row["view_jpeg"]),
            fingerprints[row["micrograph_id"]].width_px,
            fingerprints[row["micrograph_id"]].height_px,
            pixel_size_of.get(row["micrograph_id"]),
        )
        for row in catalog.read("frame_features").iter_rows(named=True)
        if row["micrograph_id"] in fingerprints
    }


def _forget_others(catalog: Catalog, present: set[str]) -> None:
    """Drop ledger rows of crops that no longer exist; their fingerprints went with their micrographs."""
    done = set(catalog.query("SELECT input_sha256 FROM ledger WHERE stage = ?", [Stage.FINGERPRINTS])["input_sha256"])
    with catalog.transaction():
        catalog.delete("ledger", "input_sha256", sorted(done - present), stage=str(Stage.FINGERPRINTS))


def _fingerprint_row(micrograph_id: str, prints: FramePrints) -> Row:
    print_, whole = prints.cropped, prints.whole
    return {
        "micrograph_id": micrograph_id,
        "phash": print_.phash,
        "pixel_sha256": print_.pixel_sha256,
        "width_px": print_.width_px,
        "height_px": print_.height_px,
        "contrast": float(print_.contrast),
        "thumbnail_png": print_.thumbnail_png,
        "whole_phash": whole and whole.phash,
        "whole_thumbnail_png": whole and whole.thumbnail_png,
    }


def _features_row(micrograph_id: str, features: LocalFeatures) -> Row:
    return {
        "micrograph_id": micrograph_id,
        "n_features": len(features),
        "features": features.to_bytes(),
        "view_jpeg": features.view_jpeg,
    }
