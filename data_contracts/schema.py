"""SQL of the catalog's tables and views, derived from the contracts in ``tables``."""

import polars as pl

from data_contracts.tables import TABLES, Table, key_columns, polars_schema
from data_contracts.tables.links import ANSWER

SCHEMA_VERSION = 6
"""Raised with every change of a table or view; ``Catalog.open`` brings older catalogs up to date."""

_SQL_TYPES: dict[pl.DataType, str] = {
    pl.String(): "VARCHAR",
    pl.Int64(): "BIGINT",
    pl.Float64(): "DOUBLE",
    pl.Boolean(): "BOOLEAN",
    pl.Binary(): "BLOB",
}

DATASET_COLUMNS: dict[str, str] = {
    "path": "Image file, relative to the image root; unique.",
    "sha256": "Of its bytes; files with the same bytes share it. Null if they could not be read.",
    "micrograph_id": "Its content; null if it could not be read.",
    "width_px": "Width of the frame.",
    "height_px": "Height of the frame.",
    "status": "`matched`, `review`, `unmatched` or `failed`.",
    "reason": "Why it is not matched.",
    "foan": "FOAN of the instance, or the FOAN that was established without one.",
    "serial_number": "Serial number of the instance.",
    "instance_id": "The fracture instance; null unless matched.",
    "specimen_uid": "FOAN + serial number + defect class.",
    "defect_class": "Label; null unless matched.",
    "defect_class_raw": "Label as printed.",
    "sub_type": "Sub-type of the defect.",
    "fracture_load_kn": "Fracture load.",
    "report_path": "Report that states the label, or the table and row.",
    "report_page": "Page of it, 1-based.",
    "match_method": "How the link came about.",
    "similarity": "Levenshtein similarity of the image's FOAN and the instance's.",
    "runner_up_similarity": "Of the best other FOAN.",
    "magnification": "As printed, tagged or named.",
    "magnification_source": "Where it was read.",
    "pixel_size_nm": "Physical size of a pixel of the uncropped frame.",
    "pixel_size_source": "Where it was read.",
    "crop_left_px": "Largest picture without the data bar, half-open box.",
    "crop_top_px": "As above.",
    "crop_right_px": "As above.",
    "crop_bottom_px": "As above.",
    "data_bar_kind": "Where the data bar lies.",
    "vendor": "Maker of the microscope.",
}
"""Columns of the view ``dataset``: one row per image file, whatever became of it."""

PAIRS_COLUMNS: dict[str, str] = {
    "path_a": "One file; `path_a < path_b`.",
    "path_b": "The other file.",
    "kind": "How the two relate.",
    "hamming": "Distance of the perceptual hashes, bits; 0 for the same bytes.",
    "ssim": "Structural similarity of what both show, after alignment where one was found; 1 for the same bytes.",
    "scale_ratio": "Pixel size of b over pixel size of a.",
    "same_foan": "Both are linked to the same FOAN; null if one of them has none.",
}
"""Columns of the view ``pairs``: one row per confirmed pair of image files."""

# A name may state a magnification where neither tag nor bar does. A bare number is too weak a statement.
MINIMUM_NAME_CONFIDENCE = 0.6

LABEL_DECISIONS_COLUMNS: dict[str, str] = {
    "decision_id": "Number of the row in `decisions`.",
    "sha256": "The micrograph it is about, by its bytes.",
    "path": "Where it lay then.",
    "action": "`link` or `exclude`.",
    "foan": "FOAN of the instance; null for an exclusion.",
    "serial_number": "Serial number of the instance; null if not needed.",
    "reviewer": "Who decided.",
    "note": "Why.",
    "decided_at": "UTC, ISO 8601.",
}
"""Columns of the view ``label_decisions``: what labels may rest on. Matching reads this view, never ``decisions``."""

_DATASET = f"""
CREATE OR REPLACE VIEW dataset AS
WITH named AS (
    SELECT subject_id AS path, min_by(TRY_CAST(value AS DOUBLE), number) AS magnification,
           min_by(method, number) AS method
    FROM readings
    WHERE subject = 'image_file' AND field = 'magnification' AND confidence >= {MINIMUM_NAME_CONFIDENCE}
    GROUP BY subject_id
)
SELECT
    f.path, f.sha256, g.micrograph_id, g.width_px, g.height_px,
    CASE WHEN m.path IS NOT NULL THEN m.status
         WHEN x.item IS NOT NULL OR f.sha256 IS NULL THEN 'failed'
         ELSE 'unmatched' END AS status,
    CASE WHEN m.path IS NOT NULL THEN m.reason
         WHEN x.item IS NOT NULL THEN x.reason
         WHEN f.sha256 IS NULL THEN 'unreadable'
         ELSE 'not_read_yet' END AS reason, -- an interrupted ingest; the next one will decide
    coalesce(i.foan, m.foan) AS foan, i.serial_number, i.instance_id, i.specimen_uid, i.defect_class,
    i.defect_class_raw, i.sub_type, i.fracture_load_kn,
    coalesce(r.path, i.label_source) AS report_path, i.page AS report_page,
    m.method AS match_method, m.similarity, m.runner_up_similarity,
    coalesce(g.magnification, named.magnification) AS magnification,
    CASE WHEN g.magnification IS NULL AND named.magnification IS NOT NULL
         THEN named.method ELSE g.magnification_source END AS magnification_source,
    g.pixel_size_nm, g.pixel_size_source,
    g.crop_left_px, g.crop_top_px, g.crop_right_px, g.crop_bottom_px, g.data_bar_kind, g.vendor
FROM files f
LEFT JOIN micrographs g ON g.sha256 = f.sha256
LEFT JOIN failures x ON x.stage = 'micrographs' AND x.item = f.path AND g.micrograph_id IS NULL
LEFT JOIN matches m ON m.path = f.path
LEFT JOIN fracture_instances i ON i.instance_id = m.instance_id
LEFT JOIN reports r ON r.report_id = i.report_id
LEFT JOIN named ON named.path = f.path
WHERE f.kind = 'image'
"""

_PAIRS = """
CREATE OR REPLACE VIEW pairs AS
WITH linked AS (SELECT path, sha256, micrograph_id, foan FROM dataset WHERE micrograph_id IS NOT NULL),
same_bytes AS (
    SELECT a.path AS path_a, b.path AS path_b, 'same_bytes' AS kind, 0 AS hamming, 1.0 AS ssim,
           1.0 AS scale_ratio, a.foan = b.foan AS same_foan
    FROM linked a JOIN linked b ON a.sha256 = b.sha256 AND a.path < b.path
),
alike AS (
    SELECT least(a.path, b.path) AS path_a, greatest(a.path, b.path) AS path_b, s.kind, s.hamming,
           CASE WHEN s.source IN ('symmetry_hash', 'local_features') THEN s.field_ssim
                ELSE greatest(s.ssim, coalesce(s.field_ssim, s.ssim)) END AS ssim,
           CASE WHEN a.path < b.path THEN s.scale_ratio ELSE 1 / s.scale_ratio END AS scale_ratio,
           a.foan = b.foan AS same_foan
    FROM similar_pairs s
    JOIN linked a ON a.micrograph_id = s.micrograph_a
    JOIN linked b ON b.micrograph_id = s.micrograph_b
    WHERE s.confirmed
)
SELECT * FROM same_bytes UNION ALL SELECT * FROM alike
"""

_LABEL_DECISIONS = f"""
CREATE OR REPLACE VIEW label_decisions AS
SELECT {", ".join(LABEL_DECISIONS_COLUMNS)} FROM decisions WHERE action <> '{ANSWER}'
"""

VIEWS = ("dataset", "pairs", "label_decisions")


def statements() -> list[str]:
    """SQL that makes an empty catalog; safe to run on one that exists."""
    tables = [create_table(name, table) for name, table in TABLES.items()]
    meta = "CREATE TABLE IF NOT EXISTS catalog_meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)"
    version = f"INSERT OR IGNORE INTO catalog_meta VALUES ('schema_version', '{SCHEMA_VERSION}')"
    return [meta, version, *tables, _DATASET, _PAIRS, _LABEL_DECISIONS]


def create_table(name: str, table: type[Table]) -> str:
    """SQL that makes one table by its contract, unless it exists."""
    contract = table.to_schema()
    columns = [
        f'"{column}" {_SQL_TYPES[dtype]}{"" if contract.columns[column].nullable else " NOT NULL"}'
        for column, dtype in polars_schema(table).items()
    ]
    # No PRIMARY KEY: DuckDB's index rejects a delete and re-insert of one key in one transaction.
    # Keys are checked by the contract on every write, and by `fracto validate`.
    assert key_columns(table), name  # noqa: S101 - a table without a key is a mistake in this package
    return f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(columns)})"
