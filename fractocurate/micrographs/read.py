"""Read one SEM frame: decode once, then tags, data bar, printed text, magnification and pixel size."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from data_contracts.masks import cut_picture
from data_contracts.pixels import GreyImage, PixelError, decode_grey, read_bytes
from data_contracts.records import Failure, MicrographReading, Reading
from data_contracts.vocabulary import ReadingMethod, Stage
from fractocurate.leakage.fingerprints import fingerprint
from fractocurate.micrographs.choose_magnification import (
    choose_magnification,
    snapped,
    with_point_proved,
    with_point_restored,
)
from fractocurate.micrographs.leftovers import find_leftover
from fractocurate.micrographs.misread import lone_magnification_issues
from fractocurate.micrographs.pixel_size import (
    PRECISION_OF_TAG,
    SizeCandidate,
    choose_pixel_size,
    pixel_size_from_field,
    precision_of_print,
    proved_by_print_width,
)
from fractocurate.micrographs.printed import look_at
from fractocurate.micrographs.printed_values import record_box
from fractocurate.micrographs.quality import measure_quality
from fractocurate.micrographs.settings import MicrographSettings
from fractocurate.micrographs.vendor_formats import decode_text
from fractocurate.micrographs.vendor_tags import VendorFacts, read_sidecars, read_vendor_tags

MICROGRAPHS_VERSION = 6
"""Raise when the code of this room reads frames differently, so that they are read again."""


def read_micrograph(
    path: Path, item: str, sidecars: Sequence[Path], settings: MicrographSettings
) -> MicrographReading | Failure:
    """Everything that one SEM frame says.

    Args:
        path: the image file. It is read once and decoded once.
        item: its path relative to the image root, for the failure row.
        sidecars: text files that instruments put beside it (``.txt``, ``.hdr``), most specific first.
        settings: of the stage.

    Returns:
        The reading, or why there is none. A sidecar that cannot be read is an issue of the reading.

    Raises:
        MissingToolError: Tesseract or one of its languages is not installed.
    """
    try:
        content = read_bytes(path)
        image = decode_grey(content, settings.max_pixels)
    except PixelError as error:
        return Failure(item, Stage.MICROGRAPHS, error.reason, error.detail)
    grey, header = image.grey, image.header
    facts, issues = _vendor_facts(header.private_tags, sidecars, header.width_px, header.height_px)
    sight = look_at(grey, facts, settings)
    readings = [*facts.readings, *sight.readings]
    issues += [*facts.issues, *sight.issues]
    magnification, magnification_issues = choose_magnification(readings, settings)
    sizes = [
        *(SizeCandidate(r, PRECISION_OF_TAG) for r in facts.readings if r.field == "pixel_size_nm"),
        *sight.sizes,
        *_from_field_width(readings, header.width_px, magnification),
    ]
    proved = proved_by_print_width(sizes, header.width_px, magnification)
    surer = {id(old.reading): new.reading for old, new in zip(sizes, proved, strict=True)}
    readings, sizes = [surer.get(id(r), r) for r in readings], proved
    readings += [size.reading for size in sizes if size.reading not in readings]
    if magnification is None:
        read = [size.reading for size in sizes]
        magnification, magnification_issues = with_point_restored(readings, read, header.width_px)
    chosen = float(magnification.value) if magnification and magnification.value else None
    pixel_size, size_issues = choose_pixel_size(
        sizes, header.width_px, chosen, settings.pixel_size_tolerance, settings.least_ocr_confidence
    )
    if pixel_size is not None:  # its confidence counts what agrees with it
        readings = [
            pixel_size if (r.field, r.method, r.raw) == ("pixel_size_nm", pixel_size.method, pixel_size.raw) else r
            for r in readings
        ]
    if pixel_size is not None and len(sizes) == 1 and pixel_size in facts.readings and not facts.is_of_this_size:
        issues.append(
            "pixel size: rests on metadata alone that do not say for a picture of which size they were written"
        )
    if not any(r.field == "magnification" for r in facts.readings):
        issues += lone_magnification_issues(sight.bar.kind, magnification, pixel_size)
    if magnification is not None and (nominal := snapped(magnification, settings)) is not magnification:
        readings.append(nominal)
        chosen = float(nominal.value or 0)
    crop, masks = sight.bar.crop, sight.bar.masks
    picture = cut_picture(grey, crop.sides, [mask.sides for mask in masks])
    quality, leftover = measure_quality(picture), find_leftover(picture)
    seen = fingerprint(picture) if picture.size else None
    return MicrographReading(
        width_px=header.width_px,
        height_px=header.height_px,
        file_format=header.file_format,
        colour_mode=header.colour_mode,
        bit_depth=header.bit_depth,
        n_frames=header.n_frames,
        pixel_sha256=pixel_sha256(grey),
        vendor=facts.vendor,
        data_bar_kind=sight.bar.kind,
        data_bar_box=record_box(sight.bar.box) if sight.bar.box is not None else None,
        crop_box=record_box(crop),
        magnification=chosen,
        magnification_source=magnification.method if magnification else None,
        pixel_size_nm=float(pixel_size.value) if pixel_size and pixel_size.value else None,
        pixel_size_source=pixel_size.method if pixel_size else None,
        sharpness=quality.sharpness,
        contrast=quality.contrast,
        white_share=quality.white_share,
        black_share=quality.black_share,
        stripe_share=quality.stripe_share,
        is_blank=quality.is_blank,
        phash=seen.phash if seen else None,
        thumbnail_png=seen.thumbnail_png if seen else None,
        leftover=leftover.what if leftover is not None else "",
        leftover_box=record_box(leftover.box.shifted(crop.left, crop.top)) if leftover is not None else None,
        readings=tuple(readings),
        issues=(*issues, *magnification_issues, *size_issues),
        masks=tuple(map(record_box, masks)),
    )


def pixel_sha256(grey: GreyImage) -> str:
    """sha256 of width, height (8 bytes each, big-endian) and the grey pixels row by row."""
    digest = hashlib.sha256(grey.shape[1].to_bytes(8, "big") + grey.shape[0].to_bytes(8, "big"))
    digest.update(np.ascontiguousarray(grey).data)
    return digest.hexdigest()


def _vendor_facts(
    private_tags: Mapping[int, str], sidecars: Sequence[Path], width_px: int, height_px: int
) -> tuple[VendorFacts, list[str]]:
    issues: list[str] = []
    facts = read_vendor_tags(private_tags, width_px, height_px)
    texts = []
    for sidecar in sidecars:
        try:
            texts.append(decode_text(sidecar.read_bytes()))
        except OSError as error:
            issues.append(f"sidecar {sidecar.name} cannot be read: {error.strerror}")
    beside = read_sidecars(texts, width_px, height_px)
    if not facts.vendor:
        return beside, issues
    bar_top = facts.bar_top_px if facts.bar_top_px is not None else beside.bar_top_px
    both = replace(
        facts,
        readings=(*facts.readings, *beside.readings),
        bar_top_px=bar_top,
        issues=(*facts.issues, *beside.issues),
    )
    return both, issues


def _from_field_width(readings: Sequence[Reading], width_px: int, magnification: Reading | None) -> list[SizeCandidate]:
    """Pixel sizes that follow from printed widths of the field."""
    found = []
    for r in readings:
        if r.field != "field_width_nm" or r.method is not ReadingMethod.FIELD_WIDTH or r.value is None:
            continue
        value = f"{pixel_size_from_field(float(r.value), width_px):.6g}"
        reading = Reading(
            "pixel_size_nm", f"{r.raw} over {width_px} px", value, r.method, r.confidence, box=r.box, note=r.note
        )
        found.append(SizeCandidate(with_point_proved(reading, r, magnification), precision_of_print(r.raw)))
    return found
