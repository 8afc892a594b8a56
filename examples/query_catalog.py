"""Read the public face of a catalog with nothing but DuckDB: python query_catalog.py catalog.duckdb."""

import sys

import duckdb

LABELS = """
    SELECT defect_class, count(*) AS images, count(DISTINCT foan) AS foans,
           count(DISTINCT magnification) AS magnifications
    FROM dataset WHERE status = 'matched' GROUP BY defect_class ORDER BY images DESC
"""
OPEN_CASES = (
    "SELECT reason, count(*) AS images FROM dataset WHERE status <> 'matched' GROUP BY reason ORDER BY images DESC"
)
LIKELY_DUPLICATES = "SELECT path_a, path_b, kind, round(ssim, 2) AS ssim FROM pairs ORDER BY ssim DESC, path_a LIMIT 5"


def main(catalog: str) -> None:
    """Print three small tables."""
    with duckdb.connect(catalog, read_only=True) as connection:
        for title, sql in (("Labels", LABELS), ("Not matched", OPEN_CASES), ("Similar pairs", LIKELY_DUPLICATES)):
            print(title)
            connection.sql(sql).show()


if __name__ == "__main__":
    main(sys.argv[1])
