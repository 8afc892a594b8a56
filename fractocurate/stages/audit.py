"""`fracto audit`: fingerprints -> similar pairs -> folds by strategy -> leakage of each, and a page that shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_contracts.catalog import Catalog
from data_contracts.errors import BadInputError, UsageError
from data_contracts.ledger import Work, finished, input_hash, outcome_row
from data_contracts.records import Failure
from data_contracts.vocabulary import TRAINABLE_CLASSES, AuditKind, MatchStatus, SplitStrategy, Stage
from fractocurate.leakage.conflicts import LabelConflict, find_conflicts
from fractocurate.leakage.feature_index import crowd_size
from fractocurate.leakage.fingerprints import Fingerprint
from fractocurate.leakage.folds import FoldPlan, plan_folds
from fractocurate.leakage.full_search import find_all_pairs
from fractocurate.leakage.kept_ssim import KeptSsim
from fractocurate.leakage.pairs import FilePair, ImageFile, SimilarPair, find_similar_pairs, pairs_between_files
from fractocurate.leakage.rates import (
    LeakageRate,
    PairScope,
    check_leakage_gate,
    measure_leakage,
    measure_leakage_by,
)
from fractocurate.leakage.report import render_leakage_report
from fractocurate.leakage.self_test import SelfTestResult
from fractocurate.leakage.settings import AuditSettings
from fractocurate.leakage.verification import AuditedFrame
from fractocurate.progress import Progress
from fractocurate.stages.audit_rows import fold_rows, leakage_row, pair_of, pair_row, split_id
from fractocurate.stages.fingerprinting import (
    cropped_files,
    fingerprint_frames,
    forget_pairs,
    stored_frames,
    stored_prints,
)
from fractocurate.stages.frame_audit import FrameAudit, audit_frames
from fractocurate.stages.reading import StageResult
from fractocurate.stages.rows import failure_row
from fractocurate.stages.run_log import logged_run
from fractocurate.stages.self_test import run_self_test
from fractocurate.workers import WorkerPool

PAIRS_VERSION = 6
_CROWDED = "crowded_features"
"""Fact about a catalog: features of its frames were left out because too many frames have the like."""


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
    self_test: tuple[SelfTestResult, ...]
    conflicts: tuple[LabelConflict, ...]
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
            cropped = cropped_files(catalog)
            stage, failures = fingerprint_frames(catalog, cropped, images_root, pool, progress)
            prints, whole_prints = stored_prints(catalog)
            audited = stored_frames(catalog, prints, cropped)
            similar = _similar_pairs(catalog, prints, audited, settings.max_hamming, pool, progress)
            files = _trainable_files(catalog)
            self_test = run_self_test(catalog, settings, cropped, prints, audited, similar, images_root, pool, progress)
        pairs = pairs_between_files(files, similar)
        plans, impossible = _plans(files, pairs, settings)
        with_bar = pairs_between_files(files, _pairs_with_bar(catalog, whole_prints, settings.max_hamming))
        rates = tuple(rate for plan in plans for rate in _rates(plan, files, pairs, with_bar, settings))
        conflicts = find_conflicts(files, pairs, settings.cluster_ssim)
        thumbnails = {micrograph_id: f.thumbnail_png for micrograph_id, f in prints.items()}
        html = render_leakage_report(files, plans, rates, pairs, thumbnails, self_test=self_test)
        with catalog.transaction():
            stages = [failure_row(f) for f in failures]
            catalog.replace("failures", stages, stage=str(Stage.FINGERPRINTS))
            catalog.replace("folds", [row for plan in plans for row in fold_rows(plan)])
            ids = {plan.strategy: split_id(plan) for plan in plans}
            catalog.replace("leakage", [leakage_row(rate, ids[rate.strategy]) for rate in rates])
        n_pairs = catalog.query("SELECT 1 FROM pairs").height
        frames = audit_frames(catalog)
        figures.update(
            n_files=len(files),
            n_pairs=n_pairs,
            splits={str(s): i for s, i in ids.items()},
            n_frames_checked=frames.n_checked,
            n_frames_clean=frames.n_clean,
        )
    return AuditSummary(
        n_files=len(files),
        n_pairs=n_pairs,
        plans=plans,
        impossible=impossible,
        rates=rates,
        fingerprints=stage,
        failures=tuple(failures),
        frames=frames,
        self_test=self_test,
        conflicts=conflicts,
        html=html,
    )


def check_gate(summary: AuditSummary, max_share: float, at_ssim: float, strategy: SplitStrategy) -> None:
    """Raise ``LeakageError`` if the leakage of a strategy, in any fold or in all together, is above the limit.

    Raises:
        UsageError: the audit has no split of this strategy to judge.
    """
    if strategy in summary.impossible:
        raise UsageError(
            f"--max-leakage is about the {strategy} split, and there is none: {summary.impossible[strategy]}"
        )
    rates = [
        r
        for r in summary.rates
        if r.strategy is strategy and r.audit is AuditKind.FULL and r.scope is PairScope.ALL and r.subset is None
    ]
    check_leakage_gate(rates, max_share, at_ssim=at_ssim)


def _similar_pairs(
    catalog: Catalog,
    prints: Mapping[str, Fingerprint],
    frames: Mapping[str, AuditedFrame],
    max_hamming: int,
    pool: WorkerPool,
    progress: Progress,
) -> list[SimilarPair]:
    """All pairs; only those with a micrograph that was not compared before are computed."""
    # What crowds a bucket changes where an archive doubles: then all pairs are found anew.
    work = Work(Stage.PAIRS, PAIRS_VERSION, input_hash([str(max_hamming), str(crowd_size(len(frames)))])[:16])
    # Files with the same bytes may bear several FOANs; the first is as good as any for seeking zooms.
    foan_of = dict(
        catalog.query("SELECT micrograph_id, min(foan) FROM dataset WHERE foan IS NOT NULL GROUP BY ALL").rows()
    )
    key_of = {
        i: input_hash([i, f.pixel_sha256, f.phash, str(frames[i].pixel_size_nm), foan_of.get(i, "")])
        for i, f in prints.items()
    }
    done = finished(catalog.read("ledger"), work)
    known = {i for i, key in key_of.items() if key in done}
    if catalog.meta(_CROWDED) == "yes" and done - set(key_of.values()):
        known = set()  # without the frames that are gone, features may count that were left out

    def on_pair(n_done: int, n_pairs: int) -> None:
        if n_done == 1:
            progress.start("pairs", n_pairs)
        progress.advance()

    stored = [pair_of(row) for row in catalog.read("similar_pairs").iter_rows(named=True)]
    # Two frames of one FOAN are aligned as they are without being proposed.
    proposed = {
        (p.micrograph_a, p.micrograph_b)
        for p in stored
        if p.field is not None
        and (
            p.field.alignment.is_mirrored
            or foan_of.get(p.micrograph_a) is None
            or foan_of.get(p.micrograph_a) != foan_of.get(p.micrograph_b)
        )
    }
    while True:
        found = find_all_pairs(
            prints, frames, max_hamming=max_hamming, known=known, foan_of=foan_of, pool=pool, on_pair=on_pair
        )
        crowded_out = {i for pair in proposed & found.unsettled if known.issuperset(pair) for i in pair}
        if not crowded_out:
            break
        known -= crowded_out
    with catalog.transaction():
        stale = sorted(
            set(catalog.query("SELECT input_sha256 FROM ledger WHERE stage = ?", [Stage.PAIRS])["input_sha256"])
        )
        catalog.delete("ledger", "input_sha256", stale, stage=str(Stage.PAIRS))
        if not known:
            catalog.replace("similar_pairs", [])
        forget_pairs(catalog, sorted(set(prints) - known))
        catalog.append("similar_pairs", [pair_row(pair) for pair in found.pairs])
        if found.is_crowded or not known:
            catalog.set_meta(_CROWDED, "yes" if found.is_crowded else "no")
        catalog.append("ledger", [outcome_row(work, key, None) for key in sorted(key_of.values())])
    return [pair_of(row) for row in catalog.read("similar_pairs").iter_rows(named=True)]


def _pairs_with_bar(
    catalog: Catalog, whole_prints: Mapping[str, Fingerprint], max_hamming: int
) -> tuple[SimilarPair, ...]:
    """The paper's candidates of frames with their data bars, which the catalog does not hold."""
    kept = KeptSsim(catalog.path.with_suffix(".cache") / "whole_frames.ssim")
    pairs = find_similar_pairs(whole_prints, max_hamming=max_hamming, ssim_of=kept)
    try:
        kept.save()
    except OSError as error:
        raise BadInputError(f"{catalog.path.with_suffix('.cache')}: cannot write there: {error.strerror}") from error
    return pairs


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
        ImageFile(row["path"], row["micrograph_id"], row["foan"], row["defect_class"], row["magnification"])
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


def _rates(
    plan: FoldPlan,
    files: Sequence[ImageFile],
    pairs: Sequence[FilePair],
    pairs_with_bar: Sequence[FilePair],
    settings: AuditSettings,
) -> list[LeakageRate]:
    """Every split by the full audit, by scope, class and magnification; the paper's split also by the paper's audit."""
    hamming = settings.max_hamming
    rates = [rate for scope in PairScope for rate in measure_leakage(plan, pairs, max_hamming=hamming, scope=scope)]
    class_of = {file.path: file.defect_class for file in files}
    magnification_of = {file.path: f"{file.magnification:g}" for file in files if file.magnification is not None}
    rates += measure_leakage_by(plan, pairs, "defect_class", class_of, max_hamming=hamming)
    rates += measure_leakage_by(plan, pairs, "magnification", magnification_of, max_hamming=hamming)
    if plan.strategy is SplitStrategy.IMAGE:
        for audit, found in ((AuditKind.PAPER, pairs), (AuditKind.PAPER_WITH_BAR, pairs_with_bar)):
            rates += measure_leakage(plan, found, audit=audit, k=settings.k, max_hamming=hamming)
    return rates
