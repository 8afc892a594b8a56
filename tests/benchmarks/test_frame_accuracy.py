"""How well SEM frames are read: invented hard ones with planted truth, and the shared real ones, as tables."""

import csv
import os
import resource
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import frame_accuracy
import numpy as np
import pytest
from hard_frames.bare import BARE, paint_bare
from hard_frames.frames import make_frame
from hard_frames.truth import FrameTruth

from data_contracts.pixels import load_grey
from data_contracts.records import Failure, MicrographReading
from fractocurate.micrographs import resident
from fractocurate.micrographs.leftovers import find_leftover
from fractocurate.micrographs.printed import look_at
from fractocurate.micrographs.read import read_micrograph
from fractocurate.micrographs.settings import MicrographSettings
from fractocurate.micrographs.vendor_tags import VendorFacts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

N_BARE = int(os.environ.get("FRACTO_BARE_FRAMES", "510"))
N_FRAMES = int(os.environ.get("FRACTO_HARD_FRAMES", "320"))
SEEDS = tuple(int(seed) for seed in os.environ.get("FRACTO_HARD_SEEDS", "101").split(","))
"""Not those that anything was tuned on."""
SHARED = Path(os.environ.get("FRACTO_SHARED", Path(__file__).resolve().parents[2] / "../shared")) / "data" / "sem"
SHORT_BAR_PX = 60

Readings = dict[str, MicrographReading | Failure]
Hard = tuple[dict[str, FrameTruth], dict[Path, tuple[Path, ...]]]
"""Truth by name, sidecars by path."""


def _read(path: Path, sidecars: tuple[Path, ...]) -> MicrographReading | Failure:
    return read_micrograph(path, path.name, sidecars, MicrographSettings())


def read_all(files: Mapping[Path, tuple[Path, ...]]) -> Readings:
    """Every frame with its sidecars, in two processes."""
    with ProcessPoolExecutor(2) as pool:
        return {p.name: r for p, r in zip(files, pool.map(_read, files, files.values(), chunksize=4), strict=True)}


def show(capsys: pytest.CaptureFixture[str], *lines: str) -> None:
    """Print past pytest's capture."""
    with capsys.disabled():
        print(*lines, sep="\n")  # noqa: T201 - the result of a benchmark


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Hard:
    """Hard frames."""
    folder = tmp_path_factory.mktemp("hard")
    truth, files = {}, {}
    for seed in SEEDS:
        for number in range(N_FRAMES):
            frame = make_frame(number, seed)
            path = frame.save(folder / str(seed))
            path = path.rename(path.with_name(f"{seed}_{path.name}"))
            truth[path.name] = frame.truth
            files[path] = (path.parent / frame.sidecar_name,) if frame.sidecar_name else ()
    return truth, files


def test_hard_frames(hard: Hard, capsys: pytest.CaptureFixture[str]) -> None:
    """No bar is invented, no magnification is silently wrong, and most of everything is right."""
    truth, files = hard
    scores = frame_accuracy.score(read_all(files), truth)
    total = scores["all"]
    show(capsys, "", f"{len(truth)} invented hard frames, seeds {SEEDS}", frame_accuracy.table(scores))
    if os.environ.get("FRACTO_REMARKS"):
        show(capsys, *total.remarks)
    assert total.counts["failed"] == 0
    assert total.share("bare_whole", "bare") >= 0.98
    assert total.share("bar_found", "bars") >= 0.95
    assert total.counts["mag_wrong_silent"] <= 0.01 * total.counts["mag_known"]
    assert total.counts["size_wrong_silent"] <= 0.015 * total.counts["size_known"]
    assert total.share("mag_right", "mag_known") >= 0.88
    assert total.share("size_right", "size_known") >= 0.78


def test_bare_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    """Pictures without a letter that resemble bars and print: each is kept whole, and nothing is read from it."""
    with ProcessPoolExecutor(2) as pool:
        spoilt = [name for name in pool.map(_spoilt, range(N_BARE), chunksize=8) if name]
    show(capsys, "", f"bare pictures, seed {SEEDS[0]}: {len(spoilt)} of {N_BARE} cropped or read", *spoilt)
    assert len(spoilt) <= 0.005 * N_BARE


def _spoilt(number: int) -> str:
    """Kind and number of a bare picture that is cropped or from which a value is read; else empty."""
    name = tuple(BARE)[number % len(BARE)]
    grey = paint_bare(name, np.random.default_rng([SEEDS[0], number]))
    sight = look_at(grey, VendorFacts(), MicrographSettings())
    is_whole = sight.bar.crop.sides == (0, 0, *grey.shape[::-1])
    return "" if is_whole and not sight.readings else f"  {name} {number}"


def test_check_for_print_left(hard: Hard, capsys: pytest.CaptureFixture[str]) -> None:
    """The check that knows nothing of the finder: what it sees in uncropped frames, what it says of perfect crops."""
    truth, files = hard
    seen = alarms = n_printed = 0
    for path in files:
        true, grey = truth[path.name], load_grey(path).grey
        left, top, right, bottom = true.best_crop
        alarms += find_leftover(np.ascontiguousarray(grey[top:bottom, left:right])) is not None
        if true.ink_boxes:
            n_printed += 1
            seen += find_leftover(grey) is not None
    show(
        capsys,
        "",
        "check for print left in a crop",
        f"  sees it in {seen} of {n_printed} uncropped frames, raises {alarms} false alarms in {len(truth)} true crops",
    )
    assert seen >= 0.55 * n_printed
    assert alarms <= 0.01 * len(truth)


def _frames_per_second(files: Sequence[tuple[Path, tuple[Path, ...]]]) -> float:
    """Of processor time, that of Tesseract included: a busy machine changes it little."""

    def seconds() -> float:
        resident._close_all()
        resident._residents.clear()
        of_children = resource.getrusage(resource.RUSAGE_CHILDREN)
        return time.process_time() + of_children.ru_utime + of_children.ru_stime

    began = seconds()
    for path, sidecars in files:
        _read(path, sidecars)
    return len(files) / (seconds() - began)


def test_speed(hard: Hard, capsys: pytest.CaptureFixture[str]) -> None:
    """Frames a second of one core, by what has to be read on them."""
    truth, files = hard
    groups = {
        "tags and a bar": lambda t: t.tag == "fits" and t.solid_box is not None,
        "a bar alone": lambda t: not t.tag and t.solid_box is not None,
        "print on the picture": lambda t: t.bar_kind == "overlay",
        "nothing": lambda t: t.bar_kind == "none",
    }
    rates = {}
    for name, belongs in groups.items():
        chosen = [(path, sidecars) for path, sidecars in files.items() if belongs(truth[path.name])][:40]
        rates[name] = _frames_per_second(chosen)
    show(capsys, "", "frames a second of one core", *(f"  {name:<24}{rate:6.1f}" for name, rate in rates.items()))
    assert rates["tags and a bar"] >= 12


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared frames")
def test_shared_frames_by_instrument(capsys: pytest.CaptureFixture[str]) -> None:
    """Real frames: bars, magnification and pixel size, a line for each folder."""
    with (SHARED / "truth.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    paths = {row["file"]: next(iter(SHARED.rglob(row["file"]))) for row in rows}
    found = read_all({path: _sidecars(path) for path in paths.values()})
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        reading = found[paths[row["file"]].name]
        assert isinstance(reading, MicrographReading)
        for key in (row["file"].split("/")[0], "all"):
            line = counts.setdefault(key, {})
            for event in _events(row, reading):
                line[event] = line.get(event, 0) + 1
    columns = (
        "frames",
        "bars",
        "bar right",
        "bare",
        "whole",
        "mag",
        "mag right",
        "mag !",
        "size",
        "size right",
        "size !",
    )
    head = f"{'':24}" + "".join(f"{c:>11}" for c in columns)
    lines = [f"{key:24}" + "".join(f"{line.get(c, 0):>11}" for c in columns) for key, line in counts.items()]
    show(capsys, "", "shared frames; ! is wrong and not flagged", head, *lines)
    assert counts["all"].get("mag !", 0) == 0
    assert counts["all"]["bar right"] == counts["all"]["bars"]
    assert counts["all"]["whole"] == counts["all"]["bare"]


def _sidecars(path: Path) -> tuple[Path, ...]:
    return tuple(p for p in (path.with_suffix(".txt"), path.with_suffix(".hdr")) if p.is_file())


def _events(row: Mapping[str, str], reading: MicrographReading) -> list[str]:
    events = ["frames"]
    crop = reading.crop_box
    if row["bar_kind"] == "bottom" and row["bar_top_y"]:
        top = int(row["bar_top_y"])
        events += ["bars", *(["bar right"] if 0.98 * top <= crop.bottom <= top + 3 else [])]
    if row["bar_kind"] == "none":
        is_whole = (crop.width, crop.height) == (reading.width_px, reading.height_px)
        events += ["bare", *(["whole"] if is_whole else [])]
    short = bool(row["scale_bar_px"]) and float(row["scale_bar_px"]) < SHORT_BAR_PX
    for key, column, value, word, tolerance in (
        ("mag", "magnification_printed", reading.magnification, "magnification", 0.01),
        ("size", "pixel_size_nm", reading.pixel_size_nm, "pixel size", 0.05 if short else 0.02),
    ):
        if not row[column]:
            continue
        events.append(key)
        if value is not None and abs(value - float(row[column])) <= tolerance * float(row[column]):
            events.append(f"{key} right")
        elif value is not None and not any(word in issue for issue in reading.issues):
            events.append(f"{key} !")
    return events
