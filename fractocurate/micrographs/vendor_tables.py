"""The vendors' tables: key -> standard field and converter, one table per maker.

Keys and units follow the makers' own files: Zeiss SmartSEM (tag 34118), FEI XL and xT (tags 34680, 34682), TESCAN
(tag 50431 and ``.hdr``), Hitachi S-, SU- and TM-series (``.txt``), JEOL (``.txt``), Phenom (XML with a unit attribute,
in tag 34683 or in the bytes of a JPEG).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fractocurate.micrographs.lengths import NM_PER_UNIT
from fractocurate.micrographs.magnification import find_magnifications, has_sign, magnification_of

ZEISS_DISPLAY_PX = 1024
Converter = Callable[[str], str | None]
_NUMBER = r"(?P<number>[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)"
# What becomes of a micro sign in files that were re-coded: a question mark, a replacement character, two letters.
_TAG_LENGTH = re.compile(rf"\s*{_NUMBER}\s*(?P<unit>[pncm]m|m|(?:u|[^\w\s.,;:]|[^\x00-\x7f]){{1,3}}m)(?![A-Za-z])")


def text(raw: str) -> str | None:
    """As it stands, or None if it is empty."""
    return raw.strip() or None


def number_in(raw: str) -> float | None:
    """The number that a text begins with."""
    match = re.match(rf"\s*{_NUMBER}", raw)
    return float(match["number"].replace(",", ".")) if match else None


def magnification(raw: str) -> str | None:
    """``500``, ``2.5e3``, ``Mag = 1.00 K X``, ``1.00 K X``."""
    printed = find_magnifications(raw)
    if printed:
        return f"{printed[0][1]:.10g}"
    number = number_in(raw)
    value = magnification_of(f"{number:.6f}", None) if number is not None and number > 0 else None
    return f"{round(value, 1):.10g}" if value is not None else None


def signed_magnification(raw: str) -> str | None:
    """The same where the maker always writes an ``X``: without it, ``25.00 K X`` was cut off behind the number."""
    is_bare_number = re.fullmatch(rf"\s*{_NUMBER}\s*", raw) is not None and re.search(r"[eE]", raw) is not None
    return magnification(raw) if is_bare_number or has_sign(raw) else None


def hexadecimal(raw: str) -> str | None:
    """Text that is stored as the hexadecimal digits of UTF-16; any other text as it stands."""
    digits = raw.strip()
    if re.fullmatch(r"(?:[0-9A-Fa-f]{4})+", digits):
        return bytes.fromhex(digits).decode("utf-16-le", errors="replace").strip("\x00 ") or None
    return text(raw)


def scaled(factor: float) -> Converter:
    """A converter of numbers whose unit the key implies."""

    def convert(raw: str) -> str | None:
        number = number_in(raw)
        return f"{number * factor:.8g}" if number is not None and number > 0 else None

    return convert


def length(raw: str) -> str | None:
    """A number with its unit, in nanometres. Here ``pm`` is a picometre: a tag is not read by OCR."""
    match = _TAG_LENGTH.match(raw)
    if match is None:
        return None
    value = float(match["number"].replace(",", ".")) * NM_PER_UNIT.get(match["unit"], NM_PER_UNIT["um"])
    return f"{value:.8g}" if value > 0 else None


def field_of_display(raw: str) -> str | None:
    """A pixel of SmartSEM's display of 1024 columns as the width of the field, in nanometres.

    ``AP_PIXEL_SIZE``, and the fourth number without a key, are those of the display whatever the size of the stored
    picture (hyperspy pull request 2056); ``AP_IMAGE_PIXEL_SIZE`` is that of the picture.
    """
    pixel = length(raw)
    return f"{float(pixel) * ZEISS_DISPLAY_PX:.8g}" if pixel is not None else None


@dataclass(frozen=True, slots=True)
class Format:
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


ZEISS = Format(
    "zeiss",
    (
        ("ap_mag", "magnification", signed_magnification),
        ("ap_image_pixel_size", "pixel_size_nm", length),
        ("ap_width", "field_width_nm", length),
        ("ap_pixel_size", "field_width_nm", field_of_display),
        ("sv_user_text", "note", text),
        ("sv_sample_id", "sample", text),
        ("sv_file_name", "file_name", text),
        ("sv_serial_number", "instrument", text),
    ),
    ("ap_date",),
    ("ap_time",),
    ("%d %b %Y",),
    ("dp_image_store",),
    size_is_without_bar=False,
)
FEI_XL = Format(
    "fei",
    (
        ("vector.magnification", "magnification", magnification),
        ("databardata.szusertext", "note", text),
        ("databardata.imagename", "file_name", text),
    ),
)
FEI = Format(
    "fei",
    (
        ("scan.pixelwidth", "pixel_size_nm", scaled(1e9)),
        ("escan.pixelwidth", "pixel_size_nm", scaled(1e9)),
        ("iscan.pixelwidth", "pixel_size_nm", scaled(1e9)),
        ("scan.horfieldsize", "field_width_nm", scaled(1e9)),
        ("ebeam.hfw", "field_width_nm", scaled(1e9)),
        ("ibeam.hfw", "field_width_nm", scaled(1e9)),
        ("user.usertext", "note", text),
        ("user.usertextunicode", "note", hexadecimal),
        ("system.systemtype", "instrument", text),
    ),
    ("user.date",),
    ("user.time",),
    ("%m/%d/%Y", "%d.%m.%Y"),
    ("image.resolutionx", "image.resolutiony"),
    ("privatefei.databarheight",),
)
TESCAN = Format(
    "tescan",
    (
        ("main.magnification", "magnification", magnification),
        ("sem.magnification", "magnification", magnification),
        ("main.pixelsizex", "pixel_size_nm", scaled(1e9)),
        ("main.note", "note", text),
        ("main.samplename", "sample", text),
        ("main.device", "instrument", text),
    ),
    ("main.date",),
    ("main.time",),
    ("%Y-%m-%d", "%d.%m.%Y"),
    bar_height_keys=("main.imagestripsize",),
)
HITACHI = Format(
    "hitachi",
    (
        ("semimagefile.magnification", "magnification", magnification),
        ("semimagefile.pixelsize", "pixel_size_nm", scaled(1.0)),
        ("semimagefile.samplename", "sample", text),
        ("semimagefile.comment", "note", text),
        ("semimagefile.datanumber", "note", text),
        ("semimagefile.imagename", "file_name", text),
        ("semimagefile.instructname", "instrument", text),
        ("semimagefile.instructmodel", "instrument", text),
    ),
    ("semimagefile.date",),
    ("semimagefile.time",),
    ("%Y/%m/%d", "%m/%d/%Y"),
    ("semimagefile.datasize",),
)
JEOL = Format(
    "jeol",
    (
        ("cm_mag", "magnification", magnification),
        ("cm_field_of_view", "field_width_nm", scaled(1e3)),
        ("cm_label", "note", text),
        ("cm_title", "note", text),
        ("cm_comment", "note", text),
        ("cm_instrument", "instrument", text),
    ),
    ("cm_date",),
    ("cm_time",),
    ("%m/%d/%Y", "%Y/%m/%d"),
    ("cm_full_size", "cm_image_size"),
)
PHENOM = Format(
    "phenom",
    (
        ("magnification", "magnification", magnification),
        ("pixelwidth", "pixel_size_nm", length),
        ("databarlabel", "note", text),
        ("databarlabeltext", "note", text),
    ),
    ("date",),
    ("time",),
    ("%Y-%m-%d",),
    ("right", "bottom"),
    bar_height_keys=("databarheight",),
)
