"""`fracto status --matching` on planted catalogs."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from data_contracts.catalog import Catalog
from data_contracts.errors import UsageError
from fractocurate.matching.comparison import Difference
from fractocurate.matching_status import Collision, matching_status, write_lists
from fractocurate.profile import load_profile
from fractocurate.progress import Silent

Plot = Any
_PATHS = ("FOAN-2021-0417_SN11111.tif", "FOAN-2021-0419.tif", "FOAN-2021-0419_2.tif", "b/FOAN-2021-0418.tif", "x.tif")


@pytest.fixture
def catalog(plot: Plot) -> Path:
    """Two neighbouring FOANs with reports, a third without one, and five images."""
    stated = {"report_id": "a" * 16, "label_source": None, "page": 1, "method": "text_layer"}
    for foan, serial in (("FOAN-2021-0417", "11111"), ("FOAN-2021-0418", "22222")):
        plot.add_instance(foan, serial, "material", **stated)
    for path in _PATHS:
        plot.add_image(path)
    settings = {"reports": "reports", "profile": load_profile(None).model_dump(mode="json")}
    plot.add("runs", run_id="ingest-1", command="ingest", outcome="finished", settings=json.dumps(settings))
    return Path(plot.write())


def test_rules_collisions_and_bound_are_worked_out(catalog: Path) -> None:
    """From the catalog alone, by the profile of its last ingest, without writing to it."""
    before = catalog.read_bytes()
    with Catalog.open_read_only(catalog) as opened:
        status = matching_status(opened, Silent())
    assert catalog.read_bytes() == before
    assert status.n_images == 5
    assert {d: n for d, n in status.differences.items() if n} == {
        Difference.PAPER_ONLY: 2, Difference.SAME_LINK: 2, Difference.NO_LINK: 1,
    }  # fmt: skip
    assert [image.path for image in status.compared] == ["FOAN-2021-0419.tif", "FOAN-2021-0419_2.tif"]
    assert (
        Collision(
            "FOAN-2021-0419",
            2,
            n_one_witness=0,
            neighbour="FOAN-2021-0418",
            neighbour_n_images=1,
            has_report=False,
            neighbour_has_report=True,
        )
        in status.collisions
    )
    assert (status.n_foans, status.n_colliding, len(status.collisions)) == (3, 3, 6)
    assert (status.bound.n_links, status.bound.n_confirmed) == (2, 1)


def test_collisions_say_which_links_a_slip_may_have_made(catalog: Path) -> None:
    """One name alone leads to 0418, which has two neighbours; its collisions come first."""
    with Catalog.open_read_only(catalog) as opened:
        status = matching_status(opened, Silent())
    assert [(c.foan, c.n_one_witness) for c in status.collisions[:3]] == [
        ("FOAN-2021-0418", 1), ("FOAN-2021-0418", 1), ("FOAN-2021-0417", 0),
    ]  # fmt: skip
    assert status.n_at_risk == 1
    assert (status.bound.n_alone, status.bound.max_wrong_alone) == (1, 1)


def test_full_lists_are_written_to_a_new_folder(catalog: Path, tmp_path: Path) -> None:
    """One row per image that differs and per collision; nothing is overwritten."""
    with Catalog.open_read_only(catalog) as opened:
        status = matching_status(opened, Silent())
    write_lists(status, tmp_path / "lists")
    rows = {}
    for name in ("differences", "collisions"):
        with (tmp_path / "lists" / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            rows[name] = list(csv.DictReader(stream))
    assert [row["path"] for row in rows["differences"]] == [image.path for image in status.compared]
    assert rows["differences"][0]["paper_foan"] in {"FOAN-2021-0417", "FOAN-2021-0418"}
    assert rows["differences"][0]["guarded_reason"] == "valid_foan_not_in_reports"
    assert len(rows["collisions"]) == 6
    with pytest.raises(UsageError, match="exists already"):
        write_lists(status, tmp_path / "lists")


def test_labels_from_a_table_have_no_links_by_name(sound_catalog: Catalog) -> None:
    """There is nothing to judge, and the message says why."""
    with pytest.raises(UsageError, match="labels come from no reports"):
        matching_status(sound_catalog, Silent())
