"""What a report of the paper's size costs, in processor time."""

import importlib.util
import os
import time
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from data_contracts.catalog import Catalog
from fractotrain.report.study import ReportSettings
from fractotrain.report.write import write_report

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

TESTS = Path(__file__).resolve().parents[1] / "fractotrain"
TARGET_S = 60.0
CASES = {"FOANs of seven frames": (1213, 7), "every frame a FOAN of its own": (8493, 1)}


def _module(path: Path) -> ModuleType:
    """The helpers that plant a run belong to other tests, which are no package."""
    spec = importlib.util.spec_from_file_location(f"helpers_of_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _link_images(catalog_path: Path) -> None:
    """A noisy frame of usual size under the name of every image: those that are probed have to be decoded."""
    with Catalog.open_read_only(catalog_path) as catalog:
        root, paths = (
            Path(str(catalog.meta("images_root"))),
            catalog.query("SELECT path FROM dataset")["path"].to_list(),
        )
    frame = root / "frame.tif"
    frame.parent.mkdir(exist_ok=True)
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (768, 1024), np.uint8)).save(frame)
    for path in paths:
        (root / path).unlink(missing_ok=True)
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(frame, root / path)


@pytest.mark.parametrize("case", CASES)
def test_processor_time_of_a_report(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All sections, draws and pixels, with attention pooling; the target is the paper's 8,493 frames in a minute."""
    n_foans, frames_per_foan = CASES[case]
    complete = _module(TESTS / "conftest.py").complete
    scores = np.random.default_rng(1)

    def with_attention(table: str, row: dict[str, object]) -> dict[str, object]:
        row = complete(table, row)
        return row | {"attention_score": float(scores.normal())} if table == "predictions" else row

    planted = _module(TESTS / "report" / "conftest.py").plant_run(
        tmp_path, with_attention, n_foans=n_foans, frames_per_foan=frames_per_foan
    )
    _link_images(planted.catalog)
    began, began_wall = time.process_time(), time.perf_counter()
    report = write_report(planted.catalog, None, tmp_path / "report.html", ReportSettings())
    spent_s, wall_s = time.process_time() - began, time.perf_counter() - began_wall
    with capsys.disabled():
        print(f"\nfracto report, {len(planted.labels):,} answers of {n_foans:,} FOANs: {case}")  # noqa: T201
        print(f"  processor time {spent_s:7.1f} s (asked: under {TARGET_S:.0f} s)")  # noqa: T201 - the result
        print(f"  wall clock     {wall_s:7.1f} s, {os.cpu_count()} core(s)")  # noqa: T201 - the result
    assert (report.folder / "specimen_subsets.csv").exists()
    assert spent_s < TARGET_S
