"""Check a catalog against its contracts: every table by its pandera model, then the rules between tables.

All violations are collected before any is reported, and each names the rows it is about.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandera.errors
import polars as pl

from data_contracts.catalog import Catalog
from data_contracts.tables import TABLES, key_columns
from data_contracts.tables.links import ANSWER
from data_contracts.vocabulary import MatchReason, MatchStatus, SplitStrategy

Frames = Mapping[str, pl.DataFrame]

_IDS_NAMED = 20


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule that some rows of one table break."""

    table: str
    rule: str
    """Name of the rule, stable enough to search for."""
    ids: tuple[str, ...]
    """Keys of the offending rows; at most twenty."""
    n_rows: int
    detail: str
    """What is wrong, in a sentence."""


def validate(catalog: Catalog) -> list[Violation]:
    """All violations in a catalog, tables in the order of the data flow, rules between tables last."""
    frames = {name: catalog.read(name) for name in TABLES}
    dataset = catalog.read("dataset")
    violations = [v for name, frame in frames.items() for v in check_table(name, frame)]
    for rule in RULES:
        violations.extend(rule(frames, dataset))
    return violations


def check_table(name: str, frame: pl.DataFrame) -> list[Violation]:
    """Violations of one table's own contract."""
    table = TABLES[name]
    try:
        table.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        found: dict[tuple[str, str], list[int | None]] = {}
        for case in errors.failure_cases.iter_rows(named=True):
            column = case["column"] if case["schema_context"] == "Column" else ""
            found.setdefault((str(column or ""), str(case["check"])), []).append(case["index"])
        keys = key_columns(table)
        return [
            Violation(
                name,
                f"{column}:{check}" if column else check,
                _ids(frame, keys, indices),
                len(indices),
                f"{column or 'the table'} breaks {check}",
            )
            for (column, check), indices in found.items()
        ]
    return []


def _ids(frame: pl.DataFrame, keys: tuple[str, ...], indices: list[int | None]) -> tuple[str, ...]:
    rows = [i for i in indices if i is not None][:_IDS_NAMED]
    present = [k for k in keys if k in frame.columns]
    return tuple(" ".join(str(frame[k][row]) for k in present) for row in rows)


def _violation(table: str, rule: str, rows: pl.DataFrame, detail: str) -> Iterator[Violation]:
    if not rows.is_empty():
        ids = tuple(" ".join(map(str, row)) for row in rows.head(_IDS_NAMED).iter_rows())
        yield Violation(table, rule, ids, rows.height, detail)


def references(frames: Frames, _dataset: pl.DataFrame) -> Iterator[Violation]:
    """Every reference points to a row that exists."""
    for table, column, target, target_column in _REFERENCES:
        child = frames[table].filter(pl.col(column).is_not_null())
        missing = child.join(frames[target], left_on=column, right_on=target_column, how="anti")
        rows = missing.select(*key_columns(TABLES[table]), pl.col(column).alias("_to"))
        yield from _violation(
            table,
            f"{column} -> {target}.{target_column}",
            rows,
            f"{column} names a row that {target} does not have",
        )


def files_exist(frames: Frames, _dataset: pl.DataFrame) -> Iterator[Violation]:
    """Every path that a table is about is an image file of the archive."""
    images = frames["files"].filter(pl.col("kind") == "image")
    for table in ("matches", "match_candidates"):
        missing = frames[table].join(images, on="path", how="anti").select("path").unique().sort("path")
        yield from _violation(
            table, "path -> files.path", missing, "names an image file that the archive does not have"
        )


def every_image_accounted_for(frames: Frames, dataset: pl.DataFrame) -> Iterator[Violation]:
    """Every image file is matched, in review, unmatched or failed, with a reason unless matched; one row each."""
    several = dataset.group_by("path").len().filter(pl.col("len") > 1).select("path").sort("path")
    yield from _violation("dataset", "one_row_per_file", several, "an image file has more than one row")
    silent = dataset.filter((pl.col("status") != MatchStatus.MATCHED) & pl.col("reason").is_null())
    yield from _violation("dataset", "reason_given", silent.select("path"), "is not matched, and no reason is given")
    unread = dataset.filter(pl.col("reason") == MatchReason.NOT_READ_YET).filter(pl.col("micrograph_id").is_null())
    yield from _violation(
        "dataset", "every_image_read", unread.select("path"), "was not read; run `fracto ingest` again"
    )
    undecided = dataset.filter(pl.col("micrograph_id").is_not_null()).join(frames["matches"], on="path", how="anti")
    yield from _violation("matches", "every_micrograph_decided", undecided.select("path"), "has no match decision")


def one_instance_per_matched_micrograph(frames: Frames, _dataset: pl.DataFrame) -> Iterator[Violation]:
    """A matched file has an instance, others have none, and files with the same bytes have the same one."""
    matches = frames["matches"]
    is_matched = pl.col("status") == MatchStatus.MATCHED
    lacking = matches.filter(is_matched & (pl.col("instance_id").is_null() | pl.col("method").is_null()))
    yield from _violation("matches", "matched_has_instance", lacking.select("path"), "is matched to nothing")
    loose = matches.filter(is_matched.not_() & pl.col("instance_id").is_not_null())
    yield from _violation("matches", "only_matched_has_instance", loose.select("path"), "has an instance unmatched")
    torn = (
        matches.filter(is_matched)
        .group_by("micrograph_id")
        .agg(pl.col("instance_id").n_unique().alias("n"))
        .filter(pl.col("n") > 1)
    )
    yield from _violation(
        "matches",
        "one_instance_per_micrograph",
        torn.select("micrograph_id").sort("micrograph_id"),
        "the same picture is matched to several instances",
    )


def labels_can_be_used(frames: Frames, _dataset: pl.DataFrame) -> Iterator[Violation]:
    """No image is matched to an instance that is superseded or in review, unless a person decided so."""
    unfit = (
        frames["matches"]
        .filter((pl.col("status") == MatchStatus.MATCHED) & (pl.col("method") != "reviewed"))
        .join(frames["fracture_instances"], on="instance_id")
        .filter(pl.col("superseded_by").is_not_null() | pl.col("in_review"))
    )
    detail = "is matched to an instance that is superseded or in review"
    yield from _violation("matches", "instance_fit_for_labels", unfit.select("path"), detail)


def matched_have_a_picture(_frames: Frames, dataset: pl.DataFrame) -> Iterator[Violation]:
    """No image is matched that has no picture beside its data bar."""
    empty = (pl.col("crop_right_px") <= pl.col("crop_left_px")) | (pl.col("crop_bottom_px") <= pl.col("crop_top_px"))
    rows = dataset.filter(empty & (pl.col("status") == MatchStatus.MATCHED)).select("path")
    yield from _violation("matches", "matched_has_picture", rows, "is matched but has no picture beside its data bar")


def boxes_inside(frames: Frames, _dataset: pl.DataFrame) -> Iterator[Violation]:
    """Crop and data bar lie inside the frame and do not overlap, but for print that is masked inside the crop."""
    m, masks = frames["micrographs"], frames["overlay_masks"]
    for name in ("crop", "data_bar"):
        left, top, right, bottom = (pl.col(f"{name}_{side}_px") for side in ("left", "top", "right", "bottom"))
        outside = (right > pl.col("width_px")) | (bottom > pl.col("height_px"))
        # A file that is a data bar alone has an empty crop; a data bar is never empty.
        empty = (right < left) | (bottom < top) if name == "crop" else (right <= left) | (bottom <= top)
        bad = m.filter(outside | empty)
        yield from _violation(
            "micrographs", f"{name}_inside_frame", bad.select("micrograph_id"), f"{name} box is wrong"
        )
    overlap = m.filter(
        (pl.col("crop_left_px") < pl.col("data_bar_right_px"))
        & (pl.col("data_bar_left_px") < pl.col("crop_right_px"))
        & (pl.col("crop_top_px") < pl.col("data_bar_bottom_px"))
        & (pl.col("data_bar_top_px") < pl.col("crop_bottom_px")),
    ).join(masks, on="micrograph_id", how="anti")
    yield from _violation("micrographs", "crop_without_bar", overlap.select("micrograph_id"), "crop holds the data bar")
    astray = masks.join(m, on="micrograph_id").filter(
        (pl.col("left_px") < pl.col("crop_left_px"))
        | (pl.col("top_px") < pl.col("crop_top_px"))
        | (pl.col("right_px") > pl.col("crop_right_px"))
        | (pl.col("bottom_px") > pl.col("crop_bottom_px"))
        | (pl.col("right_px") <= pl.col("left_px"))
        | (pl.col("bottom_px") <= pl.col("top_px"))
    )
    rows = astray.select("micrograph_id", "number").sort("micrograph_id", "number")
    yield from _violation("overlay_masks", "mask_inside_crop", rows, "the mask is empty or leaves the crop")


def folds_do_not_straddle(frames: Frames, _dataset: pl.DataFrame) -> Iterator[Violation]:
    """No group of a split lies in two folds, and a FOAN lies in one fold of a grouped split."""
    folds = frames["folds"]
    torn = (
        folds.group_by("split_id", "group_id")
        .agg(pl.col("fold").n_unique().alias("n"))
        .filter(pl.col("n") > 1)
        .select("split_id", "group_id")
        .sort("split_id", "group_id")
    )
    yield from _violation("folds", "group_in_one_fold", torn, "a group lies in several folds")
    out_of_range = folds.filter(pl.col("fold") >= pl.col("n_folds")).select("split_id", "path")
    yield from _violation("folds", "fold_in_range", out_of_range, "the fold does not exist")
    # Folds that outlive a change of the archive are stale, not wrong: only rows that still exist are judged.
    linked = frames["matches"].filter(pl.col("foan").is_not_null()).select("path", "foan")
    foan_torn = (
        folds.filter(pl.col("strategy") != SplitStrategy.IMAGE)
        .join(linked, on="path")
        .group_by("split_id", "foan")
        .agg(pl.col("fold").n_unique().alias("n"))
        .filter(pl.col("n") > 1)
        .select("split_id", "foan")
        .sort("split_id", "foan")
    )
    yield from _violation(
        "folds", "foan_in_one_fold", foan_torn, "a FOAN lies in several folds; run `fracto audit` again"
    )


def answers_are_whole(frames: Frames, _dataset: pl.DataFrame) -> Iterator[Violation]:
    """An expert's answer says which heat-map and which question it is about; a decision on a label says none of it."""
    about = [pl.col(name).is_not_null() for name in ("run_id", "method", "question", "answer")]
    is_answer = pl.col("action") == ANSWER
    torn = (is_answer & ~pl.all_horizontal(about)) | (~is_answer & pl.any_horizontal(about))
    torn |= is_answer & pl.col("foan").is_not_null()
    rows = frames["decisions"].filter(torn).select("decision_id")
    yield from _violation("decisions", "answers_are_whole", rows, "half a decision on a label and half an answer")


_REFERENCES: tuple[tuple[str, str, str, str], ...] = (
    ("report_pages", "report_id", "reports", "report_id"),
    ("report_figures", "report_id", "reports", "report_id"),
    ("fracture_instances", "report_id", "reports", "report_id"),
    ("reports", "superseded_by", "reports", "report_id"),
    ("fracture_instances", "superseded_by", "reports", "report_id"),
    ("matches", "micrograph_id", "micrographs", "micrograph_id"),
    ("overlay_masks", "micrograph_id", "micrographs", "micrograph_id"),
    ("matches", "instance_id", "fracture_instances", "instance_id"),
    ("match_candidates", "instance_id", "fracture_instances", "instance_id"),
    ("figure_links", "figure_id", "report_figures", "figure_id"),
    ("figure_links", "micrograph_id", "micrographs", "micrograph_id"),
    ("fingerprints", "micrograph_id", "micrographs", "micrograph_id"),
    ("frame_features", "micrograph_id", "micrographs", "micrograph_id"),
    ("similar_pairs", "micrograph_a", "micrographs", "micrograph_id"),
    ("similar_pairs", "micrograph_b", "micrographs", "micrograph_id"),
    ("leakage", "split_id", "folds", "split_id"),
    ("fold_metrics", "run_id", "runs", "run_id"),
    ("predictions", "run_id", "runs", "run_id"),
    ("epochs", "run_id", "runs", "run_id"),
    ("label_issues", "run_id", "runs", "run_id"),
    ("attributions", "run_id", "runs", "run_id"),
    ("attribution_tests", "run_id", "runs", "run_id"),
    ("decisions", "run_id", "runs", "run_id"),
)

RULES: tuple[Callable[[Frames, pl.DataFrame], Iterator[Violation]], ...] = (
    references,
    files_exist,
    every_image_accounted_for,
    one_instance_per_matched_micrograph,
    labels_can_be_used,
    matched_have_a_picture,
    boxes_inside,
    folds_do_not_straddle,
    answers_are_whole,
)
"""The rules between tables, each a function of all tables and the view ``dataset``."""
