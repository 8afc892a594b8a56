"""Vendor metadata -> readings, as far as they still fit the frame. What stands where: see ``vendor_tables``."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod
from fractocurate.micrographs.lengths import find_lengths
from fractocurate.micrographs.magnification import magnification_of
from fractocurate.micrographs.pixel_size import FILM_WIDTH_MM
from fractocurate.micrographs.vendor_formats import parse_ini, parse_jeol, parse_xml_leaves, parse_zeiss
from fractocurate.micrographs.vendor_tables import (
    FEI,
    FEI_XL,
    HITACHI,
    JEOL,
    PHENOM,
    TESCAN,
    ZEISS,
    Format,
    number_in,
)

ZEISS_TAG, FEI_XL_TAG, FEI_TAG, PHENOM_TAG, TESCAN_TAG = 34118, 34680, 34682, 34683, 50431
PIXEL_SIZES_NM = (0.01, 1e6)
"""What a pixel of an SEM may be wide: beyond, a number has lost its unit or exponent."""


@dataclass(frozen=True, slots=True)
class VendorFacts:
    """What an instrument wrote about a frame, as far as it still fits the frame."""

    vendor: str = ""
    readings: tuple[Reading, ...] = ()
    bar_top_px: int | None = None
    """First row of the data bar that the metadata imply for this frame; None if they say nothing."""
    issues: tuple[str, ...] = ()
    is_of_this_size: bool = False
    """Whether the metadata record for how many columns they were written, and the file has as many."""


def read_vendor_tags(private_tags: Mapping[int, str], width_px: int, height_px: int) -> VendorFacts:
    """Readings of the vendor tags of a TIFF of the given size; empty facts if it has none."""
    if ZEISS_TAG in private_tags:
        table = parse_zeiss(private_tags[ZEISS_TAG])
        return _facts(ZEISS, table, (width_px, height_px), ReadingMethod.VENDOR_TAG) if table else VendorFacts()
    for tag in (FEI_TAG, PHENOM_TAG):
        if tag in private_tags and (table := parse_ini(private_tags[tag])):
            return _fei_facts(table, (width_px, height_px))
    if FEI_XL_TAG in private_tags and (table := parse_ini(private_tags[FEI_XL_TAG])):
        return _facts(FEI_XL, table, (width_px, height_px), ReadingMethod.VENDOR_TAG)
    if TESCAN_TAG in private_tags and (table := parse_ini(private_tags[TESCAN_TAG])):
        return _facts(TESCAN, table, (width_px, height_px), ReadingMethod.VENDOR_TAG)
    for text in private_tags.values():
        if "<" in text and re.search(r"phenom|<FeiImage\b", text, re.IGNORECASE):
            table = parse_xml_leaves(text)
            if "pixelwidth" in table:
                return _facts(PHENOM, table, (width_px, height_px), ReadingMethod.VENDOR_TAG)
    return VendorFacts()


def read_sidecars(texts: Sequence[str], width_px: int, height_px: int) -> VendorFacts:
    """Readings of the first sidecar text that is in the form of a known instrument; empty facts if none is."""
    for text in texts:
        if re.search(r"^\$CM_", text, re.MULTILINE):
            return _jeol_facts(parse_jeol(text), (width_px, height_px))
        table = parse_ini(text)
        if any(key.startswith("semimagefile.") for key in table):
            return _hitachi_facts(table, (width_px, height_px))
        if "main.pixelsizex" in table or ("main.device" in table and "main.magnification" in table):
            return _facts(TESCAN, table, (width_px, height_px), ReadingMethod.SIDECAR)
    return VendorFacts()


def _fei_facts(table: dict[str, str], size: tuple[int, int]) -> VendorFacts:
    """XT stores no magnification: the bar prints the width of the display or canvas over that of the field."""
    facts = _facts(FEI, table, size, ReadingMethod.VENDOR_TAG)
    displays = (number_in(table.get(key, "")) for key in ("image.magcanvasrealwidth", "system.displaywidth"))
    fields = (
        number_in(table.get(key, ""))
        for key in ("scan.horfieldsize", "ebeam.hfw", "ibeam.hfw", "escan.horfieldsize", "iscan.horfieldsize")
    )
    display, field_width = next(filter(None, displays), None), next(filter(None, fields), None)
    if not display or not field_width:
        return facts
    value = magnification_of(f"{float(f'{display / field_width:.3g}'):.6f}", None)
    if value is None:
        return facts
    reading = Reading(
        "magnification",
        f"display {display:g} m / field {field_width:g} m",
        f"{value:.10g}",
        ReadingMethod.VENDOR_TAG,
        0.9,
        note="computed: display width / field width",
    )
    return replace(facts, readings=(reading, *facts.readings))


def _hitachi_facts(table: dict[str, str], size: tuple[int, int]) -> VendorFacts:
    """Older instruments write no pixel size. Their magnification is that of a print as wide as Polaroid film (127 mm).

    Where they write both, as the S-4800 does, the two agree to six digits.
    """
    facts = _facts(HITACHI, table, size, ReadingMethod.SIDECAR)
    magnified, stored = number_in(table.get("semimagefile.magnification", "")), _stored_size(HITACHI, table)
    ratio, note = _fit(stored, size, None, is_without_bar=HITACHI.size_is_without_bar)
    is_known = any(r.field == "pixel_size_nm" for r in facts.readings) or table.get("semimagefile.pixelsize")
    if is_known or not magnified or stored is None or ratio is None:
        return facts
    value = FILM_WIDTH_MM * 1e6 / magnified / stored[0] * ratio
    raw = f"print 127 mm / magnification {magnified:g} / {stored[0]} px"
    note = "; ".join(filter(None, ("computed: width of the print over the magnification", note)))
    reading = Reading("pixel_size_nm", raw, f"{value:.6g}", ReadingMethod.SIDECAR, 0.8, note=note)
    return replace(facts, readings=(*facts.readings, reading))


def _jeol_facts(table: dict[str, str], size: tuple[int, int]) -> VendorFacts:
    facts = _facts(JEOL, table, size, ReadingMethod.SIDECAR)
    if any(r.field == "pixel_size_nm" for r in facts.readings):
        return facts
    bar_px, marker = number_in(table.get("sm_micron_bar", "")), find_lengths(table.get("sm_micron_marker", ""))
    ratio, note = _fit(_stored_size(JEOL, table), size, None, is_without_bar=True)
    if bar_px and marker and ratio is not None:
        value = marker[0][1] / bar_px * ratio
        raw = f"{marker[0][0]} on {bar_px:g} px"
        # The bar is kept in whole pixels, so that the value is as good as the bar is long.
        confidence = max(0.5, 1 - 1 / bar_px)
        reading = Reading("pixel_size_nm", raw, f"{value:.6g}", ReadingMethod.SIDECAR, round(confidence, 3), note=note)
        return replace(facts, readings=(*facts.readings, reading))
    return facts


def _facts(form: Format, table: dict[str, str], size: tuple[int, int], method: ReadingMethod) -> VendorFacts:
    stored = _stored_size(form, table)
    bar_height = next((number_in(table[k]) for k in form.bar_height_keys if table.get(k)), None)
    ratio, fit_note = _fit(stored, size, bar_height, is_without_bar=form.size_is_without_bar)
    readings: list[Reading] = []
    issues: list[str] = []
    seen: set[str] = set()
    for key, field, convert in form.rows:
        raw = table.get(key)
        if not raw or (field in seen and field in ("magnification", "pixel_size_nm", "field_width_nm")):
            continue
        value = convert(raw)
        if value is None:
            continue
        seen.add(field)
        note = f"tag {key}"
        if field == "pixel_size_nm":
            if ratio is None:
                issues.append(f"pixel size: {method} {key} {value} nm rejected, {fit_note}")
                continue
            if not PIXEL_SIZES_NM[0] <= float(value) <= PIXEL_SIZES_NM[1]:
                issues.append(f"pixel size: {method} {key} {raw!r} rejected, no pixel of an SEM is {value} nm wide")
                seen.discard(field)
                continue
            value = f"{float(value) * ratio:.8g}"
            note = f"{note}; {fit_note}" if fit_note else note
        readings.append(Reading(field, raw, value, method, 1.0, note=note))
    if "pixel_size_nm" not in seen and ratio is not None:
        readings += _size_from_field(readings, size[0])
    acquired = _acquired_at(form, table)
    if acquired is not None:
        readings.append(Reading("acquired_at", acquired[0], acquired[1], method, 1.0))
    is_of_this_size = stored is not None and stored[0] == size[0]
    bar_top = _bar_top(form, stored, bar_height, size)
    return VendorFacts(form.vendor, tuple(readings), bar_top, tuple(issues), is_of_this_size)


def _size_from_field(readings: Sequence[Reading], width_px: int) -> list[Reading]:
    """The pixel size that a tagged width of the field gives: resizing changes both alike, so that it needs no ratio."""
    return [
        Reading(
            "pixel_size_nm",
            f"{r.raw} over {width_px} px",
            f"{float(r.value) / width_px:.8g}",
            r.method,
            r.confidence,
            note=f"{r.note}: width of the field",
        )
        for r in readings
        if r.field == "field_width_nm" and r.value is not None
    ]


def _stored_size(form: Format, table: dict[str, str]) -> tuple[int, int] | None:
    numbers = [int(n) for key in form.size_keys for n in re.findall(r"\d+", table.get(key, ""))]
    return (numbers[0], numbers[1]) if len(numbers) >= 2 and min(numbers[:2]) > 0 else None


def _fit(
    stored: tuple[int, int] | None, size: tuple[int, int], bar_height: float | None, *, is_without_bar: bool
) -> tuple[float | None, str]:
    """The factor from the stored pixel size to that of the file, and a note; None if the file is another picture.

    Equal widths fit, whatever the height: rows cut off do not change the scale. Both sides changed by one factor is a
    resized file. Anything else has been cropped to an unknown scale.
    """
    if stored is None or stored[0] == size[0]:
        return 1.0, ""
    ratio = stored[0] / size[0]
    heights = [stored[1], stored[1] + (bar_height or 0)]
    if is_without_bar:
        heights += [stored[1] * (1 + share / 100) for share in range(3, 18)]  # with a bar of unknown height
    tolerance = max(1.5 / size[1], 0.005)
    note = f"tags were written for {stored[0]} x {stored[1]} px, the file has {size[0]} x {size[1]} px"
    if any(abs(size[1] * ratio / height - 1) <= tolerance for height in heights):
        return ratio, f"rescaled: {note}"
    return None, note


def _bar_top(
    form: Format, stored: tuple[int, int] | None, bar_height: float | None, size: tuple[int, int]
) -> int | None:
    width_px, height_px = size
    if stored is not None and form.size_is_without_bar and stored[0] == width_px and stored[1] < height_px:
        return stored[1]
    if bar_height and 0 < bar_height < height_px / 2 and (stored is None or stored[0] == width_px):
        return height_px - int(bar_height)
    return None


def _acquired_at(form: Format, table: dict[str, str]) -> tuple[str, str] | None:
    date = next((table[k] for k in form.date_keys if table.get(k)), "")
    time = next((table[k] for k in form.time_keys if table.get(k)), "")
    for pattern in form.date_patterns:
        try:
            day = datetime.strptime(date, pattern).date()  # noqa: DTZ007 - instruments write local time without a zone
        except ValueError:
            continue
        for time_pattern in ("%H:%M:%S", "%I:%M:%S %p", "%H:%M"):
            try:
                clock = datetime.strptime(time.strip(), time_pattern).time()  # noqa: DTZ007 - as above
            except ValueError:
                continue
            return f"{date} {time}".strip(), datetime.combine(day, clock).isoformat()
        return date, day.isoformat()
    return None
