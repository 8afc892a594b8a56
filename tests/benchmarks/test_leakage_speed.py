"""What the audit costs, in seconds of a processor, as tables; and the same of imagededup."""

import json
import os
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image

from data_contracts.catalog import Catalog
from data_contracts.vocabulary import AuditKind, SplitStrategy
from fractocurate.demo.noise import View
from fractocurate.demo.textures import SUB_TYPES, make_surface, render
from fractocurate.leakage.candidates import find_candidates, hashes_from_hex
from fractocurate.leakage.feature_index import find_sharing_frames
from fractocurate.leakage.fingerprints import GreyFrame, fingerprint, phash
from fractocurate.leakage.folds import plan_folds
from fractocurate.leakage.full_search import find_all_pairs
from fractocurate.leakage.local_features import find_features
from fractocurate.leakage.pairs import ImageFile, find_similar_pairs, pairs_between_files
from fractocurate.leakage.planted import plant_copies
from fractocurate.leakage.rates import LeakageRate, measure_leakage
from fractocurate.leakage.settings import PAPER_K, SSIM_THRESHOLDS
from fractocurate.leakage.verification import AuditedFrame
from fractocurate.stages.fingerprinting import stored_prints

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

N_FRAMES = int(os.environ.get("FRACTO_AUDIT_FRAMES", "300"))
N_HASHES = int(os.environ.get("FRACTO_HASHES", "100000"))
IMAGEDEDUP_PYTHON = os.environ.get("FRACTO_IMAGEDEDUP", "")
"""Python of an environment that imagededup is installed in."""
FRAMES_OF_FOAN = 15
N_PRINTS = 8500
CHANGED_BITS = 0.13
"""Share of a copy's hash bits that are changed: some 15,000 of 36 million pairs are then candidates."""
_FIELD_PX = 1280
T = TypeVar("T")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Result and processor time of this process."""
    began = time.process_time()
    return work(), time.process_time() - began


def invented_frames(n_frames: int) -> list[tuple[str, GreyFrame, float]]:
    """FOAN, frame and pixel size: an overview of each FOAN and zooms into it, each with noise of its own."""
    frames: list[tuple[str, GreyFrame, float]] = []
    for seed in range(-(-n_frames // FRAMES_OF_FOAN)):
        rng = np.random.default_rng([seed, 4])
        defect_class = list(SUB_TYPES)[seed % 3]
        surface = make_surface(9000 + seed, defect_class, SUB_TYPES[defect_class][seed % 3])
        picture = render(surface, View(0.0, 0.0, 0.5, _FIELD_PX, _FIELD_PX * 3 // 4))
        low, high = np.percentile(picture, (1, 99))
        field = Image.fromarray((np.clip((picture - low) / (high - low), 0, 1) * 220 + 15).astype(np.uint8))
        for _ in range(FRAMES_OF_FOAN):
            zoom = float(rng.choice([1.0, 1.5, 2.0, 3.0, 5.0]))
            width, height = field.width / zoom, field.height / zoom
            left, top = rng.uniform(0, field.width - width), rng.uniform(0, field.height - height)
            view = field.resize((640, 480), Image.Resampling.BICUBIC, (left, top, left + width, top + height))
            noisy = np.asarray(view) + rng.normal(0, 6, (480, 640))
            frames.append((f"F-{seed}", np.clip(noisy, 0, 255).astype(np.uint8), 1000 / zoom))
    return frames[:n_frames]


def test_full_audit_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    """Fingerprints, features, candidates and verification; then the same with a tenth of the frames added."""
    frames = {f"{n:06}": frame for n, frame in enumerate(invented_frames(N_FRAMES))}
    prints, of_prints = timed(lambda: {i: fingerprint(grey) for i, (_, grey, _) in frames.items()})
    found, of_features = timed(lambda: {i: find_features(grey) for i, (_, grey, _) in frames.items()})
    audited = {i: AuditedFrame(found[i], 640, 480, size_nm) for i, (_, _, size_nm) in frames.items()}
    foan_of = {i: foan for i, (foan, _, _) in frames.items()}
    _, of_table = timed(lambda: find_similar_pairs(prints))
    widths = [a.field_width_nm for a in audited.values()]
    sharing, of_index = timed(lambda: find_sharing_frames(list(found.values()), widths).pairs)
    counts: list[int] = []
    pairs, of_all = timed(
        lambda: find_all_pairs(prints, audited, foan_of=foan_of, on_pair=lambda _, n: counts.append(n)).pairs
    )
    known = sorted(frames)[: -max(N_FRAMES // 10, 1)]
    added, of_added = timed(lambda: find_all_pairs(prints, audited, foan_of=foan_of, known=known).pairs)
    last = sorted(frames)[len(known) :]
    _, of_last = timed(
        lambda: find_all_pairs({i: prints[i] for i in last}, {i: audited[i] for i in last}, foan_of=foan_of)
    )
    rows = {
        "fingerprint": of_prints,
        "local features": of_features,
        "pHash pairs and SSIM": of_table,
        "index of features": of_index,
        "all pairs, verified": of_all,
        f"the last {len(last)} added": of_added,
        f"the last {len(last)} alone": of_last,
    }
    with capsys.disabled():
        print(f"\n{N_FRAMES} frames, {len(sharing)} sharing, {len(counts)} compared, {len(pairs)} pairs")  # noqa: T201
        for name, seconds in rows.items():
            print(f"{name:24}{seconds:9.2f} s of a core{seconds / N_FRAMES * 1e3:9.2f} ms a frame")  # noqa: T201
    strangers = [p for p in pairs if p.field is not None and foan_of[p.micrograph_a] != foan_of[p.micrograph_b]]
    assert not strangers
    assert added == tuple(p for p in pairs if p.micrograph_a in last or p.micrograph_b in last)


def test_from_stored_fingerprints_to_table_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """8,500 fingerprints in a catalog, their hashes near enough for thousands of pairs: read, paired, split, rated."""
    rng = np.random.default_rng(1)
    originals = [fingerprint(grey) for _, grey, _ in invented_frames(90)]
    rows, files = [], []
    for n in range(N_PRINTS):
        print_ = originals[n % len(originals)]
        changed = int(print_.phash, 16) ^ sum(1 << int(bit) for bit in np.flatnonzero(rng.random(64) < CHANGED_BITS))
        name = f"{n:016x}"
        row = {**{f.name: getattr(print_, f.name) for f in fields(print_)}, "micrograph_id": name}
        row |= {"phash": f"{changed:016x}", "pixel_sha256": f"{n:064x}"}
        rows.append({**row, "whole_phash": None, "whole_thumbnail_png": None})
        files.append(ImageFile(f"{name}.png", name, f"F-{n // 12}", list(SUB_TYPES)[n // 12 % 3]))
    with Catalog.open(tmp_path / "catalog.duckdb") as catalog:
        with catalog.transaction():
            catalog.append("fingerprints", rows)
        (prints, _), of_reading = timed(lambda: stored_prints(catalog))
    pairs, of_pairs = timed(lambda: find_similar_pairs(prints))

    def table_1() -> tuple[LeakageRate, ...]:
        plan = plan_folds(files, SplitStrategy.IMAGE)
        return measure_leakage(plan, pairs_between_files(files, pairs), audit=AuditKind.PAPER, k=PAPER_K)

    rates, of_table = timed(table_1)
    with capsys.disabled():
        print(f"\n{N_PRINTS} fingerprints, {len(pairs)} candidate pairs")  # noqa: T201
        print(f"read {of_reading:.1f}, paired and compared {of_pairs:.1f}, split and rated {of_table:.1f} s of a core")  # noqa: T201
    assert len(rates) == 6 * len(SSIM_THRESHOLDS)


def test_all_pairs_of_many_hashes(capsys: pytest.CaptureFixture[str]) -> None:
    """All pairs within distance 10 of random hashes, planted near ones among them."""
    rng = np.random.default_rng(5)
    hashes = rng.integers(0, 2**63, N_HASHES, dtype=np.uint64) * np.uint64(2) + rng.integers(0, 2, N_HASHES).astype(
        np.uint64
    )
    planted = rng.choice(N_HASHES // 2, 500, replace=False)
    hashes[planted + N_HASHES // 2] = hashes[planted] ^ np.uint64(0b1011)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    pairs, seconds = timed(lambda: find_candidates(hashes, 10))
    megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    with capsys.disabled():
        print(f"\n{N_HASHES} hashes: {len(pairs)} pairs, {seconds:.1f} s of a core, {megabytes:.0f} MB more at most")  # noqa: T201
    among = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    assert {(int(p), int(p) + N_HASHES // 2) for p in planted} <= among


_THEIRS = """
import sys, time, json, numpy as np
from imagededup.methods import PHash
frames = np.load(sys.argv[1])
began = time.process_time()
hasher = PHash(verbose=False)
hashes = {f"{n:06}": hasher.encode_image(image_array=frame) for n, frame in enumerate(frames)}
found = hasher.find_duplicates(encoding_map=hashes, max_distance_threshold=10, num_enc_workers=0, num_dist_workers=0)
seconds = time.process_time() - began
json.dump([seconds, sorted({tuple(sorted((a, b))) for a, others in found.items() for b in others})], sys.stdout)
"""


@pytest.mark.skipif(not IMAGEDEDUP_PYTHON, reason="FRACTO_IMAGEDEDUP names no Python that has imagededup")
def test_against_imagededup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same decoded frames, hashed and paired by either; planted copies of equal shape."""
    originals = [grey for _, grey, _ in invented_frames(N_FRAMES)]
    copies: dict[int, tuple[int, str]] = {}
    stack = list(originals)
    for n, grey in enumerate(originals[:40]):
        for copy in plant_copies(grey, str(n), with_pixels=True):
            if copy.frame.width_px == 640 and copy.frame.height_px == 480 and copy.pixels is not None:
                copies[len(stack)] = (n, copy.kind)
                stack.append(copy.pixels)
    np.save(tmp_path / "frames.npy", np.stack(stack))
    answer = subprocess.run(
        [IMAGEDEDUP_PYTHON, "-c", _THEIRS, str(tmp_path / "frames.npy")], capture_output=True, text=True, check=True
    )
    seconds_theirs, listed = json.loads(answer.stdout[answer.stdout.index("[") :])
    theirs = {(int(a), int(b)) for a, b in listed}

    def ours() -> set[tuple[int, int]]:
        found = find_candidates(hashes_from_hex(phash(Image.fromarray(frame)) for frame in stack), 10)
        return set(zip(found.first.tolist(), found.second.tolist(), strict=True))

    mine, seconds_ours = timed(ours)
    prints, of_prints = timed(lambda: {f"{n:06}": fingerprint(frame) for n, frame in enumerate(stack)})
    _, of_pairs = timed(lambda: find_similar_pairs(prints))
    kinds = sorted({kind for _, kind in copies.values()})
    with capsys.disabled():
        print(f"\n{len(stack)} frames, hashed and paired: ours {seconds_ours:.2f} s, imagededup {seconds_theirs:.2f} s")  # noqa: T201
        print(f"ours with thumbnail, digest and SSIM of the pairs: {of_prints + of_pairs:.2f} s")  # noqa: T201
        print(f"{'copies':16}{'number':>8}{'ours':>8}{'theirs':>8}")  # noqa: T201
        for kind in kinds:
            of_kind = [(original, copy) for copy, (original, its) in copies.items() if its == kind]
            found = (sum(p in mine for p in of_kind), sum(p in theirs for p in of_kind))
            print(f"{kind:16}{len(of_kind):8}{found[0]:8}{found[1]:8}")  # noqa: T201
    pairs = {(original, copy) for copy, (original, _) in copies.items()}
    assert len(pairs & mine) >= len(pairs & theirs)
    assert seconds_theirs >= 3 * seconds_ours
