"""The figures of a catalog add up."""

from pathlib import Path
from typing import Any

from data_contracts.catalog import Catalog
from fractocurate.status import status_of

Plot = Any


def test_figures_count_what_is_there(sound_catalog: Catalog) -> None:
    """Images by status, labels by class, failures by stage, splits and runs."""
    status = status_of(sound_catalog)
    assert (status.n_reports, status.n_superseded, status.n_instances) == (1, 0, 2)
    assert status.images_by_status == {"failed": 1, "matched": 2, "unmatched": 1}
    assert status.reasons == {"no_identifier": 1}
    assert status.failures == {"micrographs: truncated": 1}
    assert status.labelled_by_class == status.instances_by_class == {"green_body": 1, "material": 1}
    assert status.labelled_foans == 2
    assert status.magnifications == {"unknown": 2}
    assert status.splits == (("foan", 2, 1, "d" * 16),)
    assert status.runs == (("train-1", "finished", "{}"),)


def test_images_without_a_foan_are_no_foan(plot: Plot) -> None:
    """Labels of a table without FOANs count none."""
    for path in ("a.png", "b.png"):
        plot.add_image(path, magnification=500.0, magnification_source="data_bar")
        plot.match(path, plot.add_instance(None, path, "material"))
    with Catalog.open_read_only(plot.write()) as catalog:
        status = status_of(catalog)
    assert (status.labelled_foans, status.labelled_by_class) == (0, {"material": 2})
    assert status.magnifications == {"500": 2}


def test_empty_catalog_has_no_figures(empty_catalog: Path) -> None:
    """Nothing counted is not an error."""
    with Catalog.open_read_only(empty_catalog) as catalog:
        assert (status_of(catalog).images_by_status, status_of(catalog).runs) == ({}, ())
