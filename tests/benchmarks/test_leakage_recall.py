"""How much of a planted leak the audit finds, and how many strangers it takes for one, as tables."""

import csv
import itertools
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from leakage_recall import (
    Audited,
    Cropped,
    NamePair,
    find_pairs,
    plant_all,
    read_all,
    recall_table,
)

from fractocurate.demo.archive import make_archive
from fractocurate.leakage.planted import PLANTED_KINDS
from fractocurate.leakage.self_test import STRANGERS, SelfTestResult, measure_recall

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

N_PLANTED = int(os.environ.get("FRACTO_PLANTED", "25"))
"""Frames that copies are made from; each costs some ten seconds of a core."""
_NO_BAR = 10**6
_FEWEST_PICTURE_ROWS = 50


def show(capsys: pytest.CaptureFixture[str], *lines: str) -> None:
    """Print past pytest's capture."""
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201 - the result of a benchmark


def self_test(
    frames: Mapping[str, Cropped], audited: Mapping[str, Audited], foan_of: Mapping[str, str]
) -> dict[str, SelfTestResult]:
    """Recall by kind over evenly chosen frames, searched among all."""
    names = sorted(frames)[:: max(len(frames) // N_PLANTED, 1)][:N_PLANTED]
    planted = plant_all({name: frames[name] for name in names})
    results = measure_recall(
        {name: a[0] for name, a in audited.items()},
        {name: a[1] for name, a in audited.items()},
        planted,
        foan_of,
        find_pairs(audited),
        max_hamming=10,
    )
    return {result.kind: result for result in results}


def table(results: Mapping[str, SelfTestResult]) -> list[str]:
    """One line for each kind."""
    lines = [f"{'planted':16}{'number':>8}{'paper':>8}{'full':>8}{'recall':>10}  Wilson 95 %"]
    for kind, r in results.items():
        low, high = r.interval
        lines.append(
            f"{kind:16}{r.n_planted:8}{r.n_found_by_paper:8}{r.n_found:8}{r.share:10.2%}  {low:.3%} to {high:.3%}"
        )
    return lines


def test_planted_copies_of_invented_frames_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Copies that keep the whole field, crops to a half and zooms to 2x are all found, zooms to 4x mostly."""
    root = tmp_path / "archive"
    make_archive(root, n_foans=8, sizes=[(640, 480)], clean=True)
    frames: dict[str, Cropped] = {}
    foan_of = {}
    with (root / "truth/images.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["status"] == "ok":
                rows_px = (int(row["crop_top_px"]), int(row["crop_bottom_px"]))
                size_nm = float(row["pixel_size_nm"]) if row["pixel_size_nm"] else None
                frames[row["file"]] = (root / row["file"], rows_px, size_nm)
                foan_of[row["file"]] = row["foan"]
    results = self_test(frames, read_all(frames), foan_of)
    show(capsys, "copies planted in invented frames", *table(results))
    for kind in PLANTED_KINDS:
        lowest = {"zoom_4x": 0.8, "zoom_8x": 0.2}.get(kind, 0.95)
        assert results[kind].share >= lowest, kind
    assert results[STRANGERS].n_found == 0


@pytest.mark.shared
def test_true_pairs_of_shared_frames(shared_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Real frames: the full audit finds at least all that the paper's finds, and zooms that it cannot see."""
    folder = shared_folder / "data/sem"
    frames: dict[str, Cropped] = {}
    with (folder / "truth.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            top = int(row["bar_top_y"] or 0) if row["bar_kind"] == "bottom" else 0
            size_nm = float(row["pixel_size_nm"]) if row["pixel_size_nm"] else None
            path = next(p for p in (folder / row["file"], folder / "images" / row["file"]) if p.is_file())
            frames[row["file"]] = (path, (0, top if top > _FEWEST_PICTURE_ROWS else _NO_BAR), size_nm)
    with (folder / "duplicates.csv").open(encoding="utf-8") as rows:
        kind_of = {_in_order(row["file_a"], row["file_b"]): row["type"] for row in csv.DictReader(rows)}
    audited = read_all(frames)
    confirmed = {(p.micrograph_a, p.micrograph_b) for p in find_pairs(audited) if p.is_confirmed}
    show(capsys, "true pairs of shared frames", *recall_table(find_pairs(audited), kind_of))
    # Frames of one folder may show one field without a word in the truth; those of two folders come from two places.
    strangers = {(a, b): "" for a in frames for b in frames if a < b and a.split("/")[0] != b.split("/")[0]}
    results = self_test(frames, audited, {name: name.split("/")[0] for name in frames})
    show(capsys, "copies planted in shared frames", *table(results))
    assert not confirmed & strangers.keys()
    assert sum(names in confirmed for names in kind_of) > len(kind_of) / 2


@pytest.mark.shared
def test_true_pairs_of_the_shared_archive(shared_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every planted duplicate is found; nested fields by scale, as a table; strangers are not confirmed."""
    folder = shared_folder / "data/archive"
    frames: dict[str, Cropped] = {}
    foan_of = {}
    original_of = {}
    with (folder / "truth/images.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if not row["status"].startswith("broken"):
                original_of[row["file"]] = row["dup_of"] or row["file"]
                top = int(float(row["bar_y0"])) if row["bar_kind"] == "strip_bottom" else _NO_BAR
                size_nm = float(row["pixel_size_nm"]) if row["pixel_size_nm"] else None
                frames[row["file"]] = (folder / row["file"], (0, top), size_nm)
                foan_of[row["file"]] = row["specimen"]
    with (folder / "truth/pairs.csv").open(encoding="utf-8") as rows:
        kind_of = {_in_order(row["a"], row["b"]): _kind(row) for row in csv.DictReader(rows)}
    kind_of |= _pairs_of_copies(original_of, kind_of)
    audited = read_all(frames)
    pairs = find_pairs(audited, foan_of)
    show(capsys, "true pairs of the shared archive", *recall_table(pairs, kind_of))
    results = self_test(frames, audited, foan_of)
    show(capsys, "copies planted in the shared archive", *table(results))
    confirmed = {(p.micrograph_a, p.micrograph_b) for p in pairs if p.is_confirmed}
    duplicates = {names for names, kind in kind_of.items() if kind.startswith("duplicate")}
    assert duplicates <= confirmed
    assert results[STRANGERS].share < 1e-3


def _pairs_of_copies(original_of: Mapping[str, str], kind_of: Mapping[NamePair, str]) -> dict[NamePair, str]:
    """Pairs that the truth implies without listing them: a copy shows whatever its original shows."""
    implied: dict[NamePair, str] = {}
    for a, b in itertools.combinations(sorted(original_of), 2):
        originals = _in_order(original_of[a], original_of[b])
        if (a, b) not in kind_of and (originals[0] == originals[1] or originals in kind_of):
            implied[a, b] = "implied by a copy's original"
    return implied


def _kind(row: Mapping[str, str]) -> str:
    if row["kind"].startswith("duplicate"):
        return row["kind"]
    scale = float(row["scale"])
    scale = max(scale, 1 / scale)
    return f"{row['kind']} up to {next((n for n in (2.5, 5, 10) if scale <= n), 100)}x"


def _in_order(a: str, b: str) -> NamePair:
    return (a, b) if a < b else (b, a)
