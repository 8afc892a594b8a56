"""Which report is in force is derived anew from all reports, and marked on instances and reports."""

from typing import Any

from data_contracts.catalog import Catalog
from fractocurate.stages.revisions import mark_revisions

Plot = Any


def _report(plot: Plot, letter: str, defect_class: str, **columns: object) -> None:
    plot.add("reports", report_id=letter * 16, sha256=letter * 64, path=f"{letter}.pdf", **columns)
    stated = {"report_id": letter * 16, "label_source": None, "page": 1}
    plot.add_instance("F-1", "11111", defect_class, **stated)


def _marks(catalog: Catalog) -> dict[str, tuple[object, ...]]:
    mark_revisions(catalog)
    rows = catalog.read("fracture_instances").to_dicts()
    return {r["report_id"][0]: (r["superseded_by"], r["in_review"], bool(r["contradictions"])) for r in rows}


def test_revision_replaces_the_earlier_report(plot: Plot) -> None:
    """The older instance and its report point to the newer one; the newer one is in force."""
    _report(plot, "a", "material", report_date="2020-01-01")
    _report(plot, "b", "green_body", report_date="2020-02-01", is_revision=True)
    with Catalog.open(plot.write()) as catalog:
        assert _marks(catalog) == {"a": ("b" * 16, False, False), "b": (None, False, False)}
        assert dict(catalog.query("SELECT report_id, superseded_by FROM reports").iter_rows()) == {
            "a" * 16: "b" * 16,
            "b" * 16: None,
        }


def test_contradicting_reports_both_go_to_review_until_one_is_gone(plot: Plot) -> None:
    """Nobody says which is right, so neither labels; marks are taken back when their cause vanishes."""
    _report(plot, "a", "material")
    _report(plot, "b", "green_body")
    with Catalog.open(plot.write()) as catalog:
        assert _marks(catalog) == {"a": (None, True, True), "b": (None, True, True)}
        for table in ("reports", "fracture_instances"):
            catalog.delete(table, "report_id", ["b" * 16])
        assert _marks(catalog) == {"a": (None, False, False)}


def test_second_run_changes_nothing(plot: Plot) -> None:
    """Marks depend on the reports alone."""
    _report(plot, "a", "material", report_date="2020-01-01")
    _report(plot, "b", "material", report_date="2020-02-01", is_revision=True)
    with Catalog.open(plot.write()) as catalog:
        _marks(catalog)
        before = catalog.content_hash("reports", "fracture_instances")
        _marks(catalog)
        assert catalog.content_hash("reports", "fracture_instances") == before
