"""`fracto audit`: fingerprints -> similar pairs -> folds by strategy -> leakage of each, and a page that shows it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.ledger import Work, finished, input_hash, outcome_row
from data_contracts.masks import MaskBox, read_masks
from data_contracts.pixels import PixelError, decode_crop
from data_contracts.records import Failure
from data_contracts.vocabulary import TRAINABLE_CLASSES, MatchStatus, PairKind, SplitStrategy, Stage
from fractocurate.leakage.fingerprints import Fingerprint, fingerprint
from fractocurate.leakage.folds import FoldPlan, plan_folds
from fractocurate.leakage.pairs import (
    FilePair,
    ImageFile,
    SimilarPair,
    find_similar_pairs,
    pairs_between_files,
)
from fractocurate.leakage.rates import LeakageRate, PairScope, check_leakage_gate, measure_leakage
from fractocurate.leakage.report import render_leakage_report
from fractocurate.leakage.settings import AuditSettings
from fractocurate.progress import Progress
from fractocurate.stages.frame_audit import FrameAudit, audit_frames
from fractocurate.stages.reading import StageResult, Store, failures_of, read_pending
from fractocurate.stages.rows import Row, failure_row
from fractocurate.stages.run_log import logged_run
from fractocurate.workers import Task, WorkerPool

FINGERPRINT_VERSION = 1
PAIRS_VERSION = 1


@dataclass(frozen=True)
class AuditSummary:
    """What an audit found."""

    n_files: int
    n_pairs: int
    """Confirmed pairs of all readable files, same bytes included."""
    plans: tuple[FoldPlan, ...]
    impossible: dict[SplitStrategy, str]
    """Strategies that cannot split this archive into so many folds, and why."""
    rates: tuple[LeakageRate, ...]
    fingerprints: StageResult
    failures: tuple[Failure, ...]
    frames: FrameAudit
    html: str


def audit(
    catalog: Catalog,
    settings: AuditSettings,
    images_root: Path,
    jobs: int,
    progress: Progress,
) -> AuditSummary:
    """Make the folds of every strategy and measure the leakage of each.

    Raises:
        FractoError: nothing to split, too few groups or images for so many folds, or the images have moved.
    """
    with logged_run(catalog, "audit", {**vars(settings), "images": images_root}) as figures:
        with WorkerPool(jobs) as pool:
            stage, failures = _fingerprint(catalog, images_root, pool, progress)
        prints = _stored_fingerprints(catalog)
        progress.start("pairs", 1)
        similar = _similar_pairs(catalog, prints, settings.max_hamming)
        progress.advance()
        files = _trainable_files(catalog)
        pairs = pairs_between_files(files, similar)
        plans, impossible = _plans(files, pairs, settings)
        rates = tuple(rate for plan in plans for rate in _rates(plan, pairs, settings))
        thumbnails = {micrograph_id: f.thumbnail_png for micrograph_id, f in prints.items()}
        html = render_leakage_report(files, plans, rates, pairs, thumbnails)
        with catalog.transaction():
            stages = [failure_row(f) for f in failures]
            catalog.replace("failures", stages, stage=str(Stage.FINGERPRINTS))
            catalog.replace("folds", [row for plan in plans for row in _fold_rows(plan)])
            ids = {plan.strategy: split_id(plan) for plan in plans}
            catalog.replace("leakage", [_leakage_row(rate, ids[rate.strategy]) for rate in rates])
        n_pairs = catalog.query("SELECT 1 FROM pairs").height
        frames = audit_frames(catalog)
        figures.update(
            n_files=len(files),
            n_pairs=n_pairs,
            splits={str(s): i for s, i in ids.items()},
            n_frames_checked=frames.n_checked,
            n_frames_clean=frames.n_clean,
        )
    return AuditSummary(len(files), n_pairs, plans, impossible, rates, stage, tuple(failures), frames, html)


def check_gate(summary: AuditSummary, max_share: float, at_ssim: float, strategy: SplitStrategy) -> None:
    """Raise ``LeakageError`` if the leakage of a strategy, in any fold or in all together, is above the limit.

    Raises:
        UsageError: the audit has no split of this strategy to judge.
    """
    if strategy in summary.impossible:
        raise UsageError(
            f"--max-leakage is about the {strategy} split, and there is none: {summary.impossible[strategy]}"
        )
    rates = [r for r in summary.rates if r.strategy is strategy and r.k is None and r.scope is PairScope.ALL]
    check_leakage_gate(rates, max_share, at_ssim=at_ssim)


def split_id(plan: FoldPlan) -> str:
    """Identifier of a split: strategy, settings and the whole assignment."""
    parts = [plan.strategy, str(plan.n_folds), str(plan.seed)]
    parts += [f"{a.path}\x1f{a.fold}\x1f{a.group}" for a in plan.assignments]
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()[:16]


def read_fingerprint(path: Path, item: str, box: MaskBox, masks: tuple[MaskBox, ...]) -> Fingerprint | Failure:
    """Fingerprint of one cropped frame, print inside it filled; runs in a worker."""
    try:
        return fingerprint(decode_crop(path, box, masks))
    except PixelError as error:
        return Failure(item, Stage.FINGERPRINTS, error.reason, error.detail)


def _fingerprint(
    catalog: Catalog,
    images_root: Path,
    pool: WorkerPool,
    progress: Progress,
) -> tuple[StageResult, list[Failure]]:
    frames = catalog.query(
        "SELECT micrograph_id, sha256, crop_left_px, crop_top_px, crop_right_px, crop_bottom_px, min(path) AS path "
        "FROM dataset WHERE crop_right_px > crop_left_px AND crop_bottom_px > crop_top_px "
        "GROUP BY ALL ORDER BY micrograph_id",
    )
    if frames.is_empty():
        raise BadInputError(f"{catalog.path}: holds no micrograph; run `fracto ingest REPORTS IMAGES` first")
    work = Work(Stage.FINGERPRINTS, FINGERPRINT_VERSION, _NO_SETTINGS)
    tasks: list[Task[Fingerprint]] = []
    id_of: dict[str, str] = {}
    masks = read_masks(catalog)
    for micrograph_id, sha256, left, top, right, bottom, path in frames.iter_rows():
        box, masked = (left, top, right, bottom), masks.get(micrograph_id, ())
        key = input_hash([sha256, str(box), *([str(masked)] if masked else [])])
        id_of[key] = micrograph_id
        tasks.append(Task(key, path, Stage.FINGERPRINTS, read_fingerprint, (images_root / path, path, box, masked)))
    _forget_others(catalog, set(id_of))

    def rows(key: str, print_: Fingerprint) -> Mapping[str, Sequence[Row]]:
        return {"fingerprints": [_fingerprint_row(id_of[key], print_)]}

    def forget(catalog: Catalog, keys: Sequence[str]) -> None:
        ids = [id_of[key] for key in keys]
        catalog.delete("fingerprints", "micrograph_id", ids)
        _forget_pairs(catalog, ids)

    result = read_pending(catalog, work, tasks, Store(("fingerprints",), rows, forget), pool, progress)
    return result, failures_of(catalog, work, {task.key: [task.item] for task in tasks}, result)


def _forget_others(catalog: Catalog, present: set[str]) -> None:
    """Drop ledger rows of crops that no longer exist; their fingerprints went with their micrographs."""
    done = set(catalog.query("SELECT input_sha256 FROM ledger WHERE stage = ?", [Stage.FINGERPRINTS])["input_sha256"])
    with catalog.transaction():
        catalog.delete("ledger", "input_sha256", sorted(done - present), stage=str(Stage.FINGERPRINTS))


def _forget_pairs(catalog: Catalog, ids: Sequence[str]) -> None:
    for side in ("micrograph_a", "micrograph_b"):
        catalog.delete("similar_pairs", side, ids)


def _similar_pairs(catalog: Catalog, prints: Mapping[str, Fingerprint], max_hamming: int) -> list[SimilarPair]:
    """All pairs; only those with a micrograph that was not compared before are computed."""
    work = Work(Stage.PAIRS, PAIRS_VERSION, input_hash([str(max_hamming)])[:16])
    key_of = {i: input_hash([i, f.pixel_sha256, f.phash]) for i, f in prints.items()}
    done = finished(catalog.read("ledger"), work)
    known = {i for i, key in key_of.items() if key in done}
    new = find_similar_pairs(prints, max_hamming=max_hamming, known=known)
    fresh = sorted(set(prints) - known)
    with catalog.transaction():
        stale = sorted(
            set(catalog.query("SELECT input_sha256 FROM ledger WHERE stage = ?", [Stage.PAIRS])["input_sha256"])
        )
        catalog.delete("ledger", "input_sha256", stale, stage=str(Stage.PAIRS))
        if not known:
            catalog.replace("similar_pairs", [])
        _forget_pairs(catalog, fresh)
        catalog.append("similar_pairs", [_pair_row(pair) for pair in new])
        catalog.append("ledger", [outcome_row(work, key, None) for key in sorted(key_of.values())])
    return [_pair(row) for row in catalog.read("similar_pairs").iter_rows(named=True)]


def _trainable_files(catalog: Catalog) -> list[ImageFile]:
    rows = catalog.read("dataset").filter(
        (pl.col("status") == MatchStatus.MATCHED) & pl.col("defect_class").is_in([str(c) for c in TRAINABLE_CLASSES]),
    )
    if rows.is_empty():
        raise BadInputError(
            f"{catalog.path}: no image is matched to a trainable class, so there is nothing to split; "
            "`fracto status` says what became of the images",
        )
    return [
        ImageFile(row["path"], row["micrograph_id"], row["foan"], row["defect_class"])
        for row in rows.iter_rows(named=True)
    ]


def _plans(
    files: Sequence[ImageFile],
    pairs: Sequence[FilePair],
    settings: AuditSettings,
) -> tuple[tuple[FoldPlan, ...], dict[SplitStrategy, str]]:
    """A split by every strategy that this archive allows; a small archive may have too few groups for some."""
    plans: list[FoldPlan] = []
    impossible: dict[SplitStrategy, str] = {}
    for strategy in SplitStrategy:
        try:
            plans.append(
                plan_folds(
                    files,
                    strategy,
                    n_folds=settings.n_folds,
                    seed=settings.seed,
                    pairs=pairs,
                    cluster_ssim=settings.cluster_ssim,
                ),
            )
        except BadInputError as error:
            impossible[strategy] = str(error)
    if not plans:
        raise BadInputError(next(iter(impossible.values())))
    return tuple(plans), impossible


def _rates(plan: FoldPlan, pairs: Sequence[FilePair], settings: AuditSettings) -> list[LeakageRate]:
    """Every split with all pairs, by scope; the paper's split also with the paper's k."""
    rates = [
        rate
        for scope in PairScope
        for rate in measure_leakage(plan, pairs, max_hamming=settings.max_hamming, scope=scope)
    ]
    if plan.strategy is SplitStrategy.IMAGE:
        rates += measure_leakage(plan, pairs, k=settings.k, max_hamming=settings.max_hamming)
    return rates


def _stored_fingerprints(catalog: Catalog) -> dict[str, Fingerprint]:
    return {row.pop("micrograph_id"): Fingerprint(**row) for row in catalog.read("fingerprints").iter_rows(named=True)}


def _fingerprint_row(micrograph_id: str, print_: Fingerprint) -> Row:
    return {
        "micrograph_id": micrograph_id,
        "phash": print_.phash,
        "pixel_sha256": print_.pixel_sha256,
        "width_px": print_.width_px,
        "height_px": print_.height_px,
        "contrast": float(print_.contrast),
        "thumbnail_png": print_.thumbnail_png,
    }


def _pair_row(pair: SimilarPair) -> Row:
    return {
        "micrograph_a": pair.micrograph_a,
        "micrograph_b": pair.micrograph_b,
        "kind": str(pair.kind),
        "hamming": pair.hamming,
        "ssim": float(pair.ssim),
        "scale_ratio": float(pair.scale_ratio),
        "confirmed": pair.is_confirmed,
    }


def _pair(row: Mapping[str, object]) -> SimilarPair:
    return SimilarPair(
        str(row["micrograph_a"]),
        str(row["micrograph_b"]),
        PairKind(str(row["kind"])),
        int(str(row["hamming"])),
        float(str(row["ssim"])),
        float(str(row["scale_ratio"])),
    )


def _fold_rows(plan: FoldPlan) -> list[Row]:
    identifier = split_id(plan)
    return [
        {
            "split_id": identifier,
            "strategy": str(plan.strategy),
            "n_folds": plan.n_folds,
            "seed": plan.seed,
            "path": assignment.path,
            "group_id": assignment.group,
            "fold": assignment.fold,
        }
        for assignment in plan.assignments
    ]


def _leakage_row(rate: LeakageRate, identifier: str) -> Row:
    return {
        "split_id": identifier,
        "strategy": str(rate.strategy),
        "fold": -1 if rate.fold is None else rate.fold,
        "ssim_threshold": rate.threshold,
        "n_validation": rate.n_validation,
        "n_leaking": rate.n_leaking,
        "share": rate.share,
        "share_low": rate.low,
        "share_high": rate.high,
        "max_hamming": rate.max_hamming,
        "k": rate.k,
        "scope": str(rate.scope),
    }


_NO_SETTINGS = "0" * 16
"""Fingerprints depend on nothing but pixels."""
