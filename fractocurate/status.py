"""Where a catalog stands, in figures."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from data_contracts.catalog import Catalog


@dataclass(frozen=True)
class CatalogStatus:
    """What a catalog holds."""

    n_reports: int
    n_superseded: int
    n_instances: int
    instances_by_class: dict[str, int]
    """Current instances."""
    images_by_status: dict[str, int]
    reasons: dict[str, int]
    """Of the images in review or unmatched."""
    failures: dict[str, int]
    """``stage: reason`` -> items."""
    labelled_by_class: dict[str, int]
    """Matched image files."""
    labelled_foans: int
    magnifications: dict[str, int]
    """Matched image files by magnification."""
    methods: dict[str, int]
    splits: tuple[tuple[str, int, int, str], ...]
    """Strategy, folds, seed and id of every split."""
    runs: tuple[tuple[str, str, str], ...]
    """Id, outcome and closing figures of every run, latest last."""


def status_of(catalog: Catalog) -> CatalogStatus:
    """Count what a catalog holds."""
    dataset = catalog.read("dataset")
    matched = dataset.filter(dataset["status"] == "matched")
    open_images = dataset.filter(dataset["status"].is_in(["review", "unmatched"]))
    instances = catalog.query("SELECT defect_class, superseded_by FROM fracture_instances")
    failures = catalog.query("SELECT stage || ': ' || reason AS what FROM failures")["what"]
    reports = catalog.query("SELECT superseded_by FROM reports")
    splits = catalog.query("SELECT DISTINCT strategy, n_folds, seed, split_id FROM folds ORDER BY ALL")
    runs = catalog.query("SELECT run_id, outcome, summary FROM runs ORDER BY started_at, run_id")
    magnifications = sorted(matched["magnification"].drop_nulls())
    return CatalogStatus(
        reports.height,
        reports.height - reports["superseded_by"].null_count(),
        instances.height,
        _counts(instances.filter(instances["superseded_by"].is_null())["defect_class"]),
        _counts(dataset["status"]),
        _counts(open_images["reason"]),
        _counts(failures),
        _counts(matched["defect_class"]),
        matched["foan"].drop_nulls().n_unique(),
        dict(Counter(f"{m:g}" for m in magnifications)) | _unknown(matched["magnification"].null_count()),
        _counts(matched["match_method"]),
        tuple(splits.rows()),
        tuple(runs.rows()),
    )


def _counts(values: Iterable[object]) -> dict[str, int]:
    return dict(sorted(Counter(map(str, values)).items()))


def _unknown(count: int) -> dict[str, int]:
    return {"unknown": count} if count else {}
