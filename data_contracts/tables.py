"""One pandera model per catalog table: columns, units, ranges, keys. The SQL schema and docs/catalog.md follow from it.

A column's unit is the end of its name (``_px``, ``_nm``, ``_kn``, ``_pt``, ``_deg``); shares and confidences run from
0 to 1. Boxes are half-open and measured from the top left. A report, a micrograph and an instance are identified by
the bytes they come from, so that the same archive always makes the same catalog.
"""

from enum import StrEnum
from typing import Any

import pandera.polars as pa
import polars as pl

from data_contracts.vocabulary import (
    DataBarKind,
    DefectClass,
    FailureReason,
    MatchMethod,
    MatchReason,
    PairKind,
    ReadingMethod,
    SplitStrategy,
    Stage,
    TextSource,
)

SHA256 = r"^[0-9a-f]{64}$"
SHORT_HASH = r"^[0-9a-f]{16}$"


def _column(description: str, **checks: Any) -> Any:  # noqa: ANN401 - pandera types Field as Any
    return pa.Field(description=description, **checks)


def _one_of(values: type[StrEnum], description: str, **checks: Any) -> Any:  # noqa: ANN401 - as above
    return pa.Field(description=description, isin=[str(v) for v in values], **checks)


def _share(description: str, **checks: Any) -> Any:  # noqa: ANN401 - as above
    return pa.Field(description=description, ge=0.0, le=1.0, **checks)


class Table(pa.DataFrameModel):
    """What all tables share: no column more, none less, none of another type."""

    class Config:
        """Read by pandera."""

        strict = True
        coerce = False


class Files(Table):
    """Every file found in the archive, as it was at the last ingest."""

    kind: str = _column("What the file is taken for.", isin=["report", "image", "sidecar"])
    path: str = _column("Relative to the root of its archive, with forward slashes, as the file system spells it.")
    sha256: str = _column("Of the bytes; null if they could not be read.", str_matches=SHA256, nullable=True)
    size_bytes: int = _column("Size of the file.", ge=0)
    modified_ns: int = _column("Time of the last change, ns since 1970.")

    class Config:
        """Read by pandera."""

        unique = ["kind", "path"]  # noqa: RUF012 - pandera's way to name a key


class Reports(Table):
    """One row per readable PDF report; equal files are one report."""

    report_id: str = _column("First 16 hex digits of the sha256.", unique=True, str_matches=SHORT_HASH)
    sha256: str = _column("Of the PDF's bytes.", unique=True, str_matches=SHA256)
    path: str = _column("First path, in sorted order, at which these bytes stand.")
    n_pages: int = _column("Number of pages.", ge=1)
    language: str = _column("`en` or `de`; empty if undecided.")
    report_number: str = _column("As printed; empty if none was found.")
    report_date: str = _column("ISO 8601; empty if none was found.", str_matches=r"^(\d{4}-\d{2}-\d{2})?$")
    is_revision: bool = _column("The report calls itself a revision or replacement.")
    supersedes_raw: str = _column("What it says it replaces, as printed; empty if it says nothing.")
    superseded_by: str = _column("report_id of the later revision that replaces this report.", nullable=True)


class ReportPages(Table):
    """How each page of each report was read."""

    report_id: str = _column("The report.")
    page: int = _column("1-based.", ge=1)
    width_pt: float = _column("Width of the page.", gt=0)
    height_pt: float = _column("Height of the page.", gt=0)
    text_source: str = _one_of(TextSource, "Where the words came from.")
    text_layer_score: float = _share("Quality of the text layer on which the decision for or against OCR rests.")
    n_words: int = _column("Words read.", ge=0)
    mean_confidence: float = _share("Mean confidence of the words; null on a blank page.", nullable=True)
    dpi: int = _column("Resolution at which the page was rendered for OCR; null if it was not.", gt=0, nullable=True)
    rotation_deg: int = _column("Clockwise rotation undone before OCR.", isin=[0, 90, 180, 270])
    skew_deg: float = _column("Skew undone before OCR.")
    text: str = _column("Words in reading order.")
    problem: str = _column("Why the page could not be read, `reason: detail`; empty if it was.")
    decision: str = _column("Why the words were taken from the text layer, from OCR or from both.")

    class Config:
        """Read by pandera."""

        unique = ["report_id", "page"]  # noqa: RUF012 - pandera's way to name a key


class ReportFigures(Table):
    """Pictures that reports show, with their captions: evidence that no file name touches."""

    figure_id: str = _column("`report_id`, page and number, joined by colons.", unique=True)
    report_id: str = _column("The report.")
    page: int = _column("1-based.", ge=1)
    number: int = _column("1-based, in reading order of the page.", ge=1)
    box_left_pt: float = _column("Box of the picture on the upright page.")
    box_top_pt: float = _column("Box of the picture on the upright page.")
    box_right_pt: float = _column("Box of the picture on the upright page.")
    box_bottom_pt: float = _column("Box of the picture on the upright page.")
    width_px: int = _column("Width of the picture as stored in the report, or as rendered from a scan.", gt=0)
    height_px: int = _column("Height of the picture as stored in the report, or as rendered from a scan.", gt=0)
    caption: str = _column("As printed; empty if it has none.")
    caption_box_left_pt: float = _column("Box of the caption; null if it has none.", nullable=True)
    caption_box_top_pt: float = _column("Box of the caption; null if it has none.", nullable=True)
    caption_box_right_pt: float = _column("Box of the caption; null if it has none.", nullable=True)
    caption_box_bottom_pt: float = _column("Box of the caption; null if it has none.", nullable=True)
    caption_confidence: float = _share("Lowest confidence of its words; null if it has none.", nullable=True)
    magnification: float = _column("As the caption states it; null if it states none, or several.", gt=0, nullable=True)
    foan: str = _column("As the caption states it, normalised; null if it states none, or several.", nullable=True)
    serial_number: str = _column(
        "As the caption states it, normalised; null if it states none, or several.", nullable=True
    )
    phash: str = _column("64-bit pHash of the picture without its data bar, hexadecimal.", str_matches=SHORT_HASH)
    contrast: float = _column("Standard deviation of the thumbnail, grey levels.", ge=0)
    thumbnail_png: bytes = _column("Picture without its data bar, grey, longest side 128 px, PNG.")


class FractureInstances(Table):
    """One broken part in a report or in a table of labels: FOAN + serial number + cause. The unit of independence."""

    instance_id: str = _column("16 hex digits made from source, FOAN, serial number and tag.", unique=True)
    report_id: str = _column("The report that states it; null if it comes from a table of labels.", nullable=True)
    label_source: str = _column("Table and row that state it; null if it comes from a report.", nullable=True)
    foan: str = _column("Normalised by the site's grammar; null if none is known.", nullable=True)
    foan_raw: str = _column("As printed.")
    serial_number: str = _column("Normalised by the site's grammar; null if none is known.", nullable=True)
    serial_number_raw: str = _column("As printed.")
    specimen_uid: str = _column("FOAN, serial number and defect class joined (the paper's unique identifier).")
    instance_tag: str = _column("The site's name of the fracture within the report; may be empty.")
    component_id: str = _column("As printed; may be empty.")
    defect_class: str = _one_of(DefectClass, "Cause of the fracture.")
    defect_class_raw: str = _column("As printed.")
    sub_type: str = _column("Normalised sub-type; empty if none is stated.")
    sub_type_raw: str = _column("As printed.")
    fracture_load_kn: float = _column("Fracture load.", ge=0, nullable=True)
    fracture_load_raw: str = _column("As printed.")
    page: int = _column("1-based page of the row; null for a table of labels.", ge=1, nullable=True)
    box_left_pt: float = _column("Box of the row on its page.", nullable=True)
    box_top_pt: float = _column("Box of the row on its page.", nullable=True)
    box_right_pt: float = _column("Box of the row on its page.", nullable=True)
    box_bottom_pt: float = _column("Box of the row on its page.", nullable=True)
    method: str = _one_of(ReadingMethod, "How the row was read.")
    confidence: float = _share("Lowest confidence among the identifying fields.")
    superseded_by: str = _column("report_id of the revision that replaces it; null if in force.", nullable=True)
    in_review: bool = _column("A person should look before it labels anything: there are issues or contradictions.")
    issues: str = _column("What is doubtful in the row itself; empty if nothing. Sentences separated by `; `.")
    remarks: str = _column("Doubts that touch neither identity nor label; empty if none. Separated by `; `.")
    contradictions: str = _column("What other reports say against it; empty if nothing. Separated by `; `.")


class Micrographs(Table):
    """What each SEM frame says itself; equal files are one micrograph. Nothing here depends on a file's name."""

    micrograph_id: str = _column("First 16 hex digits of the sha256.", unique=True, str_matches=SHORT_HASH)
    sha256: str = _column("Of the file's bytes.", unique=True, str_matches=SHA256)
    width_px: int = _column("Width of the frame.", gt=0)
    height_px: int = _column("Height of the frame.", gt=0)
    file_format: str = _column("As Pillow names it.")
    colour_mode: str = _column("As Pillow names it.")
    bit_depth: int = _column("Bits per channel.", ge=1)
    n_frames: int = _column("Pages of the file; the first is read.", ge=1)
    pixel_sha256: str = _column("Of size and 8-bit grey pixels: equal pictures share it.", str_matches=SHA256)
    vendor: str = _column("Maker of the microscope; empty if unknown.")
    data_bar_kind: str = _one_of(DataBarKind, "Where the data bar lies.")
    data_bar_left_px: int = _column("Box of the data bar; null if there is none.", ge=0, nullable=True)
    data_bar_top_px: int = _column("Box of the data bar; null if there is none.", ge=0, nullable=True)
    data_bar_right_px: int = _column("Box of the data bar; null if there is none.", gt=0, nullable=True)
    data_bar_bottom_px: int = _column("Box of the data bar; null if there is none.", gt=0, nullable=True)
    crop_left_px: int = _column("Largest picture without the data bar.", ge=0)
    crop_top_px: int = _column("Largest picture without the data bar.", ge=0)
    crop_right_px: int = _column("Largest picture without the data bar; empty if the file is a bar alone.", ge=0)
    crop_bottom_px: int = _column("Largest picture without the data bar; empty if the file is a bar alone.", ge=0)
    magnification: float = _column("As printed or tagged; null if neither.", gt=0, nullable=True)
    magnification_source: str = _one_of(ReadingMethod, "Where it was read.", nullable=True)
    pixel_size_nm: float = _column("Physical size of a pixel of the uncropped frame.", gt=0, nullable=True)
    pixel_size_source: str = _one_of(ReadingMethod, "Where it was read.", nullable=True)
    sharpness: float = _column("Of the crop: variance of the Laplacian over that of the grey levels.", ge=0)
    contrast: float = _column("Of the crop: 99 % less 1 % percentile, grey levels.", ge=0)
    white_share: float = _share("Of the crop's pixels: at 255.")
    black_share: float = _share("Of the crop's pixels: at 0.")
    stripe_share: float = _share("Of the crop's rows: brighter or darker as a whole than those around; charging.")
    is_blank: bool = _column("The crop shows nothing.")
    leftover: str = _column(
        "Print that an independent check found in the crop; empty if none. Such a frame is reviewed."
    )
    leftover_left_px: int = _column("Box of that trace; null if there is none.", ge=0, nullable=True)
    leftover_top_px: int = _column("Box of that trace; null if there is none.", ge=0, nullable=True)
    leftover_right_px: int = _column("Box of that trace; null if there is none.", gt=0, nullable=True)
    leftover_bottom_px: int = _column("Box of that trace; null if there is none.", gt=0, nullable=True)
    issues: str = _column("Contradictions found; empty if none. Sentences separated by `; `.")


class Readings(Table):
    """Every value read anywhere, used or not, with its evidence: the ground of `fracto why`."""

    subject: str = _column("What was read.", isin=["report", "instance", "micrograph", "image_file"])
    subject_id: str = _column("report_id, instance_id, micrograph_id, or path of the image file.")
    number: int = _column("Running number within the subject.", ge=0)
    field: str = _column("What it is a reading of: `foan`, `magnification`, `pixel_size_nm`, `report_date` ...")
    raw: str = _column("As it stands in the source.")
    value: str = _column("Normalised; null if not understood.", nullable=True)
    method: str = _one_of(ReadingMethod, "How it was read.")
    confidence: float = _share("Confidence of the reading.")
    page: int = _column("1-based page of a report.", ge=1, nullable=True)
    box_left: float = _column("Points (report) or pixels (micrograph).", nullable=True)
    box_top: float = _column("Points (report) or pixels (micrograph).", nullable=True)
    box_right: float = _column("Points (report) or pixels (micrograph).", nullable=True)
    box_bottom: float = _column("Points (report) or pixels (micrograph).", nullable=True)
    note: str = _column("What a reviewer should know.")

    class Config:
        """Read by pandera."""

        unique = ["subject", "subject_id", "number"]  # noqa: RUF012 - pandera's way to name a key


class MatchCandidates(Table):
    """The instances that were considered for each image file, best first."""

    path: str = _column("The image file.")
    rank: int = _column("1 is the best.", ge=1)
    instance_id: str = _column("The candidate.")
    foan: str = _column("Its FOAN.", nullable=True)
    similarity: float = _share("Levenshtein similarity of the image's FOAN and the candidate's.")
    foan_source: str = _one_of(ReadingMethod, "Where the FOAN closest to it was read.", nullable=True)
    serial_evidence: str = _column("What the serial numbers say.", isin=["full", "partial", "none", "contradicts"])
    tag_evidence: str = _column("What the instance tags say.", isin=["agrees", "none", "contradicts"])
    accepted: bool = _column("This candidate became the link.")
    guard: str = _column("The guard that stopped it; empty if none did.")

    class Config:
        """Read by pandera."""

        unique = ["path", "rank"]  # noqa: RUF012 - pandera's way to name a key


class Matches(Table):
    """What became of each readable image file, and why."""

    path: str = _column("The image file.", unique=True)
    micrograph_id: str = _column("Its content.")
    status: str = _column("Decision.", isin=["matched", "review", "unmatched"])
    reason: str = _one_of(MatchReason, "Why it is in review or unmatched; null if matched.", nullable=True)
    instance_id: str = _column("The linked instance; null unless matched.", nullable=True)
    foan: str = _column("The FOAN that was established, with or without an instance.", nullable=True)
    method: str = _one_of(MatchMethod, "How the link came about; null unless matched.", nullable=True)
    similarity: float = _share("Of the image's FOAN and the instance's.", nullable=True)
    runner_up_similarity: float = _share("Of the best other FOAN.", nullable=True)
    rule: str = _column("Rung of the ladder that decided.")
    guard: str = _column("Guard that stopped a link; empty if none did.")
    evidence: str = _column("The decision in a sentence.")


class Fingerprints(Table):
    """Perceptual hash and thumbnail of each cropped micrograph."""

    micrograph_id: str = _column("The micrograph.", unique=True)
    phash: str = _column("64-bit pHash of the cropped frame, hexadecimal.", str_matches=SHORT_HASH)
    pixel_sha256: str = _column("Of the cropped frame's size and grey levels.", str_matches=SHA256)
    width_px: int = _column("Width of the cropped frame.", gt=0)
    height_px: int = _column("Height of the cropped frame.", gt=0)
    contrast: float = _column("Standard deviation of the thumbnail, grey levels.", ge=0)
    thumbnail_png: bytes = _column("Cropped frame, grey, longest side 128 px, PNG.")


class SimilarPairs(Table):
    """Pairs of micrographs that were compared by SSIM, found once for every fold, strategy and threshold."""

    micrograph_a: str = _column("The smaller id.")
    micrograph_b: str = _column("The larger id.")
    kind: str = _one_of(PairKind, "How the two relate.")
    hamming: int = _column("Distance of the perceptual hashes, bits.", ge=0)
    ssim: float = _column("Structural similarity of the thumbnails.", ge=-1.0, le=1.0)
    scale_ratio: float = _column("Pixel size of b over that of a, from the field that both show.", gt=0, nullable=True)
    confirmed: bool = _column("SSIM reaches the confirmation threshold: the pair appears in the view `pairs`.")

    class Config:
        """Read by pandera."""

        unique = ["micrograph_a", "micrograph_b"]  # noqa: RUF012 - pandera's way to name a key


class Folds(Table):
    """The folds of each split; one split per strategy, number of folds and seed."""

    split_id: str = _column("16 hex digits made from strategy, settings and assignment.", str_matches=SHORT_HASH)
    split_strategy: str = _one_of(SplitStrategy, "What may not straddle two folds.", alias="strategy")
    n_folds: int = _column("Number of folds.", ge=2)
    seed: int = _column("Seed of the assignment.", ge=0)
    path: str = _column("The image file.")
    group_id: str = _column("What stays together: the image, its FOAN, or its cluster.")
    fold: int = _column("0-based.", ge=0)

    class Config:
        """Read by pandera."""

        unique = ["split_id", "path"]  # noqa: RUF012 - pandera's way to name a key


class Leakage(Table):
    """Share of validation images with a near-duplicate in the training folds (the paper's Table 1)."""

    split_id: str = _column("The split.")
    split_strategy: str = _one_of(SplitStrategy, "Its strategy.", alias="strategy")
    fold: int = _column("0-based; -1 for all folds together.", ge=-1)
    ssim_threshold: float = _share("A pair counts from this SSIM on.")
    n_validation: int = _column("Validation images.", ge=0)
    n_leaking: int = _column("Those with at least one near-duplicate in training.", ge=0)
    share: float = _share("n_leaking / n_validation.")
    share_low: float = _share("Lower end of the 95 % Wilson interval.")
    share_high: float = _share("Upper end of the 95 % Wilson interval.")
    max_hamming: int = _column("Candidates within this pHash distance were compared.", ge=0)
    k: int = _column("At most this many nearest candidates per image; null for all.", ge=1, nullable=True)
    scope: str = _column("Pairs that count.", isin=["all", "same_foan", "cross_foan"])

    class Config:
        """Read by pandera."""

        unique = ["split_id", "fold", "ssim_threshold", "k", "scope"]  # noqa: RUF012 - pandera's way to name a key


class Runs(Table):
    """Every run of a command that wrote to the catalog."""

    run_id: str = _column("Command, start time and a random end.", unique=True)
    command: str = _column("`ingest`, `audit`, `train` ...")
    started_at: str = _column("UTC, ISO 8601.")
    finished_at: str = _column("UTC, ISO 8601; null while it runs or if it was killed.", nullable=True)
    outcome: str = _column("What became of it.", isin=["running", "finished", "failed"])
    settings: str = _column("Resolved settings, JSON.")
    versions: str = _column("Versions of Fracto, Python and the packages that matter, JSON.")
    dataset_hash: str = _column("Of the rows it worked on; null if it made them.", nullable=True)
    split_id: str = _column("The split it trained on; null otherwise.", nullable=True)
    summary: str = _column("Its closing figures, JSON.")


class FoldMetrics(Table):
    """Metrics of a training run, one row per figure."""

    run_id: str = _column("The run.")
    fold: int = _column("0-based; -1 for all folds together.", ge=-1)
    part: str = _column("On which images.", isin=["train", "validation"])
    selection: str = _column("Which epoch.", isin=["last", "best_val"])
    metric: str = _column("`accuracy`, `macro_f1`, `recall`, `confusion:material` ...")
    defect_class: str = _column("The class it is of; `all` for an overall figure.")
    value: float = _column("The figure.", nullable=True)

    class Config:
        """Read by pandera."""

        unique = ["run_id", "fold", "part", "selection", "metric", "defect_class"]  # noqa: RUF012 - names a key


class Predictions(Table):
    """Out-of-fold predictions: each image by the model that never saw its fold."""

    run_id: str = _column("The run.")
    path: str = _column("The image file.")
    fold: int = _column("Validation fold that holds the image.", ge=0)
    true_class: str = _one_of(DefectClass, "Label.")
    predicted_class: str = _one_of(DefectClass, "Class of the largest logit.")
    logit_green_body: float = _column("Logit of the model.")
    logit_hard_machining: float = _column("Logit of the model.")
    logit_material: float = _column("Logit of the model.")

    class Config:
        """Read by pandera."""

        unique = ["run_id", "path"]  # noqa: RUF012 - pandera's way to name a key


class Attributions(Table):
    """Heat-maps that say where a model looked."""

    run_id: str = _column("The run whose model was asked.")
    path: str = _column("The image file.")
    method: str = _column("`grad_cam` ...")
    target_class: str = _one_of(DefectClass, "The class that was explained.")
    map_path: str = _column("File of the map, relative to the catalog.")
    map_sha256: str = _column("Of that file.", str_matches=SHA256)

    class Config:
        """Read by pandera."""

        unique = ["run_id", "path", "method", "target_class"]  # noqa: RUF012 - pandera's way to name a key


class Decisions(Table):
    """What people decided, append-only. The latest decision on a micrograph holds, and no re-run loses it."""

    decision_id: int = _column("Running number.", unique=True, ge=1)
    sha256: str = _column("The micrograph it is about, by its bytes: a renamed file keeps its decision.")
    path: str = _column("Where it lay then.")
    action: str = _column("Link it to an instance, or leave it out.", isin=["link", "exclude"])
    foan: str = _column("FOAN of the instance; null for an exclusion.", nullable=True)
    serial_number: str = _column("Serial number of the instance; null if not needed.", nullable=True)
    reviewer: str = _column("Who decided.")
    note: str = _column("Why.")
    decided_at: str = _column("UTC, ISO 8601.")


class Failures(Table):
    """Items that a stage could not process. Nothing else was lost for their sake."""

    stage: str = _one_of(Stage, "The stage.")
    item: str = _column("Path of the file.")
    reason: str = _one_of(FailureReason, "What was wrong.")
    detail: str = _column("In a sentence.")

    class Config:
        """Read by pandera."""

        unique = ["stage", "item"]  # noqa: RUF012 - pandera's way to name a key


class Ledger(Table):
    """What is done: work is skipped while input, stage version and settings are the same."""

    stage: str = _one_of(Stage, "The stage.")
    input_sha256: str = _column("Of everything the work reads.", str_matches=SHA256)
    stage_version: int = _column("Raised when the stage's code changes its results.", ge=1)
    settings: str = _column("Fingerprint of the settings that the work rests on.", str_matches=SHORT_HASH)
    failure_reason: str = _one_of(FailureReason, "Null if the work succeeded.", nullable=True)
    failure_detail: str = _column("Null if the work succeeded.", nullable=True)

    class Config:
        """Read by pandera."""

        unique = ["stage", "input_sha256"]  # noqa: RUF012 - pandera's way to name a key


TABLES: dict[str, type[Table]] = {
    "files": Files,
    "reports": Reports,
    "report_pages": ReportPages,
    "report_figures": ReportFigures,
    "fracture_instances": FractureInstances,
    "micrographs": Micrographs,
    "readings": Readings,
    "match_candidates": MatchCandidates,
    "matches": Matches,
    "fingerprints": Fingerprints,
    "similar_pairs": SimilarPairs,
    "folds": Folds,
    "leakage": Leakage,
    "runs": Runs,
    "fold_metrics": FoldMetrics,
    "predictions": Predictions,
    "attributions": Attributions,
    "decisions": Decisions,
    "failures": Failures,
    "ledger": Ledger,
}
"""Name in the catalog -> contract, in the order in which data flows."""


def key_columns(table: type[Table]) -> tuple[str, ...]:
    """Columns that identify a row."""
    schema = table.to_schema()
    if schema.unique:
        return tuple(schema.unique)
    return tuple(name for name, column in schema.columns.items() if column.unique)[:1]


def polars_schema(table: type[Table]) -> pl.Schema:
    """Column names and polars types, in order."""
    return pl.Schema({name: column.dtype.type for name, column in table.to_schema().columns.items()})
