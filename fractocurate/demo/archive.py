"""Builds the whole archive: plan, draw, file, and keep the truth."""

import csv
import hashlib
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from fractocurate.demo.copies import PlantedCopy, WrittenFrame, plant_copies
from fractocurate.demo.filing import file_reports
from fractocurate.demo.frames import Exposure, draw, encode, hitachi_sidecar, write_bytes, zeiss_text
from fractocurate.demo.naming import Namer
from fractocurate.demo.odd_files import BROKEN_IMAGES, ODD_IMAGES
from fractocurate.demo.plan import FramePlan, make_instances, plan_frames
from fractocurate.demo.report_pdfs import FigureContent
from fractocurate.demo.truth import (
    ImageTruth,
    PairTruth,
    RegionTruth,
    ReportTruth,
    broken_truth,
    image_truth,
    nested_pairs,
    pair_truth,
    region_truth,
    table_csv,
)

SITE_PROFILE = Path(__file__).resolve().parent / "site.yaml"
PARTS = ("reports", "images", "truth", "labels.csv", "site.yaml")
"""What `make_archive` writes below its folder."""


@dataclass(slots=True)
class Truth:
    """What is known about the archive, in the order of writing."""

    images: list[ImageTruth] = field(default_factory=list)
    regions: list[RegionTruth] = field(default_factory=list)
    pairs: list[PairTruth] = field(default_factory=list)
    reports: list[ReportTruth] = field(default_factory=list)


def make_archive(
    out: Path,
    *,
    seed: int = 7,
    n_foans: int = 24,
    sizes: list[tuple[int, int]],
    clean: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Truth:
    """Write an archive below ``out`` (which must not hold one already) and return its truth.

    Args:
        out: Folder for ``reports/``, ``images/``, ``truth/`` and ``labels.csv``.
        seed: The same seed gives the same bytes.
        n_foans: Reported FOANs; two more have frames but no readable report.
        sizes: Picture sizes (width, height) in pixels without data bar, taken in turn by the instances.
        clean: Leave out the broken files; unusual but readable images stay.
        say: Takes one line of progress at a time.
    """
    rng = np.random.default_rng(seed)
    instances = make_instances(rng, n_foans)
    plans = plan_frames(rng, instances, sizes)
    namer, truth = Namer(rng), Truth()
    say(f"{n_foans + 2} FOANs, {len(instances)} fracture instances, {len(plans)} exposures")

    frames: list[WrittenFrame] = []
    for number, plan in enumerate(plans, start=1):
        frames.append(_take_frame(plan, namer))
        if number % 50 == 0 or number == len(plans):
            say(f"frames drawn: {number} of {len(plans)}")
    odd = _make_odd(rng, frames)
    frames = [odd.get(frame.name.path, (frame, ""))[0] for frame in frames]
    for frame in frames:
        _write_frame(out, frame, truth, status=odd[frame.name.path][1] if frame.name.path in odd else "ok")

    sources = [
        frame
        for frame, row in zip(frames, truth.images, strict=True)
        if row.expect == "match" and row.status == "ok" and not frame.plan.microscope.metadata
    ]
    nested = [(frame.plan, _file(frame)) for frame in frames]
    for planted in plant_copies(rng, namer, sources):
        _write_copy(out, planted, truth)
        if planted.kind in {"shifted", "reacquired"}:
            nested.append((planted.copy.plan, _file(planted.copy)))
    known = {frozenset((pair.file_a, pair.file_b)) for pair in truth.pairs}
    truth.pairs += [pair for pair in nested_pairs(nested) if frozenset((pair.file_a, pair.file_b)) not in known]
    if not clean:
        _write_broken_images(out, rng, frames, namer, truth)
    say(f"image files: {len(truth.images)}, pairs that show the same place: {len(truth.pairs)}")

    for report in file_reports(rng, instances, _figures(frames), clean=clean):
        write_bytes(out / report.file, report.content)
        truth.reports += report.rows
    say(f"report files: {len({row.file for row in truth.reports})}")
    _write_truth(out, truth)
    return truth


def _file(frame: WrittenFrame) -> str:
    return f"images/{frame.name.path}"


def _take_frame(plan: FramePlan, namer: Namer) -> WrittenFrame:
    label = plan.instance.foan if plan.microscope.foan_in_bar else ""
    drawn = draw(plan, Exposure(plan.noise_seed), label=label)
    tag_text = zeiss_text(plan) if plan.microscope.metadata == "zeiss_tag" else ""
    return WrittenFrame(plan, drawn, namer.name(plan), encode(drawn.pixels, plan.file_format, zeiss_text=tag_text))


def _make_odd(rng: np.random.Generator, frames: list[WrittenFrame]) -> dict[str, tuple[WrittenFrame, str]]:
    """Some frames in unusual encodings, by path; their suffix decides which encoding suits them."""
    odd: dict[str, tuple[WrittenFrame, str]] = {}
    for status, suffix, make in ODD_IMAGES:
        suited = [
            frame
            for frame in frames
            if frame.plan.file_format == suffix and not frame.plan.microscope.metadata and frame.name.path not in odd
        ]
        if suited:
            frame = suited[int(rng.integers(len(suited)))]
            odd[frame.name.path] = (replace(frame, content=make(frame.drawn.pixels)), status)
    return odd


def _write_frame(out: Path, frame: WrittenFrame, truth: Truth, *, status: str) -> None:
    file = _file(frame)
    write_bytes(out / file, frame.content)
    if frame.plan.microscope.metadata == "hitachi_sidecar":
        sidecar = (out / file).with_suffix(".txt")
        write_bytes(sidecar, hitachi_sidecar(frame.plan, frame.drawn, (out / file).name))
    row = image_truth(frame.plan, frame.drawn, frame.name, file, _sha256(frame.content))
    truth.images.append(replace(row, status=status))
    truth.regions.append(region_truth(frame.plan, frame.drawn, file))


def _write_copy(out: Path, planted: PlantedCopy, truth: Truth) -> None:
    copy, source_file = planted.copy, _file(planted.source)
    file = _file(copy)
    write_bytes(out / file, copy.content)
    row = image_truth(copy.plan, copy.drawn, copy.name, file, _sha256(copy.content))
    row = replace(row, copy_of=source_file)
    if planted.misfiled:
        # Two names claim the same bytes for two specimens: nobody can tell from the archive which one is right.
        row = replace(row, expect="review")
        place = next(k for k, image in enumerate(truth.images) if image.file == source_file)
        truth.images[place] = replace(truth.images[place], expect="review")
    truth.images.append(row)
    truth.regions.append(region_truth(copy.plan, copy.drawn, file))
    truth.pairs.append(pair_truth(planted.source.plan, copy.plan, source_file, file, planted.kind))


def _write_broken_images(
    out: Path, rng: np.random.Generator, frames: list[WrittenFrame], namer: Namer, truth: Truth
) -> None:
    for status, suffix, spoil in BROKEN_IMAGES:
        frame = frames[int(rng.integers(len(frames)))]
        instance = frame.plan.instance
        path = namer.take(f"from USB/{instance.foan}_{instance.serial_number}_recovered.{suffix}")
        content = spoil(frame.drawn.pixels)
        write_bytes(out / "images" / path, content)
        truth.images.append(broken_truth(f"images/{path}", _sha256(content), status))


def _figures(frames: list[WrittenFrame]) -> dict[str, list[FigureContent]]:
    """Frames that reports may show, by serial number: those around the origin, small magnifications first."""
    figures: dict[str, list[FigureContent]] = {}
    for frame in frames:
        if frame.plan.on_origin:
            content = FigureContent(frame.drawn.pixels, frame.plan.instance, frame.plan.magnification)
            figures.setdefault(frame.plan.instance.serial_number, []).append(content)
    return figures


def _write_truth(out: Path, truth: Truth) -> None:
    truth.images.sort(key=lambda row: row.file)
    truth.regions.sort(key=lambda row: row.file)
    truth.pairs.sort(key=lambda row: (row.file_a, row.file_b))
    write_bytes(out / "truth/images.csv", table_csv(truth.images, ImageTruth))
    write_bytes(out / "truth/regions.csv", table_csv(truth.regions, RegionTruth))
    write_bytes(out / "truth/pairs.csv", table_csv(truth.pairs, PairTruth))
    write_bytes(out / "truth/reports.csv", table_csv(truth.reports, ReportTruth))
    write_bytes(out / "labels.csv", _labels_csv(truth.images))
    shutil.copyfile(SITE_PROFILE, out / "site.yaml")


def _labels_csv(images: list[ImageTruth]) -> bytes:
    """The labels of all frames that can be matched, as a laboratory's own table; paths relative to ``images/``."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["file", "foan", "serial_number", "fracture_cause", "sub_type", "magnification"])
    for row in images:
        if row.expect == "match":
            path = row.file.removeprefix("images/")
            writer.writerow([path, row.foan, row.serial_number, row.defect_class, row.sub_type, row.magnification])
    return buffer.getvalue().encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
