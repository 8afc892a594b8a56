"""Records -> rows of the catalog."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence

from data_contracts.records import (
    Box,
    Failure,
    FigureReading,
    InstanceReading,
    MicrographReading,
    PageReading,
    Reading,
    ReportReading,
)
from fractocurate.discovery import FoundFile

Row = dict[str, object]


def short_id(sha256: str) -> str:
    """Identifier of a report or micrograph: the first 16 hex digits of its bytes' sha256."""
    return sha256[:16]


def instance_id(*parts: str | None) -> str:
    """Identifier of a fracture instance, from its source and what names it."""
    return hashlib.sha256("\x1f".join(part or "" for part in parts).encode()).hexdigest()[:16]


def specimen_uid(foan: str | None, serial_number: str | None, defect_class: str) -> str:
    """FOAN, serial number and defect class, as the paper combines them (section 2.2)."""
    return "_".join((foan or "?", serial_number or "?", defect_class))


def file_row(file: FoundFile) -> Row:
    """Row of ``files``."""
    return {
        "kind": file.kind,
        "path": file.path,
        "sha256": file.sha256,
        "size_bytes": file.size_bytes,
        "modified_ns": file.modified_ns,
    }


def report_row(report: ReportReading, sha256: str, path: str) -> Row:
    """Row of ``reports``."""
    return {
        "report_id": short_id(sha256),
        "sha256": sha256,
        "path": path,
        "n_pages": report.n_pages,
        "language": report.language,
        "report_number": report.report_number,
        "report_date": report.report_date,
        "is_revision": report.is_revision,
        "supersedes_raw": report.supersedes_raw,
        "superseded_by": None,
    }


def page_row(page: PageReading, report_id: str) -> Row:
    """Row of ``report_pages``."""
    return {
        "report_id": report_id,
        "page": page.page,
        "width_pt": float(page.width_pt),
        "height_pt": float(page.height_pt),
        "text_source": str(page.text_source),
        "text_layer_score": float(page.text_layer_score),
        "n_words": page.n_words,
        "mean_confidence": page.mean_confidence,
        "dpi": page.dpi,
        "rotation_deg": page.rotation_deg,
        "skew_deg": float(page.skew_deg),
        "text": page.text,
        "problem": page.problem,
        "decision": page.decision,
    }


def figure_rows(figures: Iterable[FigureReading], report_id: str) -> list[Row]:
    """Rows of ``report_figures``."""
    return [
        {
            "figure_id": f"{report_id}:{figure.page}:{figure.number}",
            "report_id": report_id,
            "page": figure.page,
            "number": figure.number,
            **_box("pt", figure.box),
            "width_px": figure.width_px,
            "height_px": figure.height_px,
            "caption": figure.caption,
            **{f"caption_{side}": value for side, value in _box("pt", figure.caption_box).items()},
            "caption_confidence": figure.caption_confidence,
            "magnification": figure.magnification,
            "foan": figure.foan,
            "serial_number": figure.serial_number,
            "phash": figure.phash,
            "contrast": float(figure.contrast),
            "thumbnail_png": figure.thumbnail_png,
        }
        for figure in figures
    ]


def instance_ids(instances: Sequence[InstanceReading], report_id: str) -> list[str]:
    """Identifiers of a report's instances, in their order; rows that nothing tells apart are counted."""
    seen: Counter[str] = Counter()
    ids = []
    for i in instances:
        named = instance_id(report_id, i.foan, i.serial_number, i.instance_tag, str(i.page))
        ids.append(instance_id(named, str(seen[named])))
        seen[named] += 1
    return ids


def instance_rows(instances: Sequence[InstanceReading], report_id: str) -> list[Row]:
    """Rows of ``fracture_instances``."""
    return [
        {
            "instance_id": identifier,
            "report_id": report_id,
            "label_source": None,
            "foan": instance.foan,
            "foan_raw": instance.foan_raw,
            "serial_number": instance.serial_number,
            "serial_number_raw": instance.serial_number_raw,
            "specimen_uid": specimen_uid(instance.foan, instance.serial_number, instance.defect_class),
            "instance_tag": instance.instance_tag,
            "component_id": instance.component_id,
            "defect_class": str(instance.defect_class),
            "defect_class_raw": instance.defect_class_raw,
            "sub_type": instance.sub_type,
            "sub_type_raw": instance.sub_type_raw,
            "fracture_load_kn": instance.fracture_load_kn,
            "fracture_load_raw": instance.fracture_load_raw,
            "page": instance.page,
            **_box("pt", instance.box),
            "method": str(instance.method),
            "confidence": float(instance.confidence),
            "superseded_by": None,
            "in_review": bool(instance.issues),
            "issues": "; ".join(instance.issues),
            "remarks": "; ".join(instance.remarks),
            "contradictions": "",
        }
        for identifier, instance in zip(instance_ids(instances, report_id), instances, strict=True)
    ]


def instance_reading_rows(instances: Sequence[InstanceReading], report_id: str) -> list[Row]:
    """Rows of ``readings``: each value of each instance."""
    return [
        row
        for identifier, instance in zip(instance_ids(instances, report_id), instances, strict=True)
        for row in reading_rows("instance", identifier, instance.readings)
    ]


def micrograph_row(micrograph: MicrographReading, sha256: str) -> Row:
    """Row of ``micrographs``."""
    bar, crop, left = micrograph.data_bar_box, micrograph.crop_box, micrograph.leftover_box
    return {
        "micrograph_id": short_id(sha256),
        "sha256": sha256,
        "width_px": micrograph.width_px,
        "height_px": micrograph.height_px,
        "file_format": micrograph.file_format,
        "colour_mode": micrograph.colour_mode,
        "bit_depth": micrograph.bit_depth,
        "n_frames": micrograph.n_frames,
        "pixel_sha256": micrograph.pixel_sha256,
        "vendor": micrograph.vendor,
        "data_bar_kind": str(micrograph.data_bar_kind),
        "data_bar_left_px": round(bar.left) if bar else None,
        "data_bar_top_px": round(bar.top) if bar else None,
        "data_bar_right_px": round(bar.right) if bar else None,
        "data_bar_bottom_px": round(bar.bottom) if bar else None,
        "crop_left_px": round(crop.left),
        "crop_top_px": round(crop.top),
        "crop_right_px": round(crop.right),
        "crop_bottom_px": round(crop.bottom),
        "magnification": micrograph.magnification,
        "magnification_source": micrograph.magnification_source and str(micrograph.magnification_source),
        "pixel_size_nm": micrograph.pixel_size_nm,
        "pixel_size_source": micrograph.pixel_size_source and str(micrograph.pixel_size_source),
        "sharpness": micrograph.sharpness,
        "contrast": micrograph.contrast,
        "white_share": micrograph.white_share,
        "black_share": micrograph.black_share,
        "stripe_share": micrograph.stripe_share,
        "is_blank": micrograph.is_blank,
        "phash": micrograph.phash,
        "thumbnail_png": micrograph.thumbnail_png,
        "leftover": micrograph.leftover,
        "leftover_left_px": round(left.left) if left else None,
        "leftover_top_px": round(left.top) if left else None,
        "leftover_right_px": round(left.right) if left else None,
        "leftover_bottom_px": round(left.bottom) if left else None,
        "issues": "; ".join(micrograph.issues),
    }


def mask_rows(micrograph: MicrographReading, sha256: str) -> list[Row]:
    """Rows of ``overlay_masks``."""
    return [
        {
            "micrograph_id": short_id(sha256),
            "number": number,
            "left_px": round(mask.left),
            "top_px": round(mask.top),
            "right_px": round(mask.right),
            "bottom_px": round(mask.bottom),
        }
        for number, mask in enumerate(micrograph.masks)
    ]


def failure_row(failure: Failure) -> Row:
    """Row of ``failures``."""
    return {
        "stage": str(failure.stage),
        "item": failure.item,
        "reason": str(failure.reason),
        "detail": failure.detail,
    }


def reading_rows(subject: str, subject_id: str, readings: Iterable[Reading]) -> list[Row]:
    """Rows of ``readings``."""
    return [
        {
            "subject": subject,
            "subject_id": subject_id,
            "number": number,
            "field": reading.field,
            "raw": reading.raw,
            "value": reading.value,
            "method": str(reading.method),
            "confidence": float(reading.confidence),
            "page": reading.page,
            **_box("", reading.box),
            "note": reading.note,
        }
        for number, reading in enumerate(readings)
    ]


def _box(unit: str, box: Box | None) -> Row:
    suffix = f"_{unit}" if unit else ""
    return {
        f"box_{side}{suffix}": float(getattr(box, side)) if box else None for side in ("left", "top", "right", "bottom")
    }
