"""Vendor metadata -> readings: one table per vendor of (key, standard field, converter).

Keys and units follow the vendors' own files: Zeiss SmartSEM (tag 34118), FEI XL and xT (tags 34680, 34682), TESCAN
(tag 50431 and ``.hdr``), Hitachi S- and TM-series (``.txt``), JEOL (``.txt``), Phenom (XML in a tag).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from data_contracts.records import Reading
from data_contracts.vocabulary import ReadingMethod
from fractocurate.micrographs.lengths import find_lengths
from fractocurate.micrographs.magnification import find_magnifications, magnification_of
from fractocurate.micrographs.vendor_formats import parse_ini, parse_jeol, parse_xml_leaves, parse_zeiss

ZEISS_TAG, FEI_XL_TAG, FEI_TAG, TESCAN_TAG = 34118, 34680, 34682, 50431
TABLED_FIELDS = (
    "magnification",
    "pixel_size_nm",
    "field_width_nm",
    "acquired_at",
    "note",
    "sample",
    "file_name",
    "instrument",
)

Converter = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class VendorFacts:
    """What an instrument wrote about a frame, as far as it still fits the frame."""

    vendor: str = ""
    readings: tuple[Reading, ...] = ()
    bar_top_px: int | None = None
    """First row of the data bar that the metadata imply for this frame; None if they say nothing."""
    issues: tuple[str, ...] = ()


def _text(raw: str) -> str | None:
    return raw.strip() or None


def _number(raw: str) -> float | None:
    match = re.match(r"\s*([-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)", raw)
    return float(match[1].replace(",", ".")) if match else None


def _magnification(raw: str) -> str | None:
    """``500``, ``2.5e3``, ``Mag = 1.00 K X``, ``1.00 K X``."""
    printed = find_magnifications(raw)
    if printed:
        return f"{printed[0][1]:.10g}"
    number = _number(raw)
    value = magnification_of(f"{number:.6f}", None) if number is not None and number > 0 else None
    return f"{round(value, 1):.10g}" if value is not None else None


def _scaled(factor: float) -> Converter:
    def convert(raw: str) -> str | None:
        number = _number(raw)
        return f"{number * factor:.8g}" if number is not None and number > 0 else None

    return convert


def _length(raw: str) -> str | None:
    """A number with its unit, in nanometres."""
    found = find_lengths(raw.replace("pm", "p_m"))  # a tag is not read by OCR: its ``pm`` is a picometre
    picometres = re.match(r"\s*(\d+(?:[.,]\d+)?)\s?pm\b", raw)
    if picometres is not None:
        return f"{float(picometres[1].replace(',', '.')) * 1e-3:.8g}"
    return f"{found[0][1]:.8g}" if found else None


@dataclass(frozen=True, slots=True)
class _Format:
    """One vendor's table and where it keeps sizes."""

    vendor: str
    rows: tuple[tuple[str, str, Converter], ...]
    date_keys: tuple[str, ...] = ()
    time_keys: tuple[str, ...] = ()
    date_patterns: tuple[str, ...] = ()
    size_keys: tuple[str, ...] = ()
    """Keys whose numbers, in order, are width and height of the stored picture."""
    bar_height_keys: tuple[str, ...] = ()
    size_is_without_bar: bool = True


_ZEISS = _Format(
    "zeiss",
    (
        ("ap_mag", "magnification", _magnification),
        ("ap_image_pixel_size", "pixel_size_nm", _length),
        ("ap_pixel_size", "pixel_size_nm", _length),
        ("ap_width", "field_width_nm", _length),
        ("sv_user_text", "note", _text),
        ("sv_sample_id", "sample", _text),
        ("sv_file_name", "file_name", _text),
        ("dp_sem", "instrument", _text),
    ),
    ("ap_date",),
    ("ap_time",),
    ("%d %b %Y",),
    ("dp_image_store",),
    size_is_without_bar=False,
)
_FEI_XL = _Format(
    "fei",
    (
        ("vector.magnification", "magnification", _magnification),
        ("databardata.szusertext", "note", _text),
        ("databardata.imagename", "file_name", _text),
    ),
)
_FEI = _Format(
    "fei",
    (
        ("escan.pixelwidth", "pixel_size_nm", _scaled(1e9)),
        ("iscan.pixelwidth", "pixel_size_nm", _scaled(1e9)),
        ("scan.pixelwidth", "pixel_size_nm", _scaled(1e9)),
        ("ebeam.hfw", "field_width_nm", _scaled(1e9)),
        ("ibeam.hfw", "field_width_nm", _scaled(1e9)),
        ("user.usertext", "note", _text),
        ("user.usertextunicode", "note", _text),
        ("system.systemtype", "instrument", _text),
    ),
    ("user.date",),
    ("user.time",),
    ("%m/%d/%Y", "%d.%m.%Y"),
    ("image.resolutionx", "image.resolutiony"),
    ("privatefei.databarheight",),
)
_TESCAN = _Format(
    "tescan",
    (
        ("main.magnification", "magnification", _magnification),
        ("main.pixelsizex", "pixel_size_nm", _scaled(1e9)),
        ("main.note", "note", _text),
        ("main.samplename", "sample", _text),
        ("main.device", "instrument", _text),
    ),
    ("main.date",),
    ("main.time",),
    ("%Y-%m-%d", "%d.%m.%Y"),
    bar_height_keys=("main.imagestripsize",),
)
_HITACHI = _Format(
    "hitachi",
    (
        ("semimagefile.magnification", "magnification", _magnification),
        ("semimagefile.pixelsize", "pixel_size_nm", _scaled(1.0)),
        ("semimagefile.samplename", "sample", _text),
        ("semimagefile.comment", "note", _text),
        ("semimagefile.datanumber", "note", _text),
        ("semimagefile.imagename", "file_name", _text),
        ("semimagefile.instructname", "instrument", _text),
        ("semimagefile.instructmodel", "instrument", _text),
    ),
    ("semimagefile.date",),
    ("semimagefile.time",),
    ("%Y/%m/%d", "%m/%d/%Y"),
    ("semimagefile.datasize",),
)
_JEOL = _Format(
    "jeol",
    (
        ("cm_mag", "magnification", _magnification),
        ("cm_label", "note", _text),
        ("cm_title", "note", _text),
        ("cm_comment", "note", _text),
        ("cm_instrument", "instrument", _text),
    ),
    ("cm_date",),
    ("cm_time",),
    ("%m/%d/%Y", "%Y/%m/%d"),
    ("cm_full_size",),
)
_PHENOM = _Format(
    "phenom",
    (
        ("magnification", "magnification", _magnification),
        ("pixelwidth", "pixel_size_nm", _length),
        ("databarlabel", "note", _text),
        ("databarlabeltext", "note", _text),
    ),
    ("date",),
    ("time",),
    ("%Y-%m-%d",),
    bar_height_keys=("databarheight",),
)


def read_vendor_tags(private_tags: Mapping[int, str], width_px: int, height_px: int) -> VendorFacts:
    """Readings of the vendor tags of a TIFF of the given size; empty facts if it has none."""
    if ZEISS_TAG in private_tags:
        table = parse_zeiss(private_tags[ZEISS_TAG])
        return _facts(_ZEISS, table, (width_px, height_px), ReadingMethod.VENDOR_TAG) if table else VendorFacts()
    if FEI_TAG in private_tags and (table := parse_ini(private_tags[FEI_TAG])):
        return _fei_facts(table, (width_px, height_px))
    if FEI_XL_TAG in private_tags and (table := parse_ini(private_tags[FEI_XL_TAG])):
        return _facts(_FEI_XL, table, (width_px, height_px), ReadingMethod.VENDOR_TAG)
    if TESCAN_TAG in private_tags and (table := parse_ini(private_tags[TESCAN_TAG])):
        return _facts(_TESCAN, table, (width_px, height_px), ReadingMethod.VENDOR_TAG)
    for text in private_tags.values():
        if "<" in text and re.search(r"phenom", text, re.IGNORECASE):
            table = parse_xml_leaves(text)
            if "pixelwidth" in table:
                return _facts(_PHENOM, table, (width_px, height_px), ReadingMethod.VENDOR_TAG)
    return VendorFacts()


def read_sidecars(texts: Sequence[str], width_px: int, height_px: int) -> VendorFacts:
    """Readings of the first sidecar text that is in the form of a known instrument; empty facts if none is."""
    for text in texts:
        if re.search(r"^\$CM_", text, re.MULTILINE):
            return _jeol_facts(parse_jeol(text), (width_px, height_px))
        table = parse_ini(text)
        if any(key.startswith("semimagefile.") for key in table):
            return _facts(_HITACHI, table, (width_px, height_px), ReadingMethod.SIDECAR)
        if "main.pixelsizex" in table or ("main.device" in table and "main.magnification" in table):
            return _facts(_TESCAN, table, (width_px, height_px), ReadingMethod.SIDECAR)
    return VendorFacts()


def _fei_facts(table: dict[str, str], size: tuple[int, int]) -> VendorFacts:
    facts = _facts(_FEI, table, size, ReadingMethod.VENDOR_TAG)
    display, field_width = _number(table.get("system.displaywidth", "")), None
    for key in ("ebeam.hfw", "ibeam.hfw", "escan.horfieldsize", "iscan.horfieldsize", "scan.horfieldsize"):
        field_width = field_width or _number(table.get(key, ""))
    if display and field_width:
        # xT stores no magnification: the bar prints the width of the display over that of the field, three digits.
        value = magnification_of(f"{float(f'{display / field_width:.3g}'):.6f}", None)
        if value is not None:
            reading = Reading(
                "magnification",
                f"DisplayWidth {display:g} m / HFW {field_width:g} m",
                f"{value:.10g}",
                ReadingMethod.VENDOR_TAG,
                0.9,
                note="computed: display width / field width",
            )
            return VendorFacts(facts.vendor, (reading, *facts.readings), facts.bar_top_px, facts.issues)
    return facts


def _jeol_facts(table: dict[str, str], size: tuple[int, int]) -> VendorFacts:
    facts = _facts(_JEOL, table, size, ReadingMethod.SIDECAR)
    bar_px, marker = _number(table.get("sm_micron_bar", "")), find_lengths(table.get("sm_micron_marker", ""))
    ratio, note = _fit(_stored_size(_JEOL, table), size, None, is_without_bar=True)
    if bar_px and marker and ratio is not None:
        value = marker[0][1] / bar_px * ratio
        raw = f"{marker[0][0]} on {bar_px:g} px"
        # The bar is kept in whole pixels, so that the value is as good as the bar is long.
        confidence = max(0.5, 1 - 1 / bar_px)
        reading = Reading("pixel_size_nm", raw, f"{value:.6g}", ReadingMethod.SIDECAR, round(confidence, 3), note=note)
        return VendorFacts(facts.vendor, (*facts.readings, reading), facts.bar_top_px, facts.issues)
    return facts


def _facts(form: _Format, table: dict[str, str], size: tuple[int, int], method: ReadingMethod) -> VendorFacts:
    stored = _stored_size(form, table)
    bar_height = next((_number(table[k]) for k in form.bar_height_keys if table.get(k)), None)
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
            value = f"{float(value) * ratio:.8g}"
            note = f"{note}; {fit_note}" if fit_note else note
        readings.append(Reading(field, raw, value, method, 1.0, note=note))
    acquired = _acquired_at(form, table)
    if acquired is not None:
        readings.append(Reading("acquired_at", acquired[0], acquired[1], method, 1.0))
    return VendorFacts(form.vendor, tuple(readings), _bar_top(form, stored, bar_height, size), tuple(issues))


def _stored_size(form: _Format, table: dict[str, str]) -> tuple[int, int] | None:
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
    form: _Format, stored: tuple[int, int] | None, bar_height: float | None, size: tuple[int, int]
) -> int | None:
    width_px, height_px = size
    if stored is not None and form.size_is_without_bar and stored[0] == width_px and stored[1] < height_px:
        return stored[1]
    if bar_height and 0 < bar_height < height_px / 2 and (stored is None or stored[0] == width_px):
        return height_px - int(bar_height)
    return None


def _acquired_at(form: _Format, table: dict[str, str]) -> tuple[str, str] | None:
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
