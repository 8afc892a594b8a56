"""Speed as ratios within one run, printed as a table: absolute times say more about a machine than about Fracto."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from data_contracts.catalog import Catalog
from fractocurate.demo.archive import make_archive
from fractocurate.leakage.fingerprints import fingerprint
from fractocurate.leakage.pairs import find_similar_pairs
from fractocurate.profile import load_profile
from fractocurate.progress import Silent
from fractocurate.stages.ingest import ingest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some sixty frames and ten reports."""
    root = tmp_path_factory.mktemp("speed") / "archive"
    make_archive(root, n_foans=6, sizes=[(512, 384)], clean=True)
    return root


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def ingest_into(archive: Path, path: Path, jobs: int) -> None:
    """One run over the whole archive."""
    profile = load_profile(archive / "site.yaml")
    with Catalog.open(path) as catalog:
        ingest(catalog, archive / "reports", archive / "images", profile, jobs, Silent())


def show(capsys: pytest.CaptureFixture[str], title: str, times_s: dict[str, float], ratio: float) -> None:
    """Print a table, past pytest's capture."""
    with capsys.disabled():
        print(f"\n{title}")  # noqa: T201 - the result of a benchmark
        for name, time_s in times_s.items():
            print(f"  {name:<28} {time_s:8.2f} s")  # noqa: T201 - as above
        print(f"  {'ratio':<28} {ratio:8.3f}")  # noqa: T201 - as above


def test_second_ingest_costs_less_than_a_tenth(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unchanged archive costs a look at its files, not their reading."""
    catalog = tmp_path / "catalog.duckdb"
    first_s = seconds(lambda: ingest_into(archive, catalog, 1))
    second_s = seconds(lambda: ingest_into(archive, catalog, 1))
    show(capsys, "ingest", {"first": first_s, "second": second_s}, second_s / first_s)
    assert second_s < 0.1 * first_s


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two processors")
def test_two_workers_are_faster_than_one(archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reading spreads over processors; the start of a worker costs something too."""
    one_s = seconds(lambda: ingest_into(archive, tmp_path / "one.duckdb", 1))
    two_s = seconds(lambda: ingest_into(archive, tmp_path / "two.duckdb", 2))
    show(capsys, "ingest", {"1 worker": one_s, "2 workers": two_s}, two_s / one_s)
    assert two_s < 0.9 * one_s


def test_candidates_are_faster_than_comparing_all_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    """Perceptual hashes leave few pairs for SSIM; comparing every pair finds no pair more within their distance."""
    rng = np.random.default_rng(5)
    frames = [rng.integers(0, 256, (12, 16), dtype=np.uint8).repeat(10, 0).repeat(10, 1) for _ in range(120)]
    frames += [np.clip(f.astype(int) + 3, 0, 255).astype(np.uint8) for f in frames[:20]]
    prints = {f"{number:016x}": fingerprint(frame) for number, frame in enumerate(frames)}

    def all_pairs() -> int:
        return sum(
            structural_similarity(a, b, data_range=255) >= 0.5 for i, a in enumerate(frames) for b in frames[i + 1 :]
        )

    found: list[object] = []
    quick_s = seconds(lambda: found.extend(find_similar_pairs(prints)))
    slow_s = seconds(all_pairs)
    show(
        capsys,
        "similar pairs of 140 frames",
        {"candidates, then SSIM": quick_s, "SSIM of all": slow_s},
        quick_s / slow_s,
    )
    assert len(found) >= 20
    assert quick_s < 0.5 * slow_s
