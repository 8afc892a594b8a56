"""The truth about the archive, row by row, and the tables in which it is written."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from fractocurate.demo.data_bars import DrawnFrame
from fractocurate.demo.naming import NamePlan, expectation
from fractocurate.demo.plan import FramePlan
from fractocurate.demo.textures import defect_box_px

MIN_OVERLAP = 0.25
MIN_ZOOM = 1.3


@dataclass(frozen=True, slots=True)
class ImageTruth:
    """One image file. Boxes are half-open pixels of the whole file; empty cells mean: there is none."""

    file: str
    sha256: str
    status: str
    """``ok``, ``odd:...`` (must be read) or ``broken:...`` (must become a failure row)."""
    expect: str
    """``match``, ``foan_only`` (nobody can know which instance), ``unmatched``, ``bar_only`` (the FOAN stands in the
    data bar alone), ``review`` or ``failed``."""
    name_noise: str
    evidence: str
    foan: str
    serial_number: str
    instance_tag: str
    defect_class: str
    sub_type: str
    report_present: bool
    magnification: int | str
    pixel_size_nm: float | str
    width_px: int | str
    height_px: int | str
    data_bar_kind: str
    bar_left_px: int | str
    bar_top_px: int | str
    bar_right_px: int | str
    bar_bottom_px: int | str
    crop_left_px: int | str
    crop_top_px: int | str
    crop_right_px: int | str
    crop_bottom_px: int | str
    scale_label: str
    scale_bar_px: int | str
    bar_foan: str
    microscope: str
    vendor: str
    metadata: str
    on_origin: bool
    copy_of: str


@dataclass(frozen=True, slots=True)
class RegionTruth:
    """Where the fracture origin's flaw lies in a frame; half-open pixels of the whole file."""

    file: str
    visible: bool
    left_px: int | str
    top_px: int | str
    right_px: int | str
    bottom_px: int | str


@dataclass(frozen=True, slots=True)
class PairTruth:
    """Two files that show the same place."""

    file_a: str
    file_b: str
    kind: str
    """``same_bytes``, ``same_pixels``, ``reencoded``, ``shifted``, ``reacquired``, ``containment``, ``overlap``."""
    scale_ratio: float
    """Pixel size of a over pixel size of b: above 1 where b is the zoom."""
    overlap: float
    """Shared area over the area of the smaller field."""
    b_in_a_left_px: float
    """The field of b in the picture pixels of a (without data bar); may reach beyond it."""
    b_in_a_top_px: float
    b_in_a_right_px: float
    b_in_a_bottom_px: float
    same_foan: bool


@dataclass(frozen=True, slots=True)
class ReportTruth:
    """One row of a report; a file without readable rows has one row with empty fields."""

    file: str
    status: str
    """``ok``, ``copy`` (same bytes as another), ``superseded``, ``broken:...``."""
    language: str
    layout: str
    scanned: bool
    report_number: str
    report_date: str
    supersedes: str
    page: int | str
    foan: str
    serial_number: str
    instance_tag: str
    component_id: str
    fracture_load_kn: float | str
    fracture_load_raw: str
    defect_class: str
    defect_class_raw: str
    sub_type: str
    sub_type_raw: str


def image_truth(frame: FramePlan, drawn: DrawnFrame, name: NamePlan, file: str, sha256: str) -> ImageTruth:
    """The row of a frame that was written as planned."""
    height_px, width_px = drawn.pixels.shape
    bar = drawn.bar_box_px or ("", "", "", "")
    instance = frame.instance
    return ImageTruth(
        file=file,
        sha256=sha256,
        status="ok",
        expect=expectation(frame, name.evidence),
        name_noise=name.name_noise,
        evidence=name.evidence,
        foan=instance.foan,
        serial_number=instance.serial_number,
        instance_tag=instance.tag,
        defect_class=instance.defect_class,
        sub_type=instance.sub_type,
        report_present=instance.has_report,
        magnification=frame.magnification,
        pixel_size_nm=round(frame.pixel_size_nm, 4),
        width_px=width_px,
        height_px=height_px,
        data_bar_kind=frame.microscope.bar_kind,
        bar_left_px=bar[0],
        bar_top_px=bar[1],
        bar_right_px=bar[2],
        bar_bottom_px=bar[3],
        crop_left_px=drawn.picture_box_px[0],
        crop_top_px=drawn.picture_box_px[1],
        crop_right_px=drawn.picture_box_px[2],
        crop_bottom_px=drawn.picture_box_px[3],
        scale_label=drawn.scale_label,
        scale_bar_px=drawn.scale_bar_px or "",
        bar_foan=instance.foan if frame.microscope.foan_in_bar else "",
        microscope=frame.microscope.name,
        vendor=frame.microscope.vendor,
        metadata=frame.microscope.metadata,
        on_origin=frame.on_origin,
        copy_of="",
    )


def broken_truth(file: str, sha256: str, status: str) -> ImageTruth:
    """The row of a file that cannot be read."""
    empty: dict[str, Any] = {f.name: "" for f in fields(ImageTruth)}
    empty |= {"file": file, "sha256": sha256, "status": status, "expect": "failed"}
    return ImageTruth(**empty)


def region_truth(frame: FramePlan, drawn: DrawnFrame, file: str) -> RegionTruth:
    """The box of the flaw, moved by the place of the picture in its file."""
    box = defect_box_px(frame.instance.surface, frame.view)
    if box is None:
        return RegionTruth(file, visible=False, left_px="", top_px="", right_px="", bottom_px="")
    left, top = drawn.picture_box_px[:2]
    return RegionTruth(
        file,
        visible=True,
        left_px=box[0] + left,
        top_px=box[1] + top,
        right_px=box[2] + left,
        bottom_px=box[3] + top,
    )


def pair_truth(a: FramePlan, b: FramePlan, file_a: str, file_b: str, kind: str) -> PairTruth:
    """A pair of known kind, with the place of b in a."""
    a_left, a_top, _, _ = a.view.box_um
    left, top, right, bottom = b.view.box_um
    pixel = a.view.pixel_size_um
    return PairTruth(
        file_a=file_a,
        file_b=file_b,
        kind=kind,
        scale_ratio=round(a.view.pixel_size_um / b.view.pixel_size_um, 4),
        overlap=round(_overlap(a, b), 4),
        b_in_a_left_px=round((left - a_left) / pixel, 1),
        b_in_a_top_px=round((top - a_top) / pixel, 1),
        b_in_a_right_px=round((right - a_left) / pixel, 1),
        b_in_a_bottom_px=round((bottom - a_top) / pixel, 1),
        same_foan=a.instance.foan == b.instance.foan,
    )


def nested_pairs(frames: Iterable[tuple[FramePlan, str]]) -> list[PairTruth]:
    """Zooms and overlaps among the planned frames of each instance, the wider field first."""
    by_instance: dict[str, list[tuple[FramePlan, str]]] = {}
    for frame, file in frames:
        by_instance.setdefault(frame.instance.serial_number, []).append((frame, file))
    pairs: list[PairTruth] = []
    for group in by_instance.values():
        wide_first = sorted(group, key=lambda item: (-item[0].view.pixel_size_um, item[1]))
        for k, (a, file_a) in enumerate(wide_first):
            for b, file_b in wide_first[k + 1 :]:
                pair = pair_truth(a, b, file_a, file_b, "overlap")
                if pair.overlap >= 0.99 and pair.scale_ratio >= MIN_ZOOM:
                    pairs.append(replace(pair, kind="containment"))
                elif pair.overlap >= MIN_OVERLAP:
                    pairs.append(pair)
    return pairs


def _overlap(a: FramePlan, b: FramePlan) -> float:
    a_box, b_box = a.view.box_um, b.view.box_um
    width = min(a_box[2], b_box[2]) - max(a_box[0], b_box[0])
    height = min(a_box[3], b_box[3]) - max(a_box[1], b_box[1])
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (a_box, b_box))
    return max(0.0, width) * max(0.0, height) / smaller


def table_csv(rows: Sequence[Any], row_type: type) -> bytes:
    """Rows of one dataclass as UTF-8 CSV with a header; truth values as true and false."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, [f.name for f in fields(row_type)], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = asdict(row)
        writer.writerow({k: str(v).lower() if isinstance(v, bool) else v for k, v in cells.items()})
    return buffer.getvalue().encode()
