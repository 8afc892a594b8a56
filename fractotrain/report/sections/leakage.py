"""How much of each split leaks (the paper's Table 1), and what that means for this run."""

from typing import Any

import polars as pl

from data_contracts.vocabulary import SplitStrategy
from fractotrain.report.blocks import Cell, Level, Measured, Section, Table, Verdict
from fractotrain.report.study import Study

_HEADLINE_SSIM = 0.85


def leakage(study: Study) -> Section:
    """Rates of every split that the catalog has, all folds pooled, every pair counted; the run's own is marked."""
    record = study.record
    pooled = record.leakage.filter((pl.col("fold") == -1) & pl.col("k").is_null())
    thresholds = sorted(pooled["ssim_threshold"].unique().to_list())
    own = str(record.summary["split"]["split_id"])
    splits = pooled["split_id"].unique(maintain_order=True).to_list()
    cells = {(row["split_id"], row["ssim_threshold"]): row for row in pooled.to_dicts()}
    strategy = dict(pooled.select("split_id", "strategy").iter_rows())
    columns = (
        "pairs count from SSIM",
        *(f"{_named(strategy[s])} split{' (this run)' if s == own else ''}" for s in splits),
    )
    rows: list[tuple[Cell, ...]] = [
        (threshold, *(_cell(cells.get((split, threshold))) for split in splits)) for threshold in thresholds
    ]
    caption = "Share of validation images with a near-duplicate in training, by split (the paper's Table 1)"
    table = Table("leakage", caption, columns, tuple(rows))
    return Section(
        "Leakage",
        f"All folds pooled, every confirmed pair counts; 95 % Wilson intervals. {_reach(pooled)}",
        (table,) if rows else (),
        _verdicts(study, pooled.filter(pl.col("split_id") == own)),
    )


def _reach(pooled: pl.DataFrame) -> str:
    if pooled["audit"].is_null().any():
        return (
            "Audited by an older Fracto: what pHash and SSIM cannot see (turned or mirrored frames, a frame that is a "
            "zoom into another) is not in it: lower bounds."
        )
    return "The full audit: turned, mirrored, cropped, overlapping and zoomed frames count where they were found."


def _named(strategy: str) -> str:
    return "FOAN" if strategy == SplitStrategy.FOAN else strategy


def _cell(row: dict[str, Any] | None) -> Measured | None:
    if row is None:
        return None
    return Measured(row["share"], row["share_low"], row["share_high"], row["n_validation"], "image", is_share=True)


def _verdicts(study: Study, own: pl.DataFrame) -> tuple[Verdict, ...]:
    verdicts = []
    if study.record.strategy == "image":
        verdicts.append(
            Verdict(
                Level.DO_NOT,
                "Optimistic: image folds put frames of one component on both sides of the split. The figures below say "
                "how well the model recognises components it has seen, not how it does on new ones.",
            )
        )
    if own.is_empty():
        return (
            *verdicts,
            Verdict(Level.CAUTION, "The leakage of this run's split is not in the catalog: run `fracto audit`."),
        )
    nearest = own.sort((pl.col("ssim_threshold") - _HEADLINE_SSIM).abs()).row(0, named=True)
    sentence = (
        f"{nearest['n_leaking']} of {nearest['n_validation']:,} validation images ({nearest['share']:.1%} "
        f"[{nearest['share_low']:.1%}, {nearest['share_high']:.1%}]) have a near-duplicate in training (SSIM from "
        f"{nearest['ssim_threshold']:.2f}, {study.record.strategy} split, all {study.record.n_folds} folds). "
        "What the audit cannot see is not counted."
    )
    verdicts.append(Verdict(Level.DO_NOT if nearest["n_leaking"] else Level.BELIEVE, sentence))
    return tuple(verdicts)
