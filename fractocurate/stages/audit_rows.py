"""Records of the audit as rows of the catalog, and back."""

import hashlib
from collections.abc import Mapping
from typing import Any

from data_contracts.vocabulary import CandidateSource, PairKind
from fractocurate.leakage.alignment import Alignment
from fractocurate.leakage.folds import FoldPlan
from fractocurate.leakage.pairs import SimilarPair
from fractocurate.leakage.rates import LeakageRate
from fractocurate.leakage.self_test import SelfTestResult
from fractocurate.leakage.verification import CommonField
from fractocurate.stages.rows import Row


def split_id(plan: FoldPlan) -> str:
    """Identifier of a split: strategy, settings and the whole assignment."""
    parts = [plan.strategy, str(plan.n_folds), str(plan.seed)]
    parts += [f"{a.path}\x1f{a.fold}\x1f{a.group}" for a in plan.assignments]
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()[:16]


def pair_row(pair: SimilarPair) -> Row:
    """A row of ``similar_pairs``."""
    field = pair.field
    alignment = field and field.alignment
    return {
        "micrograph_a": pair.micrograph_a,
        "micrograph_b": pair.micrograph_b,
        "kind": str(pair.kind),
        "hamming": pair.hamming,
        "ssim": float(pair.ssim),
        "scale_ratio": float(pair.scale_ratio),
        "confirmed": pair.is_confirmed,
        "source": str(pair.source),
        "field_ssim": field and field.ssim,
        "share_a": field and field.share_a,
        "share_b": field and field.share_b,
        "n_inliers": alignment and alignment.n_inliers,
        "is_mirrored": alignment and alignment.is_mirrored,
        "factor_re": alignment and alignment.factor.real,
        "factor_im": alignment and alignment.factor.imag,
        "offset_re": alignment and alignment.offset.real,
        "offset_im": alignment and alignment.offset.imag,
    }


def pair_of(row: Mapping[str, Any]) -> SimilarPair:
    """The record of a row of ``similar_pairs``."""
    field = None
    if row["field_ssim"] is not None:
        alignment = Alignment(
            complex(row["factor_re"], row["factor_im"]),
            complex(row["offset_re"], row["offset_im"]),
            row["is_mirrored"],
            row["n_inliers"],
        )
        field = CommonField(
            PairKind(row["kind"]), row["field_ssim"], row["share_a"], row["share_b"], row["scale_ratio"], alignment
        )
    return SimilarPair(
        row["micrograph_a"],
        row["micrograph_b"],
        PairKind(row["kind"]),
        row["hamming"],
        row["ssim"],
        row["scale_ratio"],
        CandidateSource(row["source"]),
        field,
    )


def fold_rows(plan: FoldPlan) -> list[Row]:
    """Rows of ``folds``."""
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


def leakage_row(rate: LeakageRate, identifier: str) -> Row:
    """A row of ``leakage``."""
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
        "audit": str(rate.audit),
        "subset_by": rate.subset_by,
        "subset": rate.subset,
    }


def self_test_row(result: SelfTestResult) -> Row:
    """A row of ``self_test``."""
    low, high = result.interval
    return {
        "planted_kind": result.kind,
        "n_planted": result.n_planted,
        "n_found": result.n_found,
        "share": result.share,
        "share_low": low,
        "share_high": high,
        "n_found_by_paper": result.n_found_by_paper,
    }


def self_test_of(row: Mapping[str, Any]) -> SelfTestResult:
    """The record of a row of ``self_test``."""
    return SelfTestResult(row["planted_kind"], row["n_planted"], row["n_found"], row["n_found_by_paper"])
