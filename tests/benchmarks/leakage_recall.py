"""Helpers of the leakage benchmark: frames read and cropped, pairs found, and what they say against a truth."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from data_contracts.pixels import load_grey
from fractocurate.leakage.fingerprints import Fingerprint, fingerprint
from fractocurate.leakage.full_search import find_all_pairs
from fractocurate.leakage.local_features import find_features
from fractocurate.leakage.pairs import SimilarPair
from fractocurate.leakage.planted import Planted, plant_copies
from fractocurate.leakage.settings import DEFAULT_MAX_HAMMING, HEADLINE_SSIM
from fractocurate.leakage.verification import AuditedFrame
from fractocurate.workers import WorkerPool

Cropped = tuple[Path, tuple[int, int], float | None]
"""File, first and last row (half-open) without the data bar, pixel size in nm."""
Audited = tuple[Fingerprint, AuditedFrame]
NamePair = tuple[str, str]


def read_frame(cropped: Cropped) -> Audited:
    """Fingerprint and features of one frame without its bar."""
    path, (top, bottom), pixel_size_nm = cropped
    grey = load_grey(path).grey[top:bottom]
    return fingerprint(grey), AuditedFrame(find_features(grey), grey.shape[1], grey.shape[0], pixel_size_nm)


def plant(cropped: Cropped) -> list[Planted]:
    """Copies of one frame."""
    path, (top, bottom), pixel_size_nm = cropped
    return list(plant_copies(load_grey(path).grey[top:bottom], path.name, pixel_size_nm))


def read_all(frames: Mapping[str, Cropped]) -> dict[str, Audited]:
    """Every frame by name, in two processes."""
    with ProcessPoolExecutor(2) as pool:
        return dict(zip(frames, pool.map(read_frame, frames.values(), chunksize=4), strict=True))


def plant_all(frames: Mapping[str, Cropped]) -> dict[str, list[Planted]]:
    """Copies of every frame by name, in two processes."""
    with ProcessPoolExecutor(2) as pool:
        return dict(zip(frames, pool.map(plant, frames.values()), strict=True))


def find_pairs(frames: Mapping[str, Audited], foan_of: Mapping[str, str] | None = None) -> tuple[SimilarPair, ...]:
    """The full audit of some frames."""
    prints, audited = {n: a[0] for n, a in frames.items()}, {n: a[1] for n, a in frames.items()}
    with WorkerPool(2) as pool:
        return find_all_pairs(prints, audited, foan_of=foan_of, pool=pool).pairs


def recall_table(pairs: Iterable[SimilarPair], kind_of: Mapping[NamePair, str]) -> list[str]:
    """Lines: of each kind of true pair their number and how many each audit finds; then pairs that no truth names."""
    full, paper = set(), set()
    for pair in pairs:
        names = (pair.micrograph_a, pair.micrograph_b)
        if pair.is_confirmed:
            full.add(names)
        if pair.hamming <= DEFAULT_MAX_HAMMING and pair.ssim >= HEADLINE_SSIM:
            paper.add(names)
    totals = Counter(kind_of.values())
    rows: Sequence[tuple[str, int, int, int]] = [
        (
            kind,
            total,
            sum(names in paper for names, its in kind_of.items() if its == kind),
            sum(names in full for names, its in kind_of.items() if its == kind),
        )
        for kind, total in sorted(totals.items())
    ]
    rows = [*rows, ("all", len(kind_of), len(paper & kind_of.keys()), len(full & kind_of.keys()))]
    rows = [*rows, ("not in the truth", 0, len(paper - kind_of.keys()), len(full - kind_of.keys()))]
    head = f"{'true pairs':28}{'number':>8}{'paper':>8}{'full':>8}"
    return [head, *(f"{kind:28}{total:8}{by_paper:8}{found:8}" for kind, total, by_paper, found in rows)]
