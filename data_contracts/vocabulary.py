"""The closed vocabularies of the catalog. Values are stored as these lower-case strings."""

from enum import StrEnum


class DefectClass(StrEnum):
    """Cause of a ceramic fracture (Schmid et al., section 2); ``UNKNOWN`` is kept but never trained on."""

    GREEN_BODY = "green_body"
    HARD_MACHINING = "hard_machining"
    MATERIAL = "material"
    UNKNOWN = "unknown"


TRAINABLE_CLASSES: tuple[DefectClass, ...] = (
    DefectClass.GREEN_BODY,
    DefectClass.HARD_MACHINING,
    DefectClass.MATERIAL,
)
"""The classes of a model, in the order of its outputs and of every confusion matrix."""


class MatchStatus(StrEnum):
    """What became of one image file."""

    MATCHED = "matched"
    REVIEW = "review"
    UNMATCHED = "unmatched"
    FAILED = "failed"


class MatchMethod(StrEnum):
    """How a link between a micrograph and a fracture instance came about."""

    EXACT = "exact"
    FUZZY = "fuzzy"
    SERIAL = "serial"
    PICTURE = "picture"
    """A report shows the picture itself; its name says nothing, or nothing certain."""
    LABEL_TABLE = "label_table"
    REVIEWED = "reviewed"


class MatchReason(StrEnum):
    """Why an image file is in review or unmatched."""

    NOT_READ_YET = "not_read_yet"
    NO_PICTURE = "nothing_but_a_data_bar"
    PRINT_LEFT = "print_left_in_crop"
    NO_IDENTIFIER = "no_identifier"
    NO_REPORT = "identifier_without_report"
    AMBIGUOUS_INSTANCE = "ambiguous_instance"
    AMBIGUOUS_FOAN = "ambiguous_foan"
    CONTRADICTION = "contradicting_identifiers"
    SAME_BYTES_CONFLICT = "same_bytes_other_instance"
    VALID_FOAN_NOT_IN_REPORTS = "valid_foan_not_in_reports"
    FUZZY_NOT_UNIQUE = "fuzzy_not_unique"
    OUT_OF_SERIES = "out_of_series"
    """A name one slip from the frames among which it was taken, numbered or filed."""
    ONE_WITNESS = "one_witness"
    """The profile asks for two witnesses of every link (``matching.min_witnesses``)."""
    REPORT_IN_REVIEW = "report_reading_in_review"
    NOT_IN_LABEL_TABLE = "not_in_label_table"
    LABEL_NOT_UNDERSTOOD = "label_not_understood"
    CONFLICTING_LABELS = "conflicting_labels"
    EXCLUDED = "excluded_by_reviewer"


class MatchingMode(StrEnum):
    """``PAPER`` runs the ladder literally; ``GUARDED`` is the same ladder with guards."""

    PAPER = "paper"
    GUARDED = "guarded"


class SplitStrategy(StrEnum):
    """What may not straddle two folds: nothing (the paper), a FOAN, or a cluster of FOANs and similar pairs."""

    IMAGE = "image"
    FOAN = "foan"
    CLUSTER = "cluster"


class Stage(StrEnum):
    """The stages of the flow from archive to model."""

    REPORTS = "reports"
    LABELS = "labels"
    MICROGRAPHS = "micrographs"
    FIGURE_LINKS = "figure_links"
    MATCHING = "matching"
    FINGERPRINTS = "fingerprints"
    PAIRS = "pairs"
    SELF_TEST = "self_test"
    FOLDS = "folds"
    TRAINING = "training"
    EXPLAINING = "explaining"


class FailureReason(StrEnum):
    """Why an item could not be processed."""

    EMPTY_FILE = "empty_file"
    UNREADABLE = "unreadable"
    VANISHED = "vanished"
    AMBIGUOUS = "ambiguous"
    NOT_A_PDF = "not_a_pdf"
    ENCRYPTED = "encrypted"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    NO_TEXT = "no_text"
    NO_INSTANCES = "no_instances"
    NOT_AN_IMAGE = "not_an_image"
    DECOMPRESSION_BOMB = "decompression_bomb"
    OCR_FAILED = "ocr_failed"
    TIMED_OUT = "timed_out"
    WORKER_CRASHED = "worker_crashed"
    BREAKS_CONTRACT = "breaks_contract"
    EMPTY_MAP = "empty_map"
    UNEXPECTED = "unexpected"


class TextSource(StrEnum):
    """Where the words of a report page came from."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"
    MIXED = "mixed"
    """The text layer, and OCR where the page shows print that the layer lacks."""
    BLANK = "blank"


class DataBarKind(StrEnum):
    """Where the burnt-in data bar lies. Suffix-free values; ``OVERLAY`` is text drawn straight on the picture."""

    NONE = "none"
    BOTTOM = "bottom"
    TOP = "top"
    BOX = "box"
    OVERLAY = "overlay"


class ReadingMethod(StrEnum):
    """How a value was read."""

    TEXT_LAYER = "text_layer"
    OCR = "ocr"
    FILE_NAME = "file_name"
    FOLDER_NAME = "folder_name"
    VENDOR_TAG = "vendor_tag"
    SIDECAR = "sidecar"
    DATA_BAR = "data_bar"
    SCALE_BAR = "scale_bar"
    FIELD_WIDTH = "field_width"
    LABEL_TABLE = "label_table"
    REPORT_CAPTION = "report_caption"


class PairKind(StrEnum):
    """How two micrographs of a confirmed pair relate."""

    SAME_BYTES = "same_bytes"
    SAME_PIXELS = "same_pixels"
    RE_ENCODED = "re_encoded"
    """One exposure, stored twice: other format, size, brightness or contrast."""
    NEAR_DUPLICATE = "near_duplicate"
    """One field, as far as can be told: re-acquired, or alike by hash without an alignment."""
    SHIFTED = "shifted"
    """At one scale, and each shows most of what the other shows."""
    OVERLAP = "overlap"
    """Each shows a part of the other."""
    ROTATED_OR_FLIPPED = "rotated_or_flipped"
    """One field, turned or mirrored."""
    CROP = "crop"
    """One is a part of the other, pixel for pixel."""
    CONTAINMENT = "containment"
    """One is a zoom into the other."""


class CandidateSource(StrEnum):
    """What made two micrographs worth comparing; the first that did, in this order."""

    PIXELS = "pixels"
    PHASH = "phash"
    SYMMETRY_HASH = "symmetry_hash"
    LOCAL_FEATURES = "local_features"
    PIXEL_SIZES = "pixel_sizes"
    """One FOAN, within which every two frames are compared, by features and as the pixel sizes tell."""


class AuditKind(StrEnum):
    """What a leakage rate rests on."""

    PAPER = "paper"
    """The k nearest by pHash, confirmed by SSIM (Schmid et al., Table 1)."""
    PAPER_WITH_BAR = "paper_with_bar"
    """The same on whole frames, data bar included."""
    FULL = "full"
    """Every pair from every source, verified after alignment."""
