"""One pandera model per catalog table: columns, units, ranges, keys. The SQL schema and docs/catalog.md follow from it.

A column's unit is the end of its name (``_px``, ``_nm``, ``_kn``, ``_pt``, ``_deg``); shares and confidences run from
0 to 1. Boxes are half-open and measured from the top left. A report, a micrograph and an instance are identified by
the bytes they come from, so that the same archive always makes the same catalog.
"""

import polars as pl

from data_contracts.tables.archive import (
    Files,
    FractureInstances,
    Micrographs,
    OverlayMasks,
    Readings,
    ReportFigures,
    ReportPages,
    Reports,
)
from data_contracts.tables.base import Table
from data_contracts.tables.course import Epochs, LabelIssues
from data_contracts.tables.leakage import Fingerprints, Folds, FrameFeatures, Leakage, SelfTest, SimilarPairs
from data_contracts.tables.links import Decisions, FigureLinks, MatchCandidates, Matches
from data_contracts.tables.models import Attributions, AttributionTests, FoldMetrics, Predictions
from data_contracts.tables.work import Failures, Ledger, Runs

__all__ = [
    "TABLES",
    "AttributionTests",
    "Attributions",
    "Decisions",
    "Epochs",
    "Failures",
    "FigureLinks",
    "Files",
    "Fingerprints",
    "FoldMetrics",
    "Folds",
    "FractureInstances",
    "FrameFeatures",
    "LabelIssues",
    "Leakage",
    "Ledger",
    "MatchCandidates",
    "Matches",
    "Micrographs",
    "OverlayMasks",
    "Predictions",
    "Readings",
    "ReportFigures",
    "ReportPages",
    "Reports",
    "Runs",
    "SelfTest",
    "SimilarPairs",
    "Table",
    "key_columns",
    "polars_schema",
]

TABLES: dict[str, type[Table]] = {
    "files": Files,
    "reports": Reports,
    "report_pages": ReportPages,
    "report_figures": ReportFigures,
    "fracture_instances": FractureInstances,
    "micrographs": Micrographs,
    "overlay_masks": OverlayMasks,
    "readings": Readings,
    "figure_links": FigureLinks,
    "match_candidates": MatchCandidates,
    "matches": Matches,
    "fingerprints": Fingerprints,
    "frame_features": FrameFeatures,
    "similar_pairs": SimilarPairs,
    "folds": Folds,
    "leakage": Leakage,
    "self_test": SelfTest,
    "runs": Runs,
    "fold_metrics": FoldMetrics,
    "epochs": Epochs,
    "predictions": Predictions,
    "label_issues": LabelIssues,
    "attributions": Attributions,
    "attribution_tests": AttributionTests,
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
