"""What explaining leaves in the catalog: rows, in one transaction at the end."""

import dataclasses
import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from data_contracts.catalog import Catalog
from data_contracts.records import Failure
from data_contracts.vocabulary import Stage
from fractotrain.attribution.explain import Explained, Plan
from fractotrain.attribution.methods import Method
from fractotrain.attribution.verdict import Figure, Verdict
from fractotrain.record import Row, open_patiently, versions


def record_explanations(plan: Plan, explained: Explained) -> None:
    """Replace the rows of these images, methods and classes, and the failures of these images.

    Raises:
        CatalogError: the catalog cannot be written.
    """
    paths_of: dict[tuple[Method, str], list[str]] = defaultdict(list)
    rows: list[Row] = []
    for e in explained.explanations:
        for method in plan.methods:
            paths_of[method, e.target_class].append(e.subject.path)
        rows += [
            {
                "run_id": plan.model.run_id,
                "path": e.subject.path,
                "method": str(method),
                "target_class": e.target_class,
                "target_probability": e.target_probability,
                "predicted_class": e.predicted_class,
                "trained_on": e.subject.trained_on,
                "map_path": stored.file.relative_to(plan.catalog_path.parent).as_posix(),
                "map_sha256": stored.sha256,
            }
            for method, stored in e.maps.items()
        ]
    summary = {"n_explained": len(explained.explanations), "n_failed": len(explained.failures)}
    with open_patiently(plan.catalog_path) as catalog, catalog.transaction():
        for (method, target), paths in paths_of.items():
            catalog.delete("attributions", "path", paths, run_id=plan.model.run_id, method=method, target_class=target)
        catalog.append("attributions", rows)
        _replace_failures(catalog, plan, explained.failures)
        _log(catalog, plan, "explain", explained.started_at, summary)


def record_tests(
    plan: Plan,
    started_at: datetime,
    found: Sequence[Figure],
    drawn: Sequence[Verdict],
    failures: Sequence[Failure],
) -> None:
    """Replace the tests of this run and these methods.

    Raises:
        CatalogError: the catalog cannot be written.
    """
    rows: list[Row] = [
        {
            "run_id": plan.model.run_id,
            "method": str(f.method),
            "test": f.trial,
            **{k: v for k, v in dataclasses.asdict(f).items() if k not in ("method", "trial")},
        }
        for f in found
    ]
    summary = {"verdicts": {str(v.method): {"belief": str(v.belief), "reasons": v.reasons} for v in drawn}}
    with open_patiently(plan.catalog_path) as catalog, catalog.transaction():
        catalog.delete("attribution_tests", "method", [str(m) for m in plan.methods], run_id=plan.model.run_id)
        catalog.append("attribution_tests", rows)
        _replace_failures(catalog, plan, failures)
        _log(catalog, plan, "explain --test", started_at, summary)


def _replace_failures(catalog: Catalog, plan: Plan, failures: Sequence[Failure]) -> None:
    catalog.delete("failures", "item", [s.path for s in plan.subjects], stage=str(Stage.EXPLAINING))
    catalog.append(
        "failures",
        [{"stage": str(f.stage), "item": f.item, "reason": str(f.reason), "detail": f.detail} for f in failures],
    )


def _log(catalog: Catalog, plan: Plan, command: str, started_at: datetime, summary: Mapping[str, object]) -> None:
    settings = {
        "run_id": plan.model.run_id,
        "model_sha256": plan.model.weights_sha256,
        "methods": [str(method) for method in plan.methods],
        "target": plan.target,
        "n_images": len(plan.subjects),
    }
    row: Row = {
        "run_id": f"explain-{started_at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}",
        "command": command,
        "started_at": started_at.isoformat(),
        "finished_at": datetime.now(UTC).isoformat(),
        "outcome": "finished",
        "settings": json.dumps(settings),
        "versions": json.dumps(versions()),
        "dataset_hash": None,
        "split_id": None,
        "summary": json.dumps(summary),
    }
    catalog.append("runs", [row])
