"""How well generated reports are read, as tables: on sites that the reader was developed with, and on others."""

from pathlib import Path

import numpy as np
import pytest
from hard_reports.build import make_reports
from PIL import Image
from reading_accuracy import Score, score_site, table

from data_contracts.catalog import Catalog
from fractocurate.profile import load_profile
from fractocurate.progress import Silent
from fractocurate.stages.ingest import ingest
from fractocurate.workers import default_jobs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def read_all(root: Path) -> dict[str, Score]:
    """Ingest every site with the profile that its data engineer wrote, and score its catalog."""
    images = root / "no images"
    images.mkdir()
    Image.fromarray(np.zeros((64, 64), np.uint8)).save(images / "blank.png")
    scores: dict[str, Score] = {}
    for site in sorted(p for p in root.iterdir() if (p / "truth.json").exists()):
        with Catalog.open(root / f"{site.name}.duckdb") as catalog:
            profile = load_profile(site / "site.yaml")
            ingest(catalog, site / "reports", images, profile, default_jobs(), Silent())
            for name, score in score_site(catalog, site).items():
                scores.setdefault(name, Score()).add(score)
    return scores


def total(scores: dict[str, Score]) -> Score:
    """Over all families."""
    whole = Score()
    for name, score in scores.items():
        if not name.startswith("page:"):
            whole.add(score)
    return whole


def show(capsys: pytest.CaptureFixture[str], title: str, scores: dict[str, Score]) -> None:
    """Print the table, past pytest's capture."""
    with capsys.disabled():
        print(f"\n{title}\n{table(scores)}")  # noqa: T201 - the result of a benchmark


def test_layouts_of_the_open_families(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Seeds that nobody looked at; the layouts are those that the reader was developed with."""
    make_reports(tmp_path / "open", seed=103, reports_per_site=20)
    scores = read_all(tmp_path / "open")
    show(capsys, "open families", scores)
    whole = total(scores)
    assert whole.share("foan right", "rows") > 0.9
    assert whole.share("row right", "rows") > 0.85
    assert whole.share("false", "rows") < 0.01
    assert whole.share("sure but wrong", "sure") < 1 / 200
    assert whole.share("failures named", "failures") == 1.0


def test_layouts_of_other_houses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reports that reason, exclude, quote, encode: a class that is not the conclusion must not become a label."""
    make_reports(tmp_path / "foreign", seed=108, reports_per_site=26, held_out=True, foreign=True)
    scores = read_all(tmp_path / "foreign")
    show(capsys, "layouts of other houses", scores)
    whole = total(scores)
    assert whole.share("row right", "rows") > 0.5
    assert whole.share("false", "rows") < 0.02
    assert whole.share("sure but wrong", "sure") < 1 / 100


def test_layouts_of_the_held_out_families(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sites that the reader was not developed with, in layouts that were opened late: little may be wrong."""
    make_reports(tmp_path / "held", seed=104, reports_per_site=20, held_out=True)
    scores = read_all(tmp_path / "held")
    show(capsys, "held-out families", scores)
    whole = total(scores)
    assert whole.share("foan right", "rows") > 0.5
    assert whole.share("row right", "rows") > 0.45
    assert whole.share("false", "rows") < 0.01
    assert whole.share("sure but wrong", "sure") < 1 / 200
