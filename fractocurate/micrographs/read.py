"""Read one SEM frame: decode once, then tags, data bar, printed text, magnification and pixel size."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_contracts.pixels import GreyImage, PixelError, decode_grey, read_bytes
from data_contracts.records import Box, Failure, MicrographReading, Reading
from data_contracts.vocabulary import DataBarKind, ReadingMethod, Stage
from fractocurate.micrographs.bar_text import BarText, OcrError, read_text
from fractocurate.micrographs.bar_values import (
    ScaleLabel,
    agreed_label,
    agreed_readings,
    field_width_reading,
    lost_point,
    magnification_readings,
    scale_label,
)
from fractocurate.micrographs.data_bar import DataBar, find_data_bar, ink_of
from fractocurate.micrographs.flatness import BoolImage, PixelBox
from fractocurate.micrographs.overlay import Overlay, find_overlay
from fractocurate.micrographs.pixel_size import (
    choose_pixel_size,
    fits_display,
    pixel_size_from_bar,
    pixel_size_from_field,
)
from fractocurate.micrographs.scale_bar import ScaleBar, find_scale_bars
from fractocurate.micrographs.settings import MicrographSettings
from fractocurate.micrographs.vendor_formats import decode_text
from fractocurate.micrographs.vendor_tags import VendorFacts, read_sidecars, read_vendor_tags

SURE = 0.7
"""Confidence from which a printed value needs no second look."""
UNCONFIRMED = 0.45
"""Highest confidence of a label drawn over the picture that only one of two looks could read."""
MICROGRAPHS_VERSION = 1
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
    sight = _look(grey, facts, settings)
    readings = [*facts.readings, *sight.readings]
    issues += [*facts.issues, *sight.issues]
    magnification, magnification_issues = choose_magnification(readings, settings)
    size_candidates = [
        *(r for r in readings if r.field == "pixel_size_nm"),
        *_from_field_width(readings, header.width_px),
    ]
    readings += [r for r in size_candidates if r not in readings]
    if magnification is None:
        magnification, magnification_issues = _with_point_restored(readings, size_candidates, header.width_px)
    chosen = float(magnification.value) if magnification and magnification.value else None
    pixel_size, size_issues = choose_pixel_size(
        size_candidates, header.width_px, chosen, settings.pixel_size_tolerance, settings.least_ocr_confidence
    )
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
        data_bar_box=_box(sight.bar.box) if sight.bar.box is not None else None,
        crop_box=_box(sight.bar.crop),
        magnification=chosen,
        magnification_source=magnification.method if magnification else None,
        pixel_size_nm=float(pixel_size.value) if pixel_size and pixel_size.value else None,
        pixel_size_source=pixel_size.method if pixel_size else None,
        readings=tuple(readings),
        issues=(*issues, *magnification_issues, *size_issues),
    )


def pixel_sha256(grey: GreyImage) -> str:
    """sha256 of width, height (8 bytes each, big-endian) and the grey pixels row by row."""
    digest = hashlib.sha256(grey.shape[1].to_bytes(8, "big") + grey.shape[0].to_bytes(8, "big"))
    digest.update(np.ascontiguousarray(grey).data)
    return digest.hexdigest()


def choose_magnification(
    readings: Sequence[Reading], settings: MicrographSettings
) -> tuple[Reading | None, tuple[str, ...]]:
    """The magnification that is believed: the printed one if it was read well, else that of the tag.

    The printed value belongs to the picture for sure; a tag may be a left-over of another one. Where a tag and a
    well-read print differ, the print is taken and all values are listed.
    """
    of_field = [r for r in readings if r.field == "magnification" and r.value is not None]
    tags = [r for r in of_field if r.method in (ReadingMethod.VENDOR_TAG, ReadingMethod.SIDECAR)]
    printed = [r for r in of_field if r.method is ReadingMethod.DATA_BAR]
    good = [r for r in printed if r.confidence >= settings.least_ocr_confidence]
    if tags and printed:
        confirmed = [r for r in printed if _same(r, tags[0], settings.magnification_tolerance)]
        if confirmed:
            return confirmed[0], ()
        listed = "; ".join(f"{r.method} {r.value} (confidence {r.confidence:.2f})" for r in (*tags[:1], *printed))
        issue = f"magnification: sources disagree: {listed}; correct the tag or confirm the printed value"
        return (good[0] if good else tags[0]), (issue,)
    if tags:
        return tags[0], ()
    if not good:
        return None, ()
    if len(good) > 1 and not _same(good[0], good[1], settings.magnification_tolerance):
        listed = "; ".join(f"{r.raw!r}" for r in good)
        return good[0], (f"magnification: several values are printed: {listed}",)
    return good[0], ()


def _with_point_restored(
    readings: Sequence[Reading], sizes: Sequence[Reading], width_px: int
) -> tuple[Reading | None, tuple[str, ...]]:
    """A magnification whose lost decimal point the pixel size gives back: 5.00 K X that was read as ``500 K X``."""
    for printed in readings:
        if printed.field != "magnification" or printed.value is None or not lost_point(printed.raw):
            continue
        value = float(printed.value)
        for size in sizes:
            field_mm = float(size.value or 0) * width_px / 1e6
            if fits_display(field_mm * value) or not fits_display(field_mm * value / 100):
                continue
            restored = replace(printed, value=f"{value / 100:.10g}", confidence=0.5, note="decimal point restored")
            issue = (
                f"magnification: {printed.raw!r} read as {restored.value}, because the scale excludes {printed.value}"
            )
            return restored, (issue,)
    return None, ()


class _Sight:
    """What the pixels of one frame say."""

    def __init__(self, bar: DataBar) -> None:
        self.bar = bar
        self.readings: list[Reading] = []
        self.issues: list[str] = list(bar.issues)


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
    return VendorFacts(
        facts.vendor, (*facts.readings, *beside.readings), bar_top, (*facts.issues, *beside.issues)
    ), issues


def _look(grey: GreyImage, facts: VendorFacts, settings: MicrographSettings) -> _Sight:
    bar = find_data_bar(grey, facts.bar_top_px)
    sight = _Sight(bar)
    if bar.box is not None:
        part = np.ascontiguousarray(bar.box.cut(grey))
        ink = ink_of(part, bar.background)
        bars = find_scale_bars(ink)
        contrast = _contrast(part, ink, bar.background)
        _read(sight, contrast, ink, bar.box, bars, settings)
        return sight
    overlay = find_overlay(grey)
    if overlay is not None:
        _read_overlay(sight, overlay, grey, settings)
    return sight


def _read_overlay(sight: _Sight, overlay: Overlay, grey: GreyImage, settings: MicrographSettings) -> None:
    """Read a drawing over the picture; without a legible label or a ruler it may be a feature of the specimen."""
    local = ScaleBar(
        _shifted(overlay.bar.box, overlay.box),
        overlay.bar.length_px,
        overlay.bar.is_ruler,
        tuple(_shifted(p, overlay.box) for p in overlay.bar.parts),
    )
    before = (list(sight.readings), list(sight.issues))
    label = _read(sight, overlay.contrast, overlay.contrast > 100, overlay.box, [local], settings, over_picture=True)
    if label is None and not overlay.is_certain and settings.use_ocr:
        sight.readings, sight.issues = before
        return
    sight.bar = DataBar(DataBarKind.OVERLAY, overlay.box, overlay.crop, int(grey.max()))


def _read(
    sight: _Sight,
    contrast: NDArray[np.uint8],
    ink: BoolImage,
    box: PixelBox,
    bars: Sequence[ScaleBar],
    settings: MicrographSettings,
    *,
    over_picture: bool = False,
) -> ScaleLabel | None:
    """OCR of one region, a second time only where the first left out a value that the region should hold."""
    if not settings.use_ocr:
        return None
    for bar in bars:
        for part in bar.parts:
            contrast[part.top : part.bottom, part.left : part.right] = 0
    in_frame = [
        ScaleBar(_unshifted(b.box, box), b.length_px, b.is_ruler, tuple(_unshifted(p, box) for p in b.parts))
        for b in bars
    ]
    found = _Printed()
    for second in (False, True):
        try:
            text = read_text(contrast, ink, box, settings, second=second)
        except OcrError as error:
            sight.issues.append(f"data bar: {error}")
            break
        found.add(text, in_frame)
        # On a picture a letter may lose a stroke and be read wrongly with confidence: two looks have to agree there.
        if not over_picture and found.is_sure(text, has_bar=bool(bars)):
            break
    if over_picture and found.label is not None and found.label.looks < 2:
        found.label = replace(found.label, confidence=min(found.label.confidence, UNCONFIRMED))
    sight.readings += found.readings(box)
    return found.label


class _Printed:
    """The printed values of one region, gathered over one or two looks at it."""

    def __init__(self) -> None:
        self.label: ScaleLabel | None = None
        self.magnifications: list[Reading] = []
        self.width: Reading | None = None
        self.texts: list[BarText] = []

    def add(self, text: BarText, bars: Sequence[ScaleBar]) -> None:
        """Take in what one look saw; bars in pixels of the frame."""
        self.texts.append(text)
        self.label = agreed_label(self.label, scale_label(text, bars))
        self.width = self.width or field_width_reading(text)
        self.magnifications = agreed_readings(self.magnifications, magnification_readings(text))

    def is_sure(self, text: BarText, *, has_bar: bool) -> bool:
        """Whether a second look could add nothing that matters."""
        label_is_sure = not has_bar or (self.label is not None and self.label.confidence >= SURE)
        magnification_is_sure = bool(self.magnifications) and self.magnifications[0].confidence >= SURE
        return label_is_sure and (magnification_is_sure or len(text.words) < 6)

    def readings(self, box: PixelBox) -> list[Reading]:
        """Everything gathered; the text as a whole is one of the readings."""
        readings = list(self.magnifications)
        if self.width is not None:
            readings.append(self.width)
        if self.label is not None:
            readings.append(_size_of_bar(self.label))
        if self.texts and any(text.words for text in self.texts):
            best = max(self.texts, key=lambda text: text.confidence * len(text.words))
            confidence = round(best.confidence, 3)
            readings.append(
                Reading("bar_text", best.text, best.text, ReadingMethod.DATA_BAR, confidence, box=_box(box))
            )
        return readings


def _size_of_bar(label: ScaleLabel) -> Reading:
    value = pixel_size_from_bar(label.length_nm, label.bar.length_px)
    return Reading(
        "pixel_size_nm",
        f"{label.raw} on {label.bar.length_px:g} px",
        f"{value:.6g}",
        ReadingMethod.SCALE_BAR,
        label.confidence,
        box=_box(label.bar.box),
        note="ruler, first to last tick" if label.bar.is_ruler else "drawn bar",
    )


def _from_field_width(readings: Sequence[Reading], width_px: int) -> list[Reading]:
    """Pixel sizes that follow from printed widths of the field."""
    return [
        Reading(
            "pixel_size_nm",
            f"{r.raw} over {width_px} px",
            f"{pixel_size_from_field(float(r.value), width_px):.6g}",
            ReadingMethod.FIELD_WIDTH,
            r.confidence,
            box=r.box,
            note=r.note,
        )
        for r in readings
        if r.field == "field_width_nm" and r.method is ReadingMethod.FIELD_WIDTH and r.value is not None
    ]


def _contrast(part: GreyImage, ink: BoolImage, background: int) -> NDArray[np.uint8]:
    """Distance from the background, stretched so that a typical letter is 255."""
    distance = np.abs(part.astype(np.int16) - background)
    full = float(np.percentile(distance[ink], 75)) if ink.any() else 255.0
    return np.asarray(np.clip(distance * (255 / max(full, 1)), 0, 255), dtype=np.uint8)


def _same(one: Reading, other: Reading, tolerance: float) -> bool:
    a, b = float(one.value or 0), float(other.value or 0)
    return abs(a - b) <= tolerance * max(a, b)


def _box(box: PixelBox) -> Box:
    return Box(box.left, box.top, box.right, box.bottom)


def _shifted(box: PixelBox, origin: PixelBox) -> PixelBox:
    return PixelBox(box.left - origin.left, box.top - origin.top, box.right - origin.left, box.bottom - origin.top)


def _unshifted(box: PixelBox, origin: PixelBox) -> PixelBox:
    return PixelBox(box.left + origin.left, box.top + origin.top, box.right + origin.left, box.bottom + origin.top)
