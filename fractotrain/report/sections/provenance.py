"""Where the run comes from: settings and versions."""

from collections.abc import Mapping

from fractotrain.report.blocks import Cell, Section, Table
from fractotrain.report.study import Study


def provenance(study: Study) -> Section:
    """Everything that decides what the run computed."""
    record, asked = study.record, study.settings
    facts: dict[str, object] = {
        "run": record.run_id,
        "started": record.started_at,
        "split": record.summary["split"]["split_id"],
        "weights": record.summary.get("weights"),
        "device": record.summary.get("device"),
        "precision": record.summary.get("precision"),
        "draws of FOANs": asked.n_draws,
        "seed of the draws": asked.seed,
        "margin of equivalence (macro-F1)": asked.margin,
        "guaranteed error of conformal sets": asked.alpha,
        "FOANs that a magnification needs": asked.min_foans,
    }
    settings: list[tuple[Cell, ...]] = [(key, str(value)) for key, value in _flat(record.settings).items()]
    return Section(
        "Settings and versions",
        "What decided the figures above.",
        (
            Table(
                "run",
                "This run and this page",
                ("", "value"),
                tuple((k, "not recorded" if v is None else str(v)) for k, v in facts.items()),
            ),
            Table("settings", "Settings of the training", ("setting", "value"), tuple(settings)),
            Table("versions", "Versions", ("package", "version"), tuple(record.versions.items())),
        ),
    )


def _flat(settings: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat
